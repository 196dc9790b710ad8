"""Which seat a real call gets, on a real database: skills, counties, urgency, acquaintance, misses; and every decision again."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from app.replay import again, replay
from app.seat_choice import next_in_line
from core.call import Play, Ring, Wait
from core.errors import NotAllowed, NotFound
from routing.seats import SeatKind
from store import calls, decisions, lines, rota, seats
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service


async def sits(
    place: Place, seat: str, *skills: str, kind: SeatKind = "agent", region: str = "", state: str = "ready"
) -> None:
    """A seat with these skills and somebody there."""
    await place.seat(seat, state)  # type: ignore[arg-type]
    async with place.database.session() as session:
        await seats.describe(session, seat, kind=kind, region=region, skills=skills)


async def caller(place: Place, line: str = "12345", number: str = "13812345678") -> Citizen:
    """Somebody who has heard the greeting."""
    citizen = place.citizen(number)
    citizen.line = line
    await citizen.dial()
    place.clock.pass_(6)
    await citizen.done()
    return citizen


async def order(place: Place, by: str, seat: str, what: str, why: str) -> bool:
    async with place.database.session() as session:
        return await seats.force(session, seat, what, by, why, place.clock())  # type: ignore[arg-type]


def rings(citizen: Citizen) -> str:
    return citizen.told.seat if isinstance(citizen.told, Ring) else citizen.step


async def reasons(place: Place, citizen: Citizen) -> list[str]:
    async with place.database.reading() as session:
        return [one.reason for one in await decisions.of_call(session, citizen.id)]


async def every_decision_comes_out_the_same(place: Place, citizen: Citizen) -> bool:
    async with place.database.reading() as session:
        return all(one.same for one in await replay(session, citizen.id))


async def test_a_line_with_experts_rings_an_expert_and_any_agent_where_none_is_free(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002", "line.12333", kind="expert")
    first, second = await caller(place, "12333"), await caller(place, "12333")
    assert (rings(first), rings(second)) == ("8002", "8001")
    assert (await reasons(place, first), await reasons(place, second)) == (["skilled"], ["widened"])
    assert await every_decision_comes_out_the_same(place, first)
    assert await every_decision_comes_out_the_same(place, second)


async def test_a_county_number_rings_the_countys_own_seat_first_then_the_city(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002", kind="remote", region="beihu")
    first, second = await caller(place, "2912345"), await caller(place, "2912345")
    assert rings(first) == "8002"
    assert isinstance(second.told, Wait)  # 6 s of 8
    place.clock.pass_(2)
    assert isinstance(await second.done(), Ring)
    assert await reasons(place, second) == ["wait_for_skill", "wait_for_skill", "widened"]
    assert await every_decision_comes_out_the_same(place, second)


async def test_a_county_without_anybody_at_work_is_the_citys_at_once(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002", kind="remote", region="beihu", state="paused")
    assert rings(await caller(place, "2912345")) == "8001"


async def test_an_urgent_line_goes_before_those_who_wait_but_not_before_who_waits_very_long(
    place: Place,
) -> None:
    agent = await place.seat("8001", "paused")
    ordinary = await caller(place, number="13900000001")
    from_110 = await caller(place, "12345110", "13900000002")
    assert isinstance(ordinary.told, Wait)
    async with place.database.reading() as session:
        assert [call.id for call in await calls.waiting(session)] == [from_110.id, ordinary.id]
    place.clock.pass_(12 * 60)
    late = await caller(place, "12345110", "13900000003")
    await place.house.seat_ready(agent, "8001")
    async with place.database.reading() as session:
        assert [call.id for call in await next_in_line(place.floor, session)] == [from_110.id]
        assert [c.id for c in await calls.waiting(session)] == [from_110.id, ordinary.id, late.id]


async def test_the_agent_who_spoke_with_a_citizen_lately_gets_the_next_call_too(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002")
    first = place.citizen()
    await first.to_talk()
    await first.gone(status="ANSWER", talk_s=30)
    async with place.database.session() as session:
        await seats.end_wrap_up(session, place.clock(), place.clock())
    again_ = await caller(place)
    assert (rings(again_), await reasons(place, again_)) == ("8001", ["same_agent"])
    assert await every_decision_comes_out_the_same(place, again_)
    await again_.gone(status="CANCEL")
    place.clock.pass_(timedelta(days=8).total_seconds())
    assert await reasons(place, await caller(place)) == ["longest_idle"]


async def test_that_agent_is_waited_for_while_filing(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002")
    first = place.citizen()
    await first.to_talk()
    await first.gone(status="ANSWER", talk_s=30)
    citizen = await caller(place)
    assert isinstance(citizen.told, Wait)
    place.clock.pass_(4)
    assert isinstance(await citizen.done(), Ring)
    assert await reasons(place, citizen) == ["wait_for_agent", "wait_for_agent", "longest_idle"]
    assert await every_decision_comes_out_the_same(place, citizen)


async def test_a_caller_without_a_number_knows_nobody(place: Place) -> None:
    await sits(place, "8001")
    citizen = await caller(place, number="")
    assert await reasons(place, citizen) == ["longest_idle"]


async def test_a_seat_that_let_a_call_ring_is_set_back_in_line(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002")
    first = await caller(place)
    assert rings(first) == "8001"
    await first.no_answer()
    assert rings(first) == "8002"
    async with place.database.reading() as session:
        seat = await seats.get(session, "8001")
    assert (seat.state, seat.misses) == ("ready", 1)
    assert seat.turn_at == place.clock() + timedelta(seconds=120)
    await first.answered()
    assert (await first.row()).seat_id == "8002"


async def test_an_answer_makes_up_for_misses(place: Place) -> None:
    await sits(place, "8001")
    citizen = await caller(place)
    await citizen.no_answer()
    await citizen.answered()
    async with place.database.reading() as session:
        assert (await seats.get(session, "8001")).misses == 0


async def test_who_waits_hears_about_how_long(place: Place) -> None:
    await sits(place, "8001")
    talk = place.citizen("13900000001")
    await talk.to_talk()
    await talk.gone(status="ANSWER", talk_s=60)
    waiting = await caller(place, number="13900000003")
    assert waiting.told == Wait(5, ("please-wait", "wait-about-3"))  # 60 s of talk and 120 s of wrap-up
    assert await every_decision_comes_out_the_same(place, waiting)


async def test_by_night_the_roster_goes_first(place: Place) -> None:
    local_hour = place.clock.now.hour + 8
    night = (time(local_hour - 1), time(local_hour + 1))
    place.floor.routing = replace(place.floor.routing, night=night)
    await sits(place, "8001")
    await sits(place, "8002", "night")
    assert rings(await caller(place)) == "8002"
    place.floor.routing = replace(place.floor.routing, night=None)
    await sits(place, "8003", "night")
    assert rings(await caller(place, number="13900000004")) == "8001"


async def test_only_those_are_woken_whom_a_free_seat_is_for(place: Place) -> None:
    await sits(place, "8001", "lang.yue", state="paused")
    place.floor.routing = replace(place.floor.routing, patience_s={"": 600})
    async with place.database.session() as session:
        await seats.set_state(session, "8001", "ready", place.clock())
        (seen,) = await seats.snapshot(session)
        assert await seats.reserve(session, "8001", seen.version, "other", place.clock())
    yue = place.citizen("13900000001")
    await yue.dial()
    async with place.database.session() as session:
        wants = {"wants": "lang.yue", "widens_at": place.clock() + timedelta(seconds=600)}
        await calls.note(session, yue.id, menu_state={"skill": "lang.yue"}, **wants)  # type: ignore[typeddict-item]
    await sits(place, "8002")
    async with place.database.reading() as session:
        assert await next_in_line(place.floor, session) == []
    async with place.database.session() as session:
        assert await seats.release(session, "8001", "other", place.clock())
    async with place.database.reading() as session:
        assert [call.id for call in await next_in_line(place.floor, session)] == [yue.id]


async def test_a_decision_that_comes_out_differently_is_seen(place: Place) -> None:
    await sits(place, "8001")
    await sits(place, "8002")
    citizen = await caller(place)
    async with place.database.reading() as session:
        (row,) = await decisions.of_call(session, citizen.id)
        row.seat_id = "8002"
        changed = again(row, place.floor.routing)
        row.seat_id = "8001"
        assert again(row, None).same is None
    assert changed.same is False
    assert "接到 8002 号座席" in changed.explained


async def test_a_call_nobody_knows_has_no_decisions(place: Place) -> None:
    async with place.database.reading() as session:
        with pytest.raises(NotFound):
            await replay(session, "call_unknown")


async def test_what_a_supervisor_stops_an_agent_cannot_start(place: Place) -> None:
    agent, boss = await place.seat("8001"), await place.person("boss", "supervisor")
    await order(place, boss.id, "8001", "pause", "投诉处理")
    assert await place.seat_state("8001") == "paused"
    with pytest.raises(NotAllowed, match="投诉处理"):
        await place.house.seat_ready(agent, "8001")
    assert (await caller(place)).told == Wait(5, ("please-wait",))
    await place.house.seat_ready(boss, "8001")
    assert await place.seat_state("8001") == "ready"


@pytest.mark.parametrize(("what", "ends"), [("pause", "paused"), ("logout", "logged_out")])
async def test_an_order_during_a_talk_is_carried_out_after_it(place: Place, what: str, ends: str) -> None:
    await place.seat("8001")
    boss = await place.person("boss", "supervisor")
    citizen = place.citizen()
    await citizen.to_talk()
    assert not await order(place, boss.id, "8001", what, "设备检查")
    assert await place.seat_state("8001") == "talking"
    await citizen.gone(status="ANSWER", talk_s=5)
    async with place.database.session() as session:
        assert await seats.settle_forced(session, place.clock()) == 1
    assert await place.seat_state("8001") == ends
    async with place.database.reading() as session:
        (seat,) = await seats.floor(session)
    assert (seat.forced, seat.forced_why) == (("pause", "设备检查") if what == "pause" else ("", None))


async def test_a_reserved_seat_that_is_stopped_loses_its_call_to_another(place: Place) -> None:
    await place.seat("8001")
    await place.seat("8002")
    boss = await place.person("boss", "supervisor")
    citizen = place.citizen()
    await citizen.dial()
    await order(place, boss.id, "8001", "pause", "开会")
    assert isinstance(told := await citizen.done(), Ring)
    assert told.seat == "8002"


async def test_no_pause_without_a_reason_of_the_city(place: Place) -> None:
    agent = await place.seat("8001")
    with pytest.raises(Exception, match="小休"):
        await place.house.seat_pause(agent, "8001", "不想接")
    await place.house.seat_pause(agent, "8001", "其他：孩子生病")
    assert await place.seat_state("8001") == "paused"
    assert isinstance((await caller(place)).told, Wait | Play)


async def on_duty(place: Place, line: str, seat: str = "", user: str = "", minutes: float = 60) -> None:
    begins = place.clock()
    async with place.database.session() as session:
        given = rota.Given(line, begins, begins + timedelta(minutes=minutes), seat or None, user or None)
        await rota.add(session, given, "user_boss", begins)


async def test_a_line_is_answered_by_who_is_on_duty_for_it_and_without_a_shift_as_before(
    place: Place,
) -> None:
    await place.registers()
    async with place.database.session() as session:
        await lines.seed(session, list(place.floor.content.register), place.clock())
    for n in range(1, 8):
        await sits(place, f"800{n}", "line.12333", kind="expert")
        place.clock.pass_(10)
    await on_duty(
        place, "12333", seat="8007", minutes=5
    )  # the last in turn, behind all that are read for one call
    wang = await place.person("wang")
    async with place.database.session() as session:
        await seats.log_out(session, "8006", place.clock())
        await seats.log_in(session, "8006", wang.id, place.clock(), state="ready")
    await on_duty(place, "12333", user=wang.id, minutes=5)
    first, second, third = [await caller(place, "12333") for _ in range(3)]
    assert {rings(first), rings(second)} == {"8006", "8007"}
    assert await reasons(place, first) == await reasons(place, second) == ["on_duty"]
    assert (rings(third), await reasons(place, third)) == ("8001", ["skilled"])
    await third.gone()
    await first.gone()
    place.clock.pass_(300)
    fourth = await caller(place, "12333")
    assert (rings(fourth), await reasons(place, fourth)) == ("8002", ["skilled"])  # the shifts are over
    for citizen in (first, second, third, fourth):
        assert await every_decision_comes_out_the_same(place, citizen)


async def test_a_call_that_wants_no_line_asks_nothing_of_the_rota(place: Place) -> None:
    await place.registers()
    async with place.database.session() as session:
        await lines.seed(session, list(place.floor.content.register), place.clock())
    await sits(place, "8001")
    await sits(place, "8002", "line.12333")
    await on_duty(place, "12333", seat="8002")
    plain = await caller(place)
    assert (rings(plain), await reasons(place, plain)) == ("8001", ["longest_idle"])
