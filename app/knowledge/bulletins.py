"""公告: a unit posts its own, the office anybody's; agents say that they have read them."""

from datetime import datetime

from api.actor import Actor
from api.knowledge_house import BulletinAsk
from app.knowledge.findings import posted_late
from app.knowledge.house import Works, who, within
from core.errors import BadInput, Conflict, NotAllowed
from core.knowledge import BulletinPosted, BulletinWithdrawn
from match import bulletins as rules
from match.governance import keeps
from store import bulletins, events

MOST_PINNED = 99


class BulletinDesk:
    """api.knowledge_house.BulletinDeeds."""

    def __init__(self, works: Works) -> None:
        self._works = works

    async def post(self, actor: Actor, ask: BulletinAsk) -> str:
        at = self._works.clock()
        _may(actor, ask.unit)
        if ask.pinned is not None and actor.role not in ("office", "supervisor"):
            raise NotAllowed("置顶由热线办或班长决定")
        _ends_later(ask.until, at)
        rules.checked(ask.kind, ask.since, ask.until, ask.happens_at)
        late = rules.late(at, ask.happens_at)
        async with self._works.database.session() as session:
            await within(session, actor, ask.unit)
            row = await bulletins.add(
                session, kind=ask.kind, title=ask.title, text=ask.text, unit_code=ask.unit, region=ask.region,
                since=ask.since, until=ask.until, happens_at=ask.happens_at, late=late, pinned=ask.pinned,
                by=actor.id, at=at,
            )  # fmt: skip
            await events.append(session, BulletinPosted(at, "", ask.unit, late=late, ref=row.id, kind=ask.kind), actor.id)  # fmt: skip
            if late and ask.kind == "advance":
                await posted_late(session, row, at)
        await self._works.changed()
        return row.id

    async def withdraw(self, actor: Actor, bulletin_id: str, version: int, why: str) -> None:
        at = self._works.clock()
        async with self._works.database.session() as session:
            row = await bulletins.get(session, bulletin_id)
            _may(actor, row.unit_code)
            await within(session, actor, row.unit_code)
            if row.withdrawn_at is not None:
                raise Conflict("这条公告已经撤下")
            facts = {"withdrawn_by": actor.id, "withdrawn_at": at, "withdrawn_why": why}
            await bulletins.change(session, row, version, **facts)
            await events.append(session, BulletinWithdrawn(at, "", row.unit_code, ref=row.id), actor.id)
        await self._works.changed()

    async def read(self, actor: Actor, bulletin_id: str) -> None:
        async with self._works.database.session() as session:
            row = await bulletins.get(session, bulletin_id)
            await bulletins.read(session, row, actor.id, self._works.clock())


def _may(actor: Actor, unit: str) -> None:
    if actor.role != "supervisor" and not keeps(who(actor), unit):
        raise NotAllowed("公告由所属单位、热线办或班长发布和撤下")


def _ends_later(until: datetime, at: datetime) -> None:
    if until <= at:
        raise BadInput("公告的结束时间已经过去")
