"""The auditor's desk: who looked at whom, who did what, a matter's whole trail, and the chain proved until somebody tampers."""

import re

import pytest
from playwright.sync_api import expect

from app.audit import sealer
from app.floor import now
from store import audit
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tests.store.test_audit import behind_our_back

pytestmark = pytest.mark.edge


def looked_at(house: Standing, title: str) -> dict[str, str]:
    """A ticket whose unit has seen the citizen in full."""
    made = work.filed(house, title)
    work.seen(house, made["id"], "renshe")
    return made


async def sealed(house: Standing) -> None:
    chain = audit.Chain(house.database, sealer(house.settings))
    while await chain.extend(now()):
        pass


def test_the_auditor_finds_who_looked_at_a_citizen_and_is_found_there(visit: Open, house: Standing) -> None:
    made = looked_at(house, "拖欠工资查谁看过")
    one = visit(login="shenji")
    page = one.page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("审计")
    page.get_by_role("combobox", name="工单").fill(made["number"])
    page.get_by_role("option", name=re.compile(made["number"])).click()
    page.get_by_role("button", name="搜索").click()
    row = page.get_by_role("row").filter(has_text="查看诉求人")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("（renshe）")
    expect(row.get_by_role("link", name=made["number"])).to_be_visible()
    with house.client("rexianban") as api:
        mine = api.get("/lookups", params={"action": "lookups"}).json()
    assert mine["names"][mine["items"][0]["actor"]] == house.accounts["shenji"].name


def test_a_matters_trail_shows_deeds_and_looks_and_asks_for_a_purpose(visit: Open, house: Standing) -> None:
    made = looked_at(house, "拖欠工资看全程")
    work.act(house, "renshe", made["id"], "sign")
    one = visit(login="shenji")
    page = one.page
    page.goto("/audit?sheet=trail")
    page.get_by_label("工单编号、电话号码或对象编号").fill(work.CALLER)
    show = page.get_by_role("button", name="查看", exact=True)
    expect(show).to_be_disabled()
    page.get_by_label("查询用途（留痕）").fill("核查投诉件有无被无关人员查看")
    show.click()
    row = page.get_by_role("row").filter(has_text=made["number"])
    expect(row.filter(has_text="签收")).to_have_count(1)
    expect(row.filter(has_text="查看诉求人").first).to_be_visible()
    page.get_by_role("radio", name="谁看过").check()
    expect(row.filter(has_text="签收")).to_have_count(0)
    expect(page.get_by_role("table").get_by_text(work.CALLER)).to_have_count(0)


def test_the_chain_is_whole_until_somebody_touches_a_row(visit: Open, house: Standing) -> None:
    made = looked_at(house, "拖欠工资有人改库")
    house.run(sealed(house))
    one = visit(login="shenji")
    page = one.page
    page.goto("/audit?sheet=chain")
    prove = page.get_by_role("button", name="开始核验")
    prove.click()
    expect(page.get_by_text(re.compile("^完整：[0-9,]+ 条记录"))).to_be_visible()
    one.shot("audit-chain-1440-zh-light")
    touched = f"UPDATE events SET actor = 'somebody' WHERE subject = '{made['id']}'"
    house.run(behind_our_back(house.database, touched))
    prove.click()
    expect(page.get_by_text("内容被改动")).to_be_visible()
    page.mouse.move(0, 0)  # a button's colour under the pointer is not what is looked at
    one.accessible()
    one.shot("audit-chain-broken-1440-zh-light")


@pytest.mark.parametrize(
    ("size", "language", "dark"),
    [(WIDE, "zh-CN", False), (PHONE, "zh-CN", True), (WIDE, "en", True), (PHONE, "en", False)],
)
def test_the_auditors_pages_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    made = looked_at(house, "拖欠工资看审计页")
    one = visit(login="shenji", size=size, language=language, dark=dark)
    for sheet in ("looks", "deeds", "trail", "chain"):
        one.page.goto(f"/audit?sheet={sheet}")
        if sheet == "trail":
            one.page.get_by_role("textbox").first.fill(made["number"])
            one.page.get_by_role("textbox").last.fill("核查投诉件")
            one.page.get_by_role("textbox").last.press("Enter")
        if sheet != "chain":
            expect(one.page.get_by_role("table")).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        one.shot(f"audit-{sheet}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}")
