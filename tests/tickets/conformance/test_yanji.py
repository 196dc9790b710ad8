"""002 延吉市12345政务服务热线运营管理实施细则, with its annex (附)."""

from datetime import date

import pytest

from app.policies import load
from core.errors import NotAllowed
from core.policy import silent
from tests.tickets.conformance.rules import asked, clause, due, stated
from tests.tickets.desk import YANJI, in_state, step, under

pytestmark = pytest.mark.unit


@clause("002 1", "名称：12345政务服务热线")
def test_002_1_the_hotlines_name() -> None:
    assert (YANJI.hotline, YANJI.hotline_clause) == ("12345政务服务热线", "002 1")


@stated("002 8", "延边州平台统一受理县市诉求")
def test_002_8_the_prefecture_answers() -> None:
    assert YANJI.intake.county_calls
    assert YANJI.intake.county_calls.value == "prefecture"


@stated("002 9", "不能直接答复的咨询转接承办单位")
def test_002_9_an_unanswered_consult_is_transferred_live() -> None:
    assert YANJI.intake.unanswered
    assert YANJI.intake.unanswered.value == "live_transfer"


@stated("002 11", "逾期的下发督办单；联合、现场督办；质量差、投诉不满意的退回重办")
def test_002_11_orders_joint_and_on_site_supervision_and_redo() -> None:
    assert {"joint", "on_site"} <= YANJI.stages.supervise.forms.keys()
    assert YANJI.stages.redo
    assert set(YANJI.stages.redo.causes) == {"poor_quality", "against_policy", "unsatisfied_complaint"}
    found = asked("yanji", "supervise", "help", "2026-11-09T10:00")
    assert (found.due, found.clauses) == (None, ("002 11",))  # 限期办理, the document says no number


@stated("002 12", "回访调查满意度，向诉求人和平台反馈")
def test_002_12_a_survey_of_the_handling_only() -> None:
    assert YANJI.after.grading
    assert YANJI.after.revisit
    assert (YANJI.after.grading.scale, YANJI.after.grading.intake) == ("satisfied_or_not", False)


@stated("002 18", "挂牌督办期限不超过首次督办期限，可在媒体公开")
def test_002_18_listed_supervision_is_capped() -> None:
    supervise = YANJI.stages.supervise
    assert supervise.listed_cap
    assert supervise.listed_cap.value == "first_term"
    assert {"listed", "media"} <= supervise.forms.keys()


@stated("002 22", "月通报、季考核、年终总评，百分制")
def test_002_22_month_quarter_year() -> None:
    assert YANJI.assessment
    assert YANJI.assessment.rhythm == ("month", "quarter", "year")
    assert YANJI.assessment.schemes == ("hundred_points",)


@clause("002 25", "自印发之日（2019-11-04）起施行")
def test_002_25_in_force_from_its_issue() -> None:
    assert YANJI.validity(date(2019, 11, 3)) == "not_yet"
    assert YANJI.validity(date(2026, 11, 22)) == "valid"


@stated("002 附四(一)", "知识库及时更新，未达到扣3分")
def test_002_annex_4_1_knowledge_costs_three_points() -> None:
    assert YANJI.knowledge.duty
    assert YANJI.knowledge.deduct
    assert float(YANJI.knowledge.deduct.value) == 3


@clause("002 附五(一)1", "1小时内签收，7×24计或按办公时间计")
def test_002_annex_5_1_1_signed_within_the_hour() -> None:
    assert due("yanji", "sign", "help", "2026-10-03T10:00") == "10月3日11:00"
    assert due("yanji", "sign", "help", "2026-10-03T10:00", "", "hour_terms=office_hours") == "10月8日09:30"


@clause("002 附五(一)1", "逾1小时签收的记为迟延")
def test_002_annex_5_1_1_a_late_signature_is_on_record() -> None:
    sent = in_state("dispatched", YANJI, start="2026-11-09T10:00")
    assert step(sent, "sign", "2026-11-09T10:59:59", YANJI).history[-1].late is False
    assert step(sent, "sign", "2026-11-09T11:00", YANJI).history[-1].late is True


@clause("002 附五(一)2", "1个工作日内退回，需现场核查的2个工作日")
def test_002_annex_5_1_2_returned_within_one_or_two_working_days() -> None:
    assert due("yanji", "return", "help", "2026-09-30T10:00") == "10月8日24:00"
    assert due("yanji", "return", "help", "2026-09-30T10:00", "--on-site") == "10月9日24:00"


@clause("002 附五(一)3", "咨询1个工作日，求助、建议、投诉、举报3个工作日")
def test_002_annex_5_1_3_settled_within_one_or_three_working_days() -> None:
    assert due("yanji", "handle", "consult", "2026-11-09T10:00") == "11月10日24:00"
    for type in ("help", "complaint", "report", "suggestion"):
        assert due("yanji", "handle", type, "2026-11-09T10:00") == "11月12日24:00"


@clause("002 附五(一)3", "复杂的事项3个工作日")
def test_002_annex_5_1_3_complex_matters_have_three_working_days() -> None:
    assert due("yanji", "handle", "consult", "2026-11-09T10:00", "--complex") == "11月12日24:00"
    assert due("yanji", "handle", "help", "2026-11-09T10:00", "--complex") == "11月12日24:00"


@clause("002 附五(一)3", "法律法规规定的时限除外：未列的类别不臆造期限")
def test_002_annex_5_1_3_statutory_terms_are_not_replaced() -> None:
    found = asked("yanji", "handle", "economic", "2026-11-09T10:00")
    assert (found.due, found.silent, found.clauses) == (None, True, ("002 附五(一)3",))


@clause("002 附五(一)4", "截止日期的前1个工作日内申请延期：至少提前1个工作日，或在最后1个工作日内")
def test_002_annex_5_1_4_when_an_extension_may_be_asked_for() -> None:
    last = under("yanji", "extension_ask=last_working_day")
    for policy, first, second in ((YANJI, False, True), (last, True, False)):  # due 12 November 24:00
        ticket = in_state("signed", policy)
        assert step(ticket, "ask_extension", "2026-11-11T23:59", policy).history[-1].late is first
        assert step(ticket, "ask_extension", "2026-11-12T00:00", policy).history[-1].late is second


@clause("002 附五(一)4", "每件申请延期累计不得超过3次")
def test_002_annex_5_1_4_three_requests_and_no_fourth() -> None:
    ticket = in_state("signed", YANJI)
    for hour in (10, 12, 14):
        ticket = step(ticket, "ask_extension", f"2026-11-10T{hour}:00", YANJI)
        ticket = step(ticket, "refuse_extension", f"2026-11-10T{hour}:30", YANJI)
    with pytest.raises(NotAllowed, match="3次"):
        step(ticket, "ask_extension", "2026-11-10T16:00", YANJI)


@stated("002 附五(一)6", "满意率＝满意件数÷转办件总数")
def test_002_annex_5_1_6_satisfied_of_all_forwarded() -> None:
    assert YANJI.switches.satisfaction_of.value == "all_forwarded"
    assert YANJI.switches.satisfaction_of.clause == "002 附五(一)6"


@stated("002 附五(一)7", "退回重办须合理、经审核、属承办单位责任，1件扣0.5分")
def test_002_annex_5_1_7_redo_costs_half_a_point() -> None:
    redo = load("yanji").stages.redo
    assert redo
    assert redo.deduct
    assert set(redo.needs) == {"reasonable", "reviewed", "unit_at_fault"}
    assert float(redo.deduct.value) == 0.5


@stated("002 附五(一)8", "重复投诉件1件扣0.5分")
def test_002_annex_5_1_8_repeats_cost_half_a_point() -> None:
    assert YANJI.repeats.deduct
    assert float(YANJI.repeats.deduct.value) == 0.5


@stated("002 附五(二)2", "电话、督办单催办；15分未载明每件扣分，须设定")
def test_002_annex_5_2_urging_has_ways_but_no_tariff() -> None:
    assert YANJI.stages.supervise.urging
    assert YANJI.stages.supervise.urging.value == ("phone", "order", "notice")
    assert "assessment.urging_each" in silent(YANJI)
