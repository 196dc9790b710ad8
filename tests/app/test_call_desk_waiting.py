"""Nobody is free: the queue, its positions, the call-back and the message."""

import pytest

from core.call import Bye, Play, Ring, TakeMessage, Wait
from store import recordings, seats
from tests.app.place import Place
from tests.app.rows import message_of, well

pytestmark = pytest.mark.service


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
