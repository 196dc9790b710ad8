"""What units are scored from, read as facts: tickets' events, grades, test calls, attitude marks, knowledge, register, findings."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.calendar import Calendar
from core.policy import Policy
from core.reachability import FAILED, Rule
from store import findings, frozen, probes, tickets
from store.assess_cases import of_cases
from store.assess_register import register
from store.assess_tickets import of_tickets, repeats
from store.tables import EventRow, Line, Transfer, Unit
from tickets.assessment.fact import EVERYBODY, FIRST_FILED, Fact, Period
from tickets.open_hours import OpenHours, open_hours

_KNOWLEDGE = {
    "knowledge.late": "knowledge_late", "knowledge.overdue": "knowledge_late", "knowledge.notice_missed": "notice_missed",
    "knowledge.published": "knowledge_updated", "knowledge.fixed": "knowledge_updated",
}  # fmt: skip
_LIFTS = {"knowledge.lifted": "knowledge.notice_missed", "knowledge.dismissed": "knowledge.overdue"}
"""What takes back which: a finding that was lifted; a report that was unfounded had nothing to mend (001 25)."""
_MARKED_WITHIN = timedelta(days=31)
"""So long after a call its attitude may still be marked and counted."""
_RULED_BEFORE = timedelta(days=31)
"""A term that ends in the period may have begun so long before it, and a ruling then excuses it."""
_LONGEST = timedelta(days=1)
"""No outage is followed by test calls for longer: so far beyond the period's ends a run of them is read."""
_PHONES = {"fixed": "fixed_line_outage", "leader": "mobile_outage", "handler": "mobile_outage"}


async def gathered(
    session: AsyncSession, policy: Policy, calendar: Calendar, span: Period, as_of: datetime
) -> dict[str, list[Fact]]:
    """Unit -> its facts for this period as known at `as_of`; those about all units under ''."""
    found: dict[str, list[Fact]] = {EVERYBODY: []}

    def take(facts: Iterator[Fact] | Sequence[Fact]) -> None:
        for fact in facts:
            if fact.at <= as_of:
                found.setdefault(fact.unit, []).append(fact)

    async for facts in of_tickets(session, policy, calendar, span, as_of):
        take(facts)
    take(await repeats(session, span))
    take(await _first(session))
    take(await _outages(session, span, as_of, open_hours(policy, calendar)))
    take(await _attitudes(session, span))
    take(await _knowledge(session, span, as_of))
    take(await register(session, span, as_of))
    take(await _findings(session, span, as_of))
    take(await of_cases(session, span, as_of))
    take(await _rulings(session, span, as_of))
    take(await _struck(session, policy.profiles, span))
    take(await _frozen(session, policy.profiles, span))
    return found


async def _first(session: AsyncSession) -> list[Fact]:
    """Since when there is anything to score."""
    at = await tickets.first_filed(session)
    return [] if at is None else [Fact(FIRST_FILED, at, EVERYBODY, FIRST_FILED)]


# --- telephones, attitude, knowledge ----------------------------------------------------------------------------------


async def _outages(session: AsyncSession, span: Period, as_of: datetime, hours: OpenHours) -> list[Fact]:
    """Each outage with every test call that proves it (A15), of the period in which it began, though it went on beyond its end."""
    until = min(span.end + _LONGEST, as_of)
    found = [
        (reach.unit, kind, out)
        for reach in await probes.summary(session, span.start - _LONGEST, until, hours, rule=Rule())
        for kind, out in reach.outages
        if kind in _PHONES and span.holds(out.began)
    ]
    calls = await _probed(session, {out.phone_id for _, _, out in found}, span)
    facts = []
    for unit, kind, out in found:
        until = out.ended + probes.LOST_AFTER
        proof = [event for event, at in calls.get(out.phone_id, ()) if out.began <= at <= until]
        data = {"ended": out.ended.isoformat(), "why": f"{out.tries}次测试无人接听", "events": proof[1:]}
        data |= {"excused": "不可抗力"} if out.excused else {}
        name = proof[0] if proof else f"outage:{out.phone_id}:{out.began.isoformat()}"
        facts.append(Fact(name, out.began, unit, _PHONES[kind], data=data))
    return facts


async def _probed(
    session: AsyncSession, phones: Collection[str], span: Period
) -> dict[str, list[tuple[str, datetime]]]:
    """Phone -> its test calls that nobody answered: event and moment."""
    wanted = select(EventRow.id, EventRow.at, EventRow.subject, EventRow.payload).where(
        EventRow.subject.in_(phones), EventRow.name == "unit.probed",
        EventRow.at >= span.start, EventRow.at < span.end + _LONGEST + probes.LOST_AFTER,
    )  # fmt: skip
    found: dict[str, list[tuple[str, datetime]]] = {}
    for row in await session.execute(wanted.order_by(EventRow.seq)) if phones else ():
        if row.payload.get("outcome") in FAILED:
            found.setdefault(row.subject, []).append((row.id, row.at))
    return found


async def _attitudes(session: AsyncSession, span: Period) -> list[Fact]:
    """Marks of the attitude of a unit in a call (C3), of the period they were made in, with the recording that lets it be heard."""
    wanted = select(Transfer.id, Transfer.call_id, Transfer.unit_code, Transfer.attitude).where(
        Transfer.attitude.is_not(None), Transfer.unit_code.is_not(None),
        Transfer.requested_at >= span.start - _MARKED_WITHIN, Transfer.requested_at < span.end,
    )  # fmt: skip
    rows = [row for row in await session.execute(wanted) if row.attitude]
    marks = select(EventRow.id, EventRow.at, EventRow.payload).where(
        EventRow.name == "call.attitude", EventRow.subject.in_([row.call_id for row in rows])
    )
    by_transfer = (
        {row.payload.get("transfer_id"): row for row in await session.execute(marks)} if rows else {}
    )
    facts = []
    for row in rows:
        event = by_transfer.get(row.id)
        heard = [str(row.attitude[name]) for name in ("recording_id",) if row.attitude.get(name)]
        at = event.at if event else datetime.fromisoformat(row.attitude["at"])
        if not span.holds(at):
            continue
        data = {"why": row.attitude.get("kind", ""), "events": [row.id, *heard]}
        facts.append(Fact(event.id if event else row.id, at, row.unit_code, "attitude", data=data))
    return facts


async def _knowledge(session: AsyncSession, span: Period, as_of: datetime) -> list[Fact]:
    """Late uploads, overdue fixes and missed bulletins that still stand, and what was done in time."""
    wanted = select(EventRow.id, EventRow.seq, EventRow.name, EventRow.at, EventRow.payload).where(
        EventRow.name.in_((*_KNOWLEDGE, *_LIFTS)), EventRow.at >= span.start, EventRow.at <= as_of
    )
    rows = (await session.execute(wanted)).all()
    lifted = {(_LIFTS[row.name], row.payload.get("ref")) for row in rows if row.name in _LIFTS}
    facts = []
    for row in rows:
        unit, at = str(row.payload.get("unit") or ""), row.at
        if row.name == "knowledge.notice_missed" and row.payload.get("happened_at"):
            at = datetime.fromisoformat(row.payload["happened_at"])
        stands = row.name in _KNOWLEDGE and (row.name, row.payload.get("ref")) not in lifted
        if unit and stands and span.holds(at):
            data = {"article": row.payload.get("article", "")}
            facts.append(Fact(row.id, at, unit, _KNOWLEDGE[row.name], data=data, seq=row.seq))
    return facts


# --- what the office keeps --------------------------------------------------------------------------------------------


async def _findings(session: AsyncSession, span: Period, as_of: datetime) -> list[Fact]:
    """Confirmed ones; documents of earlier times stay good."""
    return [
        Fact(
            row.id,
            row.happened_at,
            row.unit_code,
            row.kind,
            row.ticket_id or "",
            data={"why": row.what, "events": list(row.evidence)},
        )
        for row in await findings.confirmed(session, span.end)
        if (row.happened_at >= span.start or row.kind.endswith("_document"))
        and (row.reviewed_at or row.at) <= as_of
    ]


async def _rulings(session: AsyncSession, span: Period, as_of: datetime) -> list[Fact]:
    """What excuses, as far as it was ruled by then."""
    return [
        Fact(row.id, row.starts_at, row.unit_code or EVERYBODY, "ruling", data={
            "scopes": list(row.scopes), "starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat(), "reason": row.reason,
        })
        for row in await findings.rulings(session, span.start - _RULED_BEFORE, span.end)
        if row.at <= as_of
    ]  # fmt: skip


async def _struck(session: AsyncSession, profiles: Sequence[str], span: Period) -> list[Fact]:
    """What appeals took back, in the period and the ones inside it."""
    starts = {one.name: one.start for one in span.within}
    return [
        Fact(row.id, row.decided_at or row.at, row.unit_code, "struck", data={
            "key": row.key, "why": row.why or "", "period_start": starts[row.period].isoformat(),
        })
        for row in await frozen.granted(session, profiles, starts)
    ]  # fmt: skip


async def _frozen(session: AsyncSession, profiles: Sequence[str], span: Period) -> list[Fact]:
    """The sheets of a quarter's months, or a year's quarters and months, where they were frozen."""
    parts = [part.name for part in span.within[1:]]
    if not parts:
        return []
    return [
        Fact(
            row.id,
            row.frozen_at,
            row.unit_code,
            "frozen",
            data={"period": row.period, "items": row.sheet["items"]},
        )
        for row in await frozen.standing(session, profiles, parts)
    ]


@dataclass(frozen=True, slots=True)
class Assessed:
    """A unit that is assessed; `sub_centre`: a hotline with its own seats that is assessed as units are (004 二.3)."""

    code: str
    name: str
    active: bool
    division: str | None
    sub_centre: bool


async def assessed(session: AsyncSession) -> list[Assessed]:
    """Every unit, by code."""
    centres = set(await session.scalars(select(Line.unit_code).where(Line.mode == "sub_centre")))
    rows = await session.execute(select(Unit.code, Unit.name, Unit.active, Unit.division).order_by(Unit.code))
    return [Assessed(row.code, row.name, row.active, row.division, row.code in centres) for row in rows]
