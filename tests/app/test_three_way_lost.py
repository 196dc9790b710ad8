"""A telephone that dies in a talk, a service that was away: nobody is left alone with music."""

import pytest

from agi.facts import ChannelSeen
from app import recovery
from core.call import Bye, Play, Ring, Room
from tests.app.invariants import broken_promises
from tests.app.three import Three, to_consult

pytestmark = pytest.mark.service


async def test_what_a_dead_telephone_ends_is_mended_the_same_seat_rings_once_more(three: Three) -> None:
    place = three.place
    three.place.clock.pass_(10)
    sorry = await three.citizen.done("LOST", talk_s=30)
    assert sorry == Play(("agent-gone",))
    assert await three.citizen.ask_again() == sorry
    again = await three.citizen.done()
    assert isinstance(again, Ring)
    assert (again.seat, again.recording) == ("8001", f"{three.citizen.id}-2")
    assert await place.seat_state("8001") == "ringing"
    await three.citizen.answered()
    place.clock.pass_(12)
    assert isinstance(await three.citizen.done("ANSWER", talk_s=12), Play | Bye)
    assert (await three.citizen.row()).talk_seconds == pytest.approx(42)
    await three.citizen.gone(by="us")
    assert (await three.citizen.row()).talk_seconds == pytest.approx(42)
    assert [leg.reason for leg in await three.legs() if leg.role == "agent"] == ["LOST", "ANSWER"]
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_a_seat_that_stays_dead_sends_the_citizen_to_the_head_of_the_queue(three: Three) -> None:
    place = three.place
    waits = place.citizen("13912345678")
    await waits.dial()
    await waits.done()
    three.place.clock.pass_(10)
    await three.citizen.done("LOST", talk_s=30)
    await three.citizen.done()
    told = await three.citizen.no_answer()
    assert not isinstance(told, Bye)
    assert (await three.citizen.row()).menu_state["priority"] == three.place.floor.routing.returned_priority
    await place.seat("8002")
    assert isinstance(await three.citizen.done("WOKEN"), Ring)  # before the one who has waited all the time
    assert (await three.citizen.row()).ended_at is None
    await three.citizen.gone()
    await waits.gone()


async def test_a_second_loss_goes_to_the_queue_not_to_the_same_seat(three: Three) -> None:
    three.place.clock.pass_(10)
    await three.citizen.done("LOST", talk_s=30)
    await three.citizen.done()
    await three.citizen.answered()
    three.place.clock.pass_(5)
    assert await three.citizen.done("LOST", talk_s=5) == Play(("agent-gone",))
    told = await three.citizen.done()
    assert not isinstance(told, Ring)
    assert await three.place.seat_state("8001") == "wrap_up"
    await three.citizen.gone()
    assert (await three.citizen.row()).talk_seconds == pytest.approx(35)


async def test_a_restart_finds_everybody_where_the_dialplan_brought_them(three: Three) -> None:
    """The third party hung up while we were away: the agent took the citizen into the room, both rows say otherwise."""
    await to_consult(three)
    place = three.place
    place.clock.pass_(30)
    seen = [
        ChannelSeen(
            three.citizen.channel, three.citizen.linkedid, three.citizen.id, "", "citizen", True, "b"
        ),
        ChannelSeen("PJSIP/8001-1", three.citizen.linkedid, three.citizen.id, "8001", "agent", True, "b"),
    ]
    assert await recovery.reconcile(place.floor, seen, place.clock()) == 0
    assert (await three.row()).state == "over"
    assert (await three.citizen.row()).step == "room"
    place.clock.pass_(5)
    three.citizen.told = Room(three.room, "")
    await three.citizen.gone(status="ANSWER", talk_s=35)
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_a_restart_finds_the_agents_leg_gone_and_the_citizen_is_not_left_on_hold(three: Three) -> None:
    await three.begin()
    await three.asks()
    await three.agent_asks()
    place = three.place
    place.clock.pass_(30)
    seen = [
        ChannelSeen(three.citizen.channel, three.citizen.linkedid, three.citizen.id, "", "citizen", True, "")
    ]
    await recovery.reconcile(place.floor, seen, place.clock())
    assert await three.asks("DONE") == Play(("agent-gone",))
    assert (await three.row()).reason == "cancelled"
