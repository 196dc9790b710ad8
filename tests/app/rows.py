"""What the rows say of a citizen's call."""

from store import legs, messages
from store.database import Database
from store.tables import Leg, Message
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place


async def message_of(place: Place, citizen: Citizen) -> Message:
    async with place.database.reading() as session:
        found = await messages.of_call(session, citizen.id)
    assert found is not None
    return found


async def agent_legs(place: Place, citizen: Citizen) -> list[Leg]:
    async with place.database.reading() as session:
        return [leg for leg in await legs.of_call(session, citizen.id) if leg.role == "agent"]


async def well(database: Database) -> None:
    assert await broken_promises(database) == []
