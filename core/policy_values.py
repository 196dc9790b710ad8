"""A profile as a flat list: every value it holds, by its path, beside the clause it rests on. For reading and for comparing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from core.policy import Policy
from core.policy_parts import PROSE

_IDENTITY = {"name", "title", "documents", "extends", "replaces", "hotline", "hotline_clause"}
_PROSE = {*PROSE, "clauses"}
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Value:
    """`path` as it stands in YAML. `value` None: the clause orders something without a value of its own, `words` says what.

    clause: its own, else the one that the part names for it, else the part's; words, note: as the profile quotes and comments it.
    """

    path: str
    value: Any
    clause: str | None = None
    words: str = ""
    note: str = ""


def values(policy: Policy) -> list[Value]:
    """In the profile's order; what neither it nor its parent says is not among them. Values are JSON-able."""
    body = policy.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=_IDENTITY)
    return [Value("hotline", policy.hotline, policy.hotline_clause), *_walk(body, Value("", None))]


def _walk(value: Any, here: Value, clauses: Mapping[str, str] = NONE, name: str = "") -> Iterator[Value]:
    """here: the path, and the clause and words of what this is part of; clauses: those of single values of that part, by name."""
    if isinstance(value, dict) and "value" not in value:
        if value.keys() & {"clause", "clauses"}:
            here, clauses, name = _said(value, here), value.get("clauses", NONE), ""
        if value and not value.keys() - _PROSE:
            yield here
        for key, inner in value.items():
            if key not in _PROSE:
                called = f"{name}.{key}" if name else key
                yield from _walk(inner, _at(here, key, clauses.get(called)), clauses, called)
    elif isinstance(value, list) and value and isinstance(value[0], dict):  # cards
        for card in value:
            yield _leaf(_plain(card), _said(card, _at(here, card["colour"])))
    elif isinstance(value, dict):
        plain = _plain(value)
        yield _leaf(plain if "unit" in plain else plain["value"], _said(value, Value(here.path, None)))
    elif value not in ([], {}):
        yield _leaf(value, here)


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key not in _PROSE}


def _at(here: Value, key: str, clause: str | None = None) -> Value:
    """clause: another than the part's; then the part's words are not said of it either."""
    path = f"{here.path}.{key}" if here.path else key
    return Value(path, None, clause) if clause else Value(path, None, here.clause, here.words, here.note)


def _said(value: dict[str, Any], here: Value) -> Value:
    """The mapping's own clause with its words, else what holds around it."""
    if "clause" not in value:
        return here
    return Value(here.path, None, value["clause"], value.get("words", ""), value.get("note", ""))


def _leaf(value: Any, here: Value) -> Value:
    return Value(here.path, value, here.clause, here.words, here.note)
