"""What every deed on the knowledge base works with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from core.calendar import Calendar
from core.errors import NotAllowed
from core.policy import Policy
from match.governance import Who
from store import units
from store.database import Database

TOPIC = "knowledge"
CLOCK = "clock"
"""Who does what the clock does."""


async def nobody_told() -> None:
    """For a house whose matching reads nothing anew."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The city's rules and the calendar as they are now; `office`: code of the hotline office in the register of units."""

    policy: Policy
    calendar: Calendar
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Works:
    """`changed`: called after a text began or ceased to hold, so that matching takes it up."""

    database: Database
    rules: Callable[[], Rules]
    clock: Callable[[], datetime]
    changed: Callable[[], Awaitable[None]] = nobody_told


def who(actor: Actor) -> Who:
    """The actor as the governance table knows them."""
    return Who(actor.id, actor.role, actor.unit)


async def within(session: AsyncSession, actor: Actor, unit: str | None) -> None:
    """People of a county's hotline office keep their own county's units. Raises NotAllowed."""
    if not actor.of_a_unit and not await units.within(session, unit, actor.places):
        raise NotAllowed("这个单位不在您所属的区划")
