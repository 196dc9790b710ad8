"""Tickets: file, find, read and move along the lifecycle table."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from api import queries, rights
from api.call_shapes import Events, EventView
from api.house import Actor, TicketDraft
from api.masked import masked
from api.parts import PartsDep, only
from api.problems import KeyReused, PreconditionRequired, documented
from api.shapes import Id, RequestKey, request_key
from api.ticket_shapes import ActionGiven, TicketGiven, TicketQuery, Tickets, TicketSummary, TicketView
from core.errors import NotFound
from core.masking import mask_name, mask_number, mask_text
from store import events, seats, tickets
from store.tables import EventRow, Ticket
from tickets.table import possible
from tickets.ticket import STATE_NAMES, STATES

router = APIRouter(prefix="/tickets", tags=["tickets"])
Reading = Annotated[Actor, only("agent", "supervisor", "office", "auditor", "admin", "unit")]
Filing = Annotated[Actor, only("agent", "supervisor", "office")]
Handling = Annotated[Actor, only("agent", "supervisor", "office", "unit")]
Version = Annotated[
    str,
    Header(
        alias="If-Match", pattern=r'^"?[0-9]{1,9}"?$', description="version you decided on", examples=['"2"']
    ),
]


@router.get("", summary="工单一览", responses=documented(404))
async def list_tickets(query: Annotated[TicketQuery, Query()], actor: Reading, found: PartsDep) -> Tickets:
    """People of a unit see their unit's tickets only."""
    unit = query.unit if actor.role != "unit" else actor.unit or "-"
    if actor.role == "unit" and query.unit not in ("", actor.unit):
        return Tickets(total=0, items=[])
    caller = await rights.caller_asked(found, actor, "", query.same_caller_as)
    wanted = queries.TicketFilter(
        states=query.state,
        unit=unit,
        type=query.type or "",
        caller=caller,
        words=query.search,
        due_before=query.due_before,
        since=query.since,
        until=query.until,
        order=query.order,
        newest_first=query.direction == "desc",
    )
    async with found.database.reading() as session:
        page = await queries.tickets(session, wanted, query.limit, query.offset)
    return Tickets(total=page.total, items=[_summary(row) for row in page.items])


@router.post("", summary="登记工单", status_code=201, responses=documented(404, 409))
async def file_ticket(
    given: TicketGiven, key: RequestKey, actor: Filing, found: PartsDep, response: Response
) -> TicketView:
    """File and, with a unit, dispatch; the same `Idempotency-Key` files once and gives the same ticket."""
    if given.call_id is not None:
        await rights.require_handling(found, actor, given.call_id)
    draft = TicketDraft(**given.model_dump())
    ticket_id = await found.house.file_ticket(actor, draft, request_key(actor.id, key))
    view = await _whole(found, actor, ticket_id)
    if (view.type, view.title, view.call_id) != (given.type, given.title, given.call_id):
        raise KeyReused(f"此 Idempotency-Key 已用于工单 {view.number}")
    response.headers["Location"] = f"/api/v1/tickets/{ticket_id}"
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.get("/{ticket_id}", summary="一张工单", responses=documented(404))
async def one_ticket(ticket_id: Id, actor: Reading, found: PartsDep, response: Response) -> TicketView:
    """With its history, the steps of its deadline, and what you could do now; `ETag` is its version."""
    view = await _whole(found, actor, ticket_id)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.post("/{ticket_id}/actions", summary="办理工单", responses=documented(404, 409, 428))
async def act(
    ticket_id: Id,
    given: ActionGiven,
    actor: Handling,
    found: PartsDep,
    response: Response,
    version: Version = "",
) -> TicketView:
    """One step of the lifecycle table, decided on the version in `If-Match`; 409 where somebody was first."""
    if not version:
        raise PreconditionRequired("请在 If-Match 中给出所依据的工单版本")
    await _visible(found, actor, ticket_id)
    await found.house.act_on_ticket(
        actor, ticket_id, int(version.strip('"')), given.action, dict(given.facts)
    )
    view = await _whole(found, actor, ticket_id, acted=True)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.get("/{ticket_id}/events", summary="工单经过", responses=documented(404))
async def list_events(ticket_id: Id, actor: Reading, found: PartsDep) -> Events:
    """Every fact of the ticket, oldest first; nothing is ever changed or removed."""
    await _visible(found, actor, ticket_id)
    async with found.database.reading() as session:
        history = await events.of(session, ticket_id)
    return Events(items=[_event(event, in_full=False) for event in history])


async def _visible(found: PartsDep, actor: Actor, ticket_id: str) -> Ticket:
    async with found.database.reading() as session:
        row = await tickets.get(session, ticket_id)
    if not rights.may_see(actor, row):
        raise NotFound(f"没有工单 {ticket_id}")
    return row


async def _whole(found: PartsDep, actor: Actor, ticket_id: str, acted: bool = False) -> TicketView:
    async with found.database.reading() as session:
        row = await tickets.get(session, ticket_id)
        mine = await seats.of_user(session, actor.id)
        history = await events.of(session, ticket_id)
    if not acted and not rights.may_see(
        actor, row
    ):  # a unit that gave a ticket back sees what its own deed did
        raise NotFound(f"没有工单 {ticket_id}")
    in_full = rights.needs_citizen(actor, row, mine.call_id if mine else None)
    if in_full:
        await rights.note_lookup(found, actor, "ticket.citizen", ticket_id, "办理")
    summary = _summary(row).model_dump()
    return TicketView.model_validate(
        {
            **{name: getattr(row, name) for name in TicketView.model_fields if hasattr(row, name)},
            **summary,
            "body": row.body if in_full else mask_text(row.body),
            "citizen_name": row.citizen_name if in_full else mask_name(row.citizen_name),
            "caller": row.caller if in_full else mask_number(row.caller),
            "actions": [a for state in STATES if state == row.state for a in possible(state, actor.role)],
            "history": [_event(event, in_full) for event in history],
        }
    )


def _event(row: EventRow, in_full: bool) -> EventView:
    view = EventView.model_validate(row)
    return view if in_full else view.model_copy(update={"payload": masked(view.payload)})


def _summary(row: Ticket) -> TicketSummary:
    names: Mapping[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
    shown = {name: getattr(row, name) for name in TicketSummary.model_fields if hasattr(row, name)}
    return TicketSummary.model_validate({**shown, "state_name": names.get(row.state, row.state)})
