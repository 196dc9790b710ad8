"""`./hotline keys` and `./hotline retention`: turned, shown and given up without a key ever being printed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import cli
from app.floor import now
from app.opened import database
from app.secrecy.keys import KeyTurning
from app.seeding import data_key_file
from app.settings import settings
from core.errors import BadInput
from store import calls, events
from store.database import Database
from store.sealed import Keyring
from tests.app.begun import begin
from tests.store import make

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
    begin()
    yield lambda *words: CliRunner().invoke(cli, list(words))
    settings.cache_clear()


async def lived(opened: Database) -> None:
    async with opened.session() as session:
        await make.call(session)


async def turned(opened: Database) -> None:
    work = KeyTurning(opened, now)
    while await work.turn_keys():
        pass


def test_a_key_turns_and_the_old_one_goes_when_no_row_needs_it(run: Run) -> None:
    _with(lived)
    told = run("keys", "rotate")
    assert (told.exit_code, "k2 turned" in told.stdout) == (0, True)
    shown = json.loads(run("keys", "show", "--json").stdout)
    assert (shown["seals"], shown["lookup"]) == ("k2", "k2")
    assert [(key["id"], key["rows"]) for key in shown["keys"]] == [
        ("k1", {"calls": 1}),
        ("k2", {"events": 1}),
    ]
    refused = run("keys", "remove", "k1").exception
    assert isinstance(refused, BadInput)
    assert "calls 1" in str(refused)
    _with(turned)
    assert run("keys", "remove", "k1").exit_code == 0
    text = data_key_file(settings()).read_text()
    assert [line.split(":")[0] for line in text.splitlines()] == ["k2"]
    assert data_key_file(settings()).stat().st_mode & 0o077 == 0

    async def read(opened: Database) -> tuple[int, list[str]]:
        async with opened.reading() as session:
            found = await calls.find(session, caller=make.CALLER)
            return found.total, [row.payload["what"] for row in await events.of(session, "keys")]

    assert _with(read) == (1, ["turned", "removed"])
    secrets = [line.rpartition(":")[2] for line in text.splitlines()]
    assert not any(secret in told.stdout for secret in secrets)


def test_a_key_that_waits_is_known_before_it_seals(run: Run) -> None:
    _with(lived)
    assert run("keys", "add").exit_code == 0
    assert Keyring.parse(data_key_file(settings()).read_text()).current == "k1"
    assert run("keys", "rotate").exit_code == 0
    ring = Keyring.parse(data_key_file(settings()).read_text())
    assert (ring.current, list(ring.secrets)) == ("k2", ["k1", "k2"])


def test_a_key_from_the_environment_is_turned_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_DATA_KEY", Keyring.generate().dump().strip())
    settings.cache_clear()
    assert isinstance(run("keys", "rotate").exception, BadInput)


def test_terms_are_shown_and_a_dry_run_deletes_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "长期保存" in run("retention", "show").stdout
    assert "一律长期保存" in run("retention", "run", "--dry").stdout
    monkeypatch.setenv("HOTLINE_KEEP_PERSONAL_DAYS", "1")
    settings.cache_clear()

    async def old(opened: Database) -> None:
        async with opened.session() as session:
            call = await make.call(session)
            await calls.ended(session, call.id, make.later(60), "citizen")

    _with(old)
    assert json.loads(run("retention", "show", "--json").stdout)["terms"]["personal"] == 1
    dry = json.loads(run("retention", "run", "--dry", "--json").stdout)
    assert [(one["kind"], one["many"]) for one in dry["due"]] == [("personal", 1)]
    done = json.loads(run("retention", "run", "--json").stdout)
    assert done["done"]["personal"] == 1
    assert json.loads(run("retention", "run", "--dry", "--json").stdout)["due"][0]["many"] == 0
