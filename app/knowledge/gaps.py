"""Gaps and errors: reported by anybody at work, told to the owner with a term, mended, verified by the office."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import GapAsk, GapStepAsk
from app.knowledge import letters, mending
from app.knowledge.house import Rules, Works, who, within
from app.knowledge.misses import proposed
from core.errors import BadInput, Conflict, UnknownUnit
from core.events import Event
from core.knowledge import GapAssigned, GapDismissed, GapReported, QuestionsDismissed
from match import gap_table
from match.misses import Group
from store import calls, events, knowledge, knowledge_gaps, tickets
from store.tables import KnowledgeGap, Unit
from tickets.lead import fix_due


class GapDesk:
    """api.knowledge_house.GapDeeds."""

    def __init__(self, works: Works) -> None:
        self._works = works

    async def report(self, actor: Actor, ask: GapAsk) -> str:
        async with self._works.database.session() as session:
            return (await self._report(session, actor, ask, 0)).id

    async def step(self, actor: Actor, gap_id: str, version: int, ask: GapStepAsk) -> None:
        at = self._works.clock()
        async with self._works.database.session() as session:
            gap = await knowledge_gaps.get(session, gap_id)
            await _within(session, actor, gap, ask)
            happened = await self._do(session, actor, gap, version, ask, at)
            await events.append(session, happened, actor.id)

    async def take(self, actor: Actor, members: Sequence[str], ask: GapAsk) -> str:
        async with self._works.database.session() as session:
            gap = await self._report(session, actor, ask, len(members))
            if not await knowledge_gaps.settle_misses(session, members, "taken", gap.id):
                raise Conflict("这些问题已经处理过")
            return gap.id

    async def proposed(self, least: int) -> list[Group]:
        return await proposed(self._works.database, self._works.clock(), least)

    async def dismiss(self, actor: Actor, members: Sequence[str]) -> int:
        at = self._works.clock()
        async with self._works.database.session() as session:
            gone = await knowledge_gaps.settle_misses(session, members, "dismissed", None)
            if gone:
                await events.append(session, QuestionsDismissed(at, "", "", ids=gone), actor.id)
        return len(gone)

    async def _report(self, session: AsyncSession, actor: Actor, ask: GapAsk, asked: int) -> KnowledgeGap:
        """The office's word starts the owner's term at once; others' waits for the office (001 25: 市热线办发现…反馈至承办单位)."""
        at, number, owner = self._works.clock(), None, ask.unit
        if ask.article is not None:
            article = await knowledge.article(session, ask.article)
            owner, number = ask.unit or article.unit_code, article.version or None
        await _known(session, owner, ask)
        gap = await knowledge_gaps.add(
            session, kind=ask.kind, article_id=ask.article, number=number, unit_code=owner, title=ask.title,
            words=ask.words, asked=asked, call_id=ask.call_id, ticket_id=ask.ticket_id,
            reported_by=actor.id, reported_at=at,
        )  # fmt: skip
        about = (at, ask.article or "", owner or "")
        happened: list[Event] = [GapReported(*about, number=number or 0, ref=gap.id, kind=ask.kind)]
        if actor.role == "office" and owner:
            await within(session, actor, owner)
            happened.append(await self._assign(session, actor, gap, gap.version, GapStepAsk("assign"), at))
        await events.append_all(session, happened, actor.id)
        return gap

    async def _do(
        self,
        session: AsyncSession,
        actor: Actor,
        gap: KnowledgeGap,
        version: int,
        ask: GapStepAsk,
        at: datetime,
    ) -> Event:
        if ask.action == "assign":
            return await self._assign(session, actor, gap, version, ask, at)
        if ask.action == "fix":
            if not ask.article or not ask.number:
                raise BadInput("请指明补正所用的知识点和版本")
            row = await knowledge.version(session, ask.article, ask.number)
            if row.state != "published" or row.unit_code != gap.unit_code:
                raise BadInput("补正须用本单位已发布的版本；未发布的请随新版报送")
            return await mending.fix(session, gap, version, actor, ask.article, ask.number, at)
        if ask.action == "verify":
            return await mending.verify(session, gap, version, actor, at, ask.note)
        after = _after(gap, actor, ask)
        if ask.action == "reject":
            return await mending.open_again(session, gap, version, ask.note, at)
        facts = {"settled_by": actor.id, "settled_at": at, "note": ask.note}
        await knowledge_gaps.change(session, gap, version, state=after, **facts)
        return GapDismissed(at, gap.article_id or "", gap.unit_code or "", ref=gap.id, kind=gap.kind)

    async def _assign(
        self,
        session: AsyncSession,
        actor: Actor,
        gap: KnowledgeGap,
        version: int,
        ask: GapStepAsk,
        at: datetime,
    ) -> GapAssigned:
        """The unit is told; its term runs from now."""
        rules = self._works.rules()
        after, unit = _after(gap, actor, ask), ask.unit or gap.unit_code
        if not unit:
            raise BadInput("请指明由哪个单位补正")
        if await session.get(Unit, unit) is None:
            raise UnknownUnit(f"没有代码为 {unit} 的承办单位")
        facts: dict[str, Any] = {
            "state": after,
            "unit_code": unit,
            "assigned_by": actor.id,
            "assigned_at": at,
        }
        facts |= {"overdue_at": None, **clock(at, rules)}
        await knowledge_gaps.change(session, gap, version, **facts)
        await letters.gap_assigned(session, gap, at, rules)
        return GapAssigned(at, gap.article_id or "", unit, ref=gap.id, kind=gap.kind, due=gap.due_at)


async def _within(session: AsyncSession, actor: Actor, gap: KnowledgeGap, ask: GapStepAsk) -> None:
    """Whose it is and whose it becomes; nobody's is only taken by whom it goes to. `unit` of another step means nothing.

    Raises NotAllowed.
    """
    becomes = ask.unit if ask.action == "assign" else None
    for unit in {gap.unit_code or becomes, becomes or gap.unit_code}:
        await within(session, actor, unit)


def clock(at: datetime, rules: Rules) -> dict[str, Any]:
    """The term that begins at `at`, as columns."""
    found = fix_due(at, rules.policy, rules.calendar)
    steps = [{"date": s.date.isoformat(), "counts": s.counts, "why": s.why} for s in found.steps] if found else []  # fmt: skip
    return {"due_at": found.due if found else None, "steps": steps, "policy": rules.policy.name}


def _after(gap: KnowledgeGap, actor: Actor, ask: GapStepAsk) -> gap_table.State:
    state: gap_table.State = gap.state  # type: ignore[assignment]
    return gap_table.step(state, ask.action, who(actor), gap.unit_code or "", ask.note)


async def _known(session: AsyncSession, unit: str | None, ask: GapAsk) -> None:
    """Raises NotFound, UnknownUnit for what is named and does not exist."""
    if unit and await session.get(Unit, unit) is None:
        raise UnknownUnit(f"没有代码为 {unit} 的承办单位")
    if ask.call_id:
        await calls.get(session, ask.call_id)
    if ask.ticket_id:
        await tickets.get(session, ask.ticket_id)
