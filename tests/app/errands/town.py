"""A floor that calls out: an outside telephone network that answers as told, and citizens rung by it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.errands.dial import Errands
from core.after_call import Outgoing, Result
from core.call import Instruction, StepResult
from core.errors import SwitchSilent
from store import errands, trunks
from store.tables import Call, Errand
from tests.app.place import Citizen, Place

TRUNK = {"kind": "ip", "host": "127.0.0.2", "display_number": "12345"}


@dataclass
class Network:
    """core.after_call.Dialler: what each call comes to, the last one for ever; None: our process dies at that moment."""

    outcomes: list[tuple[Result, int] | None] = field(default_factory=lambda: [("answered", 0)])
    placed: list[Outgoing] = field(default_factory=list)
    up: set[str] = field(default_factory=set)
    before: Callable[[], Awaitable[None]] | None = None

    async def place(self, call: Outgoing) -> tuple[Result, int]:
        self.placed.append(call)
        if self.before is not None:
            await self.before()
        outcome = self.outcomes[min(len(self.placed), len(self.outcomes)) - 1]
        if outcome is None:
            raise SwitchSilent("the link is down")
        if outcome[0] == "answered":
            self.up.add(call.linkedid)
        return outcome

    async def linkedids(self) -> frozenset[str]:
        return frozenset(self.up)


class Town:
    """A place, its outside network, and the loop that places what we owe."""

    def __init__(self, place: Place) -> None:
        self.place, self.network = place, Network()
        self.loop = Errands(place.floor, self.network)

    async def open(self) -> "Town":
        """The one trunk there is."""
        async with self.place.database.session() as session:
            await trunks.put(session, "city", **TRUNK)
        return self

    async def round(self, after_s: float = 0.0) -> None:
        """Time passes, the loop looks once, and what it dials has its result."""
        self.place.clock.pass_(after_s)
        await self.loop.round()
        await self.loop.settled()

    async def owed(self) -> list[Errand]:
        """Every errand, oldest first."""
        async with self.place.database.reading() as session:
            found = await errands.find(session, newest_first=False, limit=100)
        return found.items

    async def the_errand(self) -> Errand:
        (one,) = await self.owed()
        return one

    async def picked_up(self, status: str = "DONE") -> "Called":
        """The citizen of the last call answers and their channel asks."""
        called = Called(self.place, self.network.placed[-1])
        await called.first(status)
        return called


class Called(Citizen):
    """A citizen we called: their channel exists from the answer on."""

    def __init__(self, place: Place, order: Outgoing) -> None:
        super().__init__(place, order.linkedid, order.number, order.line, order.call_id)

    async def first(self, status: str) -> Instruction:
        self.last = StepResult(self.id, self.channel, "", status)
        self.told = await self.place.desk.next(self.last)
        return self.told


async def at_once(*work: Awaitable[object]) -> None:
    await asyncio.gather(*work)


async def row(place: Place, call_id: str) -> Call:
    citizen = place.citizen()
    citizen.id = call_id
    return await citizen.row()
