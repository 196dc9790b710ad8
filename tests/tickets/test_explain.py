"""Switches and validity as they show in an explanation; a policy that is not in force still computes."""

import json

import pytest

from app.policies import HOUSE
from core.policy import Policy
from core.policy_text import parse_policy
from tests.tickets.desk import CALENDAR, HEYUAN, YANJI, at
from tickets.clock import words
from tickets.explain import Explanation, explain, rules_for

pytestmark = pytest.mark.unit
WEDNESDAY = at("2026-09-30T10:00")


def heyuan(old: str, new: str) -> Policy:
    text = (HOUSE / "heyuan.yaml").read_text(encoding="utf-8")
    assert old in text
    return parse_policy(text.replace(old, new, 1), "heyuan.yaml")


def help_under(policy: Policy) -> Explanation:
    return explain(policy, "handle", "help", WEDNESDAY, calendar=CALENDAR)


def test_help_may_be_due_on_its_usual_date_with_the_latest_beside() -> None:
    found = help_under(heyuan("value: latest", "value: usual"))
    assert found.due == found.usual
    assert words(found.due or WEDNESDAY) == "10月10日24:00"
    assert words(found.latest or WEDNESDAY) == "10月13日24:00"


def test_close_of_business_moves_the_deadline_but_no_card() -> None:
    hours = 'office_hours: {windows: [["08:30", "12:00"], ["14:00", "17:30"]]}\nswitches:'
    text = (HOUSE / "heyuan.yaml").read_text(encoding="utf-8")
    text = text.replace("switches:", hours, 1).replace('value: "24:00"', "value: close_of_business", 1)
    found = help_under(parse_policy(text, "heyuan.yaml"))
    assert words(found.due or WEDNESDAY) == "10月13日17:30"
    assert found.cards == help_under(HEYUAN).cards


def test_yanjis_hour_may_be_an_office_hour() -> None:
    text = (HOUSE / "yanji.yaml").read_text(encoding="utf-8").replace("value: 7x24", "value: office_hours", 1)
    text = text.replace("switches:", 'office_hours: {windows: [["08:30", "17:30"]]}\nswitches:', 1)
    found = explain(
        parse_policy(text, "yanji.yaml"), "sign", "help", at("2026-09-30T17:00"), calendar=CALENDAR
    )
    assert words(found.due or WEDNESDAY) == "10月8日09:00"


@pytest.mark.parametrize(
    ("validity", "words"),
    [
        ("status: draft", "draft"),
        ("status: in_force", "valid"),
        ("status: in_force\n  to: 2026-09-29", "expired"),
        ("status: in_force\n  to: 2026-09-30", "valid"),
        ("status: in_force\n  from: 2026-10-01", "not_yet"),
    ],
)
def test_a_policy_out_of_force_computes_the_same_and_says_so(validity: str, words: str) -> None:
    found = help_under(heyuan("status: draft", validity))
    assert found.validity == words
    assert found.due == help_under(HEYUAN).due


def test_cards_name_the_people_and_ways_of_the_clause() -> None:
    warning, yellow, red = (card.card for card in help_under(HEYUAN).cards)
    assert warning.notify == ("handler",)
    assert yellow.notify == red.notify == ("handler", "leader")
    assert warning.by == ("phone", "sms")


def test_redo_runs_under_the_terms_of_the_type_and_cites_its_own_clause_first() -> None:
    redo = explain(HEYUAN, "redo", "help", WEDNESDAY, calendar=CALENDAR)
    assert (redo.due, redo.cards) == (help_under(HEYUAN).due, help_under(HEYUAN).cards)
    assert redo.clauses[0] == "001 15"


def test_a_flag_the_policy_does_not_speak_of_changes_nothing() -> None:
    plain = rules_for(YANJI, "return", "help")
    assert rules_for(YANJI, "return", "help", multi_unit=True) == plain
    assert rules_for(YANJI, "return", "help", on_site=True) != plain


def test_an_explanation_is_json_as_it_stands() -> None:
    found = help_under(HEYUAN).as_json()
    assert json.loads(json.dumps(found)) == found
