"""002 延吉市12345政务服务热线运营管理实施细则, with its annex (附)."""

from dataclasses import replace
from datetime import date

import pytest

from core.errors import BadInput, NotAllowed
from core.policy import Policy, silent
from match import bulletins, gap_table
from match.bulletins import Bulletin
from match.governance import Who, keeps
from tests.tickets.conformance.rules import asked, clause, due, stated
from tests.tickets.desk import YANJI, at, in_state, step, under
from tickets.supervision import First, Order, ground
from tickets.ticket import Ticket

pytestmark = pytest.mark.unit
WHEN = "2026-11-09T11:00"


@clause("002 1", "名称：12345政务服务热线")
def test_002_1_the_hotlines_name() -> None:
    assert (YANJI.hotline, YANJI.hotline_clause) == ("12345政务服务热线", "002 1")


@clause("002 7", "及时更新平台知识库中本单位负责的内容：只有本单位和热线办可改，逾期补正记为事实")
def test_002_7_units_keep_their_own_knowledge_up_to_date() -> None:
    own, other = Who("u1", "unit", "SW"), Who("u2", "unit", "JT")
    assert [keeps(who, "SW") for who in (own, other)] == [True, False]
    assert gap_table.possible("assigned", own, "SW") == ("fix",)
    assert gap_table.possible("assigned", other, "SW") == ()


@stated("002 8", "延边州平台统一受理县市诉求")
def test_002_8_the_prefecture_answers() -> None:
    assert YANJI.intake.county_calls
    assert YANJI.intake.county_calls.value == "prefecture"


@clause("002 6", "领导批示件等重大事项督办")
def test_002_6_a_leaders_note_opens_supervision() -> None:
    wanted = Order(("SW",), "leader_note", until=at("2026-11-12T18:00"))
    assert ground(wanted, YANJI, at("2026-11-09T10:00")).clause == "002 6"


@clause("002 11", "逾期的下发督办单，限期办理（期限须写明）；联合、现场督办；质量差、投诉不满意的退回重办")
def test_002_11_orders_joint_and_on_site_supervision_and_redo() -> None:
    assert YANJI.stages.redo
    assert set(YANJI.stages.redo.causes) == {"poor_quality", "against_policy", "unsatisfied_complaint"}
    found = asked("yanji", "supervise", "help", "2026-11-09T10:00")
    assert (found.due, found.clauses) == (None, ("002 11",))  # 限期办理, the document says no number
    now, until = at("2026-11-09T10:00"), at("2026-11-12T18:00")
    with pytest.raises(BadInput, match="限期办理"):
        ground(Order(("SW",), "overdue"), YANJI, now)
    plain = ground(Order(("SW",), "overdue", until=until), YANJI, now)
    assert (plain.clause, plain.named) == ("002 11", {"until": until.isoformat(), "term": "set"})
    assert ground(Order(("SW", "JT"), form="joint", until=until), YANJI, now).form_clause == "002 11"
    assert ground(Order(("SW",), form="on_site", until=until), YANJI, now).form_clause == "002 11"


@clause("002 18", "挂牌督办须写明领办负责人，期限不超过首次督办期限；可在媒体公开")
def test_002_18_listed_supervision_is_capped() -> None:
    first = First(at("2026-11-09T10:00"), at("2026-11-12T10:00"))  # three days
    now = at("2026-11-16T10:00")
    fits = Order(("SW",), "overdue", "listed", at("2026-11-19T10:00"), "分管副市长")
    assert ground(fits, YANJI, now, first).form_clause == "002 18"
    longer = replace(fits, until=at("2026-11-19T10:01"))
    with pytest.raises(NotAllowed, match="002 18 挂牌督办期限不超过首次督办期限"):
        ground(longer, YANJI, now, first)
    with pytest.raises(BadInput, match="领办"):
        ground(replace(fits, leader=""), YANJI, now, first)
    assert YANJI.stages.supervise.forms["media"].clause == "002 18"


@clause("002 25", "自印发之日（2019-11-04）起施行")
def test_002_25_in_force_from_its_issue() -> None:
    assert YANJI.validity(date(2019, 11, 3)) == "not_yet"
    assert YANJI.validity(date(2026, 11, 22)) == "valid"


@clause("002 附四(二)", "临时性、应急性、预告性信息及时上传并公告：置顶和应急在先，迟于事情发生的记为迟报")
def test_002_annex_4_2_bulletins_are_on_the_desk_in_time() -> None:
    noon, night = at("2026-11-20T12:00"), at("2026-11-20T23:00")
    known = [
        Bulletin("advance", "advance", "SW", noon, night),
        Bulletin("temporary", "temporary", "SW", noon, night),
        Bulletin("emergency", "emergency", "SW", noon, night),
        Bulletin("pinned", "advance", "SW", noon, night, pinned=1),
    ]
    shown = [one.id for one in bulletins.on_desk(known, noon)]
    assert shown == ["pinned", "emergency", "temporary", "advance"]
    assert bulletins.on_desk(known, night) == []
    assert [bulletins.late(noon, when) for when in (at("2026-11-20T11:59"), noon)] == [True, False]
    assert YANJI.knowledge.bulletins
    assert YANJI.knowledge.bulletins.clause == "002 附四(二)"


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


@clause("002 附五(一)4", "延期次数是对承办单位的考核：改派后新单位另计，同一单位累计（或每件累计）")
def test_002_annex_5_1_4_the_next_unit_begins_anew() -> None:
    def with_the_next(policy: Policy) -> Ticket:
        ticket = step(in_state("signed", policy), "ask_extension", "2026-11-09T11:00", policy)
        ticket = step(ticket, "refuse_extension", "2026-11-09T11:30", policy)
        back = step(ticket, "return", "2026-11-09T12:00", policy)
        return step(back, "dispatch", "2026-11-09T13:00", policy, unit="JT")

    assert (with_the_next(YANJI).asked, with_the_next(YANJI).asked_by) == (0, ("SW",))
    assert with_the_next(under("yanji", "extension_counts=ticket")).asked == 1


@clause("002 附五(二)2", "以电话、督办单、《督办通知》催办，其他方式不得采用；15分未载明每件扣分，须设定")
def test_002_annex_5_2_2_urging_has_ways_but_no_tariff() -> None:
    for way in ("phone", "order", "notice"):
        assert (
            in_state("signed", YANJI).state
            == step(in_state("signed", YANJI), "press", WHEN, YANJI, way=way).state
        )
    with pytest.raises(NotAllowed, match="002 附五"):
        step(in_state("signed", YANJI), "press", WHEN, YANJI, way="warning")
    assert "assessment.urging_each" in silent(YANJI)
