"""A frozen sheet scored once more, from its own facts and by its own rules: it must come out the same to the half point."""

from collections.abc import Mapping
from typing import Any

from core.policy import as_kept, hashed
from store.tables import FrozenSheet
from tickets.assessment.compare import changed
from tickets.assessment.fact import Fact, digest, period
from tickets.assessment.sheet import FORMULA, sheet


def scored_again(row: FrozenSheet, rules: Mapping[str, Any]) -> dict[str, Any]:
    """`same`: nothing differs; `differences`: what does; `intact`: facts and rules are those that were frozen.

    `formula`: by which it was made, `formula_now`: by which it was made again.
    """
    facts = [Fact.of_json(raw) for raw in row.facts]
    policy = as_kept(rules)
    made = sheet(facts, policy, period(row.period), row.unit_code, row.as_of).as_json()
    intact = hashed(rules) == row.policy_hash and digest(facts) == row.facts_hash
    found = changed(row.sheet, made)
    return {
        "id": row.id, "same": not found and intact, "intact": intact, "differences": found, "points": made["points"],
        "formula": row.formula, "formula_now": FORMULA,
    }  # fmt: skip
