"""What the office finds of units' knowledge work, as facts for accountability and assessment."""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import FindingAsk
from app.knowledge.house import CLOCK, Works, within
from core.errors import BadInput, UnknownUnit
from core.knowledge import FindingLifted, Misled, NoticeMissed
from store import bulletins, calls, events, knowledge, knowledge_findings, tickets
from store.tables import BulletinRow, Unit
from tickets.clock import words as when

COMPLAINTS = ("complaint", "report")


class FindingDesk:
    """api.knowledge_house.FindingDeeds."""

    def __init__(self, works: Works) -> None:
        self._works = works

    async def misled(self, actor: Actor, ask: FindingAsk) -> str:
        """001 19(九): 因知识库信息过时、错误等原因误导市民而引发投诉. The version is the one that was served, whatever holds today."""
        at = self._works.clock()
        if not ask.article or not ask.ticket_id:
            raise BadInput("请指明知识点和反映误导的投诉工单")
        async with self._works.database.session() as session:
            ticket = await tickets.get(session, ask.ticket_id)
            if ticket.type not in COMPLAINTS:
                raise BadInput("误导市民须由投诉或举报工单反映")
            article = await knowledge.article(session, ask.article)
            number, told_at = await _served(session, ask, at)
            row = await knowledge.version(session, ask.article, number)
            unit = row.unit_code or article.unit_code or ""
            await within(session, actor, unit)
            key = f"misled/{ask.ticket_id}/{ask.article}"
            facts = {"article_id": ask.article, "number": number, "unit_code": unit or None}
            found, fresh = await knowledge_findings.add(
                session, key, kind="misled", call_id=ask.call_id, ticket_id=ask.ticket_id, happened_at=told_at,
                title=ask.title, words=ask.words, by=actor.id, at=at, **facts,
            )  # fmt: skip
            if fresh:
                said = Misled(
                    at, ask.article, unit, number=number, ref=found.id, ticket_id=ask.ticket_id, late=row.late
                )
                await events.append(session, said, actor.id)
        return found.id

    async def notice_missed(self, actor: Actor, ask: FindingAsk) -> str:
        """002 附四(二): 临时性、应急性、预告性的信息没有及时上传."""
        at = self._works.clock()
        if not ask.unit or ask.happened_at is None:
            raise BadInput("请指明单位，以及应当公告的事情何时发生")
        async with self._works.database.session() as session:
            if await session.get(Unit, ask.unit) is None:
                raise UnknownUnit(f"没有代码为 {ask.unit} 的承办单位")
            await within(session, actor, ask.unit)
            await _exist(session, ask)
            if found := await knowledge_findings.missed(session, ask.unit, ask.happened_at, by=CLOCK):
                return found.id
            same = hashlib.sha256(ask.title.encode()).hexdigest()[:32]
            key = f"notice_missed/{ask.unit}/{ask.happened_at.isoformat()}/{same}"
            return await _missed(
                session, key, ask.unit, ask.happened_at, actor.id, at, title=ask.title, words=ask.words,
                call_id=ask.call_id, ticket_id=ask.ticket_id,
            )  # fmt: skip

    async def lift(self, actor: Actor, finding_id: str, why: str) -> None:
        at = self._works.clock()
        async with self._works.database.session() as session:
            row = await knowledge_findings.get(session, finding_id)
            await within(session, actor, row.unit_code)
            await knowledge_findings.lift(session, row, actor.id, why, at)
            about = (at, row.article_id or "", row.unit_code or "")
            said = FindingLifted(*about, number=row.number or 0, ref=row.id, kind=row.kind)
            await events.append(session, said, actor.id)


async def posted_late(session: AsyncSession, bulletin: BulletinRow, at: datetime) -> None:
    """An advance notice that came after what it tells of had begun was missed, once for each unit and moment.

    Where one was posted before it began, the late one only corrects or prolongs that.
    """
    unit, began = bulletin.unit_code, bulletin.happens_at
    if began is None or await bulletins.in_time(session, unit, began):
        return
    if await knowledge_findings.missed(session, unit, began):
        return
    words = f"预告性公告于{when(at, 0)}发布，所预告的事情已于{when(began, 0, begins=True)}开始"
    key = f"notice_missed/{unit}/{began.isoformat()}"
    await _missed(session, key, unit, began, CLOCK, at, title=bulletin.title, words=words)


async def _missed(
    session: AsyncSession, key: str, unit: str, happened_at: datetime, by: str, at: datetime, **facts: Any
) -> str:
    """The finding's id; it is told where it is new."""
    found, fresh = await knowledge_findings.add(
        session, key, kind="notice_missed", unit_code=unit, happened_at=happened_at, by=by, at=at, **facts
    )
    if fresh:
        said = NoticeMissed(at, "", unit, late=True, ref=found.id, happened_at=happened_at)
        await events.append(session, said, by)
    return found.id


async def _served(session: AsyncSession, ask: FindingAsk, at: datetime) -> tuple[int, datetime]:
    """Which version the citizen was told, and when: as kept of the call or ticket, else what held at the moment named.

    Raises NotFound, BadInput.
    """
    assert ask.article is not None
    await _exist(session, ask)
    if ask.call_id:
        for use in await knowledge.uses(session, article_id=ask.article, call_id=ask.call_id):
            return use.number, use.at
    moment = ask.happened_at
    if moment is None and ask.call_id:
        call = await calls.get(session, ask.call_id)
        moment = call.agent_answered_at or call.arrived_at
    if moment is None or moment > at:
        raise BadInput("请指明市民是在哪个通话或何时被告知的")
    number = await knowledge.held(session, ask.article, moment)
    if number is None:
        raise BadInput("那时没有生效的版本")
    return number, moment


async def _exist(session: AsyncSession, ask: FindingAsk) -> None:
    if ask.call_id:
        await calls.get(session, ask.call_id)
    if ask.ticket_id:
        await tickets.get(session, ask.ticket_id)
