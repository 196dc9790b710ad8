"""谁查看谁负责: who looked at, exported or shared whose data, kept for good."""

import re
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from core.masking import mask_number, mask_numbers
from store import hot
from store.hot import dialect_of
from store.keys import spelt
from store.paging import Page, page
from store.sealed import keyring_of
from store.tables import Lookup

CALLER = "caller"
"""Subject of a look at what is known of a number."""
OPENED = 5000
"""So many of these are opened to find one number's."""


async def note(
    session: AsyncSession, actor: str, action: str, subject: str, at: datetime, purpose: str = ""
) -> None:
    """`action`: look, listen, export, share, …; `subject`: id of what was looked at; `purpose`: the reason given."""
    row = {
        "id": new_id("look"),
        "at": at,
        "actor": actor,
        "action": action,
        "subject": subject,
        "purpose": purpose,
    }
    await hot.add(session, Lookup, [row])


async def noted(
    session: AsyncSession, actor: str, action: str, subject: str, purpose: str, since: datetime
) -> bool:
    """Whether this look, with this purpose, is on record since then; purposes are sealed, so the few there are are opened."""
    question = select(Lookup.purpose).where(
        Lookup.subject == subject, Lookup.at >= since, Lookup.actor == actor, Lookup.action == action
    )
    return purpose in (await session.scalars(question)).all()


def searched(session: AsyncSession, asked: str, purpose: str) -> tuple[str, str]:
    """Subject and purpose of a search: of what sort it was, and a mark by which two searches can be told apart.

    Never what was asked itself: it may be a citizen's number or name.
    """
    mark = _marks(session, asked)[0]
    if mask_numbers(asked) != asked:
        return CALLER, f"{purpose}（按号码查询{mask_number(re.sub(r'[^0-9]', '', asked))}，记号{mark}）"
    sort, subject = ("按编号", "number") if re.fullmatch(r"[\d-]+", asked) else ("按字词", "words")
    return subject, f"{purpose}（{sort}查询，记号{mark}）"


def exported(session: AsyncSession, number: str, purpose: str) -> tuple[str, str]:
    """As `searched`, of a number that nobody typed: a confidential reporter's may be among them, and no digit of it is kept."""
    return CALLER, f"{purpose}（按号码导出，记号{_marks(session, number)[0]}）"


async def of_number(session: AsyncSession, number: str, within: ColumnElement[bool]) -> list[Lookup]:
    """Who looked for this number, newest first: known by its mark; purposes are sealed, so the newest OPENED are opened."""
    ends = tuple(f"记号{mark}）" for mark in _marks(session, number))
    rows = (await find(session, within=within, subject=CALLER, limit=OPENED)).items
    return [row for row in rows if row.purpose.endswith(ends)]


def _marks(session: AsyncSession, asked: str) -> list[str]:
    """Eight letters that stand for what was searched for, under each key that is held, the present one first.

    The same for the same words, and nothing to be read from them.
    """
    words = asked.strip().lower()
    whole = words if re.fullmatch(r"[+\d -]+", words) else spelt(words)
    return [hashed[-8:] for hashed in keyring_of(dialect_of(session)).hashes(whole)]


async def find(
    session: AsyncSession,
    *,
    within: ColumnElement[bool] | None = None,
    subject: str = "",
    actor: str = "",
    action: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[Lookup]:
    """Newest first. `action`: a word, or its first part (`recording` for recording.listen)."""
    question = select(Lookup) if within is None else select(Lookup).where(within)
    question = question.where(Lookup.subject == subject) if subject else question
    question = question.where(Lookup.actor == actor) if actor else question
    if action:
        question = question.where(
            or_(Lookup.action == action, Lookup.action.startswith(f"{action}.", autoescape=True))
        )
    question = question.where(Lookup.at >= since) if since else question
    question = question.where(Lookup.at < until) if until else question
    return await page(session, question.order_by(Lookup.at.desc(), Lookup.id.desc()), limit, offset)
