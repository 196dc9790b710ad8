"""Between the ticket the rules know, its row in the store, and what an agent confirmed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy.ext.asyncio import AsyncSession

from app import policies, terms
from app.floor import Floor
from core.alerts import Sensitive
from core.errors import BadInput
from core.events import DeadlineNear, Event, Replied
from core.ids import new_id
from core.policy import Policy
from core.policy_parts import TYPES, TicketType
from match.model import CallContext, Candidate, PastMatter, Proposals
from match.model import Kind as MatchKind
from store import tickets
from store.proposals import Kind, Proposed
from store.tables import Call
from store.tables import Proposal as ProposalRow
from store.tables import Ticket as Row
from tickets.anomalies import Anomaly
from tickets.clock import local
from tickets.explain import Explanation
from tickets.lifecycle import Applied, apply
from tickets.ticket import CLOCK, OVER, Action, Actor, Relation, State, Ticket

_STAMPS = {
    "dispatch": "dispatched_at", "decide": "dispatched_at", "sign": "signed_at", "reply": "replied_at",
    "resolve": "resolved_at",
}  # fmt: skip
VISIBLE = 0.05
PAST = 5
_LISTS: tuple[tuple[Kind, str], ...] = (("answer", "answers"), ("unit", "units"), ("refusal", "refusals"))


def ticket_type(given: str) -> TicketType:
    """Raises BadInput naming the types there are."""
    if given not in TYPES:
        raise BadInput(f"没有“{given}”这一类工单；可用：{'、'.join(TYPES)}")
    return given


def as_ticket(row: Row) -> Ticket:
    """The rules' view of a stored ticket; its history stays in the events."""
    clock = row.clock
    started = clock.get("started_at")
    return Ticket(
        id=row.id,
        type=ticket_type(row.type),
        state=cast(State, row.state),
        version=row.version,
        call_id=row.call_id,
        unit=row.unit_code,
        policy=row.policy,
        policy_hash=row.policy_hash,
        started_at=datetime.fromisoformat(started) if started else None,
        due=row.due_at,
        replied_at=row.replied_at,
        next_alarm_at=row.next_alarm_at,
        provisional=bool(clock.get("provisional")),
        multi_unit=bool(clock.get("multi_unit")),
        on_site=bool(clock.get("on_site")),
        asked=int(clock.get("asked", 0)),
        granted=int(clock.get("granted", 0)),
        asked_by=tuple(clock.get("asked_by", ())),
        granted_by=tuple(clock.get("granted_by", ())),
        complex=bool(clock.get("complex")),
        grants=tuple(datetime.fromisoformat(at) if at else None for at in clock.get("grants", ())),
        seen=tuple(clock.get("seen", ())),
        notice=str(clock.get("notice", "")),
        filed_at=row.filed_at,
        parent=row.parent_id,
        relation=cast(Relation | None, row.relation),
        named=clock.get("named"),
        urgent=row.urgency == "urgent",
        enforcement=row.enforcement,
        redone=int(clock.get("redone", 0)),
        grade=str(clock.get("grade", "")),
        rung=str(clock.get("rung", "")),
        number=row.number,
    )


@dataclass(frozen=True, slots=True)
class Order:
    """What an agent confirmed. `exit`: dispatch (with a `unit`), file (without), answer or refuse with `ref` as ground.

    kinds: multi_unit, on_site, complex. named: `until`, `term`, `term_basis` of a deadline the office named, or (`by_law`) that the parent's
    statute brings along. clause: of the refusal.
    """

    type: str
    title: str
    body: str
    exit: Literal["dispatch", "file", "answer", "refuse"] = "dispatch"
    unit: str | None = None
    ref: str = ""
    told: str = ""
    call_id: str | None = None
    caller: str = ""
    citizen_name: str = ""
    parent_id: str | None = None
    relation: Relation | None = None
    intake: str = ""
    urgency: Literal["normal", "urgent"] = "normal"
    confidential: bool = False
    enforcement: bool = False
    place: str = ""
    kinds: Mapping[str, bool] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    clause: str = ""
    by_law: bool = False


def first_steps(floor: Floor, order: Order, actor: Actor, policy: Policy | None = None) -> list[Applied]:
    """From intake to where the order leads, step by step of the lifecycle table. Raises as `apply` does.

    policy: the parent's for a child ticket, else the city's.
    """
    at, policy = floor.clock(), policy or floor.policy
    ticket = Ticket(
        id=new_id("tkt"), type=ticket_type(order.type), call_id=order.call_id, policy=policy.name, policy_hash=policy.hash,
        parent=order.parent_id, relation=order.relation, urgent=order.urgency == "urgent", enforcement=order.enforcement,
    )  # fmt: skip
    refused = {"ground": order.ref, "told": order.told} | ({"clause": order.clause} if order.clause else {})
    deeds: list[tuple[Action, dict[str, Any]]] = {
        "dispatch": [("file", dict(order.kinds)), ("dispatch", {"unit": order.unit or "", **order.named})],
        "file": [("file", dict(order.kinds))],
        "answer": [("answer", {"article": order.ref})],
        "refuse": [("refuse", refused)],
    }[order.exit]  # type: ignore[assignment]
    done: list[Applied] = []
    for deed, facts in deeds:
        by = CLOCK if order.by_law and deed == "dispatch" else actor
        step = apply(ticket, deed, by, at, policy, floor.calendar, **facts)
        done.append(terms.held_to_law(step, facts, at))
        ticket = done[-1].ticket
    return done


def new_row(
    order: Order, done: Sequence[Applied], actor: Actor, request_key: str, caller: str
) -> tickets.NewTicket:
    """The row of a ticket after its first steps."""
    ticket, last = done[-1].ticket, done[-1]
    return tickets.NewTicket(
        id=ticket.id,
        type=ticket.type,
        title=order.title,
        body=order.body,
        state=ticket.state,
        filed_by=actor.id,
        filed_at=done[0].entries[0].at,
        policy=ticket.policy,
        policy_hash=ticket.policy_hash,
        caller=caller,
        citizen_name=order.citizen_name or None,
        call_id=order.call_id,
        unit_code=ticket.unit,
        due_at=ticket.due,
        next_alarm_at=ticket.next_alarm_at,
        dispatched_at=last.entries[0].at if order.exit == "dispatch" else None,
        steps=steps_of(last.explanation),
        cards=cards_of(last),
        clock=clock_of(ticket),
        request_key=request_key,
        parent_id=order.parent_id,
        relation=order.relation,
        intake=order.intake,
        urgency=order.urgency,
        confidential=order.confidential,
        enforcement=order.enforcement,
        place=order.place,
    )


def clock_of(ticket: Ticket) -> dict[str, Any]:
    """What the running clock needs beside the columns people search by."""
    return {
        "started_at": ticket.started_at.isoformat() if ticket.started_at else None,
        "provisional": ticket.provisional,
        "multi_unit": ticket.multi_unit,
        "on_site": ticket.on_site,
        "asked": ticket.asked,
        "granted": ticket.granted,
        "asked_by": list(ticket.asked_by),
        "granted_by": list(ticket.granted_by),
        "complex": ticket.complex,
        "grants": [at.isoformat() if at else None for at in ticket.grants],
        "seen": list(ticket.seen),
        "notice": ticket.notice,
        "named": ticket.named,
        "redone": ticket.redone,
        "grade": ticket.grade,
        "rung": ticket.rung,
    }


def policy_of(floor: Floor, row: Row) -> Policy:
    """The profile a ticket runs under: the city's own where it is the same one, else loaded by name."""
    return floor.policy if row.policy in ("", floor.policy.name) else policies.load(row.policy)


def steps_of(found: Explanation | None) -> list[Any]:
    """The deadline's explanation as it is shown to people."""
    return list(found.as_json()["steps"]) if found else []


def cards_of(done: Applied) -> list[dict[str, str]]:
    """The cards by which a ticket is found, their moments on China's clock."""
    return [
        {"colour": c.sign, "at": local(c.at).isoformat(timespec="seconds"), "stage": c.stage}
        for c in done.cards or ()
    ]


async def save_step(session: AsyncSession, row: Row, done: Applied, actor: str) -> None:
    """Save a step of the table, its events and what it makes of the clock. Raises Conflict."""
    after = done.ticket
    changes: tickets.Changes = {
        "state": after.state,
        "due_at": after.due,
        "next_alarm_at": after.next_alarm_at,
        "clock": clock_of(after),
        "policy": after.policy,
        "policy_hash": after.policy_hash,
        "parent_id": after.parent,
        "relation": after.relation,
    }
    if after.unit != row.unit_code:  # one that stays is known already
        changes["unit_code"] = after.unit
    if done.explanation is not None:
        changes["steps"] = steps_of(done.explanation)
    if done.cards is not None:
        changes["cards"] = cards_of(done)
    for entry in done.entries:
        if entry.action in _STAMPS:
            changes |= cast(tickets.Changes, {_STAMPS[entry.action]: entry.at})
        if entry.action == "reply":
            changes["reply"] = dict(entry.facts)
    await tickets.change(session, row.id, row.version, done.events, actor, **changes)


def proposed(found: Proposals) -> list[Proposed]:
    """Proposals as rows, kind by kind in rank order."""
    return [_row(kind, candidate) for kind, name in _LISTS for candidate in getattr(found, name)]


def news(ticket: Ticket, event: Event) -> dict[str, Any]:
    """What screens and counters learn of one event of a ticket; nothing of the citizen."""
    unit = ticket.unit or getattr(event, "unit", None)  # of a return the unit that gave it back
    told: dict[str, Any] = {"ticket_id": ticket.id, "unit": unit, "state": ticket.state}
    if isinstance(event, DeadlineNear):
        told |= {"colour": event.colour, "stage": event.stage}
    if isinstance(event, Replied) and ticket.due is not None:
        told["left_s"] = (ticket.due - event.at).total_seconds()
    if isinstance(event, Anomaly):
        told |= {"kind": event.kind}
    if isinstance(event, Sensitive):
        told |= {"categories": list(event.categories), "level": event.level}
    return told


async def past_matters(session: AsyncSession, call: Call) -> tuple[PastMatter, ...]:
    """The caller's latest tickets, so that the same matter raised again is seen as such (F19).

    Never a confidential one: proposals stay with the call for whoever reads it later. Filing itself looks at all of them.
    """
    if not call.caller:
        return ()
    found = await tickets.find(session, caller=call.caller, limit=PAST)
    return tuple(
        PastMatter(row.id, row.body or row.title, "closed" if row.state in OVER else "open")
        for row in found.items
        if row.call_id != call.id and not row.confidential
    )


def matching(floor: Floor, line: str, past: tuple[PastMatter, ...]) -> CallContext:
    """What is known beside the words: whose rules apply, how they read complaints about conduct, how sure is sure."""
    day = local(floor.clock()).date()
    return CallContext(line, floor.rules_of, day, past, refuses_conduct(floor.policy), floor.policy.ways.sure)


def refuses_conduct(policy: Policy) -> bool:
    """Whether a city takes no complaints about conduct at all (Heyuan 5(四), 6(七))."""
    return policy.switches.conduct_complaints.value == "refuse_all"


def order_of(shown: Sequence[ProposalRow]) -> dict[MatchKind, list[str]]:
    """What is shown now, kind by kind in its order."""
    kinds = cast(Mapping[str, MatchKind], dict(_LISTS))
    found: dict[MatchKind, list[str]] = {}
    for one in sorted(shown, key=lambda row: row.rank):
        found.setdefault(kinds[one.kind], []).append(one.ref)
    return found


def differ(rows: Sequence[Proposed], shown: Sequence[ProposalRow]) -> bool:
    """Whether a person would see a difference: other proposals, another order, or a score moved by 0.05."""
    rows = sorted(rows, key=lambda row: row.kind)  # as the store gives them back
    if [(row.kind, row.ref) for row in rows] != [(one.kind, one.ref) for one in shown]:
        return True
    return any(abs(row.score - one.score) >= VISIBLE for row, one in zip(rows, shown, strict=True))


def _row(kind: Kind, candidate: Candidate) -> Proposed:
    evidence = [{"source": e.source, "quote": e.quote, "clause": e.clause} for e in candidate.evidence]
    return Proposed(kind, candidate.id, candidate.title, candidate.score, candidate.confident, list(evidence))


def summary(found: Proposals) -> dict[str, Any]:
    """For the event: which and how sure, without the citizen's words."""
    return {
        name: [{"id": c.id, "score": round(c.score, 3)} for c in getattr(found, name)] for _, name in _LISTS
    }


async def tell_ticket(floor: Floor, done: Applied) -> None:
    """Screens of the unit and the office learn what happened to a ticket."""
    ticket = done.ticket
    for event in done.events:
        await floor.tell("tickets", event.name, **news(ticket, event))
