"""Callers who are turned away, and how: politely, with the reason and a way to turn to, and on record.

001 art. 6(九) and 27. A blocked number hears why and where to turn. A number that calls too often may leave a message, and key 0
still brings a person: an emergency is never turned away. Disabled and elderly callers and whoever has a ticket due soon are
not counted.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from app.caller_rules import RateRule
from app.floor import Floor
from app.journey import Journey
from core.call import Arrival, Play
from core.events import CallScreened
from store import callers, calls, events
from store.callers import Known

Verdict = Literal["", "blocked", "often"]
TOO_OFTEN = Play(("greeting", "recording-notice", "often-hint"), keys=1, timeout_s=6)
PERSON_KEY = "0"


async def known(floor: Floor, session: AsyncSession, arrival: Arrival) -> Known:
    """What we know of who calls, before anything is decided about the call."""
    rate = floor.callers.rate
    since = arrival.at - timedelta(minutes=rate.minutes)
    due_by = arrival.at + timedelta(hours=rate.urgent_within_hours)
    spoke_since = arrival.at - timedelta(days=floor.routing.affinity_days)
    return await callers.known(session, arrival.caller, arrival.at, since, due_by, spoke_since)


def verdict(who: Known, line: str, rate: RateRule) -> Verdict:
    """Whether the call goes on to the floor: a pure rule."""
    if line in rate.exempt_lines:
        return ""
    if who.block_id is not None:
        return "blocked"
    excused = bool(who.care) or who.urgent
    return "often" if who.recent >= rate.calls and not excused else ""


async def turned_away(
    floor: Floor, session: AsyncSession, call_id: str, journey: Journey, who: Known, arrival: Arrival
) -> bool:
    """Where this call is not for the floor: note it with its reason and let the desk say so next."""
    found = verdict(who, arrival.line, floor.callers.rate)
    if not found:
        return False
    why = who.block_id or f"{who.recent} calls in {floor.callers.rate.minutes} min"
    await events.append(session, CallScreened(arrival.at, call_id, found, why), "rules")
    if found == "blocked":
        await calls.close(session, call_id, "refused", arrival.at)
    journey = replace(journey, notice="blocked-notice" if found == "blocked" else "")
    step = "bye" if found == "blocked" else "screened"
    await calls.note(session, call_id, state="closing", step=step, menu_state=journey.write())
    return True
