"""Whole conversations between a citizen's channel and the desk."""

import pytest

from core.call import Bye, Play, Ring, TakeMessage, Wait
from core.errors import NotFound
from store import calls, events, legs, messages, recordings, seats
from store.database import Database
from store.tables import Leg, Message
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place, unknown

pytestmark = pytest.mark.service


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
    assert await citizen.agent_hangs_up(talk_s=40) == Bye(("goodbye",))
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


async def test_nobody_there_offers_a_call_back_and_key_1_notes_it(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    assert await citizen.done() == Play(("callback-offer",), keys=1, timeout_s=6)
    assert await citizen.done(digits="1") == Bye(("callback-confirmed", "goodbye"))
    await citizen.gone(by="us")
    message = await message_of(place, citizen)
    assert (message.kind, message.caller) == ("callback", "13812345678")
    await well(place.database)


async def test_key_2_leaves_a_message_with_its_sound(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    told = await citizen.done(digits="2")
    assert told == TakeMessage(("message-leave",), f"{citizen.id}-message", 120)
    place.clock.pass_(15)
    assert await citizen.done() == Bye(("message-thanks", "goodbye"))
    await citizen.gone(by="us")
    message = await message_of(place, citizen)
    assert (message.kind, message.recording) == ("voicemail", f"{citizen.id}-message")
    await well(place.database)


async def test_a_message_is_kept_where_the_citizen_just_hangs_up_after_speaking(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    await citizen.done(digits="2")
    place.clock.pass_(15)
    await citizen.gone()
    message = await message_of(place, citizen)
    assert (message.kind, message.recording) == ("voicemail", f"{citizen.id}-message")
    async with place.database.reading() as session:
        assert await recordings.by_stem(session, f"{citizen.id}-message") is not None
    await well(place.database)


async def test_a_caller_without_a_number_who_wants_a_call_back_leaves_a_message(place: Place) -> None:
    citizen = place.citizen(caller="")
    await citizen.dial()
    await citizen.done()
    assert isinstance(await citizen.done(digits="1"), TakeMessage)


async def test_no_key_goes_on_waiting_and_is_not_asked_again(place: Place) -> None:
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    assert isinstance(await citizen.done(), Wait)
    place.clock.pass_(100)
    assert isinstance(await citizen.done(), Wait)


async def test_who_waits_long_is_offered_a_call_back(place: Place) -> None:
    await place.seat("8001", "paused")
    citizen = place.citizen()
    await citizen.dial()
    assert isinstance(await citizen.done(), Wait)
    place.clock.pass_(61)
    assert await citizen.done() == Play(("callback-offer",), keys=1, timeout_s=6)


async def test_nobody_overtakes_and_the_position_is_spoken(place: Place) -> None:
    agent = await place.seat("8001", "paused")
    first, second, third = (place.citizen() for _ in range(3))
    for citizen in (first, second, third):
        await citizen.dial()
        place.clock.pass_(1)
    assert await first.done() == Wait(5, ("please-wait",))
    assert await second.done() == Wait(5, ("please-wait", "queue-position", "n1", "queue-people"))
    assert await third.done() == Wait(5, ("please-wait", "queue-position", "n2", "queue-people"))
    await place.house.seat_ready(agent, "8001")
    place.clock.pass_(5)
    assert isinstance(await third.done(), Wait)
    assert isinstance(await second.done(), Wait)
    late = place.citizen()
    await late.dial()
    assert await place.seat_state("8001") == "ready"
    told = await first.done()
    assert isinstance(told, Ring)
    assert await second.done() == Wait(5)  # spoken a moment ago
    place.clock.pass_(30)
    assert await second.done() == Wait(5, ("please-wait",))
    assert await third.done() == Wait(5, ("please-wait", "queue-position", "n1", "queue-people"))


async def test_who_speaks_a_message_is_nobodys_turn_in_the_queue(place: Place) -> None:
    first, second = place.citizen(), place.citizen()
    await first.dial()
    place.clock.pass_(1)
    await second.dial()
    await first.done()
    await second.done()
    assert isinstance(await first.done(digits="2"), TakeMessage)
    assert isinstance(await second.done(), Wait)
    await place.seat("8001")
    assert isinstance(await second.done(), Ring)


async def test_a_call_whose_seat_did_not_answer_keeps_its_place_before_later_ones(place: Place) -> None:
    await place.seat("8001")
    first = place.citizen()
    await first.dial()
    await first.done()
    later = place.citizen()
    await later.dial()
    assert isinstance(await later.done(), Wait)
    assert isinstance(await first.no_answer("CHANUNAVAIL", after_s=0), Wait)
    await place.seat("8002")
    assert isinstance(await later.done(), Wait)
    assert isinstance(await first.done(), Ring)


async def test_an_agent_who_pauses_a_reserved_seat_sends_the_call_elsewhere(place: Place) -> None:
    agent = await place.seat("8001")
    await place.seat("8002")
    citizen = place.citizen()
    await citizen.dial()
    await place.house.seat_pause(agent, "8001", "喝水")
    told = await citizen.done()
    assert isinstance(told, Ring)
    assert told.seat == "8002"


async def test_a_call_that_loses_every_seat_to_others_waits_its_turn(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.seat("8001")
    citizen = place.citizen()

    async def lost(*given: object) -> bool:
        return False

    with monkeypatch.context() as patched:
        patched.setattr(seats, "reserve", lost)
        await citizen.dial()
        assert isinstance(await citizen.done(), Wait)
    assert (await citizen.row()).state == "queued"
    assert isinstance(await citizen.done(), Ring)


# --- told twice, too late, never --------------------------------------------------------------------------------------


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
    assert await citizen.dial() == Bye(("goodbye",))
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
    assert await citizen.agent_hangs_up(talk_s=30) == Bye(("goodbye",))
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
    assert await citizen.agent_hangs_up() == Bye(("goodbye",))
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


async def test_an_unregistered_line_is_served_as_the_main_one(place: Place) -> None:
    citizen = place.citizen()
    citizen.line = "99999"
    assert isinstance(await citizen.dial(), Play)
    async with place.database.reading() as session:
        assert (await calls.get(session, citizen.id)).line == "99999"
