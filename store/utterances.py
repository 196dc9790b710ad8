"""What was said. Live captions and the after-call text are both kept; the after-call text is shown once there is one."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.ids import new_id
from core.ports import Speaker
from core.ports import Utterance as Heard
from store import hot
from store.tables import Utterance


async def add_live(
    session: AsyncSession, call_id: str, speaker: Speaker, heard: Iterable[Heard], engine: str, at: datetime
) -> int:
    """Keep the final captions of a running call; partial ones are left out. Gives how many were kept."""
    rows = [_row(call_id, speaker, one, "live", engine, at) for one in heard if one.final]
    await hot.add(session, Utterance, rows)
    return len(rows)


async def replace_after_call(
    session: AsyncSession,
    call_id: str,
    heard: Iterable[tuple[Speaker, Heard]],
    engine: str,
    at: datetime,
    *,
    recording_id: str | None = None,
    offset_s: float = 0.0,
) -> int:
    """The text of a whole recording; done again it replaces the earlier one. Gives how many were kept.

    recording_id: which of the call's several; None where it has one. offset_s: when it began, from the first one's start.
    """
    old: ColumnElement[bool] = Utterance.recording_id.is_(None)
    if recording_id is not None:
        old = or_(old, Utterance.recording_id == recording_id)
    await session.execute(
        delete(Utterance).where(Utterance.call_id == call_id, Utterance.source == "after_call", old)
    )
    rows = [_row(call_id, speaker, one, "after_call", engine, at) for speaker, one in heard]
    for row in rows:
        row["recording_id"] = recording_id
        row["start_s"], row["end_s"] = row["start_s"] + offset_s, row["end_s"] + offset_s
    await hot.add(session, Utterance, rows)
    return len(rows)


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Utterance]:
    """What to show, in the order it was said: the after-call text where there is one, else the live captions."""
    other = aliased(Utterance)
    better = exists().where(other.call_id == call_id, other.source == "after_call")
    found = await session.scalars(
        select(Utterance)
        .where(Utterance.call_id == call_id, or_(Utterance.source == "after_call", ~better))
        .order_by(Utterance.start_s, Utterance.id)
    )
    return found.all()


def _row(
    call_id: str, speaker: Speaker, one: Heard, source: str, engine: str, at: datetime
) -> dict[str, Any]:
    return {
        "id": new_id("utt"),
        "call_id": call_id,
        "speaker": speaker,
        "text": one.text,
        "start_s": one.start_s,
        "end_s": one.end_s,
        "source": source,
        "engine": engine,
        "created_at": at,
        "recording_id": None,
    }
