"""The assessment's pages: who lost points over what, down to the steps of the ticket; findings, freezing, appeals, scored again."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from store import users
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing

pytestmark = pytest.mark.edge
NOW = datetime.now(UTC)
LAST = (NOW + timedelta(hours=8)).replace(day=1) - timedelta(days=3)
MONTH = LAST.strftime("%Y-%m")
"""The month before this one, in China."""


def china(moment: datetime) -> str:
    """The month in which it lies there."""
    return (moment + timedelta(hours=8)).strftime("%Y-%m")


RULES = """name: ceshi
title: 测试市
extends: yanji
documents: {"测试": 测试市考核办法}
valid: {status: in_force, from: 2020-01-01}
assessment:
  appeal_within: {value: 5, unit: working_days, clause: 测试 2}
"""


@pytest.fixture(scope="module", autouse=True)
def rules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A city that scores by Yanji's table and has set a time for appeals, which no document gives."""
    folder = tmp_path_factory.mktemp("policies")
    (folder / "ceshi.yaml").write_text(RULES, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_POLICIES", str(folder))
        yield


@contextmanager
def at(house: Standing, moment: datetime) -> Iterator[None]:
    """What is done meanwhile is done at this moment."""
    kept = house.floor.clock
    house.floor.clock = lambda: moment
    try:
        yield
    finally:
        house.floor.clock = kept


@pytest.fixture(scope="module", autouse=True)
def second(house: Standing) -> None:
    """Another person of the hotline office, with the first one's password: a finding takes two."""

    async def add() -> None:
        async with house.database.session() as session:
            first = await users.by_login(session, "rexianban")
            assert first
            await users.add(session, "rexianban2", "热线办二", "office", first.password_hash, NOW, None)

    house.run(add())
    house.accounts["rexianban2"] = replace(house.accounts["rexianban"], login="rexianban2")


def criticised(house: Standing, why: str) -> None:
    """A finding of last month that two persons stand for."""
    given = {"unit": work.RSJ, "kind": "criticised", "happened_at": LAST.isoformat(), "what": why, "evidence": ["通报3号"]}  # fmt: skip
    with house.client("rexianban") as api:
        made = work.done(api.post("/unit-findings", json=given))
    with house.client("rexianban2") as api:
        work.done(api.post(f"/unit-findings/{made['id']}/review", json={"state": "confirmed"}))


def test_a_deduction_leads_to_the_steps_of_the_ticket_it_rests_on(visit: Open, house: Standing) -> None:
    due = NOW - timedelta(hours=4)
    with at(house, due - timedelta(hours=1)):
        late = work.filed(house, "考核 逾期签收")
    work.act(house, "renshe", late["id"], "sign")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/assessment?period={china(due)}&profile=yanji")
    row = page.get_by_role("row").filter(has_text="市人社局").first
    expect(row.get_by_text("及时签收")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("个单位的扣分"))).to_be_visible()
    one.shot("assessment-1440-zh-light", full=True)
    row.get_by_role("link").click()
    expect(page.get_by_role("region", name="工作实绩")).to_be_visible()
    case = page.get_by_role("listitem").filter(has_text=late["number"]).filter(has_text="签收").first
    expect(case.get_by_text("−0.5")).to_be_visible()
    expect(case.get_by_text("002 附五(一)1")).to_be_visible()
    case.get_by_role("button", name=re.compile("依据")).click()
    expect(case.get_by_role("heading", name="办理经过")).to_be_visible()
    expect(case.get_by_text("派单", exact=True).first).to_be_visible()
    one.shot("assessment-unit-1440-zh-light", full=True)
    case.get_by_role("link", name=re.compile(late["number"])).click()
    expect(page.get_by_role("heading", name="考核 逾期签收")).to_be_visible()


def test_a_finding_is_proposed_by_one_and_confirmed_by_another(visit: Open, house: Standing) -> None:
    one = visit(login="rexianban")
    page = one.page
    page.goto("/assessment/findings")
    page.get_by_role("button", name="提出认定").click()
    form = page.get_by_role("form", name="提出认定")
    unit = form.get_by_role("combobox", name="承办单位")
    unit.click()
    unit.press_sequentially("人社")
    page.get_by_role("option", name="市人社局").click()
    form.get_by_role("combobox", name="发生时间").fill(LAST.strftime("%Y-%m-%d %H:%M"))
    form.get_by_role("combobox", name="发生时间").press("Enter")
    form.get_by_label("情况说明").fill("办理不力，被市政府办通报")
    form.get_by_label("证据（每行一项）").fill("通报〔2026〕7号")
    form.get_by_role("button", name="提出", exact=True).click()
    card = page.get_by_role("listitem").filter(has_text="被市政府办通报")
    expect(card.get_by_text("须由另一人复核")).to_be_visible()
    expect(card.get_by_role("button", name="确认", exact=True)).to_have_count(0)
    other = visit(login="rexianban2")
    other.page.goto("/assessment/findings")
    card = other.page.get_by_role("listitem").filter(has_text="被市政府办通报")
    card.get_by_role("button", name="确认", exact=True).click()
    card.get_by_role("button", name="确定确认").click()
    expect(other.page.get_by_text("已处理")).to_be_visible()
    with house.client("renshe") as api:
        seen = api.get("/unit-findings").json()["items"]
    assert "办理不力，被市政府办通报" in [one["what"] for one in seen]


def test_a_month_is_frozen_appealed_against_decided_and_frozen_anew(visit: Open, house: Standing) -> None:
    criticised(house, "办理不力，被通报批评")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/assessment?period={MONTH}&profile=ceshi")
    page.get_by_role("button", name="定稿", exact=True).click()
    page.get_by_label("定稿事由").fill("月通报")
    page.get_by_role("button", name="确定定稿").click()
    expect(page.get_by_text(re.compile("已定稿 [0-9]+ 张"))).to_be_visible()
    unit = visit(login="renshe")
    own = unit.page
    own.goto("/assessment/frozen")
    own.get_by_role("link", name="市人社局").first.click()
    case = own.get_by_role("listitem").filter(has_text="被通报批评").filter(has_text="−5").first
    case.get_by_role("button", name="申诉").click()
    case.get_by_label("申诉理由").fill("通报对象不是我单位")
    case.get_by_role("button", name="提交申诉").click()
    expect(case.get_by_text("待决定")).to_be_visible()
    own.get_by_role("button", name="重算核对").click()
    expect(own.get_by_text("重算结果与定稿一致")).to_be_visible()
    unit.accessible()
    unit.shot("assessment-frozen-1440-zh-light", full=True)
    page.goto("/assessment/appeals")
    card = page.get_by_role("listitem").filter(has_text="通报对象不是我单位")
    card.get_by_role("button", name="成立", exact=True).click()
    card.get_by_label("决定理由").fill("经核实属实")
    card.get_by_role("button", name="确定成立").click()
    expect(page.get_by_text("已决定：申诉成立")).to_be_visible()
    with house.client("rexianban") as api:
        made = work.done(
            api.post("/assessments/freeze", json={"period": MONTH, "profile": "ceshi", "unit": work.RSJ})
        )
        assert api.get(f"/assessments/frozen/{made['items'][0]}").json()["version"] == 2
    own.goto(f"/assessment/frozen/{made['items'][0]}")
    moved = own.get_by_role("region", name="与上一版的不同")
    expect(moved.get_by_text("服务质量").first).to_be_visible()
    expect(own.get_by_text("申诉成立：经核实属实").first).to_be_visible()


def test_a_frozen_sheet_is_asked_for_and_taken_once_two_persons_approved(
    visit: Open, house: Standing
) -> None:
    with house.client("rexianban") as api:
        given = {"period": MONTH, "profile": "yanji", "unit": work.RSJ, "why": "月通报"}
        (sheet,) = work.done(api.post("/assessments/freeze", json=given))["items"]
    page = visit(login="banzhang").page
    page.goto(f"/assessment/frozen/{sheet}")
    expect(page.get_by_role("heading", name="市人社局", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="PDF")).to_have_count(0)
    page.get_by_role("button", name="申请放行").click()
    form = page.locator("form").filter(has=page.get_by_label("接收方"))
    expect(form.get_by_label("定稿考核表编号")).to_have_value(sheet)
    form.get_by_label("接收方").fill("市政府办公室")
    form.get_by_label("用途").fill("月通报签字盖章")
    form.get_by_role("button", name="提交申请").click()
    row = page.get_by_role("listitem").filter(has_text="月通报签字盖章")
    expect(row.get_by_text("待审批")).to_be_visible()
    for login in ("rexianban", "rexianban2"):
        other = visit(login=login).page
        other.goto("/releases")
        card = other.get_by_role("listitem").filter(has_text="月通报签字盖章")
        card.get_by_role("button", name="同意", exact=True).click()
        card.get_by_role("button", name="确定同意").click()
        expect(other.get_by_text("已表决")).to_be_visible()
    page.goto(f"/assessment/frozen/{sheet}")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Excel").click()
    book = load_workbook(BytesIO(taken.value.path().read_bytes()))
    assert all("市政府办公室" in (one.oddFooter.center.text or "") for one in book.worksheets)


def test_a_system_fault_is_ruled_and_a_unit_sees_only_itself(visit: Open, house: Standing) -> None:
    given = {"unit": work.RSJ, "scopes": ["sign"], "starts_at": LAST.isoformat(), "ends_at": (LAST + timedelta(hours=2)).isoformat(), "reason": "平台升级中断"}  # fmt: skip
    with house.client("rexianban") as api:
        work.done(api.post("/assessment-rulings", json=given))
    one = visit(login="renshe")
    page = one.page
    page.goto(f"/assessment/rulings?period={MONTH}")
    expect(page.get_by_role("listitem").filter(has_text="平台升级中断")).to_be_visible()
    page.goto(f"/assessment?period={MONTH}&profile=yanji")
    expect(page.get_by_role("article", name="考核表")).to_be_visible()  # its own, no list of all
    expect(page.get_by_role("button", name="定稿", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="座席与服务商")).to_have_count(0)


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "zh-CN", False), (PHONE, "en", True)])
def test_the_assessments_pages_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    one = visit(login="rexianban", size=size, language=language, dark=dark)
    paths = ("", "/seats", "/frozen", "/findings", "/rulings", "/appeals")
    for path in (*(f"/assessment{one}" for one in paths), f"/assessment/unit?unit={work.RSJ}&profile=yanji"):
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1).first).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        name = path.split("?")[0][1:].replace("/", "-")
        one.shot(f"{name}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}")


def test_a_period_that_is_over_and_not_frozen_is_shown_to_who_freezes_it(
    visit: Open, house: Standing
) -> None:
    one = visit(login="rexianban")
    page = one.page
    due = {"items": [{"period": "2026-10", "over_at": "2026-10-31T16:00:00Z"}, {"period": "2026-Q3", "over_at": "2026-09-30T16:00:00Z"}]}  # fmt: skip
    page.route("**/api/v1/assessments/due", lambda route: route.fulfill(json=due))
    page.goto("/assessment")
    note = page.get_by_text("已期满、尚未定稿").locator("..")
    expect(note).to_be_visible()
    expect(page.get_by_role("table").or_(page.get_by_text("没有")).first).to_be_visible()
    one.accessible()
    one.shot("assessment-due-1440-zh-light")
    note.get_by_role("button", name="2026年10月").click()
    expect(page).to_have_url(re.compile("period=2026-10"))
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    one.fits()
    one.shot("assessment-due-390-zh-light")
