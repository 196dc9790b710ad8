"""000 河南省人民政府办公厅关于建设统一政务服务热线平台的指导意见."""

from datetime import date

import pytest

from app.policies import load
from core.policy import silent
from tests.tickets.conformance.rules import asked, clause, stated

pytestmark = pytest.mark.unit
HENAN = load("henan")


@clause("000 落款", "2018年11月6日印发，未载明有效期；2019年底是建设目标")
def test_000_end_in_force_from_its_issue() -> None:
    assert HENAN.validity(date(2018, 11, 5)) == "not_yet"
    assert HENAN.validity(date(2026, 11, 22)) == "valid"


@clause("000 一(一)", "名称：12345政务服务热线")
def test_000_1_1_the_hotlines_name() -> None:
    assert (HENAN.hotline, HENAN.hotline_clause) == ("12345政务服务热线", "000 一(一)")


@stated("000 二(二)", "司法、纪检、信访三类不纳入受理")
def test_000_2_2_three_grounds_of_refusal() -> None:
    assert HENAN.intake.refusals
    assert (HENAN.intake.refusals.value, HENAN.intake.refusals.clause) == (3, "000 二(二)")


@stated("000 二(三)", "县（市）以远端座席受理本地诉求")
def test_000_2_3_counties_answer_their_own() -> None:
    assert HENAN.intake.county_calls
    assert HENAN.intake.county_calls.value == "county"


@stated("000 三(三)", "不能直接解答的咨询转交成员单位答复")
def test_000_3_3_an_unanswered_consult_is_forwarded() -> None:
    assert HENAN.intake.unanswered
    assert HENAN.intake.unanswered.value == "forward"


@clause("000 三(四)", "“规定时限”未载明的，不臆造期限并指出条款")
def test_000_3_4_no_term_is_invented() -> None:
    for type in ("consult", "help", "complaint", "report", "suggestion"):
        found = asked("henan", "handle", type, "2026-11-09T10:00")
        assert (found.due, found.silent, found.clauses) == (None, True, ("000 三(四)",))
    assert {"handle.help", "extension.times", "extension.length"} <= set(silent(HENAN))


@stated("000 三(四)", "延期须说明理由、经审核同意并告知诉求人；反馈结果给群众和平台")
def test_000_3_4_an_extension_is_told_and_a_reply_carries_its_result() -> None:
    assert HENAN.extension
    assert HENAN.reply
    assert (HENAN.extension.tell_citizen, HENAN.extension.times) == (True, None)
    assert HENAN.reply.fields == ("result",)


@stated("000 三(五)", "逾期退回予以警告；联合督办、现场督办；质量差、不符合政策、敷衍的退回重办")
def test_000_3_5_late_returns_are_warned_and_poor_work_goes_back() -> None:
    assert HENAN.stages.return_.late
    assert HENAN.stages.supervise.urging
    assert HENAN.stages.redo
    assert HENAN.stages.return_.late.value == "warned"
    assert HENAN.stages.supervise.urging.value == ("warning",)
    assert {"joint", "on_site"} <= HENAN.stages.supervise.forms.keys()
    assert set(HENAN.stages.redo.causes) == {"poor_quality", "against_policy", "perfunctory"}


@stated("000 三(六)", "满意度调查；每年考核、通报")
def test_000_3_6_a_survey_and_a_yearly_review() -> None:
    assert HENAN.after.grading
    assert HENAN.assessment
    assert (HENAN.after.grading.scale, HENAN.after.grading.intake) == ("survey", False)
    assert (HENAN.assessment.schemes, HENAN.assessment.rhythm) == (("yearly_review",), ("year",))


@stated("000 三(七)", "媒体曝光")
def test_000_3_7_media_may_be_told() -> None:
    assert HENAN.stages.supervise.forms["media"].clause == "000 三(七)"


@stated("000 四(三)", "知识库及时更新")
def test_000_4_3_knowledge_is_kept_up_to_date() -> None:
    assert HENAN.knowledge.duty
    assert (HENAN.knowledge.duty.clause, HENAN.knowledge.lead) == ("000 四(三)", None)
