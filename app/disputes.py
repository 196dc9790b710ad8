"""The duty-dispute board: what it decided binds later returns (Heyuan 8(四))."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from core.errors import NotAllowed
from store import precedents
from store.tables import Ticket as Row
from tickets.clock import local
from tickets.lifecycle import Applied
from tickets.ticket import Actor


class Precedented(NotAllowed):
    """The board has decided that such a matter is this unit's."""

    code = "precedented"


async def may_return(session: AsyncSession, row: Row, unit: str) -> None:
    """Raises Precedented where a decision that holds gave such a matter to this unit."""
    for one in await precedents.of_unit(session, unit):
        if covers(one.matter, f"{row.title} {row.body}"):
            day = f"{local(one.decided_at):%Y-%m-%d}"
            raise Precedented(
                f"“{one.matter}”已于{day}审定由贵单位承办（{one.basis}），不能以同一理由“退回”(return)"
            )


async def decided(
    floor: Floor, session: AsyncSession, row: Row, done: Applied, actor: Actor, facts: Mapping[str, Any]
) -> None:
    """A decision with its matter in words becomes a precedent for the unit it names; one without ends another unit's."""
    matter, unit = str(facts.get("matter", "")).strip(), done.ticket.unit or ""
    if not matter:
        await precedents.supersede(session, row.id, actor.id, floor.clock(), but=unit)
        return
    rung = str(row.clock.get("rung") or "meeting")
    await precedents.add(session, unit, matter, str(facts["basis"]), rung, row.id, actor.id, floor.clock())


def covers(matter: str, text: str) -> bool:
    """Whether every word of the precedent's matter stands in the text."""
    words = matter.split()
    return bool(words) and all(word in text for word in words)
