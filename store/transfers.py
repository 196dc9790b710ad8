"""Transfers of calls. Every change is made while the call's row is locked, so one call has one course of events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from core.ports import Speaker
from store import hot
from store.paging import Page, page
from store.tables import Call, Leg, Recording, Seat, Transfer, UnitPhone


async def add(session: AsyncSession, **row: Any) -> Transfer:
    """A transfer begins. `row`: columns of Transfer."""
    await hot.add(session, Transfer, [{"channel": "", "version": 1, **row}])
    return await get(session, row["id"])


async def get(session: AsyncSession, transfer_id: str) -> Transfer:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Transfer, id=transfer_id)
    if found is None:
        raise NotFound(f"没有转接 {transfer_id}")
    return found


async def by_request_key(session: AsyncSession, request_key: str) -> Transfer | None:
    """What was begun with this key."""
    return await hot.row(session, Transfer, request_key=request_key)


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Transfer]:
    """Oldest first."""
    found = await hot.rows(session, Transfer, call_id=call_id)
    return sorted(found, key=lambda one: (one.requested_at, one.id))


async def invitations(session: AsyncSession, user_id: str, limit: int, offset: int) -> Page[Transfer]:
    """What somebody's seat was called into, newest first."""
    mine = select(Transfer).where(Transfer.third_user == user_id).execution_options(populate_existing=True)
    return await page(session, mine.order_by(Transfer.requested_at.desc(), Transfer.id), limit, offset)


async def legs_of(session: AsyncSession, transfer_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Call and leg of each of these transfers."""
    mine = select(Transfer.id, Transfer.call_id, Transfer.leg_id).where(Transfer.id.in_(transfer_ids))
    return {row.id: (row.call_id, row.leg_id) for row in await session.execute(mine)}


async def current(session: AsyncSession, call_id: str) -> Transfer | None:
    """The one that is ringing, talking or merged; the newest where there are several."""
    under_way = [one for one in await of_call(session, call_id) if one.ended_at is None]
    return under_way[-1] if under_way else None


USUAL_OF = 500  # answers of late that tell how long somebody usually takes


async def usual_answer_s(session: AsyncSession, since: datetime) -> dict[str, float]:
    """Whom transfers went to -> seconds from our ringing to their answer, the mean of the latest of them."""
    question = select(Transfer.ref, Transfer.requested_at, Transfer.answered_at).where(
        Transfer.answered_at.is_not(None), Transfer.requested_at >= since
    )
    took: dict[str, list[float]] = {}
    for row in await session.execute(question.order_by(Transfer.requested_at.desc()).limit(USUAL_OF)):
        if row.answered_at is not None:
            took.setdefault(row.ref, []).append((row.answered_at - row.requested_at).total_seconds())
    return {ref: round(sum(each) / len(each), 1) for ref, each in took.items()}


async def change(session: AsyncSession, transfer_id: str, **changes: Any) -> None:
    """Note what happened. Raises NotFound."""
    if not await hot.change(session, Transfer, {"id": transfer_id}, changes):
        raise NotFound(f"没有转接 {transfer_id}")


async def evidence(session: AsyncSession, transfer: Transfer) -> Recording | None:
    """The sound of the third party's own leg."""
    found = await session.scalars(select(Recording).where(Recording.leg_id == transfer.leg_id))
    return found.first()


async def speakers(session: AsyncSession, recording: Recording) -> tuple[Speaker | None, ...]:
    """Who is heard left and right: of a leg's own recording only its own voice, the others have recordings of theirs."""
    leg = await hot.row(session, Leg, id=recording.leg_id) if recording.leg_id else None
    return ("citizen", "agent") if leg is None else (cast(Speaker, leg.role), None)


async def offset_s(session: AsyncSession, recording: Recording) -> float:
    """When a leg's own recording began, seconds from the beginning of the talk; 0 for the talk's."""
    call = await hot.row(session, Call, id=recording.call_id) if recording.leg_id else None
    if call is None or call.agent_answered_at is None:
        return 0.0
    return max(0.0, (recording.created_at - call.agent_answered_at).total_seconds())


async def ring_again(session: AsyncSession, seat_id: str, call_id: str, at: datetime) -> str | None:
    """The seat whose telephone was lost in this call's talk rings for it once more: the SIP user, None where it is not its."""
    which = {"id": seat_id, "call_id": call_id, "state__in": ("talking", "ringing", "wrap_up")}
    if not await hot.change(session, Seat, which, {"state": "ringing", "updated_at": at}):
        return None
    found = await hot.row(session, Seat, id=seat_id)
    return found.sip_user if found else None


async def staff_legs(session: AsyncSession, call_id: str) -> Sequence[Leg]:
    """Every leg but the citizen's, in the order they ended; open ones last."""
    legs = [leg for leg in await hot.rows(session, Leg, call_id=call_id) if leg.role != "citizen"]
    return sorted(legs, key=lambda leg: (leg.ended_at is None, leg.ended_at or leg.started_at, leg.id))


async def not_answered(session: AsyncSession, leg_id: str, at: datetime) -> bool:
    """A ring is over and nobody picked up; False where somebody did, or its end was known."""
    which = {"id": leg_id, "ended_at__null": True, "answered_at__null": True}
    gone = {"ended_at": at, "ended_by": "agent", "reason": "NOANSWER"}
    return bool(await hot.change(session, Leg, which, gone))


async def rung_in_vain(session: AsyncSession, since: datetime) -> Sequence[Leg]:
    """Legs of seats that ring since before a moment and of which nothing was heard."""
    theirs = and_(Leg.call_id == Seat.call_id, Leg.number == Seat.id)
    wanted = select(Leg).join(Seat, theirs).where(
        Seat.state == "ringing", Leg.role == "agent", Leg.started_at < since, Leg.answered_at.is_(None), Leg.ended_at.is_(None)
    )  # fmt: skip
    return (await session.scalars(wanted)).all()


async def end_leg(session: AsyncSession, leg_id: str, at: datetime, by: str, reason: str) -> bool:
    """A single leg is gone; False where that was known."""
    which = {"id": leg_id, "ended_at__null": True}
    return bool(
        await hot.change(session, Leg, which, {"ended_at": at, "ended_by": by, "reason": reason[:64]})
    )


async def answer_leg(session: AsyncSession, leg_id: str, at: datetime, channel: str) -> bool:
    """A single leg was answered; False where that was known."""
    which = {"id": leg_id, "answered_at__null": True}
    return bool(await hot.change(session, Leg, which, {"answered_at": at, "channel": channel}))


async def duty_number(session: AsyncSession, unit_code: str) -> str:
    """A number under which the unit is reached now, its fixed line first; '' where none is known."""
    found = await session.scalars(
        select(UnitPhone).where(UnitPhone.unit_code == unit_code, UnitPhone.active.is_(True))
    )
    order = {"fixed": 0, "handler": 1}
    phones = sorted(found.all(), key=lambda phone: (order.get(phone.kind, 2), phone.added_at))
    return phones[0].number if phones else ""
