"""The register of units as people keep it: the hotline office all of it, a unit its own people and numbers."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from api.actor import Actor
from core.divisions import Tree
from core.errors import NotAllowed
from core.unit_register import EntryChange, UnitEntry
from store import units
from store.database import Database

Tell = Callable[..., Awaitable[None]]


class UnitDesk:
    """api.unit_house.UnitDeeds over a database."""

    def __init__(self, database: Database, tree: Tree, clock: Callable[[], datetime], tell: Tell) -> None:
        self._database, self._tree, self._clock, self._tell = database, tree, clock, tell

    async def put(self, actor: Actor, code: str, change: EntryChange, version: int, why: str) -> int:
        async with self._database.session() as session:
            unit = await units.held(session, code, version)
            entry = change.onto((await units.kept(session, code)).entry)
            if actor.role != "admin":
                self._check(actor, unit, entry)
            told = await units.put(session, entry, version, actor.id, self._clock(), self._tree, why)
        for one in told:
            facts: dict[str, Any] = {
                "unit": one.unit,
                "what": one.what,
                "action": one.action,
                "staff": one.staff,
            }
            await self._tell("units", one.name, **facts)
        return len(told)

    def _check(self, actor: Actor, unit: Any, entry: UnitEntry) -> None:
        """A unit keeps its own people; a county's office keeps its county's units, and keeps them there."""
        if actor.of_a_unit:
            if actor.unit != entry.code:
                raise NotAllowed("只能维护本单位")
            if (entry.division, entry.parent) != (unit.division, unit.parent_code):
                raise NotAllowed("归属的区划与上级单位由热线办维护")
        elif actor.division is not None and not all(
            self._tree.within(place, actor.division) for place in (unit.division, entry.division)
        ):
            raise NotAllowed("只能维护本区划的单位")
