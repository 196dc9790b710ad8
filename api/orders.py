"""Supervision orders and urgings: opened, listed by unit, state and delay, recorded, made public by two persons, closed, printed."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries, rights
from api.actor import Actor
from api.confidential import title_of
from api.order_house import OrderAsk, RecordAsk
from api.order_shapes import (
    Bulletin,
    BulletinLine,
    ClosedGiven,
    Opened,
    OrderGiven,
    OrderQuery,
    Orders,
    OrderSummary,
    OrderView,
    PaperLine,
    PaperView,
    PublicationGiven,
    RecordGiven,
    RecordView,
    Urgings,
    UrgingView,
)
from api.parts import Parts, PartsDep, can, only
from api.problems import KeyReused, PreconditionRequired, documented
from api.shapes import Id, RequestKey, request_key
from api.tickets import Version
from core.errors import NotFound
from store import orders, scope
from store.tables import SupervisionOrder, Ticket
from tickets.papers import Paper

router = APIRouter(tags=["supervision-orders"])
Reading = Annotated[Actor, can("order", "read")]
Pressing = Annotated[Actor, can("order", "keep")]
Publishing = Annotated[Actor, can("order", "publish")]
Telling = Annotated[Actor, only("office", "supervisor", "auditor")]
TicketReading = Annotated[Actor, can("ticket", "read")]


@router.get("/supervision-orders", summary="督办单一览")
async def list_orders(query: Annotated[OrderQuery, Query()], actor: Reading, found: PartsDep) -> Orders:
    """Newest first, of the units within reach."""
    wanted = orders.OrderFilter(
        query.unit, query.state or "", query.form or "", query.trigger or "", query.parent or "", query.overdue,
        query.since, query.until,
    )  # fmt: skip
    reach = scope.units(actor.scope, SupervisionOrder.unit_code)
    async with found.database.reading() as session:
        page = await orders.find(session, wanted, datetime.now(UTC), query.limit, query.offset, reach)
        items = await _summaries(session, page.items)
    return Orders(total=page.total, items=items)


@router.post("/supervision-orders", summary="发出督办单", status_code=201, responses=documented(404, 409))
async def open_order(
    given: OrderGiven, key: RequestKey, actor: Pressing, found: PartsDep, response: Response
) -> Opened:
    """One order per unit within reach, each a ticket of its own under the matter; the same `Idempotency-Key` opens once."""
    async with found.database.reading() as session:
        await queries.ticket(session, rights.reach(actor, "ticket", "act"), given.ticket_id)
        for unit in given.units:
            await queries.unit(session, actor.scope, unit)
    ask = OrderAsk(tuple(given.units), given.trigger, given.form, given.until, given.words, given.leader)
    ids = await found.house.orders.open(actor, given.ticket_id, ask, request_key(actor.id, key))
    async with found.database.reading() as session:
        items = await _summaries(session, [await orders.get(session, one) for one in ids])
    if any((one.parent_id, one.form) != (given.ticket_id, given.form) for one in items):
        raise KeyReused("此 Idempotency-Key 已用于别的督办单")
    response.headers["Location"] = f"/api/v1/supervision-orders/{ids[0]}"
    return Opened(items=items)


@router.get("/supervision-orders/{order_id}", summary="一份督办单", responses=documented(404))
async def one_order(order_id: Id, actor: Reading, found: PartsDep, response: Response) -> OrderView:
    """With what was done under it; `ETag` is its version."""
    return await _whole(found, actor, order_id, response)


@router.post(
    "/supervision-orders/{order_id}/records",
    summary="记录现场核查、协调会、约谈",
    status_code=201,
    responses=documented(404, 409),
)
async def add_record(
    order_id: Id, given: RecordGiven, actor: Pressing, found: PartsDep, response: Response
) -> OrderView:
    """Kept for good; a visit needs its place and evidence."""
    await _seen(found, actor, order_id)
    ask = RecordAsk(
        given.kind, given.happened_at, given.words, given.place, given.people, tuple(given.evidence)
    )
    await found.house.orders.record(actor, order_id, ask)
    return await _whole(found, actor, order_id, response)


@router.post(
    "/supervision-orders/{order_id}/publication",
    summary="提出、同意或不同意公开",
    responses=documented(404, 409, 428),
)
async def publish(
    order_id: Id,
    given: PublicationGiven,
    actor: Publishing,
    found: PartsDep,
    response: Response,
    version: Version = "",
) -> OrderView:
    """Two persons decide that it may be made public; nothing is sent anywhere by this."""
    await _seen(found, actor, order_id)
    await found.house.orders.publish(actor, order_id, _version(version), given.deed, given.why)
    return await _whole(found, actor, order_id, response)


@router.post("/supervision-orders/{order_id}/close", summary="督办办结", responses=documented(404, 409, 428))
async def close_order(
    order_id: Id,
    given: ClosedGiven,
    actor: Pressing,
    found: PartsDep,
    response: Response,
    version: Version = "",
) -> OrderView:
    """The unit has answered in writing, and what the form asks for is on record; or the matter itself was withdrawn or merged."""
    await _seen(found, actor, order_id)
    await found.house.orders.close(actor, order_id, _version(version), given.result)
    return await _whole(found, actor, order_id, response)


@router.get("/supervision-orders/{order_id}/paper", summary="督办单文本", responses=documented(404))
async def order_paper(order_id: Id, actor: Reading, found: PartsDep) -> PaperView:
    """To print and sign."""
    await _seen(found, actor, order_id)
    return _paper(await found.house.orders.paper(order_id))


@router.get("/bulletin", summary="月通报")
async def bulletin(
    actor: Telling,
    found: PartsDep,
    month: Annotated[str, Query(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])],
) -> Bulletin:
    """What each unit was given in a month and what came of it; a month under way is counted up to now."""
    lines = await found.house.orders.bulletin(actor, month)
    return Bulletin(month=month, items=[BulletinLine(name=name, **asdict(one)) for name, one in lines])


@router.get("/tickets/{ticket_id}/urgings", summary="工单的催办", responses=documented(404))
async def list_urgings(ticket_id: Id, actor: TicketReading, found: PartsDep) -> Urgings:
    """Each with its number; pressing is a step of the ticket (`press`)."""
    async with found.database.reading() as session:
        await queries.ticket(session, actor.scope, ticket_id)
        rows = await orders.urgings(session, ticket_id)
    return Urgings(items=[UrgingView.model_validate(row) for row in rows])


@router.get("/tickets/{ticket_id}/urgings/{number}/paper", summary="催办文书", responses=documented(404))
async def urging_paper(ticket_id: Id, number: Id, actor: TicketReading, found: PartsDep) -> PaperView:
    """督办通知, 督办单, 警告通知 or the record of a call, to print."""
    async with found.database.reading() as session:
        await queries.ticket(session, actor.scope, ticket_id)
        if (await orders.get_urging(session, number)).ticket_id != ticket_id:
            raise NotFound(f"没有编号为 {number} 的催办")
    return _paper(await found.house.orders.urging_paper(number))


# ---


def _paper(paper: Paper) -> PaperView:
    lines = [PaperLine(what=what, words=words) for what, words in paper.lines]
    return PaperView(
        title=paper.title, number=paper.number, to=paper.to, lines=lines, by=paper.by, on=paper.on, text=paper.text
    )  # fmt: skip


def _version(given: str) -> int:
    if not given:
        raise PreconditionRequired("请在 If-Match 中给出所依据的版本")
    return int(given.strip('"'))


async def _seen(found: Parts, actor: Actor, order_id: str) -> SupervisionOrder:
    """Within the reach of the actor's right. Raises NotFound."""
    async with found.database.reading() as session:
        return await orders.get(session, order_id, scope.units(actor.scope, SupervisionOrder.unit_code))


async def _whole(found: Parts, actor: Actor, order_id: str, response: Response) -> OrderView:
    order = await _seen(found, actor, order_id)
    async with found.database.reading() as session:
        (summary,) = await _summaries(session, [order])
        kept = await orders.records(session, order_id)
    response.headers["ETag"] = f'"{order.version}"'
    own = {name: getattr(order, name) for name in OrderView.model_fields if hasattr(order, name)}
    records = [RecordView.model_validate(row) for row in kept]
    return OrderView.model_validate({**own, **summary.model_dump(), "records": records})


async def _summaries(session: AsyncSession, found: Sequence[SupervisionOrder]) -> list[OrderSummary]:
    theirs = await orders.tickets_of(session, [one.ticket_id for one in found])
    return [_summary(one, theirs[one.ticket_id]) for one in found]


def _summary(order: SupervisionOrder, ticket: Ticket) -> OrderSummary:
    own = {name: getattr(order, name) for name in OrderSummary.model_fields if hasattr(order, name)}
    late = order.state == "open" and ticket.state in orders.WAITING
    overdue = late and ticket.due_at is not None and ticket.due_at <= datetime.now(UTC)
    theirs = {
        "number": ticket.number, "title": title_of(ticket), "ticket_state": ticket.state, "due_at": ticket.due_at,
        "replied_at": ticket.replied_at, "overdue": overdue,
    }  # fmt: skip
    return OrderSummary.model_validate({**own, **theirs})
