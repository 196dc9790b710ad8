"""The rules' pages: why this date, from a question and from a ticket; a city's values with clauses; a year's days."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tickets.clock import CHINA

pytestmark = pytest.mark.edge
ASKED = "profile=heyuan&stage=handle&type=help&at=2026-09-30T10:00:00%2B08:00"


def choose(page: Page, label: str, words: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).press("Enter")
    page.get_by_role("option", name=re.compile(words)).click()


def test_a_date_over_the_national_day_is_explained_on_a_calendar_with_its_clauses(
    visit: Open, house: Standing
) -> None:
    one = visit(login="agent8001")
    page = one.page
    page.goto(f"/policy?{ASKED}")
    answer = page.get_by_role("region", name="答案")
    expect(answer.get_by_text("2026/10/13 24:00").first).to_be_visible()
    expect(answer.get_by_text("征求意见稿，仍据以计算")).to_be_visible()
    october = answer.get_by_role("table", name="2026年10月")
    expect(october.get_by_role("cell", name=re.compile("^1 ?休$"))).to_be_visible()
    expect(october.get_by_role("cell", name=re.compile("^9 ?预警$"))).to_be_visible()
    expect(october.get_by_role("cell", name=re.compile("^10 ?班$"))).to_be_visible()
    expect(october.get_by_role("cell", name=re.compile("^13 ?止$"))).to_be_visible()
    expect(answer.get_by_text("最迟5个工作日").first).to_be_visible()
    choose(page, "规则", "延吉市")
    expect(answer.get_by_text("2026/10/10 24:00").first).to_be_visible()
    assert "profile=yanji" in page.url
    choose(page, "环节", "派单")
    expect(answer.get_by_text("规定没有写明")).to_be_visible()
    with house.client("agent8001") as api:
        told = api.get(
            "/policies/yanji/explain",
            params={"stage": "dispatch", "type": "help", "at": "2026-09-30T10:00:00+08:00"},
        )
    assert (told.json()["silent"], told.json()["due"]) == (True, None)


def test_a_tickets_own_clock_leads_to_the_same_date_on_the_rules_page(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资期限怎么算")
    with house.client("renshe") as api:
        clocks = api.get(f"/tickets/{made['id']}/options").json()["clocks"]
    handle = next(one for one in clocks if one["stage"] == "handle")
    last = datetime.fromisoformat(handle["due"]).astimezone(CHINA) - timedelta(minutes=1)
    one = visit(login="renshe")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    page.get_by_text("办理期限怎么算").click()
    page.get_by_role("link", name="在日历上逐日查看").last.click()
    answer = page.get_by_role("region", name="答案")
    expect(answer.get_by_text(f"{last.year}/{last.month}/{last.day} 24:00").first).to_be_visible()
    rows = answer.get_by_role("table").last.locator("tbody tr")
    expect(rows).to_have_count(len(handle["days"]))


def test_a_citys_values_stand_beside_their_clauses_and_readings_beside_the_others(
    visit: Open, house: Standing
) -> None:
    one = visit(login="rexianban")
    page = one.page
    page.goto("/policy/values")
    choose(page, "规则", "延吉市")
    sign = page.get_by_role("region", name="签收").get_by_role("row").filter(has_text="1 小时")
    expect(sign.get_by_text("002 附五(一)1")).to_be_visible()
    expect(page.get_by_text("考核 · 申诉期限")).to_be_visible()  # no clause gives it
    page.get_by_role("textbox", name="查项目、条款、原文").fill("末日截止")
    row = (
        page.get_by_role("region", name="条文可作多种解释之处").get_by_role("row").filter(has_text="末日截止")
    )
    expect(row.get_by_text("停止业务活动时", exact=True)).to_be_visible()
    codes = page.locator("main").get_by_text(re.compile(r"close_of_business|working_days|[a-z]+_[a-z]+"))
    expect(codes).to_have_count(0)
    page.get_by_role("textbox", name="查项目、条款、原文").fill("")
    with house.client("rexianban") as api:
        names = [one["name"] for one in api.get("/policies").json()["items"]]
    for name in names:
        page.goto(f"/policy/values?profile={name}")
        expect(page.get_by_role("region", name="条文可作多种解释之处")).to_be_visible()
        expect(codes).to_have_count(0)
        unnamed = page.locator("td.name").filter(has_text=re.compile("[a-z]{3,}"))
        expect(unnamed).to_have_count(0)


def test_a_year_shows_days_off_and_says_where_no_notice_is_published(visit: Open, house: Standing) -> None:
    one = visit(login="rexianban")
    page = one.page
    page.goto("/policy/calendar?year=2026")
    expect(page.get_by_text("放假安排已公布")).to_be_visible()
    expect(
        page.get_by_role("table", name="2026年10月").get_by_role("cell", name=re.compile("^10 ?班$"))
    ).to_be_visible()
    page.goto("/policy/calendar?year=2031")
    expect(page.get_by_text(re.compile("^尚未公布"))).to_be_visible()


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "zh-CN", False), (PHONE, "en", True)])
def test_the_rules_pages_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    one = visit(login="rexianban", size=size, language=language, dark=dark)
    for path in (f"/policy?{ASKED}", "/policy/values?profile=yanji", "/policy/calendar?year=2026"):
        one.page.goto(path)
        expect(one.page.get_by_role("table").first).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        name = path.split("?")[0][1:].replace("/", "-")
        whole = "values" not in name  # a city's rules are many screens high
        one.shot(f"{name}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}", full=whole)
