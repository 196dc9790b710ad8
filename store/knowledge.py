"""Articles as chains of versions: begun, moved by compare-and-set, taken up when they begin to hold, told to citizens."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput, Conflict, NotFound, UnknownUnit
from core.ids import new_id
from match.content import Article as Content
from match.governance import UNIT, State
from match.versions import FIELDS, Served, as_of
from store import hot
from store.paging import Page, page
from store.tables import Article, ArticleReview, ArticleUse, ArticleVersion, Call, Unit, User
from store.units import codes_within

_COLUMNS = ("kind", "title", "questions", "answer", "clause", "city", "valid_from", "valid_to", "details")
SEED = "seed"
SINCE = datetime(2000, 1, 1, tzinfo=UTC)
"""A first version holds always, as far as we know: nobody kept since when."""


# --- texts ------------------------------------------------------------------------------------------------------------


def seen(row: Article | ArticleVersion) -> dict[str, Any]:
    """What people read of it, for `match.versions.differences`."""
    found = {name: getattr(row, name if name != "unit" else "unit_code") for name in FIELDS}
    return {name: one.isoformat() if isinstance(one, date) else one for name, one in found.items()}


def digest(text: Mapping[str, Any]) -> str:
    """Names a text: equal for equal words, clause, owner and days."""
    plain = {name: text.get(name) for name in FIELDS}
    told = {
        name: one.isoformat() if isinstance(one, date) else list(one) if isinstance(one, tuple) else one
        for name, one in plain.items()
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def columns(text: Content) -> dict[str, Any]:
    """A text as columns of a version, its digest among them."""
    given = asdict(text)
    row: dict[str, Any] = {name: given[name] for name in _COLUMNS if name in given}
    return row | {"questions": list(text.questions), "unit_code": text.unit, "digest": digest(given)}


# --- chains -----------------------------------------------------------------------------------------------------------


async def article(session: AsyncSession, article_id: str, *, lock: bool = False) -> Article:
    """The article as it is now. Raises NotFound."""
    found = await (hot.locked if lock else hot.row)(session, Article, id=article_id)
    if found is None:
        raise NotFound(f"没有知识点 {article_id}")
    return found


async def chain(session: AsyncSession, article_id: str) -> Sequence[ArticleVersion]:
    """All versions of an article, oldest first."""
    found = await session.scalars(
        select(ArticleVersion)
        .where(ArticleVersion.article_id == article_id)
        .order_by(ArticleVersion.number)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def version(session: AsyncSession, article_id: str, number: int) -> ArticleVersion:
    """One version as it is now. Raises NotFound."""
    found = await session.get(ArticleVersion, (article_id, number), populate_existing=True)
    if found is None:
        raise NotFound(f"知识点 {article_id} 没有第 {number} 版")
    return found


async def held(session: AsyncSession, article_id: str, at: datetime) -> int | None:
    """The number of the version that held at that moment; None where none did."""
    return as_of(_served(await chain(session, article_id)), at)


def _served(rows: Sequence[ArticleVersion]) -> list[Served]:
    return [Served(row.number, row.serves_from, row.serves_until) for row in rows if row.serves_from]


async def begin(
    session: AsyncSession,
    text: Content,
    author: str,
    at: datetime,
    *,
    source: str,
    why: str,
    gap_id: str | None,
) -> ArticleVersion:
    """A new draft, the article with it where there is none yet. Raises UnknownUnit, Conflict where a draft is under way."""
    if await session.get(Unit, text.unit) is None:
        raise UnknownUnit(f"没有代码为 {text.unit} 的承办单位")
    cols = columns(text)
    row = {name: value for name, value in cols.items() if name != "digest"}
    fresh = {"id": text.id, **row, "details": {}, "version": 0, "active": False, "editor_id": None}
    await hot.add_if_new(session, Article, fresh)
    await article(session, text.id, lock=True)
    known = await chain(session, text.id)
    if any(one.state in ("draft", "submitted", "reviewed") for one in known):
        raise Conflict(f"知识点 {text.id} 已有一版正在编写或校核")
    made = ArticleVersion(
        article_id=text.id, number=max((one.number for one in known), default=0) + 1, **cols, details={},
        source=source, why=why, author=author, writers=[author], created_at=at, gap_id=gap_id,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made


async def change(session: AsyncSession, row: ArticleVersion, version: int, **changes: Any) -> None:
    """Change the version read at `version`. Raises Conflict."""
    which = {"article_id": row.article_id, "number": row.number, "version": version}
    if not await hot.change(session, ArticleVersion, which, changes):
        raise Conflict(f"知识点 {row.article_id} 第 {row.number} 版已被他人更改，请重新查看")
    await session.refresh(row)


async def add_review(
    session: AsyncSession, row: ArticleVersion, party: str, by: str, agrees: bool, note: str, at: datetime
) -> None:
    """One party's word in this round. Raises Conflict where it has been said."""
    said = {
        "id": new_id("rev"), "article_id": row.article_id, "number": row.number, "round": row.round, "party": party,
        "agrees": agrees, "note": note, "by": by, "at": at,
    }  # fmt: skip
    if not await hot.add_if_new(session, ArticleReview, said):
        raise Conflict("这一方已经校核过")


async def reviews(session: AsyncSession, article_id: str, number: int) -> Sequence[ArticleReview]:
    """Oldest first, all rounds."""
    found = await session.scalars(
        select(ArticleReview)
        .where(ArticleReview.article_id == article_id, ArticleReview.number == number)
        .order_by(ArticleReview.at, ArticleReview.id)
    )
    return found.all()


async def name_editor(session: AsyncSession, row: Article, user_id: str) -> None:
    """采编员. Raises BadInput where it is nobody of the owner unit."""
    user = await session.get(User, user_id)
    if user is None or not user.active or user.unit_code != row.unit_code:
        raise BadInput("采编员须是所属单位的在册人员")
    await hot.change(session, Article, {"id": row.id, "version": row.version}, {"editor_id": user_id, "version": row.version})  # fmt: skip


# --- what holds -------------------------------------------------------------------------------------------------------


async def to_take(session: AsyncSession, at: datetime, limit: int = 100) -> Sequence[str]:
    """Articles of which a version has begun to hold that matching has not taken up."""
    found = await session.scalars(
        select(ArticleVersion.article_id)
        .where(ArticleVersion.serves_from <= at, ArticleVersion.taken_at.is_(None))
        .distinct()
        .limit(limit)
    )
    return found.all()


async def settle(session: AsyncSession, article_id: str, at: datetime) -> ArticleVersion | None:
    """Make the article what its version in force says, or out of use where none is; the version that is in force anew.

    None where nothing but its end changed. Asked twice is once.
    """
    row = await article(session, article_id, lock=True)
    rows = await chain(session, article_id)
    number = as_of(_served(rows), at)
    begun = [
        one for one in rows if one.serves_from is not None and one.serves_from <= at and not one.taken_at
    ]
    for one in begun:
        one.taken_at = at
    now = next((one for one in rows if one.number == number), None)
    if now is None:
        row.active = False
        await session.flush()
        return None
    fresh = row.version != now.number or not row.active
    for name in (*_COLUMNS, "unit_code"):
        setattr(row, name, getattr(now, name))
    row.version, row.active = now.number, True
    await session.flush()
    return now if fresh else None


async def stamp(session: AsyncSession) -> tuple[Any, ...]:
    """Differs whenever another text holds: for whoever keeps a compiled copy."""
    taken, ended = ArticleVersion.taken_at, ArticleVersion.ended_at
    found = await session.execute(
        select(func.count(taken), func.max(taken), func.count(ended), func.max(ended))
    )
    return tuple(found.one())


async def keep_register(session: AsyncSession, at: datetime, source: str, ids: Sequence[str] = ()) -> int:
    """Give articles that have no version their first; those named by `ids` a new one where their text is another now.

    For texts that come in as a register (seed, restored): published at once, with where they came from. Gives how many.
    """
    none_yet = ~select(ArticleVersion.article_id).where(ArticleVersion.article_id == Article.id).exists()
    made = 0
    for row in (await session.scalars(select(Article).where(Article.active, none_yet))).all():
        session.add(_registered(row, max(row.version, 1), SINCE, at, source))
        made += 1
    replaced = (await session.scalars(select(Article).where(Article.active, Article.id.in_(ids)))).all()
    for row in replaced if ids else ():
        known = await chain(session, row.id)
        now, same = as_of(_served(known), at), digest(seen(row))
        if not any(one.number in (now, row.version) and one.digest == same for one in known):
            row.version = max((one.number for one in known), default=0) + 1
            session.add(_registered(row, row.version, at, at, source))
            made += 1
    await session.flush()
    return made


def _registered(row: Article, number: int, since: datetime, at: datetime, source: str) -> ArticleVersion:
    return ArticleVersion(
        article_id=row.id, number=number, unit_code=row.unit_code, **{name: getattr(row, name) for name in _COLUMNS},
        digest=digest(seen(row)), source=source, why=f"依据：{row.clause}" if row.clause else "", state="published",
        author=SEED, created_at=at, published_at=at, published_by=SEED, serves_from=since, taken_at=at,
    )  # fmt: skip


# --- what was told ----------------------------------------------------------------------------------------------------


async def told(
    session: AsyncSession,
    article_id: str,
    by: str,
    at: datetime,
    *,
    call_id: str | None,
    ticket_id: str | None,
) -> int | None:
    """Keep that a citizen was told what the house served at this moment, once per call; its version, None where it served none.

    They heard nothing after their call had ended: what was taken up by then counts, however much later somebody files it.
    """
    call = await hot.row(session, Call, id=call_id) if call_id else None
    if call is not None and call.ended_at is not None:
        at = min(at, call.ended_at)
    number = as_of(_served([row for row in await chain(session, article_id) if _taken(row, at)]), at)
    if number is None:
        return None
    row = {
        "id": new_id("use"), "key": f"{call_id or ticket_id}/{article_id}", "article_id": article_id, "number": number,
        "call_id": call_id, "ticket_id": ticket_id, "by": by, "at": at,
    }  # fmt: skip
    await hot.add_if_new(session, ArticleUse, row)
    return number


def _taken(row: ArticleVersion, at: datetime) -> bool:
    """Whether it was served by then, which the clock alone does not say; what held always was, before anybody kept since when."""
    return row.taken_at is not None and (row.taken_at <= at or row.serves_from == SINCE)


async def uses(
    session: AsyncSession,
    *,
    article_id: str = "",
    call_id: str | None = None,
    ticket_id: str | None = None,
    within: ColumnElement[bool] | None = None,
) -> Sequence[ArticleUse]:
    """Who was told what, newest first; of one article, or in one call or ticket, of those that meet `within`."""
    question = select(ArticleUse) if within is None else select(ArticleUse).where(within)
    question = question.where(ArticleUse.article_id == article_id) if article_id else question
    places = {ArticleUse.call_id: call_id, ArticleUse.ticket_id: ticket_id}
    which = [column == value for column, value in places.items() if value]
    question = question.where(or_(*which)) if which else question
    return (await session.scalars(question.order_by(ArticleUse.at.desc(), ArticleUse.id).limit(500))).all()


# --- lists ------------------------------------------------------------------------------------------------------------


async def find_versions(
    session: AsyncSession,
    *,
    state: State | None = None,
    unit: str = "",
    only: str = "",
    late: bool | None = None,
    places: frozenset[str] | None = None,
    serves_after: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[ArticleVersion]:
    """Versions by any of these, newest first. `only`: what this unit owns or is asked to review; `places`: units there."""
    question = select(ArticleVersion)
    question = question.where(ArticleVersion.state == state) if state else question
    question = question.where(ArticleVersion.unit_code == unit) if unit else question
    question = question.where(ArticleVersion.late.is_(late)) if late is not None else question
    question = (
        question if places is None else question.where(ArticleVersion.unit_code.in_(codes_within(places)))
    )
    question = question.where(ArticleVersion.serves_from > serves_after) if serves_after else question
    if only:
        asked = cast(ArticleVersion.parties, Text).contains(f'"{UNIT}{only}"', autoescape=True)
        question = question.where(or_(ArticleVersion.unit_code == only, asked))
    order = (ArticleVersion.created_at.desc(), ArticleVersion.article_id, ArticleVersion.number.desc())
    return await page(session, question.order_by(*order), limit, offset)


async def ending(
    session: AsyncSession,
    before: date,
    unit: str = "",
    places: frozenset[str] | None = None,
    limit: int = 1000,
    offset: int = 0,
) -> Page[Article]:
    """Articles in use whose source holds, or held, only until before that day, the soonest first."""
    question = select(Article).where(Article.active, Article.valid_to < before)
    question = question.where(Article.unit_code == unit) if unit else question
    question = question if places is None else question.where(Article.unit_code.in_(codes_within(places)))
    order = (Article.valid_to, Article.unit_code, Article.id)
    return await page(session, question.order_by(*order), limit, offset)


async def changes(
    session: AsyncSession, after: tuple[datetime, str] | None, until: datetime, limit: int
) -> Sequence[tuple[datetime, Article]]:
    """Articles that were taken up, replaced or withdrawn, each once with its latest change, in that order; behind `after`, before `until`."""
    moment = func.max(func.coalesce(ArticleVersion.ended_at, ArticleVersion.taken_at)).label("changed_at")
    latest = (
        select(ArticleVersion.article_id, moment)
        .where(ArticleVersion.taken_at.is_not(None))
        .group_by(ArticleVersion.article_id)
        .subquery()
    )
    at, of = latest.c.changed_at, latest.c.article_id
    question = select(at, Article).join(Article, Article.id == of).where(at < until)
    if after is not None:
        question = question.where(or_(at > after[0], and_(at == after[0], of > after[1])))
    found = await session.execute(question.order_by(at, of).limit(max(1, min(limit, 1000))))
    return [(changed, row) for changed, row in found.all()]


async def who_may_edit(session: AsyncSession, unit: str | None) -> Sequence[User]:
    """People of the owner unit of whom one may be named 采编员, by name."""
    question = select(User).where(User.active, User.unit_code == (unit or "-"))
    return (await session.scalars(question.order_by(User.name, User.id))).all()
