"""Listening to a recording: byte ranges for a player, a stated purpose, and a kept record of who listened."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from api import queries, rights
from api.actor import Actor
from api.call_shapes import RecordingView
from api.parts import PartsDep, can
from api.problems import PreconditionRequired, documented
from api.purpose import PurposeHeader, purpose_of
from api.shapes import Id
from core.errors import NotAllowed, NotFound
from store.tables import Recording

router = APIRouter(prefix="/recordings", tags=["recordings"])
Listening = Annotated[Actor, can("recording", "listen")]
Purpose = Annotated[
    str, Query(max_length=200, description="why, where a header can't be sent", examples=["质检"])
]
SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/wav": {"example": "RIFF…"}}, "description": "the whole file"},
    206: {
        "content": {"audio/wav": {"example": "RIFF…"}},
        "description": "the range asked for (RFC 9110 section 14)",
    },
    304: {"description": "unchanged: If-None-Match names its sha256"},
    **documented(404, 416, 428),
}


@router.get("/{recording_id}", summary="录音信息", responses=documented(404))
async def one_recording(recording_id: Id, actor: Listening, found: PartsDep) -> RecordingView:
    """What is known of the file."""
    return RecordingView.model_validate(await _allowed(found, actor, recording_id))


@router.get("/{recording_id}/media", summary="收听录音", response_class=FileResponse, responses=SOUND)
async def media(
    recording_id: Id,
    request: Request,
    actor: Listening,
    found: PartsDep,
    purpose: Purpose = "",
    x_purpose: PurposeHeader = "",
) -> Response:
    """The sound itself. Say why in `X-Purpose` or `purpose`; every request is kept in the look-up log."""
    why = purpose_of(x_purpose, purpose)
    if not why:
        raise PreconditionRequired("请说明收听目的（X-Purpose）")
    row = await _allowed(found, actor, recording_id)
    return await heard(found, request, actor, row, ("recording.listen", row.id, why))


async def heard(
    found: PartsDep, request: Request, actor: Actor, row: Recording, look: tuple[str, str, str]
) -> Response:
    """The sound of a recording that `actor` may hear. `look`: action, subject and purpose of the look-up that is kept.

    Raises NotFound (no such file), NotAllowed (of a confidential matter).
    """
    tag = f'"{row.sha256}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f'inline; filename="{row.id}.wav"',
    }
    await _not_confidential(found, row)
    path, stat = await asyncio.to_thread(confined, found.settings.recordings, row.path)
    await rights.note_lookup(found, actor, *look)
    if request.headers.get("if-none-match") == tag:  # heard again from what the browser kept
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type="audio/wav", headers=headers, stat_result=stat)


def confined(folder: Path, name: str) -> tuple[Path, os.stat_result]:
    """The file `name` below `folder`, links followed first. Raises NotFound for anything outside or not a plain file."""
    try:
        root = folder.resolve(strict=True)
        path = (root / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise NotFound("录音文件不在") from error
    if not path.is_relative_to(root) or not path.is_file():
        raise NotFound("录音文件不在")
    return path, path.stat()


async def _not_confidential(found: PartsDep, row: Recording) -> None:
    """A voice tells who speaks. Raises NotAllowed: of a confidential matter it is heard by release only."""
    async with found.database.reading() as session:
        if await queries.confidential(session, [row.call_id]):
            raise NotAllowed("保密件的录音须经两人批准放行（/releases）")


async def _allowed(found: PartsDep, actor: Actor, recording_id: str) -> Recording:
    """The whole recording; an agent hears the calls they handled. Raises NotFound."""
    async with found.database.reading() as session:
        return await queries.recording(session, actor.scope, recording_id)
