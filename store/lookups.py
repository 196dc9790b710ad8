"""谁查看谁负责: who looked at, exported or shared whose data, kept for good."""

from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store import hot
from store.paging import Page, page
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
