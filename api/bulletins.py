"""公告: what units want said now or soon, pinned at the desk, and who has read it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.actor import Actor
from api.knowledge_house import BulletinAsk
from api.parts import Anybody, PartsDep, only
from api.problems import documented
from api.shapes import Given, Id, Instant, Page, Shape
from core.knowledge import BulletinKind
from match.bulletins import on_desk
from store import bulletins
from store.tables import BulletinRow

router = APIRouter(prefix="/bulletins", tags=["knowledge"])
Posting = Annotated[Actor, only("unit", "office", "supervisor")]
Answering = Annotated[Actor, only("agent", "supervisor", "office")]
Watching = Annotated[Actor, only("supervisor", "office", "auditor")]


class BulletinGiven(Given):
    """公告. `happens_at`: when what it tells of begins; `region`: a division's code, empty for everywhere; `pinned`: lower first."""

    kind: BulletinKind = Field(examples=["emergency"])
    title: str = Field(min_length=2, max_length=120, examples=["北湖路主管爆裂停水"])
    text: str = Field(min_length=2, max_length=5000, examples=["预计今晚8时恢复供水。"])
    unit: Id = Field(examples=["SW"])
    since: Instant = Field(alias="from", examples=["2026-11-21T10:00:00+08:00"])
    until: Instant = Field(examples=["2026-11-21T22:00:00+08:00"])
    region: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,64}$", examples=["431002"])
    happens_at: Instant | None = Field(None, examples=["2026-11-21T09:30:00+08:00"])
    pinned: int | None = Field(None, ge=1, le=99, examples=[1])


class WithdrawGiven(Given):
    """Why it is no longer shown, decided on `version`."""

    version: int = Field(ge=1, examples=[1])
    why: str = Field(min_length=2, max_length=300, examples=["已恢复供水"])


class BulletinView(Shape):
    """A bulletin. `read`: whether you have, as it is now; `late`: it came after the matter had begun."""

    id: str = Field(examples=["bul_01KB3V5M2R8Q4T6W9Y0A"])
    kind: BulletinKind = Field(examples=["emergency"])
    title: str = Field(examples=["北湖路主管爆裂停水"])
    text: str = Field(examples=["预计今晚8时恢复供水。"])
    unit_code: str = Field(examples=["SW"])
    region: str = Field(examples=["431002"])
    since: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    until: datetime = Field(examples=["2026-11-21T14:00:00Z"])
    happens_at: datetime | None = Field(examples=["2026-11-21T01:30:00Z"])
    late: bool = Field(examples=[True])
    pinned: int | None = Field(examples=[1])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    withdrawn_at: datetime | None = Field(examples=[None])
    withdrawn_why: str | None = Field(examples=[None])
    version: int = Field(examples=[1])
    read: bool = Field(False, examples=[False])


class OnDesk(Shape):
    """What holds now, in the order to read it."""

    items: list[BulletinView]
    unread: int = Field(examples=[1], description="how many of them you have not read")


class Bulletins(Page):
    """One page of all there ever were, newest first."""

    items: list[BulletinView]


class DeskQuery(Given):
    """`region`: only what is for there and for everywhere."""

    region: str = Field("", max_length=64, examples=["431002"])


class HistoryQuery(Given):
    """Whose and which."""

    unit: str = Field("", max_length=64, examples=["SW"])
    kind: BulletinKind | None = Field(None, examples=["advance"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class ReaderView(Shape):
    """Somebody who answers calls; `read_at` empty: has not read it as it is now."""

    user_id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["李话务员"])
    read_at: datetime | None = Field(examples=["2026-11-21T02:03:00Z"])


class Readers(Shape):
    """By log-in."""

    items: list[ReaderView]


@router.get("", summary="话务台公告")
async def desk(query: Annotated[DeskQuery, Query()], actor: Anybody, found: PartsDep) -> OnDesk:
    """Pinned ones first, then emergencies, then the newest."""
    at = datetime.now(UTC)
    async with found.database.reading() as session:
        rows = {row.id: row for row in await bulletins.current(session, at)}
        read = await bulletins.read_by(session, actor.id, list(rows))
    shown = on_desk((bulletins.as_bulletin(row) for row in rows.values()), at, query.region)
    items = [_view(rows[one.id], read) for one in shown]
    return OnDesk(items=items, unread=sum(not item.read for item in items))


@router.post("", summary="发布公告", status_code=201, responses=documented(404))
async def post(given: BulletinGiven, actor: Posting, found: PartsDep) -> BulletinView:
    """A unit posts its own at once; office and supervisor post anybody's and may pin."""
    made = await found.house.knowledge.bulletins.post(actor, BulletinAsk(**given.model_dump()))
    return await _one(found, actor, made)


@router.get("/history", summary="历次公告")
async def history(query: Annotated[HistoryQuery, Query()], actor: Anybody, found: PartsDep) -> Bulletins:
    """Also those that are over or were withdrawn."""
    async with found.database.reading() as session:
        page = await bulletins.find(
            session, unit=query.unit, kind=query.kind or "", limit=query.limit, offset=query.offset
        )
        read = await bulletins.read_by(session, actor.id, [row.id for row in page.items])
    return Bulletins(total=page.total, items=[_view(row, read) for row in page.items])


@router.post("/{bulletin_id}/withdraw", summary="撤下公告", responses=documented(404, 409))
async def withdraw(bulletin_id: Id, given: WithdrawGiven, actor: Posting, found: PartsDep) -> BulletinView:
    """No longer shown."""
    await found.house.knowledge.bulletins.withdraw(actor, bulletin_id, given.version, given.why)
    return await _one(found, actor, bulletin_id)


@router.post("/{bulletin_id}/read", summary="已阅", status_code=204, responses=documented(404))
async def read(bulletin_id: Id, actor: Answering, found: PartsDep) -> Response:
    """You have read it as it is."""
    await found.house.knowledge.bulletins.read(actor, bulletin_id)
    return Response(status_code=204)


@router.get("/{bulletin_id}/readers", summary="谁已阅", responses=documented(404))
async def readers(bulletin_id: Id, actor: Watching, found: PartsDep) -> Readers:
    """Everybody who answers calls, and when they read it."""
    async with found.database.reading() as session:
        rows = await bulletins.readers(session, await bulletins.get(session, bulletin_id))
    return Readers(items=[ReaderView(user_id=user, name=name, read_at=at) for user, name, at in rows])


async def _one(found: PartsDep, actor: Actor, bulletin_id: str) -> BulletinView:
    async with found.database.reading() as session:
        row = await bulletins.get(session, bulletin_id)
        return _view(row, await bulletins.read_by(session, actor.id, [row.id]))


def _view(row: BulletinRow, read: dict[str, int]) -> BulletinView:
    view = BulletinView.model_validate(row)
    return view.model_copy(update={"read": read.get(row.id) == row.version})
