"""Secrecy as the documents order it: 000 三(三), 001 19(八) and 26, 003 二.11."""

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import Conflict, NotAllowed
from core.holds import Terms
from core.release import KINDS, Vote, Voter, after, may_vote, require_open
from core.rights import EVERYTHING, NOWHERE, TABLE, Scope, scope
from core.vault import HIDDEN, redacted
from store.chain import GENESIS, Sealer
from tests.tickets.conformance.rules import clause

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
OFFICE, OTHER, ASKED = Voter("user_a", "office"), Voter("user_b", "office"), "user_boss"


@clause("000 三(三)", "承办单位看不到保密举报人的姓名与任何数字")
def test_000_3_3_a_reporter_is_not_guessed_from_what_a_unit_reads() -> None:
    told = redacted("张三丰（13812345678，原显示138****5678）住郴江路12号", "张三丰")
    assert told == f"{HIDDEN}（{HIDDEN}，原显示{HIDDEN}）住郴江路12号"


@clause("001 19(八)", "扣押、销毁举报信息留有证据：删改任一记录即可查出")
def test_001_19_8_a_changed_or_missing_record_breaks_the_chain() -> None:
    sealer, rows = Sealer(b"k" * 32), [{"id": f"ev_{n}", "payload": {"what": "filed"}} for n in range(3)]
    links, previous = [], GENESIS
    for n, row in enumerate(rows, start=1):
        previous = sealer.link(previous, n, "events", str(row["id"]), row)
        links.append(previous)
    assert sealer.holds(links[1], links[0], 2, "events", "ev_1", rows[1])
    assert not sealer.holds(links[1], links[0], 2, "events", "ev_1", rows[1] | {"payload": {}})
    assert not sealer.holds(links[2], links[0], 2, "events", "ev_2", rows[2])


@clause("001 26", "经办人员信息只有本单位、热线办和督察人员可见")
def test_001_26_handlers_data_stay_with_their_unit_and_the_office() -> None:
    assert scope(("unit_people", "read"), "unit", "u", "SW") == Scope(unit="SW")
    assert scope(("unit_people", "read"), "agent", "u") == NOWHERE
    assert set(TABLE["unit_people", "describe"]) == {"office", "admin", "unit", "leader"}


@clause(
    "001 26(一)",
    "录音、工单、数据、绩效评价未经热线办批准不得对外提供：须热线办两人批准，申请人不得自批，过期作废",
)
def test_001_26_1_two_persons_of_the_office_and_never_who_asked() -> None:
    assert {"recording", "ticket", "statistics", "assessment"} <= set(KINDS)
    may_vote("recording", ASKED, None, OFFICE)
    for who in (Voter(ASKED, "office"), Voter("user_c", "supervisor"), Voter("user_d", "unit", "SW")):
        with pytest.raises(NotAllowed):
            may_vote("recording", ASKED, None, who)
    first = Vote(OFFICE.id, "approve")
    assert after("asked", [], first) == "asked"
    assert after("asked", [first], Vote(OTHER.id, "approve")) == "approved"
    assert after("asked", [first], Vote(OTHER.id, "refuse")) == "refused"
    with pytest.raises(Conflict):
        after("asked", [first], Vote(OFFICE.id, "approve"))
    require_open("approved", NOW + timedelta(days=1), NOW)
    for state, until in (("asked", NOW + timedelta(days=1)), ("approved", NOW)):
        with pytest.raises(Conflict):
            require_open(state, until, NOW)  # type: ignore[arg-type]


@clause("001 26(二)", "知识库内容对外须经所属单位或热线办批准")
def test_001_26_2_knowledge_leaves_by_its_unit_or_the_office() -> None:
    may_vote("knowledge", ASKED, "SW", Voter("user_d", "leader", "SW"))
    may_vote("knowledge", ASKED, "SW", OFFICE)
    with pytest.raises(NotAllowed):
        may_vote("knowledge", ASKED, "SW", Voter("user_e", "unit", "JT"))


@clause("001 3", "归档的保存期限未载明，不臆造：默认长期保存，可由运营单位设定")
def test_001_3_no_term_is_invented() -> None:
    assert Terms().before("recordings", NOW) is None
    assert Terms(recordings=90).before("recordings", NOW) == NOW - timedelta(days=90)


@clause("003 二.11", "谁管理谁使用谁负责：按角色、单位、层级限定可见范围")
def test_003_2_11_each_role_reaches_as_far_as_it_answers_for() -> None:
    county = frozenset({"431021"})
    assert scope(("ticket", "read"), "office", "u") == EVERYTHING
    assert scope(("ticket", "read"), "office", "u", None, county) == Scope(places=county)
    assert scope(("ticket", "read"), "unit", "u", "SW") == Scope(unit="SW")
    assert scope(("recording", "listen"), "expert", "u") == Scope(user="u")
    assert scope(("recording", "listen"), "unit", "u", "SW") == NOWHERE
    assert set(TABLE["lookup", "read"]) == {"auditor", "office"}
