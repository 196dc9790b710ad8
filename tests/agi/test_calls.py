"""Whole calls through a real Asterisk with real SIP and RTP."""

import asyncio
import uuid
from pathlib import Path

import numpy as np
import pytest

from agi.facts import AgentAnswered
from agi.live_audio import Leg
from agi.recording import finish
from agi.spool_file import SpooledEnd, SpooledMessage, read
from core.call import Bye, Instruction, Play, Ring, StepResult, TakeMessage, Wait
from tests.agi.conftest import House, until

pytestmark = pytest.mark.edge

CITIZEN_HZ, AGENT_HZ = 400, 1000


def loudest(samples: "np.ndarray[tuple[int], np.dtype[np.int16]]") -> float:
    """Hz of the strongest tone in 8 kHz samples."""
    spectrum = np.abs(np.fft.rfft(samples.astype(np.float64)))
    return float(np.argmax(spectrum) * 8000 / len(samples))


def ring(house: House, seat: str, timeout_s: int = 8, recording: str = "talk") -> Ring:
    user = next(s.user for s in house.exchange.plan.seats if s.id == seat)
    return Ring(seat, f"PJSIP/{user}", timeout_s, recording)


def ring_then_bye(house: House, seat: str, recording: str = "talk") -> None:
    house.desk.first = Play(("greeting",))

    def script(result: StepResult) -> Instruction:
        return ring(house, seat, recording=recording) if result.step == "play" else Bye(("goodbye",))

    house.desk.script = script


async def test_agent_talks_and_hangs_up(house: House) -> None:
    seat, port = house.exchange.seat()
    ring_then_bye(house, seat.id, "agent-ends")
    await house.phones.agent(port, talk_ms=2500)
    citizen = await house.phones.citizen(number="13800138001")
    await until(lambda: house.desk.ends)
    assert await citizen.wait() == 0
    arrival, end = house.desk.arrivals[0], house.desk.ends[0]
    assert (arrival.line, arrival.caller) == ("12345", "13800138001")
    assert [(r.step, r.status) for r in house.desk.results] == [("play", "DONE"), ("ring", "ANSWER")]
    assert house.desk.results[1].answered_s >= 2
    assert (end.ended_by, end.step, end.linkedid) == ("agent", "bye", arrival.linkedid)
    assert end.answered_s >= 2
    call_id = house.desk.results[0].call_id
    assert house.desk.answered[0][:2] == (call_id, seat.id)
    assert house.desk.left == [(call_id, seat.id)]


async def test_citizen_hangs_up_while_talking(house: House) -> None:
    seat, port = house.exchange.seat()
    ring_then_bye(house, seat.id, "citizen-ends")
    agent = await house.phones.agent(port)
    await house.phones.citizen(stay_ms=2500)
    await until(lambda: house.desk.ends)
    end = house.desk.ends[0]
    assert (end.ended_by, end.step, end.status) == ("citizen", "ring", "ANSWER")
    assert end.answered_s >= 1
    assert await agent.wait() == 0
    await until(lambda: house.desk.left)


async def test_two_voices_are_recorded_apart(house: House, tmp_path: Path) -> None:
    seat, port = house.exchange.seat()
    ring_then_bye(house, seat.id, "two-voices")
    await house.phones.agent(port, talk_ms=3000)
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    done = finish(house.exchange.settings.recordings / "two-voices.raw", tmp_path / "two-voices.wav")
    assert done is not None
    assert done.channels == 2
    assert done.seconds == pytest.approx(3.0, abs=0.5)
    samples = np.frombuffer(done.path.read_bytes()[44:], "<i2").reshape(-1, 2)
    assert loudest(samples[:, 0]) == pytest.approx(CITIZEN_HZ, abs=5)
    assert loudest(samples[:, 1]) == pytest.approx(AGENT_HZ, abs=5)
    assert (house.exchange.settings.recordings.stat().st_mode & 0o077) == 0


async def test_no_answer_comes_back_to_the_desk_and_the_next_seat_rings(house: House) -> None:
    (deaf, deaf_port), (good, good_port) = house.exchange.seat(), house.exchange.seat()
    house.desk.first = ring(house, deaf.id, timeout_s=1, recording="deaf")
    house.desk.script = lambda r: ring(house, good.id, recording="good") if r.status == "NOANSWER" else Bye()
    await house.phones.agent(deaf_port, deaf=True)
    await house.phones.agent(good_port, talk_ms=800)
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert [r.status for r in house.desk.results] == ["NOANSWER", "ANSWER"]
    assert [a[1] for a in house.desk.answered] == [good.id]
    assert house.desk.left == [(house.desk.answered[0][0], good.id)]
    assert (
        finish(
            house.exchange.settings.recordings / "deaf.raw", house.exchange.settings.recordings / "deaf.wav"
        )
        is None
    )


async def test_busy_seat_and_unreachable_seat_are_told_apart(house: House) -> None:
    (busy, busy_port), (dead, _) = house.exchange.seat(), house.exchange.seat()
    house.desk.first = ring(house, busy.id)
    house.desk.script = lambda r: ring(house, dead.id, timeout_s=1) if r.status == "BUSY" else Bye()
    await house.phones.agent(busy_port, status="486 Busy Here")
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert [r.status for r in house.desk.results] == ["BUSY", "NOANSWER"]
    assert house.desk.ends[0].ended_by == "us"


async def test_citizen_hangs_up_while_it_rings(house: House) -> None:
    seat, port = house.exchange.seat()
    house.desk.first = ring(house, seat.id, timeout_s=20)
    await house.phones.agent(port, deaf=True)
    await house.phones.citizen(stay_ms=1000)
    await until(lambda: house.desk.ends)
    assert (house.desk.ends[0].ended_by, house.desk.ends[0].status) == ("citizen", "CANCEL")
    assert house.desk.answered == []


async def test_keys_are_collected(house: House) -> None:
    house.desk.first = Play(("greeting",), keys=2, timeout_s=5.0)
    await house.phones.citizen_with_keys("47", after_s=0.6)
    await until(lambda: house.desk.ends)
    assert house.desk.results[0].digits == "47"


async def test_waiting_citizen_is_woken_by_redirect(house: House) -> None:
    house.desk.first = Wait(30, ("please-wait",))
    await house.phones.citizen()
    await until(lambda: house.desk.arrivals)
    await until(lambda: "MusicOnHold" in house.exchange.asterisk.cli("core show channels concise"))
    await house.ami.redirect(house.desk.arrivals[0].channel, "hl-ask")
    await until(lambda: house.desk.ends)
    assert [(r.step, r.status) for r in house.desk.results] == [("wait", "WOKEN")]


async def test_message_is_taken_and_kept_when_the_citizen_hangs_up(house: House, tmp_path: Path) -> None:
    house.desk.first = TakeMessage(("message-apology",), "spoken", 30)
    await house.phones.citizen(stay_ms=2500)
    await until(lambda: house.desk.ends)
    assert (house.desk.ends[0].step, house.desk.ends[0].ended_by) == ("message", "citizen")
    done = finish(house.exchange.settings.recordings / "spoken.wav", tmp_path / "spoken.wav")
    assert done is not None
    assert done.channels == 1
    assert done.seconds > 1
    samples = np.frombuffer(done.path.read_bytes()[44:], "<i2")
    assert loudest(samples) == pytest.approx(CITIZEN_HZ, abs=5)


async def test_live_audio_of_both_speakers(house: House) -> None:
    seat, port = house.exchange.seat()
    ring_then_bye(house, seat.id, "tapped")
    await house.phones.agent(port, talk_ms=3000)
    await house.phones.citizen()
    await until(lambda: house.desk.answered)
    fact = next(f for f in house.facts if isinstance(f, AgentAnswered))
    for speaker, channel in (("citizen", fact.citizen_channel), ("agent", fact.agent_channel)):
        stream = str(uuid.uuid4())
        house.expected[stream] = Leg(fact.call_id, speaker)  # type: ignore[arg-type]
        await house.ami.tap(channel, stream, "127.0.0.1", house.live_port)
    await until(
        lambda: house.desk.ends and len(house.heard) == 2 and all(p[-1] is None for p in house.heard.values())
    )
    for speaker, hertz in (("citizen", CITIZEN_HZ), ("agent", AGENT_HZ)):
        samples = np.frombuffer(b"".join(p for p in house.heard[speaker] if p), "<i2")
        assert len(samples) > 8000
        assert loudest(samples) == pytest.approx(hertz, abs=5)
    assert house.live.dropped == 0
    assert house.live.streams == 0


async def test_our_own_hangup_counts_as_ours(house: House) -> None:
    house.desk.first = Wait(30)
    await house.phones.citizen()
    await until(lambda: house.desk.arrivals)
    await house.ami.hangup(house.desk.arrivals[0].channel)
    await until(lambda: house.desk.ends)
    assert house.desk.ends[0].ended_by == "us"


async def test_slow_desk_costs_an_apology_not_the_call(house: House) -> None:
    house.desk.first = Play(("greeting",))
    house.desk.delay_s = 30.0
    await house.phones.citizen()
    await until(lambda: len(house.desk.arrivals) == 2)
    assert house.desk.arrivals[0].linkedid == house.desk.arrivals[1].linkedid
    house.desk.delay_s = 0.0
    await until(lambda: house.desk.ends)
    assert house.desk.ends[0].ended_by == "us"


async def test_failing_desk_ends_in_a_message(house: House) -> None:
    def fail(result: StepResult) -> Instruction:
        raise RuntimeError("broken on purpose")

    house.desk.first, house.desk.script = Play(("greeting",)), fail
    await house.phones.citizen(number="13800138077", stay_ms=8000)
    await until(lambda: house.desk.ends)
    linkedid = house.desk.arrivals[0].linkedid
    note = house.exchange.settings.spool / f"{linkedid}-message.json"
    await until(note.exists)
    entry = read(note)
    assert isinstance(entry, SpooledMessage)
    assert (entry.caller, entry.call_id) == ("13800138077", house.desk.results[0].call_id)
    assert entry.audio is not None


async def test_service_away_before_the_call(house: House) -> None:
    await house.silence()
    await house.phones.citizen(number="13800138088", stay_ms=4000)
    spool = house.exchange.settings.spool
    before = set(spool.glob("*.json"))
    await until(lambda: len(set(spool.glob("*-ended.json")) - before) == 1)
    entries = [read(p) for p in set(spool.glob("*.json")) - before]
    message = next(e for e in entries if isinstance(e, SpooledMessage))
    end = next(e for e in entries if isinstance(e, SpooledEnd))
    assert (message.caller, message.line, message.call_id) == ("13800138088", "12345", "")
    assert message.audio is not None
    assert message.audio.stat().st_size > 16_000
    assert end.facts.linkedid == message.linkedid
    assert end.facts.ended_by == "citizen"


async def test_service_killed_while_talking_the_talk_goes_on(house: House) -> None:
    seat, port = house.exchange.seat()
    ring_then_bye(house, seat.id, "outlives-us")
    agent = await house.phones.agent(port, talk_ms=4000)
    await house.phones.citizen(stay_ms=15000)
    await until(lambda: house.desk.answered)
    await house.silence()
    assert await agent.wait() == 0  # talked its four seconds and hung up itself
    await house.back()
    await until(lambda: house.desk.ends)
    assert [r.status for r in house.desk.results if r.step == "ring"] == ["ANSWER"]
    done = finish(
        house.exchange.settings.recordings / "outlives-us.raw", house.exchange.settings.recordings / "o.wav"
    )
    assert done is not None
    assert done.seconds > 3


async def test_unknown_line_is_refused_by_the_switch(house: House) -> None:
    citizen = await house.phones.citizen(line="99999")
    assert await citizen.wait() != 0
    assert house.desk.arrivals == []


async def test_hung_service_is_not_waited_for(house: House) -> None:
    """A service that takes connections but never speaks (stopped, swapped out) must not leave a caller in silence."""
    held: list[asyncio.StreamWriter] = []

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    await house.silence()
    mute = await asyncio.start_server(hold, "127.0.0.1", house.exchange.settings.agi_port)
    spool = house.exchange.settings.spool
    before = set(spool.glob("*-message.json"))
    await house.phones.citizen(number="13800138099", stay_ms=12000)
    await until(lambda: set(spool.glob("*-message.json")) - before, 25)
    mute.close()  # as a supervisor ends a service that hangs: its sockets go with it

    def gone() -> bool:
        for writer in held:
            writer.transport.abort()
        return house.exchange.asterisk.channels() == 0

    await house.back()
    await until(gone)


async def test_service_dies_in_the_middle_of_a_question_and_comes_back(house: House) -> None:
    house.desk.first, house.desk.delay_s = Play(("greeting",)), 0.8
    house.desk.script = lambda r: Wait(1)
    await house.phones.citizen(stay_ms=6000)
    await until(lambda: house.desk.arrivals)
    await house.silence()
    house.desk.delay_s = 0.0
    await house.back()
    await until(lambda: house.desk.ends)
    assert len({a.linkedid for a in house.desk.arrivals}) == 1
    assert house.desk.ends[0].ended_by == "citizen"
    assert not list(house.exchange.settings.spool.glob(f"{house.desk.arrivals[0].linkedid}-*"))


async def test_service_away_when_the_citizen_hangs_up_leaves_the_end_in_the_spool(house: House) -> None:
    seat, port = house.exchange.seat()
    house.desk.first = ring(house, seat.id, recording="end-in-spool")
    await house.phones.agent(port)
    await house.phones.citizen(stay_ms=2500)
    await until(lambda: house.desk.answered)
    await house.silence()
    path = house.exchange.settings.spool / f"{house.desk.arrivals[0].linkedid}-ended.json"
    await until(path.exists)
    entry = read(path)
    assert isinstance(entry, SpooledEnd)
    assert (entry.facts.call_id, entry.facts.ended_by) == (house.desk.answered[0][0], "citizen")
    assert entry.facts.answered_s >= 1
    await house.back()


async def test_redirect_in_the_middle_of_a_question_asks_it_again(house: House) -> None:
    house.desk.first = Wait(1)
    house.desk.script = lambda r: Bye()
    await house.phones.citizen()
    await until(lambda: house.desk.arrivals)
    house.desk.delay_s = 1.0
    await until(lambda: len(house.desk.results) == 1)
    await house.ami.redirect(house.desk.arrivals[0].channel, "hl-ask")
    await until(lambda: house.desk.ends)
    assert len(house.desk.results) == 2
    assert house.desk.results[0] == house.desk.results[1]


async def test_seat_that_never_registered_is_told_at_once(house: House) -> None:
    house.desk.first = Ring("1999", "PJSIP/nobody", 20, "nobody")
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert [r.status for r in house.desk.results] == ["CHANUNAVAIL"]


async def test_muted_agent_keeps_both_channels_in_step(house: House, tmp_path: Path) -> None:
    """An agent whose phone sends nothing for the first second: the right channel is silent, not shifted."""
    seat, port = house.exchange.seat()
    house.desk.first = ring(house, seat.id, recording="muted")
    await house.phones.agent(port, talk_ms=1500, mute_ms=1500)
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    done = finish(house.exchange.settings.recordings / "muted.raw", tmp_path / "muted.wav")
    assert done is not None
    assert done.seconds == pytest.approx(3.0, abs=0.5)
    samples = np.frombuffer(done.path.read_bytes()[44:], "<i2").reshape(-1, 2)
    assert (
        np.abs(samples[800:8000, 1]).max() < 50
    )  # the waiting music's last frame is heard at the very start
    assert np.abs(samples[-4000:, 1]).max() > 1000
    assert np.abs(samples[:8000, 0]).max() > 1000


async def test_citizen_whose_network_is_gone_is_ended_by_the_switch(house: House) -> None:
    house.desk.first = Wait(60)
    citizen = await house.phones.citizen()
    await until(lambda: house.desk.arrivals)
    await asyncio.sleep(0.3)
    citizen.kill()
    await until(lambda: house.desk.ends, 20)
    assert house.desk.ends[0].ended_by == "switch"
