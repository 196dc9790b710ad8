"""A chore: looks at what happened and which deadlines passed since it looked last, and keeps the cases that the facts propose."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import filing
from app.accountability.rules import said, situations
from app.floor import Floor
from core.policy import Policy
from store import accountability, hot, orders, tickets, transfers
from store.accountability import DUE, EVENTS, LOOKED_AT, NewCase
from store.assess_tickets import told_of
from store.tables import AccountabilityCursor
from store.tables import Ticket as Row
from tickets.accountability.find import Candidate, Story, by_themselves, candidates
from tickets.assessment.trace import Happened, traced
from tickets.ticket import AGAIN

BATCH = 200
SETTLED = timedelta(seconds=60)
"""Events are numbered before they are committed: younger ones wait, so that none is passed by while its session is still open."""


def collecting(floor: Floor) -> Callable[[], Awaitable[int]]:
    """`collect` as the chore of a worker."""

    async def accountability_file() -> int:
        return await collect(floor)

    return accountability_file


async def collect(floor: Floor) -> int:
    """One round: how many events and deadlines were looked at. Looking twice finds nothing twice."""
    return await _after_events(floor) + await _after_deadlines(floor)


async def _after_events(floor: Floor) -> int:
    """Read first, so that nobody waits for a lock while stories are put together; then kept, unless another process did."""
    now = floor.clock()
    async with floor.database.reading() as session:
        seq = (await accountability.stands(session, EVENTS)).seq
        ready = _settled(await accountability.happened_since(session, seq, BATCH), now)
        told = [row for row in ready if row.name.startswith(LOOKED_AT)]
        found = await _look(floor, session, dict.fromkeys(one for row in told for one in _about(row)), now)
        alone = by_themselves([await _with_unit(session, row) for row in told])
        found += [(one, floor.policy) for one in alone]
    if not ready:
        return 0
    async with floor.database.session() as session:
        if (await accountability.cursor(session, EVENTS)).seq != seq:
            return 0
        await _keep(session, found, now)
        await hot.change(session, AccountabilityCursor, {"name": EVENTS}, {"seq": ready[-1].seq, "at": now})
    return len(ready)


async def _after_deadlines(floor: Floor) -> int:
    """No event tells that a term ended, so deadlines are passed in their order, each once."""
    now = floor.clock()
    async with floor.database.reading() as session:
        before = await accountability.stands(session, DUE)
        due = await accountability.due_since(session, before.at, before.ref, now, orders.WAITING, BATCH)
        found = await _look(floor, session, [row.id for row in due], now)
    if not due:
        return 0
    async with floor.database.session() as session:
        cursor = await accountability.cursor(session, DUE)
        if (cursor.at, cursor.ref) != (before.at, before.ref):
            return 0
        await _keep(session, found, now)
        last = {"at": due[-1].due_at, "ref": due[-1].id}
        await hot.change(session, AccountabilityCursor, {"name": DUE}, last)
    return len(due)


def _settled(rows: Sequence[Any], now: datetime) -> list[Any]:
    ready = []
    for row in rows:
        if row.at > now - SETTLED:
            break
        ready.append(row)
    return ready


def _about(row: Any) -> Iterable[str]:
    """Tickets to look at: the event's own, what an order is about, and the first of a matter that was raised again."""
    if row.name.startswith(("ticket.", "supervision.")):
        yield row.subject
    if row.name.startswith("supervision.") and row.payload.get("parent_id"):
        yield str(row.payload["parent_id"])
    if row.name == "ticket.repeat" and row.payload.get("of"):
        yield str(row.payload["of"])


async def _with_unit(session: AsyncSession, row: Any) -> Happened:
    """An attitude mark is about the unit that was called."""
    payload = dict(row.payload)
    if row.name == "call.attitude":
        transfer = await transfers.get(session, str(payload["transfer_id"]))
        payload["unit"] = transfer.unit_code or ""
    return Happened(row.id, row.seq, row.name, row.at, payload)


async def _look(
    floor: Floor, session: AsyncSession, ids: Iterable[str], now: datetime
) -> list[tuple[Candidate, Policy]]:
    """What these tickets' facts propose, each under the rules it runs under."""
    found: list[tuple[Candidate, Policy]] = []
    for ticket_id in ids:
        row = await session.get(Row, ticket_id)
        if row is not None and row.policy:
            policy = filing.policy_of(floor, row)
            story = await _story(floor, session, row, policy)
            found += [(one, policy) for one in candidates(story, policy, now)]
    return found


async def _story(floor: Floor, session: AsyncSession, row: Row, policy: Policy, lead: bool = True) -> Story:
    family = await tickets.children(session, row.id)
    again = [one.id for one in family if one.relation in AGAIN]
    ordered = {one.id for one in family if one.relation == "supervision"}
    found = await accountability.events_of(session, [row.id, *again, *ordered])
    happened = [Happened(one.id, one.seq, one.name, one.at, one.payload) for one in found]
    own = [one for one, event in zip(happened, found, strict=True) if event.subject == row.id]
    repeats = [one for one in happened if one.name == "ticket.repeat" and one.payload.get("of") == row.id]
    orders = [one for one, event in zip(happened, found, strict=True) if event.subject in ordered]
    orders = [one for one in orders if one.name.startswith("supervision.")]
    above = (
        await session.get(Row, row.parent_id) if lead and row.relation == "assist" and row.parent_id else None
    )
    return Story(
        row.id, row.state, list(traced(told_of(row), own, policy, floor.calendar)), own, repeats, row.relation or "",
        any(one.relation == "assist" for one in family), orders,
        await _story(floor, session, above, policy, lead=False) if above else None,
    )  # fmt: skip


async def _keep(session: AsyncSession, found: Iterable[tuple[Candidate, Policy]], now: datetime) -> None:
    for one, policy in found:
        grounds = situations().grounds(one.kinds, policy.documents)
        named = [kind for kind in one.kinds if any(kind in ground.found for ground in grounds)]
        if named:
            new = NewCase(
                f"{one.about}/{named[0]}", one.about, tuple(named), said(grounds), one.unit, one.at, one.events, one.why,
                one.ticket,
            )  # fmt: skip
            await accountability.keep(session, new, now)
