"""Whose voice a stream of live sound carries: written by the process that taps a channel, read by the one that hears it."""

import uuid
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.ports import Speaker
from store.tables import Call, Tap
from store.upsert import insert_into

_UNDER_WAY: Final = exists().where(Call.id == Tap.call_id, Call.ended_at.is_(None))


class Tapped(NamedTuple):
    """A leg of a call. `since_s`: seconds from the talk's beginning, as its first recording counts them, to the stream's."""

    call_id: str
    speaker: Speaker
    since_s: float


async def add(
    session: AsyncSession, call_id: str, channel: str, speaker: Speaker, at: datetime
) -> str | None:
    """The id (UUID) of a stream that is to come; None where the channel is tapped already, in whatever phase of its call."""
    row = {"stream": str(uuid.uuid4()), "call_id": call_id, "channel": channel, "speaker": speaker, "at": at}
    made = insert_into(session, Tap).values(row).on_conflict_do_nothing().returning(Tap.stream)
    stream: str | None = await session.scalar(made)
    return stream


async def of_stream(session: AsyncSession, stream: str) -> Tap | None:
    """What was tapped by this stream, while its call is under way."""
    found: Tap | None = await session.scalar(select(Tap).where(Tap.stream == stream, _UNDER_WAY))
    return found


async def heard(session: AsyncSession) -> list[str]:
    """The streams of calls under way that somebody took."""
    return list(await session.scalars(select(Tap.stream).where(Tap.taken_at.is_not(None), _UNDER_WAY)))


async def forget(session: AsyncSession, stream: str) -> None:
    """Nothing will come: the channel may be tapped anew."""
    await session.execute(delete(Tap).where(Tap.stream == stream))


async def take(session: AsyncSession, stream: str, at: datetime) -> Tapped | None:
    """Whose it is, for the first who asks; None for a stream nobody expects, and for a second one of the same id."""
    first = update(Tap).where(Tap.stream == stream, Tap.taken_at.is_(None)).values(taken_at=at)
    found = (await session.execute(first.returning(Tap.call_id, Tap.speaker))).one_or_none()
    if found is None:
        return None
    began = await session.scalar(select(Call.agent_answered_at).where(Call.id == found.call_id))
    return Tapped(found.call_id, found.speaker, max(0.0, (at - began).total_seconds()) if began else 0.0)


async def clear(session: AsyncSession) -> None:
    """Calls that are over have no taps any more."""
    over = exists().where(Call.id == Tap.call_id, Call.ended_at.is_not(None))
    await session.execute(delete(Tap).where(over))
