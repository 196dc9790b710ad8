"""Two profiles side by side: only where they rule differently; a clause number alone is no difference."""

from typing import Any

from core.policy import Policy

_IDENTITY = {"name", "title", "documents", "extends", "hotline", "hotline_clause"}
_PROSE = {"clause", "words", "note"}


def differences(left: Policy, right: Policy) -> list[dict[str, Any]]:
    """[{path, left, right}] in the profile's order; each side {value, clause} or None where silent."""
    one, other = _flat(left), _flat(right)
    paths = [*one, *(path for path in other if path not in one)]
    return [
        {"path": path, "left": one.get(path), "right": other.get(path)}
        for path in paths
        if _value(one.get(path)) != _value(other.get(path))
    ]


def _value(leaf: dict[str, Any] | None) -> Any:
    return leaf["value"] if leaf else None


def _flat(policy: Policy) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {"hotline": {"value": policy.hotline, "clause": policy.hotline_clause}}
    _walk(
        policy.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_IDENTITY), "", None, found
    )
    return found


def _walk(value: Any, path: str, clause: str | None, found: dict[str, dict[str, Any]]) -> None:
    if isinstance(value, dict) and "value" not in value:
        clause = value.get("clause", clause)
        if value and not value.keys() - _PROSE:  # what a clause orders without a value of its own
            found[path] = {"value": True, "clause": clause}
        for key, inner in value.items():
            if key not in _PROSE:
                _walk(inner, f"{path}.{key}" if path else key, clause, found)
    elif isinstance(value, list) and value and isinstance(value[0], dict):  # cards
        for card in value:
            plain = {key: inner for key, inner in card.items() if key not in _PROSE}
            found[f"{path}.{card['colour']}"] = {"value": plain, "clause": card["clause"]}
    elif isinstance(value, dict):
        plain = {key: inner for key, inner in value.items() if key not in _PROSE}
        found[path] = {"value": plain if "unit" in plain else plain["value"], "clause": value.get("clause")}
    elif value not in ([], {}):
        found[path] = {"value": value, "clause": clause}
