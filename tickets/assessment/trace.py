"""From a ticket's events to facts: who had it, until when each step had time, what was said. Pure: policy and calendar given."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast, get_args

from core.calendar import Calendar
from core.policy import Policy
from core.policy_parts import StageName, TicketType
from tickets.assessment.fact import Fact
from tickets.clock import local
from tickets.explain import explain
from tickets.extension import asked_outside_window, lengthened

MATTER = ("relation", "parent", "enforcement", "supervision", "published")
"""What a ticket is, told with each of its dispatches. `published`: when its supervision order was let into the media."""
_SAID = (
    "reasonable", "reviewed", "unit_at_fault", "solved", "contacted", "grade", "cause", "form", "colour", "stage", "until",
    "told", "told_late", "reached",
)  # fmt: skip
_NAMED = {"at_fault": "unit_at_fault", "way": "form"}
"""Facts of a step that the rules of scoring call otherwise."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event row: `payload` as core.events and tickets.ticket make it."""

    id: str
    seq: int
    name: str
    at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket as its row tells it. `ran_under`: the profile whose clock judged its steps; `matter`: see MATTER."""

    id: str
    type: str
    ran_under: str
    multi_unit: bool = False
    on_site: bool = False
    complex: bool = False
    matter: Mapping[str, Any] = field(default_factory=dict)


def traced(ticket: Told, events: Sequence[Happened], policy: Policy, calendar: Calendar) -> Iterator[Fact]:
    """The facts of one ticket, each with the unit that then had it. Events of any order; those of no unit are left out.

    Whether a step was late its event tells; where the ticket ran under other rules, those that score judge it by their own clock.
    """
    holder, begun, due = "", None, None
    by_law = _by_law(events)
    for event in sorted(events, key=lambda one: one.seq):
        kind, said = _step(event)
        unit = str(event.payload.get("unit") or holder)
        if kind == "dispatch":
            holder, begun, due = unit, event.at, _moment(event.payload.get("due"))
            data = _dispatched(ticket, event.at, due, policy, calendar) | {"statutory": event.at in by_law}
        elif kind == "redo":
            begun = event.at
            due = _moment(said.get("until")) or _due(ticket, "redo", event.at, policy, calendar)
            data = _kept(said) | {"due": _iso(due), "reviewed": said.get("reviewed", True)}
        elif kind == "grant_extension":
            due = _moment(said.get("until")) or _longer(due, policy, calendar)
            data = {"due": _iso(due)}
        elif kind in ("reject", "set_term"):  # a rejection tells the deadline that now holds
            due = _moment(said.get("until")) or due
            data = {"due": _iso(due)} | ({"statutory": event.at in by_law} if kind == "set_term" else {})
        elif kind == "reschedule":
            due = _moment(said.get("due")) or due
            data = {"due": _iso(due)}
        else:
            data = _kept(said)
        if kind and unit:
            if "late" in event.payload and ticket.ran_under in policy.profiles:
                data["late"] = bool(event.payload["late"])
            elif kind == "return" and begun:
                # a site check is claimed with the return (tickets/lifecycle.py)
                looked = replace(ticket, on_site=ticket.on_site or bool(said.get("on_site")))
                end = _due(looked, "return", begun, policy, calendar)
                data["late"] = end is not None and event.at >= end
            elif kind == "ask_extension":
                data["late"] = asked_outside_window(due, begun, event.at, policy, calendar)
            yield Fact(event.id, local(event.at), unit, kind, ticket.id, data, event.seq)


def _step(event: Happened) -> tuple[str, Mapping[str, Any]]:
    """What was done, as matter.STEPS names it ('' for what scoring does not look at), and what was said with it."""
    payload = event.payload
    match event.name:
        case "ticket.dispatched":
            return "dispatch", {}
        case "ticket.replied":
            return "reply", {name: payload[name] for name in ("told", "told_late") if name in payload}
        case "ticket.false_closure":
            return "revisit" if payload.get("noted") else "denied", {"contacted": False}
        case "ticket.card":
            return "card", {"colour": payload.get("colour"), "stage": payload.get("stage")}
        case "ticket.revisited":
            return "grade", {"grade": payload.get("grade")}
        case "ticket.rescheduled" if payload.get("unit") and _rescheduled(payload):
            return "reschedule", {"due": _rescheduled(payload)}
        case "ticket.stepped" if payload.get("action") in _STEPPED:
            return str(payload["action"]), cast(Mapping[str, Any], payload.get("facts") or {})
    return "", {}


def _by_law(events: Sequence[Happened]) -> set[datetime]:
    """When a deadline of the law's own was named: one shortened for urgency stays the law's (tickets/effects.py)."""
    found, law = set[datetime](), False
    for event in sorted(events, key=lambda one: one.seq):
        if event.name == "ticket.dispatched" or event.payload.get("action") == "redo":
            law = False
        term = _term(event)
        law = law or term == "statutory"
        if law and term:
            found.add(event.at)
    return found


def _term(event: Happened) -> str:
    """What sort of deadline was named: a dispatch tells it, or the decision that is one (core.events.Dispatched)."""
    facts = event.payload.get("facts") or {}
    named = event.name == "ticket.dispatched" or event.payload.get("action") in ("decide", "set_term")
    return str(facts.get("term", "")) if named else ""


def _rescheduled(payload: Mapping[str, Any]) -> str | None:
    """The deadline under the calendar that came; None where only cards moved."""
    moved = cast(Mapping[str, Sequence[str | None]], payload.get("changes") or {}).get("due")
    return moved[1] if moved else None


_STEPPED = frozenset({
    "sign", "return", "deem_accepted", "ask_extension", "grant_extension", "set_term", "reject", "resolve", "contact", "press", "revisit",
    "redo", "withdraw", "merge",
})  # fmt: skip


def _kept(said: Mapping[str, Any]) -> dict[str, Any]:
    named = {_NAMED.get(key, key): value for key, value in said.items()}
    return {key: value for key, value in named.items() if key in _SAID}


def _dispatched(
    ticket: Told, at: datetime, due: datetime | None, policy: Policy, calendar: Calendar
) -> dict[str, Any]:
    data: dict[str, Any] = {"due": _iso(due), "sign_due": _iso(_due(ticket, "sign", at, policy, calendar))}
    return (
        data | {"type": ticket.type} | {name: ticket.matter[name] for name in MATTER if name in ticket.matter}
    )


def _due(ticket: Told, stage: StageName, at: datetime, policy: Policy, calendar: Calendar) -> datetime | None:
    if ticket.type not in get_args(TicketType):
        return None
    found = explain(
        policy, stage, cast(TicketType, ticket.type), at, calendar=calendar, multi_unit=ticket.multi_unit,
        on_site=ticket.on_site, complex=ticket.complex,
    )  # fmt: skip
    return found.due


def _longer(due: datetime | None, policy: Policy, calendar: Calendar) -> datetime | None:
    """The length the clause gives, where the office named no day."""
    length = policy.extension.length if policy.extension else None
    return lengthened(due, length, policy, calendar).due if due and length else due


def _moment(value: Any) -> datetime | None:
    return local(datetime.fromisoformat(value)) if isinstance(value, str) and value else None


def _iso(at: datetime | None) -> str | None:
    return local(at).isoformat() if at else None
