"""Lists of the registers and of tickets as screens ask for them: filtered, ordered, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.confidential import searched
from core.errors import NotFound, UnknownUnit
from core.policy_parts import COLOURS, Colour
from core.rights import Scope
from store import about, between_keys, titles
from store import scope as within
from store.columns import Base
from store.paging import Page, page
from store.tables import (
    Article,
    Block,
    Call,
    CareCaller,
    Errand,
    Hold,
    Line,
    Message,
    NoticeRow,
    Precedent,
    Recording,
    Release,
    Ticket,
    Unit,
    UnitPhone,
)
from store.units import of_places
from tickets.clock import local


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets. '' and None leave a condition out; `caller`: a number or its look-up hash; times are aware.

    `secret`: by caller also confidential ones, for the seat that speaks with them: else the question would tell who reported.
    """

    states: Sequence[str] = ()
    unit: str = ""
    type: str = ""
    caller: str = ""
    secret: bool = False
    words: str = ""
    relation: str = ""
    parent: str = ""
    due_before: datetime | None = None
    due_after: datetime | None = None
    replied: bool | None = None
    card: Colour | None = None
    since: datetime | None = None
    until: datetime | None = None
    order: str = "filed_at"
    newest_first: bool = True


MOST_CARDS = 8
"""So many cards of a ticket are looked at; the rules name three for signing and three for handling."""
Row = TypeVar("Row", bound=Base)


async def tickets(
    session: AsyncSession, scope: Scope, wanted: TicketFilter, limit: int, offset: int
) -> Page[Ticket]:
    """Tickets within the scope that meet every condition; those without a deadline come last when ordered by it."""
    question = ticket_question(scope, wanted)
    if wanted.words:
        return await titles.page(session, question, wanted.words, limit, offset, searched)
    return await page(session, question, limit, offset)


def ticket_question(scope: Scope, wanted: TicketFilter) -> Select[Any]:
    """The question behind a list of tickets, ordered; its words are store.titles' to look for."""
    mine = within.tickets(scope)
    question: Select[Any] = select(Ticket).where(or_(mine, within.joined(scope)) if wanted.parent else mine)
    exact = {
        Ticket.unit_code: wanted.unit, Ticket.type: wanted.type, Ticket.caller_hash: wanted.caller,
        Ticket.relation: wanted.relation, Ticket.parent_id: wanted.parent,
    }  # fmt: skip
    for column, value in exact.items():
        question = question.where(column == value) if value else question
    question = question.where(~Ticket.confidential) if wanted.caller and not wanted.secret else question
    question = question.where(Ticket.state.in_(wanted.states)) if wanted.states else question
    question = question.where(Ticket.due_at < wanted.due_before) if wanted.due_before else question
    question = question.where(Ticket.due_at >= wanted.due_after) if wanted.due_after else question
    if wanted.replied is not None:
        question = question.where(Ticket.replied_at.is_not(None) == wanted.replied)
    question = question.where(_gravest_is(wanted.card)) if wanted.card else question
    question = question.where(Ticket.filed_at >= wanted.since) if wanted.since else question
    question = question.where(Ticket.filed_at < wanted.until) if wanted.until else question
    by: Any = Ticket.due_at if wanted.order == "due_at" else Ticket.filed_at
    first = by.desc() if wanted.newest_first else by.asc()
    if wanted.order == "due_at":  # every ticket was filed: without the words its index gives the order
        first = first.nulls_last()
    return question.order_by(first, Ticket.id)


def _gravest_is(colour: Colour) -> ColumnElement[bool]:
    """The gravest card that fell by now is of this colour. Cards are kept with China's time, so that their moments compare as text."""
    now = local(datetime.now(UTC)).isoformat(timespec="seconds")

    def fell(one: Colour) -> ColumnElement[bool]:
        each = (Ticket.cards[place] for place in range(MOST_CARDS))
        return or_(*(and_(card["colour"].as_string() == one, card["at"].as_string() <= now) for card in each))

    graver = COLOURS[COLOURS.index(colour) + 1 :]
    return and_(fell(colour), *(not_(func.coalesce(fell(one), false())) for one in graver))


async def ticket(session: AsyncSession, scope: Scope, ticket_id: str) -> Ticket:
    """Raises NotFound, also for what lies beyond the scope: nobody learns that it exists."""
    return await _one(session, Ticket, ticket_id, _acted_on(scope), "工单")


async def ticket_or_kin(session: AsyncSession, scope: Scope, ticket_id: str) -> Ticket:
    """As `ticket`; also one that a unit's own ticket waits for or helps with: to be read, never acted on."""
    return await _one(session, Ticket, ticket_id, or_(_acted_on(scope), within.kin(scope)), "工单")


def _acted_on(scope: Scope) -> ColumnElement[bool]:
    return or_(within.tickets(scope), within.joined(scope), within.came_back(scope))


async def children(session: AsyncSession, scope: Scope, ticket_id: str) -> Sequence[Ticket]:
    """A ticket's children within the scope, oldest first, those included that it waits for or that went into it."""
    allowed = or_(within.tickets(scope), within.joined(scope), within.kin(scope))
    question = select(Ticket).where(Ticket.parent_id == ticket_id, allowed)
    return (await session.scalars(question.order_by(Ticket.filed_at, Ticket.id))).all()


async def call(session: AsyncSession, scope: Scope, call_id: str) -> Call:
    """As `ticket`."""
    return await _one(session, Call, call_id, within.calls(scope), "通话")


async def call_answered_for(session: AsyncSession, scope: Scope, call_id: str) -> Call:
    """As `call`; also one that a supervisor took over from them."""
    return await _one(session, Call, call_id, within.answered_for(scope), "通话")


async def recording(session: AsyncSession, scope: Scope, recording_id: str) -> Recording:
    """As `ticket`."""
    return await _one(session, Recording, recording_id, within.recordings(scope), "录音")


async def message(session: AsyncSession, scope: Scope, message_id: str) -> Message:
    """As `ticket`."""
    return await _one(session, Message, message_id, within.messages(scope), "留言")


async def errand(session: AsyncSession, scope: Scope, errand_id: str) -> Errand:
    """As `ticket`."""
    return await _one(session, Errand, errand_id, within.errands(scope), "外呼任务")


async def notice(session: AsyncSession, scope: Scope, notice_id: str) -> NoticeRow:
    """As `ticket`."""
    return await _one(session, NoticeRow, notice_id, within.notices(scope), "通知")


async def phone(session: AsyncSession, scope: Scope, phone_id: str) -> UnitPhone:
    """As `ticket`."""
    return await _one(session, UnitPhone, phone_id, within.phones(scope), "联络号码")


async def release(session: AsyncSession, scope: Scope, release_id: str) -> Release:
    """As `ticket`."""
    return await _one(session, Release, release_id, within.releases(scope), "放行单")


async def hold(session: AsyncSession, scope: Scope, hold_id: str) -> Hold:
    """As `ticket`."""
    return await _one(session, Hold, hold_id, within.holds(scope), "保全")


async def precedent(session: AsyncSession, scope: Scope, precedent_id: str) -> Precedent:
    """As `ticket`: one that binds a unit within the scope. Every desk reads them all."""
    of_units = within.units(scope, Precedent.unit_code)
    return await _one(session, Precedent, precedent_id, of_units, "审定先例")


async def block(session: AsyncSession, scope: Scope, block_id: str) -> Block:
    """As `ticket`."""
    return await _one(session, Block, block_id, await blocked(session, scope), "限制记录")


async def care(session: AsyncSession, scope: Scope, care_id: str) -> CareCaller:
    """As `ticket`."""
    return await _one(session, CareCaller, care_id, await cared_for(session, scope), "关怀登记")


async def blocked(session: AsyncSession, scope: Scope) -> ColumnElement[bool]:
    """Blocks of callers within the scope."""
    return await between_keys.callers(session, scope, Block)


async def cared_for(session: AsyncSession, scope: Scope) -> ColumnElement[bool]:
    """The care register's callers within the scope."""
    return await between_keys.callers(session, scope, CareCaller)


async def unit(session: AsyncSession, scope: Scope, code: str) -> Unit:
    """A unit whose people's data the scope reaches. Raises NotFound."""
    found = await session.scalar(select(Unit).where(Unit.code == code, within.units(scope, Unit.code)))
    if found is None:
        raise UnknownUnit(f"没有代码为 {code} 的承办单位")
    return found


async def confidential(
    session: AsyncSession, calls: Sequence[str | None] = (), tickets: Sequence[str | None] = ()
) -> dict[str, str]:
    """Those of these calls and tickets that belong to a confidential matter -> the reporter's name ('' unknown)."""
    of_calls, of_tickets = sorted({one for one in calls if one}), sorted({one for one in tickets if one})
    if not of_calls and not of_tickets:
        return {}
    found: dict[str, str] = {}
    for one, _, name in (await session.execute(about.secret_matters(of_calls, of_tickets))).all():
        found[one] = name or found.get(one, "")
    return found


async def _one(
    session: AsyncSession, entity: type[Row], wanted: str, allowed: ColumnElement[bool], word: str
) -> Row:
    key: Any = entity.__table__.c.id
    question = select(entity).where(key == wanted, allowed).execution_options(populate_existing=True)
    found: Row | None = await session.scalar(question)
    if found is None:
        raise NotFound(f"没有{word} {wanted}")
    return found


async def units(
    session: AsyncSession, search: str, limit: int, offset: int, places: frozenset[str] | None = None
) -> Page[Unit]:
    """Active units by code; `search`: part of the code or name; `places`: only of these."""
    question = of_places(select(Unit).where(Unit.active), places)
    question = _containing(question, search, Unit.code, Unit.name)
    return await page(session, question.order_by(Unit.code), limit, offset)


async def lines(
    session: AsyncSession, search: str, limit: int, offset: int, mode: str = "", status: str = ""
) -> Page[Line]:
    """Lines by number; `search`: part of the number or name."""
    question = _containing(select(Line), search, Line.number, Line.name)
    for column, wanted in ((Line.mode, mode), (Line.status, status)):
        question = question.where(column == wanted) if wanted else question
    return await page(session, question.order_by(Line.number), limit, offset)


async def articles(
    session: AsyncSession, search: str, unit: str, kind: str, at: datetime, limit: int, offset: int
) -> Page[Article]:
    """Articles that hold on the day of `at` in China; every word of `search` stands in the title or the answer.

    Those that have the words in their title come first.
    """
    day = local(at).date()
    question: Select[Any] = select(Article).where(
        Article.active,
        or_(Article.valid_from.is_(None), Article.valid_from <= day),
        or_(Article.valid_to.is_(None), Article.valid_to >= day),
    )
    question = question.where(Article.unit_code == unit) if unit else question
    question = question.where(Article.kind == kind) if kind else question
    for word in search.split():
        question = _containing(question, word, Article.title, Article.answer)
    titled = [Article.title.contains(word, autoescape=True) for word in search.split()]
    first = (case((and_(*titled), 0), else_=1),) if titled else ()
    return await page(session, question.order_by(*first, Article.id), limit, offset)


def _containing(question: Select[Any], words: str, *columns: Any) -> Select[Any]:
    if not words:
        return question
    return question.where(or_(*(column.contains(words, autoescape=True) for column in columns)))
