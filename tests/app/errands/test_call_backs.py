"""Call-backs kept in place, abandoned calls called back once, talks that were cut off: rows, turns and crashes."""

from datetime import timedelta

import pytest

from app.errands.dial import Errands
from core.call import Bye, EndFacts, Play, Ring
from store import events, legs, messages, trunks
from store.tables import Message
from tests.app.errands.town import Town, at_once, row
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service
GREETING = Play(("callback-greeting",))


@pytest.fixture
async def town(place: Place) -> Town:
    return await Town(place).open()


async def in_queue(town: Town, caller: str) -> Citizen:
    citizen = town.place.citizen(caller)
    await citizen.dial()
    town.place.clock.pass_(6)
    await citizen.done()
    return citizen


async def wants_call_back(town: Town, caller: str = "13900000001") -> Citizen:
    """Waits in the queue until a call-back is offered, and takes it."""
    citizen = await in_queue(town, caller)
    while citizen.told != Play(("callback-offer",), keys=1, timeout_s=6):
        town.place.clock.pass_(30)
        await citizen.done()
    await citizen.done(digits="1")
    await citizen.gone(by="us")
    return citizen


async def busy_floor(town: Town) -> Citizen:
    """One seat, and a talk that holds it."""
    await town.place.seat("8001")
    talking = town.place.citizen("13700000000")
    await talking.to_talk()
    return talking


async def freed(town: Town, talking: Citizen) -> None:
    """The talk ends and its agent has wrapped up."""
    await talking.gone(talk_s=60, status="ANSWER")
    agent = (await row(town.place, talking.id)).user_id
    who = await town.place.person("boss", "supervisor")
    assert agent
    await town.place.house.seat_ready(who, "8001")


async def message_of(place: Place, call_id: str) -> Message:
    async with place.database.reading() as session:
        found = await messages.of_call(session, call_id)
    assert found is not None
    return found


async def test_a_call_back_keeps_its_place_before_those_who_came_later(town: Town) -> None:
    talking = await busy_floor(town)
    wish = await wants_call_back(town)
    later = await in_queue(town, "13900000002")
    await town.round()
    assert ((await town.the_errand()).state, town.network.placed) == ("queued", [])
    await freed(town, talking)
    assert not isinstance(await later.done(), Ring), "somebody who came later was served first"
    await town.round()
    (order,) = town.network.placed
    assert (order.number, order.trunk, order.display) == ("13900000001", "city", "12345")
    called = await town.picked_up()
    assert called.told == GREETING
    told = await called.done()
    assert isinstance(told, Ring)
    assert (told.seat, await called.answered()) == ("8001", "8001")
    assert await called.agent_hangs_up() == Play(("rate-service",), keys=1, timeout_s=5)
    await called.gone(by="agent")
    errand = await town.the_errand()
    assert (errand.kind, errand.state, errand.result, errand.tries) == ("callback", "done", "answered", 1)
    assert (await message_of(town.place, wish.id)).state == "done"
    out = await called.row()
    assert (out.direction, out.queued_at) == ("out", (await wish.row()).queued_at)
    async with town.place.database.reading() as session:
        assert [leg.role for leg in await legs.of_call(session, called.id)] == ["citizen", "agent"]


async def test_who_does_not_answer_is_tried_again_and_then_left_to_a_person(town: Town) -> None:
    await town.place.seat("8001", "paused")
    wish = await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    town.network.outcomes = [("busy", 17), ("no_answer", 19), ("rejected", 21)]
    for tried, state in ((1, "due"), (2, "due"), (3, "given_up")):
        await town.round()
        await town.round()
        errand = await town.the_errand()
        assert (errand.tries, errand.state) == (tried, state)
        assert await town.place.seat_state("8001") == "ready"
        await town.round(after_s=1)  # the next try is not due yet
        assert len(town.network.placed) == tried
        town.place.clock.pass_(town.place.floor.policy.after.call_back.gap_s)
    assert (await message_of(town.place, wish.id)).state == "open"
    for order in town.network.placed:
        out = await row(town.place, order.call_id)
        assert (out.outcome, out.ended_at is None) == ("not_reached", False)
    assert len({order.linkedid for order in town.network.placed}) == 3


async def test_a_carrier_in_trouble_leaves_the_call_to_the_next_trunk_within_one_try(town: Town) -> None:
    async with town.place.database.session() as session:
        await trunks.put(session, "spare", kind="ip", host="127.0.0.3", failover_order=9)
    await town.place.seat("8001", "paused")
    await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    town.network.outcomes = [("unreachable", 34), ("answered", 0)]
    await town.round()
    await town.round()
    assert [order.trunk for order in town.network.placed] == ["city", "spare"]
    assert (await town.picked_up()).told == GREETING
    assert (await town.the_errand()).tries == 1


async def test_who_gave_up_is_called_back_once(town: Town) -> None:
    await busy_floor(town)
    for number in ("13900000003", "13900000003", "051288888888", "12345678901234"):
        citizen = await in_queue(town, number)
        town.place.clock.pass_(12)
        await citizen.gone()
    owed = await town.owed()
    assert [(one.kind, one.number) for one in owed] == [
        ("abandoned", "13900000003"),
        ("abandoned", "051288888888"),
    ]
    assert all(one.most == 1 for one in owed)


async def test_who_gave_up_in_the_greeting_or_at_once_is_not_called(town: Town) -> None:
    await busy_floor(town)
    hasty = town.place.citizen("13900000004")
    await hasty.dial()
    await hasty.gone()
    quick = await in_queue(town, "13900000005")
    town.place.clock.pass_(2)
    await quick.gone()
    assert await town.owed() == []


async def test_who_got_through_meanwhile_is_not_called_back(town: Town) -> None:
    talking = await busy_floor(town)
    gave_up = await in_queue(town, "13900000006")
    town.place.clock.pass_(15)
    await gave_up.gone()
    await freed(town, talking)
    again = town.place.citizen("13900000006")
    await again.to_talk()
    await town.round(after_s=60)
    errand = await town.the_errand()
    assert (errand.state, errand.reason) == ("cancelled", "诉求人已打通")
    assert town.network.placed == []


async def test_who_is_on_the_line_now_is_not_called(town: Town) -> None:
    await busy_floor(town)
    gave_up = await in_queue(town, "13900000007")
    town.place.clock.pass_(15)
    await gave_up.gone()
    await in_queue(town, "13900000007")
    await town.round(after_s=30)
    assert (await town.the_errand()).state == "due"
    assert town.network.placed == []


async def test_a_place_kept_for_somebody_who_calls_again_is_not_in_their_own_way(town: Town) -> None:
    talking = await busy_floor(town)
    await wants_call_back(town, "13900000012")
    await town.round()
    again = await in_queue(town, "13900000012")
    await town.round()
    assert [(one.state, one.out_call_id) for one in await town.owed()] == [("due", None)]
    await freed(town, talking)
    town.place.clock.pass_(5)
    assert isinstance(await again.done(), Ring)
    await again.gone()
    await town.round(after_s=61)
    await town.round()
    assert [order.number for order in town.network.placed] == ["13900000012"]


async def test_a_kept_place_is_given_up_where_no_trunk_is_left(town: Town) -> None:
    talking = await busy_floor(town)
    await wants_call_back(town)
    await town.round()
    async with town.place.database.session() as session:
        await trunks.put(session, "city", active=False)
    behind = await in_queue(town, "13900000013")
    await town.round()
    await freed(town, talking)
    town.place.clock.pass_(5)
    assert isinstance(await behind.done(), Ring)
    assert (await town.the_errand()).state == "due"


async def test_who_waits_for_their_own_agent_holds_up_nobody(town: Town) -> None:
    await town.place.seat("8001")
    citizen = town.place.citizen("13900000014")
    await citizen.to_talk()
    await cut(town, citizen, 44)
    boss = await town.place.person("boss", "supervisor")
    await town.place.house.seat_pause(boss, "8001", "小休")
    await town.place.seat("8002")
    await town.round()
    await town.round()
    assert town.network.placed == []
    other = town.place.citizen("13900000015")
    await other.dial()
    assert isinstance(await other.done(), Ring)
    await town.place.seat("8003")
    await town.round(after_s=61)
    assert len(town.network.placed) == 1, "after a minute anybody helps"


async def test_asking_for_a_call_back_replaces_the_one_for_giving_up(town: Town) -> None:
    await busy_floor(town)
    gave_up = await in_queue(town, "13900000008")
    town.place.clock.pass_(15)
    await gave_up.gone()
    await wants_call_back(town, "13900000008")
    assert [(one.kind, one.state) for one in await town.owed()] == [
        ("abandoned", "cancelled"),
        ("callback", "due"),
    ]


async def test_who_was_cut_off_goes_back_to_the_same_agent(town: Town) -> None:
    await town.place.seat("8001")
    await town.place.seat("8002")
    citizen = town.place.citizen("13900000009")
    seat = await citizen.to_talk()
    town.place.clock.pass_(40)
    await cut(town, citizen, 44)
    await town.round()
    await town.round()
    errand = await town.the_errand()
    assert (errand.kind, errand.seat_id, errand.state) == ("cut_off", seat, "dialling")
    called = await town.picked_up()
    told = await called.done()
    assert isinstance(told, Ring)
    assert told.seat == seat


async def cut(town: Town, citizen: Citizen, cause: int, status: str = "ANSWER") -> None:
    """The citizen's channel is gone and nobody hung up."""
    facts = EndFacts(citizen.id, citizen.linkedid, "ring", status, "switch", cause, 40, town.place.clock())
    await town.place.desk.ended(facts)


@pytest.mark.parametrize(("cause", "status"), [(16, "ANSWER"), (0, "UNSEEN"), (44, "UNSEEN")])
async def test_an_end_without_a_failure_is_not_called_back(town: Town, cause: int, status: str) -> None:
    await town.place.seat("8001")
    citizen = town.place.citizen("13900000011")
    await citizen.to_talk()
    await cut(town, citizen, cause, status)
    assert await town.owed() == []


@pytest.mark.parametrize("by", ["citizen", "agent", "us"])
async def test_a_talk_somebody_ended_is_not_called_back(town: Town, by: str) -> None:
    await town.place.seat("8001")
    citizen = town.place.citizen("13900000010")
    await citizen.to_talk()
    await citizen.gone(by=by, status="ANSWER", talk_s=40)
    assert await town.owed() == []


async def test_two_processes_place_one_call(town: Town) -> None:
    await town.place.seat("8001", "paused")
    await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    other = Errands(town.place.floor, town.network)
    for _ in range(3):
        await at_once(town.loop.round(), other.round())
        await at_once(town.loop.settled(), other.settled())
    assert len(town.network.placed) == 1
    assert (await town.the_errand()).tries == 1


async def test_a_process_that_dies_between_claiming_and_dialling_is_healed(town: Town) -> None:
    await town.place.seat("8001", "paused")
    await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    town.network.outcomes = [None, ("answered", 0)]
    await town.round()
    await town.round()
    assert (await town.the_errand()).state == "dialling"
    town.loop = Errands(town.place.floor, town.network)  # the next process
    await town.round(after_s=30)
    assert (await town.the_errand()).state == "dialling", "it may still ring"
    await town.round(after_s=31)
    assert (await town.the_errand()).state == "due"
    assert await town.place.seat_state("8001") == "ready"
    town.place.clock.pass_(town.place.floor.policy.after.call_back.gap_s)
    await town.round()
    await town.round()
    assert len(town.network.placed) == 2
    assert (await town.picked_up()).told == GREETING


async def test_a_call_that_is_up_outlives_the_process_that_placed_it(town: Town) -> None:
    await town.place.seat("8001", "paused")
    await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    await town.round()
    await town.round()
    town.network.outcomes = [None]
    town.loop = Errands(town.place.floor, town.network)
    await town.round(after_s=90)
    assert (await town.the_errand()).state == "dialling"
    called = await town.picked_up()
    assert called.told == GREETING
    assert isinstance(await called.done(), Ring)


async def test_a_citizen_who_hangs_up_on_us_frees_the_seat_and_is_not_rung_again(town: Town) -> None:
    await town.place.seat("8001", "paused")
    wish = await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    await town.round()
    await town.round()
    called = await town.picked_up()
    await called.gone()
    errand = await town.the_errand()
    assert (errand.state, errand.reason) == ("done", "话务员接入前已挂断")
    assert await town.place.seat_state("8001") == "ready"
    assert (await called.row()).outcome == "not_reached"
    assert (await message_of(town.place, wish.id)).state == "open"


async def test_without_a_trunk_nothing_is_tried_and_nothing_is_lost(place: Place) -> None:
    town = Town(place)
    await busy_floor(town)
    await wants_call_back(town)
    await town.round(after_s=600)
    errand = await town.the_errand()
    assert (errand.state, errand.tries) == ("due", 0)
    assert "没有外线" in await town.loop.health()


async def test_a_wish_too_old_is_left_to_a_person(town: Town) -> None:
    await busy_floor(town)
    wish = await wants_call_back(town)
    town.place.clock.now += timedelta(seconds=town.place.floor.policy.after.call_back.within_s + 1)
    await town.round()
    assert (await town.the_errand()).state == "cancelled"
    assert (await message_of(town.place, wish.id)).state == "open"


async def test_the_first_answer_that_got_lost_is_given_again(town: Town) -> None:
    await town.place.seat("8001", "paused")
    await wants_call_back(town)
    await town.place.house.seat_ready(await town.place.person("boss", "supervisor"), "8001")
    await town.round()
    await town.round()
    called = await town.picked_up()
    assert await called.ask_again() == GREETING
    assert isinstance(await called.done(), Ring)
    await called.gone()
    assert await called.ask_again() == Bye()


async def test_who_takes_a_call_off_the_list_stays_on_record(town: Town) -> None:
    citizen = await wants_call_back(town)
    boss, errand = await town.place.person("boss", "supervisor"), await town.the_errand()
    for _ in range(2):  # asked again it is cancelled already
        await town.place.house.after_call.cancel(boss, errand.id, "市民已另行来电")
    assert (await town.the_errand()).state == "cancelled"
    async with town.place.database.reading() as session:
        told = [one for one in await events.of(session, citizen.id) if one.name == "errand.cancelled"]
    assert [(one.actor, one.payload["errand_id"], one.payload["errand"]) for one in told] == [
        (boss.id, errand.id, "callback")
    ]
    assert "另行来电" not in str(told[0].payload)
