"""政企通: policy specialists (政策专员库) and the ledger of enterprises' matters, from 交办 to 销号."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.confidential import SOMEBODY, Veil
from api.parts import PartsDep, can, only
from api.problems import documented
from api.shapes import Given, Id, Page, PageQuery, Shape
from core.masking import mask_number, mask_numbers
from store import enterprise
from store.tables import EnterpriseItem

router = APIRouter()
Reading = Annotated[Actor, only("agent", "supervisor", "office", "auditor", "admin")]
Entering = Annotated[Actor, only("agent", "supervisor", "office")]
Keeping = Annotated[Actor, only("supervisor", "office", "admin")]
LedgerReading = Annotated[Actor, can("enterprise", "read")]
Closing = Annotated[Actor, can("enterprise", "keep")]
_LOOK_BACK = timedelta(days=7)


class SpecialistGiven(Given):
    """A policy specialist. Reached at a seat of ours, or at a work number."""

    name: str = Field(min_length=1, max_length=50, examples=["王专员"])
    unit_code: Id | None = Field(None, examples=["chenzhou.rsj"])
    topics: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(
        max_length=30, examples=[["稳岗补贴", "社保"]]
    )
    seat_id: Id | None = Field(None, examples=["8003"])
    number: str | None = Field(None, pattern=r"^\+?[0-9]{3,20}$", examples=["07352220000"])
    active: bool = Field(True, examples=[True])


class SpecialistView(Shape):
    """A policy specialist; the number masked. Call them with a transfer to their seat or number."""

    id: str = Field(examples=["spec_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["王专员"])
    unit_code: str | None = Field(examples=["chenzhou.rsj"])
    topics: list[str] = Field(examples=[["稳岗补贴", "社保"]])
    seat_id: str | None = Field(examples=["8003"])
    number: str = Field(examples=["073****0000"])
    active: bool = Field(examples=[True])


class Specialists(Shape):
    """Who can be called."""

    items: list[SpecialistView]


class SpecialistQuery(Given):
    """`topic`: only those who know of it."""

    topic: str = Field("", max_length=40, examples=["社保"])
    active: bool = Field(True, examples=[True])


class ItemGiven(Given):
    """交办: an enterprise's matter. `credit_code`: 统一社会信用代码 (GB 32100)."""

    enterprise: str = Field(min_length=2, max_length=100, examples=["郴州某某科技有限公司"])
    credit_code: str = Field("", pattern=r"^([0-9A-HJ-NPQRTUWXY]{18})?$", examples=["91431000MA4L0A1B2C"])
    matter: str = Field(min_length=2, max_length=500, examples=["稳岗返还申请进度"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    specialist_id: Id | None = Field(None, examples=["spec_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: Id | None = Field(None, examples=["chenzhou.rsj"])


class CloseGiven(Given):
    """销号: what came of it, decided on `version`."""

    version: int = Field(ge=1, examples=[1])
    result: str = Field(min_length=2, max_length=500, examples=["已返还到账，企业确认"])


class ItemView(Shape):
    """A line of the ledger. `state`: assigned (交办) or closed (销号)."""

    id: str = Field(examples=["ent_01KB3V5M2R8Q4T6W9Y0A"])
    enterprise: str = Field(examples=["郴州某某科技有限公司"])
    credit_code: str = Field(examples=["91431000MA4L0A1B2C"])
    matter: str = Field(examples=["稳岗返还申请进度"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    specialist_id: str | None = Field(examples=["spec_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str | None = Field(examples=["chenzhou.rsj"])
    state: str = Field(examples=["assigned"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    closed_by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    closed_at: datetime | None = Field(examples=["2026-11-25T02:00:00Z"])
    result: str | None = Field(examples=["已返还到账，企业确认"])
    version: int = Field(examples=[1])


class Ledger(Page):
    """One page of the ledger; `not_entered`: calls of the last seven days in the enterprises' queue that are not in it."""

    items: list[ItemView]
    not_entered: list[str] = Field(examples=[["call_01KB3V5M2R8Q4T6W9Y0B"]])


class LedgerQuery(PageQuery):
    """`search`: part of the enterprise's name, or its whole credit code."""

    order: Literal["at"] = Field("at", examples=["at"])
    direction: Literal["desc"] = Field("desc", examples=["desc"])
    state: Literal["", "assigned", "closed"] = Field("", examples=["assigned"])


@router.get("/specialists", tags=["enterprise"], summary="政策专员库")
async def list_specialists(
    query: Annotated[SpecialistQuery, Query()], actor: Reading, found: PartsDep
) -> Specialists:
    """Whom an enterprise can be put through to one-to-one."""
    async with found.database.reading() as session:
        rows = await enterprise.specialists(session, query.topic, query.active)
    return Specialists(items=[_specialist(row) for row in rows])


@router.post("/specialists", tags=["enterprise"], summary="新增政策专员", status_code=201)
async def add_specialist(given: SpecialistGiven, actor: Keeping, found: PartsDep) -> SpecialistView:
    """Into the register."""
    return await _kept(found, actor, None, given)


@router.post(
    "/specialists/{specialist_id}", tags=["enterprise"], summary="修改政策专员", responses=documented(404)
)
async def change_specialist(
    specialist_id: Id, given: SpecialistGiven, actor: Keeping, found: PartsDep
) -> SpecialistView:
    """All of it anew; `active` false takes them out of the list."""
    return await _kept(found, actor, specialist_id, given)


@router.get("/enterprise/ledger", tags=["enterprise"], summary="政企通台账")
async def ledger(query: Annotated[LedgerQuery, Query()], actor: LedgerReading, found: PartsDep) -> Ledger:
    """Newest first; people of a county see their county's. Who a confidential reporter is stands in none of it."""
    async with found.database.reading() as session:
        page = await enterprise.ledger(
            session, actor.scope, state=query.state, search=query.search, since=query.since, until=query.until,
            limit=query.limit, offset=query.offset,
        )  # fmt: skip
        loose = await enterprise.not_entered(session, datetime.now(UTC) - _LOOK_BACK, actor.scope)
        items = await _shown(session, page.items)
    return Ledger(total=page.total, items=items, not_entered=[call.id for call in loose])


@router.post(
    "/enterprise/ledger", tags=["enterprise"], summary="交办", status_code=201, responses=documented(404, 409)
)
async def enter(given: ItemGiven, actor: Entering, found: PartsDep) -> ItemView:
    """A matter enters the ledger."""
    return await _item(found, await found.house.enterprise.enter(actor, given.model_dump()))


@router.post(
    "/enterprise/ledger/{item_id}/close", tags=["enterprise"], summary="销号", responses=documented(404, 409)
)
async def close(item_id: Id, given: CloseGiven, actor: Closing, found: PartsDep) -> ItemView:
    """Done, and what came of it."""
    async with found.database.reading() as session:
        await enterprise.get(session, item_id, actor.scope)
    await found.house.enterprise.close_item(actor, item_id, given.version, given.result)
    return await _item(found, item_id)


async def _kept(
    found: PartsDep, actor: Actor, specialist_id: str | None, given: SpecialistGiven
) -> SpecialistView:
    made = await found.house.enterprise.put_specialist(actor, specialist_id, given.model_dump())
    async with found.database.reading() as session:
        return _specialist(await enterprise.one(session, made))


async def _item(found: PartsDep, item_id: str) -> ItemView:
    async with found.database.reading() as session:
        return (await _shown(session, [await enterprise.get(session, item_id)]))[0]


async def _shown(session: AsyncSession, rows: Sequence[EnterpriseItem]) -> list[ItemView]:
    """Lines as people may see them: of a confidential matter neither who reported it nor what would tell."""
    veiled = await queries.confidential(
        session, [row.call_id for row in rows], [row.ticket_id for row in rows]
    )
    views = []
    for row in rows:
        view, mine = ItemView.model_validate(row), [row.ticket_id or "", row.call_id or ""]
        view = view.model_copy(
            update={"enterprise": mask_numbers(row.enterprise), "matter": mask_numbers(row.matter)}
        )
        name = next((veiled[one] for one in mine if one in veiled), None)
        if name is not None:
            veil = Veil(name, row.enterprise)
            hidden = {"matter": veil.text(row.matter), "result": row.result and veil.text(row.result)}
            view = view.model_copy(update={"enterprise": SOMEBODY, "credit_code": "", **hidden})
        views.append(view)
    return views


def _specialist(row: Any) -> SpecialistView:
    shown = {name: getattr(row, name) for name in ("id", "name", "unit_code", "topics", "seat_id", "active")}
    return SpecialistView(**shown, number=mask_number(row.number))
