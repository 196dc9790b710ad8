"""Tickets on the desk: the list whose filters are an address, and one whole ticket with its explained deadline."""

import re

import pytest
from playwright.sync_api import expect

from app.floor import now
from store import attachments, notices
from store.attachments import NewAttachment
from store.database import Database
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tests.desk.test_portal import jpeg

pytestmark = pytest.mark.edge


def test_a_ticket_is_found_by_its_number_and_the_search_is_in_the_address(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资两个月查号")
    one = visit(login="rexianban")
    one.page.goto("/tickets")
    one.page.get_by_role("searchbox").or_(one.page.get_by_label("编号或事项")).first.fill(made["number"])
    expect(one.page).to_have_url(re.compile(f"search={made['number']}"))
    row = one.page.get_by_role("row").filter(has_text=made["number"])
    expect(row).to_contain_text("待签收")
    one.page.reload()
    expect(one.page.get_by_role("row")).to_have_count(2)
    one.page.get_by_role("link", name="拖欠工资两个月查号").click()
    expect(one.page.get_by_role("heading", level=1)).to_have_text("拖欠工资两个月查号")
    one.page.go_back()
    expect(one.page).to_have_url(re.compile("search="))


def test_the_page_explains_the_deadline_day_by_day_and_shows_the_citizen_masked(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资看期限")
    one = visit(login="rexianban")
    one.page.goto(f"/tickets/{made['id']}")
    one.page.get_by_text("办理期限怎么算").click()
    counted = one.page.get_by_role("table", name="逐日计算").last
    expect(counted).to_contain_text("第 1 日")
    with house.client("rexianban") as api:
        clock = api.get(f"/tickets/{made['id']}/options").json()["clocks"][-1]
    last = sum(day["counts"] for day in clock["days"])
    expect(counted).to_contain_text(f"第 {last} 日")
    expect(one.page.get_by_text(clock["quotes"][0]["words"]).first).to_be_visible()
    expect(one.page.get_by_text("139****1234").first).to_be_visible()
    expect(one.page.get_by_text(work.CALLER)).to_have_count(0)


def test_who_comes_second_is_told_what_changed_and_keeps_what_they_wrote(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资两人同办")
    one = visit(login="renshe")
    one.expect("409")
    one.page.goto(f"/tickets/{made['id']}")
    one.page.get_by_role("button", name="退回").click()
    one.page.get_by_label("理由").fill("不属我单位职责")
    one.page.route(
        "**/api/v1/tickets/*",
        lambda route: route.abort() if route.request.method == "GET" else route.continue_(),
    )
    one.expect("ERR_FAILED")
    work.act(house, "fenguan", made["id"], "sign")
    form = one.page.get_by_role("region", name="退回")
    form.get_by_label("法律、法规或“三定”依据").fill("三定方案")
    form.get_by_role("button", name="退回", exact=True).click()
    form.get_by_role("button", name="确定退回").click()
    expect(one.page.get_by_text("此件刚被他人处理")).to_be_visible()
    expect(form.get_by_label("理由")).to_have_value("不属我单位职责")
    assert work.seen(house, made["id"])["state"] == "signed"


async def with_picture_and_notice(database: Database, ticket_id: str) -> None:
    """What a citizen added, and a text to them of which nobody knows whether it arrived."""
    async with database.session() as session:
        await attachments.add(session, ticket_id, NewAttachment("photo", jpeg(), "citizen", 40, 30), now())
        told = notices.NewNotice(
            "ticket_number",
            "sms",
            f"seen/{ticket_id}",
            work.CALLER,
            "您反映的事项已受理",
            now(),
            ticket_id=ticket_id,
        )
        await notices.add(session, told, now())
        (row,) = (await notices.find(session, ticket_id=ticket_id, limit=1)).items
        await notices.doubtful(session, row, "短信中心没有应答", now())


def test_the_page_shows_pictures_notices_the_grade_and_the_places_name(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资看全页")
    for login, step, facts in (
        ("renshe", "sign", {}), ("renshe", "contact", {"talk": "已与诉求人通话"}), ("renshe", "reply", work.REPLY),
        ("rexianban", "review", {}), ("rexianban", "resolve", {}),
    ):  # fmt: skip
        work.act(house, login, made["id"], step, **facts)
    with house.client("rexianban") as api:
        told = {"grade": "dissatisfied", "solved": False, "words": "工资只发了一半"}
        work.done(api.post(f"/tickets/{made['id']}/grade", json=told))
    house.run(with_picture_and_notice(house.database, made["id"]))
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    expect(page.get_by_text("苏仙区", exact=True)).to_be_visible()
    graded = page.get_by_role("region", name="回访与评价")
    expect(graded).to_contain_text("不满意")
    expect(graded).to_contain_text("问题是否解决")
    expect(page.get_by_role("region", name="通知记录")).to_contain_text("是否送达不明")
    expect(page.get_by_role("img", name="照片 1")).to_have_count(0)
    page.get_by_role("button", name="查看照片").click()
    expect(page.get_by_role("img", name="照片 1")).to_be_visible()
    one.accessible()
    one.shot("ticket-whole-1440-zh-light", full=True)
    with house.client("rexianban") as api:
        kept = api.get("/lookups", params={"action": "ticket.attachment", "subject": made["id"]}).json()
    assert kept["total"] == 1


@pytest.mark.parametrize(
    ("size", "language", "dark"),
    [(WIDE, "zh-CN", False), (PHONE, "zh-CN", True), (WIDE, "en", True), (PHONE, "en", False)],
)
def test_list_and_ticket_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    made = work.filed(house, "拖欠工资看样子")
    work.act(house, "renshe", made["id"], "sign")
    work.act(house, "renshe", made["id"], "contact", talk="已与诉求人通话，约定核实工资流水")
    one = visit(login="rexianban", size=size, language=language, dark=dark)
    shade = f"{size[0]}-{language[:2]}-{'dark' if dark else 'light'}"
    for name, path in (("tickets", "/tickets"), ("ticket", f"/tickets/{made['id']}")):
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1)).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        one.shot(f"{name}-{shade}", full=True)


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_office_says_of_what_looks_like_a_repeat_that_it_is_another_matter(
    visit: Open, house: Standing, size: tuple[int, int]
) -> None:
    caller = f"1390735{2000 + size[0]}"
    first = work.filed(house, "拖欠工资疑似重复甲", caller=caller)
    made = work.filed(house, "拖欠工资疑似重复乙", caller=caller, despite="另一家公司")
    one = visit(login="rexianban", size=size)
    one.page.goto(f"/tickets/{made['id']}")
    panel = one.page.get_by_role("region", name="疑似重复")
    expect(panel.get_by_role("link", name="拖欠工资疑似重复甲")).to_have_attribute(
        "href", f"/tickets/{first['id']}"
    )
    other = panel.get_by_role("button", name="不是同一事项")
    expect(other).to_be_disabled()
    panel.get_by_label("认定的理由").fill("公司不同，工资分别拖欠")
    one.fits()
    one.accessible()
    one.shot(f"suspected-{size[0]}", full=True)
    other.click()
    expect(panel).to_have_count(0)
    expect(one.page.get_by_text("认定为另一事项")).to_be_visible()
    told = work.seen(house, made["id"])["history"][-1]["payload"]
    assert (told["way"], told["confirmed"]) == ("other", False)
