"""A citizen and an agent in a talk and whoever is called in, as rows: what their legs ask, what is kept of them."""

from dataclasses import dataclass, field

from api.actor import Actor
from core.call import Hold, Reach, Room, StaffEnd, StaffResult, room_of
from store import legs, tickets, transfers
from store.tables import Leg, Ticket, Transfer
from tests.app.place import Citizen, Place


@dataclass
class Three:
    """A citizen and an agent in a talk; the agent's and the third party's legs ask as agi/conf does."""

    place: Place
    agent: Actor
    citizen: Citizen
    id: str = ""
    told: list[object] = field(default_factory=list)

    @property
    def room(self) -> str:
        return room_of(self.citizen.id)

    async def begin(self, kind: str = "line", ref: str = "12366", how: str = "consult") -> Transfer:
        self.id = await self.place.house.transfer(self.agent, self.citizen.id, kind, ref, how)  # type: ignore[arg-type]
        return await self.row()

    async def row(self) -> Transfer:
        async with self.place.database.reading() as session:
            return await transfers.get(session, self.id)

    async def agent_asks(
        self, step: str = "ring", status: str = "WOKEN", of: str = "", **facts: object
    ) -> object:
        return await self.place.desk.staff_next(
            StaffResult(self.citizen.id, "PJSIP/8001-1", "agent", "8001", of, step, status, **facts)  # type: ignore[arg-type]
        )

    async def third_asks(self, step: str = "third") -> object:
        row = await self.row()
        return await self.place.desk.staff_next(
            StaffResult(
                self.citizen.id, "Local/x-1;1", row.role, row.third_seat or "", self.id, step, "WOKEN"
            )
        )

    async def answers(self) -> None:
        await self.place.desk.third_answered(self.citizen.id, self.id, "Local/x-1;1", self.place.clock())

    async def gone(self, role: str, by: str = "") -> None:
        """A leg that had its own say is gone."""
        third = role != "agent"
        channel, seat = ("Local/x-1;1", "") if third else ("PJSIP/8001-1", "8001")
        await self.place.desk.staff_ended(
            StaffEnd(
                self.citizen.id,
                channel,
                role,
                seat,
                self.id if third else "",
                by or role,
                16,
                self.place.clock(),
            )
        )

    async def legs(self) -> list[Leg]:
        async with self.place.database.reading() as session:
            return list(await legs.of_call(session, self.citizen.id))

    async def tickets(self) -> list[Ticket]:
        async with self.place.database.reading() as session:
            return list(await tickets.of_call(session, self.citizen.id))

    async def asks(self, status: str = "WOKEN", talk_s: float = 0.0, in_room: bool = False) -> object:
        """The citizen's leg asks, sent away from what it did or done with it; in_room: it was taken there meanwhile."""
        if in_room:
            self.citizen.told = Room(self.room, "")
        return await self.citizen.done(status, talk_s=talk_s)


async def to_consult(three: Three) -> None:
    await three.begin()
    assert isinstance(await three.asks(), Hold)
    assert isinstance(await three.agent_asks(), Reach)
    three.place.clock.pass_(3)
    await three.answers()
