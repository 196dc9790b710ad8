"""Three parties as rows: what people do, what legs ask, what becomes of the citizen."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest

from agi.facts import ChannelSeen
from agi.live_audio import Leg as AudioLeg
from api.house import Actor
from app import recovery
from app.captions import Captions
from core.call import Bye, Hold, Play, Reach, Ring, Room, StaffEnd, StaffResult, room_of
from core.errors import Conflict, NotAllowed, SwitchSilent
from core.ports import Speaker, Utterance
from core.transfer import reason_of
from store import events, legs, recordings, seats, tickets, transfers, utterances
from store.tables import Leg, Ticket, Transfer
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place
from tests.app.test_heard import Echo, until_kept

pytestmark = pytest.mark.service


@dataclass
class Three:
    """A citizen and an agent in a talk; the agent's and the third party's legs ask as agi/conf does."""

    place: Place
    agent: Actor
    citizen: Citizen
    id: str = ""
    told: list[object] = field(default_factory=list)

    @property
    def room(self) -> str:
        return room_of(self.citizen.id)

    async def begin(self, kind: str = "line", ref: str = "12366", how: str = "consult") -> Transfer:
        self.id = await self.place.house.transfer(self.agent, self.citizen.id, kind, ref, how)  # type: ignore[arg-type]
        return await self.row()

    async def row(self) -> Transfer:
        async with self.place.database.reading() as session:
            return await transfers.get(session, self.id)

    async def agent_asks(
        self, step: str = "ring", status: str = "WOKEN", of: str = "", **facts: object
    ) -> object:
        return await self.place.desk.staff_next(
            StaffResult(self.citizen.id, "PJSIP/8001-1", "agent", "8001", of, step, status, **facts)  # type: ignore[arg-type]
        )

    async def third_asks(self, step: str = "third") -> object:
        row = await self.row()
        return await self.place.desk.staff_next(
            StaffResult(
                self.citizen.id, "Local/x-1;1", row.role, row.third_seat or "", self.id, step, "WOKEN"
            )
        )

    async def answers(self) -> None:
        await self.place.desk.third_answered(self.citizen.id, self.id, "Local/x-1;1", self.place.clock())

    async def gone(self, role: str, by: str = "") -> None:
        """A leg that had its own say is gone."""
        third = role != "agent"
        channel, seat = ("Local/x-1;1", "") if third else ("PJSIP/8001-1", "8001")
        await self.place.desk.staff_ended(
            StaffEnd(
                self.citizen.id,
                channel,
                role,
                seat,
                self.id if third else "",
                by or role,
                16,
                self.place.clock(),
            )
        )

    async def legs(self) -> list[Leg]:
        async with self.place.database.reading() as session:
            return list(await legs.of_call(session, self.citizen.id))

    async def tickets(self) -> list[Ticket]:
        async with self.place.database.reading() as session:
            return list(await tickets.of_call(session, self.citizen.id))

    async def asks(self, status: str = "WOKEN", talk_s: float = 0.0, in_room: bool = False) -> object:
        """The citizen's leg asks, sent away from what it did or done with it; in_room: it was taken there meanwhile."""
        if in_room:
            self.citizen.told = Room(self.room, "")
        return await self.citizen.done(status, talk_s=talk_s)


@pytest.fixture
async def three(place: Place) -> Three:
    await place.registers()
    agent = await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    place.clock.pass_(20)
    return Three(place, agent, citizen)


async def to_consult(three: Three) -> None:
    await three.begin()
    assert isinstance(await three.asks(), Hold)
    assert isinstance(await three.agent_asks(), Reach)
    three.place.clock.pass_(3)
    await three.answers()


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


async def test_an_attitude_points_to_the_third_partys_own_recording(three: Three) -> None:
    await to_consult(three)
    await three.place.house.transfer_attitude(
        three.agent, three.citizen.id, three.id, "推诿拒接", "说不归他们管", 2.0, 6.5
    )
    row = await three.row()
    assert row.attitude is not None
    async with three.place.database.reading() as session:
        (sound,) = [r for r in await recordings.of_call(session, three.citizen.id) if r.leg_id == row.leg_id]
        noted = [event.name for event in await events.of(session, three.citizen.id)]
    assert (row.attitude["kind"], row.attitude["recording_id"]) == ("推诿拒接", sound.id)
    assert "call.attitude" in noted
    assert {"call.transfer"} <= set(noted)


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


async def test_a_third_partys_words_are_captioned_and_nobodys_twice(three: Three) -> None:
    place = three.place
    captions = Captions(place.floor, place.switch, Echo(), ("127.0.0.1", 9))
    try:
        await captions.begin(three.citizen.id, "8001", three.citizen.channel, "PJSIP/8001-1")
        await captions.begin(three.citizen.id, "8001", three.citizen.channel, "PJSIP/8001-2")
        place.desk._staff._on_third = captions.third
        await to_consult(three)
        async with asyncio.timeout(10):
            while len(taps := [asked[1] for asked in place.switch.asked if asked[0] == "tap"]) < 4:
                await asyncio.sleep(0.01)
        assert sorted(taps) == sorted([three.citizen.channel, "PJSIP/8001-1", "PJSIP/8001-2", "Local/x-1;1"])
        captions.ears.feed(three.citizen.id, "agent", bytes(8000))
        await captions._frame(AudioLeg(three.citizen.id, "agent"), None)  # the agent left, the others go on
        captions.ears.feed(three.citizen.id, "sub_centre", bytes(8000))
        await until_kept(place, three.citizen, 2)
        async with place.database.reading() as session:
            said = await utterances.of_call(session, three.citizen.id)
        assert {one.speaker for one in said} == {"agent", "sub_centre"}
    finally:
        await captions.stop()


async def test_words_of_single_legs_stand_in_the_order_they_were_said(three: Three) -> None:
    """The talk's recording begins with the talk, a third party's own when it answers: 23 s later."""
    await to_consult(three)
    place = three.place
    async with place.database.session() as session:
        own = next(r for r in await recordings.of_call(session, three.citizen.id) if r.stem == three.id)
        assert await transfers.speakers(session, own) == ("sub_centre", None)
        began = await transfers.offset_s(session, own)
        assert began == pytest.approx(23)
        talk = next(r for r in await recordings.of_call(session, three.citizen.id) if r.leg_id is None)
        assert await transfers.speakers(session, talk) == ("citizen", "agent")
        for recording, speaker, text in ((own, "sub_centre", "这里是税务"), (talk, "citizen", "我要退税")):
            heard = [(cast(Speaker, speaker), Utterance(text, 1, 2, True))]
            offset = await transfers.offset_s(session, recording)
            for _ in range(2):  # done again it replaces its own words, not the others'
                await utterances.replace_after_call(
                    session, three.citizen.id, heard, "test", place.clock(), recording_id=recording.id, offset_s=offset
                )  # fmt: skip
    async with place.database.reading() as session:
        said = await utterances.of_call(session, three.citizen.id)
    assert [(one.speaker, one.start_s) for one in said] == [
        ("citizen", 1.0),
        ("sub_centre", pytest.approx(24)),
    ]


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
