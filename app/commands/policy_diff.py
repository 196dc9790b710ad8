"""Two profiles side by side: only where they rule differently; a clause number alone is no difference."""

from typing import Any

from core.policy import Policy
from core.policy_values import Value, values


def differences(left: Policy, right: Policy) -> list[dict[str, Any]]:
    """[{path, left, right}] in the profile's order; each side {value, clause} or None where silent."""
    one, other = ({found.path: _side(found) for found in values(policy)} for policy in (left, right))
    paths = [*one, *(path for path in other if path not in one)]
    return [
        {"path": path, "left": one.get(path), "right": other.get(path)}
        for path in paths
        if _value(one.get(path)) != _value(other.get(path))
    ]


def _side(found: Value) -> dict[str, Any]:
    return {"value": True if found.value is None else found.value, "clause": found.clause}


def _value(side: dict[str, Any] | None) -> Any:
    return side["value"] if side else None
