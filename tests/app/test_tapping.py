"""Each leg of a talk is heard once, by one of the machines that have ears."""

import asyncio
import struct
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from agi.errors import ActionRefused
from agi.live_audio import AUDIO, IDENTITY
from app.captions import Captions
from app.tapping import PAUSE_S, REST_S, TRIES, Tapping, addresses
from core.errors import BadInput, PartMissing
from store import calls, taps
from tests.app.place import Citizen, FakeSwitch, Place
from tests.app.test_captions import Echo, until_kept

pytestmark = pytest.mark.service
OWN = ("127.0.0.1", 4574)
HALF_SECOND = 8000


def frame(kind: int, payload: bytes) -> bytes:
    return struct.pack("!BH", kind, len(payload)) + payload


class Speaking(FakeSwitch):
    """A switch whose taps connect, present their id and carry half a second of sound, as Asterisk does."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[asyncio.StreamWriter] = []
        self.answers: dict[str, asyncio.StreamReader] = {}
        self.heard_by: dict[str, int] = {}

    async def tap(self, channel: str, stream_id: str, host: str, port: int) -> None:
        await super().tap(channel, stream_id, host, port)
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            raise ActionRefused("nobody listens") from error
        self.open.append(writer)
        self.answers[channel] = reader
        self.heard_by[channel] = port
        sound = frame(AUDIO, bytes(320)) * (HALF_SECOND // 320)
        writer.write(frame(IDENTITY, uuid.UUID(stream_id).bytes) + sound)

    def close(self) -> None:
        for writer in self.open:
            writer.close()


@asynccontextmanager
async def ears(place: Place) -> AsyncIterator[int]:
    """A machine that hears; gives its port."""
    captions = Captions(place.floor, Echo())
    try:
        yield await captions.audio.start()
    finally:
        await captions.stop()


async def asked(place: Place, many: int) -> list[tuple[str, ...]]:
    async with asyncio.timeout(30):
        while len(place.switch.asked) < many:
            await asyncio.sleep(0.01)
    return place.switch.asked


async def test_an_answer_taps_both_legs(place: Place) -> None:
    tapping = Tapping(place.floor, place.switch, [OWN])
    place.desk._on_answer = tapping.begin
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    found = await asked(place, 2)
    assert {channel for what, channel, _ in found if what == "tap"} == {citizen.channel, "PJSIP/8001-1"}
    await tapping.stop()


async def test_a_channel_is_tapped_once_however_often_its_call_changes_hands(
    place: Place, citizen: Citizen
) -> None:
    tapping = Tapping(place.floor, place.switch, [OWN])
    await tapping.begin(citizen.id, "8001", citizen.channel, "PJSIP/8001-1")
    await asked(place, 2)
    await tapping.begin(citizen.id, "8002", citizen.channel, "PJSIP/8002-1")
    found = await asked(place, 3)
    await tapping.stop()
    again = Tapping(place.floor, place.switch, [OWN])  # the process was started anew in mid-call
    await again.third(citizen.id, "expert", "PJSIP/8002-1")
    await again.third(citizen.id, "expert", "PJSIP/9001-1")
    found = await asked(place, 4)
    assert Counter(channel for _, channel, _ in found) == {
        citizen.channel: 1, "PJSIP/8001-1": 1, "PJSIP/8002-1": 1, "PJSIP/9001-1": 1,
    }  # fmt: skip
    await again.stop()


async def test_a_switch_that_refuses_taps_costs_captions_not_the_talk(place: Place) -> None:
    tapping = Tapping(place.floor, place.switch, [OWN])
    place.switch.silent = True
    place.desk._on_answer = tapping.begin
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    assert (await citizen.row()).state == "talking"
    await asked(place, 2 * TRIES)
    with pytest.raises(PartMissing):
        await tapping.health()
    await tapping.stop()


async def test_several_ears_share_the_calls_and_the_legs_of_a_call_stay_together(place: Place) -> None:
    switch, calls_made = Speaking(), 12
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(ears(place)) for _ in range(2)]
        stack.callback(switch.close)
        tapping = Tapping(place.floor, switch, [("127.0.0.1", port) for port in ports])
        citizens = [place.citizen(f"1380000{number:04}") for number in range(calls_made)]
        for number, one in enumerate(citizens):
            await one.dial()
            await tapping.begin(one.id, "8001", one.channel, f"PJSIP/8001-{number}")
        await until_taken(place, 2 * calls_made)
        for one in citizens:
            assert await until_kept(place, one, 2)
        by = [
            (switch.heard_by[one.channel], switch.heard_by[f"PJSIP/8001-{n}"])
            for n, one in enumerate(citizens)
        ]
        assert all(one == other for one, other in by)
        assert {one for one, _ in by} == set(ports)
        assert await tapping.health() == "2 个识别进程"
        await tapping.stop()


async def test_where_one_machine_is_down_the_other_hears_its_calls(place: Place) -> None:
    switch = Speaking()
    async with AsyncExitStack() as stack:
        async with ears(place) as gone:
            pass
        left = await stack.enter_async_context(ears(place))
        stack.callback(switch.close)
        tapping = Tapping(place.floor, switch, [("127.0.0.1", gone), ("127.0.0.1", left)])
        citizens = [place.citizen(f"1380000{number:04}") for number in range(6)]
        for one in citizens:
            await one.dial()
            await tapping.third(one.id, "citizen", one.channel)
        for one in citizens:
            assert await until_kept(place, one, 1)
        await tapping.stop()


async def test_whose_ears_die_in_mid_talk_is_heard_by_the_others_from_then_on(place: Place) -> None:
    switch = Speaking()
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(ears(place)) for _ in range(2)]
        stack.callback(switch.close)
        tapping = Tapping(place.floor, switch, [("127.0.0.1", port) for port in ports])
        stack.push_async_callback(tapping.stop)
        citizen = place.citizen()
        await citizen.dial()
        await tapping.begin(citizen.id, "8001", citizen.channel, "PJSIP/8001-1")
        await until_taken(place, 2)
        (first,) = {switch.heard_by[citizen.channel], switch.heard_by["PJSIP/8001-1"]}
        (other,) = set(ports) - {first}
        tapping._ears = (("127.0.0.1", other),)  # as if nobody listened at the first any more
        for _, channel, stream in list(switch.asked):
            assert channel in switch.heard_by
            place.clock.pass_(60)
            await tapping.gone(stream)
        await drained(tapping)
        async with asyncio.timeout(10):
            while set(await heard(place)) != {stream for _, _, stream in switch.asked[2:]}:
                await asyncio.sleep(0.02)
        assert set(switch.heard_by.values()) == {other}


async def test_a_tap_that_ended_with_its_channel_is_not_asked_for_again(place: Place) -> None:
    tapping = Tapping(place.floor, place.switch, [OWN])
    citizen = place.citizen()
    await citizen.dial()
    await tapping.third(citizen.id, "citizen", citizen.channel)
    ((_, _, stream),) = await asked(place, 1)
    place.switch.hung_up.add(citizen.channel)
    await tapping.gone(stream)
    await tapping.gone("a stream of nobody's")
    await drained(tapping)
    assert len(place.switch.asked) == 1
    await tapping.stop()


async def test_after_a_lost_link_only_taps_that_are_missing_are_asked_for_again(place: Place) -> None:
    switch = Speaking()
    async with ears(place) as port:
        tapping = Tapping(place.floor, switch, [("127.0.0.1", port)])
        citizen = place.citizen()
        await citizen.dial()
        await tapping.begin(citizen.id, "8001", citizen.channel, "PJSIP/8001-1")
        await until_taken(place, 2)
        streams = {channel: stream for _, channel, stream in switch.asked}
        place.clock.pass_(60)
        await tapping.missed({streams[citizen.channel]})
        await drained(tapping)
        assert [channel for _, channel, _ in switch.asked].count("PJSIP/8001-1") == 2
        assert len(switch.asked) == 3
        await tapping.stop()
        switch.close()


async def test_ears_that_drop_all_they_are_given_are_asked_less_often(place: Place, citizen: Citizen) -> None:
    waited: list[float] = []

    async def wait(seconds: float) -> None:
        waited.append(seconds)

    tapping = Tapping(place.floor, place.switch, [OWN], wait)
    async with place.database.session() as session:
        stream = await taps.add(session, citizen.id, citizen.channel, "citizen", place.clock())
    assert stream is not None
    await tapping.gone(stream)
    await drained(tapping)
    place.clock.pass_(60)
    await tapping.gone(place.switch.asked[-1][2])
    await drained(tapping)
    place.clock.pass_(60)
    assert waited == [REST_S, PAUSE_S]
    await tapping.stop()


async def heard(place: Place) -> list[str]:
    async with place.database.reading() as session:
        return await taps.heard(session)


async def until_taken(place: Place, many: int) -> None:
    """So many streams have ears; words say less, for sound that comes in pieces gives several."""
    async with asyncio.timeout(30):
        while len(await heard(place)) < many:
            await asyncio.sleep(0.02)


async def drained(tapping: Tapping) -> None:
    async with asyncio.timeout(30):
        while tapping._tasks:
            await asyncio.sleep(0.01)


async def test_a_stream_nobody_expects_and_one_that_was_taken_are_not_heard(
    place: Place, citizen: Citizen
) -> None:
    switch = Speaking()
    async with ears(place) as port:
        async with place.database.session() as session:
            stream = await taps.add(session, citizen.id, citizen.channel, "citizen", place.clock())
        assert stream is not None
        await switch.tap(citizen.channel, stream, "127.0.0.1", port)
        await until_kept(place, citizen, 1)
        await switch.tap("PJSIP/x-1", stream, "127.0.0.1", port)
        await switch.tap("PJSIP/y-1", str(uuid.uuid4()), "127.0.0.1", port)
        for refused in ("PJSIP/x-1", "PJSIP/y-1"):
            async with asyncio.timeout(30):
                with suppress(ConnectionError):
                    assert await switch.answers[refused].read() == b""
        assert not switch.answers[citizen.channel].at_eof()
        switch.close()


async def test_a_call_that_is_over_leaves_no_taps(place: Place, citizen: Citizen) -> None:
    async with place.database.session() as session:
        stream = await taps.add(session, citizen.id, citizen.channel, "citizen", place.clock())
        await taps.clear(session)
        assert stream is not None
        assert await taps.add(session, citizen.id, citizen.channel, "citizen", place.clock()) is None
        await calls.ended(session, citizen.id, place.clock(), "citizen")
        await taps.clear(session)
        assert await taps.take(session, stream, place.clock()) is None


def test_ears_are_named_as_host_and_port_or_are_ones_own() -> None:
    assert addresses("", OWN) == (OWN,)
    assert addresses("asr1:4574, 10.0.0.2:4575", OWN) == (("asr1", 4574), ("10.0.0.2", 4575))
    for bad in ("asr1", ":4574", "asr1:0", "asr1:port"):
        with pytest.raises(BadInput, match="HOTLINE_EARS"):
            addresses(bad, OWN)
