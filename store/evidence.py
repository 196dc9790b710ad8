"""An evidence pack for the police or a court (001 art. 27): everything about one caller in one zip, with a sha256 of each file.

What is inside is in the clear: the pack is handed over by a person who says why, and that is kept before it is written.
Of a confidential matter nothing goes in, not even that there is one, unless its reporter's identity was released to the same recipient.
"""

import asyncio
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import and_, inspect, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotAllowed, NotFound
from core.rights import EVERYTHING, Scope
from store import (
    about,
    between_keys,
    callers,
    calls,
    events,
    legs,
    lookups,
    recordings,
    releases,
    scope,
    utterances,
)
from store.columns import Base
from store.database import Database
from store.tables import Block, Call, Recording

MANIFEST = "manifest.json"
MOST_CALLS = 5000
_CHUNK = 1 << 20
_NAMES = {"citizen": "市民", "agent": "话务员"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose calls, in what time, and who wants them why. `mark`, `recipient`: of the release by which the pack leaves; `reach`: of who exports."""

    number: str
    actor_id: str
    actor_name: str
    why: str
    at: datetime
    since: datetime | None = None
    until: datetime | None = None
    mark: str = ""
    recipient: str = ""
    reach: Scope = EVERYTHING


@dataclass(frozen=True, slots=True)
class Packed:
    """What a pack holds; `sha256`: of the whole zip; `missing`: recordings whose file is not there (any more)."""

    calls: int
    recordings: int
    missing: int
    sha256: str


async def write(database: Database, folder: Path, wanted: Wanted, target: Path) -> Packed:
    """Write the pack to `target`, whole or not at all and readable by its owner only. `folder`: where recordings lie.

    Raises NotFound where this number never called within reach in that time.
    """
    async with database.session() as session:
        subject, why = lookups.exported(session, wanted.number, wanted.why)
        await lookups.note(session, wanted.actor_id, "caller.evidence", subject, wanted.at, why)
    async with database.reading() as session:
        found, opened_by = await _calls(session, wanted)
        if not found:
            raise NotFound("这个号码在这段时间没有来电")
        texts = await _texts(session, wanted, found)
        sounds = [row for call in found for row in await recordings.of_call(session, call.id)]
    async with database.session() as session:
        for release_id in sorted(opened_by):
            await releases.handed_over(session, release_id, wanted.actor_id, "evidence", "", wanted.at)
    return await asyncio.to_thread(_pack, wanted, found, texts, sounds, folder, target)


async def number_of(session: AsyncSession, call_id: str, recipient: str, at: datetime) -> str:
    """The number of the call a release names, '' where it was withheld.

    Raises NotFound; NotAllowed for a confidential reporter's: the pack itself would tell whose call it was.
    """
    found = await calls.get(session, call_id)
    closed, _ = await _closed(session, [call_id], recipient, at)
    if closed:
        raise NotAllowed("这次通话属于保密件：须另有批准给同一接收方的“保密件诉求人身份”放行单")
    return found.caller


async def _calls(session: AsyncSession, wanted: Wanted) -> tuple[Sequence[Call], set[str]]:
    """The calls that may leave, and the identity releases by which the confidential ones among them do."""
    question = select(Call, about.secret(Call.id)).where(
        Call.caller_hash == wanted.number, scope.calls(wanted.reach)
    )
    question = question.where(Call.arrived_at >= wanted.since) if wanted.since else question
    question = question.where(Call.arrived_at < wanted.until) if wanted.until else question
    rows = (await session.execute(question.order_by(Call.arrived_at).limit(MOST_CALLS))).all()
    secret = [call.id for call, hidden in rows if hidden]
    closed, opened_by = await _closed(session, secret, wanted.recipient, wanted.at)
    return [call for call, _ in rows if call.id not in closed], opened_by


async def _closed(
    session: AsyncSession, call_ids: Sequence[str], recipient: str, at: datetime
) -> tuple[set[str], set[str]]:
    """Those of these calls about a matter whose reporter this recipient must not learn, and the releases that open the others."""
    if not call_ids:
        return set(), set()
    rows = (await session.execute(about.secret_matters(call_ids))).all()
    released = await releases.identities(session, sorted({row[1] for row in rows}), recipient, at)
    closed = {row[0] for row in rows if row[1] not in released}
    return closed, {released[row[1]] for row in rows if row[0] not in closed}


async def _texts(session: AsyncSession, wanted: Wanted, found: Sequence[Call]) -> dict[str, str]:
    """Name in the zip -> text: records, histories, what was said, tags and blocks."""
    texts = {"calls.json": _json([_plain(call) for call in found])}
    for call in found:
        said = await utterances.of_call(session, call.id)
        history = {
            "legs": [_plain(leg) for leg in await legs.of_call(session, call.id)],
            "tags": [_plain(tag) for tag in await callers.tags_of(session, call.id)],
            "events": [_plain(event) for event in await events.of(session, call.id)],
            "recordings": [_plain(row) for row in await recordings.of_call(session, call.id)],
        }
        texts[f"calls/{call.id}.json"] = _json(history)
        lines = (f"{_clock(one.start_s)} {_NAMES.get(one.speaker, one.speaker)}：{one.text}" for one in said)
        texts[f"transcripts/{call.id}.txt"] = "\n".join(lines) + "\n"
    texts["blocks.json"] = await _blocks(session, wanted, [call.id for call in found])
    return texts


async def _blocks(session: AsyncSession, wanted: Wanted, packed: Sequence[str]) -> str:
    """Those within reach; one that names a confidential call goes where that call goes."""
    reach = await between_keys.callers(session, wanted.reach, Block)
    within = and_(reach, or_(~about.secret(Block.call_id), Block.call_id.in_(packed)))
    rows = (await callers.blocks(session, wanted.at, within=within, number=wanted.number, limit=1000)).items
    reviews = await callers.reviews_of(session, [row.id for row in rows])
    return _json({"blocks": [_plain(row) for row in rows], "reviews": [_plain(row) for row in reviews]})


def _pack(
    wanted: Wanted,
    found: Sequence[Call],
    texts: dict[str, str],
    sounds: Sequence[Recording],
    folder: Path,
    target: Path,
) -> Packed:
    sums: dict[str, dict[str, Any]] = {}
    missing: list[str] = []
    descriptor, part = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
                for name, text in texts.items():
                    _add(pack, sums, name, iter([text.encode()]))
                for row in sounds:
                    path = folder / row.path
                    if row.path and path.is_file():
                        _add(pack, sums, f"recordings/{path.name}", _chunks(path))
                    else:
                        missing.append(row.stem)
                pack.writestr(MANIFEST, _json(_manifest(wanted, found, sums, missing)))
            file.flush()
            os.fsync(file.fileno())
        digest = _sha256(_chunks(Path(part)))
        os.replace(part, target)
    finally:
        Path(part).unlink(missing_ok=True)
    return Packed(len(found), len(sounds) - len(missing), len(missing), digest)


def _manifest(
    wanted: Wanted, found: Sequence[Call], sums: dict[str, dict[str, Any]], missing: list[str]
) -> dict[str, Any]:
    return {
        "format": 1,
        "caller": wanted.number,
        "calls": len(found),
        "since": wanted.since,
        "until": wanted.until,
        "exported_at": wanted.at,
        "exported_by": {"id": wanted.actor_id, "name": wanted.actor_name},
        "why": wanted.why,
        "mark": wanted.mark,
        "files": sums,
        "missing_recordings": missing,
    }


def _add(pack: zipfile.ZipFile, sums: dict[str, dict[str, Any]], name: str, chunks: Iterator[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    with pack.open(name, "w", force_zip64=True) as entry:
        for chunk in chunks:
            entry.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    sums[name] = {"sha256": digest.hexdigest(), "bytes": size}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _sha256(chunks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _plain(row: Base) -> dict[str, Any]:
    """A row's own columns; a look-up hash tells nobody anything."""
    names = (column.key for column in inspect(row).mapper.column_attrs)
    return {name: getattr(row, name) for name in names if name not in ("caller_hash", "title_marks")}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_text)


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _clock(seconds: float) -> str:
    return f"[{int(seconds) // 60:02}:{seconds % 60:04.1f}]"
