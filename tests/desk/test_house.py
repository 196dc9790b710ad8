"""The house's own pages: accounts, seats, the units' register, notices a person must decide about, and how each part is."""

import re

import pytest
from playwright.sync_api import expect

from app.floor import now
from store import notices
from store.database import Database
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing

pytestmark = pytest.mark.edge


def test_an_administrator_adds_somebody_who_logs_in_is_changed_and_locked(
    visit: Open, house: Standing
) -> None:
    one = visit(login="admin")
    page = one.page
    page.goto("/people")
    page.get_by_role("button", name="新增人员").click()
    form = page.get_by_role("dialog", name="新增人员")
    form.get_by_role("textbox", name="用户名").fill("zhaomin")
    form.get_by_role("textbox", name="姓名").fill("赵敏")
    form.get_by_role("button", name="保存").click()
    shown = page.get_by_role("dialog", name="赵敏 的密码")
    password = shown.locator(".secret").inner_text()
    assert work.done(house.post("/token", login="zhaomin", password=password))["access_token"]
    shown.get_by_role("button", name="已记下").click()
    row = page.get_by_role("row").filter(has_text="zhaomin")
    row.get_by_role("button", name="修改").click()
    form = page.get_by_role("dialog", name="修改账户")
    form.get_by_role("combobox", name="角色").press("Enter")
    page.get_by_role("option", name="班长").click()
    form.get_by_role("button", name="保存").click()
    expect(row).to_contain_text("班长")
    row.get_by_role("button", name="停用").click()
    page.get_by_role("button", name="确定").click()
    expect(row).to_have_count(0)
    assert house.post("/token", login="zhaomin", password=password).status_code == 401
    with house.client("admin") as api:
        (kept,) = api.get("/users", params={"search": "zhaomin"}).json()["items"]
    assert (kept["role"], kept["active"]) == ("supervisor", False)
    own = page.get_by_role("row").filter(has_text="管理员").first
    expect(own.get_by_role("button", name="停用")).to_have_count(0)


def test_a_seat_learns_a_line_and_a_language(visit: Open, house: Standing) -> None:
    one = visit(login="banzhang")
    page = one.page
    page.goto("/seats")
    page.get_by_role("row").filter(has_text="8002").get_by_role("button", name="修改").click()
    drawer = page.get_by_role("dialog", name="座席 8002")
    skills = drawer.get_by_role("combobox", name="技能")
    for words in ("12333", "粤语"):
        skills.fill(words)
        page.get_by_role("option", name=re.compile(words)).first.click()
    skills.press("Escape")
    drawer.get_by_role("button", name="保存").click()
    expect(page.get_by_role("row").filter(has_text="8002")).to_contain_text("粤语")
    with house.client("banzhang") as api:
        (seat,) = [seat for seat in api.get("/seats").json()["items"] if seat["id"] == "8002"]
    assert sorted(seat["skills"]) == ["lang.yue", "line.12333"]


async def doubtful(database: Database, ticket_id: str) -> str:
    """A text of which nobody knows whether it arrived."""
    async with database.session() as session:
        told = notices.NewNotice(
            "ticket_number",
            "sms",
            f"told/{ticket_id}",
            work.CALLER,
            "您反映的事项已受理",
            now(),
            ticket_id=ticket_id,
        )
        await notices.add(session, told, now())
        (row,) = (await notices.find(session, ticket_id=ticket_id, limit=1)).items
        await notices.doubtful(session, row, "短信中心没有应答", now())
        found: str = row.id
    return found


def test_a_person_decides_about_a_notice_that_may_have_arrived(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资通知不明")
    notice_id = house.run(doubtful(house.database, made["id"]))
    one = visit(login="rexianban")
    page = one.page
    page.goto("/notices")
    item = page.get_by_role("listitem").filter(has_text="短信中心没有应答")
    expect(item).to_be_visible()
    one.shot("notices-uncertain-1440-zh-light")
    item.get_by_role("button", name="已送达").click()
    item.get_by_label("依据").fill("已电话确认收到")
    item.get_by_role("button", name="已送达").click()
    expect(page.get_by_text("没有需要认定的通知")).to_be_visible()
    with house.client("rexianban") as api:
        (kept,) = [one for one in api.get("/notices").json()["items"] if one["id"] == notice_id]
    assert (kept["state"], kept["why"]) == ("sent", "已电话确认收到")


def test_the_office_sees_what_an_entry_lacks_and_says_why_it_looks_in_full(
    visit: Open, house: Standing
) -> None:
    one = visit(login="rexianban")
    page = one.page
    page.goto("/register")
    page.get_by_role("searchbox").or_(page.get_by_label("单位名称或代码")).first.fill("chenzhou.rsj")
    page.get_by_role("table").get_by_role("button").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("chenzhou.rsj")).to_be_visible()
    drawer.get_by_label("查看明文的用途（留痕）").fill("联系经办人")
    drawer.get_by_role("button", name="查看明文").click()
    expect(drawer.get_by_text("本次查看已留痕")).to_be_visible()
    one.accessible()
    one.shot("register-entry-1440-zh-light")
    with house.client("rexianban") as api:
        kept = api.get("/lookups", params={"action": "unit.people"}).json()["items"]
    assert (kept[0]["subject"], kept[0]["purpose"]) == (work.RSJ, "联系经办人")


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "zh-CN", False), (PHONE, "en", True)])
def test_the_houses_pages_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    shade = f"{size[0]}-{language[:2]}-{'dark' if dark else 'light'}"
    for login, paths in (("admin", ("system", "people", "seats", "register")), ("rexianban", ("notices",))):
        one = visit(login=login, size=size, language=language, dark=dark)
        for path in paths:
            one.page.goto(f"/{path}")
            expect(one.page.get_by_role("heading", level=1)).to_be_visible()
            one.page.wait_for_load_state("networkidle")
            one.fits()
            one.accessible()
            one.shot(f"house-{path}-{shade}")
