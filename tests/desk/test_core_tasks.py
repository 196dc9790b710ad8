"""Ten core tasks done in the page, each press counted: as many as docs/core-tasks.md says, and no text that nobody must write."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.desk import work
from tests.desk.browsing import Open, Visit
from tests.desk.house import Standing
from tests.desk.presses import COUNT, PRESSED, published
from tests.desk.test_agent import LOGIN, WORDS, leave, sit, state, talk

pytestmark = pytest.mark.edge

CONSULT = ("您好，我想咨询一下，公司拖欠了我两个月的工资", "我应该打哪个电话投诉，还是要先去劳动仲裁")
REFUSAL = ("我对法院的判决不服", "法院判我输了，你们帮我改判")
EXPERT = "12348"


def presses(page: Page) -> int:
    found: int = page.evaluate(PRESSED)
    return found


@pytest.fixture
def seat(house: Standing) -> Iterator[None]:
    yield
    leave(house)


@pytest.fixture
def desk(visit: Open, house: Standing, seat: None) -> Visit:
    one = sit(visit, house)
    one.context.add_init_script(COUNT)
    one.page.goto("/agent")
    return one


def at_work(visit: Open, login: str, path: str) -> Visit:
    one = visit(login=login)
    one.context.add_init_script(COUNT)
    one.page.goto(path)
    return one


def hears(house: Standing, page: Page, number: str, words: tuple[str, ...]) -> str:
    """A citizen is on the line and has said this; gives the call's id."""
    state(page, "示闲")
    caller = talk(house, number)
    caller.answered("8001")
    state(page, "通话中")
    for one in words:
        caller.says(one)
    expect(page.get_by_role("log").locator("li.citizen")).to_have_count(len(words))
    return caller.id


def outcome(house: Standing, call: str) -> str | None:
    with house.client(LOGIN) as api:
        found: str | None = api.get(f"/calls/{call}").json()["outcome"]
        return found


def test_a_consult_is_answered_from_the_knowledge_base(desk: Visit, house: Standing) -> None:
    call = hears(house, desk.page, "13907351001", CONSULT)
    expect(desk.page.locator(".exit.answer li .title").first).to_be_visible()
    desk.page.keyboard.press("Alt+1")
    assert presses(desk.page) == published("consult")
    expect(desk.page.get_by_text("已当场答复")).to_be_visible()
    assert outcome(house, call) == "answered"
    with house.client(LOGIN) as api:
        kept = api.get("/tickets", params={"same_caller_as": call}).json()["items"]
    assert [(one["type"], one["state"]) for one in kept] == [("consult", "answered")]
    assert kept[0]["title"] in CONSULT[0]


def test_a_matter_is_filed_and_dispatched_to_its_unit(desk: Visit, house: Standing) -> None:
    call = hears(house, desk.page, "13907351002", WORDS)
    expect(desk.page.get_by_role("button", name="登记并派单")).to_be_visible()
    expect(desk.page.get_by_role("textbox", name="标题")).not_to_have_value("")
    desk.page.keyboard.press("Alt+s")
    assert presses(desk.page) == published("help")
    expect(desk.page.get_by_role("form", name="工单").get_by_text(re.compile("已登记 20"))).to_be_visible()
    with house.client(LOGIN) as api:
        (kept,) = api.get("/tickets", params={"same_caller_as": call}).json()["items"]
        taken, deadline = list[str](), time.monotonic() + 60
        while not taken and time.monotonic() < deadline:  # the page tells of it once the ticket is there
            found = api.get(f"/calls/{call}/proposals").json()["items"]
            taken = [one["ref"] for one in found if (one["kind"], one["decision"]) == ("unit", "accepted")]
            time.sleep(0.05)
    assert (kept["state"], [kept["unit_code"]]) == ("dispatched", taken)


def test_a_refusal_keeps_its_ground_and_can_be_taken_back_first(desk: Visit, house: Standing) -> None:
    call = hears(house, desk.page, "13907351003", REFUSAL)
    ground = desk.page.locator(".exit.refusal li .title").first
    expect(ground).to_be_visible()
    desk.page.keyboard.press("Alt+3")
    assert presses(desk.page) == published("refuse")
    desk.page.get_by_role("button", name="撤回").click()
    expect(desk.page.get_by_role("button", name="撤回")).to_have_count(0)
    assert outcome(house, call) is None
    desk.page.keyboard.press("Alt+3")
    expect(desk.page.get_by_text("已不予受理")).to_be_visible()
    assert outcome(house, call) == "refused"


@pytest.mark.parametrize(("task", "key", "how"), [("three_way", "y", "三方"), ("transfer", "b", "盲转")])
def test_an_expert_joins_or_takes_over(desk: Visit, house: Standing, task: str, key: str, how: str) -> None:
    """Here no switch stands behind the page: that they hear each other, test_story shows."""
    desk.expect("503")
    hears(house, desk.page, "13907351004", WORDS)
    desk.page.keyboard.press(f"Alt+{key}")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name=how)).to_be_checked()
    row = dialog.get_by_role("button", name=re.compile(EXPERT))
    with desk.page.expect_request(lambda one: one.method == "POST" and one.url.endswith("/transfers")):
        row.click()
    assert presses(desk.page) == published(task)


def test_pausing_for_the_usual_reason_and_coming_back(desk: Visit) -> None:
    state(desk.page, "示闲")
    desk.page.keyboard.press("Alt+p")
    state(desk.page, "示忙：小休")
    desk.page.keyboard.press("Alt+r")
    state(desk.page, "示闲")
    assert presses(desk.page) == published("pause")


def test_an_earlier_matter_of_the_caller_is_urged(desk: Visit, house: Standing) -> None:
    made = work.filed(house, "拖欠工资催一催", caller="13907351005")
    hears(house, desk.page, "13907351005", WORDS[:1])
    desk.page.get_by_role("button", name="催单：拖欠工资催一催").click()
    assert presses(desk.page) == published("urge")
    expect(desk.page.get_by_text("已催单")).to_be_visible()
    assert work.steps(house, made["id"])[-1] == "urge"


def named(house: Standing, section: str) -> None:
    """The unit's entry names its section, as the register asks for."""
    with house.client("rexianban") as api:
        version = api.get(f"/units/{work.RSJ}/register").json()["version"]
        work.done(
            api.put(
                f"/units/{work.RSJ}/register", json={"version": version, "section": section, "why": "补登"}
            )
        )


def test_a_unit_signs_and_replies(visit: Open, house: Standing) -> None:
    named(house, "劳动保障监察支队")
    made = work.filed(house, "拖欠工资签收并回复", urgency="urgent")
    page = at_work(visit, "renshe", f"/unit?queue=sign&ticket={made['id']}").page
    page.get_by_role("button", name="签收").click()
    page.get_by_role("toolbar").get_by_role("button", name="回复").click()
    reply = page.get_by_role("region", name="回复", exact=True)
    expect(reply.get_by_label("办理结果")).to_be_focused()
    for fact in ("result", "talk", "law", "basis"):
        page.keyboard.insert_text(work.REPLY[fact])
        if fact != "basis":
            page.keyboard.press("Tab")
    expect(reply.get_by_label("业务部门")).to_have_value("劳动保障监察支队")
    reply.get_by_role("button", name=re.compile("提交")).click()
    assert presses(page) == published("reply")
    expect(page.get_by_text("已完成：回复")).to_be_visible()
    assert work.steps(house, made["id"])[-2:] == ["sign", "reply"]


def test_a_unit_gives_back_what_is_anothers(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资属于别家", urgency="urgent")
    page = at_work(visit, "renshe", f"/unit?queue=sign&ticket={made['id']}").page
    page.get_by_role("button", name="退回").click()
    form = page.get_by_role("region", name="退回")
    expect(form.get_by_label("理由")).to_be_focused()
    page.keyboard.insert_text("该公司注册地在市外")
    page.keyboard.press("Tab")
    page.keyboard.insert_text("《劳动保障监察条例》第十三条")
    form.get_by_role("button", name="退回", exact=True).click()
    form.get_by_role("button", name="确定退回").click()
    expect(page.get_by_text("此件已不在您单位手里")).to_be_visible()
    assert presses(page) == published("return")
    assert work.seen(house, made["id"])["state"] == "returned"
