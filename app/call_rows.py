"""Rows that answers and ends of calls change together, whoever reports them: Asterisk, AMI, recovery or the spool."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.journey import Journey
from core.call import EndFacts
from core.errors import NotFound
from store import calls, legs, messages, recordings, seats
from store.tables import Call

UNSEEN = "UNSEEN"
"""Status of an end that nobody saw: the channel was found gone."""


async def note_answer(session: AsyncSession, call: Call, seat: str, agent_channel: str, at: datetime) -> bool:
    """Rows of an answer, whoever reports it first: AMI while they talk, or the dialplan afterwards.

    A seat that is no longer this call's (paused or given back meanwhile) stays as it is; the talk is noted all the same.
    """
    if not await legs.answered(session, call.id, seat, at, agent_channel):
        return False
    journey = Journey.read(call.menu_state)
    await recordings.expect(session, call.id, journey.recording(call.id), at)
    changes: calls.Changes = {} if call.agent_answered_at else {"agent_answered_at": at}
    if call.ended_at is None:
        user = await seats.talk(session, seat, call.id, at)
        changes |= {"state": "talking", "seat_id": seat, "user_id": user}
    if changes:
        await calls.note(session, call.id, **changes)
    return True


async def the_call(session: AsyncSession, facts: EndFacts) -> Call:
    """Kept from others until its end is written. Raises NotFound."""
    if facts.call_id:
        return await calls.lock(session, facts.call_id)
    known = await calls.by_linkedid(session, facts.linkedid)
    if known is None:
        raise NotFound(f"没有 linkedid 为 {facts.linkedid} 的通话")
    return await calls.lock(session, known.id)


def end_of(facts: EndFacts, call: Call, began: datetime | None, by: str) -> calls.Changes:
    """What an end means for the call's row."""
    changes: calls.Changes = {"state": "ended", "ended_at": facts.at, "ended_by": by}
    talked = talked_s(facts, call, began)
    return changes if talked is None else {**changes, "talk_seconds": talked}


def talked_s(facts: EndFacts, call: Call, began: datetime | None) -> float | None:
    """Seconds of talk: as Asterisk counted, else from the answer on; None where nobody talked or nobody saw the end."""
    journey = Journey.read(call.menu_state)
    if journey.parted:
        return _parted_s(facts, journey)
    if facts.answered_s > 0 or began is None or facts.status == UNSEEN:
        return facts.answered_s or None
    return call.talk_seconds or max(0.0, (facts.at - began).total_seconds())


def _parted_s(facts: EndFacts, journey: Journey) -> float:
    """As `talked_s`, of a talk in several stretches: those before, and the one under way when the citizen went."""
    if facts.step in ("ring", "reach", "room") and facts.answered_s > 0:
        return journey.talked_s + facts.answered_s
    if not journey.since or facts.status == UNSEEN:
        return journey.talked_s
    return journey.talked_s + max(0.0, facts.at.timestamp() - journey.since)


async def talked_after_all(session: AsyncSession, call: Call, facts: EndFacts) -> None:
    """The end of a talk that recovery, having seen nothing of it, had taken for a call nobody answered."""
    if facts.answered_s <= 0:
        return
    if call.talk_seconds is None:
        await calls.note(session, call.id, talk_seconds=facts.answered_s)
    journey = Journey.read(call.menu_state)
    if call.agent_answered_at is None and journey.seat:
        began = facts.at - timedelta(seconds=facts.answered_s)
        await legs.answered(session, call.id, journey.seat, began, over=UNSEEN)
        await recordings.expect(session, call.id, journey.recording(call.id), began)
        user = (await seats.get(session, journey.seat)).user_id
        await calls.note(session, call.id, agent_answered_at=began, seat_id=journey.seat, user_id=user)


async def left_behind(session: AsyncSession, call: Call, at: datetime) -> None:
    """Nobody spoke with them: what they left is a message, the sound of one where they hung up while speaking it."""
    stem = message_stem(call.id) if call.step == "message" else None
    await messages.add(
        session, "voicemail" if stem else "abandoned", call.caller, at, call_id=call.id, recording=stem
    )


def message_stem(call_id: str) -> str:
    """File stem of what a citizen says after the beep."""
    return f"{call_id}-message"


def service_level(call: Call, began: datetime | None) -> dict[str, Any]:
    """What the call counts as, and how long the citizen waited for a person: from our answer and from the prompts' end."""
    if call.direction == "out":
        return {"line": call.line, "result": "placed"}
    waits = {"answer_s": call.answered_at, "after_prompts_s": call.prompts_ended_at}
    waited = {
        name: (began - since).total_seconds() if began and since else None for name, since in waits.items()
    }
    return {"line": call.line, "result": "answered" if began else "abandoned", **waited}
