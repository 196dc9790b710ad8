"""What people at desks do to their seats and calls."""

import pytest

from core.errors import Conflict, NotAllowed, NotFound
from store import events, messages, seats
from tests.app.place import Place

pytestmark = pytest.mark.service


async def test_a_seat_is_taken_paused_made_ready_and_left(place: Place) -> None:
    who = await place.seat("8001", "paused")
    await place.house.seat_ready(who, "8001")
    await place.house.seat_pause(who, "8001", "午餐")
    async with place.database.reading() as session:
        assert (await seats.get(session, "8001")).pause_reason == "午餐"
    await place.house.seat_logout(who, "8001")
    assert await place.seat_state("8001") == "logged_out"


async def test_logging_in_again_tells_the_floor_how_the_seat_really_is(place: Place) -> None:
    who = await place.seat("8001", "ready")
    async with place.floor.hints.subscribe("floor") as hints:
        await place.house.seat_login(who, "8001")
        _, told = await anext(hints)
    assert told["state"] == await place.seat_state("8001") == "ready"


async def test_somebody_elses_seat_can_be_moved_by_a_supervisor_only(place: Place) -> None:
    await place.seat("8001")
    other = await place.person("other")
    chief = await place.person("banzhang", "supervisor")
    with pytest.raises(NotAllowed):
        await place.house.seat_pause(other, "8001", "")
    with pytest.raises(Conflict):
        await place.house.seat_login(other, "8001")
    await place.house.seat_pause(chief, "8001", "离席未退出")
    assert await place.seat_state("8001") == "paused"
    with pytest.raises(NotFound):
        await place.house.seat_ready(chief, "nowhere")


async def test_an_agent_cannot_walk_off_from_a_ringing_phone_or_a_talk(place: Place) -> None:
    who = await place.seat("8001")
    citizen = place.citizen()
    await citizen.dial()
    await place.house.seat_ready(who, "8001")  # clicked once more while the greeting is spoken
    assert await place.seat_state("8001") == "reserved"
    await citizen.done()
    for state in ("ringing", "talking"):
        assert await place.seat_state("8001") == state
        for deed in (place.house.seat_ready, place.house.seat_logout):
            with pytest.raises(NotAllowed):
                await deed(who, "8001")
        with pytest.raises(NotAllowed):
            await place.house.seat_pause(who, "8001", "")
        if state == "ringing":
            await citizen.answered()
    await citizen.agent_hangs_up()
    await place.house.seat_ready(who, "8001")
    assert await place.seat_state("8001") == "ready"


async def test_hanging_up_asks_the_switch_for_the_citizens_channel_once_it_is_ones_own(place: Place) -> None:
    who = await place.seat("8001")
    other = await place.person("other")
    citizen = place.citizen()
    await citizen.to_talk()
    with pytest.raises(NotAllowed):
        await place.house.hang_up(other, citizen.id)
    await place.house.hang_up(who, citizen.id)
    assert place.switch.asked == [
        ("redirect", citizen.channel, "hl-held"),  # a goodbye first
        ("hangup", "PJSIP/8001-1"),
    ]
    await citizen.gone(by="us")
    with pytest.raises(Conflict):
        await place.house.hang_up(who, citizen.id)


async def test_what_came_of_a_message_is_kept_with_who_said_so(place: Place) -> None:
    who = await place.seat("8001", "paused")
    other = await place.person("other")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.gone()
    async with place.database.reading() as session:
        message = await messages.of_call(session, citizen.id)
    assert message is not None
    await place.house.message_done(who, message.id, "已回电")
    place.clock.pass_(5)
    await place.house.message_done(other, message.id, "又看了一遍")
    async with place.database.reading() as session:
        kept = await messages.get(session, message.id)
        (event,) = await events.of(session, message.id)
    assert (kept.state, kept.note, kept.done_by) == ("done", "已回电", who.id)
    assert (event.name, event.actor, event.at) == ("message.done", who.id, kept.done_at)
    assert "已回电" not in str(event.payload)
