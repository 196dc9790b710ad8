"""`hotline evidence`: a pack on disk, the number from standard input, the reason kept."""

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
from core.errors import BadInput, NotFound
from store import calls, lookups

pytestmark = pytest.mark.service
NUMBER = "13812345678"
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield lambda *words, given="": CliRunner().invoke(cli, ["evidence", *words], input=given)
    settings.cache_clear()


async def one_call() -> None:
    async with database(settings()) as opened, opened.session() as session:
        await calls.add_call(session, Arrival("1.1", "PJSIP/x-1", "12345", NUMBER, now()))


async def kept() -> list[tuple[str, str]]:
    async with database(settings()) as opened, opened.reading() as session:
        return [(row.action, row.purpose) for row in (await lookups.find(session)).items]


def test_a_pack_is_written_and_the_export_kept(run: Run, tmp_path: Path) -> None:
    asyncio.run(one_call())
    target = tmp_path / "pack.zip"
    done = run("--caller", "-", "--out", str(target), "--why", "移送文号 118", "--json", given=f"{NUMBER}\n")
    told = json.loads(done.stdout)
    assert (told["calls"], told["sha256"]) == (1, hashlib.sha256(target.read_bytes()).hexdigest())
    assert NUMBER not in done.stdout
    with zipfile.ZipFile(target) as pack:
        assert json.loads(pack.read("manifest.json"))["why"] == "移送文号 118"
    assert asyncio.run(kept()) == [("caller.evidence", "移送文号 118")]


def test_what_can_not_be_done_is_refused_by_name_and_leaves_no_file(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "pack.zip"
    given = ("--out", str(target), "--why", "移送文号 118")
    assert isinstance(run("--caller", "not a number", *given).exception, BadInput)
    assert isinstance(run("--caller", NUMBER, "--out", str(target), "--why", " ").exception, BadInput)
    assert isinstance(run("--caller", NUMBER, *given).exception, NotFound)
    assert not target.exists()
    target.write_text("somebody's")
    assert isinstance(run("--caller", NUMBER, *given).exception, BadInput)
    assert target.read_text() == "somebody's"


def test_a_moment_typed_is_on_chinas_clock_whatever_the_machines_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/Lima")
    time.tzset()
    try:
        asyncio.run(one_call())
        here = now().astimezone(timezone(timedelta(hours=8)))
        given = ("--caller", NUMBER, "--out", str(tmp_path / "a.zip"), "--why", "移送文号 118")
        until = (here + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        since = (here - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
        assert "1 次来电" in run(*given, "--from", since, "--until", until).stdout
    finally:
        monkeypatch.undo()
        time.tzset()
