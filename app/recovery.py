"""After a lost link or a restart: what Asterisk knows is compared with what we know, before anybody acts on either."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from agi.facts import ChannelSeen
from app import flow
from app.floor import Floor
from core.call import EndFacts
from core.errors import HotlineError
from core.ports import Switch
from store import calls, seats

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=10)  # a call younger than this may be too new for the list of channels
LOOK_EVERY_S = 2.0


async def reconcile(floor: Floor, channels: Sequence[ChannelSeen], at: datetime) -> int:
    """End the calls whose channel is gone; note the answers we missed. Gives how many calls were ended."""
    alive = {seen.linkedid for seen in channels}
    async with floor.database.reading() as session:
        open_calls = list(await calls.under_way(session))
    gone = [c for c in open_calls if c.linkedid not in alive and c.arrived_at < at - FRESH]
    for call in gone:
        await flow.ended(floor, EndFacts(call.id, call.linkedid, call.step, "", "switch", 0, 0.0, at))
    by_linkedid = {c.linkedid: c for c in open_calls}
    for seen in channels:
        known = by_linkedid.get(seen.linkedid)
        if known and seen.leg == "agent" and seen.up and seen.bridge and known.agent_answered_at is None:
            await flow.answered(floor, known.id, seen.seat, known.channel, seen.channel, at)
    log.info("compared with Asterisk", channels=len(channels), open=len(open_calls), ended=len(gone))
    return len(gone)


async def wake_waiting(floor: Floor, switch: Switch) -> None:
    """When a seat becomes free, the calls that wait longest ask again at once instead of at their next turn."""
    async with floor.hints.subscribe("queue") as incoming:
        async for _ in incoming:
            for channel in await _next_in_line(floor):
                try:
                    await switch.redirect(channel, "hl-ask")
                except HotlineError as error:
                    log.info("a waiting call asks by itself", reason=str(error))
            await asyncio.sleep(0)


async def _next_in_line(floor: Floor) -> list[str]:
    async with floor.database.reading() as session:
        free = sum(1 for seat in await seats.snapshot(session) if seat.state == "ready")
        waiting = await calls.waiting(session, limit=free) if free else ()
        return [call.channel for call in waiting if call.step == "wait"]
