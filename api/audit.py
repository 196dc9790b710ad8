"""谁管理谁使用谁负责 (003 二.11): who did what, a subject's whole trail, and whether the record of it is whole."""

import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.audit_names import named
from api.confidential import Veil
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import documented
from api.rights import note_lookup, note_search, reach
from api.shapes import Given, Instant, Page, Shape
from core.errors import NotFound
from core.masking import TICKET_NUMBER, mask_text
from core.rights import EVERYTHING
from store import events, lookups, scope, tickets, trail
from store.audit import Head
from store.tables import EventRow, Lookup

router = APIRouter(prefix="/audit", tags=["secrecy"])
Reading = Annotated[Actor, can("event", "read")]
Proving = Annotated[Actor, can("audit", "verify")]
_NUMBER = re.compile(r"\+?[0-9]{7,20}")
Names = Annotated[
    dict[str, str],
    Field(
        examples=[{"user_01KB3V5M2R8Q4T6W9Y0A": "李敏", "tkt_01KB3V5M2R8Q4T6W9Y0A": "20261121-048315"}],
        description="whoever acted, tickets and units, by id",
    ),
]


class TraceView(Shape):
    """A fact, or a look at somebody's data. `actor`: a user, `citizen`, or the part of us that did it; `why`: of a look.

    `payload`: of a fact, numbers masked; of a confidential matter nothing that tells who spoke.
    """

    id: str = Field(examples=["ev_01KB3V5M2R8Q4T6W9Y0A"])
    sort: Literal["fact", "look"] = Field(examples=["fact"])
    at: datetime = Field(examples=["2026-11-21T02:00:10Z"])
    actor: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["ticket.stepped"])
    subject: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    why: str = Field("", examples=["办理"])
    payload: dict[str, Any] = Field({}, examples=[{"action": "sign", "state": "signed"}])


class Traces(Page):
    """One page of what happened, newest first; no more than 10 000 are counted."""

    items: list[TraceView]
    names: Names


class EventQuery(Given):
    """Whose deeds, on what, of which sort (`ticket` finds ticket.stepped), when."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=10_000, examples=[0])
    actor: str = Field("", max_length=64, examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    subject: str = Field("", max_length=64, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field("", pattern=r"^[a-z_.]{0,64}$", examples=["ticket"])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])


class TrailGiven(Given):
    """`about`: a ticket (its number or id), a call, a citizen's number, or the id of anything else; and why one asks."""

    about: str = Field(min_length=1, max_length=64, examples=["20261121-048315"])
    why: str = Field(min_length=2, max_length=300, examples=["核查投诉件是否被无关人员查看"])


class Trail(Shape):
    """What happened to a subject and who looked at it, newest first; `tickets`, `calls`: what it is made of."""

    tickets: list[str] = Field(examples=[["tkt_01KB3V5M2R8Q4T6W9Y0A"]])
    calls: list[str] = Field(examples=[["call_01KB3V5M2R8Q4T6W9Y0A"]])
    items: list[TraceView]
    names: Names


class HeadView(Given):
    """The link on which a walk ended; an empty one: from the first."""

    n: int = Field(0, ge=0, examples=[48210])
    hash: str = Field("", max_length=128, examples=["h-sm3:9f2c"])


class BreakView(Shape):
    """Where the record is not what was chained. `n` 0: no link of the chain."""

    fault: Literal["changed", "missing", "moved", "inserted", "cut_off"] = Field(examples=["changed"])
    n: int = Field(examples=[4711])
    table: str = Field(examples=["events"])
    row_id: str = Field(examples=["ev_01KB3V5M2R8Q4T6W9Y0A"])


class ProofView(Shape):
    """`links`: proved from the first one on; `more`: ask again with `head`; `waiting`: rows too young to be chained."""

    links: int = Field(examples=[48210])
    waiting: int = Field(examples=[12])
    more: bool = Field(examples=[False])
    head: HeadView | None
    head_at: str = Field(examples=["2026-11-21T02:00:10+00:00"])
    broken: BreakView | None


@router.get("/events", summary="操作记录：谁改了什么")
async def list_events(query: Annotated[EventQuery, Query()], actor: Reading, found: PartsDep) -> Traces:
    """Every fact, kept for good; whoever looks after one place sees those of its tickets and calls. Looking here is kept too."""
    await note_lookup(found, actor, "events.read", query.subject or query.actor or "events", "审计")
    async with found.database.reading() as session:
        page = await events.find(
            session, within=scope.events(actor.scope), actor=query.actor, name=query.name, subject=query.subject,
            since=query.since, until=query.until, limit=query.limit, offset=query.offset,
        )  # fmt: skip
        items = await _facts(session, page.items)
        return Traces(total=page.total, items=items, names=await _names(session, items))


@router.post("/trail", summary="一件事的全部留痕", responses=documented(404))
async def whole_trail(given: TrailGiven, actor: Reading, found: PartsDep) -> Trail:
    """A ticket with its call, recordings and messages, all that came from a number and who looked for it, or one thing; the newest 500 facts and looks."""
    async with found.database.reading() as session:
        subject, family = await _family(session, actor, given.about)
    if by_number := subject == lookups.CALLER:
        await note_search(found, actor, "audit.trail", given.about, given.why)
    else:
        await note_lookup(found, actor, "audit.trail", subject, given.why)
    async with found.database.reading() as session:
        items = await _facts(session, await trail.facts(session, family.ids))
        looks = [*await trail.looks(session, family.ids)]
        if by_number:
            looks += await lookups.of_number(session, given.about, scope.lookups(actor.scope))
        items += [_look(row) for row in looks]
        items.sort(key=lambda one: one.at, reverse=True)
        names = await _names(session, items)
    return Trail(tickets=list(family.tickets), calls=list(family.calls), items=items, names=names)


@router.post("/verify", summary="核验审计链")
async def verify(given: HeadView, actor: Proving, found: PartsDep) -> ProofView:
    """Proves some thousand links behind the one given, as `./hotline audit verify` does all at once; ask again while `more`."""
    await note_lookup(found, actor, "audit.verify", "audit", "核验审计链")
    proof = await found.prove(Head(given.n, given.hash) if given.n else None)
    shown = {**asdict(proof), "head_at": proof.head.at if proof.head else ""}
    shown["head"] = {"n": proof.head.n, "hash": proof.head.hash} if proof.head else None
    return ProofView.model_validate(shown)


async def _family(session: AsyncSession, actor: Actor, about: str) -> tuple[str, trail.Family]:
    """What is meant (never a plain number) and what hangs on it. Raises NotFound, also for what is not within the actor's reach."""
    to_tickets, to_calls = reach(actor, "ticket", "read"), reach(actor, "call", "read")
    if re.fullmatch(TICKET_NUMBER, about):
        row = await tickets.by_number(session, about)
        if row is None:
            raise NotFound(f"没有工单 {about}")
        about = row.id
    if _NUMBER.fullmatch(about):
        return lookups.CALLER, await trail.of_number(session, about, to_tickets, to_calls)
    if about.startswith("tkt_"):
        row = await queries.ticket(session, to_tickets, about)
        return about, await trail.family(session, to_tickets, tickets=[about], secret=row.confidential)
    if about.startswith("call_"):
        await queries.call(session, to_calls, about)
        return about, await trail.family(session, to_tickets, calls=[about])
    if actor.scope != EVERYTHING:
        raise NotFound(f"没有 {about} 的记录")
    return about, trail.Family(others=[about])


async def _facts(session: AsyncSession, rows: Sequence[EventRow]) -> list[TraceView]:
    subjects = [row.subject for row in rows]
    secret = await queries.confidential(session, calls=subjects, tickets=subjects)
    made = []
    for row in rows:
        name = secret.get(row.subject)
        payload = masked(row.payload) if name is None else Veil(name).of(row.payload)
        made.append(TraceView(id=row.id, sort="fact", at=row.at, actor=row.actor, name=row.name, subject=row.subject, why="", payload=payload))  # fmt: skip
    return made


def _look(row: Lookup) -> TraceView:
    return TraceView(
        id=row.id, sort="look", at=row.at, actor=row.actor, name=row.action, subject=row.subject,
        why=mask_text(row.purpose), payload={},
    )  # fmt: skip


async def _names(session: AsyncSession, items: Sequence[TraceView]) -> dict[str, str]:
    told = (one.payload.get("unit") for one in items)
    ids = {part for one in items for part in (one.actor, one.subject)}
    return await named(session, ids | {one for one in told if isinstance(one, str)})
