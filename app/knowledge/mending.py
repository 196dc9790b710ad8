"""A reported gap and the version that mends it move together: handed in it is fixed, published it is verified, else it is open again."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app.knowledge.house import Rules, who
from core.errors import BadInput, NotAllowed
from core.events import Event
from core.knowledge import Fixed, GapReopened, GapVerified
from match import gap_table
from match.content import Article as Text
from store import knowledge_gaps
from store.tables import ArticleVersion, KnowledgeGap


async def checked(session: AsyncSession, gap_id: str, text: Text) -> KnowledgeGap:
    """A report that this text can mend. Raises NotFound, BadInput, NotAllowed where it is nobody's turn to mend it."""
    gap = await knowledge_gaps.get(session, gap_id)
    if gap.article_id not in (None, text.id):
        raise BadInput(f"这条缺漏说的是知识点 {gap.article_id}")
    if gap.unit_code != text.unit:
        raise BadInput(f"这条缺漏由 {gap.unit_code or '（尚未转办）'} 补正")
    if gap.state != "assigned":
        raise NotAllowed(f"这条缺漏处于“{gap_table.STATE_NAMES[_state(gap)]}”，不需补正")
    return gap


async def fixed_by(
    session: AsyncSession, row: ArticleVersion, actor: Actor, at: datetime, rules: Rules
) -> list[Event]:
    """A version that answers a report was handed in: the unit has done its part, late or not."""
    if not row.gap_id:
        return []
    gap = await knowledge_gaps.get(session, row.gap_id)
    return [await fix(session, gap, gap.version, actor, row.article_id, row.number, at)]


async def fix(
    session: AsyncSession,
    gap: KnowledgeGap,
    version: int,
    actor: Actor,
    article: str,
    number: int,
    at: datetime,
) -> Fixed:
    """Raises NotAllowed, Conflict."""
    after = gap_table.step(_state(gap), "fix", who(actor), gap.unit_code or "")
    late = gap.due_at is not None and at >= gap.due_at
    facts = {"fixed_article": article, "fixed_number": number, "fixed_at": at, "fixed_late": late}
    await knowledge_gaps.change(session, gap, version, state=after, article_id=gap.article_id or article, **facts)  # fmt: skip
    return Fixed(at, article, gap.unit_code or "", late=late, number=number, ref=gap.id, kind=gap.kind)


async def reopen(
    session: AsyncSession, row: ArticleVersion, why: str, at: datetime, rules: Rules, by: str
) -> list[Event]:
    """What should mend it did not come about: the report is open again, its term runs on."""
    gap = await knowledge_gaps.get(session, row.gap_id) if row.gap_id else None
    if gap is None or gap.state != "fixed" or (gap.fixed_article, gap.fixed_number) != (row.article_id, row.number):  # fmt: skip
        return []
    return [await open_again(session, gap, gap.version, why, at)]


async def open_again(
    session: AsyncSession, gap: KnowledgeGap, version: int, why: str, at: datetime
) -> GapReopened:
    """Raises Conflict."""
    facts = {"fixed_article": None, "fixed_number": None, "fixed_at": None, "fixed_late": None, "note": why}
    await knowledge_gaps.change(session, gap, version, state="assigned", **facts)
    late = gap.due_at is not None and at >= gap.due_at
    return GapReopened(at, gap.article_id or "", gap.unit_code or "", late=late, ref=gap.id, kind=gap.kind)


async def verified_by(
    session: AsyncSession, row: ArticleVersion, actor: Actor, at: datetime
) -> list[GapVerified]:
    """The office published what mends it, and has so verified it."""
    gap = await knowledge_gaps.get(session, row.gap_id) if row.gap_id else None
    if gap is None or gap.state != "fixed":
        return []
    return [await verify(session, gap, gap.version, actor, at)]


async def verify(
    session: AsyncSession, gap: KnowledgeGap, version: int, actor: Actor, at: datetime, note: str = ""
) -> GapVerified:
    """Raises NotAllowed, Conflict."""
    after = gap_table.step(_state(gap), "verify", who(actor), gap.unit_code or "")
    facts = {"settled_by": actor.id, "settled_at": at, "note": note or gap.note}
    await knowledge_gaps.change(session, gap, version, state=after, **facts)
    return GapVerified(
        at,
        gap.article_id or "",
        gap.unit_code or "",
        late=bool(gap.fixed_late),
        number=gap.fixed_number or 0,
        ref=gap.id,
        kind=gap.kind,
    )


def _state(gap: KnowledgeGap) -> gap_table.State:
    return gap.state  # type: ignore[return-value]
