"""003 郴州市进一步归并优化政务服务便民热线工作方案（郴政办发〔2021〕22号）."""

from datetime import date
from typing import get_args

import pytest

from app.accountability.rules import situations
from app.errands.hours import next_allowed
from app.policies import load
from core.errors import BadInput, NotAllowed
from core.policy import silent
from match import governance
from match.content import ArticleKind
from match.governance import Version, Who, keeps
from match.versions import FIELDS
from tests.tickets.assessment.make import told, well_done
from tests.tickets.conformance.rules import asked, clause
from tests.tickets.desk import CALENDAR, at, in_state, step
from tickets.accountability.find import Story, candidates
from tickets.assessment.fact import period
from tickets.assessment.sheet import sheet
from tickets.supervision import Order, ground

pytestmark = pytest.mark.unit
CHENZHOU = load("chenzhou")


@clause("003 文头", "信息时效期2026-09-29；届满后照常计算并标明 expired")
def test_003_head_computes_on_after_its_last_day() -> None:
    assert CHENZHOU.validity(date(2021, 9, 28)) == "not_yet"
    assert CHENZHOU.validity(date(2026, 9, 29)) == "valid"
    assert CHENZHOU.validity(date(2026, 9, 30)) == "expired"
    assert asked("chenzhou", "handle", "help", "2026-09-30T10:00").as_json()["validity"] == "expired"


@clause("003 一", "统一名称：12345政务服务便民热线")
def test_003_1_the_hotlines_name() -> None:
    assert (CHENZHOU.hotline, CHENZHOU.hotline_clause) == ("12345政务服务便民热线", "003 一")


@clause("003 一", "“限时办结”未载明时限，不臆造")
def test_003_1_no_term_is_invented() -> None:
    for type in ("consult", "help", "complaint", "report", "suggestion"):
        found = asked("chenzhou", "handle", type, "2026-11-09T10:00")
        assert (found.due, found.silent, found.clauses) == (None, True, ("003 一",))


@clause("003 二.4", "执法案件和投诉举报“第一时间转至”，未载明多久")
def test_003_2_4_at_once_is_no_number() -> None:
    found = asked("chenzhou", "dispatch", "report", "2026-11-09T10:00")
    assert (found.due, found.clauses) == (None, ("003 二.4",))


@clause("003 二.4", "闭环到回访评价：办结后回访，时段和次数条文未载明，取默认并注明；纳入好差评的五级")
def test_003_2_4_the_loop_ends_with_a_revisit() -> None:
    assert CHENZHOU.after.grading
    assert CHENZHOU.after.revisit
    assert (CHENZHOU.after.revisit.clause, "条文均未载明" in CHENZHOU.after.revisit.note) == (
        "003 二.4",
        True,
    )
    assert (len(CHENZHOU.after.grades), CHENZHOU.after.grading.intake) == (5, False)
    noon = at("2026-11-20T12:30")
    assert next_allowed(noon, CHENZHOU.after.revisit, CALENDAR) == at("2026-11-20T14:30")
    assert "after.revisit" not in silent(CHENZHOU)
    graded = step(
        in_state("resolved", CHENZHOU), "revisit", "2026-11-20T15:00", CHENZHOU, grade="fairly_satisfied"
    )
    assert graded.state == "revisited"


@clause(
    "003 二.8", "响应率、按时办结率、问题解决率、满意率四率考核，未办结的不计为解决；执法办案类可不计入满意率"
)
def test_003_2_8_four_rates() -> None:
    late = told("T2").then("2026-10-12T11:00", "sign", late=True).then("2026-10-20T09:00", "reply")
    late.then("2026-10-20T10:00", "resolve")
    facts = [*well_done().facts, *late.facts]
    found = sheet(facts, CHENZHOU, period("2026-10"), "SW", at("2026-11-10T09:00"))
    assert [(s.title, s.good, s.of) for s in found.shares] == [
        ("诉求响应率", 1, 2), ("按时办结率", 1, 2), ("问题解决率", 2, 2), ("满意率", 1, 2),
    ]  # fmt: skip
    assert {share.clause for share in found.shares} == {"003 二.8"}
    open_one = told("T3", due="2026-12-01T00:00").then("2026-10-12T09:30", "sign")
    for _ in ("signed", "answered, and not closed"):
        found = sheet([*facts, *open_one.facts], CHENZHOU, period("2026-10"), "SW", at("2026-11-10T09:00"))
        solved = next(share for share in found.shares if share.name == "solved")
        assert (solved.good, solved.of, solved.beside["settled"]) == (2, 3, (2, 2))
        open_one.then("2026-10-13T09:00", "reply")


@clause(
    "003 二.9",
    "挂牌督办、督办单、专题协调、约谈；办理质量差、推诿扯皮、不当退单列为线索；纳入好差评；不片面追求满意率",
)
def test_003_2_9_supervision_and_satisfaction() -> None:
    now, until = at("2026-11-20T10:00"), at("2026-11-27T10:00")
    for form in ("listed", "special", "summons"):
        leader = "分管副市长" if form == "listed" else ""
        wanted = Order(("SW",), form=form, until=until, leader=leader)  # type: ignore[arg-type]
        assert ground(wanted, CHENZHOU, now).form_clause == "003 二.9"
    assert step(in_state("signed", CHENZHOU), "press", now, CHENZHOU, way="order").state == "signed"
    with pytest.raises(NotAllowed, match=r"003 二\.9"):
        step(in_state("signed", CHENZHOU), "press", now, CHENZHOU, way="notice")
    late = told().then("2026-10-14T09:00", "return", late=True)
    (case,) = candidates(Story("T1", "returned", late.facts), CHENZHOU, at("2026-11-10T09:00"))
    assert case.kinds == ("late_return",)
    for kind in ("redo", "shirked", "late_return", "reported"):
        assert [one.clause for one in situations().grounds([kind], CHENZHOU.documents)] == ["003 二.9"]
    assert CHENZHOU.assessment
    assert CHENZHOU.assessment.good_bad
    assert CHENZHOU.switches.enforcement_satisfaction.value == "counted"


@clause("003 二.2", "责任单位采集上传法律法规、政策文件、业务指南：各有主，依据和有效期随每一版保存")
def test_003_2_2_units_upload_law_policy_and_guides() -> None:
    assert {"法律法规", "政策", "办事指南"} <= set(get_args(ArticleKind))
    assert {"clause", "valid_from", "valid_to", "unit"} <= set(FIELDS)
    assert governance.possible(Version("kb-1", 1, "SW"), Who("u1", "unit", "SW")) == (
        "edit",
        "submit",
        "withdraw",
    )


@clause("003 二.10", "知识库整理、推送、更新的责任机制：一件一主，本单位人员维护")
def test_003_2_10_knowledge_has_owners() -> None:
    assert CHENZHOU.knowledge.duty
    assert CHENZHOU.knowledge.duty.clause == "003 二.10"
    assert keeps(Who("u1", "unit", "SW"), "SW")
    assert not keeps(Who("u2", "unit", "JT"), "SW")


@clause("003 二.10", "多方校核：各方都同意后才能发布，编写人不得自校；查漏纠错：空缺和错误转办、补正、核验")
def test_003_2_10_several_parties_check_before_publication() -> None:
    review = CHENZHOU.knowledge.review
    assert review
    writer, leader, office = Who("u1", "unit", "SW"), Who("u2", "leader", "SW"), Who("o1", "office")
    asked_for = governance.submit(Version("kb-1", 1, "SW"), writer, ("unit:JT",), review.value)
    assert asked_for.parties == ("leader", "office", "unit:JT")
    with pytest.raises(NotAllowed):  # a handler is not the unit's leader (本单位负责人)
        governance.review(asked_for, Who("u4", "unit", "SW"), True)
    half = governance.review(governance.review(asked_for, leader, True), office, True)
    with pytest.raises(NotAllowed):
        governance.step(half, "publish", office)
    with pytest.raises(NotAllowed):
        governance.review(half, writer, True)
    whole = governance.review(half, Who("u3", "unit", "JT"), True)
    assert governance.step(whole, "publish", office).state == "published"
    assert governance.review(asked_for, office, False, "依据已废止").state == "draft"


@clause("003 三(一)", "联合督办：两个以上单位，各有其督办单")
def test_003_3_1_joint_supervision() -> None:
    now, until = at("2026-11-20T10:00"), at("2026-11-27T10:00")
    assert ground(Order(("SW", "JT"), form="joint", until=until), CHENZHOU, now).form_clause == "003 三(一)"
    with pytest.raises(BadInput, match="两个以上"):
        ground(Order(("SW",), form="joint", until=until), CHENZHOU, now)
