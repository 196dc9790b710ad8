"""`./hotline audit`: the record of a house as it runs is whole, and what was touched is named."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.audit import AuditChore, heads_file, noted, sealer
from app.cli import cli
from app.floor import now
from app.opened import database
from app.settings import settings
from core.errors import BadInput, Conflict
from core.events import Ended
from store import events, lookups
from store.database import Database
from tests.app.place import Place
from tests.app.releasing import approve, approved, asked, looked
from tests.store.test_audit import behind_our_back
from tickets.clock import local

pytestmark = pytest.mark.service
Run = Callable[..., Result]


def _with(work: Callable[[Database], Any]) -> Any:
    async def run() -> Any:
        async with database(settings()) as opened:
            return await work(opened)

    return asyncio.run(run())


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(cli, ["audit", *words])
    settings.cache_clear()


async def lived(opened: Database) -> None:
    async with opened.session() as session:
        for n in range(3):
            await events.append(session, Ended(now(), f"call_{n}", "citizen", 1.0), "switch")
        await lookups.note(session, "user_1", "look", "call_1", now(), "核实")


def chained(floor: Any) -> None:
    async def work(opened: Database) -> None:
        floor.database, floor.clock = opened, now
        chore = AuditChore(floor, sealer(settings()), heads_file(settings()))
        await chore.extend_audit()
        assert "环，最后一环" in await chore.health()

    _with(work)


@pytest.fixture
def floor(sqlite_database: Database, content: Any) -> Any:
    return Place(sqlite_database, content).floor


def test_a_house_that_nobody_touched_is_whole(run: Run, floor: Any) -> None:
    _with(lived)
    chained(floor)
    told = run("verify")
    assert (told.exit_code, "✓ 4 条记录完整" in told.stdout) == (0, True)
    found = json.loads(run("verify", "--json").stdout)
    assert (found["whole"], found["links"], found["broken"]) == (True, 4, None)
    (head,) = noted(heads_file(settings()))
    assert run("verify", "--head", f"{head.n}:{head.hash}").exit_code == 0
    assert run("verify", "--head", f"{head.n}:h-sm3:00").exit_code == 1


def test_the_first_row_that_was_touched_is_named(run: Run, floor: Any) -> None:
    _with(lived)
    chained(floor)

    async def touched(opened: Database) -> None:
        await behind_our_back(opened, "UPDATE events SET actor = 'nobody' WHERE subject = 'call_1'")

    _with(touched)
    told = run("verify")
    assert (told.exit_code, "内容被改动：第 2 条，events" in told.stdout) == (1, True)
    found = json.loads(run("verify", "--json").stdout)
    assert (found["broken"]["fault"], found["broken"]["n"]) == ("changed", 2)


def test_the_days_head_is_told_once_as_an_event(run: Run, floor: Any) -> None:
    _with(lived)
    chained(floor)
    chained(floor)

    async def read(opened: Database) -> list[str]:
        async with opened.reading() as session:
            return [
                row[0]
                for row in await session.execute(text("SELECT name FROM events WHERE subject = 'audit'"))
            ]

    assert _with(read) == ["audit.sealed"]


def test_an_export_leaves_by_two_persons_word_marked_and_kept(run: Run, floor: Any, tmp_path: Path) -> None:
    _with(lived)
    chained(floor)
    target = tmp_path / "audit.jsonl"
    assert run("export", "--out", str(target)).exit_code == 2
    release = asyncio.run(asked("audit", local(now()).strftime("%Y-%m")))
    given = ("export", "--release", release, "--out", str(target))
    assert isinstance(run(*given).exception, Conflict)
    assert not target.exists()
    asyncio.run(approve(release))
    nowhere = tmp_path / "missing" / "audit.jsonl"
    refused = run("export", "--release", release, "--out", str(nowhere)).exception
    assert (type(refused), "missing 不存在或不可写" in str(refused)) == (BadInput, True)
    assert ("release.download", "移送文号 118") not in asyncio.run(looked())
    assert run(*given).exit_code == 0
    head, *rows = [json.loads(line) for line in target.read_text().splitlines()]
    assert release in head["mark"]
    assert [row["table_name"] for row in rows] == ["events"] * 3 + ["lookups"]
    assert isinstance(run(*given).exception, BadInput)
    assert ("release.download", "移送文号 118") in asyncio.run(looked())
    before = asyncio.run(approved("audit", "2020-01"))
    assert run("export", "--release", before, "--out", str(tmp_path / "old.jsonl")).exit_code == 0
    assert len((tmp_path / "old.jsonl").read_text().splitlines()) == 1
