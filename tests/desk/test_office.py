"""The hotline office's desk: dispatch, board, review, sending back, resolving, supervision, two persons' word."""

import re
from datetime import UTC, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.floor import now
from store import events
from store.tables import Ticket
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tickets.anomalies import Anomaly
from tickets.clock import local

pytestmark = pytest.mark.edge


def pick(page: Page, label: str, words: str) -> None:
    """Choose from a list one may type into."""
    field = page.get_by_role("combobox", name=label)
    field.click()
    field.press_sequentially(words)
    page.get_by_role("option", name=re.compile(words)).first.click()


def choose(page: Page, label: str, words: str) -> None:
    """Choose from a short list, by keyboard."""
    page.get_by_role("combobox", name=label).press("Enter")
    page.get_by_role("option", name=re.compile(words)).click()


def deed(page: Page, name: str) -> None:
    page.get_by_role("toolbar", name="可办事项").get_by_role("button", name=name, exact=True).click()


def deed_behind(page: Page, name: str) -> None:
    page.get_by_role("toolbar", name="可办事项").get_by_role("button", name="更多").click()
    page.get_by_role("menuitem", name=name).click()


def answered(house: Standing, title: str) -> str:
    made = work.filed(house, title)
    work.act(house, "renshe", made["id"], "sign")
    work.act(house, "renshe", made["id"], "contact", talk="已与诉求人通话")
    work.act(house, "renshe", made["id"], "reply", **work.REPLY)
    ticket_id: str = made["id"]
    return ticket_id


def test_the_office_dispatches_what_was_filed(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资待派", unit=None)
    one = visit(login="rexianban")
    one.page.goto(f"/office?queue=dispatch&ticket={made['id']}")
    deed(one.page, "派单")
    form = one.page.get_by_role("region", name="派单")
    pick(one.page, "承办单位", "人社局")
    form.get_by_role("button", name="派单", exact=True).click()
    expect(one.page.get_by_text("已完成：派单")).to_be_visible()
    kept = work.seen(house, made["id"])
    assert (kept["state"], kept["unit_code"]) == ("dispatched", work.RSJ)


async def red(house: Standing, ticket: str) -> None:
    kept = [{"colour": colour, "at": "2026-01-05T00:00:00+08:00"} for colour in ("warning", "yellow", "red")]
    async with house.floor.database.session() as session:
        await session.execute(update(Ticket).where(Ticket.id == ticket).values(cards=kept))


def test_how_far_the_cards_have_got_is_a_picture_and_a_queue(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资已亮红牌")
    house.run(red(house, made["id"]))
    one = visit(login="rexianban")
    one.page.goto("/office?queue=red")
    expect(one.page.get_by_text("拖欠工资已亮红牌").first).to_be_visible()
    one.page.goto("/warnings")
    step = one.page.get_by_role("region", name="在办工单的预警与黄红牌").get_by_role("listitem").last
    expect(step).to_contain_text("已亮红牌")
    step.get_by_role("link", name=re.compile("现停此级")).click()
    expect(one.page.get_by_text("拖欠工资已亮红牌").first).to_be_visible()
    one.page.goto("/office?queue=yellow")
    expect(one.page.get_by_text("拖欠工资已亮红牌")).to_have_count(0)


def test_a_unit_returns_and_the_board_decides_and_the_decision_is_a_precedent(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资职责有争议")
    work.act(house, "renshe", made["id"], "return", reason="不属我单位职责", basis="三定方案")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/office?queue=returned&ticket={made['id']}")
    deed(page, "提交审定")
    page.get_by_role("region", name="提交审定").get_by_label("审定事项").fill("餐饮公司拖欠工资由谁查处")
    page.get_by_role("region", name="提交审定").get_by_role("button", name="提交审定").click()
    deed(page, "逐级审定")
    choose(page, "提交层级", "热线办")
    page.get_by_role("region", name="逐级审定").get_by_role("button", name="逐级审定").click()
    expect(page.get_by_text("已完成：逐级审定")).to_be_visible()
    page.goto("/board")
    item = page.get_by_role("listitem").filter(has_text="拖欠工资职责有争议").first
    expect(item.get_by_text("餐饮公司拖欠工资由谁查处")).to_be_visible()
    expect(item.locator('[aria-current="step"]')).to_have_text("热线办")
    one.accessible()
    one.shot("board-1440-zh-light", full=True)
    item.get_by_role("link", name="拖欠工资职责有争议").click()
    deed(page, "审定派单")
    form = page.get_by_role("region", name="审定派单")
    pick(page, "承办单位", "人社局")
    form.get_by_label("依据", exact=True).fill("《劳动保障监察条例》第十三条")
    form.get_by_label("事项关键词（成为先例）").fill("审定先例 拖欠工资")
    form.get_by_role("button", name="审定派单").click()
    expect(page.get_by_text("已完成：审定派单")).to_be_visible()
    assert work.seen(house, made["id"])["state"] == "dispatched"
    with house.client("rexianban") as api:
        assert [one["ticket_id"] for one in api.get("/precedents").json()["items"]] == [made["id"]]


def test_the_office_sends_back_with_a_reason_then_reviews_on_site_and_resolves(
    visit: Open, house: Standing
) -> None:
    ticket_id = answered(house, "拖欠工资送审")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/office?queue=review&ticket={ticket_id}")
    expect(page.get_by_text(work.REPLY["section"])).to_be_visible()
    deed(page, "审核退回")
    form = page.get_by_role("region", name="审核退回")
    form.get_by_label("理由").fill("没有写明何时支付")
    form.get_by_role("button", name="审核退回").click()
    form.get_by_role("button", name="确定审核退回").click()
    expect(page.get_by_text("已完成：审核退回")).to_be_visible()
    assert work.seen(house, ticket_id)["state"] == "signed"
    work.act(house, "renshe", ticket_id, "reply", **work.REPLY)
    deed(page, "审核通过")
    form = page.get_by_role("region", name="审核通过")
    form.get_by_text("经现场核实").click()
    form.get_by_label("核实情况、证据").fill("11月26日到该公司核实，工资已发放")
    form.get_by_role("button", name="审核通过").click()
    deed(page, "办结")
    page.get_by_role("region", name="办结").get_by_role("button", name="办结").click()
    expect(page.get_by_text("已完成：办结")).to_be_visible()
    assert work.steps(house, ticket_id)[-4:] == ["reject", "reply", "review", "resolve"]


def test_a_rewarded_report_is_put_away_only_with_what_was_found_and_given(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "加油站违规动火有奖举报", type="report", intake="safety_reward")
    for login, step, facts in (
        ("renshe", "sign", {}), ("renshe", "contact", {"talk": "已与举报人通话"}), ("renshe", "reply", work.REPLY),
        ("rexianban", "review", {}), ("rexianban", "resolve", {}),
    ):  # fmt: skip
        work.act(house, login, made["id"], step, **facts)
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    deed_behind(page, "归档")
    form = page.get_by_role("region", name="归档")
    form.get_by_role("button", name="归档", exact=True).click()
    expect(form.get_by_text("必填").first).to_be_visible()
    choose(page, "查实情况", "^属实")
    form.get_by_label(re.compile("奖励情况")).fill("奖励500元，11月28日发放")
    one.accessible()
    one.shot("ticket-archive-reward-1440-zh-light", full=True)
    form.get_by_role("button", name="归档", exact=True).click()
    form.get_by_role("button", name="确定归档").click()
    expect(page.get_by_text("已完成：归档")).to_be_visible()
    kept = work.seen(house, made["id"])
    assert kept["state"] == "archived"
    assert kept["history"][-1]["payload"]["facts"] == {
        "proven": "proven",
        "reward": "奖励500元，11月28日发放",
    }


def test_a_matter_that_is_not_the_hotlines_is_refused_by_its_ground_in_words_that_may_be_changed(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "不服法院判决要求改判", unit=None)
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    deed_behind(page, "不予受理")
    form = page.get_by_role("region", name="不予受理")
    told = form.get_by_label("向诉求人的解释")
    choose(page, "不予受理的情形", "诉讼")
    expect(told).not_to_have_value("")
    told.fill(f"{told.input_value()}请在十五日内上诉。")
    one.accessible()
    one.fits()
    one.shot("ticket-refuse-1440-zh-light", full=True)
    form.get_by_role("button", name="不予受理", exact=True).click()
    form.get_by_role("button", name="确定不予受理").click()
    expect(page.get_by_text("已完成：不予受理")).to_be_visible()
    kept = work.seen(house, made["id"])
    said = kept["history"][-1]["payload"]["facts"]
    assert kept["state"] == "refused"
    assert said["clause"]
    assert said["told"].endswith("请在十五日内上诉。")


def test_the_office_names_a_sooner_deadline_for_what_a_unit_has(visit: Open, house: Standing) -> None:
    made = work.filed(house, "管道爆裂限定期限")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    deed_behind(page, "限定期限")
    form = page.get_by_role("region", name="限定期限")
    form.get_by_role("button", name="限定期限", exact=True).click()
    expect(form.get_by_text("必填").first).to_be_visible()
    one.accessible()
    choose(page, "期限性质", "缩短")
    sooner = local(now()) + timedelta(hours=20)
    form.get_by_label("期限", exact=True).fill(f"{sooner:%Y-%m-%d %H:%M}")
    page.keyboard.press("Enter")
    one.shot("ticket-set-term-1440-zh-light", full=True)
    form.get_by_role("button", name="限定期限", exact=True).click()
    expect(page.get_by_text("已完成：限定期限")).to_be_visible()
    kept = work.seen(house, made["id"])
    assert kept["due_at"] == f"{sooner.astimezone(UTC):%Y-%m-%dT%H:%M:00Z}"


def test_a_bad_grade_is_kept_and_the_matter_sent_back_for_redoing(visit: Open, house: Standing) -> None:
    ticket_id = answered(house, "拖欠工资须重办")
    work.act(house, "rexianban", ticket_id, "review")
    work.act(house, "rexianban", ticket_id, "resolve")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/office?queue=revisit&ticket={ticket_id}")
    deed(page, "回访")
    form = page.get_by_role("region", name="回访", exact=True)
    form.get_by_label("不满意", exact=True).check(force=True)
    form.get_by_role("group", name="问题是否解决").get_by_label("否").check(force=True)
    form.get_by_label("内容").fill("工资只发了一半")
    one.fits()
    form.get_by_role("button", name="登记评价").click()
    deed(page, "发回重办")
    form = page.get_by_role("region", name="发回重办")
    form.get_by_label("理由", exact=True).fill("拖欠工资没有全部支付")
    form.get_by_text("诉求人的理由合理").click()
    form.get_by_role("button", name="发回重办").click()
    form.get_by_role("button", name="确定发回重办").click()
    expect(page.get_by_text("已完成：发回重办")).to_be_visible()
    kept = work.seen(house, ticket_id)
    assert (kept["state"], work.steps(house, ticket_id)[-1]) == ("redoing", "redo")
    with house.client("rexianban") as api:
        assert [one["grade"] for one in api.get(f"/tickets/{ticket_id}/grades").json()["items"]] == [
            "dissatisfied"
        ]


def test_a_supervision_order_is_opened_with_its_cause_and_found_in_the_list(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资须督办")
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    deed(page, "督办")
    form = page.get_by_role("region", name="发出督办单")
    choose(page, "督办情形", "市领导批示")
    form.get_by_label("督办意见").fill("请两日内书面说明办理情况")
    form.get_by_role("button", name="发出", exact=True).click()
    expect(page.get_by_text(re.compile("督办单已发出"))).to_be_visible()
    page.goto("/orders")
    page.get_by_role("button", name="【督办】拖欠工资须督办").click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("请两日内书面说明办理情况")).to_be_visible()
    drawer.get_by_role("button", name="文书").click()
    expect(page.get_by_role("article").filter(has_text="编号").or_(page.locator(".paper"))).to_be_visible()
    with house.client("renshe") as api:
        orders = api.get("/supervision-orders").json()["items"]
    assert [one["trigger"] for one in orders if one["parent_id"] == made["id"]] == ["leader_note"]


def test_a_release_is_asked_for_and_never_approved_by_who_asked(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资须调阅")
    with house.client("banzhang") as api:
        asked = {
            "kind": "ticket",
            "object_id": made["id"],
            "recipient": "市政府督查室",
            "purpose": "专项督查调阅",
        }
        release = work.done(api.post("/releases", json=asked))
    other = visit(login="banzhang")
    other.page.goto("/releases")
    mine = other.page.get_by_role("listitem").filter(has_text="专项督查调阅")
    expect(mine.get_by_role("button", name="撤回申请")).to_be_visible()
    expect(mine.get_by_role("button", name="同意", exact=True)).to_have_count(0)
    one = visit(login="rexianban")
    one.page.goto("/releases")
    row = one.page.get_by_role("listitem").filter(has_text="专项督查调阅").first
    row.get_by_role("button", name="同意", exact=True).click()
    row.get_by_role("button", name="确定同意").click()
    expect(row.get_by_text("已有 1/2 人同意")).to_be_visible()
    with house.client("rexianban") as api:
        assert api.get(f"/releases/{release['id']}").json()["state"] == "asked"


async def hot(house: Standing, tickets: list[str]) -> None:
    """As the worker finds it among what was filed."""
    facts = {"words": "3 天内 3 人反映", "tickets": tickets, "many": len(tickets), "places": []}
    async with house.database.session() as session:
        found = Anomaly(house.floor.clock(), "concentrated", tickets[-1], work.RSJ, facts)
        await events.append_all(session, [found], "hot-issues")


def test_hot_issues_are_looked_into_place_by_place(visit: Open, house: Standing) -> None:
    places = ("431003", "431003", "431002")
    made = [work.filed(house, f"阳光小区停水{n}", place=place)["id"] for n, place in enumerate(places)]
    house.run(hot(house, made))
    one = visit(login="rexianban")
    one.page.goto("/hot")
    where = one.page.get_by_role("region", name=re.compile("郴州市"))
    expect(where.get_by_role("listitem").filter(has_text="苏仙区")).to_contain_text("1 个热点 2 件")
    expect(where.get_by_role("listitem").filter(has_text="北湖区")).to_contain_text("1 个热点 1 件")
    issue = one.page.get_by_role("region", name="热点事项").get_by_role("listitem")
    expect(issue).to_contain_text("3 天内 3 人反映")
    expect(issue).to_contain_text("集中诉求")
    one.shot("hot-1440-zh-light")
    issue.get_by_role("link", name="阳光小区停水2").click()
    expect(one.page).to_have_url(re.compile(f"/tickets/{made[-1]}"))


def test_what_no_event_shows_is_reported_by_a_person_under_a_clause_that_knows_it(
    visit: Open, house: Standing
) -> None:
    one = visit(login="rexianban")
    page = one.page
    page.goto("/accountability")
    page.get_by_role("button", name="登记线索").click()
    form = page.get_by_role("region", name="登记线索")
    form.get_by_role("button", name="登记线索").click()
    expect(form.get_by_text("必填")).to_have_count(4)
    form.get_by_role("combobox", name="承办单位").press_sequentially("人社局")
    page.get_by_role("option", name=re.compile("人社局")).first.click()
    choose(page, "所依条款", "泄露诉求人信息")
    form.get_by_label("发生时间").fill("2026-11-20 10:00")
    form.get_by_label("发生时间").press("Enter")
    form.get_by_label("情形").fill("经办人把诉求人电话告诉了被投诉的公司")
    one.accessible()
    one.shot("accountability-report-1440-zh-light", full=True)
    form.get_by_role("button", name="登记线索").click()
    expect(page.get_by_text("已完成：登记线索")).to_be_visible()
    found = page.get_by_role("listitem").filter(has_text="经办人把诉求人电话告诉了被投诉的公司").first
    expect(found).to_contain_text("001 19(八)")
    expect(found.get_by_role("button", name="查证属实")).to_be_visible()


def test_one_of_many_citizens_is_answered_alone(visit: Open, house: Standing) -> None:
    first, second = (work.filed(house, title) for title in ("小区停水并在一起", "三栋停水并入首件"))
    with house.client("rexianban") as api:
        told = {"tickets": [second["id"]], "reason": "同一处停水"}
        assert api.post(f"/tickets/{first['id']}/joined", json=told).status_code == 204
    one = visit(login="renshe")
    page = one.page
    page.goto(f"/tickets/{first['id']}")
    kin = page.get_by_role("region", name="关联工单")
    kin.get_by_role("button", name=f"单独答复 {second['number']}").click()
    kin.get_by_label(re.compile("诉求人的答复")).fill("您家所在的3栋已于11月29日恢复供水")
    one.accessible()
    one.shot("ticket-answer-one-1440-zh-light", full=True)
    kin.get_by_role("button", name="单独答复").click()
    expect(page.get_by_text("已完成：单独答复")).to_be_visible()
    with house.client("rexianban") as api:
        kept = work.done(api.get(f"/tickets/{second['id']}/replies"))["items"]
    assert [(one["kind"], one["words"]) for one in kept] == [
        ("individual", "您家所在的3栋已于11月29日恢复供水")
    ]


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "zh-CN", False), (PHONE, "en", True)])
def test_the_offices_pages_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    answered(house, "拖欠工资看办公室")
    one = visit(login="rexianban", size=size, language=language, dark=dark)
    for path in ("/office", "/board", "/orders", "/warnings", "/hot", "/accountability", "/releases"):
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1).first).to_be_attached()
        if path == "/office" and size == WIDE:
            expect(one.page.get_by_role("article")).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        one.shot(f"{path[1:]}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}", full=True)
