"""An agent beside a plain telephone puts the citizen on hold from the page: music, and together again."""

import pytest

from core.call import Hold, Play, Room
from core.errors import Conflict, NotAllowed, SwitchSilent
from store import events
from tests.app.invariants import broken_promises
from tests.app.three import Three, to_consult

pytestmark = pytest.mark.service


async def on_hold(three: Three) -> None:
    await three.place.house.hold(three.agent, three.citizen.id)
    assert isinstance(await three.asks(), Hold)
    assert isinstance(await three.agent_asks(), Hold)


async def test_both_hear_music_until_the_citizen_is_taken_back_and_the_hold_is_no_talk(three: Three) -> None:
    place = three.place
    began = (await three.citizen.row()).agent_answered_at
    assert began is not None
    place.clock.pass_(30)
    talked = (place.clock() - began).total_seconds()
    await on_hold(three)
    await place.house.hold(three.agent, three.citizen.id)  # asked twice it is one hold
    for _ in range(10):
        place.clock.pass_(5)
        assert isinstance(await three.asks("DONE"), Hold)
        assert isinstance(await three.agent_asks("hold", "DONE"), Hold)
    await place.house.resume(three.agent, three.citizen.id)
    await place.house.resume(three.agent, three.citizen.id)
    place.clock.pass_(20)
    await three.gone("agent")
    assert isinstance(await three.asks("DONE", talk_s=20, in_room=True), Play)
    await three.citizen.gone(by="us")
    assert (await three.citizen.row()).talk_seconds == pytest.approx(talked + 20)
    async with place.database.reading() as session:
        told = [
            one.payload["on"] for one in await events.of(session, three.citizen.id) if one.name == "call.held"
        ]
    assert told == [True, False]
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_an_order_that_got_lost_is_made_up_for_when_the_agents_telephone_asks(three: Three) -> None:
    await on_hold(three)
    await three.place.house.resume(three.agent, three.citizen.id)
    told = await three.agent_asks("hold", "DONE")
    assert isinstance(told, Room)
    assert told.room == three.room
    assert isinstance(await three.asks("DONE"), Room)


async def test_somebody_can_be_consulted_from_a_hold(three: Three) -> None:
    await on_hold(three)
    await to_consult(three)
    await three.place.house.transfer_cancel(three.agent, three.citizen.id, three.id, False)
    assert isinstance(await three.agent_asks("reach", "ANSWER", of=three.id), Room)
    await to_consult(three)
    with pytest.raises(Conflict):
        await three.place.house.hold(three.agent, three.citizen.id)


async def test_an_agent_who_hangs_up_on_a_citizen_on_hold_has_not_ended_the_talk(three: Three) -> None:
    await on_hold(three)
    await three.gone("agent")
    assert isinstance(await three.asks(), Play)
    assert not (await three.citizen.row()).menu_state["held"]


async def test_it_is_as_if_nobody_had_asked_where_the_switch_refuses_and_not_for_others(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = await three.place.seat("8002")
    with pytest.raises(NotAllowed):
        await three.place.house.hold(other, three.citizen.id)

    async def refuses(*_: object) -> None:
        raise SwitchSilent("no answer")

    before = await three.citizen.row()
    monkeypatch.setattr(three.place.switch, "part", refuses)
    with pytest.raises(SwitchSilent):
        await three.place.house.hold(three.agent, three.citizen.id)
    after = await three.citizen.row()
    assert (after.step, after.menu_state["held"]) == (before.step, False)
