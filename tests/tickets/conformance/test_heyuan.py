"""001 河源市12345政府服务热线管理办法（征求意见稿）, art. 5-13: intake, dispatch, return, terms, extension, reply."""

from typing import Any

import pytest

from app.policies import HOUSE, load
from core.errors import NotAllowed
from core.policy import Policy, silent
from core.policy_text import parse_policy
from tests.tickets.conformance.refusing import grounds, refused
from tests.tickets.conformance.rules import asked, clause, due
from tests.tickets.desk import CALENDAR, FACTS, HEYUAN, at, in_state, step, under
from tickets.alarms import alarms
from tickets.clock import words
from tickets.lifecycle import MissingFact, sweep
from tickets.ticket import Action, State

pytestmark = pytest.mark.unit
CITY = """name: city
title: 某市
extends: province
documents: {"801": 某市办法}
valid: {status: in_force}
switches: {superior: {value: prevails, clause: 801 10}}
stages: {handle: {help: {term: {value: 7, unit: working_days, clause: 801 10}}}}
"""
ROOM: dict[tuple[str, int], tuple[str, ...]] = {
    ("help", 3): ("stages.handle.help.term", "stages.handle.help.usual"),
    ("help", 7): (
        "stages.handle.help.term",
        "stages.handle.help.cards.yellow",
        "stages.handle.help.cards.red",
    ),
    ("return", 2): ("stages.return.term", "stages.sign.deemed_acceptance"),
}
PROVINCE = """name: province
title: 某省
documents: {"800": 某省办法}
valid: {status: in_force}
stages: {handle: {help: {term: {value: 4, unit: working_days, clause: 800 2}}}}
"""


def beneath(superior: Policy) -> Policy:
    """The whole of Heyuan's own document under such a superior."""
    text = (HOUSE / "heyuan.yaml").read_text(encoding="utf-8")
    extending = text.replace("documents:", f"extends: {superior.name}\ndocuments:", 1)
    return parse_policy(extending, "heyuan.yaml", lambda _: superior)


def without(state: State, action: Action, missing: str) -> None:
    """The step is refused where this fact is empty, and only for that."""
    facts: dict[str, Any] = {missing: " "}
    with pytest.raises(MissingFact, match=missing):
        step(in_state(state), action, "2026-11-09T11:00", **facts)
    step(in_state(state), action, "2026-11-09T11:00")


@clause("001 1", "名称：12345政府服务热线")
def test_001_1_the_hotlines_name() -> None:
    assert (HEYUAN.hotline, HEYUAN.hotline_clause) == ("12345政府服务热线", "001 1")


@clause("001 5(四)", "受理作风、态度、效率投诉，与6(七)违纪线索分流")
def test_001_5_4_conduct_complaints_are_taken_discipline_cases_are_not() -> None:
    said = "办事大厅窗口的工作人员态度恶劣"
    assert refused(HEYUAN, said) == []
    assert refused(HEYUAN, "局长受贿") == ["heyuan.6.7"]
    assert refused(under("heyuan", "conduct_complaints=refuse_all"), said) == ["heyuan.6.7"]


@clause("001 6", "十一种情形不予受理，须说明情形并向诉求人解释")
def test_001_6_eleven_grounds_each_told_to_the_citizen() -> None:
    assert HEYUAN.intake.refusals
    assert HEYUAN.intake.refusals.value == grounds("heyuan") == 11
    for missing in ("ground", "told"):
        without("intake", "refuse", missing)


@clause("001 9", "形成工单后1个工作日内转办")
def test_001_9_dispatched_within_one_working_day() -> None:
    assert due("heyuan", "dispatch", "help", "2026-09-30T10:00") == "10月8日24:00"
    filed = in_state("filed", start="2026-11-09T10:00")
    assert step(filed, "dispatch", "2026-11-10T23:59:59").history[-1].late is False
    assert step(filed, "dispatch", "2026-11-11T00:00").history[-1].late is True


@clause("001 9", "多个承办单位或职责不清的2日内转办（日历日，末日顺延；或按工作日）")
def test_001_9_several_units_within_two_days() -> None:
    assert due("heyuan", "dispatch", "help", "2026-11-13T10:00", "--multi-unit") == "11月16日24:00"
    assert (
        due("heyuan", "dispatch", "help", "2026-11-13T10:00", "--multi-unit", "days=working")
        == "11月17日24:00"
    )


@clause("001 10", "期限自收到诉求（转办）之日起；或自形成工单之日起")
def test_001_10_the_units_clock_starts_at_dispatch() -> None:
    for policy, end in ((HEYUAN, "11月17日24:00"), (under("heyuan", "handle_clock=filing"), "11月16日24:00")):
        filed = in_state("filed", policy, start="2026-11-09T10:00")
        found = step(filed, "dispatch", "2026-11-10T10:00", policy).due
        assert found
        assert words(found) == end


@clause("001 10", "上级有其他规定的，按上级规定为准")
def test_001_10_a_superiors_rule_prevails() -> None:
    assert HEYUAN.switches.superior.value == "prevails"
    city = parse_policy(CITY, "city.yaml", lambda name: parse_policy(PROVINCE, f"{name}.yaml"))
    term = city.stages.handle["help"].term
    assert term
    assert (term.value, term.clause, city.overruled) == (4, "800 2", ("stages.handle.help.term",))


@clause("001 10", "上级期限不容的通常期限、黄牌红牌和视同接受不生效并逐一列明，不改动任何日期")
def test_001_10_what_a_superiors_term_leaves_no_room_for_is_named() -> None:
    for (kind, days), left_out in ROOM.items():
        term = f"{{term: {{value: {days}, unit: working_days, clause: 800 2}}}}"
        stage = f"return: {term}" if kind == "return" else f"handle: {{{kind}: {term}}}"
        above = parse_policy(f"{PROVINCE.partition('stages:')[0]}stages: {{{stage}}}\n", "province.yaml")
        assert set(beneath(above).overruled) == set(left_out)
    extension = beneath(load("henan")).extension
    assert extension
    assert (extension.times, extension.source("times")) == (1, "001 10(五)")
    assert extension.source("counts") == "000 三(四)"


@clause("001 10(一)", "1个工作日内退回，须有理由和依据")
def test_001_10_1_returned_within_one_working_day_with_reason_and_basis() -> None:
    assert due("heyuan", "return", "help", "2026-10-03T10:00") == "10月8日24:00"
    for missing in ("reason", "basis"):
        without("dispatched", "return", missing)


@clause("001 10(一)", "超过1日未退回视同已接受，此后不得退回")
def test_001_10_1_silence_is_acceptance_after_one_day() -> None:
    found = asked("heyuan", "sign", "help", "2026-11-13T10:00")
    assert found.due is None
    assert found.deemed_accepted_at
    assert words(found.deemed_accepted_at) == "11月16日24:00"
    ticket = in_state("dispatched", start="2026-11-13T10:00")
    assert sweep(ticket, HEYUAN, CALENDAR, at("2026-11-17T00:00")).ticket.state == "deemed"
    with pytest.raises(NotAllowed, match="视同接受"):
        step(ticket, "return", "2026-11-17T00:00")


@clause("001 10(一)", "视同接受与17(一)未受理卡并存（或视同接受即止）")
def test_001_10_1_cards_run_on_after_deemed_acceptance_or_stop() -> None:
    for switches, stages in (("", {"sign", "handle"}), ("cards_after_deemed=stop", {"handle"})):
        policy = under("heyuan", switches)
        found = alarms(in_state("deemed", policy), policy, CALENDAR)
        assert {alarm.stage for alarm in found} == stages


@clause("001 10(二)", "咨询2个工作日")
def test_001_10_2_consults_within_two_working_days() -> None:
    assert due("heyuan", "handle", "consult", "2026-09-18T10:00") == "9月21日24:00"


@clause("001 10(三)", "求助3个工作日，最迟5个工作日：以最迟为到期，通常期限并列（或相反）")
def test_001_10_3_help_is_due_at_its_latest_with_the_usual_beside() -> None:
    found = asked("heyuan", "handle", "help", "2026-09-30T10:00")
    assert found.due
    assert found.usual
    assert (words(found.due), words(found.usual)) == ("10月13日24:00", "10月10日24:00")
    assert due("heyuan", "handle", "help", "2026-09-30T10:00", "", "help_due=usual") == "10月10日24:00"


@clause("001 10(四)", "投诉、建议、举报10个工作日")
def test_001_10_4_complaints_reports_suggestions_within_ten_working_days() -> None:
    for type in ("complaint", "report", "suggestion"):
        assert due("heyuan", "handle", type, "2026-09-30T10:00") == "10月20日24:00"


@clause("001 10(五)", "届满前申请延期，延期以1次为限；延多久未载明，由批准人指定")
def test_001_10_5_one_extension_asked_for_before_expiry() -> None:
    ticket = in_state("signed")
    with pytest.raises(NotAllowed, match="到期"):
        step(ticket, "ask_extension", "2026-11-17T00:00")
    granted = step(
        step(ticket, "ask_extension", "2026-11-16T23:59"), "grant_extension", "2026-11-16T23:59:30"
    )
    with pytest.raises(NotAllowed, match="1次"):
        step(granted, "ask_extension", "2026-11-17T10:00")
    assert silent(HEYUAN) == ["extension.length"]


@clause("001 13", "不同意延期须说明理由，由承办单位继续办理；同意的告知诉求人")
def test_001_13_a_refused_extension_gives_its_reason() -> None:
    asked_for = step(in_state("signed"), "ask_extension", "2026-11-10T10:00")
    without("extension_asked", "refuse_extension", "reason")
    refused = step(asked_for, "refuse_extension", "2026-11-10T11:00", **FACTS["refuse_extension"])
    assert (refused.state, refused.due) == ("signed", in_state("signed").due)
    assert HEYUAN.extension
    assert HEYUAN.extension.tell_citizen
