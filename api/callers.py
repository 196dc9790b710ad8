"""Callers: tags of calls, blocked numbers and their reviews, the care register, evidence packs. Numbers travel in bodies only."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask

from api import queries, rights
from api.actor import Actor
from api.caller_house import BlockAsk, CareAsk
from api.caller_shapes import (
    BlockGiven,
    BlockQuery,
    Blocks,
    BlockView,
    CallerView,
    CareGiven,
    CareRegister,
    CareView,
    EvidenceGiven,
    LookupGiven,
    Made,
    PageGiven,
    ReviewGiven,
    ReviewView,
    TagGiven,
    TagKind,
    TagKinds,
    Tags,
)
from api.parts import PartsDep, can, only
from api.problems import documented
from api.shapes import Id, Word
from core.errors import NotFound
from core.masking import mask_name, mask_number
from store import callers, calls, evidence, scope
from store.tables import Block, CareCaller

router = APIRouter()
Talking = Annotated[Actor, can("call", "handle")]
Seeing = Annotated[Actor, can("call", "read")]
Reading = Annotated[Actor, only("agent", "supervisor", "office", "auditor", "admin")]
Deciding = Annotated[Actor, can("caller", "keep")]
Entering = Annotated[Actor, only("agent", "supervisor", "office")]
Watching = Annotated[Actor, can("caller", "read")]


# --- tags -------------------------------------------------------------------------------------------------------------


@router.get("/tags", tags=["callers"], summary="来电标签种类")
async def tag_kinds(actor: Reading, found: PartsDep) -> TagKinds:
    """What a call may be called."""
    known = found.house.callers.tags().items()
    return TagKinds(items=[TagKind(code=c, name=name, blockable=can) for c, (name, can) in known])


@router.get("/calls/{call_id}/tags", tags=["callers"], summary="来电标签", responses=documented(404))
async def list_tags(call_id: Id, actor: Seeing, found: PartsDep) -> Tags:
    """Those that hold."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
    return await _tags(found, call_id)


@router.post("/calls/{call_id}/tags", tags=["callers"], summary="打标签", responses=documented(404))
async def tag(call_id: Id, given: TagGiven, actor: Talking, found: PartsDep) -> Tags:
    """Say what a call was (恶意骚扰, 无声, 醉酒, …): the agent who had it, or a supervisor."""
    await rights.require_handling(found, actor, call_id)
    await found.house.callers.tag(actor, call_id, given.tag, given.note)
    return await _tags(found, call_id)


@router.post(
    "/calls/{call_id}/tags/{tag}/remove", tags=["callers"], summary="撤销标签", responses=documented(404)
)
async def untag(call_id: Id, tag: Word, actor: Talking, found: PartsDep) -> Tags:
    """Take it back."""
    await rights.require_handling(found, actor, call_id)
    await found.house.callers.untag(actor, call_id, tag)
    return await _tags(found, call_id)


# --- blocks -----------------------------------------------------------------------------------------------------------


@router.get("/callers/blocks", tags=["callers"], summary="拦截名单")
async def list_blocks(query: Annotated[BlockQuery, Query()], actor: Watching, found: PartsDep) -> Blocks:
    """Newest first, with their reviews; of a county's people those who called or wrote to it, or whom they blocked."""
    async with found.database.reading() as session:
        page = await callers.blocks(
            session,
            datetime.now(UTC),
            within=await queries.blocked(session, actor.scope),
            active=query.active,
            due=query.due,
            limit=query.limit,
            offset=query.offset,
        )
        return Blocks(total=page.total, items=await _block_views(session, page.items))


@router.post(
    "/callers/blocks", tags=["callers"], summary="拦截号码", status_code=201, responses=documented(404, 409)
)
async def block(given: BlockGiven, actor: Deciding, found: PartsDep) -> BlockView:
    """The number hears why and where to turn, until the day; somebody must look at it again before."""
    async with found.database.reading() as session:
        await _must_be_known(session, actor, given)
    ask = BlockAsk(given.tag, given.reason, given.number or "", given.call_id, given.days)
    return await _block(found, await found.house.callers.block(actor, ask))


@router.post(
    "/callers/blocks/{block_id}/review", tags=["callers"], summary="复核拦截", responses=documented(404, 409)
)
async def review(block_id: Id, given: ReviewGiven, actor: Deciding, found: PartsDep) -> BlockView:
    """Keep it or lift it, and why."""
    async with found.database.reading() as session:
        await queries.block(session, actor.scope, block_id)
    await found.house.callers.review(actor, block_id, given.deed, given.why, given.days)
    return await _block(found, block_id)


# --- care -------------------------------------------------------------------------------------------------------------


@router.get("/callers/care", tags=["callers"], summary="关怀对象")
async def list_care(query: Annotated[PageGiven, Query()], actor: Watching, found: PartsDep) -> CareRegister:
    """Callers known as elderly or disabled."""
    async with found.database.reading() as session:
        page = await callers.care_register(
            session,
            within=await queries.cared_for(session, actor.scope),
            limit=query.limit,
            offset=query.offset,
        )
    return CareRegister(total=page.total, items=[_care(row) for row in page.items])


@router.post(
    "/callers/care", tags=["callers"], summary="登记关怀对象", status_code=201, responses=documented(409)
)
async def care_for(given: CareGiven, actor: Entering, found: PartsDep) -> Made:
    """From their next call on: a person first, slow prompts, no keys."""
    ask = CareAsk(
        given.number, given.kind, given.basis, given.skill, given.name or None, given.note, given.consent_at
    )
    return Made(id=await found.house.callers.care_for(actor, ask))


@router.post(
    "/callers/care/{care_id}/end",
    tags=["callers"],
    summary="注销登记",
    status_code=204,
    responses=documented(404, 409),
)
async def end_care(care_id: Id, actor: Deciding, found: PartsDep) -> Response:
    """They asked for it, or it no longer holds."""
    async with found.database.reading() as session:
        await queries.care(session, actor.scope, care_id)
    await found.house.callers.end_care(actor, care_id)
    return Response(status_code=204)


# --- one caller -------------------------------------------------------------------------------------------------------


@router.post("/callers/lookup", tags=["callers"], summary="查询一个号码")
async def lookup(given: LookupGiven, actor: Watching, found: PartsDep) -> CallerView:
    """What we know of a number; who asked and why is kept."""
    await rights.note_search(found, actor, "caller.lookup", given.number, given.why)
    async with found.database.reading() as session:
        page = await callers.blocks(
            session,
            datetime.now(UTC),
            within=await queries.blocked(session, actor.scope),
            number=given.number,
            limit=200,
        )
        cared = await callers.care_register(
            session, within=await queries.cared_for(session, actor.scope), number=given.number, current=False
        )
        called = await calls.find(session, within=scope.calls(actor.scope), caller=given.number, limit=1)
        return CallerView(
            calls=called.total,
            blocks=await _block_views(session, page.items),
            care=[_care(row) for row in cared.items],
        )


@router.post(
    "/callers/evidence",
    tags=["callers"],
    summary="导出证据包",
    response_class=FileResponse,
    responses={
        200: {"content": {"application/zip": {"example": "PK…"}}, "description": "the pack"},
        **documented(404, 409),
    },
)
async def export(given: EvidenceGiven, actor: Deciding, found: PartsDep) -> Response:
    """By release only (two persons of the hotline office), within the exporter's reach; of confidential calls those whose reporter's identity was released to the same recipient. A zip with the calls' records, recordings, transcripts, events, tags and blocks, and a manifest with each file's sha256."""
    async with found.database.reading() as session:
        await queries.release(session, rights.reach(actor, "release", "take"), given.release_id)
    release = await found.house.releases.used(actor, given.release_id, "evidence")
    at = datetime.now(UTC)
    async with found.database.reading() as session:
        number = await evidence.number_of(session, release.object_id, release.recipient, at) or "-"
    wanted = evidence.Wanted(
        number, actor.id, actor.name, given.why, at, given.since, given.until, release.mark, release.recipient,
        rights.reach(actor, "call", "read"),
    )  # fmt: skip
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="hotline-evidence-")
    target = Path(folder) / "evidence.zip"
    try:
        packed = await evidence.write(found.database, found.settings.recordings, wanted, target)
    except BaseException:
        await asyncio.to_thread(_remove, target)
        raise
    headers = {"X-Content-SHA256": packed.sha256}
    name = f"evidence-{wanted.at:%Y%m%d-%H%M%S}.zip"
    gone = BackgroundTask(_remove, target)
    return FileResponse(target, media_type="application/zip", filename=name, headers=headers, background=gone)


async def _must_be_known(session: AsyncSession, actor: Actor, given: BlockGiven) -> None:
    """Raises NotFound: people of one place block who called or wrote to it, nobody else."""
    if given.call_id:
        await queries.call(session, actor.scope, given.call_id)
    if given.number and not await callers.known_within(session, given.number, actor.scope):
        raise NotFound("这个号码没有来电或工单")


def _remove(target: Path) -> None:
    target.unlink(missing_ok=True)
    target.parent.rmdir()


async def _tags(found: PartsDep, call_id: str) -> Tags:
    async with found.database.reading() as session:
        await calls.get(session, call_id)
        return Tags.model_validate({"items": await callers.tags_of(session, call_id)})


async def _block(found: PartsDep, block_id: str) -> BlockView:
    async with found.database.reading() as session:
        (view,) = await _block_views(session, [await callers.get_block(session, block_id)])
    return view


async def _block_views(session: AsyncSession, rows: list[Block]) -> list[BlockView]:
    now = datetime.now(UTC)
    reviews = await callers.reviews_of(session, [row.id for row in rows])
    return [
        BlockView(
            id=row.id, caller=mask_number(row.caller), tag=row.tag, reason=row.reason, call_id=row.call_id,
            active=row.state == "active" and row.expires_at > now, by=row.by, at=row.at,
            expires_at=row.expires_at, review_at=row.review_at,
            reviews=[ReviewView.model_validate(one) for one in reviews if one.block_id == row.id],
        )
        for row in rows
    ]  # fmt: skip


def _care(row: CareCaller) -> CareView:
    return CareView(
        id=row.id, caller=mask_number(row.caller), name=mask_name(row.name), kind=row.kind, skill=row.skill,
        note=row.note, basis=row.basis, consent_at=row.consent_at, by=row.by, at=row.at, ended_at=row.ended_at,
    )  # fmt: skip
