"""Every page of the desk, as it is looked at: both widths, both languages, light and dark; pictures are kept of each."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from app.setup.folders import PROJECT
from tests.desk.browsing import PHONE, WATCH, WIDE, Visit, open_browser
from tests.desk.house import Standing
from tests.desk.morning import Morning, morning, on
from tests.desk.work import CALLER, RSJ, filed

pytestmark = pytest.mark.edge

AREAS = PROJECT / "desk" / "src" / "pages"
LOGIN = {
    "agent": "agent8001", "supervisor": "banzhang", "office": "rexianban", "admin": "admin", "auditor": "shenji", "unit": "renshe",
    "leader": "fenguan", "expert": "zhuanjia", "anybody": "rexianban", "public": "",
}  # fmt: skip
NAMES = {"API", "CPU", "CSV", "GB", "ID", "JSON", "PDF", "SIP", "SLA", "WebRTC", "WebSocket", "English", "Ctrl", "Alt", "Shift", "Enter", "Esc", "Space"}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A page: its path as the router has it, and whose it is."""

    path: str
    role: str

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", self.path).strip("-") or "start"


def places() -> list[Place]:
    """Every route of every area, with the first role that may come there."""
    found = []
    for file in sorted(AREAS.glob("*/routes.ts")):
        text = file.read_text(encoding="utf-8")
        constants = dict(re.findall(r"const (\w+)[^=\n]*= \[\s*'(\w+)'", text))
        open_to = dict(re.findall(r"const (\w+) = \{ roles: '(\w+)'", text))
        for path, rest in re.findall(r"path: '([^']+)'(.*?)(?=path: '|\Z)", text, re.S):
            role = re.search(r"roles: (?:\[\s*)?'(\w+)'", rest) or re.search(r"roles: (\w+)", rest)
            role = role or re.search(r"\.\.\.(\w+)", rest)
            assert role, f"{file}: {path} is nobody's"
            found.append(Place(path, constants.get(role[1]) or open_to.get(role[1]) or role[1]))
    return found


PLACES = places()


@pytest.fixture(scope="module")
def addresses(house: Standing) -> dict[str, str]:
    """What stands for the parameters of a path."""
    with house.client("agent8001") as agent:
        who = agent.get("/users/me").json()["id"]
    day: Morning = on(house, morning(house, who))
    ticket = filed(house, "拖欠两个月工资")
    filed(house, "路灯不亮", unit=None, type="help", caller=CALLER)
    with house.client("rexianban") as office:
        (article, *_) = office.get("/articles", params={"unit": RSJ}).json()["items"]
        sheets = office.post("/assessments/freeze", json={"period": "2026-10", "unit": RSJ, "why": "月通报"})
    return {
        "/calls/:id": f"/calls/{day.talked}",
        "/quality/calls/:id": f"/quality/calls/{day.talked}",
        "/tickets/:id": f"/tickets/{ticket['id']}",
        "/knowledge/articles/:id": f"/knowledge/articles/{article['id']}",
        "/knowledge/articles/:id/write": f"/knowledge/articles/{article['id']}/write",
        "/assessment/frozen/:id": f"/assessment/frozen/{sheets.json()['items'][0]}",
        "/:rest(.*)*": "/nowhere",
        "/portal/grade/:token": "/portal/grade/none",
    }


Window = Callable[[str, str, tuple[int, int], bool], Visit]


@pytest.fixture(scope="module")
def window(browser: Browser, house: Standing) -> Iterator[Window]:
    """`window(role, language, size, large)`: one window for all pages of a role, as somebody at work has; it keeps what it fetched."""
    opened: dict[tuple[str, str, bool], Visit] = {}

    def one(role: str, language: str, size: tuple[int, int], large: bool) -> Visit:
        if (role, language, large) not in opened:
            made = open_browser(
                browser, house, login=LOGIN[role], language=language, size=size, theme="auto", large=large
            )
            made.expect("404 (Not Found)")  # the grade's link is nobody's
            made.context.add_init_script(WATCH)
            opened[role, language, large] = made
        found = opened[role, language, large]
        found.page.set_viewport_size({"width": size[0], "height": size[1]})
        return found

    yield one
    for each in opened.values():
        each.context.close()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_page_is_whole_in_every_look(window: Window, addresses: dict[str, str], place: Place) -> None:
    path = addresses.get(place.path, place.path)
    assert ":" not in path, "a page with a parameter needs an address in this test"
    looks = (("zh-CN", WIDE, "light", False), ("en", PHONE, "dark", False), ("zh-CN", PHONE, "light", True))
    for language, size, first, large in looks:
        one = window(place.role, language, size, large)
        one.wrong.clear()
        one.page.emulate_media(color_scheme=first)  # type: ignore[arg-type]
        one.page.goto(path)
        settled(one.page)
        one.still()
        words(one, language)
        one.accessible()
        one.everywhere(f"page-{place.name}-{language[:2]}{'-large' if large else ''}")
        one.check()


def settled(page: Page) -> None:
    """All is loaded that was asked for."""
    expect(page.locator("h1, h2, [role=alert]").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^(正在读取|Loading)"))).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


def words(one: Visit, language: str) -> None:
    """No key for its word, no code for its name; no English sentence in a Chinese page, and in an English one no Chinese but names and quotations."""
    shown = re.sub(
        r"\./hotline[^\n，。；]*", "", one.page.locator("body").inner_text()
    )  # a command is no sentence
    keys = re.findall(r"\b[a-z]{2,}(?:\.[a-zA-Z]\w+)+\b|\b[a-z]+_[a-z_]+\b", shown)
    assert not keys, f"not words: {keys[:5]}"
    unknown = one.page.evaluate(
        "[...document.querySelectorAll('*')].map((it) => it.localName).filter((name) => name.includes('-'))"
    )
    assert not unknown, f"a component that was not brought along: {unknown}"
    if language == "en":
        assert not (foreign := one.foreign()), "not translated:\n" + "\n".join(foreign[:12])
    else:
        english = [one for one in re.findall(r"[A-Za-z]+(?: [a-z]{2,}){2,}", shown) if one not in NAMES]
        assert not english, f"not Chinese: {english[:5]}"
