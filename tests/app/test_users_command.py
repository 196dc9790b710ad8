"""`./hotline users`: people of a county's hotline office are bound to their county; what makes no sense is refused."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.opened import database
from app.settings import settings
from core.divisions import UnknownDivision
from core.errors import BadInput
from store import events, users
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    begin()
    yield lambda *words: CliRunner().invoke(cli, ["users", *words])
    settings.cache_clear()


def test_somebody_of_a_countys_hotline_office_looks_after_that_county(run: Run) -> None:
    assert run("add", "guiyang", "桂阳热线办", "--role", "office", "--division", "431021").exit_code == 0
    assert run("add", "shi", "市热线办", "--role", "office").exit_code == 0
    rows = json.loads(run("list", "--json").stdout)["users"]
    assert {row["login"]: row["division"] for row in rows} == {"guiyang": "431021", "shi": None}
    assert "431021" in run("list").stdout


def test_a_place_that_is_not_there_or_a_role_that_looks_after_nobody_is_refused(run: Run) -> None:
    assert isinstance(
        run("add", "x", "某", "--role", "office", "--division", "999999").exception, UnknownDivision
    )
    assert isinstance(run("add", "x", "某", "--role", "admin", "--division", "431021").exception, BadInput)
    assert json.loads(run("list", "--json").stdout)["users"] == []


def test_every_change_of_rights_is_on_record(run: Run) -> None:
    run("add", "shi", "市热线办", "--role", "office")
    run("disable", "shi")
    run("enable", "shi")
    run("password", "shi")

    async def read() -> list[tuple[str, dict[str, Any]]]:
        async with database(settings()) as opened, opened.reading() as session:
            user = await users.by_login(session, "shi")
            assert user is not None
            return [(row.payload["what"], row.payload["facts"]) for row in await events.of(session, user.id)]

    told = asyncio.run(read())
    assert [what for what, _ in told] == ["added", "disabled", "enabled", "password"]
    assert told[0][1]["role"] == "office"
