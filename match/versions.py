"""An article as a chain of versions: which one held at a moment, and what differs between two."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

FIELDS = ("kind", "title", "questions", "answer", "clause", "city", "unit", "valid_from", "valid_to")
"""What people see of a version, in the order they read it."""


@dataclass(frozen=True, slots=True)
class Served:
    """From when until when a version is, or was, what we say; `until` None: until the next one."""

    number: int
    since: datetime
    until: datetime | None = None


def as_of(chain: Iterable[Served], at: datetime) -> int | None:
    """The number of the version that held at that moment: the last to begin, unless it had been withdrawn by then.

    A text that was replaced does not come back when its successor is withdrawn.
    """
    begun = [one for one in chain if one.since <= at]
    last = max(begun, key=lambda one: (one.since, one.number), default=None)
    return last.number if last and (last.until is None or at < last.until) else None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Field by field what changed: `was`, `now`, and for text its `lines` as `difflib.ndiff` marks them."""
    found = []
    for field in FIELDS:
        was, now = before.get(field), after.get(field)
        if was == now:
            continue
        lines = [line for line in difflib.ndiff(_lines(was), _lines(now)) if not line.startswith("?")]
        found.append({"field": field, "was": was, "now": now, "lines": lines})
    return found


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    text = str(value)
    for stop in "。；！？":
        text = text.replace(stop, f"{stop}\n")
    return [line for line in text.splitlines() if line]
