"""After a lost link or a restart: what Asterisk knows is compared with what we know, before anybody acts on either."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from agi.facts import ChannelSeen
from app import flow
from app.call_rows import UNSEEN
from app.floor import Floor
from app.seat_choice import next_in_line
from app.three_way.healing import heal
from core.call import EndFacts
from core.errors import HotlineError
from core.ports import Switch
from store import calls
from store.tables import Call

log = structlog.get_logger(__name__)

FRESH = timedelta(seconds=10)  # a call younger than this may be too new for the list of channels
COMPARE_EVERY_S = 60.0
MANY_CALLS = 10_000
GATHER_S = 0.1  # seats that become free together are one look


async def keep_comparing(
    floor: Floor, channels: Callable[[], Awaitable[Sequence[ChannelSeen]]], every_s: float = COMPARE_EVERY_S
) -> None:
    """While the link stands: an end that got lost on its way is found too. `channels` lists them now; runs until cancelled.

    A call must be missing twice in a row, since the end of one just gone is being told at this moment.
    """
    missing: frozenset[str] = frozenset()
    while True:
        await asyncio.sleep(every_s)
        try:
            at, seen = floor.clock(), await channels()
            open_calls = await _open_calls(floor)
            before, missing = missing, frozenset(call.id for call in gone(open_calls, seen, at))
            if before & missing:
                await reconcile(floor, seen, at, before & missing)
            else:
                await heal(floor, list(open_calls.values()), seen, at)
        except HotlineError as error:
            log.warning("could not compare with Asterisk", reason=str(error))


async def _open_calls(floor: Floor) -> dict[str, Call]:
    async with floor.database.reading() as session:
        return {call.linkedid: call for call in await calls.under_way(session, MANY_CALLS)}


def gone(open_calls: Mapping[str, Call], channels: Sequence[ChannelSeen], at: datetime) -> list[Call]:
    """Calls without a channel that are not too new to have one in the list."""
    alive = {seen.linkedid for seen in channels if seen.leg == "citizen"}  # others may outlive them a moment
    due = [c for c in open_calls.values() if c.step != "kept"]  # a call-back in the queue has no channel yet
    return [c for c in due if c.linkedid not in alive and c.arrived_at < at - FRESH]


async def reconcile(
    floor: Floor, channels: Sequence[ChannelSeen], at: datetime, only: frozenset[str] | None = None
) -> int:
    """End the calls (with `only`, of these ids) whose channel is gone; note the answers we missed. Gives how many ended."""
    open_calls = await _open_calls(floor)
    over = [call for call in gone(open_calls, channels, at) if only is None or call.id in only]
    ended = sum([await _end(floor, call, at) for call in over])
    for seen in channels:
        known = open_calls.get(seen.linkedid)
        if known and seen.leg == "agent" and seen.up and seen.bridge and known.agent_answered_at is None:
            await flow.answered(floor, known.id, seen.seat, known.channel, seen.channel, at)
    await heal(floor, [call for call in open_calls.values() if call not in over], channels, at)
    log.info("compared with Asterisk", channels=len(channels), open=len(open_calls), ended=ended)
    return ended


async def _end(floor: Floor, call: Call, at: datetime) -> bool:
    """One call that can't be ended now must not keep the others open."""
    try:
        await flow.ended(floor, EndFacts(call.id, call.linkedid, call.step, UNSEEN, "switch", 0, 0.0, at))
    except HotlineError as error:
        log.error("a call that is gone stays open", call=call.id, reason=str(error))
        return False
    return True


async def wake_waiting(floor: Floor, switch: Switch) -> None:
    """When a seat becomes free, the calls that wait longest ask again at once instead of at their next turn."""
    free = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_hear_of_seats(floor, free))
        while await free.wait():
            free.clear()
            try:
                waiting = await _next_in_line(floor)
            except HotlineError as error:
                log.warning("waiting calls ask by themselves", reason=str(error))
                waiting = []
            for call_id, channel in waiting:
                if await _still_waits(
                    floor, call_id
                ):  # a call answered meanwhile must not be torn out of its talk
                    await _wake(switch, channel)
            await asyncio.sleep(GATHER_S)


async def _hear_of_seats(floor: Floor, free: asyncio.Event) -> None:
    async with floor.hints.subscribe("queue") as incoming:
        async for _ in incoming:
            free.set()


async def _wake(switch: Switch, channel: str) -> None:
    try:
        await switch.redirect(channel, "hl-ask")
    except HotlineError as error:
        log.info("a waiting call asks by itself", reason=str(error))


async def _still_waits(floor: Floor, call_id: str) -> bool:
    async with floor.database.reading() as session:
        call = await calls.get(session, call_id)
    return call.step == "wait" and call.ended_at is None


async def _next_in_line(floor: Floor) -> list[tuple[str, str]]:
    async with floor.database.reading() as session:
        found = await next_in_line(floor, session)
    return [(call.id, call.channel) for call in found if call.step == "wait"]
