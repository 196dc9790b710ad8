"""001 河源市12345政府服务热线管理办法（征求意见稿）, art. 14-29: grades, redo, cards, supervision, knowledge, validity."""

from datetime import date
from typing import get_args

import pytest

from core.errors import NotAllowed
from core.policy_parts import Trigger
from match import gap_table, governance
from match.content import ArticleKind
from match.governance import Version, Who
from match.versions import Served, as_of
from tests.tickets.assessment.make import one, well_done
from tests.tickets.conformance.rules import asked, cards, clause, due
from tests.tickets.desk import CALENDAR, HEYUAN, at, step
from tickets.assessment.fact import Fact, period
from tickets.assessment.sheet import Sheet, sheet
from tickets.clock import words
from tickets.lead import fix_due, lead_of
from tickets.lifecycle import MissingFact
from tickets.supervision import Ground, Order, ground
from tickets.ticket import Ticket

pytestmark = pytest.mark.unit


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


@clause("001 18", "督办工单2个工作日内书面回复，不得退回、延期")
def test_001_18_supervision_is_answered_within_two_working_days() -> None:
    assert due("heyuan", "supervise", "help", "2026-09-30T10:00") == "10月9日24:00"
    order = Ticket("T9", "help", parent="T1", relation="supervision")
    order = step(step(order, "file", "2026-09-30T10:00"), "dispatch", "2026-09-30T10:00")
    assert order.due == at("2026-10-10T00:00")
    for forbidden in ("return", "ask_extension"):
        with pytest.raises(NotAllowed):
            step(step(order, "sign", "2026-09-30T11:00"), forbidden, "2026-09-30T12:00")
    with pytest.raises(MissingFact, match="result"):
        step(step(order, "sign", "2026-09-30T11:00"), "reply", "2026-09-30T12:00", result="")


def ordered(trigger: Trigger) -> Ground:
    """What an order of this trigger rests on in Heyuan."""
    return ground(Order(("SW",), trigger), HEYUAN, at("2026-11-09T10:00"))


@clause("001 18(一)", "市领导批示或交办的督办")
def test_001_18_1_a_leaders_note_opens_supervision() -> None:
    assert ordered("leader_note").clause == "001 18(一)"


@clause("001 18(二)", "红牌发出后随即督办（tests/app/test_kin.py 演示自动发出）")
def test_001_18_2_a_red_card_opens_supervision() -> None:
    assert ordered("red_card").clause == "001 18(二)"


@clause("001 18(三)", "多次或者集中反映的督办")
def test_001_18_3_repeated_matters_open_supervision() -> None:
    assert ordered("repeated").clause == "001 18(三)"


@clause("001 18(四)", "其他需要督办的；条文未列的情形不督办")
def test_001_18_4_other_matters_open_supervision_and_nothing_unnamed_does() -> None:
    assert ordered("other").clause == "001 18(四)"
    with pytest.raises(NotAllowed, match="001 18"):
        ordered("late_return")


@clause("001 21", "造成不良影响的提交媒体曝光：由两人决定并记录；其他形式条文未载明，不得采用")
def test_001_21_media() -> None:
    found = ground(Order(("SW",), form="media"), HEYUAN, at("2026-11-09T10:00"))
    assert found.form_clause == "001 21"
    with pytest.raises(NotAllowed, match="001 21"):
        ground(Order(("SW",), form="listed", leader="副市长"), HEYUAN, at("2026-11-09T10:00"))


def assessed(*more: Fact) -> Sheet:
    """October 2026 of a unit with one ticket, well done."""
    return sheet([*well_done().facts, *more], HEYUAN, period("2026-10"), "SW", at("2026-11-10T09:00"))


@clause("001 22", "考核办理情况、满意度、更新知识库情况；热线平台的服务质量、业务能力、工作效能另行考核")
def test_001_22_handling_satisfaction_and_knowledge() -> None:
    found = assessed(one("knowledge_late", name="k1"), one("knowledge_updated", name="k2"))
    assert {share.name for share in found.shares} == {"on_time", "solved", "satisfaction"}
    tallies = {tally.name: tally.events for tally in found.tallies}
    assert (tallies["replied"], tallies["knowledge_late"], tallies["knowledge_updated"]) == (
        ("T1.3",),
        ("k1",),
        ("k2",),
    )


@clause("001 23", "定期量化考核：数字而非分数，分值条文未载明")
def test_001_23_quantified_and_regular() -> None:
    assert HEYUAN.assessment
    assert (HEYUAN.assessment.schemes, HEYUAN.assessment.rhythm) == (("quantified",), ("regular",))
    found = assessed()
    assert (found.clause, found.points) == ("001 23", None)
    assert all(share.percent == 100 for share in found.shares)


@clause("001 19(九)", "知识库过时、错误误导市民的：追到市民当时被告知的那一版")
def test_001_19_9_a_misled_citizen_leads_to_the_version_that_was_served() -> None:
    first, second = Served(1, at("2026-09-01T00:00")), Served(2, at("2026-11-12T00:00"))
    assert as_of((first, second), at("2026-11-11T23:59")) == 1
    assert as_of((first, second), at("2026-11-12T00:00")) == 2


@clause("001 25", "知识库信息在实施7个工作日前上传，迟报的照收并记为迟报")
def test_001_25_knowledge_seven_working_days_before() -> None:
    for uploaded, late in (("2026-11-02T23:59", False), ("2026-11-03T00:00", True)):
        found = lead_of(at(uploaded), at("2026-11-12T00:00"), HEYUAN, CALENDAR)
        assert found
        assert (found.late, found.clause) == (late, "001 25")


@clause("001 25", "空缺、不准确、无效的反馈至承办单位，5个工作日内补正，由热线办核验")
def test_001_25_gaps_are_mended_within_five_working_days() -> None:
    found = fix_due(at("2026-11-20T10:00"), HEYUAN, CALENDAR)
    assert found
    assert words(found.due) == "11月27日24:00"
    office, unit = Who("o1", "office"), Who("u1", "unit", "SW")
    assert gap_table.step("reported", "assign", office, "SW") == "assigned"
    assert gap_table.step("assigned", "fix", unit, "SW") == "fixed"
    with pytest.raises(NotAllowed):
        gap_table.step("fixed", "verify", unit, "SW")


@clause("001 25", "职责职能、法律法规、政策、办事指南四类（另有常见问题）；谁提供、谁维护、谁负责")
def test_001_25_kinds_and_owners() -> None:
    assert set(get_args(ArticleKind)) == {"职责职能", "法律法规", "政策", "办事指南", "常见问题"}
    draft = Version("kb-1", 1, "SW")
    assert governance.possible(draft, Who("u1", "unit", "SW")) == ("edit", "submit", "withdraw")
    assert governance.possible(draft, Who("u2", "unit", "JT")) == ()


@clause("001 26(二)", "未经所属单位或热线办批准不得修改知识库")
def test_001_26_2_only_the_owner_and_the_office_change_an_article() -> None:
    for somebody in (Who("u2", "unit", "JT"), Who("a1", "agent"), Who("s1", "supervisor")):
        for action in ("edit", "submit", "withdraw"):
            with pytest.raises(NotAllowed):
                governance.step(Version("kb-1", 1, "SW"), action, somebody)  # type: ignore[arg-type]
    assert HEYUAN.knowledge.owned


@clause("001 29", "征求意见稿照常计算并标明 draft；印发日期未载明")
def test_001_29_a_draft_computes_and_says_so() -> None:
    assert HEYUAN.validity(date(2026, 11, 22)) == "draft"
    assert asked("heyuan", "handle", "help", "2026-11-09T10:00").as_json()["validity"] == "draft"
