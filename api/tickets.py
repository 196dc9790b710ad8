"""Tickets: file, find, read and move along the lifecycle table."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Query, Response

from api import confidential, queries, rights
from api.action_shapes import ActionGiven, told
from api.actor import Actor
from api.call_shapes import Events, EventView
from api.house import ChildDraft, TicketDraft
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import KeyReused, PreconditionRequired, documented
from api.purpose import PurposeHeader, purpose_of
from api.shapes import Id, RequestKey, request_key
from api.ticket_shapes import (
    ChildGiven,
    LedgerView,
    TicketGiven,
    TicketQuery,
    Tickets,
    TicketSummary,
    TicketView,
)
from core.masking import mask_name, mask_number, mask_text
from core.rights import EVERYTHING
from store import events, tickets, users
from store.tables import EventRow, Ticket
from tickets.ledger import Move, ledger
from tickets.table import passed_on, possible
from tickets.ticket import STATE_NAMES, Action, Relation, State

router = APIRouter(prefix="/tickets", tags=["tickets"])
Reading = Annotated[Actor, can("ticket", "read")]
Filing = Annotated[Actor, can("ticket", "file")]
Handling = Annotated[Actor, can("ticket", "act")]
Version = Annotated[
    str,
    Header(
        alias="If-Match", pattern=r'^"?[0-9]{1,9}"?$', description="version you decided on", examples=['"2"']
    ),
]


@router.get("", summary="工单一览", responses=documented(404))
async def list_tickets(
    query: Annotated[TicketQuery, Query()], actor: Reading, found: PartsDep, purpose: PurposeHeader = ""
) -> Tickets:
    """People of a unit see their unit's tickets only, those of a county their county's. What sort of search it was is kept.

    With `same_caller_as` confidential ones are told to the seat that has that call only.
    """
    why = purpose_of(purpose, "办理")
    caller = await rights.caller_asked(found, actor, "tickets.search", "", query.same_caller_as, why)
    if query.search:
        await rights.note_search(found, actor, "tickets.search", query.search, why)
    async with found.database.reading() as session:
        held = await rights.held(session, actor) if caller else None
    wanted = queries.TicketFilter(
        states=query.state,
        unit=query.unit,
        type=query.type or "",
        caller=caller,
        secret=held is not None and held == query.same_caller_as,
        words=query.search,
        relation=query.relation or "",
        parent=query.parent or "",
        due_before=query.due_before,
        due_after=query.due_after,
        replied=query.replied,
        card=query.card,
        since=query.since,
        until=query.until,
        order=query.order,
        newest_first=query.direction == "desc",
    )
    async with found.database.reading() as session:
        page = await queries.tickets(session, actor.scope, wanted, query.limit, query.offset)
    return Tickets(total=page.total, items=[summary_of(row) for row in page.items])


@router.post("", summary="登记工单", status_code=201, responses=documented(404, 409))
async def file_ticket(
    given: TicketGiven, key: RequestKey, actor: Filing, found: PartsDep, response: Response
) -> TicketView:
    """File and, with a unit, dispatch; the same `Idempotency-Key` files once and gives the same ticket."""
    if given.call_id is not None:
        await rights.require_handling(found, actor, given.call_id)
    draft = TicketDraft(**given.model_dump())
    ticket_id = await found.house.file_ticket(actor, draft, request_key(actor.id, key))
    view = await _whole(found, actor, ticket_id, acted=True)
    async with (
        found.database.reading() as session
    ):  # as it was filed: a confidential one is shown without its names
        row = await queries.ticket(session, EVERYTHING, ticket_id)
    if (row.type, row.title, row.call_id) != (given.type, given.title, given.call_id):
        raise KeyReused(f"此 Idempotency-Key 已用于工单 {view.number}")
    response.headers["Location"] = f"/api/v1/tickets/{ticket_id}"
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.get("/{ticket_id}", summary="一张工单", responses=documented(404))
async def one_ticket(
    ticket_id: Id, actor: Reading, found: PartsDep, response: Response, purpose: PurposeHeader = ""
) -> TicketView:
    """With its history, the steps of its deadline, and what you could do now; `ETag` is its version.

    Who looked is kept, and why: as `X-Purpose` says, else 办理.
    """
    view = await _whole(found, actor, ticket_id, purpose=purpose_of(purpose, "办理"))
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
        actor, ticket_id, int(version.strip('"')), given.action, told(given.facts)
    )
    view = await _whole(found, actor, ticket_id, acted=True)
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.post(
    "/{ticket_id}/children",
    summary="添加协办、督办、下级承办或拆分",
    status_code=201,
    responses=documented(404, 409),
)
async def add_child(
    ticket_id: Id, given: ChildGiven, key: RequestKey, actor: Handling, found: PartsDep, response: Response
) -> TicketView:
    """A ticket of its own under this one, with its own unit, clock, cards and reply; the same `Idempotency-Key` adds once."""
    await _visible(found, actor, ticket_id)
    draft = ChildDraft(**given.model_dump())
    child_id = await found.house.add_child(actor, ticket_id, draft, request_key(actor.id, key))
    view = await _whole(found, actor, child_id, acted=True)
    if (view.parent_id, view.relation) != (ticket_id, given.relation):
        raise KeyReused(f"此 Idempotency-Key 已用于工单 {view.number}")
    response.headers["Location"] = f"/api/v1/tickets/{child_id}"
    response.headers["ETag"] = f'"{view.version}"'
    return view


@router.get("/{ticket_id}/ledger", summary="工单在谁手里", responses=documented(404))
async def whose_court(ticket_id: Id, actor: Reading, found: PartsDep) -> LedgerView:
    """Time counted for whoever had the ticket, from dispatch; and how often it went back."""
    await _visible(found, actor, ticket_id)
    async with found.database.reading() as session:
        history = await events.of(session, ticket_id)
    moves = [
        Move(row.at, row.payload["action"], row.payload["state"], row.payload.get("unit"))
        for row in history
        if "action" in row.payload and row.payload.get("state") in STATE_NAMES
    ]
    return LedgerView.model_validate(ledger(moves, datetime.now(UTC)).as_json())


@router.get("/{ticket_id}/events", summary="工单经过", responses=documented(404))
async def list_events(ticket_id: Id, actor: Reading, found: PartsDep, purpose: PurposeHeader = "") -> Events:
    """Every fact of the ticket, oldest first; nothing is ever changed or removed."""
    row = await _visible(found, actor, ticket_id)
    await rights.note_once(found, actor, "ticket.read", ticket_id, purpose_of(purpose, "办理"))
    async with found.database.reading() as session:
        history = await events.of(session, ticket_id)
        names = await users.names(session, {one.actor for one in history}, actor.unit)
    hidden = confidential.veiled(actor, row)
    shown = [_event(event, names, in_full=hidden) for event in history]
    if hidden:
        veil = confidential.Veil(row)
        shown = [one.model_copy(update={"payload": veil.of(one.payload)}) for one in shown]
    return Events(items=shown)


async def _visible(found: PartsDep, actor: Actor, ticket_id: str) -> Ticket:
    async with found.database.reading() as session:
        return await queries.ticket(session, actor.scope, ticket_id)


async def _whole(
    found: PartsDep, actor: Actor, ticket_id: str, acted: bool = False, purpose: str = "办理"
) -> TicketView:
    async with found.database.reading() as session:
        # a unit that gave a ticket back, an office that passed it on, sees what its own deed did
        scope = EVERYTHING if acted else actor.scope
        row = await queries.ticket_or_kin(session, scope, ticket_id)
        held = await rights.held(session, actor)
        history = await events.of(session, ticket_id)
        family = await queries.children(session, actor.scope, ticket_id)
        head = await tickets.leading(session, row)
        holder = await tickets.held_by(session, row)
        names = await users.names(session, {one.actor for one in history}, actor.unit)
    hidden = confidential.veiled(actor, row)
    in_full = not hidden and rights.needs_citizen(actor, row, held)
    if in_full or not acted:  # a deed is on the record by itself
        await rights.note_once(
            found, actor, "ticket.citizen" if in_full else "ticket.read", ticket_id, purpose
        )
    line = summary_of(row).model_dump()
    words = (
        row.body if in_full or hidden else mask_text(row.body)
    )  # a veil goes over the words as they were said
    whole = {
        **{name: getattr(row, name) for name in TicketView.model_fields if hasattr(row, name)},
        **line,
        **({"title": row.title} if in_full else {}),
        "body": words,
        "citizen_name": row.citizen_name if in_full else None if hidden else mask_name(row.citizen_name),
        "caller": row.caller if in_full else "" if hidden else mask_number(row.caller),
        "reply": row.reply if in_full else _masked_reply(row.reply, hidden),
        "actions": [] if _of_another(actor, holder) else _possible(actor, row, head),
        "children": [summary_of(one).model_dump() for one in family],
        "history": [_event(event, names, in_full or hidden).model_dump() for event in history],
    }
    return TicketView.model_validate(confidential.Veil(row).of(whole) if hidden else whole)


def _possible(actor: Actor, row: Ticket, head: Ticket) -> list[Action]:
    """What could be done to the ticket now; on a merged one also what is passed on to the one it went into (`head`)."""
    found = possible(cast(State, row.state), actor.role, cast(Relation | None, row.relation))
    if head is not row:
        found += passed_on(cast(State, head.state), actor.role, cast(Relation | None, head.relation))
    return list(found)


def _of_another(actor: Actor, holder: str | None) -> bool:
    """Whether another unit has this ticket: it is read, not acted on."""
    return actor.of_a_unit and holder is not None and holder != actor.unit


def _masked_reply(reply: Mapping[str, Any] | None, hidden: bool) -> dict[str, Any] | None:
    """Masked, unless a veil goes over it; who handled it is told to nobody but the unit and whoever speaks with the citizen (001 26)."""
    if reply is None:
        return None
    named = {"handler": mask_name(str(reply["handler"]))} if reply.get("handler") else {}
    whole = {**reply, **named}
    shown: dict[str, Any] = whole if hidden else masked(whole)
    return shown


def _event(row: EventRow, names: Mapping[str, str], in_full: bool) -> EventView:
    view = EventView.model_validate(row).model_copy(update={"by": names.get(row.actor, "")})
    return view if in_full else view.model_copy(update={"payload": masked(view.payload)})


def summary_of(row: Ticket) -> TicketSummary:
    names: Mapping[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
    shown = {name: getattr(row, name) for name in TicketSummary.model_fields if hasattr(row, name)}
    shown |= {"state_name": names.get(row.state, row.state)}
    shown |= {"title": confidential.title_of(row)}
    return TicketSummary.model_validate(shown)
