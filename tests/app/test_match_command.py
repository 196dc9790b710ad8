"""`./hotline match models`: a version is learned beside the one that serves, compared, told to serve, and taken back by one command."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app import seeding
from app.cli import cli
from app.learning import serving
from app.opened import database
from app.settings import settings
from core.errors import Conflict, NotFound
from match import CallContext, MatchIndex, Spoken, propose
from store.content import load_content
from tests.app import test_learning
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., Any]
UNITS = ("chenzhou.water", "chenzhou.rsj")
"""Who signs for water and, in this house alone, for street lamps."""
SAID = [Spoken("citizen", "桥头那一片路灯闪得厉害")]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """The command in a house whose units signed for 400 matters, without an embedding."""
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOTLINE_EMBEDDING", "off")
    settings.cache_clear()
    begin()

    monkeypatch.setattr(test_learning, "WORDS", dict(zip(UNITS, test_learning.WORDS.values(), strict=True)))

    async def sign() -> None:
        async with database(settings()) as opened:
            await seeding.first_start(opened, settings())
            async with opened.session() as session:
                session.add_all(test_learning._rows(400, False))

    asyncio.run(sign())
    yield lambda *words: CliRunner().invoke(cli, ["match", "models", *words])
    settings.cache_clear()


def told(run: Run, *words: str) -> Any:
    done = run(*words, "--json")
    assert done.exception is None, done.exception
    return json.loads(done.stdout)


def proposed() -> list[str]:
    """The units a call would be shown now, as a running process compiles it."""

    async def look() -> list[str]:
        async with database(settings()) as opened:
            async with opened.reading() as session:
                content = await load_content(session)
            index = MatchIndex(content, await serving(opened))
        return [unit.id for unit in propose(SAID, CallContext(), index).units]

    return asyncio.run(look())


def test_a_version_is_learned_compared_served_and_taken_back(run: Run) -> None:
    assert told(run, "list")["models"] == []
    plain = proposed()
    first = told(run, "train")["model"]
    assert (first["version"], first["state"]) == (1, "waiting")
    assert first["kept"] > 0, "a sample nothing was learned from"
    assert proposed() == plain, "what waits changes nothing"
    assert told(run, "serve", "1")["model"]["state"] == "serving"
    assert proposed()[0] == UNITS[1] != plain[0]
    second = told(run, "train")["model"]
    assert second["figures"].keys() >= {"new", "serving", "accuracy_apart"}, "compared on the kept sample"
    assert told(run, "serve", "2")["model"]["version"] == 2
    assert [one["state"] for one in told(run, "list")["models"]] == ["serving", "past"]
    assert told(run, "back")["model"]["version"] == 1
    assert told(run, "back")["model"] is None
    assert proposed() == plain
    assert isinstance(run("back").exception, NotFound)


def test_people_read_how_good_a_version_was(run: Run) -> None:
    line = run("train").stdout
    assert "第 1 版 待启用" in line
    assert "accuracy" in line
    assert "还没有" not in run("list").stdout
    assert isinstance(run("serve", "9").exception, NotFound | Conflict)
