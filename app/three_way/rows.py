"""What a transfer changes in the rows, whoever reports it; and what is told to screens once that is kept."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import alerts, filed, filing
from app.floor import Floor
from app.journey import Journey
from core.errors import HotlineError, UnknownUnit
from core.events import TransferStep
from core.masking import mask_number
from core.policy_parts import TicketType
from core.ports import Place
from core.transfer import REASON_NAMES, Reason
from routing.seats import SeatState
from store import calls, events, line_state, seats, tickets, transfers, utterances
from store.tables import Call, Leg, Transfer, Unit
from tickets.ticket import Person

log = structlog.get_logger(__name__)
Todo = Callable[[], Awaitable[None]]
HELD: Place = ("hl-held", "s")
"""Where a parted citizen hears music."""
ASKS: Place = ("hl-staff", "s")
"""Where anybody else's line asks what comes next."""
SPEAKERS = {
    "citizen": "市民", "agent": "话务员", "expert": "专家", "sub_centre": "分中心", "unit": "承办单位",
    "emergency": "紧急服务", "utility": "公用企业", "supervisor": "班长", "county": "县区",
}  # fmt: skip

ELSEWHERE = ("sub_centre", "emergency", "utility")  # others answer there: each try tells whether anybody does


def later(session: AsyncSession, todo: Todo) -> None:
    """Do this once the rows are kept: hints to screens, orders to the switch."""
    session.info.setdefault("later", []).append(todo)


async def do_later(session: AsyncSession) -> None:
    """What `later` collected, after the session's end. An order that fails costs a moment: legs ask again by themselves."""
    for todo in session.info.pop("later", ()):
        try:
            await todo()
        except HotlineError as error:
            log.warning("the switch did not take an order", reason=str(error))


def to_of(transfer: Transfer) -> dict[str, str]:
    """Whom a transfer goes to, as screens may see it."""
    private = transfer.kind == "number"
    return {
        "kind": transfer.kind,
        "ref": mask_number(transfer.ref) if private else transfer.ref,
        "name": mask_number(transfer.name) if private else transfer.name,
        "role": transfer.role,
    }


async def note(
    floor: Floor, session: AsyncSession, transfer: Transfer, what: str, at: datetime, actor: str, **facts: Any
) -> None:
    """A step of a transfer as a fact of the call; told to the call's screens afterwards."""
    to = to_of(transfer)
    told = {name: value for name, value in facts.items() if value is not None}
    step = TransferStep(at, transfer.call_id, transfer.id, what, to, facts.get("reason"), facts.get("who"))
    await events.append(session, step, actor)
    if what in ("answered", "failed") and transfer.role in ELSEWHERE:
        outcome = facts.get("reason") or "answered"
        await line_state.tried(session, transfer.ref, outcome, at, "transfer")

    async def tell() -> None:
        await floor.tell(
            f"call.{transfer.call_id}", f"transfer.{what}", transfer_id=transfer.id, to=to, **told
        )
        await floor.tell(
            "floor", f"transfer.{what}", call_id=transfer.call_id, transfer_id=transfer.id, **told
        )
        if transfer.third_seat:  # the expert's page, which knows of the call by this alone
            invited = {"call_id": transfer.call_id, "transfer_id": transfer.id, "how": transfer.how}
            await floor.tell(f"seat.{transfer.third_seat}", f"transfer.{what}", **invited)

    later(session, tell)


async def fail(
    floor: Floor,
    session: AsyncSession,
    transfer: Transfer,
    reason: Reason,
    at: datetime,
    *,
    cause: int = 0,
    ticket: bool = True,
) -> None:
    """Nobody was reached: why, and by itself a ticket to that unit with what was said so far, all in this transaction."""
    if transfer.state != "ringing":
        return
    ticket_id = await _file(floor, session, transfer, reason) if ticket else None
    await transfers.change(
        session, transfer.id, state="failed", place="gone", reason=reason, cause=cause or None, ended_at=at,
        ticket_id=ticket_id,
    )  # fmt: skip
    await transfers.end_leg(session, transfer.leg_id, at, "us" if reason == "cancelled" else "third", reason)
    if transfer.third_seat:
        to: SeatState = "paused" if reason in ("unreachable", "timeout") else "ready"
        await seats.release(session, transfer.third_seat, transfer.call_id, at, to=to)
    await note(floor, session, transfer, "failed", at, "switch", reason=reason, ticket_id=ticket_id)


async def over(
    floor: Floor, session: AsyncSession, transfer: Transfer, at: datetime, by: str, lost: bool
) -> None:
    """The third party is gone after they had spoken."""
    if transfer.state not in ("talking", "merged"):
        return
    await transfers.change(session, transfer.id, state="over", place="gone", ended_at=at)
    reason = "LOST" if lost else "ANSWER"
    await transfers.end_leg(session, transfer.leg_id, at, by, reason)
    if transfer.third_seat:
        await let_seat_go(session, transfer.third_seat, transfer.call_id, at)
    await note(floor, session, transfer, "ended", at, "switch", who=by)


async def let_seat_go(session: AsyncSession, seat: str, call_id: str, at: datetime) -> None:
    """A seat whose leg is gone while the call goes on: it wraps up."""
    row = await seats.get(session, seat)
    if row.call_id == call_id and row.state in ("talking", "ringing"):
        await seats.set_state(session, seat, "wrap_up", at, call_id=call_id)


async def call_over(floor: Floor, session: AsyncSession, call: Call, at: datetime) -> None:
    """The citizen is gone: what still rings has failed, what was talked about is over."""
    if not Journey.read(call.menu_state).parted:
        return
    for one in await transfers.of_call(session, call.id):
        await fail(floor, session, one, "cancelled", at)
        await over(floor, session, one, at, "citizen", False)


async def let_all_go(session: AsyncSession, call_id: str, at: datetime) -> None:
    """Every seat this call has: the one that talked wraps up."""
    await seats.let_go(session, call_id, at)


async def seat_talks(session: AsyncSession, seat: str, call_id: str, at: datetime) -> None:
    """An expert's seat that rang was picked up."""
    await seats.talk(session, seat, call_id, at)


def stretch_begins(journey: Journey, at: datetime) -> Journey:
    """The citizen talks with somebody from now on."""
    return journey if journey.since else replace(journey, since=at.timestamp(), parted=True, held=False)


def stretch_ends(journey: Journey, at: datetime, counted_s: float = 0.0) -> Journey:
    """The citizen talks with nobody (any more): what this stretch lasted is added, as Asterisk counted it where it did."""
    if not journey.since:
        return journey
    lasted = counted_s or max(0.0, at.timestamp() - journey.since)
    return replace(journey, talked_s=round(journey.talked_s + lasted, 3), since=0.0)


def dialled_talk(journey: Journey, at: datetime, counted_s: float) -> Journey:
    """A talk that Dial carried is over; its length as Asterisk counted it."""
    begun = journey if journey.since else replace(journey, since=at.timestamp() - counted_s)
    return replace(stretch_ends(begun, at, counted_s), parted=True)


def is_up(leg: Leg) -> bool:
    """Whether it was answered and has not ended."""
    return leg.answered_at is not None and leg.ended_at is None


def open_agent(staff: Sequence[Leg]) -> Leg | None:
    """The agent's leg that is up."""
    found = [leg for leg in staff if leg.role == "agent" and is_up(leg)]
    return found[-1] if found else None


async def first_stretch(session: AsyncSession, call: Call, journey: Journey) -> Journey:
    """A talk that Dial carries is counted by Asterisk; parted, it is counted from when the agent answered."""
    journey = replace(journey, parted=True)
    if journey.since or call.step != "ring":
        return journey
    agent = open_agent(await transfers.staff_legs(session, call.id))
    return replace(journey, since=agent.answered_at.timestamp()) if agent and agent.answered_at else journey


async def _file(floor: Floor, session: AsyncSession, transfer: Transfer, reason: Reason) -> str:
    """The ticket of a failed transfer; asked again it is the same one."""
    call = await calls.get(session, transfer.call_id)
    name = mask_number(transfer.name) if transfer.kind == "number" else transfer.name
    title = f"转接{name}未成功（{REASON_NAMES[reason]}）"
    asked = f"所问：{transfer.ask}\n" if transfer.ask else ""
    body = f"{title}，系统自动登记。\n{asked}{await _said(session, call.id)}"
    unit = transfer.unit_code
    if unit is not None and await session.get(Unit, unit) is None:
        unit = None
    # a question that the unit was called to answer stays a consult, with a consult's term (002 9, 附五(一)3)
    kind: TicketType = "consult" if transfer.ask and transfer.kind == "unit" else "help"
    order = filing.Order(
        kind, title, body, "dispatch" if unit else "file", unit=unit, call_id=call.id, caller=call.caller
    )
    actor = Person(transfer.user_id or "transfer", "agent")
    key = f"transfer-failed:{transfer.id}"
    first = await tickets.by_request_key(session, key)
    if first is not None:
        return first.id
    try:
        steps = filing.first_steps(floor, order, actor)
        new = filing.new_row(order, steps, actor, key, call.caller)
        happened = [event for done in steps for event in done.events]
        row, fresh = await tickets.file(session, new, happened, "transfer")
    except (
        UnknownUnit
    ) as error:  # checked above; a unit taken out this moment is no reason to lose the ticket
        log.error("a failed transfer names no unit", transfer=transfer.id, reason=str(error))
        raise
    if fresh:
        done, number = steps[-1], row.number
        alarms = await filed.of(floor, session, row)

        async def tell() -> None:
            await filing.tell_ticket(floor, done)
            await alerts.tell(floor, alarms)
            await floor.tell(f"call.{call.id}", "ticket.filed", ticket_id=row.id, number=number)

        later(session, tell)
    return row.id


async def _said(session: AsyncSession, call_id: str) -> str:
    """What was said so far, line by line."""
    lines = [
        f"{SPEAKERS.get(one.speaker, one.speaker)}：{one.text}"
        for one in await utterances.of_call(session, call_id)
    ]
    return "\n".join(lines) if lines else "（尚无通话文字，请听录音）"
