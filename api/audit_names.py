"""What people, tickets and units are called in a record that holds ids only."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.masking import mask_name
from core.rights import OF_A_UNIT
from store import users
from store.tables import Ticket, Unit, User


async def named(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """By id: a person's name, a ticket's number, a unit's name; what has none stays out."""
    wanted = set(ids)
    found = {one: called(user) for one, user in (await users.people(session, wanted)).items()}
    for key, name in ((Ticket.id, Ticket.number), (Unit.code, Unit.name)):
        found |= {one: word for one, word in await session.execute(select(key, name).where(key.in_(wanted)))}
    return found


def called(user: User) -> str:
    """Who handles matters at a unit is known by log-in only: their names are nobody else's (001 26)."""
    return f"{mask_name(user.name)}（{user.login}）" if user.role in OF_A_UNIT else user.name
