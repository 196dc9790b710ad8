"""A consult the agent can't answer: Yanji calls the unit, Heyuan files a ticket, others do either."""

import asyncio
from dataclasses import replace

import pytest

from api.actor import Actor
from api.house import TicketDraft
from app import policies
from core.errors import BadInput, Conflict, UnknownUnit
from core.policy_city import Intake
from store import calls, tickets, transfers
from store.tables import Ticket, Transfer, Unit
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place
from tests.app.three import Three

pytestmark = pytest.mark.service
UNIT = "chenzhou.rsj"
TITLE, BODY = "工伤认定材料", "询问工伤认定需提交的材料"


class Scene:
    """A talk in which a question comes up; `phone`: the unit's duty telephone."""

    def __init__(self, place: Place, agent: Actor, citizen: Citizen) -> None:
        self.place, self.agent, self.citizen = place, agent, citizen

    async def rules(self, city: str, phone: str = "") -> None:
        self.place.floor.policy = policies.load(city)
        async with self.place.database.session() as session:
            unit = await session.get_one(Unit, UNIT)
            unit.details = {**unit.details, "duty_number": phone}

    def draft(self, unit: str = UNIT) -> TicketDraft:
        return TicketDraft("consult", TITLE, BODY, self.citizen.id, unit)

    async def rows(self) -> tuple[list[Transfer], list[Ticket]]:
        async with self.place.database.reading() as session:
            mine = await transfers.of_call(session, self.citizen.id)
            return list(mine), list(await tickets.of_call(session, self.citizen.id))


@pytest.fixture
async def scene(place: Place) -> Scene:
    await place.registers()
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    return Scene(place, agent, citizen)


@pytest.mark.parametrize(
    ("city", "way", "clause"),
    [
        ("yanji", "live", "002 9"),
        ("heyuan", "ticket", "001 8(一)"),
        ("chenzhou", "live", "003 二.1"),
        ("henan", "ticket", "000 三(三)"),
    ],
)
async def test_the_profile_decides_between_the_units_telephone_and_a_ticket(
    scene: Scene, city: str, way: str, clause: str
) -> None:
    await scene.rules(city, "07352871234")
    done = await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    assert (done.way, done.clause) == (way, clause)
    assert done.words
    called, filed = await scene.rows()
    if way == "live":
        (row,) = called
        assert (row.id, row.kind, row.how, row.number) == (
            done.transfer_id,
            "unit",
            "three_way",
            "07352871234",
        )
        assert filed == []
        return
    (ticket,) = filed
    assert (ticket.id, ticket.type, ticket.unit_code) == (done.ticket_id, "consult", UNIT)
    assert (ticket.state, ticket.title) == ("dispatched", TITLE)
    assert called == []
    again = await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    assert again == done


async def test_a_unit_without_a_duty_telephone_gets_the_ticket(scene: Scene) -> None:
    await scene.rules("yanji")
    done = await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    assert done.way == "ticket"
    called, (ticket,) = await scene.rows()
    assert (called, ticket.unit_code) == ([], UNIT)
    async with scene.place.database.reading() as session:
        assert (await calls.get(session, scene.citizen.id)).outcome == "ticket"


async def test_a_unit_that_is_called_and_not_reached_gets_a_ticket_by_itself(scene: Scene) -> None:
    await scene.rules("yanji", "07352871234")
    done = await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    assert done.transfer_id is not None
    three = Three(scene.place, scene.agent, scene.citizen, done.transfer_id)
    await three.agent_asks()
    await three.agent_asks("reach", "NOANSWER", of=done.transfer_id, rang=True, cause=19)
    (row,), (ticket,) = await scene.rows()
    assert (ticket.type, BODY in ticket.body) == ("consult", True)
    assert (row.state, row.reason, row.ticket_id, ticket.unit_code) == (
        "failed",
        "no_answer",
        ticket.id,
        UNIT,
    )
    await scene.citizen.gone()
    assert await broken_promises(scene.place.database, chores_ran=False) == []


async def test_where_the_rules_are_silent_it_is_a_ticket_without_a_clause(scene: Scene) -> None:
    await scene.rules("yanji", "07352871234")
    scene.place.floor.policy = scene.place.floor.policy.model_copy(update={"intake": Intake()})
    done = await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    assert (done.way, done.clause) == ("ticket", "")


async def test_what_cannot_be_is_refused_by_name(scene: Scene) -> None:
    await scene.rules("yanji", "07352871234")
    for unit, refusal in (("nowhere", UnknownUnit), ("", BadInput)):
        with pytest.raises(refusal):
            await scene.place.house.hand_on(scene.agent, scene.draft(unit), "key-1")
    await scene.place.house.hand_on(scene.agent, scene.draft(), "key-2")
    with pytest.raises(Conflict, match="已有转接"):
        await scene.place.house.hand_on(scene.agent, scene.draft(), "key-3")


async def test_the_same_key_again_is_the_same_deed_while_the_unit_rings_and_after(scene: Scene) -> None:
    await scene.rules("yanji", "07352871234")
    done = await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    assert await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1") == done
    assert done.transfer_id is not None
    three = Three(scene.place, scene.agent, scene.citizen, done.transfer_id)
    await three.agent_asks()
    await three.agent_asks("reach", "NOANSWER", of=done.transfer_id, rang=True, cause=19)
    assert await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1") == done
    await scene.rules("yanji")  # nor does it become a ticket because the unit lost its telephone meanwhile
    assert await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1") == done
    called, filed = await scene.rows()
    assert (len(called), len(filed)) == (1, 1)  # the ticket of the unit that was not reached


async def test_two_requests_with_one_key_at_once_call_the_unit_once(scene: Scene) -> None:
    await scene.rules("yanji", "07352871234")
    asked = [scene.place.house.hand_on(scene.agent, scene.draft(), "key-1") for _ in range(3)]
    done = await asyncio.gather(*asked)
    assert done == [done[0]] * 3
    called, _ = await scene.rows()
    assert len(called) == 1


async def test_a_key_is_not_taken_for_another_call(scene: Scene) -> None:
    await scene.rules("yanji", "07352871234")
    await scene.place.house.hand_on(scene.agent, scene.draft(), "key-1")
    other = scene.place.citizen("13900001111")
    await other.dial()
    with pytest.raises(Conflict, match="另一个通话"):
        await scene.place.house.hand_on(scene.agent, replace(scene.draft(), call_id=other.id), "key-1")
