"""After a lost link or a restart: where the parties of a parted talk really are, and what that makes of the rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agi.facts import ChannelSeen
from app.floor import Floor
from app.journey import Journey
from app.three_way import rows
from app.three_way.staff import merged
from app.three_way.stages import LOST, third_came
from core.errors import HotlineError
from store import calls, transfers
from store.tables import Call

log = structlog.get_logger(__name__)
FRESH = timedelta(seconds=10)


async def heal(
    floor: Floor, open_calls: Sequence[Call], channels: Sequence[ChannelSeen], at: datetime
) -> int:
    """Ends of legs that nobody told us, answers we missed, a room the parties went to without us. Gives how many calls."""
    healed = 0
    for call in open_calls:
        if not Journey.read(call.menu_state).parted:
            continue
        mine = [seen for seen in channels if seen.call_id == call.id]
        if any(seen.leg == "citizen" for seen in mine):
            try:
                await _one(floor, call.id, mine, at)
                healed += 1
            except HotlineError as error:
                log.error("a parted talk could not be looked after", call=call.id, reason=str(error))
    return healed


async def _one(floor: Floor, call_id: str, seen: Sequence[ChannelSeen], at: datetime) -> None:
    async with floor.database.session() as session:
        call = await calls.lock(session, call_id)
        if call.ended_at is not None:
            return
        await _missed_answers(floor, session, seen, at)
        await _ends(floor, session, call, {one.channel for one in seen}, at)
        await _together(floor, session, call, seen, at)
    await rows.do_later(session)


async def _missed_answers(
    floor: Floor, session: AsyncSession, seen: Sequence[ChannelSeen], at: datetime
) -> None:
    for one in seen:
        if one.transfer_id and one.up and one.bridge:
            await third_came(floor, session, await transfers.get(session, one.transfer_id), one.channel, at)


async def _ends(floor: Floor, session: AsyncSession, call: Call, there: set[str], at: datetime) -> None:
    """Legs that are up by the rows and have no channel any more."""
    by_leg = {one.leg_id: one for one in await transfers.of_call(session, call.id)}
    for leg in await transfers.staff_legs(session, call.id):
        if leg.answered_at is None or leg.ended_at is not None or not leg.channel or leg.channel in there:
            continue
        if leg.answered_at > at - FRESH:  # it may have come after the list of channels was read
            continue
        if leg.id in by_leg:
            await rows.over(floor, session, by_leg[leg.id], at, leg.role, True)
        else:
            await transfers.end_leg(session, leg.id, at, "switch", LOST)
            await rows.let_seat_go(session, leg.number, call.id, at)


async def _together(
    floor: Floor, session: AsyncSession, call: Call, seen: Sequence[ChannelSeen], at: datetime
) -> None:
    """The citizen talks although the rows say music: the dialplan brought them together while we were away."""
    bridge = next((one.bridge for one in seen if one.leg == "citizen"), "")
    others = [one for one in seen if one.leg != "citizen" and one.bridge == bridge]
    if not bridge or not others or call.step not in ("held", "left"):
        return
    current = await transfers.current(session, call.id)
    if current is not None and current.requested_at >= at:
        return  # the list of channels is older than this transfer and knows nothing of it
    journey = rows.stretch_begins(Journey.read(call.menu_state), at)
    await calls.note(session, call.id, step="room", state="talking", menu_state=journey.write())
    if current is None:
        return
    if current.state == "ringing" and all(one.transfer_id != current.id for one in seen):
        await rows.fail(floor, session, current, "cancelled", at)
    elif current.state == "talking" and any(one.transfer_id == current.id for one in others):
        await merged(floor, session, current, at)
