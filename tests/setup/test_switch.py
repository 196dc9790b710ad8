"""What the containers and units start: `deploy/prepare.py`, then `deploy/switch.py` that becomes a real Asterisk."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agi.asterisk import Asterisk
from agi.errors import SwitchDown
from app.instance import environment, private
from app.seeding import kept_accounts
from app.settings import Settings
from app.setup import asterisk
from app.setup.folders import PROJECT, folders
from app.setup.parts import missing
from core.errors import PartMissing
from tests.need import need

pytestmark = pytest.mark.system


@pytest.fixture
def install() -> asterisk.AsteriskInstall:
    try:
        return asterisk.find()
    except PartMissing:
        need("Asterisk", False, "./hotline setup asterisk")
        raise


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return private(tmp_path / "home")


def script(name: str, settings: Settings) -> tuple[list[str], dict[str, str]]:
    env = os.environ | environment(settings) | {"PYTHONPATH": str(PROJECT)}
    return [sys.executable, str(PROJECT / "deploy" / name)], env


def until_booted(switch: Asterisk, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            if switch.conf.is_file() and "fully booted" in switch.cli("core waitfullybooted", timeout=5):
                return
        except SwitchDown:
            pass  # its CLI is not there yet
        assert process.poll() is None, "Asterisk ended at start"
        assert time.monotonic() < end, "Asterisk was not up in time"
        time.sleep(0.1)


def test_prepare_then_switch_is_an_asterisk_that_knows_the_seats_and_ends_when_told(
    settings: Settings, install: asterisk.AsteriskInstall
) -> None:
    lacking = [part.name for part in missing(("kokoro-zh", "prompts"), folders())]
    need(f"parts: {' '.join(lacking)}", not lacking)
    command, env = script("prepare.py", settings)
    for _ in range(2):  # safe to repeat
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stderr
    assert (settings.sounds / "greeting.wav").is_file()
    assert "admin" in [account.login for account in kept_accounts(settings)]
    command, env = script("switch.py", settings)
    with subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL) as process:
        try:
            switch = Asterisk(install, settings.asterisk)
            until_booted(switch, process)
            assert "8001" in switch.cli("pjsip show endpoints")
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_switch_without_a_prepared_database_ends_with_one_line(
    settings: Settings, install: asterisk.AsteriskInstall
) -> None:
    command, env = script("switch.py", settings)
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("switch: ")
