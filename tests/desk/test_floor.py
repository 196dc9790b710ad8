"""The supervisor's pages: the live floor and what one does there, a call with its sound and reasons, what was left behind."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from core.events import Answered, Held
from store import calls, events, proposals
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tests.desk.morning import Morning, morning, on

pytestmark = pytest.mark.edge


@pytest.fixture(scope="module")
def floor(house: Standing) -> Morning:
    with house.client("agent8001") as agent:
        who = agent.get("/users/me").json()["id"]
    return on(house, morning(house, who))


def test_the_floor_shows_who_talks_who_waits_and_a_seat_is_made_to_pause(
    visit: Open, house: Standing, floor: Morning
) -> None:
    one = visit(login="banzhang")
    one.page.goto("/")
    expect(one.page).to_have_url(re.compile("/floor$"))
    row = one.page.get_by_role("row", name=re.compile("^8001"))
    expect(row).to_contain_text("通话中")
    expect(one.page.get_by_role("region", name="排队")).to_contain_text("139****1111")
    row.get_by_role("button", name="座席 8001 的操作").click()
    one.page.get_by_role("menuitem", name="强制示忙").click()
    asked = one.page.get_by_role("dialog")
    expect(asked.get_by_role("button", name="强制示忙")).to_be_disabled()
    asked.get_by_label("原因").fill("连续投诉，暂停核实")
    asked.get_by_role("button", name="强制示忙").click()
    expect(one.page.get_by_text("通话结束后生效")).to_be_visible()
    expect(row).to_contain_text("强制示忙")
    with house.client("banzhang") as boss:
        (seat,) = [each for each in boss.get("/floor").json()["seats"] if each["id"] == "8001"]
    assert seat["forced"] == "pause"


def test_a_supervisor_without_a_link_to_the_switch_is_told_so_and_nothing_is_lost(
    visit: Open, house: Standing, floor: Morning
) -> None:
    one = visit(login="banzhang")
    one.expect("503 (Service Unavailable)", "409 (Conflict)")
    one.page.goto("/floor")
    one.page.get_by_role("button", name="座席 8001 的操作").click()
    one.page.get_by_role("menuitem", name="密语").click()
    asked = one.page.get_by_role("dialog")
    expect(asked).to_contain_text("只有话务员能听到您说话")
    asked.get_by_role("combobox").press("ArrowDown")
    one.page.get_by_role("option", name=re.compile("8002")).click()
    asked.get_by_label("原因").fill("带教")
    asked.get_by_role("button", name="密语").click()
    expect(asked.get_by_role("alert")).to_be_visible()
    expect(asked.get_by_label("原因")).to_have_value("带教")
    with house.client("banzhang") as boss:
        boss.post("/seats/8002/logout")


def test_a_call_is_heard_read_and_explained(visit: Open, house: Standing, floor: Morning) -> None:
    one = visit(login="banzhang")
    one.page.goto("/calls")
    one.page.locator(f"a[href='/calls/{floor.talked}']").click()
    expect(one.page.get_by_role("heading", level=1)).to_have_text("12345 · 138****5678")
    expect(one.page.get_by_role("region", name="对话文字")).to_contain_text("停水两天")
    expect(one.page.get_by_role("region", name="派座决定")).to_contain_text("排队第")
    one.page.get_by_label("目的").fill("质检")
    one.page.get_by_role("button", name=re.compile("收听")).click()
    waves = one.page.get_by_role("slider", name="播放位置")
    expect(waves).to_be_visible()
    one.page.get_by_role("button", name=re.compile("市民 0:02")).click()
    expect(waves).to_have_attribute("aria-valuenow", re.compile("[2345]"))
    expect(one.page.locator("li.now")).to_contain_text("停水两天")
    one.fits()
    one.accessible()
    one.shot("call-1440-zh", full=True)
    with house.client("shenji") as auditor:
        looked = auditor.get("/lookups", params={"limit": 20}).json()["items"]
    assert any(each["action"] == "recording.listen" and each["purpose"] == "质检" for each in looked)


def test_what_happened_in_a_talk_is_marked_on_its_sound_and_played_from_there(
    visit: Open, house: Standing, floor: Morning
) -> None:
    async def happened() -> None:
        async with house.database.session() as session:
            began = (await calls.get(session, floor.talked)).agent_answered_at
            assert began is not None
            at = began + timedelta(seconds=3)
            held = Held(at, floor.talked, "8001", True)
            await events.append_all(
                session, [Answered(began, floor.talked, "8001", "c", "a"), held], "switch"
            )
            (unit,) = await proposals.of_call(session, floor.talked)
            me = "user_00000000000000000000"
            await proposals.decide(
                session, floor.talked, unit.id, "accepted", me, began + timedelta(seconds=5)
            )

    on(house, happened())
    one = visit(login="banzhang")
    one.page.goto(f"/calls/{floor.talked}")
    one.page.get_by_label("目的").fill("质检")
    one.page.get_by_role("button", name=re.compile("收听")).click()
    marks = one.page.get_by_role("list", name="通话事件").get_by_role("button")
    expect(marks).to_have_text(
        [re.compile("0:00 接听"), re.compile("0:03 保持"), re.compile("0:05 采纳承办单位 市水利局")]
    )
    marks.nth(1).click()
    expect(one.page.get_by_role("slider", name="播放位置")).to_have_attribute(
        "aria-valuenow", re.compile("[3456]")
    )
    one.fits()
    one.accessible()


def test_a_number_is_looked_for_with_a_purpose_only(visit: Open, floor: Morning) -> None:
    one = visit(login="banzhang")
    one.page.goto("/calls")
    one.page.get_by_label("号码", exact=True).fill("13812345678")
    expect(one.page.get_by_role("button", name="搜索")).to_be_disabled()
    one.page.get_by_label("目的").fill("投诉核实")
    one.page.get_by_role("button", name="搜索").click()
    expect(one.page.locator("tbody tr")).to_have_count(1)
    expect(one.page.locator("tbody tr")).to_contain_text("138****5678")


def test_a_message_is_looked_after(visit: Open, house: Standing, floor: Morning) -> None:
    one = visit(login="banzhang")
    one.page.goto("/messages")
    left = one.page.get_by_role("listitem").filter(has_text="路灯不亮")
    left.get_by_role("button", name=re.compile("收听")).click()
    expect(left.locator("audio")).to_be_visible()
    left.get_by_role("button", name="查看号码").click()
    expect(left).to_contain_text("13600003333")
    left.get_by_label("处理结果").fill("已回电，路灯今晚修复")
    left.get_by_role("button", name="已处理").click()
    expect(left).to_have_count(0)
    with house.client("banzhang") as boss:
        done = boss.get("/messages", params={"state": "done"}).json()["items"]
    assert any(each["note"] == "已回电，路灯今晚修复" for each in done)
    with house.client("shenji") as auditor:
        looked = auditor.get("/lookups", params={"limit": 20}).json()["items"]
    assert any(each["action"] == "message.listen" and each["purpose"] == "处理留言" for each in looked)


def test_who_is_on_duty_is_put_down_changed_and_taken_off(visit: Open, house: Standing) -> None:
    one = visit(login="banzhang")
    one.page.goto("/rota")
    one.page.get_by_role("button", name="排班").first.click()
    asked = one.page.get_by_role("dialog", name="排班")
    asked.get_by_role("button", name="保存").click()
    expect(asked.get_by_role("alert")).to_contain_text("请选择线路")
    asked.get_by_role("combobox", name="线路").fill("12348")
    one.page.get_by_role("option", name=re.compile("12348")).click()
    asked.get_by_role("combobox", name="值班座席或人员").fill("8002")
    one.page.get_by_role("option", name="8002 号座席").click()
    asked.get_by_role("spinbutton", name="连排天数").fill("2")
    asked.get_by_role("textbox", name="备注").fill("司法局选派")
    one.shot("rota-form-1440-zh-light")
    asked.get_by_role("button", name="保存").click()
    expect(asked).to_have_count(0)
    line = one.page.get_by_role("region", name=re.compile("12348"))
    mine = line.get_by_role("button", name=re.compile("司法局选派"))
    expect(mine).to_have_count(2)
    one.shot("rota-week-1440-zh-light", full=True)
    mine.first.click()
    changing = one.page.get_by_role("dialog", name="修改班次")
    changing.get_by_role("textbox", name="备注").fill("上午班")
    changing.get_by_role("button", name="保存").click()
    expect(changing).to_have_count(0)
    expect(mine).to_have_count(1)
    mine.first.click()
    one.page.get_by_role("dialog", name="修改班次").get_by_role("button", name="取消班次").click()
    one.page.get_by_role("dialog", name="取消班次").get_by_role("button", name="取消班次").click()
    expect(mine).to_have_count(0)
    with house.client("banzhang") as boss:
        (kept,) = [
            each for each in boss.get("/rota", params={"days": 7}).json()["lines"] if each["line"] == "12348"
        ]
    assert [(each["seat_id"], each["note"], each["version"]) for each in kept["shifts"]] == [
        ("8002", "上午班", 2)
    ]


def test_a_number_is_blocked_and_the_block_lifted_again(visit: Open, house: Standing) -> None:
    one = visit(login="banzhang")
    one.page.goto("/blocks")
    one.page.get_by_role("button", name="拦截号码").click()
    asked = one.page.get_by_role("dialog")
    asked.get_by_label("号码").fill("13500009999")
    asked.get_by_role("combobox").press("ArrowDown")
    one.page.get_by_role("option").first.click()
    asked.get_by_label("理由").fill("一天内辱骂三次")
    asked.get_by_role("button", name="拦截号码").click()
    mine = one.page.get_by_role("listitem").filter(has_text="135****9999").first
    expect(mine).to_contain_text("生效中")
    mine.get_by_role("button", name="解除").click()
    one.page.get_by_role("dialog").get_by_label("理由").fill("误拦截")
    one.page.get_by_role("dialog").get_by_role("button", name="确定").click()
    expect(one.page.get_by_role("dialog")).to_have_count(0)
    with house.client("banzhang") as boss:
        (block,) = [
            each for each in boss.get("/callers/blocks").json()["items"] if each["caller"] == "135****9999"
        ]
    assert block["active"] is False


PAGES = ("/floor", "/monitor", "/calls", "/messages", "/blocks", "/probes", "/rota")


@pytest.mark.parametrize(
    ("size", "language", "dark"), [(WIDE, "zh-CN", False), (WIDE, "en", True), (PHONE, "zh-CN", True)]
)
def test_every_page_fits_and_is_accessible(
    visit: Open, floor: Morning, size: tuple[int, int], language: str, dark: bool
) -> None:
    one = visit(login="banzhang", size=size, language=language, dark=dark)
    for path in (*PAGES, f"/calls/{floor.talked}"):
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1)).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        name = path.strip("/").partition("/")[0] + ("-one" if path.count("/") > 1 else "")
        one.shot(f"{name}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}", full=True)
