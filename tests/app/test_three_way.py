"""Three parties as rows: what people do, what legs ask, what becomes of the citizen."""

import pytest

from core.call import Bye, Hold, Play, Reach, Ring, Room
from core.errors import Conflict, NotAllowed, SwitchSilent
from core.ports import Utterance
from core.transfer import reason_of
from store import events, notices, seats, transfers, utterances
from tests.app.invariants import broken_promises
from tests.app.three import Three, to_consult

pytestmark = pytest.mark.service


async def test_consult_merge_and_the_agent_leaves(three: Three) -> None:
    place = three.place
    row = await three.begin()
    assert (row.state, row.place, row.role, row.kind) == ("ringing", "consult", "sub_centre", "line")
    assert ("part", three.citizen.channel, "hl-held", "PJSIP/8001-1", "hl-staff") in place.switch.asked
    held = await three.asks()
    assert isinstance(held, Hold)
    assert held.peer == "PJSIP/8001-1"
    reach = await three.agent_asks()
    assert isinstance(reach, Reach)
    assert (reach.transfer_id, reach.endpoint) == (row.id, "Local/12366@hl-out/n")
    assert await three.agent_asks() == reach  # asked again it is told the same
    place.clock.pass_(3)
    await three.answers()
    await three.answers()
    assert (await three.row()).state == "talking"
    place.clock.pass_(10)
    await place.house.transfer_merge(three.agent, three.citizen.id, row.id)
    assert (await three.row()).state == "merged"
    assert place.switch.asked[-2:] == [
        ("part", "PJSIP/8001-1", "hl-room", "Local/x-1;1", "hl-room"),
        ("redirect", three.citizen.channel, "hl-room"),
    ]
    place.clock.pass_(30)
    await place.house.transfer_leave(three.agent, three.citizen.id, row.id)
    assert place.switch.asked[-1] == ("hangup", "PJSIP/8001-1")
    await three.gone("agent", "us")
    assert await place.seat_state("8001") == "wrap_up"
    assert (await three.citizen.row()).ended_at is None
    place.clock.pass_(12)
    await three.gone("sub_centre")
    assert (await three.row()).state == "over"
    told = await three.asks("DONE", 42, in_room=True)
    assert isinstance(told, Play | Bye)
    assert (await three.citizen.row()).talk_seconds == pytest.approx(20 + 42)
    await three.citizen.gone(by="us")
    assert (await three.citizen.row()).talk_seconds == pytest.approx(20 + 42)
    assert await broken_promises(place.database, chores_ran=False) == []
    assert [(leg.role, leg.ended_by) for leg in await three.legs()] == [
        ("citizen", "sub_centre"),
        ("agent", "us"),
        ("sub_centre", "sub_centre"),
    ]


@pytest.mark.parametrize(
    ("status", "cause", "rang", "reason"),
    [
        ("BUSY", 17, False, "busy"),
        ("NOANSWER", 0, True, "no_answer"),
        ("CHANUNAVAIL", 21, False, "rejected"),
        ("CHANUNAVAIL", 3, False, "unreachable"),
        ("CONGESTION", 34, False, "congestion"),
        ("NOANSWER", 0, False, "timeout"),
    ],
)
async def test_a_failed_transfer_files_a_ticket_with_what_was_said(
    three: Three, status: str, cause: int, rang: bool, reason: str
) -> None:
    async with three.place.database.session() as session:
        said = [Utterance("我要咨询个人所得税退税", 1, 3, True)]
        await utterances.add_live(session, three.citizen.id, "citizen", said, "test", three.place.clock())
    await three.begin()
    await three.asks()
    await three.agent_asks()
    three.place.clock.pass_(5)
    told = await three.agent_asks("reach", status, cause=cause, rang=rang)
    assert told == Room(three.room, f"{three.citizen.id}-a1", fetch=True)
    row = await three.row()
    assert (row.state, row.reason) == ("failed", reason)
    (ticket,) = await three.tickets()
    assert (ticket.id, ticket.unit_code) == (row.ticket_id, "chenzhou.shuiwuj")
    assert "我要咨询个人所得税退税" in ticket.body
    assert await three.agent_asks("reach", status, cause=cause, rang=rang) is not None
    assert len(await three.tickets()) == 1
    assert (await three.citizen.row()).step == "room"
    three.place.clock.pass_(7)
    three.citizen.told = Room(three.room, "")
    await three.citizen.gone(status="ANSWER", talk_s=7)
    assert (await three.citizen.row()).talk_seconds == pytest.approx(27)
    assert await broken_promises(three.place.database, chores_ran=False) == []


async def test_a_failed_transfer_alerts_as_any_filing_does_and_its_number_reaches_the_citizen(
    three: Three,
) -> None:
    async with three.place.database.session() as session:
        said = [Utterance("再不给钱我们几十人就去市政府跳楼", 1, 3, True)]
        await utterances.add_live(session, three.citizen.id, "citizen", said, "test", three.place.clock())
    await three.begin()
    await three.asks()
    await three.agent_asks()
    await three.agent_asks("reach", "NOANSWER", cause=0, rang=True)
    (ticket,) = await three.tickets()
    three.place.clock.pass_(7)
    three.citizen.told = Room(three.room, "")
    await three.citizen.gone(status="ANSWER", talk_s=7)
    async with three.place.database.reading() as session:
        assert "ticket.sensitive" in [event.name for event in await events.of(session, ticket.id)]
        texts = await notices.due(session, "sms", three.place.clock())
    assert [one.ticket_id for one in texts if one.kind == "ticket_number"] == [ticket.id]


async def test_a_utility_without_a_number_of_its_own_is_not_rung_and_gets_a_ticket(three: Three) -> None:
    row = await three.begin("line", "12345701")
    assert (row.state, row.reason, row.role) == ("failed", "unreachable", "utility")
    assert row.ticket_id is not None


async def test_swap_and_back(three: Three) -> None:
    await to_consult(three)
    place = three.place
    await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    assert (await three.row()).place == "swapped"
    assert isinstance(await three.third_asks(), Hold)
    assert (await three.citizen.row()).step == "room"
    place.clock.pass_(8)
    await place.house.transfer_swap(three.agent, three.citizen.id, three.id)
    assert (await three.row()).place == "aside"
    three.citizen.told = Room(three.room, "")
    assert isinstance(await three.asks(), Hold)
    place.clock.pass_(5)
    await three.gone("sub_centre")
    assert place.switch.asked[-1] == ("redirect", "PJSIP/8001-1", "hl-staff")
    assert await three.agent_asks("room", "WOKEN") == Room(three.room, f"{three.citizen.id}-a1", fetch=True)
    place.clock.pass_(2)
    three.citizen.told = Room(three.room, "")
    await three.citizen.gone(status="ANSWER", talk_s=2)
    assert (await three.citizen.row()).talk_seconds == pytest.approx(20 + 8 + 2)


async def test_an_agent_who_hangs_up_in_a_consult_leaves_the_citizen_with_the_third_party(
    three: Three,
) -> None:
    await to_consult(three)
    assert await three.third_asks() == Room(three.room, "", fetch=True)  # asks before the agent's end is told
    await three.gone("agent")
    row = await three.row()
    assert (row.state, row.left_at is not None) == ("merged", True)
    assert (await three.citizen.row()).step == "room"
    assert await three.place.seat_state("8001") == "wrap_up"
    await three.gone("sub_centre")
    three.place.clock.pass_(1)
    assert isinstance(await three.asks("DONE", 1, in_room=True), Play | Bye)


async def test_an_agent_who_hangs_up_on_a_held_citizen_has_not_ended_the_talk(three: Three) -> None:
    await three.begin()
    await three.asks()
    await three.agent_asks()
    await three.gone("agent")
    row = await three.row()
    assert (row.state, row.reason) == ("failed", "cancelled")
    assert three.place.switch.asked[-1] == ("redirect", three.citizen.channel, "hl-held")
    assert await three.asks() == Play(("agent-gone",))
    assert isinstance(await three.asks("DONE"), Ring)


@pytest.mark.parametrize("when", ["ringing", "talking"])
async def test_cancelling_brings_agent_and_citizen_together(three: Three, when: str) -> None:
    await three.begin()
    await three.asks()
    await three.agent_asks()
    if when == "talking":
        await three.answers()
    await three.place.house.transfer_cancel(three.agent, three.citizen.id, three.id, True)
    assert ("redirect", "PJSIP/8001-1", "hl-staff") in three.place.switch.asked
    assert await three.agent_asks("reach", "WOKEN") == Room(three.room, f"{three.citizen.id}-a1", fetch=True)
    row = await three.row()
    expected = ("failed", "cancelled") if when == "ringing" else ("over", None)
    assert (row.state, row.reason) == expected
    assert len(await three.tickets()) == (1 if when == "ringing" else 0)
    if when == "talking":
        assert await three.third_asks() == Bye()


async def test_blind_frees_the_agent_and_a_failure_rings_the_seat_again(three: Three) -> None:
    await three.begin(how="blind")
    assert await three.place.seat_state("8001") == "wrap_up"
    reach = await three.asks()
    assert isinstance(reach, Reach)
    assert await three.asks("CHANUNAVAIL") == Play(("agent-gone",))
    row = await three.row()
    assert (row.state, row.reason, row.ticket_id is not None) == ("failed", "unreachable", True)
    assert isinstance(await three.asks("DONE"), Ring)


async def test_the_citizen_leaves_while_it_rings_and_their_matter_is_kept(three: Three) -> None:
    await three.begin()
    await three.asks()
    await three.agent_asks()
    await three.citizen.gone(status="WOKEN")
    row = await three.row()
    assert (row.state, row.reason, row.ticket_id is not None) == ("failed", "cancelled", True)
    assert await three.agent_asks("reach", "WOKEN") == Bye()
    assert (await three.citizen.row()).talk_seconds == pytest.approx(20)
    assert await broken_promises(three.place.database, chores_ran=False) == []


async def test_an_expert_of_the_line_goes_before_its_number_and_a_busy_one_is_told_at_once(
    three: Three,
) -> None:
    place = three.place
    async with place.database.session() as session:
        await seats.add(session, "8005", "secret", place.clock(), skills=["line.12333"])
    expert = await place.person("expert")
    async with place.database.session() as session:
        await seats.log_in(session, "8005", expert.id, place.clock(), "ready")
    row = await three.begin(ref="12333")
    assert (row.role, row.third_seat, row.endpoint) == ("expert", "8005", "PJSIP/8005")
    assert await place.seat_state("8005") == "ringing"
    await three.asks()
    await three.agent_asks()
    await three.answers()
    assert await place.seat_state("8005") == "talking"
    other = await place.seat("8002")
    second = place.citizen("13900000000")
    await second.to_talk()
    busy = await place.house.transfer(other, second.id, "line", "12333", "consult")
    async with place.database.reading() as session:
        failed = await transfers.get(session, busy)
    assert (failed.state, failed.reason, failed.ticket_id is not None) == ("failed", "busy", True)
    assert (await second.row()).step == "ring"  # their talk was not touched
    await three.gone("expert")
    assert await place.seat_state("8005") == "wrap_up"


async def test_one_transfer_at_a_time_but_an_emergency_goes_first(three: Three) -> None:
    first = await three.begin()
    await three.agent_asks()
    with pytest.raises(Conflict):
        await three.place.house.transfer(three.agent, three.citizen.id, "line", "12329", "consult")
    emergency = await three.begin("emergency", "120", "three_way")
    assert emergency.role == "emergency"
    async with three.place.database.reading() as session:
        assert (await transfers.get(session, first.id)).reason == "cancelled"
    told = await three.agent_asks("reach", "WOKEN", of=first.id)  # torn out of the first one's ringing
    assert isinstance(told, Reach)
    assert told.transfer_id == emergency.id


async def test_who_may_and_when(three: Three) -> None:
    other = await three.place.person("other")
    with pytest.raises(NotAllowed):
        await three.place.house.transfer(other, three.citizen.id, "line", "12366", "consult")
    boss = await three.place.person("boss", "supervisor")
    assert await three.place.house.transfer(boss, three.citizen.id, "line", "12366", "consult")
    await three.citizen.gone(status="WOKEN")
    with pytest.raises(Conflict):
        await three.begin()


async def test_a_switch_that_is_silent_leaves_everything_as_it_was(three: Three) -> None:
    three.place.switch.silent = True
    with pytest.raises(SwitchSilent):
        await three.begin()
    assert (await three.citizen.row()).step == "ring"
    assert await three.tickets() == []
    three.place.switch.silent = False
    three.place.clock.pass_(10)
    assert isinstance(await three.citizen.done("ANSWER", talk_s=30), Play | Bye)
    assert (await three.citizen.row()).talk_seconds == pytest.approx(30)


@pytest.mark.parametrize(
    ("status", "cause", "rang", "reason"),
    [
        ("CANCEL", 16, True, "cancelled"),
        ("NOANSWER", 19, False, "no_answer"),
        ("FAILED", 0, False, "unreachable"),
    ],
)
def test_reasons(status: str, cause: int, rang: bool, reason: str) -> None:
    assert reason_of(status, cause, rang) == reason
