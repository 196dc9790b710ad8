"""Kept hotlines with seats of their own: rung before ours or together with ours, and the citizen is never lost between them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.elsewhere import endpoint, is_theirs
from app.floor import Content
from app.seeding import city_lines
from core.call import Play, Ring, Wait
from routing import LineRegister
from store import assess_calls, legs, line_state, recordings, service_level
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service

GRADE = Play(("rate-service",), keys=1, timeout_s=5.0)
THEIRS = "Local/2388203@hl-out/n"
THEIR_CHANNEL = "Local/2388203@hl-out-00000001;1"


@pytest.fixture
def demo(place: Place) -> Place:
    """The demonstration city: 2388102 forwards to 2388202, 2388103 rings 2388203 in parallel."""
    register = LineRegister(city_lines("demo"))
    place.floor.content = Content(place.floor.content.index, register)
    return place


async def dialled(place: Place, line: str) -> Citizen:
    citizen = replace(place.citizen(), line=line)
    await citizen.dial()
    place.clock.pass_(6)
    await citizen.done()
    return citizen


async def told_of(place: Place, citizen: Citizen) -> dict[str, tuple[str, str | None, bool]]:
    """Number or seat -> role, why it ended, whether it answered."""
    async with place.database.reading() as session:
        found = await legs.of_call(session, citizen.id)
    return {leg.number: (leg.role, leg.reason, leg.answered_at is not None) for leg in found if leg.number}


async def they_answer(place: Place, citizen: Citizen, channel: str = THEIR_CHANNEL) -> None:
    assert isinstance(citizen.told, Ring)
    place.clock.pass_(3)
    await place.desk.agent_answered(citizen.id, citizen.told.seat, citizen.channel, channel, place.clock())


async def test_a_parallel_line_rings_their_seats_with_ours_and_whoever_is_first_has_it(demo: Place) -> None:
    await demo.seat("8001")
    citizen = await dialled(demo, "2388103")
    assert citizen.told == Ring("8001", f"PJSIP/8001&{THEIRS}", 20, f"{citizen.id}-1")
    await they_answer(demo, citizen)
    assert await demo.seat_state("8001") == "ready"
    row = await citizen.row()
    assert (row.state, row.seat_id, row.agent_answered_at is not None) == ("talking", None, True)
    assert await citizen.agent_hangs_up(40) == GRADE
    await citizen.gone(by="us")
    assert (await citizen.row()).talk_seconds == 40
    assert await told_of(demo, citizen) == {
        "8001": ("agent", "ELSEWHERE", False),
        "2388203": ("expert", "ANSWER", True),
    }
    async with demo.database.reading() as session:
        assert [one.stem for one in await recordings.of_call(session, citizen.id)] == [f"{citizen.id}-1"]


async def test_our_seat_may_be_first_on_a_parallel_line(demo: Place) -> None:
    await demo.seat("8001")
    citizen = await dialled(demo, "2388103")
    await citizen.answered()
    await citizen.agent_hangs_up(40)
    row = await citizen.row()
    assert (row.seat_id, row.talk_seconds) == ("8001", 40)
    assert (await told_of(demo, citizen))["2388203"] == ("expert", "ELSEWHERE", False)
    assert await demo.seat_state("8001") == "wrap_up"


async def test_a_parallel_line_rings_their_seats_while_none_of_ours_is_free_then_waits_for_ours(
    demo: Place,
) -> None:
    await demo.seat("8001", "paused")
    citizen = await dialled(demo, "2388103")
    assert citizen.told == Ring("line.2388203", THEIRS, 20, f"{citizen.id}-1")
    assert isinstance(await citizen.no_answer(), Wait)
    assert (await told_of(demo, citizen))["2388203"] == ("expert", "NOANSWER", False)


async def test_nobody_on_either_side_takes_it_and_the_next_seat_of_ours_is_rung(demo: Place) -> None:
    await demo.seat("8001")
    await demo.seat("8002")
    citizen = await dialled(demo, "2388103")
    told = await citizen.no_answer()
    assert isinstance(told, Ring)
    assert told.seat == "8002"
    assert "2388203" in told.endpoint


async def test_a_forwarded_line_rings_their_seats_first_and_holds_none_of_ours(demo: Place) -> None:
    await demo.seat("8001")
    citizen = await dialled(demo, "2388102")
    assert citizen.told == Ring("line.2388202", "Local/2388202@hl-out/n", 20, f"{citizen.id}-1")
    assert await demo.seat_state("8001") == "ready"
    await they_answer(demo, citizen, "Local/2388202@hl-out-00000007;1")
    assert await citizen.agent_hangs_up(12) == GRADE
    assert (await told_of(demo, citizen)) == {"2388202": ("expert", "ANSWER", True)}


async def test_what_their_seats_answered_is_connected_in_the_outsourcers_rate_as_in_the_service_level(
    demo: Place,
) -> None:
    citizen = await dialled(demo, "2388102")
    await they_answer(demo, citizen, "Local/2388202@hl-out-00000007;1")
    await citizen.agent_hangs_up(12)
    await citizen.gone()
    since, until = demo.clock() - timedelta(hours=1), demo.clock() + timedelta(minutes=1)
    async with demo.database.reading() as session:
        (talk,) = await assess_calls.talks(session, since, until)
        (minute,) = await service_level.minutes(session, since, until)
    assert (talk.agent, talk.elsewhere, minute.connected) == ("", True, 1)


@pytest.mark.parametrize("status", ["BUSY", "NOANSWER", "CHANUNAVAIL", "CONGESTION"])
async def test_where_they_do_not_answer_a_forwarded_call_our_seats_do(
    sqlite_place: Place, status: str
) -> None:
    place = sqlite_place
    place.floor.content = Content(place.floor.content.index, LineRegister(city_lines("demo")))
    await place.seat("8001")
    citizen = await dialled(place, "2388102")
    told = await citizen.no_answer(status)
    assert isinstance(told, Ring)
    assert (told.seat, told.endpoint) == ("8001", "PJSIP/8001")
    await citizen.answered()
    await citizen.agent_hangs_up(5)
    assert (await citizen.row()).seat_id == "8001"


async def test_when_their_line_dies_in_mid_talk_the_citizen_comes_to_us(demo: Place) -> None:
    await demo.seat("8001")
    citizen = await dialled(demo, "2388102")
    await they_answer(demo, citizen, "Local/2388202@hl-out-00000007;1")
    demo.clock.pass_(20)
    told = await citizen.done("LOST", talk_s=20, dial_s=23)
    assert isinstance(told, Ring)
    assert told.seat == "8001"


async def test_a_talk_nobody_saw_begin_is_theirs_where_they_rang_alone(demo: Place) -> None:
    citizen = await dialled(demo, "2388102")
    assert await citizen.agent_hangs_up(30) == GRADE
    assert (await told_of(demo, citizen)) == {"2388202": ("expert", "ANSWER", True)}
    assert (await citizen.row()).talk_seconds == 30


async def test_a_forwarded_line_known_to_be_closed_is_not_waited_for(demo: Place) -> None:
    await demo.seat("8001")
    for _ in range(2):
        citizen = await dialled(demo, "2388102")
        assert isinstance(citizen.told, Ring)
        assert citizen.told.seat == "line.2388202"
        await citizen.no_answer()
        await citizen.gone()
    citizen = await dialled(demo, "2388102")
    assert isinstance(citizen.told, Ring)
    assert citizen.told.seat == "8001"
    async with demo.database.reading() as session:
        assert await line_state.known(session, "2388102", demo.clock()) == "closed"


async def test_an_order_that_got_lost_is_given_once_more(demo: Place) -> None:
    citizen = await dialled(demo, "2388102")
    first = citizen.told
    assert await citizen.ask_again() == first
    assert len(await told_of(demo, citizen)) == 1


async def test_an_end_in_the_middle_leaves_nothing(demo: Place) -> None:
    await demo.seat("8001")
    citizen = await dialled(demo, "2388103")
    await they_answer(demo, citizen)
    demo.clock.pass_(9)
    await citizen.gone(talk_s=9, status="ANSWER")
    row = await citizen.row()
    assert (row.talk_seconds, row.state) == (9, "ended")
    assert await demo.seat_state("8001") == "ready"


@pytest.mark.parametrize(
    ("trunk", "channel", "theirs"),
    [
        ("", "Local/2388203@hl-out-0000001a;1", True),
        ("", "Local/23882031@hl-out-0000001a;1", False),
        ("", "PJSIP/8001-00000002", False),
        ("telecom", "PJSIP/telecom-00000002", True),
        ("telecom", "PJSIP/telecom2-00000002", False),
        ("telecom", "PJSIP/8001-00000002", False),
    ],
)
def test_a_channel_is_known_by_where_it_was_dialled(trunk: str, channel: str, theirs: bool) -> None:
    assert is_theirs(endpoint("2388203", trunk), channel) is theirs
