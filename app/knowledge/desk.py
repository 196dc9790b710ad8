"""Articles: drafts, their way through the table of match.governance, what an answered citizen was told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import StepAsk
from app.knowledge import mending, steps
from app.knowledge.bulletins import BulletinDesk
from app.knowledge.findings import FindingDesk
from app.knowledge.gaps import GapDesk
from app.knowledge.house import Works, who, within
from app.knowledge.misses import note_search
from core.errors import BadInput, NotAllowed, NotFound
from core.events import Event
from core.knowledge import Drafted, EditorNamed, Recalled
from match import governance
from match.content import Article as Text
from match.governance import Version
from store import events, knowledge
from store.tables import ArticleVersion


class KnowledgeDesk:
    """api.knowledge_house.KnowledgeDeeds over a database and the city's rules."""

    def __init__(self, works: Works) -> None:
        self.articles = ArticleDesk(works)
        self.gaps = GapDesk(works)
        self.bulletins = BulletinDesk(works)
        self.findings = FindingDesk(works)


class ArticleDesk:
    """api.knowledge_house.ArticleDeeds."""

    def __init__(self, works: Works) -> None:
        self._works = works

    async def begin(
        self, actor: Actor, article_id: str, text: Mapping[str, Any], why: str, gap_id: str | None
    ) -> int:
        given, at = steps.text_of(article_id, text), self._works.clock()
        async with self._works.database.session() as session:
            await _owned(session, actor, given)
            if gap_id:
                await mending.checked(session, gap_id, given)
            made = await knowledge.begin(session, given, actor.id, at, source="desk", why=why, gap_id=gap_id)
            await events.append(session, Drafted(at, article_id, given.unit, number=made.number), actor.id)
        return made.number

    async def edit(
        self, actor: Actor, article_id: str, number: int, version: int, text: Mapping[str, Any], why: str
    ) -> None:
        given, at = steps.text_of(article_id, text), self._works.clock()
        async with self._works.database.session() as session:
            await _owned(session, actor, given)
            row = await knowledge.version(session, article_id, number)
            after = governance.step(steps.as_version(row, ()), "edit", who(actor))
            changes = knowledge.columns(given) | {"why": why or row.why, "writers": sorted(after.writers)}
            changes.pop("details", None)
            await knowledge.change(session, row, version, **changes)
            await events.append(session, Drafted(at, article_id, given.unit, number=number), actor.id)

    async def step(self, actor: Actor, article_id: str, number: int, version: int, ask: StepAsk) -> None:
        at = self._works.clock()
        async with self._works.database.session() as session:
            await knowledge.article(session, article_id, lock=True)
            row = await knowledge.version(session, article_id, number)
            await within(session, actor, row.unit_code)
            said = await knowledge.reviews(session, article_id, number)
            before = steps.as_version(row, [one for one in said if one.round == row.round])
            happened = await self._do(session, actor, row, before, version, ask, at)
            await events.append_all(session, happened, actor.id)
        if ask.action in ("publish", "withdraw"):
            await self._works.changed()

    async def name_editor(self, actor: Actor, article_id: str, user_id: str) -> None:
        at = self._works.clock()
        async with self._works.database.session() as session:
            row = await knowledge.article(session, article_id, lock=True)
            if not governance.keeps(who(actor), row.unit_code or ""):
                raise NotAllowed("只有所属单位或热线办可以指定采编员")
            await within(session, actor, row.unit_code)
            await knowledge.name_editor(session, row, user_id)
            named = EditorNamed(at, article_id, row.unit_code or "", number=row.version, editor=user_id)
            await events.append(session, named, actor.id)

    async def not_found(self, actor: Actor, words: str) -> None:
        at = self._works.clock()
        async with self._works.database.session() as session:
            await note_search(session, actor.id, words, at)

    # --- steps -------------------------------------------------------------------------------------------------------

    async def _do(
        self,
        session: AsyncSession,
        actor: Actor,
        row: ArticleVersion,
        before: Version,
        version: int,
        ask: StepAsk,
        at: datetime,
    ) -> list[Event]:
        rules = self._works.rules()
        if ask.action == "submit":
            return await steps.submit(session, actor, row, before, version, ask, at, rules)
        if ask.action == "review":
            return await steps.review(session, actor, row, before, version, ask, at, rules)
        after = governance.step(before, ask.action, who(actor), ask.note)
        about = (at, row.article_id, before.owner)
        if ask.action == "publish":
            return await steps.publish(session, actor, row, version, about, rules)
        if ask.action == "recall":
            await knowledge.change(session, row, version, state=after.state)
            reopened = await mending.reopen(session, row, "报送的新版已收回", at, rules, actor.id)
            return [Recalled(*about, number=row.number), *reopened]
        if ask.action == "withdraw":
            return await steps.withdraw(session, actor, row, version, ask.note, about, rules)
        raise BadInput("修改草稿请提交全文")


async def _owned(session: AsyncSession, actor: Actor, text: Text) -> None:
    """Only the owner or the office may change an article, and nobody gives a unit's article to another unit but the office.

    Raises NotAllowed.
    """
    owners = {text.unit}
    try:
        owners.add((await knowledge.article(session, text.id)).unit_code or "")
    except NotFound:
        pass
    if not all(governance.keeps(who(actor), owner) for owner in owners):
        raise NotAllowed("知识库信息归所属单位所有，只有该单位或热线办可以修改（001 26(二)）")
    for owner in owners:
        await within(session, actor, owner)
