"""政企通: who are the policy specialists, and the ledger from 交办 to 销号."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from api.house import Actor
from core.events import EnterpriseNoted
from store import enterprise, events
from store.database import Database


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
