"""Whole conversations between a citizen's channel and the desk: greeted, rung, answered, ended."""

import pytest

from core.call import Play, Ring, Wait
from store import calls, events, recordings, seats
from tests.app.invariants import broken_promises
from tests.app.place import Place
from tests.app.rows import agent_legs, message_of, well

pytestmark = pytest.mark.service
RATE = Play(("rate-service",), keys=1, timeout_s=5)


async def test_a_call_is_greeted_rung_answered_and_ended_by_the_agent(place: Place) -> None:
    agent = await place.seat("8001")
    citizen = place.citizen()
    assert await citizen.dial() == Play(("greeting", "recording-notice", "emergency-reminder"))
    assert await place.seat_state("8001") == "reserved"  # while the prompts are spoken
    place.clock.pass_(6)
    assert await citizen.done() == Ring("8001", "PJSIP/8001", 20, f"{citizen.id}-1")
    assert await place.seat_state("8001") == "ringing"
    await citizen.answered()
    assert place.answers == [(citizen.id, "8001", citizen.channel, "PJSIP/8001-1")]
    assert await place.seat_state("8001") == "talking"
    row = await citizen.row()
    assert (row.state, row.user_id, row.seat_id) == ("talking", agent.id, "8001")
    assert await citizen.agent_hangs_up(talk_s=40) == RATE
    assert await place.seat_state("8001") == "wrap_up"
    await citizen.gone(by="us")
    row = await citizen.row()
    assert (row.ended_by, row.talk_seconds, row.state) == ("agent", 40, "ended")
    assert row.prompts_ended_at is not None
    async with place.database.reading() as session:
        noted = [event.name for event in await events.of(session, citizen.id)]
        (recording,) = await recordings.of_call(session, citizen.id)
    assert noted == ["call.arrived", "call.routed", "call.answered", "call.ended"]
    assert recording.stem == f"{citizen.id}-1"
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_a_citizen_who_hangs_up_while_talking_ends_the_agents_leg_too(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    place.clock.pass_(25)
    await citizen.gone(status="ANSWER", talk_s=25)
    (leg,) = await agent_legs(place, citizen)
    assert (leg.ended_by, leg.ended_at) == ("citizen", place.clock())
    row = await citizen.row()
    assert (row.ended_by, row.talk_seconds) == ("citizen", 25)
    assert await place.seat_state("8001") == "wrap_up"
    assert await broken_promises(place.database, chores_ran=False) == []


@pytest.mark.parametrize("steps", ["prompts", "ringing", "waiting"])
async def test_a_citizen_who_gives_up_leaves_a_message_and_frees_the_seat(place: Place, steps: str) -> None:
    await place.seat("8001", "paused" if steps == "waiting" else "ready")
    citizen = place.citizen()
    await citizen.dial()
    if steps != "prompts":
        place.clock.pass_(6)
        told = await citizen.done()
        assert isinstance(told, Ring if steps == "ringing" else Wait)
    place.clock.pass_(2)
    await citizen.gone(status="CANCEL")
    assert (await message_of(place, citizen)).kind == "abandoned"
    assert await place.seat_state("8001") == ("paused" if steps == "waiting" else "ready")
    await well(place.database)


async def test_a_seat_that_does_not_answer_makes_the_next_one_ring(place: Place) -> None:
    await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    first = await citizen.done()
    assert isinstance(first, Ring)
    assert first.seat == "8001"  # idle longest
    second = await citizen.no_answer()
    assert isinstance(second, Ring)
    assert (second.seat, second.recording) == ("8002", f"{citizen.id}-2")
    assert await place.seat_state("8001") == "ready"
    await citizen.answered()
    await citizen.agent_hangs_up()
    await citizen.gone(by="us")
    missed, taken = await agent_legs(place, citizen)
    assert (missed.number, missed.reason, missed.answered_at) == ("8001", "NOANSWER", None)
    assert (taken.number, taken.reason, taken.ended_by) == ("8002", "ANSWER", "agent")
    async with place.database.reading() as session:
        (recording,) = await recordings.of_call(session, citizen.id)
    assert recording.stem == f"{citizen.id}-2"
    assert await broken_promises(place.database, chores_ran=False) == []


@pytest.mark.parametrize("status", ["CHANUNAVAIL", "CONGESTION"])
async def test_a_seat_that_cannot_be_reached_is_paused_and_the_next_one_rings(
    place: Place, status: str
) -> None:
    await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    told = await citizen.no_answer(status, after_s=0)
    assert isinstance(told, Ring)
    assert told.seat == "8002"
    assert await place.seat_state("8001") == "paused"


async def test_one_seat_that_does_not_answer_rings_again_and_is_remembered_once(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    told = await citizen.no_answer()
    assert isinstance(told, Ring)
    assert told.recording == f"{citizen.id}-2"
    assert isinstance(await citizen.no_answer(), Ring)
    assert (await citizen.row()).menu_state["tried"] == ["8001"]


async def test_a_seat_that_lets_three_calls_ring_is_paused_and_the_call_waits(place: Place) -> None:
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    for status in ("NOANSWER", "BUSY"):
        assert isinstance(await citizen.no_answer(status), Ring)
    assert isinstance(await citizen.no_answer(after_s=10), Wait)
    async with place.database.reading() as session:
        seat = await seats.get(session, "8001")
        (forced,) = await events.of(session, "8001")
    assert (seat.state, seat.pause_reason, seat.forced_by) == ("paused", "连续 3 次振铃未接", "routing")
    assert (forced.name, forced.payload["why"]) == ("seat.forced", "连续 3 次振铃未接")
    await place.house.seat_ready(agent, "8001")  # whoever is back says so
    place.clock.pass_(5)
    assert isinstance(await citizen.done(), Ring)


async def test_a_seat_given_back_wakes_those_who_wait(place: Place) -> None:
    await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    async with place.floor.hints.subscribe("queue") as hints:
        await citizen.no_answer()
        _, told = await anext(hints)
    assert told == {"event": "seat.free", "seat": "8001"}


async def test_an_agent_who_pauses_a_reserved_seat_sends_the_call_elsewhere(place: Place) -> None:
    agent = await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    await place.house.seat_pause(agent, "8001", "喝水")
    told = await citizen.done()
    assert isinstance(told, Ring)
    assert told.seat == "8002"


async def test_an_unregistered_line_is_served_as_the_main_one(place: Place) -> None:
    citizen = place.citizen()
    citizen.line = "99999"
    assert isinstance(await citizen.dial(), Play)
    async with place.database.reading() as session:
        assert (await calls.get(session, citizen.id)).line == "99999"
