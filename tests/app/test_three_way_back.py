"""A page that is loaded anew in the middle of a talk: the citizen hears music and the same seat rings."""

import pytest
from sqlalchemy import update

from app.chores import Chores
from core.call import Bye, Hold, Play, Ring, Room, StaffEnd, StaffResult, side_room_of
from core.errors import Conflict, NotAllowed, SwitchSilent
from store.tables import Seat
from tests.app.invariants import broken_promises
from tests.app.three import Three, to_consult

pytestmark = pytest.mark.service


async def test_the_same_seat_rings_at_once_and_it_stays_one_talk(three: Three) -> None:
    place = three.place
    place.clock.pass_(30)
    began = (await three.citizen.row()).agent_answered_at
    assert began is not None
    talked = (place.clock() - began).total_seconds()
    await place.house.bring_back(three.agent, three.citizen.id)
    again = await three.asks()
    assert isinstance(again, Ring)
    assert again.seat == "8001"
    assert await place.seat_state("8001") == "ringing"
    await three.citizen.answered()
    assert await place.seat_state("8001") == "talking"
    place.clock.pass_(12)
    assert isinstance(await three.citizen.done("ANSWER", talk_s=12), Play | Bye)
    await three.citizen.gone(by="us")
    assert (await three.citizen.row()).talk_seconds == pytest.approx(talked + 12)
    assert [leg.reason for leg in await three.legs() if leg.role == "agent"] == ["LOST", "ANSWER"]
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_as_often_as_a_page_is_loaded(three: Three) -> None:
    for _ in range(3):
        three.place.clock.pass_(5)
        await three.place.house.bring_back(three.agent, three.citizen.id)
        await three.place.house.bring_back(three.agent, three.citizen.id)
        assert isinstance(await three.asks(), Ring)
        await three.citizen.answered()
    assert len([leg for leg in await three.legs() if leg.role == "agent"]) == 4


async def test_after_somebody_was_asked_aside_as_before(three: Three) -> None:
    place = three.place
    await to_consult(three)
    await place.house.transfer_cancel(three.agent, three.citizen.id, three.id, False)
    assert isinstance(await three.agent_asks("reach", "ANSWER", of=three.id), Room)
    await place.house.bring_back(three.agent, three.citizen.id)
    await three.gone("agent")  # we hung its dead leg up: the seat is rung, not let go
    assert isinstance(await three.asks(), Ring)
    await three.citizen.answered()
    assert await place.seat_state("8001") == "talking"


async def test_into_a_talk_of_three_that_goes_on_meanwhile(three: Three) -> None:
    place = three.place
    await to_consult(three)
    await place.house.transfer_merge(three.agent, three.citizen.id, three.id)
    place.switch.asked.clear()
    await place.house.bring_back(three.agent, three.citizen.id)
    assert [one[0] for one in place.switch.asked] == ["hangup", "ring_into"]  # nobody else is moved
    await three.gone("agent")
    assert await place.seat_state("8001") == "ringing"
    assert (await three.row()).left_at is None
    told = await place.desk.staff_next(
        StaffResult(three.citizen.id, "PJSIP/8001-back", "agent", "8001", "", "", "")
    )
    assert isinstance(told, Room)
    assert (told.room, told.fetch) == (three.room, False)
    assert told.recording.endswith("-1")  # not over what was recorded before
    assert await place.seat_state("8001") == "talking"
    assert [leg.reason for leg in await three.legs() if leg.role == "agent"] == ["LOST", None]


async def test_who_does_not_come_back_has_left_the_others_to_each_other(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> str:
        raise SwitchSilent("nobody picked up")

    await to_consult(three)
    await three.place.house.transfer_merge(three.agent, three.citizen.id, three.id)
    monkeypatch.setattr(three.place.switch, "ring_into", nobody)
    with pytest.raises(SwitchSilent):
        await three.place.house.bring_back(three.agent, three.citizen.id)
    assert (await three.row()).left_at is not None
    assert await three.place.seat_state("8001") == "wrap_up"


async def back_at_seat(three: Three, time: int = 0) -> object:
    """The new page has picked up: its leg, a channel of its own each time, asks where to go."""
    return await three.place.desk.staff_next(
        StaffResult(three.citizen.id, f"PJSIP/8001-back{time}", "agent", "8001", "", "", "")
    )


async def test_to_whom_it_asked_aside_who_waits_while_the_citizen_hears_music(three: Three) -> None:
    place = three.place
    await to_consult(three)
    place.switch.asked.clear()
    await place.house.bring_back(three.agent, three.citizen.id)
    assert [one[0] for one in place.switch.asked] == ["hangup", "ring_into"]
    await three.gone("agent")
    # whom the dead leg had dialled asks where to go, and hears music until the seat is there
    assert isinstance(await three.third_asks("reach"), Hold)
    assert (await three.row()).place == "aside"
    assert isinstance(await three.asks(), Hold)
    for told in (await back_at_seat(three), await three.third_asks("hold")):
        assert isinstance(told, Room)
        assert told.room == side_room_of(three.citizen.id)
    assert isinstance(await three.asks(), Hold)
    await place.house.transfer_merge(three.agent, three.citizen.id, three.id)
    assert (await three.row()).state == "merged"
    assert await place.seat_state("8001") == "talking"


async def test_again_while_they_speak_aside_whom_it_asked_hears_music_too(three: Three) -> None:
    place = three.place
    await to_consult(three)
    for time in range(2):
        place.switch.asked.clear()
        await place.house.bring_back(three.agent, three.citizen.id)
        assert isinstance(await three.third_asks("room"), Hold)
        assert isinstance(await back_at_seat(three, time), Room)
    assert [one[0] for one in place.switch.asked] == ["redirect", "hangup", "ring_into"]
    assert place.switch.asked[0] == ("redirect", "Local/x-1;1", "hl-staff")


async def test_whoever_was_called_in_does_not_bring_the_agents_talk_to_their_own_seat(three: Three) -> None:
    """Their seat has the talk too."""
    place = three.place
    expert = await place.seat("8002")
    async with place.database.session() as session:
        await session.execute(
            update(Seat).where(Seat.id == "8002").values(state="talking", call_id=three.citizen.id)
        )
    await to_consult(three)
    with pytest.raises(NotAllowed):
        await place.house.bring_back(expert, three.citizen.id)
    assert [leg.ended_at for leg in await three.legs() if leg.role == "agent"] == [None]


async def test_the_leg_that_is_gone_is_not_taken_for_the_one_that_is_rung(three: Three) -> None:
    await to_consult(three)
    await three.place.house.bring_back(three.agent, three.citizen.id)
    assert isinstance(await three.agent_asks("room"), Bye), "its page is gone, whatever it asks"
    assert await three.place.seat_state("8001") == "ringing"
    assert isinstance(await back_at_seat(three), Room)
    assert await three.place.seat_state("8001") == "talking"


async def test_a_third_party_that_hangs_up_while_the_seat_is_rung_ends_nothing(three: Three) -> None:
    place = three.place
    await to_consult(three)
    await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    await place.house.bring_back(three.agent, three.citizen.id)
    assert isinstance(await three.asks(in_room=True), Hold)
    await three.gone("sub_centre")
    assert isinstance(await three.asks("DONE"), Hold), "the seat still rings"
    assert isinstance(await back_at_seat(three), Room)


@pytest.mark.parametrize("swapped", [True, False])
async def test_a_citizen_whom_neither_came_back_to_is_told_and_rung_for_again(
    three: Three, swapped: bool
) -> None:
    place = three.place
    await to_consult(three)
    if swapped:
        await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    await place.house.bring_back(three.agent, three.citizen.id)
    assert isinstance(await three.asks(in_room=swapped), Hold)
    place.clock.pass_(2)
    await three.gone("sub_centre")
    place.clock.pass_(40)
    assert await three.asks("DONE") == Play(("agent-gone",))
    assert isinstance(await three.asks("DONE"), Ring)


async def test_to_the_citizen_while_whom_it_asked_hears_music(three: Three) -> None:
    place = three.place
    await to_consult(three)
    await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    await place.house.bring_back(three.agent, three.citizen.id)
    await three.gone("agent")
    assert isinstance(await three.asks(in_room=True), Hold), (
        "the room is empty: music until the seat is there"
    )
    assert isinstance(await three.third_asks(), Hold)
    told = await back_at_seat(three)
    assert isinstance(told, Room)
    assert (told.room, told.fetch) == (three.room, True)
    assert (await three.row()).place == "swapped"


async def test_a_citizen_whose_room_ended_unnoticed_waits_for_the_seat_that_is_back(three: Three) -> None:
    """A busy machine: the seat has picked up before the citizen's leg says that the room is empty."""
    place = three.place
    await to_consult(three)
    await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    await place.house.bring_back(three.agent, three.citizen.id)
    told = await back_at_seat(three)
    assert isinstance(told, Room)
    assert (told.room, told.fetch) == (three.room, True), "it takes the citizen along"
    assert isinstance(await three.asks("DONE", in_room=True), Hold)
    assert ((await three.row()).place, (await three.row()).state) == ("swapped", "talking")
    assert await three.asks("DONE") == Room(three.room, f"{three.citizen.id}-c1"), "nobody took it along"
    assert (await three.citizen.row()).step == "room"


async def test_a_seat_that_is_back_and_leaves_at_once_leaves_no_citizen_alone_in_the_room(
    three: Three,
) -> None:
    place = three.place
    await to_consult(three)
    await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    await place.house.bring_back(three.agent, three.citizen.id)
    await three.gone("sub_centre")
    await back_at_seat(three)
    assert isinstance(await three.asks("DONE", in_room=True), Hold)
    await place.desk.staff_ended(
        StaffEnd(three.citizen.id, "PJSIP/8001-back0", "agent", "8001", "", "agent", 16, place.clock())
    )
    assert not isinstance(await three.asks("DONE"), Room)


async def test_who_does_not_come_back_from_aside_leaves_whom_they_asked_to_the_citizen(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(*_: object) -> str:
        raise SwitchSilent("nobody picked up")

    await to_consult(three)
    monkeypatch.setattr(three.place.switch, "ring_into", nobody)
    with pytest.raises(SwitchSilent):
        await three.place.house.bring_back(three.agent, three.citizen.id)
    assert three.place.switch.asked[-1] == ("redirect", "Local/x-1;1", "hl-staff")
    told = await three.third_asks()
    assert isinstance(told, Room)
    assert told.room == three.room
    assert (await three.row()).state == "merged"
    assert await three.place.seat_state("8001") == "wrap_up"


async def test_a_service_killed_while_the_seat_was_rung_lets_nobody_wait_for_ever(
    three: Three, chores: Chores, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    async def killed(*_: object) -> str:
        raise Killed

    place = three.place
    await to_consult(three)
    monkeypatch.setattr(place.switch, "ring_into", killed)
    with pytest.raises(Killed):
        await place.house.bring_back(three.agent, three.citizen.id)
    await three.third_asks("reach")
    assert isinstance(await three.asks(), Hold)
    place.clock.pass_(45)
    place.switch.asked.clear()
    assert isinstance(await three.asks("DONE"), Hold)
    assert place.switch.asked == [("redirect", "Local/x-1;1", "hl-staff")]
    told = await three.third_asks()
    assert isinstance(told, Room)
    assert told.room == three.room
    assert await place.seat_state("8001") == "ringing"
    await chores.free_seats()
    assert await place.seat_state("8001") == "wrap_up"


async def test_on_hold_the_citizen_goes_on_hearing_music_until_the_seat_is_back(three: Three) -> None:
    place = three.place
    await place.house.hold(three.agent, three.citizen.id)
    assert isinstance(await three.asks(), Hold)
    await place.house.bring_back(three.agent, three.citizen.id)
    assert isinstance(await three.asks(), Ring)
    await three.citizen.answered()
    assert await place.seat_state("8001") == "talking"


async def test_not_for_others_and_not_while_a_third_party_is_rung(three: Three) -> None:
    other = await three.place.seat("8002")
    with pytest.raises(NotAllowed):
        await three.place.house.bring_back(other, three.citizen.id)
    await three.begin()
    assert isinstance(await three.asks(), Hold)
    with pytest.raises(Conflict):
        await three.place.house.bring_back(three.agent, three.citizen.id)
