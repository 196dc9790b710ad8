"""What `./hotline test` brought for this very run: real programs that start, and nothing to fetch any more."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from app.setup import asterisk, tools
from app.setup.folders import PROJECT, folders
from app.setup.lockfile import read_lock
from app.setup.parts import NEEDS, missing
from app.setup.python import lock
from app.setup.wheels import Wheels
from core.errors import PartMissing
from tests.need import need

pytestmark = pytest.mark.edge

NOWHERE = "http://127.0.0.1:9"
CUT_OFF = {
    **{f"{scheme}_proxy": NOWHERE for scheme in ("http", "https", "all")},
    "PIP_INDEX_URL": f"{NOWHERE}/simple",
    "PIP_EXTRA_INDEX_URL": f"{NOWHERE}/simple",
    "PIP_RETRIES": "0",
}


@pytest.fixture(scope="module")
def whole() -> None:
    """All parts of `test` are here."""
    lacking = [part.name for part in missing(NEEDS["test"], folders())]
    need(f"parts: {' '.join(lacking)}", not lacking)


def test_asterisk_starts_and_is_new_enough() -> None:
    try:
        found = asterisk.find()
    except PartMissing:
        need("Asterisk", False, "./hotline setup asterisk")
    told = subprocess.run(
        [*found.command, "-V"], capture_output=True, text=True, timeout=30, check=True
    ).stdout
    assert found.version in told
    assert found.major >= 20
    for module in ("chan_pjsip.so", "res_agi.so", "app_confbridge.so", "chan_audiosocket.so"):
        assert (found.modules_dir / module).is_file(), module


@pytest.mark.parametrize("program", [name for one in tools.TOOLS for name in one.programs])
def test_each_test_program_starts(program: str) -> None:
    try:
        command = tools.tool(program)
    except PartMissing:
        need(program, False, "./hotline setup test")
    flag = "-v" if program == "sipp" else "--version"
    done = subprocess.run(
        [*command.argv, flag],
        env=os.environ | command.env,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    told = (done.stdout + done.stderr).lower()
    named = any(word in told for word in ("sipp v", "redis", "postgresql", "chromium"))
    assert named or (program == "turnserver" and re.match(r"\d+\.\d+", told)), told


def test_a_program_that_is_nowhere_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_OWN_PARTS", "1")
    monkeypatch.setenv("HOTLINE_PARTS", str(tmp_path))
    with pytest.raises(PartMissing, match=r"\./hotline setup sipp"):
        tools.tool("sipp")
    with pytest.raises(PartMissing, match=r"\./hotline setup asterisk"):
        asterisk.find()


@pytest.mark.usefixtures("whole")
def test_a_run_with_nothing_missing_says_and_fetches_nothing() -> None:
    done = subprocess.run(
        [PROJECT / "hotline", "setup", "test"],
        env=os.environ | CUT_OFF, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def cached_core() -> None:
    """The core packages lie in the user's cache."""
    where = folders()
    wheels = Wheels(where)
    lacking = [one for name in ("build", "base") for one in wheels.missing(read_lock(lock(where, name)))]
    need(f"cached Python packages ({len(lacking)} missing)", not lacking)


@pytest.mark.usefixtures("cached_core")
def test_a_second_checkout_is_made_from_the_cache_without_a_network(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    env = os.environ | CUT_OFF | {"HOTLINE_PARTS": str(parts)}
    done = subprocess.run(
        [PROJECT / "hotline", "setup", "base"],
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    code = "import fastapi, sqlalchemy, panoramisk, sys; print(sys.prefix)"
    made = subprocess.run(
        [parts / "venv/bin/python", "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert Path(made.stdout.strip()).resolve().parent == parts / "venvs"
