"""What Asterisk tells the desk twice, too late or never."""

import pytest

from core.call import Bye, Play, Ring, Wait
from core.errors import NotFound
from store import events, messages, recordings, seats
from tests.app.invariants import broken_promises
from tests.app.place import Place, unknown
from tests.app.rows import agent_legs, well

pytestmark = pytest.mark.service
RATE = Play(("rate-service",), keys=1, timeout_s=5)


async def test_arriving_again_repeats_what_each_stage_says(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    greeting = await citizen.dial()
    call_id = citizen.id
    assert await citizen.dial() == greeting  # the notice must be heard
    ring = await citizen.done()
    assert await citizen.dial() == ring
    assert await place.seat_state("8001") == "ringing"
    assert len(await agent_legs(place, citizen)) == 1
    await citizen.answered()
    await citizen.agent_hangs_up()
    assert await citizen.dial() == RATE
    await citizen.gone()
    assert await citizen.dial() == Bye()
    assert citizen.id == call_id
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_arriving_again_while_waiting_offered_or_speaking_repeats_that(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    offer = await citizen.done()
    assert await citizen.dial() == offer
    assert isinstance(await citizen.done(), Wait)
    assert isinstance(await citizen.dial(), Wait)
    other = place.citizen()
    await other.dial()
    await other.done()
    take = await other.done(digits="2")
    assert await other.dial() == take


async def test_asking_twice_neither_rings_two_seats_nor_loses_the_one(place: Place) -> None:
    await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    ring = await citizen.done()
    assert await citizen.ask_again() == ring
    assert await place.seat_state("8001") == "ringing"
    assert await place.seat_state("8002") == "ready"
    next_ring = await citizen.no_answer()
    place.clock.pass_(4)
    assert await citizen.ask_again() == next_ring  # 8002 has rung for 4 s, not for 20
    assert await place.seat_state("8002") == "ringing"
    assert len(await agent_legs(place, citizen)) == 2


async def test_a_redirect_that_cuts_a_ringing_short_rings_the_same_seat_again(place: Place) -> None:
    await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    told = await citizen.done("WOKEN")
    assert told == Ring(
        "8001", "PJSIP/8001", 20, f"{citizen.id}-2"
    )  # a file of its own: the first may still be open
    assert await place.seat_state("8002") == "ready"


async def test_the_end_is_told_twice_and_counts_once(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    place.clock.pass_(10)
    facts = await citizen.gone(status="ANSWER", talk_s=10)
    place.clock.pass_(5)
    await place.desk.ended(facts)
    async with place.database.reading() as session:
        noted = [event.name for event in await events.of(session, citizen.id)]
    assert noted.count("call.ended") == 1
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_the_end_of_an_unknown_call_is_refused_by_name_so_that_the_fallback_keeps_it(
    place: Place,
) -> None:
    citizen = place.citizen()
    await citizen.dial()
    facts = await citizen.gone()
    with pytest.raises(NotFound):
        await place.desk.ended(unknown(facts, "call_unknown"))
    with pytest.raises(NotFound):
        await place.desk.ended(unknown(facts, ""))


async def test_the_end_finds_its_call_by_linkedid_where_arrivals_answer_got_lost(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    known, citizen.id = citizen.id, ""
    await citizen.gone()
    citizen.id = known
    assert (await citizen.row()).ended_by == "citizen"
    await well(place.database)


async def test_an_answer_nobody_told_us_of_is_noted_from_the_talks_length(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    place.clock.pass_(5)
    assert await citizen.agent_hangs_up(talk_s=30) == RATE
    await citizen.gone(by="us")
    row = await citizen.row()
    assert row.agent_answered_at is not None
    assert (row.ended_at - row.agent_answered_at).total_seconds() == 30  # type: ignore[operator]
    assert await place.seat_state("8001") == "wrap_up"
    assert await broken_promises(place.database, chores_ran=False) == []


@pytest.mark.parametrize("talk_s", [0, 12])
async def test_a_talk_nobody_told_us_of_that_the_citizen_ended_is_noted(place: Place, talk_s: int) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    place.clock.pass_(5 + talk_s)
    await citizen.gone(status="ANSWER", talk_s=talk_s)
    row = await citizen.row()
    assert row.agent_answered_at is not None
    assert row.talk_seconds == talk_s
    assert await place.seat_state("8001") == "wrap_up"
    async with place.database.reading() as session:
        assert len(await recordings.of_call(session, citizen.id)) == 1
        assert (
            await messages.of_call(session, citizen.id) is None
        )  # 15 minutes are the agent's to say what came of it
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_news_of_an_answer_that_comes_after_the_end_changes_nothing(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    await citizen.gone(status="CANCEL")
    await place.desk.agent_answered(citizen.id, "8001", citizen.channel, "PJSIP/8001-1", place.clock())
    assert place.answers == []
    assert await place.seat_state("8001") == "ready"
    await well(place.database)


async def test_news_of_an_answer_that_comes_after_the_rings_result_changes_nothing(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    await citizen.agent_hangs_up(talk_s=20)
    before = (await citizen.row()).agent_answered_at
    await place.desk.agent_answered(citizen.id, "8001", citizen.channel, "PJSIP/8001-1", place.clock())
    assert (await citizen.row()).agent_answered_at == before
    assert await place.seat_state("8001") == "wrap_up"


async def test_an_answer_on_a_seat_that_was_taken_from_the_call_is_still_written_down(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    async with place.database.session() as session:
        await seats.set_state(session, "8001", "paused", place.clock())
    await citizen.answered()
    assert await citizen.agent_hangs_up() == RATE
    await citizen.gone(by="us")
    assert (await citizen.row()).talk_seconds == 30
    assert await place.seat_state("8001") == "paused"
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_a_question_after_the_end_is_answered_with_goodbye_and_changes_nothing(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.gone()
    assert await citizen.done() == Bye()
    assert (await citizen.row()).state == "ended"
    assert await place.seat_state("8001") == "ready"


async def test_a_question_of_an_unknown_call_is_refused_by_name(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    citizen.id = "call_unknown"
    with pytest.raises(NotFound):
        await citizen.done()
