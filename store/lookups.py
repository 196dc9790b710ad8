"""谁查看谁负责: who looked at, exported or shared whose data, kept for good."""

import re
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.hot import dialect_of
from store.keys import spelt
from store.paging import Page, page
from store.sealed import keyring_of
from store.tables import Lookup


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


def mark(session: AsyncSession, asked: str) -> str:
    """Eight letters that stand for what was searched for: the same for the same words, and nothing to be read from them."""
    words = asked.strip().lower()
    whole = words if re.fullmatch(r"[+\d -]+", words) else spelt(words)
    return keyring_of(dialect_of(session)).lookup(whole)[-8:]


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
