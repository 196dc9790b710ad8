"""A house of its own for a clause: calls, people's deeds and tickets as in the service, on a database that is thrown away."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from api.actor import Actor
from api.house import HandedOn, TicketDraft
from app import policies
from app.seeding import house_content
from store import events, tickets, transfers
from store.database import Database
from store.sealed import Keyring
from store.tables import Ticket, Transfer, Unit
from tests.app.place import Citizen, Place, content_of
from tests.app.three import Three

UNIT = "chenzhou.rsj"
PHONE = "07352871234"
QUESTION = "询问工伤认定需提交的材料"


class House:
    """A talk in which a question comes up, under one city's rules."""

    def __init__(self, place: Place, agent: Actor, unit: Actor, office: Actor, citizen: Citizen) -> None:
        self.place, self.agent, self.unit, self.office, self.citizen = place, agent, unit, office, citizen

    async def unanswered(self, key: str = "key-1") -> HandedOn:
        """The agent can't answer it and says whose it is."""
        draft = TicketDraft("consult", "工伤认定材料", QUESTION, self.citizen.id, UNIT)
        return await self.place.house.hand_on(self.agent, draft, key)

    async def not_reached(self, transfer_id: str) -> None:
        """Whoever was called in lets it ring."""
        three = Three(self.place, self.agent, self.citizen, transfer_id)
        await three.agent_asks()
        await three.agent_asks("reach", "NOANSWER", of=transfer_id, rang=True, cause=19)

    async def transfers(self) -> list[Transfer]:
        async with self.place.database.reading() as session:
            return list(await transfers.of_call(session, self.citizen.id))

    async def tickets(self) -> list[Ticket]:
        async with self.place.database.reading() as session:
            return list(await tickets.of_call(session, self.citizen.id))

    async def deeds(self, ticket_id: str) -> list[str]:
        """What was done, in order."""
        async with self.place.database.reading() as session:
            kept = [one.payload.get("action") for one in await events.of(session, ticket_id)]
        return [str(one) for one in kept if one]

    async def warnings(self, ticket_id: str) -> list[str]:
        """Kinds of the live warnings about a ticket."""
        async with self.place.database.reading() as session:
            kept = await events.of(session, ticket_id)
        return [one.payload["kind"] for one in kept if one.name == "ticket.anomaly"]

    async def facts(self, ticket_id: str) -> list[dict[str, object]]:
        """What was said with each deed, in order."""
        async with self.place.database.reading() as session:
            kept = await events.of(session, ticket_id)
        return [one.payload["facts"] for one in kept if "facts" in one.payload]

    async def does(self, who: Actor, ticket_id: str, deed: str, **facts: object) -> Ticket:
        async with self.place.database.reading() as session:
            row = await tickets.get(session, ticket_id)
        await self.place.house.act_on_ticket(who, ticket_id, row.version, deed, facts)
        async with self.place.database.reading() as session:
            return await tickets.get(session, ticket_id)


def lived(city: str, story: Callable[[House], Awaitable[None]], phone: str = "", line: str = "12345") -> None:
    """Live this story under the city's rules. `phone`: the unit's duty telephone; `line`: the number the citizen dials."""

    async def live(file: Path) -> None:
        database = Database(f"sqlite+aiosqlite:///{file}", Keyring.generate())
        try:
            await story(await _house(database, city, phone, line))
        finally:
            await database.close()

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "house.db"
        file.write_bytes(_empty())
        asyncio.run(live(file))


async def _house(database: Database, city: str, phone: str, line: str) -> House:
    place = Place(database, content_of(house_content()))
    place.floor.policy = policies.load(city)
    await place.registers()
    async with database.session() as session:
        unit = await session.get_one(Unit, UNIT)
        unit.details = {**unit.details, "duty_number": phone}
    agent, handler = await place.seat("8001"), await place.person("renshe", "unit", UNIT)
    office, citizen = await place.person("rexian", "office"), place.citizen()
    citizen.line = line
    await citizen.to_talk()
    return House(place, agent, handler, office, citizen)


@cache
def _empty() -> bytes:
    """A database without a row, made once a run."""

    async def made(file: Path) -> None:
        database = Database(f"sqlite+aiosqlite:///{file}", Keyring.generate())
        await database.create_or_upgrade()
        await database.close()

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        asyncio.run(made(file))
        return file.read_bytes()
