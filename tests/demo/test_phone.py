"""The phone against another phone, against sipp and against a real Asterisk."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from app.demo import audio
from app.demo.leg import Leg
from app.demo.phone import BUSY, DEAD, NO_ANSWER, REJECT, CallFailed, OnRing, Phone, answer_after
from app.setup.tools import tool
from core.errors import PartMissing
from tests.demo.conftest import free_port
from tests.need import missing

pytestmark = pytest.mark.edge


@asynccontextmanager
async def two_phones(**how: OnRing) -> AsyncIterator[tuple[Phone, Phone]]:
    async with Phone("anna") as anna, Phone("ben", **how) as ben:  # type: ignore[arg-type]
        yield anna, ben


async def heard_tone(leg: object, freq: float, timeout: float = 5.0) -> float:
    return await leg.wait_tone(freq, timeout)  # type: ignore[attr-defined,no-any-return]


def our_tasks() -> set[str]:
    return {t.get_name() for t in asyncio.all_tasks()} - {asyncio.current_task().get_name()}  # type: ignore[union-attr]


def sockets() -> int:
    return sum(os.readlink(f"/proc/self/fd/{fd}").startswith("socket:") for fd in _fds())


def _fds() -> list[str]:
    found = []
    for fd in os.listdir("/proc/self/fd"):
        try:
            os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            continue
        found.append(fd)
    return found


async def test_both_hear_each_other_and_keys_arrive_in_order() -> None:
    async with two_phones() as (anna, ben):
        leg = await anna.call(ben.uri, from_number="13800001111")
        far = await ben.wait_leg(2)
        assert far.number == "13800001111"
        leg.say(audio.tone(440, 0.6))
        leg.dtmf("117#")
        far.say(audio.tone(880, 0.6))
        await leg.wait_tone(880, 5)
        await leg.said(5)
        assert far.level(440) > leg.level(440) + 30
        assert leg.level(880) > far.level(880) + 30
        assert far.digits == "117#"
        await leg.hangup()
        assert (await far.wait_end(2)).who == "peer"
        assert leg.end is not None
        assert (leg.end.who, leg.end.why) == ("us", "hangup")


async def test_sound_from_a_file_is_heard_and_can_be_saved(tmp_path: Path) -> None:
    audio.save_wav(tmp_path / "in.wav", audio.tone(700, 0.5), rate=8000)
    async with two_phones() as (anna, ben):
        leg = await anna.call(ben.uri)
        far = await ben.wait_leg(2)
        assert leg.say(tmp_path / "in.wav") == pytest.approx(0.5)
        await far.wait_tone(700, 5)
        await leg.said(5)
        far.save_heard(tmp_path / "out.wav")
    assert audio.tone_level(audio.load_wav(tmp_path / "out.wav"), 700) > -25


async def test_timeline_is_the_wall_clock_with_silence_between_words() -> None:
    async with two_phones() as (anna, ben):
        leg = await anna.call(ben.uri)
        far = await ben.wait_leg(2)
        leg.say(np.concatenate([audio.tone(440, 0.3), audio.silence(0.5), audio.tone(440, 0.3)]))
        await leg.said(5)
        await until(lambda: len(audio.spans(far.heard, 440)) == 2)
        (first, _), (second, _) = audio.spans(far.heard, 440)
        assert second - first == pytest.approx(0.8, abs=0.06)
        assert second < far.heard.size / audio.RATE <= far.seconds() + 0.5


@pytest.mark.parametrize(("policy", "code"), [(BUSY, 486), (REJECT, 603), (OnRing("refuse", 0.2, 480), 480)])
async def test_refusals_reach_the_caller_with_their_code(policy: OnRing, code: int) -> None:
    async with two_phones(on_ring=policy) as (anna, ben):
        with pytest.raises(CallFailed) as failed:
            await anna.call(ben.uri, timeout=20)
        assert failed.value.sip_code == code
        assert ben.rings[0].outcome == "refused"


async def test_nobody_answering_ends_in_408_and_a_cancel() -> None:
    async with two_phones(on_ring=NO_ANSWER) as (anna, ben):
        with pytest.raises(CallFailed) as failed:
            await anna.call(ben.uri, timeout=0.4)
        assert failed.value.sip_code == 408
        assert (await ben.rings[0].wait_end(2)).startswith("cancelled")


async def test_giving_up_by_cancelling_the_task_cancels_the_call() -> None:
    async with two_phones(on_ring=NO_ANSWER) as (anna, ben):
        calling = asyncio.create_task(anna.call(ben.uri))
        ring = await ben.wait_ring(2)
        calling.cancel()
        assert (await ring.wait_end(2)).startswith("cancelled")
        with pytest.raises(CallFailed, match="gone"):
            ring.answer()


async def test_a_dead_phone_says_nothing_at_all() -> None:
    async with two_phones(on_ring=DEAD) as (anna, ben):
        with pytest.raises(CallFailed) as failed:
            await anna.call(ben.uri, timeout=0.8)
        assert failed.value.sip_code == 408
        assert (len(ben.unheard), ben.rings) == (1, [])


async def test_a_ring_can_be_answered_by_hand() -> None:
    async with two_phones(on_ring=NO_ANSWER) as (anna, ben):
        calling = asyncio.create_task(anna.call(ben.uri, headers={"X-Ticket": "7"}))
        ring = await ben.wait_ring(2)
        assert (ring.outcome, ring.header("X-Ticket"), ring.callee) == ("", "7", "ben")
        ring.answer()
        assert (await calling).end is None


async def test_answer_comes_after_the_time_told() -> None:
    async with two_phones(on_ring=answer_after(0.4)) as (anna, ben):
        leg = await anna.call(ben.uri)
        assert leg.answered_s >= 0.38


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def quiet(leg: Leg, seconds: float = 0.2) -> None:
    """Until no packet came for that long; ten times as many would have come by then."""
    async with asyncio.timeout(30):
        before = -1
        while leg.packets != before:
            before = leg.packets
            await asyncio.sleep(seconds)


async def test_hold_silences_the_held_side_and_resume_brings_it_back() -> None:
    async with two_phones() as (anna, ben):
        leg = await anna.call(ben.uri)
        far = await ben.wait_leg(2)
        for holder, held in ((leg, far), (far, leg)):
            await holder.hold()
            assert held.held
            await quiet(holder)
            await holder.hold(False)
            assert not held.held
            held.say(audio.tone(600, 0.3))
            await holder.wait_tone(600, 10)


async def test_a_phone_that_lost_power_tells_nobody() -> None:
    async with two_phones() as (anna, ben):
        leg = await anna.call(ben.uri)
        far = await ben.wait_leg(2)
        await ben.vanish()
        assert far.end is not None
        assert far.end.why == "vanished"
        with pytest.raises(TimeoutError):
            await leg.wait_end(0.3)
        await leg.hangup(timeout=0.2)


async def test_closing_leaves_no_task_and_no_socket() -> None:
    tasks, before = our_tasks(), sockets()
    async with two_phones() as (anna, ben):
        await anna.call(ben.uri)
        ben.on_ring = NO_ANSWER
        calling = asyncio.create_task(anna.call(ben.uri))
        await ben.wait_ring(2)
        await ben.wait_ring(2)
    with pytest.raises(CallFailed):
        await calling
    assert our_tasks() == tasks
    assert sockets() == before


async def test_ten_calls_at_once_on_one_phone() -> None:
    async with two_phones() as (anna, ben):
        legs = await asyncio.gather(*(anna.call(ben.uri, from_number=f"1380000{n:04}") for n in range(10)))
        far = {leg.number: leg for leg in ben.legs.values()}
        for n, leg in enumerate(legs):
            leg.say(audio.tone(400 + 100 * n, 0.5))
        await asyncio.gather(*(leg.said(5) for leg in legs))
        for n in range(10):
            there = far[f"1380000{n:04}"]
            await until(there.tones)
            assert there.tones()[0][0] == pytest.approx(400 + 100 * n, abs=15)


# --- sipp ---


@asynccontextmanager
async def sipp(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    try:
        command = tool("sipp")
    except PartMissing as error:
        missing(f"sipp ({error})")
    process = await asyncio.create_subprocess_exec(
        *command.argv,
        *arguments,
        env=os.environ | command.env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(30):
            await process.wait()


async def test_calls_sipp_and_is_hung_up_cleanly() -> None:
    port = free_port()
    async with (
        sipp("-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin") as answering,
        Phone("anna") as anna,
    ):
        leg = await anna.call(f"sip:service@127.0.0.1:{port}", timeout=10)
        assert leg.end is None
        await leg.hangup(timeout=20)
        async with asyncio.timeout(10):
            assert await answering.wait() == 0


async def test_is_called_by_sipp_which_then_hangs_up() -> None:
    port = free_port()
    async with Phone("ben") as ben:
        there = f"{ben.address[0]}:{ben.address[1]}"
        caller = (
            "-sn",
            "uac",
            "-i",
            "127.0.0.1",
            "-p",
            str(port),
            "-m",
            "3",
            "-r",
            "3",
            "-d",
            "300",
            "-nostdin",
            there,
        )
        async with sipp(*caller) as calling:
            async with asyncio.timeout(20):
                assert await calling.wait() == 0
        assert [ring.outcome for ring in ben.rings] == ["answered"] * 3
        assert ben.legs == {}


# --- Asterisk ---


def registered(port: int, user: str, **how: OnRing) -> Phone:
    return Phone(f"phone-{user}", ("127.0.0.1", port), user, f"secret-{user}", **how)  # type: ignore[arg-type]


async def test_registers_with_digest_and_takes_the_binding_back(asterisk_port: int) -> None:
    async with registered(asterisk_port, "2001") as phone:
        assert await phone.register() > 0
        await phone.unregister()
        async with registered(asterisk_port, "2002") as other:
            with pytest.raises(CallFailed):
                await other.call("2001", timeout=20)


async def test_a_wrong_secret_is_refused_by_name(asterisk_port: int) -> None:
    async with Phone("x", ("127.0.0.1", asterisk_port), "2001", "wrong") as phone:
        with pytest.raises(CallFailed) as failed:
            await phone.register()
        assert failed.value.sip_code in (401, 403)
        with pytest.raises(CallFailed):
            await phone.call("echo", timeout=20)


async def test_asterisk_echoes_what_is_said(asterisk_port: int) -> None:
    async with registered(asterisk_port, "2001") as phone:
        leg = await phone.call("echo", timeout=20)
        leg.say(np.concatenate([audio.silence(0.2), audio.tone(620, 0.8)]))
        await leg.wait_tone(620, 5)
        await leg.said(5)
        assert leg.level(620) > -25


async def test_a_prompt_is_heard_then_asterisk_hangs_up_with_its_cause(asterisk_port: int) -> None:
    async with registered(asterisk_port, "2001") as phone:
        leg = await phone.call("prompt", timeout=20)
        end = await leg.wait_end(5)
        assert (end.who, "cause=16" in end.why) == ("peer", True)
        (start, stop), *_ = audio.spans(leg.heard, 440)
        assert stop - start == pytest.approx(0.6, abs=0.2)  # a busy machine loses some of it


async def test_asterisk_understands_the_keys(asterisk_port: int) -> None:
    async with registered(asterisk_port, "2001") as phone:
        leg = await phone.call("keys", timeout=20)
        leg.dtmf("17")
        await leg.wait_tone(1000, 6)


@pytest.mark.parametrize(("number", "code"), [("busy", 486), ("nobody", 404)])
async def test_asterisks_refusals_are_typed(asterisk_port: int, number: str, code: int) -> None:
    async with registered(asterisk_port, "2001") as phone:
        with pytest.raises(CallFailed) as failed:
            await phone.call(number, timeout=20)
        assert failed.value.sip_code == code


async def test_two_registered_phones_talk_through_asterisk_and_hold_works(asterisk_port: int) -> None:
    async with registered(asterisk_port, "2001") as anna, registered(asterisk_port, "2002") as ben:
        await ben.register()
        leg = await anna.call("2002", timeout=20)
        far = await ben.wait_leg(2)
        leg.say(audio.tone(500, 0.5))
        far.say(audio.tone(900, 0.5))
        await asyncio.gather(heard_tone(leg, 900), heard_tone(far, 500))
        await far.hold()
        await far.hold(False)
        far.say(audio.tone(750, 0.5))
        await leg.wait_tone(750, 5)
        await leg.hangup()
        assert (await far.wait_end(3)).who == "peer"


@pytest.mark.parametrize(("policy", "code"), [(BUSY, 486), (REJECT, 403), (NO_ANSWER, 480), (DEAD, 480)])
async def test_what_the_called_phone_does_comes_back_through_asterisk(
    asterisk_port: int, policy: OnRing, code: int
) -> None:
    async with registered(asterisk_port, "2001") as anna, registered(asterisk_port, "2002") as ben:
        await ben.register()
        ben.on_ring = policy
        with pytest.raises(CallFailed) as failed:
            await anna.call("2002", timeout=8)
        assert failed.value.sip_code == code
        if policy is NO_ANSWER:
            assert (await ben.rings[0].wait_end(2)).startswith("cancelled")
