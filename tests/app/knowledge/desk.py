"""People of two units and of the office around one knowledge base, on a floor whose clock tests move."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.actor import Actor
from api.knowledge_house import GapAsk, GapStepAsk, StepAsk
from app import policies
from app.knowledge.desk import KnowledgeDesk
from app.knowledge.watch import KnowledgeWatch, knowledge_desk
from store import events, knowledge, knowledge_gaps
from store.tables import Article, ArticleVersion, EventRow, KnowledgeGap
from tests.app.place import Place

RSJ, SLJ = "chenzhou.rsj", "chenzhou.slj"
TEXT: Mapping[str, Any] = {
    "kind": "办事指南", "title": "灵活就业人员怎么参保", "questions": ["灵活就业怎么交社保", "个人怎么交社保", "自己交社保去哪里"],
    "answer": "带身份证到街道窗口办理。", "unit": RSJ, "clause": "社会保险法 10",
}  # fmt: skip


class House:
    """`writer`, `colleague` and `leader` are of the owner unit, `other` of another; `office` and `second` of the hotline office."""

    def __init__(self, place: Place, policy: str = "heyuan") -> None:
        place.floor.policy = policies.load(policy)
        self.place = place
        self.desk: KnowledgeDesk = knowledge_desk(place.floor)
        self.watch = KnowledgeWatch(place.floor)

    async def open(self, led: bool = True) -> "House":
        await self.place.registers(None)
        self.writer = await self.place.person("writer", "unit", RSJ)
        self.colleague = await self.place.person("colleague", "unit", RSJ)
        if led:
            self.leader = await self.place.person("leader", "leader", RSJ)
        self.other = await self.place.person("other", "unit", SLJ)
        self.office = await self.place.person("office", "office")
        self.second = await self.place.person("second", "office")
        self.agent = await self.place.person("agent", "agent")
        return self

    async def step(self, who: Actor, article: str, number: int, ask: StepAsk) -> None:
        row = await self.version(article, number)
        await self.desk.articles.step(who, article, number, row.version, ask)

    async def begin(self, who: Actor, article: str = "social", gap: str | None = None, **changes: Any) -> int:
        return await self.desk.articles.begin(who, article, {**TEXT, **changes}, "政策调整", gap)

    async def published(
        self,
        article: str = "social",
        effective: datetime | None = None,
        gap: str | None = None,
        **changes: Any,
    ) -> int:
        """From the writer's draft to the office's publication."""
        number = await self.begin(self.writer, article, gap, **changes)
        await self.step(self.writer, article, number, StepAsk("submit", effective_from=effective))
        await self.step(self.office, article, number, StepAsk("review"))
        await self.step(self.office, article, number, StepAsk("publish"))
        return number

    async def version(self, article: str, number: int) -> ArticleVersion:
        async with self.place.database.reading() as session:
            return await knowledge.version(session, article, number)

    async def article(self, article: str) -> Article:
        async with self.place.database.reading() as session:
            return await knowledge.article(session, article)

    async def held(self, article: str, at: datetime) -> int | None:
        async with self.place.database.reading() as session:
            return await knowledge.held(session, article, at)

    async def events(self, subject: str) -> list[EventRow]:
        async with self.place.database.reading() as session:
            return list(await events.of(session, subject))

    async def names(self, subject: str) -> list[str]:
        return [event.name.partition(".")[2] for event in await self.events(subject)]

    # --- gaps --------------------------------------------------------------------------------------------------------

    async def report(self, who: Actor, **changes: Any) -> str:
        ask = {
            "kind": "error",
            "title": "参保窗口地址有误",
            "words": "市民说已经搬走",
            "article": "social",
        } | changes
        return await self.desk.gaps.report(who, GapAsk(**ask))

    async def gap(self, gap_id: str) -> KnowledgeGap:
        async with self.place.database.reading() as session:
            return await knowledge_gaps.get(session, gap_id)

    async def gap_step(self, who: Actor, gap_id: str, ask: GapStepAsk) -> None:
        await self.desk.gaps.step(who, gap_id, (await self.gap(gap_id)).version, ask)
