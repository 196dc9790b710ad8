"""A document under its superior: silent values are inherited; who prevails where both speak is the document's own word.

A value (`term`, a switch) and a list replace whole; a part of several values under one clause (extension, redo, reply) merges value
by value, each keeping the clause that gives it. Null is silence. Source: Heyuan art. 10 and 17: 上级有其他规定的，按上级规定为准.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from core.nested import Path, at, put, without
from core.policy_parts import PROSE
from core.policy_superior import PREVAILS, give_way, usual_of_another_term

OWN = ("name", "title", "valid", "extends", "replaces", "overruled")
"""Keys a document never inherits."""
NO_CLAUSE = (
    "a value that another document's clause does not give needs its own `clause`, here or in `clauses`"
)
NO_VALUE = "replaces the parent's value whole, and must state `value`"


@dataclass(frozen=True, slots=True)
class Inherited:
    """`overruled`: paths in which the superior prevails over the document; `wrong`: (path, reason) of what cannot be merged."""

    raw: dict[str, Any]
    overruled: tuple[str, ...] = ()
    wrong: tuple[tuple[Path, str], ...] = ()


def inherit(above: dict[str, Any], own: dict[str, Any]) -> Inherited:
    """`own` over `above`, or under it where `own` says that its superior prevails."""
    above = {key: value for key, value in above.items() if key not in OWN}
    above = without(above, ("switches", "superior"))  # how a parent stands to its own superior binds no child
    down = _Merge()
    merged = down.mapping(above, own)
    if at(own, ("switches", "superior", "value")) != "prevails":
        merged = usual_of_another_term(merged, own)
        return Inherited(merged, (), tuple(down.wrong))
    up = _Merge()
    for path in PREVAILS:
        ruling, yielding = at(above, path), at(own, path)
        if isinstance(ruling, dict) and isinstance(yielding, dict):
            merged = put(merged, path, up.mapping_or_part(yielding, ruling, path))
    merged, left_out = give_way(merged, above)
    lost = dict.fromkeys([*(".".join(path) for path in up.replaced), *left_out])
    return Inherited(merged, tuple(lost), tuple(down.wrong))


@dataclass(slots=True)
class _Merge:
    """One document over another. `replaced`: where both spoke and differed; `wrong`: as in Inherited."""

    replaced: list[Path] = field(default_factory=list)
    wrong: list[tuple[Path, str]] = field(default_factory=list)

    def mapping(self, below: dict[str, Any], over: dict[str, Any], path: Path = ()) -> dict[str, Any]:
        """A mapping without a clause of its own: key by key."""
        merged = dict(below)
        for key, value in over.items():
            old = merged.get(key)
            if value is not None or key not in merged:
                merged[key] = self._one(old, value, (*path, str(key)))
        return merged

    def mapping_or_part(self, below: dict[str, Any], over: dict[str, Any], path: Path) -> dict[str, Any]:
        return (self._part if below.get("clause") else self.mapping)(below, over, path)

    def _one(self, below: Any, over: Any, path: Path) -> Any:
        deep = isinstance(below, dict) and isinstance(over, dict) and "value" not in over
        if deep and "value" not in below:
            return self.mapping_or_part(below, over, path)
        if deep:
            self.wrong.append((path, NO_VALUE))
        if below is not None and below != over:
            self.replaced.append(path)
        return over

    def _part(self, below: dict[str, Any], over: dict[str, Any], path: Path) -> dict[str, Any]:
        """Values under one clause: the words are those of the clause that rules, what is inherited keeps its own."""
        ruling = over if over.get("clause") else below
        said = {key: ruling[key] for key in PROSE if ruling.get(key) is not None}
        merged = self.mapping(_values(below), _values(over), path) | said
        named = over.get("clauses") or {}
        if not isinstance(named, dict):  # for the model to refuse
            return merged | {"clauses": named}
        given = set(_plain(_values(over)))
        clauses = {
            name: source
            for name in _plain(_values(below))
            if name not in given and (source := _source(below, name)) != ruling["clause"]
        }
        if not over.get("clause"):
            bare = [name for name in given if not {name, name.partition(".")[0]} & named.keys()]
            bare += [key for key in PROSE if over.get(key) is not None]
            self.wrong += [((*path, *name.split(".")), NO_CLAUSE) for name in sorted(bare)]
        clauses |= named
        return merged | ({"clauses": clauses} if clauses else {})


def _values(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in (*PROSE, "clauses")}


def _plain(part: dict[str, Any], above: str = "") -> Iterator[str]:
    """Names of the values that rest on the part's clause; `tariff.late` in a mapping of them. What has a clause of its own does not."""
    for key, value in part.items():
        if isinstance(value, dict):
            if not {"clause", "value"} & value.keys():
                yield from _plain(value, f"{above}{key}.")
        elif value is not None and not str(key).endswith("_clause"):
            yield f"{above}{key}"


def _source(part: dict[str, Any], name: str) -> str:
    clauses = part.get("clauses")
    named = clauses if isinstance(clauses, dict) else {}
    return str(named.get(name) or named.get(name.partition(".")[0]) or part["clause"])
