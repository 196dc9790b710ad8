"""What a form asks for is what the step wants: no more, no less."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.policy import Policy
from tests.tickets.desk import CALENDAR, DEMO, HEYUAN, YANJI
from tests.tickets.desk import at as moment
from tickets.lifecycle import MissingFact, apply
from tickets.options import Option, forms, options, triggers
from tickets.ticket import STATES, Person, State, Ticket

pytestmark = pytest.mark.unit
FILED = moment("2026-11-16T10:00")
AT = FILED + timedelta(hours=1)


def ticket(state: State) -> Ticket:
    due = FILED + timedelta(days=9)
    return Ticket("tkt_1", "help", state, unit="SW", filed_at=FILED, started_at=FILED, due=due)


def found(state: State, role: str, rules: Policy) -> dict[str, Option]:
    return {one.action: one for one in options(ticket(state), role, rules)}


@pytest.mark.parametrize("rules", [HEYUAN, YANJI], ids=["heyuan", "yanji"])
@pytest.mark.parametrize("role", ["unit", "office", "supervisor", "agent"])
def test_each_fact_a_form_calls_needed_is_one_the_step_is_not_taken_without(rules: Policy, role: str) -> None:
    tried = 0
    for state in STATES:
        for option in options(ticket(state), role, rules):
            table = [need for need in option.needs if need not in ("reasonable", "at_fault", "until")]
            for left_out in table:
                facts = {need: "字" for need in table if need != left_out}
                who = Person("u", role, "SW" if role == "unit" else None)
                with pytest.raises(MissingFact, match=left_out):
                    apply(ticket(state), option.action, who, AT, rules, CALENDAR, **facts)
                tried += 1
    assert tried > 5


def test_a_reply_needs_the_seven_fields_of_heyuan_and_an_order_is_answered_in_writing() -> None:
    wanted = {"handled_at", "section", "handler", "result", "law", "basis", "talk"}
    assert set(found("signed", "unit", HEYUAN)["reply"].needs) == wanted
    (order,) = [
        one
        for one in options(replace(ticket("signed"), relation="supervision"), "unit", HEYUAN)
        if one.action == "reply"
    ]
    assert order.needs == ("result",)


def test_choices_are_those_of_the_citys_rules_and_rungs_only_rise() -> None:
    climbed = options(replace(ticket("disputed"), rung="office"), "office", HEYUAN)
    assert next(one for one in climbed if one.action == "escalate").choices == {
        "rung": ("government", "joint")
    }
    redo = found("revisited", "office", HEYUAN)["redo"]
    assert redo.choices["cause"] == ("bad_grade",)
    assert "reasonable" in redo.needs
    assert found("filed", "agent", HEYUAN)["dispatch"].choices["term"] == ("shorter",)
    assert found("filed", "office", HEYUAN)["dispatch"].choices["term"] == ("shorter", "statutory", "set")


def test_an_extension_whose_length_no_clause_names_needs_its_day() -> None:
    assert "until" in found("extension_asked", "office", HEYUAN)["grant_extension"].needs
    assert "until" not in found("extension_asked", "office", DEMO)["grant_extension"].needs


def test_what_an_order_may_rest_on_comes_with_its_clause() -> None:
    assert {one.value: one.clause for one in triggers(HEYUAN)}["red_card"] == "001 18(二)"
    assert [one.value for one in forms(HEYUAN)] == ["media"]


def test_flags_are_asked_for_where_a_term_depends_on_them_and_by_whom_they_are_to_be_said() -> None:
    assert found("signed", "unit", YANJI)["return"].may == ("basis", "on_site", "evidence")
    assert found("signed", "unit", HEYUAN)["return"].may == ()  # no term for a site check
    flags = {"multi_unit", "on_site", "complex"}
    assert flags & set(found("filed", "office", YANJI)["dispatch"].may) == {"on_site", "complex"}
    assert flags & set(found("filed", "office", HEYUAN)["dispatch"].may) == {"multi_unit"}
    assert not flags & set(found("filed", "agent", HEYUAN)["dispatch"].may)


def test_a_unit_is_offered_to_shorten_a_deadline_where_there_is_one() -> None:
    assert found("signed", "unit", YANJI)["set_term"].choices == {"term": ("shorter",)}
    open_one = options(replace(ticket("signed"), due=None), "unit", YANJI)
    assert "set_term" not in {one.action for one in open_one}
