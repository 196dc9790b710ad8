"""`hotline evidence`: a pack on disk by two persons' word, marked and kept."""

import asyncio
import hashlib
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.floor import now
from app.opened import database
from app.settings import settings
from core.call import Arrival
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from store import calls
from tests.app.releasing import approve, approved, asked, looked

pytestmark = pytest.mark.service
NUMBER = "13812345678"
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(cli, ["evidence", *words])
    settings.cache_clear()


async def one_call() -> str:
    async with database(settings()) as opened, opened.session() as session:
        made, _ = await calls.add_call(session, Arrival("1.1", "PJSIP/x-1", "12345", NUMBER, now()))
        return made


def test_a_pack_is_written_by_two_persons_word_and_kept(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    release = asyncio.run(asked("evidence", asyncio.run(one_call())))
    given = ("--release", release, "--out", str(target), "--json")
    assert isinstance(run(*given).exception, Conflict)
    assert not target.exists()
    asyncio.run(approve(release))
    done = run(*given)
    told = json.loads(done.stdout)
    assert (told["calls"], told["sha256"]) == (1, hashlib.sha256(target.read_bytes()).hexdigest())
    assert NUMBER not in done.stdout
    with zipfile.ZipFile(target) as pack:
        manifest = json.loads(pack.read("manifest.json"))
    assert manifest["why"] == "移送文号 118"
    assert release in manifest["mark"]
    kept = {action: why.partition("（")[0] for action, why in asyncio.run(looked())}
    assert kept == {"release.download": "移送文号 118", "caller.evidence": "移送文号 118"}


def test_what_can_not_be_done_is_refused_by_name_and_leaves_no_file(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    call_id = asyncio.run(one_call())
    other = asyncio.run(approved("ticket", "tkt_1"))
    assert isinstance(run("--release", "rel_none", "--out", str(target)).exception, NotFound)
    assert isinstance(run("--release", other, "--out", str(target)).exception, NotAllowed)
    assert not target.exists()
    target.write_text("somebody's")
    release = asyncio.run(approved("evidence", call_id))
    nowhere = tmp_path / "missing" / "pack.zip"
    for place in (target, nowhere, target / "pack.zip"):
        refused = run("--release", release, "--out", str(place)).exception
        assert isinstance(refused, BadInput)
        assert "\n" not in str(refused)
    assert asyncio.run(looked()) == [], "nothing left, so nothing is on record as having left"
    assert target.read_text() == "somebody's"


def test_a_moment_typed_is_on_chinas_clock_whatever_the_machines_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Lima")
    time.tzset()
    try:
        release = asyncio.run(approved("evidence", asyncio.run(one_call())))
        here = now().astimezone(timezone(timedelta(hours=8)))
        given = ("--release", release, "--out", str(tmp_path / "a.zip"))
        until = (here + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        since = (here - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        assert "1 次来电" in run(*given, "--from", since, "--until", until).stdout
    finally:
        monkeypatch.undo()
        time.tzset()
