"""A page that is loaded anew in the middle of a talk: the citizen hears music and the same seat rings."""

import pytest

from core.call import Bye, Play, Ring, Room, StaffResult
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


async def test_not_for_others_and_not_while_a_third_party_is_there(three: Three) -> None:
    other = await three.place.seat("8002")
    with pytest.raises(NotAllowed):
        await three.place.house.bring_back(other, three.citizen.id)
    await to_consult(three)
    with pytest.raises(Conflict):
        await three.place.house.bring_back(three.agent, three.citizen.id)
