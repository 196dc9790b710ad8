"""A frozen sheet scored once more, from its own facts and by its own rules: it must come out the same to the half point."""

from collections.abc import Mapping
from typing import Any

from core.policy import Policy, hashed
from store.tables import FrozenSheet
from tickets.assessment.compare import changed
from tickets.assessment.fact import Fact, digest, period
from tickets.assessment.sheet import FORMULA, sheet

_READ_BY_NOTHING = ("deduct",)
"""Keys of rules frozen by earlier versions that no score ever read: the table's tariff holds the same clause's points."""


def scored_again(row: FrozenSheet, rules: Mapping[str, Any]) -> dict[str, Any]:
    """`same`: nothing differs; `differences`: what does; `intact`: facts and rules are those that were frozen.

    `formula`: by which it was made, `formula_now`: by which it was made again.
    """
    facts = [Fact.of_json(raw) for raw in row.facts]
    policy = Policy.model_validate(_readable(rules))
    made = sheet(facts, policy, period(row.period), row.unit_code, row.as_of).as_json()
    intact = hashed(rules) == row.policy_hash and digest(facts) == row.facts_hash
    found = changed(row.sheet, made)
    return {
        "id": row.id, "same": not found and intact, "intact": intact, "differences": found, "points": made["points"],
        "formula": row.formula, "formula_now": FORMULA,
    }  # fmt: skip


def _readable(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Their hash is over all that was frozen, these keys among them."""
    return {
        name: _readable(value) if isinstance(value, Mapping) else value
        for name, value in rules.items()
        if name not in _READ_BY_NOTHING
    }
