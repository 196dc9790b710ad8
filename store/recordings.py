"""Sound files of calls: noted before the first sample, completed when the file is whole."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from core.ids import new_id
from store import hot
from store.tables import Call, Recording


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a recording's file; `path`: under the recordings folder; `rate`: Hz."""

    id: str
    call_id: str
    state: Literal["ready", "failed"]
    problem: str | None
    path: str = ""
    channels: int | None = None
    rate: int | None = None
    seconds: float | None = None
    sha256: str | None = None


async def add(session: AsyncSession, call_id: str, stem: str, at: datetime) -> str:
    """A recording is about to begin; gives its id, the same one for the same stem."""
    return await hot.add_or_same(session, Recording, "stem", _begun(call_id, stem, at))


async def expect(
    session: AsyncSession, call_id: str, stem: str, at: datetime, leg_id: str | None = None
) -> None:
    """As `add`, where nobody asks for the id. `leg_id`: whose voice its left side is, where it is one leg's own."""
    await hot.add_unless_there(session, Recording, "stem", [_begun(call_id, stem, at) | {"leg_id": leg_id}])


def _begun(call_id: str, stem: str, at: datetime) -> dict[str, object]:
    return {
        "id": new_id("rec"),
        "call_id": call_id,
        "stem": stem,
        "path": "",
        "state": "pending",
        "created_at": at,
    }


async def claim(session: AsyncSession, at: datetime, until: datetime) -> Recording | None:
    """Win the oldest recording that waits for its words: exactly one of all who try gets it, until `until`."""
    for found in await to_transcribe(session, at):
        seen = {"claimed_until": found.claimed_until}
        free = seen if found.claimed_until else {"claimed_until__null": True}
        if await hot.change(session, Recording, {"id": found.id, **free}, {"claimed_until": until}):
            return found
    return None


async def keep_claim(session: AsyncSession, recording_id: str, until: datetime) -> None:
    """Its words still take a while. Raises NotFound."""
    await _change(session, recording_id, {"claimed_until": until})


async def transcribed(session: AsyncSession, recording_id: str, at: datetime, engine: str) -> bool:
    """Its words are known; False where somebody was first. Raises NotFound."""
    first = {"id": recording_id, "transcribed_at__null": True}
    if not await hot.change(session, Recording, first, {"transcribed_at": at, "engine": engine}):
        await get(session, recording_id)
        return False
    return True


async def settle(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """What became of many files, in one statement."""
    await hot.change_each(session, Recording, "id", [asdict(outcome) for outcome in outcomes])


async def pending(
    session: AsyncSession, before: datetime, limit: int = 100, *, of_ended_calls: bool = False
) -> Sequence[Recording]:
    """Begun before a moment and not completed yet, oldest first; only those of calls that are over if so wanted."""
    question = select(Recording).where(Recording.state == "pending", Recording.created_at < before)
    if of_ended_calls:
        question = question.join(Call, Call.id == Recording.call_id).where(Call.ended_at.is_not(None))
    return (await session.scalars(question.order_by(Recording.created_at).limit(limit))).all()


async def known_stems(session: AsyncSession, stems: Sequence[str]) -> frozenset[str]:
    """Those of these names that have a row."""
    return frozenset(await session.scalars(select(Recording.stem).where(Recording.stem.in_(stems))))


async def to_transcribe(session: AsyncSession, at: datetime, limit: int = 20) -> Sequence[Recording]:
    """Whole, not transcribed yet and claimed by nobody, oldest first."""
    unclaimed = or_(Recording.claimed_until.is_(None), Recording.claimed_until < at)
    found = await session.scalars(
        select(Recording)
        .where(Recording.state == "ready", Recording.transcribed_at.is_(None), unclaimed)
        .order_by(Recording.created_at)
        .limit(limit)
    )
    return found.all()


async def get(session: AsyncSession, recording_id: str) -> Recording:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, Recording, id=recording_id)
    if found is None:
        raise NotFound(f"没有录音 {recording_id}")
    return found


async def by_stem(session: AsyncSession, stem: str) -> Recording | None:
    return await hot.row(session, Recording, stem=stem)


async def of_stems(session: AsyncSession, stems: Sequence[str]) -> dict[str, Recording]:
    """Stem -> recording, of those that are known."""
    found = await session.scalars(select(Recording).where(Recording.stem.in_(stems))) if stems else ()
    return {row.stem: row for row in found}


async def of_call(session: AsyncSession, call_id: str) -> Sequence[Recording]:
    """Oldest first."""
    found = await session.scalars(
        select(Recording).where(Recording.call_id == call_id).order_by(Recording.created_at)
    )
    return found.all()


async def _change(session: AsyncSession, recording_id: str, changes: dict[str, object]) -> None:
    if not await hot.change(session, Recording, {"id": recording_id}, changes):
        raise NotFound(f"没有录音 {recording_id}")
