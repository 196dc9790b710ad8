"""What a page shows only while something is going on, in every look: the lit wall, a link to grade, a talk, an invitation.

A call arrives, rings, is answered, is read along and is wrapped up without anything that is being read moving away.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from store import notices
from tests.desk.browsing import PHONE, WATCH, WIDE, Visit, open_browser
from tests.desk.house import Standing
from tests.desk.morning import on
from tests.desk.test_agent import CALLERS, LOGIN, OUTSIDE, SEAT, WORDS, leave, talk
from tests.desk.test_every_page import settled, words
from tests.desk.test_expert import AFTER, ASK, BEFORE, EXPERT, Talk, seat
from tests.desk.test_wall import HALL, LARGE, link
from tests.desk.work import RSJ, filed

pytestmark = pytest.mark.edge

LOOKS = (("zh-CN", WIDE, "light", False), ("en", PHONE, "dark", False), ("zh-CN", PHONE, "light", True))
CAPITALS = """() => {
  const pen = document.createElement('canvas').getContext('2d')
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const at = node.parentElement
    if (!node.data.trim() || !at.checkVisibility() || at.closest('noscript, .unseen')) continue
    const { font } = getComputedStyle(at)
    pen.font = font
    found.push({ high: pen.measureText('H').actualBoundingBoxAscent, what: node.data.trim() })
  }
  return found.reduce((least, one) => (one.high < least.high ? one : least))
}"""
"""The lowest capital letters that are shown, in px, and what is written in them."""
READ_FROM_10_M = 24 / 1920
"""25 mm on a wall 2 m wide, as a share of its width: the letters' height at 10 m under 8.6 minutes of arc."""


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0][:2]}-{look[1][0]}{'-large' if look[3] else ''}")
def look(request: pytest.FixtureRequest) -> tuple[str, tuple[int, int], str, bool]:
    found: tuple[str, tuple[int, int], str, bool] = request.param
    return found


@pytest.fixture
def window(
    browser: Browser, house: Standing, look: tuple[str, tuple[int, int], str, bool]
) -> Iterator[Visit]:
    """A window in one look, of nobody yet; what goes wrong in it fails."""
    yield from opened(browser, house, look)


def opened(
    browser: Browser, house: Standing, look: tuple[str, tuple[int, int], str, bool], login: str = ""
) -> Iterator[Visit]:
    language, size, scheme, large = look
    made = open_browser(
        browser,
        house,
        login=login,
        size=size,
        language=language,
        dark=scheme == "dark",
        theme="auto",
        large=large,
    )
    made.context.add_init_script(WATCH)
    made.context.add_init_script(OUTSIDE)
    yield made
    made.context.close()
    made.check()


@pytest.fixture
def agent(browser: Browser, house: Standing, look: tuple[str, tuple[int, int], str, bool]) -> Iterator[Visit]:
    """An agent's window; their seat is ready and is left afterwards."""
    seat(house, LOGIN, SEAT)
    yield from opened(browser, house, look, LOGIN)
    leave(house)


@pytest.fixture
def expert(
    browser: Browser, house: Standing, look: tuple[str, tuple[int, int], str, bool]
) -> Iterator[Visit]:
    """An expert's window at 8002, an agent at 8001."""
    with house.client("banzhang") as boss:
        boss.patch("/seats/8002", json={"kind": "expert", "skills": ["line.12348"], "name": "司法专家席"})
    seat(house, LOGIN, SEAT)
    seat(house, EXPERT, "8002")
    yield from opened(browser, house, look, EXPERT)
    leave(house)
    with house.client("banzhang") as boss:
        boss.post("/seats/8002/ready")
        boss.post("/seats/8002/logout")


def whole(one: Visit, look: tuple[str, tuple[int, int], str, bool], name: str) -> None:
    """In its own language, for everybody, as wide as its window; seen in both widths and both themes, it comes back to its own."""
    language, size, scheme, large = look
    words(one, language)
    one.accessible()
    one.everywhere(f"{name}-{language[:2]}{'-large' if large else ''}")
    one.page.set_viewport_size({"width": size[0], "height": size[1]})
    one.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    one.page.evaluate("shifts.length = 0")  # a window that is made narrower moves everything


def test_a_talk_from_its_first_ring_to_its_wrap_up(
    agent: Visit, house: Standing, look: tuple[str, tuple[int, int], str, bool]
) -> None:
    one, page = agent, agent.page
    page.goto("/agent")
    expect(page.locator(".bar .state")).to_be_visible()
    settled(page)
    number = f"1390735{1100 + LOOKS.index(look)}"
    caller = talk(house, number)
    expect(page.get_by_role("heading", name=f"{number[:3]} {number[3:7]} {number[7:]}")).to_be_visible()
    settled(page)
    one.still()
    whole(one, look, "state-ringing")
    caller.answered(SEAT)
    expect(page.locator(".call .what")).to_contain_text(re.compile("通话中|Talking|In a call", re.I))
    caller.says(WORDS[0][:8], final=False)
    for said in WORDS:
        caller.says(said)
    expect(page.get_by_role("log").locator("li.citizen")).to_have_count(3)
    expect(page.locator(".exit.unit li").first).to_be_visible()
    settled(page)
    one.still()
    whole(one, look, "state-talking")
    caller.says("要求尽快发工资，我姓王")
    CALLERS.remove(caller)
    caller.hangs_up()
    expect(page.locator(".bar .left")).to_be_visible()
    settled(page)
    one.still()
    whole(one, look, "state-wrap-up")


def test_an_expert_is_called_into_a_talk(
    expert: Visit, house: Standing, look: tuple[str, tuple[int, int], str, bool]
) -> None:
    one, page = expert, expert.page
    one.expect("404 (Not Found)")  # once the talk is over it is no longer theirs to read
    page.goto("/agent")
    expect(page.locator(".idle h2").first).to_be_visible()
    settled(page)
    call = Talk(house, f"1390735{1200 + LOOKS.index(look)}")
    try:
        for said in BEFORE:
            call.caller.says(said)
        call.invites()
        expect(page.locator(".invitation blockquote")).to_have_text(ASK)
        expect(page.locator(".exit.unit li").first).to_be_visible()
        settled(page)
        one.still()
        whole(one, look, "state-invited")
        call.expert_answers()
        expect(page.locator(".call .what")).to_contain_text(re.compile("通话中|Talking|In a call", re.I))
        call.caller.said = 60.0
        call.caller.says(AFTER)
        settled(page)
        one.still()
        whole(one, look, "state-joined")
    finally:
        call.over()


def test_a_citizen_grades_by_the_link_of_a_text(
    window: Visit, house: Standing, look: tuple[str, tuple[int, int], str, bool]
) -> None:
    token = f"state-{LOOKS.index(look)}-link"
    ticket, at = filed(house, f"评价 {token}"), datetime.now(UTC)

    async def sent() -> None:
        new = notices.NewNotice(
            "grade", "sms", f"grade/{token}", "13907351299", "请评价", at, ticket_id=ticket["id"], token=token
        )  # fmt: skip
        async with house.database.session() as session:
            await notices.add(session, new, at)
            await session.execute(
                text("UPDATE tickets SET state = 'resolved' WHERE id = :id"), {"id": ticket["id"]}
            )

    on(house, sent())
    page = window.page
    page.goto(f"/portal/grade/{token}")
    settled(page)
    window.still()
    whole(window, look, "state-grade")
    page.get_by_role("radio").first.check()
    page.get_by_role("button").last.click()
    expect(page.locator(".block[role=status]")).to_be_visible()
    settled(page)
    whole(window, look, "state-graded")


def test_a_wall_with_its_figures(
    window: Visit, house: Standing, look: tuple[str, tuple[int, int], str, bool]
) -> None:
    seat(house, LOGIN, SEAT)
    caller = talk(house, f"1390735{1300 + LOOKS.index(look)}")
    caller.answered(SEAT)
    caller.hangs_up()
    CALLERS.remove(caller)
    leave(house)
    filed(house, "大屏上的工单", unit=RSJ)
    page = window.page
    page.goto(link(house, "看")[1])
    for part in (".view", ".cards"):
        expect(page.locator(part).first).to_be_visible(timeout=60_000)
        window.still()
        whole(window, look, f"state-wall-{part[1:]}")
        if not look[3]:
            for size in (HALL, LARGE):
                page.set_viewport_size({"width": size[0], "height": size[1]})
                page.wait_for_function("(wide) => innerWidth === wide", arg=size[0])
                settled(page)
                least = page.evaluate(CAPITALS)
                assert least["high"] >= READ_FROM_10_M * size[0], f"{least} on {size}"
                assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1"), (
                    "a wall is not scrolled"
                )
                window.fits()
                window.shot(f"state-wall-{part[1:]}-{size[0]}-{look[0][:2]}")
            page.set_viewport_size({"width": look[1][0], "height": look[1][1]})
            page.evaluate("shifts.length = 0")
