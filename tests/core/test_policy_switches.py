"""Every reading a document leaves open has a name, a default and a note; the five cities say what section by section they order."""

from typing import Any

import pytest

from app.policies import load
from core.policy_switches import SWITCHES, Choice, Switches, readings

pytestmark = pytest.mark.unit

DEFAULTS = {
    "term_ends": "24:00", "hour_terms": "7x24", "days": "calendar", "help_due": "latest", "economic": "own_term",
    "handle_clock": "dispatch", "card_moment": "end_of_day", "cards_after_deemed": "run", "extension_ask": "before_due",
    "extension_short_term": "as_others", "rejected_clock": "restored", "superior": "yields", "conduct_complaints": "conduct_only",
    "redo_accountable": "when_verified", "satisfaction_of": "all_forwarded", "basically_satisfied": "satisfied",
    "enforcement_satisfaction": "counted", "matter_belongs": "term_end", "satisfaction_step": "whole_points",
    "late_reply": "both", "urging_overdue": "ever", "service_starts": "full", "service_cap": "full",
    "service_floor": "zero", "quarter_of_months": "mean", "year_of_quarters": "mean", "ranking": "none", "extension_counts": "unit",
    "grade_after_redo": "last", "solved_of": "all_forwarded", "solved_after_redo": "counts", "repeat_open": "settled",
    "third_repeat": "refuse",
    "stored_words": "as_said",
}  # fmt: skip
CITIES = ("henan", "heyuan", "yanji", "chenzhou", "jiayuguan", "demo")


def test_every_switch_has_its_stated_default_and_a_note_that_says_why() -> None:
    assert {name: getattr(Switches(), name).value for name in SWITCHES} == DEFAULTS
    assert all(getattr(Switches(), name).note for name in SWITCHES)


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_takes_each_of_its_readings_and_no_other(name: str) -> None:
    assert len(readings(name)) >= 2
    for reading in readings(name):
        assert getattr(Switches.model_validate({name: {"value": reading}}), name).value == reading
    with pytest.raises(ValueError, match=name):
        Switches.model_validate({name: {"value": "as you like"}})


@pytest.mark.parametrize("city", CITIES)
def test_a_city_that_sets_a_switch_says_by_which_clause_and_why(city: str) -> None:
    switches = load(city).switches
    for name in switches.model_fields_set:
        choice: Choice[Any] = getattr(switches, name)
        assert choice.clause, name
        assert choice.note, name


READINGS = [
    # the readings that are not the product's default
    ("yanji", "extension_ask", "one_working_day_before"),
    ("heyuan", "superior", "prevails"),
]


def test_the_cities_differ_from_the_defaults_only_where_their_documents_do() -> None:
    found = [
        (city, name, getattr(load(city).switches, name).value)
        for city in ("yanji", "heyuan", "henan", "chenzhou", "jiayuguan")
        for name in SWITCHES
        if getattr(load(city).switches, name).value != DEFAULTS[name]
    ]
    assert found == READINGS
