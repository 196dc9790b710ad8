"""The agent's desk beside a telephone of one's own: who calls, what is said, what becomes of it."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from api import topics
from api.actor import Actor
from api.parts import Parts
from tests.desk.browsing import PHONE, WIDE, Open, Visit
from tests.desk.calls import Caller
from tests.desk.house import Standing

pytestmark = pytest.mark.edge

SEAT, LOGIN = "8001", "agent8001"
CALLERS: list[Caller] = []
OUTSIDE = "localStorage.setItem('hotline.phone.kind', 'outside')"
WORDS = (
    "我要投诉，我们公司拖欠了我两个月的工资，一直不给发",
    "在北湖区人民路的工地，老板跑路了",
    "请你们帮我把工资要回来",
)


@pytest.fixture
def seat(house: Standing) -> Iterator[None]:
    yield
    leave(house)


@pytest.fixture
def desk(visit: Open, house: Standing, seat: None) -> Visit:
    """An agent at a seat whose telephone stands beside the page, ready for a call; afterwards the seat is empty."""
    return sit(visit, house)


def leave(house: Standing) -> None:
    """Nobody is left at the seat, whatever a test came to."""
    while CALLERS:
        CALLERS.pop().hangs_up()
    with house.client("banzhang") as boss:
        boss.post(f"/seats/{SEAT}/ready")
        boss.post(f"/seats/{SEAT}/logout")


def sit(visit: Open, house: Standing, **how: object) -> Visit:
    with house.client(LOGIN) as api:
        api.post(f"/seats/{SEAT}/login")
        api.post(f"/seats/{SEAT}/ready")
    one = visit(login=LOGIN, **how)
    one.context.add_init_script(OUTSIDE)
    one.page.goto("/agent")
    return one


def state(page: Page, word: str) -> None:
    expect(page.locator(".bar .state")).to_contain_text(word)


def talk(house: Standing, number: str) -> Caller:
    caller = Caller(house, number)
    CALLERS.append(caller)
    seat = caller.rings()
    assert seat == SEAT
    return caller


def test_an_agent_takes_a_seat_pauses_for_a_reason_and_is_ready(visit: Open, house: Standing) -> None:
    one = visit(login=LOGIN)
    one.context.add_init_script(OUTSIDE)
    one.page.goto("/")
    expect(one.page).to_have_url(re.compile(r"/agent$"))
    one.page.locator("button.seat", has_text=SEAT).click()
    state(one.page, "示忙")
    one.page.keyboard.press("Alt+r")
    state(one.page, "示闲")
    one.page.keyboard.press("Alt+p")
    state(one.page, "示忙：小休")
    one.page.keyboard.press("Alt+r")
    one.page.get_by_role("button", name="其他示忙原因").click()
    one.page.get_by_role("menuitem", name="培训").click()
    state(one.page, "示忙：培训")
    one.page.keyboard.press("?")
    expect(one.page.get_by_role("dialog", name="快捷键")).to_be_visible()
    one.page.keyboard.press("Escape")
    one.page.get_by_role("button", name="签出").click()
    one.page.get_by_role("dialog").get_by_role("button", name="签出").click()
    expect(one.page.get_by_role("heading", name="选择座席")).to_be_visible()
    with house.client(LOGIN) as api:
        assert api.get("/seats/mine").json()["seat"] is None


def test_a_call_that_rang_before_the_page_heard_of_its_seat_is_shown(
    visit: Open, house: Standing, seat: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, check = asyncio.Event(), topics.check

    async def late(found: Parts, actor: Actor, topic: str) -> None:
        if topic.startswith("seat."):
            await heard.wait()
        await check(found, actor, topic)

    monkeypatch.setattr(topics, "check", late)
    one = sit(visit, house)
    state(one.page, "示闲")
    talk(house, "13907350004")
    house.loop.call_soon_threadsafe(heard.set)
    state(one.page, "振铃")
    expect(one.page.get_by_role("heading", name="139 0735 0004")).to_be_visible()


def test_a_call_from_its_first_ring_to_the_filed_ticket(desk: Visit, house: Standing) -> None:
    page, number = desk.page, "13907350001"
    with house.client(LOGIN) as api:
        earlier = {
            "type": "help",
            "title": "小区停水两天",
            "body": "小区停水两天，物业不管",
            "caller": number,
            "citizen_name": "王小明",
        }
        api.post("/tickets", json=earlier, headers={"Idempotency-Key": "earlier-0001"}).raise_for_status()
    state(page, "示闲")
    caller = talk(house, number)
    expect(page.get_by_role("heading", name="139 0735 0001")).to_be_visible()  # before anybody has answered
    expect(page.get_by_text("王小明")).to_be_visible()
    expect(page.get_by_text("小区停水两天")).to_be_visible()
    caller.answered(SEAT)
    state(page, "通话中")
    caller.says("您好，请讲", "agent")
    caller.says(WORDS[0][:8], final=False)
    log = page.get_by_role("log", name="通话文字")
    expect(log.locator("li.soft")).to_contain_text(WORDS[0][:8])
    for words in WORDS:
        caller.says(words)
    expect(log.locator("li.citizen")).to_have_count(3)
    expect(log.locator("li.soft")).to_have_count(0)
    expect(page.get_by_role("textbox", name="标题")).not_to_have_value("")
    desk.shot("agent-talking-1440-zh-light")
    expect(page.locator(".exit.unit li .title").first).to_be_visible()  # it is thought out beside the title
    page.keyboard.press("Alt+2")
    unit = page.locator(".exit.unit li.taken .title").first
    expect(unit).to_be_visible()
    with house.client(LOGIN) as api:
        taken = [
            one
            for one in api.get(f"/calls/{caller.id}/proposals").json()["items"]
            if one["decision"] == "accepted"
        ]
    assert [one["kind"] for one in taken] == ["unit"]
    page.get_by_role("textbox", name="标题").fill("工地拖欠两个月工资")
    caller.says("谢谢你", "citizen")  # the talk goes on and does not write over what the agent wrote
    page.keyboard.press("Alt+s")
    expect(page.get_by_role("form", name="工单").get_by_text(re.compile("已登记 20"))).to_be_visible()
    with house.client(LOGIN) as api:
        filed = [
            one
            for one in api.get("/tickets", params={"same_caller_as": caller.id}).json()["items"]
            if one["call_id"] == caller.id
        ]
    assert [(one["title"], one["unit_code"]) for one in filed] == [("工地拖欠两个月工资", taken[0]["ref"])]
    caller.hangs_up()
    state(page, "整理")
    expect(page.locator(".bar .left")).to_contain_text("自动示闲")
    page.keyboard.press("Alt+r")
    state(page, "示闲")


def test_a_reload_in_a_talk_loses_no_word_and_the_same_matter_is_noticed_before_it_is_filed(
    desk: Visit, house: Standing
) -> None:
    page, number = desk.page, "13907350002"
    matter = {
        "type": "complaint",
        "title": "工地拖欠两个月工资",
        "body": "。".join(WORDS),
        "caller": number,
        "citizen_name": "李四",
    }
    with house.client(LOGIN) as api:
        first = api.post("/tickets", json=matter, headers={"Idempotency-Key": "earlier-0002"}).json()
    caller = talk(house, number)
    caller.answered(SEAT)
    for words in WORDS:
        caller.says(words)
    expect(page.get_by_role("log").locator("li.citizen")).to_have_count(3)
    page.get_by_role("textbox", name="标题").fill("还是那件事：拖欠工资")
    page.reload()
    state(page, "通话中")
    expect(page.get_by_role("log").locator("li.citizen")).to_have_count(3)
    expect(page.get_by_role("textbox", name="标题")).to_have_value("还是那件事：拖欠工资")
    expect(page.get_by_role("radio", name="投诉")).to_be_checked()
    page.keyboard.press("Alt+s")
    same = page.get_by_role("group", name="可能是同一事项")
    expect(same.get_by_role("radio", name=re.compile(first["number"]))).to_be_visible()
    same.get_by_role("radio", name=re.compile(first["number"])).check()
    page.get_by_role("button", name="按所选登记").click()
    expect(page.get_by_role("form", name="工单").get_by_text(re.compile("已登记 20"))).to_have_count(
        0
    )  # nothing new
    page.get_by_label(re.compile("新情况")).fill("今天老板的电话停机了")
    page.get_by_role("button", name="按所选登记").click()
    expect(page.get_by_role("form", name="工单").get_by_text(re.compile("已登记 20"))).to_be_visible()
    caller.hangs_up()
    state(page, "整理")


def test_keys_take_back_an_answer_just_taken_urge_an_earlier_matter_and_leave_the_seat(
    desk: Visit, house: Standing
) -> None:
    page, number = desk.page, "13907350024"
    matter = {
        "type": "help",
        "title": "路灯不亮",
        "body": "路灯不亮三天",
        "caller": number,
        "unit": "chenzhou.slj",
    }
    with house.client(LOGIN) as api:
        earlier = api.post("/tickets", json=matter, headers={"Idempotency-Key": "earlier-0024"}).json()
    caller = talk(house, number)
    caller.answered(SEAT)
    state(page, "通话中")
    expect(page.get_by_role("button", name=re.compile("催.*路灯不亮"))).to_be_visible()
    page.keyboard.press("Alt+c")
    expect(page.get_by_text("已催单")).to_be_visible()
    with house.client(LOGIN) as api:
        history = api.get(f"/tickets/{earlier['id']}").json()["history"]
    assert [one["payload"]["action"] for one in history if one["payload"].get("action") == "urge"] == ["urge"]
    caller.says("老板拖欠工资不给，我想问问打什么电话")
    expect(page.locator(".exit.answer li").first).to_be_visible()
    page.keyboard.press("Alt+1")
    expect(page.locator(".held")).to_be_visible()
    page.keyboard.press("Alt+z")
    expect(page.locator(".held")).to_have_count(0)
    CALLERS.remove(caller)
    caller.hangs_up()
    state(page, "整理")
    with house.client(LOGIN) as api:
        assert api.get(f"/calls/{caller.id}").json()["outcome"] is None
    page.keyboard.press("Alt+q")
    page.get_by_role("dialog").get_by_role("button", name="签出").click()
    expect(page.get_by_role("heading", name="选择座席")).to_be_visible()


def test_a_device_that_is_missing_or_refused_is_said_in_a_clear_word(visit: Open) -> None:
    for name, word in (("NotFoundError", "没有找到麦克风"), ("NotAllowedError", "浏览器")):
        one = visit(login=LOGIN)
        one.context.add_init_script(
            f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('no', '{name}') }}"
        )
        one.page.goto("/agent")
        one.page.get_by_role("button", name="检查麦克风和扬声器").click()
        expect(one.page.locator(".devices [role=alert]")).to_contain_text(word)


def test_a_talk_is_hung_up_also_before_the_page_has_read_what_it_is(desk: Visit, house: Standing) -> None:
    caller = talk(house, "13907350023")
    desk.expect("/hangup")  # there is no switch here to do it
    desk.page.route(re.compile(rf"/calls/{caller.id}$"), lambda _: None)  # the answer is on its way for ever
    desk.page.reload()
    caller.answered(SEAT)
    state(desk.page, "通话中")
    desk.page.keyboard.press("Alt+x")
    with desk.page.expect_request(re.compile(rf"/calls/{caller.id}/hangup$")):
        desk.page.get_by_role("dialog").get_by_role("button", name="挂断").click()


def test_what_the_talk_gave_goes_into_the_form_by_one_click_and_beside_what_was_written(
    desk: Visit, house: Standing
) -> None:
    page = desk.page
    caller = talk(house, "13907350004")
    caller.answered(SEAT)
    caller.says("我要投诉，我在北湖区上班，公司上个月就没发工资")
    form = page.get_by_role("form", name="工单")
    body = form.get_by_role("textbox", name="诉求内容")
    expect(body).not_to_have_value("")
    body.fill("市民反映欠薪。")
    caller.says("要求尽快发工资，我姓王，我们明天要集体上访")
    heard = form.get_by_role("region", name="通话要点")
    expect(heard).to_contain_text("北湖区")
    expect(heard.locator(".sensitive")).to_be_visible()
    expect(heard.locator(".demand")).to_contain_text("要求尽快发工资")
    heard.locator(".demand").get_by_role("button", name=re.compile("采纳")).click()
    expect(body).to_have_value(re.compile("^市民反映欠薪。\n诉求：.*要求尽快发工资"))
    expect(heard.locator(".demand")).to_contain_text("已写入")
    desk.shot("agent-heard-1440-zh-light")
    caller.hangs_up()


def test_an_enterprises_complaint_filed_from_the_form_is_in_the_ledger(desk: Visit, house: Standing) -> None:
    page, title = desk.page, "园区乱收企业管理费"
    caller = talk(house, "13907350025")
    caller.answered(SEAT)
    state(page, "通话中")
    form = page.get_by_role("form", name="工单")
    form.get_by_role("textbox", name="标题").fill(title)
    form.get_by_role("textbox", name="诉求内容").fill("园区向我们企业乱收管理费，要求退还")
    form.get_by_role("combobox", name="事项类别").press("ArrowDown")
    page.get_by_role("option", name="企业投诉举报").click()
    expect(form.get_by_role("radio", name="投诉")).to_be_checked()  # whose clock it has
    form.get_by_role("checkbox", name="涉及多个单位").check()
    page.reload()
    expect(form.get_by_role("checkbox", name="涉及多个单位")).to_be_checked()
    expect(form.locator("label", has_text="事项类别")).to_contain_text("企业投诉举报")
    page.keyboard.press("Alt+s")
    expect(form.get_by_text(re.compile("已登记 20"))).to_be_visible()
    with house.client(LOGIN) as api:
        entered = {one["call_id"]: one for one in api.get("/enterprise/ledger").json()["items"]}
        ticket = api.get(f"/tickets/{entered[caller.id]['ticket_id']}").json()
        clocks = api.get(f"/tickets/{ticket['id']}/options").json()["clocks"]
    assert (ticket["title"], ticket["intake"], ticket["type"]) == (title, "enterprise", "complaint")
    assert clocks[0]["flags"] == ["multi_unit"]
    caller.hangs_up()


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(WIDE, "en", True), (PHONE, "zh-CN", False), (PHONE, "en", True)]
)
def test_it_fits_its_window_and_is_accessible(
    visit: Open, house: Standing, seat: None, size: tuple[int, int], language: str, dark: bool
) -> None:
    one = sit(visit, house, size=size, language=language, dark=dark)
    expect(one.page.locator(".bar .state")).to_be_visible()
    one.fits()
    one.shot(f"agent-idle-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}")
    caller = talk(house, "13907350003")
    caller.answered(SEAT)
    for words in WORDS:
        caller.says(words)
    expect(one.page.get_by_role("log").locator("li.citizen")).to_have_count(3)
    expect(one.page.locator(".exit.unit li").first).to_be_visible()
    one.fits()
    one.accessible()
    one.shot(f"agent-talking-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}", full=True)
