"""After the talk: five keys for the intake (001 14), bounded, and never after a refusal or a nuisance call."""

import pytest

from api.actor import Actor
from api.house import TicketDraft
from app import policies
from core.call import Bye, Instruction, Play
from store import calls, events, grades, notices
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service
ASK = Play(("rate-service",), keys=1, timeout_s=5)


@pytest.fixture
async def agent(place: Place) -> Actor:
    await place.registers()
    return await place.seat("8001")


async def agent_left(place: Place) -> tuple[Citizen, Instruction]:
    citizen = place.citizen()
    await citizen.to_talk()
    return citizen, await citizen.agent_hangs_up()


async def given(place: Place, call_id: str) -> list[tuple[str, str, str, str]]:
    async with place.database.reading() as session:
        found = await grades.of_call(session, call_id)
    return [(one.stage, one.grade, one.via, one.clause) for one in found]


@pytest.mark.parametrize(
    ("key", "grade"), [("1", "very_satisfied"), ("3", "fairly_satisfied"), ("5", "very_dissatisfied")]
)
async def test_a_key_is_a_grade_of_the_intake(place: Place, agent: Actor, key: str, grade: str) -> None:
    citizen, told = await agent_left(place)
    assert told == ASK
    assert await place.seat_state("8001") == "wrap_up", "the agent need not wait"
    assert await citizen.done(digits=key) == Bye(("rate-thanks", "goodbye"))
    await citizen.gone(by="agent")
    assert await given(place, citizen.id) == [("intake", grade, "phone_key", "001 14")]
    async with place.database.reading() as session:
        assert [
            one.payload["grade"] for one in await events.of(session, citizen.id) if one.name == "call.graded"
        ] == [grade]
    assert (await citizen.row()).ended_by == "agent"


async def test_no_key_is_asked_once_more_and_then_let_go(place: Place, agent: Actor) -> None:
    citizen, _ = await agent_left(place)
    assert await citizen.done() == Play(("sorry-retry", "rate-service"), keys=1, timeout_s=5)
    assert await citizen.done(digits="7") == Bye(("goodbye",))
    assert await given(place, citizen.id) == []


async def test_an_answer_that_got_lost_asks_again_and_counts_once(place: Place, agent: Actor) -> None:
    citizen, _ = await agent_left(place)
    await citizen.done(digits="4")
    citizen.told = ASK
    assert await citizen.ask_again() == Bye(("goodbye",))
    assert len(await given(place, citizen.id)) == 1


async def test_hanging_up_instead_leaves_no_grade(place: Place, agent: Actor) -> None:
    citizen, _ = await agent_left(place)
    await citizen.gone()
    assert await given(place, citizen.id) == []


async def test_a_refusal_is_not_graded(place: Place, agent: Actor) -> None:
    citizen = place.citizen()
    await citizen.to_talk()
    async with place.database.session() as session:
        await calls.close(session, citizen.id, "refused", place.clock())
    assert await citizen.agent_hangs_up() == Bye(("goodbye",))


async def test_a_city_that_orders_no_such_grade_asks_none(place: Place, agent: Actor) -> None:
    place.floor.policy = policies.load("yanji")
    _, told = await agent_left(place)
    assert told == Bye(("goodbye",))


async def test_the_ticket_number_is_texted_once_the_call_is_over(place: Place, agent: Actor) -> None:
    citizen = place.citizen()
    await citizen.to_talk()
    draft = TicketDraft("help", "停水", "三天没有水", citizen.id, "chenzhou.rsj")
    ticket_id = await place.house.file_ticket(agent, draft, "key-1")
    async with place.database.reading() as session:
        assert await notices.due(session, "sms", place.clock()) == []
    await citizen.agent_hangs_up()
    await citizen.gone(by="agent")
    async with place.database.reading() as session:
        (text,) = await notices.due(session, "sms", place.clock())
    assert (text.kind, text.ticket_id, text.call_id) == ("ticket_number", ticket_id, citizen.id)
    assert text.recipient == citizen.caller
