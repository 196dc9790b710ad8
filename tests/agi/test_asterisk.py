"""A private Asterisk from start to stop, and through every kind of death."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from agi.ami import Ami
from agi.asterisk import Asterisk, AsteriskInstall, control_folder
from agi.errors import SwitchDown
from agi.facts import Fact, LinkDown, LinkUp
from agi.plan import Line, SwitchPlan
from agi.recording import finish
from agi.render import render
from core.call import Play, TakeMessage, Wait
from tests.agi.conftest import Exchange, House, make_plan, until
from tests.agi.test_calls import AGENT_HZ, CITIZEN_HZ, loudest, ring, ring_then_bye

pytestmark = pytest.mark.edge


@pytest.fixture
def fresh(install: AsteriskInstall) -> Iterator[tuple[Asterisk, SwitchPlan]]:
    """One Asterisk of this test's own, rendered but not started."""
    folder = Path(tempfile.mkdtemp(prefix="hl-own-"))
    plan, _ = make_plan(folder, seats=1)
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    yield asterisk, plan
    asterisk.stop()
    shutil.rmtree(folder)


def _gone(pid: int) -> bool:
    """Ended; whoever adopted it may take a moment to note that."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_start_answers_the_cli_and_stop_leaves_nothing(fresh: tuple[Asterisk, SwitchPlan]) -> None:
    asterisk, _ = fresh
    pid = asterisk.start()
    assert asterisk.pid() == pid
    assert os.getpgid(pid) == pid != os.getpgid(0)
    assert asterisk.channels() == 0
    assert "Asterisk" in asterisk.cli("core show version")
    assert asterisk.start() == pid  # already there: kept
    asterisk.stop()
    assert asterisk.pid() is None
    assert _gone(pid)
    with pytest.raises(SwitchDown):
        asterisk.cli("core show version")
    asterisk.stop()  # twice is nothing


def test_nothing_worse_than_a_notice_is_logged_at_start(fresh: tuple[Asterisk, SwitchPlan]) -> None:
    asterisk, plan = fresh
    asterisk.start()
    text = (plan.settings.run / "log" / "messages").read_text()
    assert [line for line in text.splitlines() if "WARNING" in line or "ERROR" in line] == []


def test_every_module_asked_for_runs(fresh: tuple[Asterisk, SwitchPlan]) -> None:
    asterisk, _ = fresh
    asterisk.start()
    shown = asterisk.cli("module show")
    for line in shown.splitlines()[1:-1]:
        if ".so" in line:
            assert "Running" in line, line


def test_asterisk_outlives_whoever_started_it(
    fresh: tuple[Asterisk, SwitchPlan], install: AsteriskInstall
) -> None:
    asterisk, plan = fresh
    code = (
        "import sys, os, signal; from pathlib import Path; from agi.asterisk import Asterisk; from app.setup.asterisk import find\n"
        f"Asterisk(find(), Path({str(plan.settings.run)!r})).start(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    again = Asterisk(install, plan.settings.run)
    assert again.attach() == asterisk.pid()
    assert again.channels() == 0


def test_attach_without_one_running_says_so(fresh: tuple[Asterisk, SwitchPlan]) -> None:
    with pytest.raises(SwitchDown):
        fresh[0].attach(1.0)


def test_start_after_a_kill_works(fresh: tuple[Asterisk, SwitchPlan]) -> None:
    asterisk, _ = fresh
    first = asterisk.start()
    asterisk.kill()
    assert asterisk.pid() is None
    assert asterisk.start() != first


def test_broken_configuration_is_told_by_name_and_leaves_nothing(fresh: tuple[Asterisk, SwitchPlan]) -> None:
    asterisk, plan = fresh
    (plan.settings.run / "etc" / "modules.conf").write_text(
        "[modules]\nautoload = no\nrequire = res_does_not_exist.so\n"
    )
    with pytest.raises(SwitchDown, match="log"):
        asterisk.start(timeout=10.0)
    assert asterisk.pid() is None


def test_long_run_folder_gets_a_short_socket(install: AsteriskInstall) -> None:
    folder = Path(tempfile.mkdtemp(prefix="hl-long-"))
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    plan, _ = make_plan(deep, seats=1)
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    try:
        asterisk.start()
        assert control_folder(plan.settings.run) != plan.settings.run
        assert asterisk.channels() == 0
    finally:
        asterisk.stop()
        shutil.rmtree(folder)
    assert not control_folder(plan.settings.run).exists()


async def test_new_lines_and_seats_come_without_dropping_calls(
    house: House, install: AsteriskInstall
) -> None:
    house.desk.first = Wait(30)
    await house.phones.citizen(stay_ms=4000)
    await until(lambda: house.desk.arrivals)
    exchange = house.exchange
    seat = replace(exchange.plan.seats[0], id="1999", user="s1999")
    plan = replace(
        exchange.plan, lines=(*exchange.plan.lines, Line("12333")), seats=(*exchange.plan.seats, seat)
    )
    render(plan, install)
    exchange.asterisk.reload()
    assert "s1999" in exchange.asterisk.cli("pjsip show endpoints")
    assert exchange.asterisk.channels() == 1
    await house.phones.citizen(line="12333", stay_ms=500)
    await until(lambda: [a.line for a in house.desk.arrivals] == ["12345", "12333"])
    await until(lambda: len(house.desk.ends) == 2)
    assert [e.ended_by for e in house.desk.ends] == ["citizen", "citizen"]


async def test_talk_recorded_until_asterisk_was_killed(house: House, tmp_path: Path) -> None:
    seat, port = house.exchange.seat()
    ring_then_bye(house, seat.id, "killed")
    await house.phones.agent(port)
    await house.phones.citizen()
    await until(lambda: house.desk.answered)
    raw = house.exchange.settings.recordings / "killed.raw"
    await until(lambda: raw.exists() and raw.stat().st_size > 90_000)
    house.exchange.asterisk.kill()
    await until(lambda: any(isinstance(f, LinkDown) for f in house.facts), 10)
    done = finish(raw, tmp_path / "killed.wav")
    assert done is not None
    assert done.seconds > 2.5
    samples = np.frombuffer(done.path.read_bytes()[44:], "<i2").reshape(-1, 2)
    assert loudest(samples[:, 0]) == pytest.approx(CITIZEN_HZ, abs=5)
    assert loudest(samples[:, 1]) == pytest.approx(AGENT_HZ, abs=5)
    await asyncio.to_thread(house.exchange.asterisk.start)
    await until(lambda: house.ami.connected, 15)
    last = [f for f in house.facts if isinstance(f, LinkUp)][-1]
    assert last.channels == ()
    await until(lambda: house.desk.left)
    assert [s for _, s in house.desk.left] == [seat.id]  # told on reconnection: nobody saw it go


async def test_message_recorded_until_asterisk_was_killed(house: House, tmp_path: Path) -> None:
    house.desk.first = TakeMessage((), "killed-message", 60)
    await house.phones.citizen()
    wav = house.exchange.settings.recordings / "killed-message.wav"
    await until(lambda: wav.exists() and wav.stat().st_size > 40_000)
    house.exchange.asterisk.kill()
    done = finish(wav, tmp_path / "m.wav")
    assert done is not None
    assert done.channels == 1
    assert done.seconds > 1
    await asyncio.to_thread(house.exchange.asterisk.start)


async def test_stopped_asterisk_is_noticed_and_found_again(house: House) -> None:
    """SIGSTOP: the connection stands, nobody answers."""
    pid = house.exchange.asterisk.pid()
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        async with asyncio.timeout(10):
            await until(lambda: not house.ami.connected)
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: house.ami.connected)


async def test_restart_under_a_waiting_call_is_reported(house: House) -> None:
    house.desk.first = Play(("greeting",))
    house.desk.script = lambda r: Wait(30)
    await house.phones.citizen()
    await until(lambda: house.desk.results)
    await asyncio.to_thread(house.exchange.asterisk.stop)
    await asyncio.to_thread(house.exchange.asterisk.start)
    await until(lambda: sum(isinstance(f, LinkUp) for f in house.facts) == 2, 15)
    assert house.facts[-1].channels == ()  # type: ignore[union-attr]


async def test_wrong_ami_secret_is_named(exchange: Exchange) -> None:
    facts: list[Fact] = []

    async def listen(fact: Fact) -> None:
        facts.append(fact)

    ami = Ami(replace(exchange.ami(), secret="wrong-one", action_s=3.0), listen)
    await ami.start()
    try:
        await until(lambda: facts, 10)
        assert "refused" in ami.reason
    finally:
        await ami.stop()


async def test_lost_agent_leg_never_ends_the_citizens(house: House) -> None:
    (one, port_one), (two, port_two) = house.exchange.seat(), house.exchange.seat()
    house.desk.first = ring(house, one.id, recording="first-leg")
    house.desk.script = lambda r: (
        ring(house, two.id, recording="second-leg") if len(house.desk.results) == 1 else Wait(2)
    )
    await house.phones.agent(port_one)
    await house.phones.agent(port_two)
    citizen = await house.phones.citizen(stay_ms=6000)
    await until(lambda: house.desk.answered)
    await house.ami.hangup(house.desk.answered[0][3])
    await until(lambda: len(house.desk.answered) == 2)
    assert [a[1] for a in house.desk.answered] == [one.id, two.id]
    await until(lambda: house.desk.ends)
    assert house.desk.ends[0].ended_by == "citizen"
    with contextlib.suppress(ProcessLookupError):
        await citizen.wait()


@dataclass(frozen=True)
class Older:
    """The same Asterisk under an older number, so that it is configured as one."""

    command: tuple[str, ...]
    modules_dir: Path
    root: Path
    version: str = "20.6.0"


async def test_old_asterisk_records_two_voices_too(
    house: House, install: AsteriskInstall, tmp_path: Path
) -> None:
    render(house.exchange.plan, Older(install.command, install.modules_dir, install.root))
    house.exchange.asterisk.reload()
    try:
        seat, port = house.exchange.seat()
        ring_then_bye(house, seat.id, "two-files")
        await house.phones.agent(port, talk_ms=2500)
        await house.phones.citizen()
        await until(lambda: house.desk.ends)
    finally:
        render(house.exchange.plan, install)
        house.exchange.asterisk.reload()
    done = finish(house.exchange.settings.recordings / "two-files.raw", tmp_path / "two-files.wav")
    assert done is not None
    assert done.seconds == pytest.approx(2.5, abs=1.0)
    samples = np.frombuffer(done.path.read_bytes()[44:], "<i2").reshape(-1, 2)
    assert loudest(samples[:, 0]) == pytest.approx(CITIZEN_HZ, abs=5)
    assert loudest(samples[:, 1]) == pytest.approx(AGENT_HZ, abs=5)


def test_the_control_socket_finds_a_short_place_even_where_the_temp_folder_is_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 20)
    monkeypatch.setattr("tempfile.tempdir", str(long))
    folder = control_folder(long / "run")
    assert len(os.fsencode(folder / "asterisk.ctl")) <= 100
    assert control_folder(Path("/srv/hotline")) == Path("/srv/hotline")
