"""What transfers learn of lines that others answer."""

import pytest

from api.actor import Actor
from core.call import Reach, StaffResult
from store import line_state, seats
from tests.app.place import Place

pytestmark = pytest.mark.service


async def consult(place: Place, agent: Actor, ref: str, status: str = "", cause: int = 0) -> str:
    """A call is handed to a line whose telephone ends like this ('': somebody answers); the line's state then."""
    citizen = place.citizen()
    await citizen.to_talk()
    transfer = await place.house.transfer(agent, citizen.id, "line", ref, "consult")
    leg = ("PJSIP/8001-1", "agent", "8001", "")
    assert isinstance(await place.desk.staff_next(StaffResult(citizen.id, *leg, "ring", "WOKEN")), Reach)
    if status:
        await place.desk.staff_next(StaffResult(citizen.id, *leg, "reach", status, rang=True, cause=cause))
    else:
        await place.desk.third_answered(citizen.id, transfer, "Local/x-1;1", place.clock())
    await citizen.gone()
    async with place.database.session() as session:
        await seats.set_state(session, "8001", "ready", place.clock())
        return await line_state.known(session, ref, place.clock())


async def test_two_transfers_that_reach_nobody_close_a_sub_centre_and_one_that_does_opens_it(
    place: Place,
) -> None:
    await place.registers()
    agent = await place.seat("8001")
    assert await consult(place, agent, "12366", "NOANSWER", 19) == "unknown"
    assert await consult(place, agent, "12366", "CHANUNAVAIL", 20) == "closed"
    assert await consult(place, agent, "12366") == "open"
    async with place.database.reading() as session:
        (row,) = await line_state.rows(session)
    assert (row.number, row.source, row.reason) == ("12366", "transfer", "")


async def test_a_busy_sub_centre_is_an_open_one(sqlite_place: Place) -> None:
    await sqlite_place.registers()
    agent = await sqlite_place.seat("8001")
    assert await consult(sqlite_place, agent, "12366", "BUSY", 17) == "open"
