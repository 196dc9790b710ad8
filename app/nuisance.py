"""Callers who are turned away, and how: politely, with the reason and a way to turn to, and on record.

001 art. 6(九) and 27. A blocked number hears why and where to turn. A number that calls too often may leave a message, and key 0
still brings a person: an emergency is never turned away. Disabled and elderly callers and whoever has a ticket due soon are
not counted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from app.caller_rules import CallerRules, RateRule
from app.floor import Floor
from app.journey import Journey
from core.call import Arrival, Play
from core.errors import BadInput
from core.events import CallerBlocked, CallScreened, CallTagged
from store import callers, calls, events
from store.callers import Known
from store.tables import Block

Verdict = Literal["", "blocked", "often"]
TOO_OFTEN = Play(("greeting", "recording-notice", "often-hint"), keys=1, timeout_s=6)
PERSON_KEY = "0"


async def known(floor: Floor, session: AsyncSession, arrival: Arrival) -> Known:
    """What we know of who calls, before anything is decided about the call."""
    rate = floor.callers.rate
    since = arrival.at - timedelta(minutes=rate.minutes)
    due_by = arrival.at + timedelta(hours=rate.urgent_within_hours)
    return await callers.known(session, arrival.caller, arrival.at, since, due_by)


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


@dataclass(frozen=True, slots=True)
class Ask:
    """A block asked for: whose number (or the caller of which call), what for, how long."""

    tag: str
    reason: str
    number: str = ""
    call_id: str | None = None
    days: int | None = None


class Nuisance:
    """What supervisors and agents do about nuisance callers. One transaction per deed."""

    def __init__(self, session: Callable[[], Any], rules: CallerRules, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._rules = rules
        self._clock = clock

    async def tag(self, actor_id: str, call_id: str, tag: str, note: str) -> None:
        """Say what a call was. Raises BadInput for an unknown tag, NotFound."""
        self._rules.tag(tag)
        at = self._clock()
        async with self._session() as session:
            await callers.tag(session, call_id, tag, note, actor_id, at)
            await events.append(session, CallTagged(at, call_id, tag, True), actor_id)

    async def untag(self, actor_id: str, call_id: str, tag: str) -> None:
        """Take it back. Raises NotFound."""
        at = self._clock()
        async with self._session() as session:
            await callers.untag(session, call_id, tag, actor_id, at)
            await events.append(session, CallTagged(at, call_id, tag, False), actor_id)

    async def block(self, actor_id: str, ask: Ask) -> str:
        """Block a number until a day that the rules allow; the block's id. Raises BadInput, NotFound, Conflict."""
        if not self._rules.tag(ask.tag).blockable:
            raise BadInput(f"“{self._rules.tags[ask.tag].name}”不是可以拦截号码的理由")
        at = self._clock()
        async with self._session() as session:
            number = ask.number or (await calls.get(session, ask.call_id or "")).caller
            if not number:
                raise BadInput("来电没有显示号码，无法拦截")
            ends, review = self._until(at, ask.days)
            row = await callers.block(
                session, number, ask.tag, ask.reason, actor_id, at, ends, review, ask.call_id
            )
            await events.append(session, CallerBlocked(at, row.id, "blocked", ask.tag, ends), actor_id)
        return row.id

    async def review(
        self, actor_id: str, block_id: str, deed: Literal["kept", "lifted"], why: str, days: int | None
    ) -> Block:
        """Somebody looked again. Raises BadInput, NotFound, Conflict where it was lifted before."""
        at = self._clock()
        ends, review = self._until(at, days)
        async with self._session() as session:
            await callers.review(session, block_id, deed, why, actor_id, at, ends, review)
            row = await callers.get_block(session, block_id)
            await events.append(session, CallerBlocked(at, row.id, deed, row.tag, row.expires_at), actor_id)
        return row

    def _until(self, at: datetime, days: int | None) -> tuple[datetime, datetime]:
        rule = self._rules.block
        chosen = days or rule.days
        if chosen > rule.most_days:
            raise BadInput(f"拦截最长 {rule.most_days} 天")
        ends = at + timedelta(days=chosen)
        return ends, min(ends, at + timedelta(days=rule.review_after_days))
