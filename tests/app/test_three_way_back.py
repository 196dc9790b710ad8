"""A page that is loaded anew in the middle of a talk: the citizen hears music and the same seat rings."""

import pytest

from core.call import Bye, Hold, Play, Ring, Room, StaffResult, side_room_of
from core.errors import Conflict, NotAllowed, SwitchSilent
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


async def back_at_seat(three: Three) -> object:
    """The new page has picked up: its leg asks where to go."""
    return await three.place.desk.staff_next(
        StaffResult(three.citizen.id, "PJSIP/8001-back", "agent", "8001", "", "", "")
    )


async def test_to_whom_it_asked_aside_who_waits_while_the_citizen_hears_music(three: Three) -> None:
    place = three.place
    await to_consult(three)
    place.switch.asked.clear()
    await place.house.bring_back(three.agent, three.citizen.id)
    assert [one[0] for one in place.switch.asked] == ["hangup", "ring_into"]
    await three.gone("agent")
    told = await three.third_asks("reach")  # whom the dead leg had dialled asks where to go
    assert (isinstance(told, Room) and told.room, (await three.row()).place) == (
        side_room_of(three.citizen.id),
        "aside",
    )
    assert isinstance(await three.asks(), Hold)
    told = await back_at_seat(three)
    assert isinstance(told, Room)
    assert told.room == side_room_of(three.citizen.id)
    assert isinstance(await three.asks(), Hold)
    await place.house.transfer_merge(three.agent, three.citizen.id, three.id)
    assert (await three.row()).state == "merged"
    assert await place.seat_state("8001") == "talking"


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
    three: Three, monkeypatch: pytest.MonkeyPatch
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
    place.clock.pass_(30)
    place.switch.asked.clear()
    assert isinstance(await three.asks("DONE"), Hold)
    assert place.switch.asked == [("redirect", "Local/x-1;1", "hl-staff")]
    told = await three.third_asks()
    assert isinstance(told, Room)
    assert told.room == three.room


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
