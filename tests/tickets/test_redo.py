"""Sending back: Heyuan 15, Yanji 11 and annex 五(一)7, Henan 三(五)."""

from dataclasses import replace
from typing import Any

import pytest

from app.policies import load
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from core.policy_text import parse_policy
from tests.tickets.desk import CALENDAR, HEYUAN, OFFICE, UNIT, YANJI, at, in_state, step
from tickets.alarms import alarms
from tickets.clock import words
from tickets.lifecycle import apply
from tickets.ticket import Ticket

pytestmark = pytest.mark.unit
WHEN = at("2026-11-18T10:00")  # a Wednesday
BAD = {"cause": "bad_grade", "reason": "水压仍不足", "reasonable": True}
POOR = {"cause": "poor_quality", "reason": "未修复", "reasonable": True, "at_fault": True}


def graded(grade: str = "dissatisfied") -> Ticket:
    return step(in_state("resolved"), "revisit", "2026-11-17T10:00", grade=grade)


def sent_back(ticket: Ticket, policy: Policy = HEYUAN, **facts: Any) -> Ticket:
    return apply(ticket, "redo", OFFICE, WHEN, policy, CALENDAR, **facts).ticket


def test_heyuan_redoes_within_the_term_of_the_type_from_the_day_it_is_sent_back() -> None:
    again = sent_back(graded(), **BAD)
    assert (again.state, again.redone, again.grade) == ("redoing", 1, "")
    assert words(again.due or WHEN) == "11月25日24:00"
    assert [(alarm.stage, alarm.sign) for alarm in alarms(again, HEYUAN, CALENDAR)] == [
        ("redo", "warning"), ("redo", "yellow"), ("redo", "overdue"), ("redo", "red"),
    ]  # fmt: skip


def test_heyuan_redoes_once() -> None:
    again = step(sent_back(graded(), **BAD), "reply", "2026-11-19T10:00")
    again = step(step(again, "resolve", "2026-11-19T11:00"), "revisit", "2026-11-20T10:00")
    with pytest.raises(NotAllowed, match="1次为限"):
        sent_back(again, **BAD)


def test_a_redo_takes_no_extension_in_heyuan() -> None:
    with pytest.raises(NotAllowed, match="001 15"):
        step(sent_back(graded(), **BAD), "ask_extension", "2026-11-19T10:00")


@pytest.mark.parametrize("grade", ["very_satisfied", "satisfied", "fairly_satisfied"])
def test_a_grade_that_is_not_bad_is_no_cause(grade: str) -> None:
    with pytest.raises(NotAllowed, match="不满意"):
        sent_back(graded(grade), **BAD)


def test_a_bad_grade_without_a_reasonable_cause_is_not_enough() -> None:
    with pytest.raises(NotAllowed, match="合理"):
        sent_back(graded(), cause="bad_grade", reason="就是不满意")


def test_heyuan_knows_no_other_cause_than_the_grade() -> None:
    with pytest.raises(NotAllowed, match="001 15"):
        sent_back(in_state("replied"), **POOR)


def test_yanji_sends_poor_work_back_before_it_is_resolved_where_the_unit_is_at_fault() -> None:
    again = sent_back(in_state("replied", YANJI), YANJI, **POOR)
    assert (again.state, again.due) == ("redoing", None)
    with pytest.raises(NotAllowed, match="at_fault"):
        sent_back(in_state("replied", YANJI), YANJI, **POOR | {"at_fault": False})


def test_where_the_rules_name_no_term_for_a_redo_the_office_names_the_moment() -> None:
    until = "2026-11-21T00:00:00+08:00"
    again = sent_back(in_state("replied", YANJI), YANJI, **POOR, until=until)
    assert words(again.due or WHEN) == "11月20日24:00"
    late = apply(again, "reply", UNIT, at("2026-11-21T00:00"), YANJI, CALENDAR, result="已修复")
    assert late.entries[0].late
    with pytest.raises(BadInput, match="until"):
        sent_back(graded(), **BAD, until=until)


@pytest.mark.parametrize("until", ["2026-11-18T10:00:00+08:00", "2028-01-01T00:00:00+08:00", "soon"])
def test_a_moment_that_is_no_deadline_is_refused(until: str) -> None:
    with pytest.raises(BadInput, match="until"):
        sent_back(in_state("replied", YANJI), YANJI, **POOR, until=until)


def test_unsatisfied_is_a_cause_of_its_own_for_complaints_only() -> None:
    complaint = replace(graded(), type="complaint")
    facts = POOR | {"cause": "unsatisfied_complaint"}
    assert sent_back(complaint, YANJI, **facts).state == "redoing"
    with pytest.raises(NotAllowed, match="投诉"):
        sent_back(replace(complaint, type="help"), YANJI, **facts)


def test_a_city_without_a_rule_of_redoing_sends_nothing_back() -> None:
    with pytest.raises(NotAllowed, match="没有发回重办"):
        sent_back(graded(), load("chenzhou"), **BAD)


def test_a_reply_that_fails_review_goes_back_and_a_day_at_the_office_is_not_the_units() -> None:
    replied = in_state("replied")
    back = step(replied, "reject", "2026-11-10T15:00")
    assert (back.state, back.redone) == ("signed", 0)
    assert (words(replied.due or WHEN), words(back.due or WHEN)) == ("11月16日24:00", "11月17日24:00")
    assert back.next_alarm_at == at("2026-11-13T00:00")
    again = step(sent_back(graded(), **BAD), "reply", "2026-11-19T10:00")
    assert step(again, "reject", "2026-11-19T11:00").state == "redoing"


def test_a_review_on_site_brings_its_evidence() -> None:
    with pytest.raises(BadInput, match="evidence"):
        step(in_state("replied"), "review", "2026-11-10T15:00", site=True)
    seen = step(in_state("replied"), "review", "2026-11-10T15:00", site=True, evidence="现场已通水，照片2张")
    assert seen.state == "reviewed"


def test_each_condition_of_a_redo_is_told_with_the_clause_that_gives_it() -> None:
    text = """name: county
title: 某县
extends: heyuan
documents: {"901": 某县办法}
valid: {status: in_force}
stages: {redo: {times: 2, clause: 901 3}}
"""
    policy = parse_policy(text, "county.yaml", load)
    with pytest.raises(NotAllowed, match="001 15"):
        sent_back(graded(), policy, **BAD | {"reasonable": False})
    with pytest.raises(NotAllowed, match="001 15 发回重办"):
        sent_back(graded(), policy, **POOR)
    with pytest.raises(NotAllowed, match="重办以2次为限（901 3）"):
        sent_back(replace(graded(), redone=2), policy, **BAD)
