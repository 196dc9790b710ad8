"""003 郴州市进一步归并优化政务服务便民热线工作方案（郴政办发〔2021〕22号）."""

from datetime import date

import pytest

from app.policies import load
from tests.tickets.conformance.rules import asked, clause, stated

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


@stated("003 二.1", "专业问题通过三方转接、派发工单转办")
def test_003_2_1_three_way_or_ticket() -> None:
    assert CHENZHOU.intake.unanswered
    assert CHENZHOU.intake.unanswered.value == "three_way_or_ticket"


@stated("003 二.3", "市级统一接听市县两级全部诉求")
def test_003_2_3_the_city_answers_for_its_counties() -> None:
    assert CHENZHOU.intake.county_calls
    assert CHENZHOU.intake.county_calls.value == "city"


@clause("003 二.4", "执法案件和投诉举报“第一时间转至”，未载明多久")
def test_003_2_4_at_once_is_no_number() -> None:
    found = asked("chenzhou", "dispatch", "report", "2026-11-09T10:00")
    assert (found.due, found.clauses) == (None, ("003 二.4",))


@stated("003 二.5", "十种情形不予受理，告知原因；无新情况的重复诉求不再受理；受理行政效能投诉")
def test_003_2_5_ten_grounds_no_repeats_and_conduct_complaints_taken() -> None:
    assert CHENZHOU.intake.refusals
    assert CHENZHOU.repeats.taken_again
    assert CHENZHOU.intake.refusals.value == 10
    assert CHENZHOU.repeats.taken_again.value is False
    assert CHENZHOU.switches.conduct_complaints.value == "conduct_only"


@stated("003 二.8", "响应率、按时办结率、问题解决率、满意率四率考核")
def test_003_2_8_four_rates() -> None:
    assert CHENZHOU.assessment
    assert CHENZHOU.assessment.schemes == ("four_rates",)


@stated("003 二.9", "挂牌督办、督办单、专题协调、约谈；追究不当退单；纳入好差评；不片面追求满意率")
def test_003_2_9_supervision_and_satisfaction() -> None:
    supervise = CHENZHOU.stages.supervise
    assert supervise.urging
    assert supervise.urging.value == ("order",)
    assert {"listed", "special", "summons"} <= supervise.forms.keys()
    assert CHENZHOU.stages.return_.late
    assert CHENZHOU.stages.return_.late.value == "pursued"
    assert CHENZHOU.assessment
    assert CHENZHOU.assessment.good_bad
    assert CHENZHOU.switches.enforcement_satisfaction.value == "counted"


@stated("003 二.10", "知识库推送、更新的责任机制")
def test_003_2_10_knowledge_has_owners() -> None:
    assert CHENZHOU.knowledge.duty
    assert CHENZHOU.knowledge.duty.clause == "003 二.10"


@stated("003 三(一)", "联合督办")
def test_003_3_1_joint_supervision() -> None:
    assert CHENZHOU.stages.supervise.forms["joint"].clause == "003 三(一)"
