"""What the documents order of a ticket's way between units, office and citizen: the lifecycle table obeys it."""

import pytest

from core.errors import BadInput, NotAllowed
from tests.tickets.conformance.rules import clause
from tests.tickets.desk import CALENDAR, HEYUAN, UNIT, YANJI, at, in_state, step
from tickets.alarms import alarms
from tickets.clock import words
from tickets.ledger import Move, ledger
from tickets.lifecycle import apply
from tickets.table import BARRED
from tickets.ticket import Ticket

pytestmark = pytest.mark.unit
WHEN = at("2026-11-09T11:00")


def child(relation: str, unit: str) -> Ticket:
    ticket = Ticket("T2", "help", parent="T1", relation=relation)  # type: ignore[arg-type]
    return step(step(ticket, "file", WHEN), "dispatch", WHEN, unit=unit)


@clause("001 8(三)", "主办、协办单位各有工单、时限和回复")
def test_001_8_3_lead_and_assisting_units_have_clocks_of_their_own() -> None:
    lead, assist = in_state("signed"), child("assist", "GD")
    assert (lead.unit, assist.unit, assist.parent) == ("SW", "GD", "T1")
    assert words(assist.due or WHEN) == "11月16日24:00"


@clause("001 8(四)", "职责争议逐级审定：会议协调、征求业务主管部门意见、市热线办审核、报市政府")
def test_001_8_4_a_dispute_climbs_from_a_meeting_to_the_government() -> None:
    ticket = in_state("disputed")
    for rung in ("authority", "office", "government"):
        ticket = step(ticket, "escalate", WHEN, rung=rung)
    with pytest.raises(NotAllowed):
        step(ticket, "escalate", WHEN, rung="meeting")
    assert step(ticket, "decide", WHEN, unit="GD").unit == "GD"


@clause("001 18(二)", "红牌发出后随即督办；督办工单须回复，不得退回、延期")
def test_001_18_2_an_order_is_answered_and_not_given_back() -> None:
    order = child("supervision", "SW")
    assert [alarm.stage for alarm in alarms(order, HEYUAN, CALENDAR)] == ["supervise"]
    assert {"return", "ask_extension"} <= BARRED["supervision"]


@clause("002 10", "承办单位结合缓急程度确定具体办理时限，热线办派单时也可：只能短于规定期限")
def test_002_10_urgency_shortens_and_never_lengthens() -> None:
    filed = in_state("filed", YANJI)
    sooner = step(filed, "dispatch", WHEN, YANJI, until="2026-11-11T00:00:00+08:00", term="shorter")
    assert words(sooner.due or WHEN) == "11月10日24:00"
    with pytest.raises(BadInput):
        step(filed, "dispatch", WHEN, YANJI, until="2026-11-20T00:00:00+08:00", term="shorter")
    signed = in_state("signed", YANJI)

    def by_unit(until: str, term: str = "shorter") -> Ticket:
        return apply(signed, "set_term", UNIT, WHEN, YANJI, CALENDAR, until=until, term=term).ticket

    assert words(by_unit("2026-11-11T00:00:00+08:00").due or WHEN) == "11月10日24:00"
    with pytest.raises(BadInput):
        by_unit("2026-11-20T00:00:00+08:00")
    for kind in ("set", "statutory"):
        with pytest.raises(NotAllowed):
            by_unit("2026-11-11T00:00:00+08:00", kind)


@clause("002 附五(一)3", "法律法规规定的时限除外：以法定期限为到期，须写明法律依据")
def test_002_annex_5_1_3_a_statutory_term_replaces_the_rules_own() -> None:
    filed = in_state("filed", YANJI)
    until = "2027-01-09T00:00:00+08:00"
    law = step(filed, "dispatch", WHEN, YANJI, until=until, term="statutory", term_basis="行政处罚法 60")
    assert law.due == at("2027-01-09T00:00")


@clause("002 6.6", "市热线管理办公室对办理结果现场核实，须有核实情况")
def test_002_6_6_a_result_is_checked_on_site_with_evidence() -> None:
    with pytest.raises(BadInput):
        step(in_state("replied"), "review", WHEN, site=True)
    assert step(in_state("replied"), "review", WHEN, site=True, evidence="现场已修复").state == "reviewed"


@clause("002 10", "退回须在规定时限内说明理由，交办单位重新派单；时间自派单起计入持有单位")
def test_002_10_time_counts_for_whoever_has_the_ticket() -> None:
    moves = [
        Move(at("2026-11-09T10:00"), "dispatch", "dispatched", "SW"),
        Move(at("2026-11-10T10:00"), "return", "returned", None),
        Move(at("2026-11-10T12:00"), "dispatch", "dispatched", "GD"),
    ]
    found = ledger(moves, at("2026-11-11T12:00"))
    assert {name: held.total_seconds() / 3600 for name, held in found.held.items()} == {
        "unit:SW": 24, "hotline": 2, "unit:GD": 24,
    }  # fmt: skip
    assert found.returns == 1


@clause("000 三(四)", "承办单位要第一时间联系诉求人：联系经过记入工单")
def test_000_3_4_contact_with_the_citizen_is_on_record() -> None:
    done = step(in_state("dispatched"), "contact", WHEN, talk="已通话")
    assert (done.state, done.history[-1].action, done.history[-1].at) == ("dispatched", "contact", WHEN)
