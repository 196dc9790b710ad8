"""What the year must have left behind, read from the database and held against the lifecycle table and an independent oracle."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import func, select

from bench.city.oracle import Fall, Judge
from bench.city.people import Done, raised
from bench.city.year import LATE_SWEEP, OVER, Year
from store.database import Database
from store.tables import EventRow, NoticeRow
from store.tables import Ticket as Row
from tickets.ledger import HOLDERS, Move, ledger
from tickets.table import BARRED, RULES, besides
from tickets.ticket import Relation

_LAG = LATE_SWEEP + timedelta(seconds=2)
_BATCH = 500
_SETTLED = frozenset(OVER) | {"resolved", "revisited", "replied", "reviewed"}
_BARRED: Mapping[str, Collection[str]] = {str(relation): deeds for relation, deeds in BARRED.items()}


@dataclass(slots=True)
class Report:
    """`wrong`: what must not be, in words, the first of each kind; `seen`: how much was looked at."""

    wrong: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)

    def fault(self, kind: str, about: str) -> None:
        self.wrong[kind] += 1
        self.examples.setdefault(kind, about)


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket and everything that was written of it, in order."""

    row: Row
    events: list[EventRow]
    notices: list[NoticeRow]


async def stories(database: Database) -> AsyncIterator[Story]:
    """Every ticket, some hundred at a time."""
    after = ""
    while True:
        async with database.reading() as session:
            rows = (
                await session.scalars(select(Row).where(Row.id > after).order_by(Row.id).limit(_BATCH))
            ).all()
            if not rows:
                return
            ids, after = [row.id for row in rows], rows[-1].id
            events: defaultdict[str, list[EventRow]] = defaultdict(list)
            for event in await session.scalars(
                select(EventRow).where(EventRow.subject.in_(ids)).order_by(EventRow.seq)
            ):
                events[event.subject].append(event)
            notices: defaultdict[str, list[NoticeRow]] = defaultdict(list)
            for notice in await session.scalars(select(NoticeRow).where(NoticeRow.ticket_id.in_(ids))):
                notices[notice.ticket_id or ""].append(notice)
        for row in rows:
            yield Story(row, events[row.id], notices[row.id])


async def examine(year: Year, end: datetime) -> Report:
    """All checks over all tickets."""
    report, lives = Report(), Families()
    async for story in stories(year.floor.database):
        report.seen["tickets"] += 1
        report.seen["events"] += len(story.events)
        report.seen["notices"] += len(story.notices)
        report.seen[f"state {story.row.state}"] += 1
        replayed(story, report)
        cards(story, year, end, report)
        told(story, year, report)
        court(story, end, report)
        acknowledged(story, year.done.get(story.row.id, []), report)
        lives.note(story)
    lives.judge(year, report)
    await keys(year.floor.database, report)
    return report


def replayed(story: Story, report: Report) -> None:
    """Every step is one that the table has, from the state before it; the last one leads to where the row is."""
    row, state = story.row, "intake"
    for event in taken(story):
        given = event.payload
        action, before, after = given["action"], given["before"], given["state"]
        rule = RULES.get((before, action))
        report.seen["steps"] += 1
        if before != state or rule is None:
            report.fault(
                "a step outside the state machine", f"{row.number} {state}: {before} {action} {after}"
            )
        elif rule.next not in ("same", "working", after) or (rule.next == "same" and after != before):
            report.fault(
                "a step to another state than the table's", f"{row.number} {before} {action} {after}"
            )
        elif action in _BARRED.get(row.relation or "", ()):
            report.fault("a step barred for such a child", f"{row.number} {row.relation} {action}")
        elif not _by(event.actor, rule.by | besides(before, action, cast(Relation | None, row.relation))):
            report.fault("a step by somebody who may not", f"{row.number} {action} {event.actor}")
        state = after
    if state != row.state:
        report.fault("events and row disagree about the state", f"{row.number} {state} {row.state}")


def _by(actor: str, roles: frozenset[str]) -> bool:
    role = {
        "usr_office": "office",
        "usr_boss": "supervisor",
        "usr_agent": "agent",
        "clock": "clock",
        "citizen": "clock",
    }
    return role.get(actor, "unit") in roles


def taken(story: Story) -> Iterator[EventRow]:
    """Events that are steps; a decision and a grade are told twice, in two tongues."""
    for event in story.events:
        if event.name == "ticket.dispatched" and event.payload["action"] == "decide":
            continue
        if "action" in event.payload:
            yield event


def cards(story: Story, year: Year, end: datetime, report: Report) -> None:
    """Each card that had to fall was noticed once, in time, and no other was."""
    row, done = story.row, year.done.get(story.row.id)
    if not done:
        report.fault("a ticket nobody filed", row.number)
        return
    kinds = (
        dict(raised(int(done[0].facts["key"][5:]), year.count, year.seed, year.silent).order.kinds)
        if "key" in done[0].facts
        else _inherited(row)
    )
    ruling = Judge(year.floor.policy.name, row.type, kinds, row.relation).rule(done, end)  # type: ignore[arg-type]
    had = sorted(ruling.falls, key=lambda fall: (fall.stage, fall.sign, fall.at))
    were = sorted(
        (
            Fall(e.at, e.payload["stage"], e.payload["colour"])
            for e in story.events
            if e.name == "ticket.card"
        ),
        key=lambda fall: (fall.stage, fall.sign, fall.at),
    )
    report.seen["cards"] += len(were)
    if [(one.stage, one.sign) for one in had] != [(one.stage, one.sign) for one in were]:
        missed = Counter((o.stage, o.sign) for o in had) - Counter((o.stage, o.sign) for o in were)
        kind = "a card missed" if missed else "a card doubled or out of place"
        report.fault(kind, f"{row.number} {row.type} {row.relation} had {had} were {were} after {done}")
    elif any(not timedelta(0) <= seen.at - fell.at <= _LAG for fell, seen in zip(had, were, strict=True)):
        report.fault("a card at another time", f"{row.number} had {had} were {were} after {done}")
    deemed = [event.at for event in story.events if event.payload.get("action") == "deem_accepted"]
    if len(deemed) != len(ruling.deemed) or any(
        not timedelta(0) <= a - b <= _LAG for a, b in zip(deemed, ruling.deemed, strict=True)
    ):
        report.fault("acceptance by silence", f"{row.number} had {ruling.deemed} were {deemed} after {done}")
    if row.due_at != ruling.due:
        report.fault(
            "another deadline than the oracle's", f"{row.number} {row.due_at} {ruling.due} after {done}"
        )
    if row.next_alarm_at is not None and row.next_alarm_at <= end:
        report.fault("an alarm nobody looked at", f"{row.number} {row.next_alarm_at}")


def _inherited(row: Row) -> dict[str, bool]:
    return {name: bool(row.clock.get(name)) for name in ("on_site", "complex")}


def told(story: Story, year: Year, report: Report) -> None:
    """Each card told the people its clause names, by telephone and text, once each."""
    owed: Counter[tuple[str, str]] = Counter()
    for event in story.events:
        if event.name == "ticket.card" and year.floor.policy.name in ("heyuan", "demo"):
            colour, stage = event.payload["colour"], event.payload["stage"]
            if colour != "overdue" and stage in ("sign", "handle", "redo"):
                for _ in ("handler",) if colour == "warning" else ("handler", "leader"):
                    owed.update({(f"{stage}.{colour}", "sms"): 1, (f"{stage}.{colour}", "voice"): 1})
    was: Counter[tuple[str, str]] = Counter()
    for notice in story.notices:
        if notice.kind == "card":
            was[(notice.key.split("/")[3], notice.channel)] += 1
    if was != owed:
        report.fault(
            "a card told to the wrong people or not once", f"{story.row.number} owed {owed} was {was}"
        )


def court(story: Story, end: datetime, report: Report) -> None:
    """The ledger's spans follow one another without a gap and add up to the ticket's life."""
    moves = [Move(e.at, e.payload["action"], e.payload["state"], e.payload.get("unit")) for e in taken(story)]
    found = ledger(moves, end)
    over = next((move.at for move in moves if HOLDERS[move.state] == "nobody"), end)
    held = sum(found.held.values(), timedelta())
    if held != over - moves[0].at:
        report.fault("a ledger that does not add up", f"{story.row.number} {held} of {over - moves[0].at}")
    for one, other in zip(found.spans, found.spans[1:], strict=False):
        if one.until != other.since:
            report.fault("a ledger with a gap", story.row.number)
    if found.returns != sum(move.action == "return" for move in moves):
        report.fault("returns counted wrongly", story.row.number)


def acknowledged(story: Story, done: list[Done], report: Report) -> None:
    """What the house said yes to is there, and nothing that nobody did."""
    law = ("deem_accepted", "file", "dispatch", "answer", "refuse")
    kept = Counter((e.payload["action"], e.at) for e in taken(story) if e.payload["action"] not in law)
    said = Counter((one.action, one.at) for one in done if one.action not in (*law, "raise"))
    if said - kept:
        report.fault("an acknowledged step that is lost", f"{story.row.number} {said - kept}")
    if kept - said:
        report.fault("a step nobody took", f"{story.row.number} {kept - said}")


class Families:
    """What tickets owe one another: nobody resolves a lead over an open child, and a red card has its supervision order."""

    def __init__(self) -> None:
        self._children: defaultdict[str, list[tuple[str, datetime, list[tuple[datetime, int, str, str]]]]] = (
            defaultdict(list)
        )
        self._resolved: list[tuple[str, str, datetime, int, str]] = []
        self._red: list[tuple[str, str, datetime, int]] = []

    def note(self, story: Story) -> None:
        row = story.row
        life = [(e.at, e.seq, e.payload["action"], e.payload["state"]) for e in taken(story)]
        if row.parent_id and row.relation in ("assist", "descent", "supervision"):
            self._children[row.parent_id].append((row.relation, row.filed_at, life))
        for at, seq, action, _ in life:
            if action in ("resolve", "reply"):
                self._resolved.append((row.id, row.number, at, seq, action))
        if row.relation != "supervision":
            self._red += [
                (row.id, row.number, e.at, e.seq)
                for e in story.events
                if e.name == "ticket.card" and e.payload["colour"] == "red"
            ]

    def judge(self, year: Year, report: Report) -> None:
        for row, number, _, seq, action in self._resolved:
            waits = ("assist", "descent") if action == "resolve" else ("descent",)
            for relation, _, life in self._children[row]:
                before = [state for _, when, _, state in life if when < seq]
                if relation in waits and before and before[-1] not in _SETTLED:
                    report.fault(
                        "a lead settled over an open child", f"{number} {action} {relation} {before[-1]}"
                    )
            report.seen["guarded steps"] += 1
        if (
            "red_card" not in year.floor.policy.stages.supervise.opens_on
            or year.floor.policy.stages.supervise.term is None
        ):
            return
        for row, number, at, seq in self._red:
            report.seen["red cards"] += 1
            orders = [
                life
                for relation, filed, life in self._children[row]
                if relation == "supervision" and filed <= at
            ]
            standing = [
                life
                for life in orders
                if (past := [s for w, n, _, s in life if n < seq or w == at]) and past[-1] not in OVER
            ]
            opened = [life for life in orders if life and life[0][0] == at]
            if not standing and not opened:
                report.fault("a red card without a supervision order", f"{number} {at}")


async def keys(database: Database, report: Report) -> None:
    """No notice is owed twice under one key."""
    async with database.reading() as session:
        many, distinct = (
            await session.execute(select(func.count(), func.count(NoticeRow.key.distinct())))
        ).one()
    if many != distinct:
        report.fault("a notice key used twice", f"{many} notices, {distinct} keys")


def faults(report: Report) -> Mapping[str, Any]:
    """JSON-able."""
    return {
        kind: {"many": many, "first": report.examples[kind][:600]}
        for kind, many in sorted(report.wrong.items())
    }
