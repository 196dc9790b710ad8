"""政企通: who are the policy specialists, and the ledger from 交办 to 销号."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.confidential import SOMEBODY, Veil
from app.floor import Floor
from core.events import EnterpriseNoted
from store import enterprise, events
from store.database import Database
from store.tables import Ticket


async def ticket_filed(floor: Floor, session: AsyncSession, row: Ticket) -> None:
    """An enterprise's complaint is in the ledger from the moment it is filed (Chenzhou 二.7), in a line of its own.

    That is the line somebody entered during the call, for the first ticket filed of it.
    """
    if "enterprise" not in floor.intake.traits_of(row.intake):
        return
    at = floor.clock()
    if row.call_id and (known := await enterprise.bind(session, row.call_id, row.id)) is not None:
        await events.append(session, EnterpriseNoted(at, known, "ticket"), row.filed_by)
        return
    # whoever spoke may be a person, and a confidential one: the ledger is read by every desk, so it names the matter only
    title = Veil(row).text(row.title) if row.confidential else row.title
    facts = {
        "enterprise": SOMEBODY if row.confidential else title,
        "matter": title,
        "call_id": row.call_id,
        "ticket_id": row.id,
        "unit_code": row.unit_code,
    }
    item = await enterprise.enter(session, row.filed_by, at, **facts)
    await events.append(session, EnterpriseNoted(at, item.id, "assigned"), row.filed_by)


class EnterpriseDesk:
    """api.caller_house.EnterpriseDeeds over a database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def put_specialist(self, actor: Actor, specialist_id: str | None, facts: dict[str, Any]) -> str:
        async with self._database.session() as session:
            row = await enterprise.put_specialist(session, specialist_id, actor.id, self._clock(), **facts)
        return row.id

    async def enter(self, actor: Actor, facts: dict[str, Any]) -> str:
        at = self._clock()
        async with self._database.session() as session:
            row = await enterprise.enter(session, actor.id, at, **facts)
            await events.append(session, EnterpriseNoted(at, row.id, "assigned"), actor.id)
        return row.id

    async def close_item(self, actor: Actor, item_id: str, version: int, result: str) -> None:
        at = self._clock()
        async with self._database.session() as session:
            await enterprise.close(session, item_id, version, result, actor.id, at)
            await events.append(session, EnterpriseNoted(at, item_id, "closed"), actor.id)
