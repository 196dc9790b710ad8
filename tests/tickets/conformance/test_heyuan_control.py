"""001 河源市12345政府服务热线管理办法（征求意见稿）, art. 14-29: grades, redo, cards, supervision, knowledge, validity."""

from datetime import date

import pytest

from tests.tickets.conformance.rules import asked, cards, clause, due, stated
from tests.tickets.desk import HEYUAN

pytestmark = pytest.mark.unit


@stated("001 14", "五级评价，受理和办理两个环节；基本满意计为满意；自助语音仅用于评价")
def test_001_14_five_grades_for_two_stages() -> None:
    assert HEYUAN.after.grading
    assert HEYUAN.after.revisit
    assert HEYUAN.intake.menu
    assert (HEYUAN.after.grading.scale, HEYUAN.after.grading.intake) == ("five_grades", True)
    assert HEYUAN.switches.basically_satisfied.value == "satisfied"
    assert HEYUAN.intake.menu.value == "rating_only"


@clause("001 15", "不满意且有合理理由、经审核的重办1次，按原类型时限，不得延期；结果纳入好差评")
def test_001_15_one_redo_under_the_terms_of_the_type() -> None:
    redo = HEYUAN.stages.redo
    assert redo
    assert (redo.times, redo.extension, redo.causes, redo.needs) == (
        1,
        False,
        ("bad_grade",),
        ("reasonable", "reviewed"),
    )
    assert due("heyuan", "redo", "help", "2026-09-30T10:00") == "10月13日24:00"
    assert HEYUAN.assessment
    assert HEYUAN.assessment.good_bad


@clause(
    "001 17",
    "“N个工作日后”为第N个工作日24:00（或满N个24小时）；预警通知受理人，黄红牌并通知分管领导，电话和短信",
)
def test_001_17_when_cards_fall_and_whom_they_tell() -> None:
    assert (
        cards("heyuan", "handle", "consult", "2026-09-18T08:15") == "9月20日24:00 9月21日24:00 9月22日24:00"
    )
    at_the_hour = cards("heyuan", "handle", "consult", "2026-09-18T08:15", "card_moment=n_times_24h")
    assert at_the_hour == "9月20日08:15 9月21日08:15 9月22日08:15"
    told = [card.card.notify for card in asked("heyuan", "sign", "help", "2026-11-09T10:00").cards]
    assert told == [("handler",), ("handler", "leader"), ("handler", "leader")]
    assert all(
        card.card.by == ("phone", "sms") for card in asked("heyuan", "sign", "help", "2026-11-09T10:00").cards
    )


@clause("001 17(一)", "未受理：1、2、3个工作日后预警、黄牌、红牌")
def test_001_17_1_acceptance_cards_on_days_1_2_3() -> None:
    assert cards("heyuan", "sign", "help", "2026-10-03T10:00") == "10月8日24:00 10月9日24:00 10月10日24:00"


@clause("001 17(二)1", "咨询：1、2、3个工作日后")
def test_001_17_2_1_consult_cards_on_days_1_2_3() -> None:
    assert (
        cards("heyuan", "handle", "consult", "2026-11-09T10:00")
        == "11月10日24:00 11月11日24:00 11月12日24:00"
    )


@clause("001 17(二)2", "求助：2、5、6个工作日后")
def test_001_17_2_2_help_cards_on_days_2_5_6() -> None:
    assert (
        cards("heyuan", "handle", "help", "2026-11-09T10:00") == "11月11日24:00 11月16日24:00 11月17日24:00"
    )


@clause("001 17(二)3", "投诉、举报、建议：9、10、11个工作日后")
def test_001_17_2_3_other_cards_on_days_9_10_11() -> None:
    for type in ("complaint", "report", "suggestion"):
        assert (
            cards("heyuan", "handle", type, "2026-09-30T10:00") == "10月19日24:00 10月20日24:00 10月21日24:00"
        )


@clause("001 17(二)4", "经济违法30个工作日，29、30、31个工作日后（或按举报类）")
def test_001_17_2_4_economic_cases_have_thirty_working_days() -> None:
    assert due("heyuan", "handle", "economic", "2026-09-01T10:00") == "10月19日24:00"
    assert (
        cards("heyuan", "handle", "economic", "2026-09-01T10:00")
        == "10月16日24:00 10月19日24:00 10月20日24:00"
    )
    assert due("heyuan", "handle", "economic", "2026-09-01T10:00", "", "economic=as_report") == "9月15日24:00"


@clause("001 18", "督办工单2个工作日内回复")
def test_001_18_supervision_is_answered_within_two_working_days() -> None:
    assert due("heyuan", "supervise", "help", "2026-09-30T10:00") == "10月9日24:00"


@stated("001 18(一)-(四)", "批示交办、红牌、多次或集中反映、其他四种情形督办")
def test_001_18_1_4_what_opens_a_supervision() -> None:
    assert HEYUAN.stages.supervise.opens_on == ("leader_note", "red_card", "repeated", "other")


@stated("001 19(二)", "发回重办经查证属实的方追责")
def test_001_19_2_a_redo_is_accountable_once_verified() -> None:
    assert HEYUAN.switches.redo_accountable.value == "when_verified"


@stated("001 19(七)", "重复投诉3次以上未解决的追责")
def test_001_19_7_three_repeats_are_accountable() -> None:
    assert HEYUAN.repeats.accountable_from
    assert HEYUAN.repeats.accountable_from.value == 3


@stated("001 21", "造成不良影响的提交媒体曝光")
def test_001_21_media() -> None:
    assert HEYUAN.stages.supervise.forms["media"].clause == "001 21"


@stated("001 23", "定期量化考核")
def test_001_23_quantified_and_regular() -> None:
    assert HEYUAN.assessment
    assert (HEYUAN.assessment.schemes, HEYUAN.assessment.rhythm) == (("quantified",), ("regular",))


@stated("001 25", "知识库提前7个工作日上传，5个工作日内补正")
def test_001_25_knowledge_seven_working_days_before_and_five_to_mend() -> None:
    lead, fix = HEYUAN.knowledge.lead, HEYUAN.knowledge.fix
    assert lead
    assert fix
    assert (lead.value, lead.unit, fix.value, fix.unit) == (7, "working_days", 5, "working_days")


@clause("001 29", "征求意见稿照常计算并标明 draft；印发日期未载明")
def test_001_29_a_draft_computes_and_says_so() -> None:
    assert HEYUAN.validity(date(2026, 11, 22)) == "draft"
    assert asked("heyuan", "handle", "help", "2026-11-09T10:00").as_json()["validity"] == "draft"
