"""Each step of a ticket is published as a shape of its own, and its facts are those of the lifecycle table."""

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from api.action_shapes import ACTION_SHAPES, FACTS, FACTS_SHAPES, ActionGiven, Rung, ToldHow, facts_of, told
from tests.tickets import desk
from tickets import table
from tickets.effects import RUNGS, TOLD_HOW
from tickets.ticket import ACTIONS, Action

pytestmark = pytest.mark.unit
GIVEN: TypeAdapter[Any] = TypeAdapter(ActionGiven)


def test_every_fact_of_the_table_has_one_type() -> None:
    assert FACTS.keys() == table.FACTS
    assert (get_args(Rung), get_args(ToldHow)) == (RUNGS, TOLD_HOW)


@pytest.mark.parametrize("action", ACTIONS)
def test_an_actions_facts_are_those_the_table_needs_and_takes(action: Action) -> None:
    fields = FACTS_SHAPES[action].model_fields
    needs, all_of_them = facts_of(action)
    assert fields.keys() == all_of_them
    assert {name for name, field in fields.items() if field.is_required()} == needs


@pytest.mark.parametrize("action", ACTIONS)
def test_what_the_lifecycle_takes_the_edge_lets_through_unchanged(action: Action) -> None:
    given = GIVEN.validate_python({"action": action, "facts": desk.FACTS[action]})
    assert isinstance(given, ACTION_SHAPES[action])
    assert told(given.facts) == desk.FACTS[action]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"action": "fly"}, "union_tag_invalid"),
        ({"facts": {}}, "union_tag_not_found"),
        ({"action": "return", "facts": {}}, "missing"),
        ({"action": "return"}, "missing"),
        ({"action": "sign", "facts": {"unit": "SW"}}, "extra_forbidden"),
        ({"action": "escalate", "facts": {"rung": "heaven"}}, "literal_error"),
        ({"action": "grant_extension", "facts": {"until": "2026-11-26T00:00:00"}}, "timezone_aware"),
    ],
)
def test_what_an_action_does_not_take_is_named(given: dict[str, Any], kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        GIVEN.validate_python(given)
    assert caught.value.errors()[0]["type"] == kind


def test_an_action_without_facts_needs_none() -> None:
    assert told(GIVEN.validate_python({"action": "sign"}).facts) == {}
