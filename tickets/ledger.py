"""Who had the ball and for how long: time counts from dispatch, not from sign-in, and going back and forth is counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from tickets.ticket import State

Holder = Literal["hotline", "unit", "citizen", "nobody"]

HOLDERS: dict[State, Holder] = {
    "intake": "hotline", "filed": "hotline", "returned": "hotline", "disputed": "hotline", "extension_asked": "hotline",
    "replied": "hotline", "reviewed": "hotline", "revisited": "hotline",
    "dispatched": "unit", "deemed": "unit", "signed": "unit", "redoing": "unit",
    "resolved": "citizen",
    "answered": "nobody", "refused": "nobody", "archived": "nobody", "withdrawn": "nobody", "merged": "nobody",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a ticket as its event tells it: the state after it, and the unit that then has the ticket."""

    at: datetime
    action: str
    state: State
    unit: str | None


@dataclass(frozen=True, slots=True)
class Span:
    """`until` None: they have it now."""

    holder: Holder
    unit: str | None
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """`held`: time per holder, `unit:CODE` for each unit; `returns`: how often a unit gave the ticket back."""

    spans: tuple[Span, ...]
    held: dict[str, timedelta]
    returns: int

    def as_json(self) -> dict[str, Any]:
        """Seconds, and moments as ISO 8601."""
        return {
            "spans": [
                {
                    "holder": span.holder, "unit": span.unit, "since": span.since.isoformat(),
                    "until": span.until.isoformat() if span.until else None,
                }
                for span in self.spans
            ],
            "held_s": {name: round(time.total_seconds()) for name, time in self.held.items()},
            "returns": self.returns,
        }  # fmt: skip


def ledger(moves: Iterable[Move], now: datetime) -> Ledger:
    """From a ticket's steps in order; steps in which nobody gives the ball away lengthen the span they fall in."""
    spans: list[Span] = []
    returns = 0
    for move in moves:
        returns += move.action == "return"
        holder = HOLDERS[move.state]
        unit = move.unit if holder == "unit" else None
        if spans and (spans[-1].holder, spans[-1].unit) == (holder, unit):
            continue
        if spans:
            last = spans[-1]
            spans[-1] = Span(last.holder, last.unit, last.since, max(move.at, last.since))
        spans.append(Span(holder, unit, move.at, None))
    return Ledger(tuple(spans), _held(spans, now), returns)


def _held(spans: Sequence[Span], now: datetime) -> dict[str, timedelta]:
    held: dict[str, timedelta] = {}
    for span in spans:
        if span.holder != "nobody":
            name = f"unit:{span.unit}" if span.holder == "unit" else span.holder
            held[name] = held.get(name, timedelta()) + max((span.until or now) - span.since, timedelta())
    return held
