"""`./hotline assess`: one JSON object, sheets as files, and one line for what the caller can mend."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from app.cli import cli
from app.opened import database
from app.settings import settings
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from store import findings
from store.tables import Unit
from tests.app.releasing import approve, approved, asked, looked

pytestmark = pytest.mark.service
Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    asyncio.run(_units())
    yield lambda *words: CliRunner().invoke(cli, ["assess", *words])
    settings.cache_clear()


async def _units() -> None:
    async with database(settings()) as opened, opened.session() as session:
        session.add_all(
            [
                Unit(code="SW", name="市水务局", division="431000"),
                Unit(code="JT", name="桂阳县交通局", division="431021"),
            ]
        )
        await session.flush()
        at = datetime(2026, 10, 20, 2, tzinfo=UTC)
        row = await findings.enter(session, "SW", "criticised", at, "通报", ["通报3号"], "a", at)
        await findings.review(session, row.id, "confirmed", "", "b", at)


def test_one_object_with_every_unit_and_its_events(run: Run) -> None:
    done = run("--profile", "yanji", "--month", "2026-10", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["period"], [sheet["unit"] for sheet in found["sheets"]]) == (
        0,
        "2026-10",
        ["JT", "SW"],
    )
    service = next(item for item in found["sheets"][1]["items"] if item["item"] == "service")
    assert (service["points"], service["changes"][0]["events"][-1]) == ("3.00", "通报3号")


def test_quarter_year_unit_and_place_narrow_it(run: Run) -> None:
    quarter = json.loads(run("--profile", "yanji", "--quarter", "2026-Q4", "--unit", "SW", "--json").stdout)
    assert [sheet["period"]["name"] for sheet in quarter["sheets"]] == ["2026-Q4"]
    year = json.loads(run("--profile", "henan", "--year", "2026", "--place", "431021", "--json").stdout)
    assert [sheet["unit"] for sheet in year["sheets"]] == ["JT"]


def test_one_units_sheet_is_told_whole_on_the_screen(run: Run) -> None:
    done = run("--profile", "yanji", "--month", "2026-10", "--unit", "SW")
    assert done.exit_code == 0
    assert "扣5分" in done.stdout
    assert "服务质量" in done.stdout


def test_a_frozen_sheet_becomes_a_file_by_two_persons_word(run: Run, tmp_path: Path) -> None:
    book, page = tmp_path / "october.xlsx", tmp_path / "october.pdf"
    frozen = json.loads(
        run("--profile", "yanji", "--month", "2026-10", "--unit", "SW", "--freeze", "--json").stdout
    )["frozen"]
    release = asyncio.run(asked("assessment", frozen[0]))
    given = ("--release", release, "--xlsx", str(book), "--pdf", str(page))
    assert isinstance(run(*given).exception, Conflict)
    assert not book.exists()
    asyncio.run(approve(release))
    assert run(*given).exit_code == 0
    assert page.read_bytes()[:4] == b"%PDF"
    words = [str(cell.value) for row in load_workbook(book)["市水务局"] for cell in row]
    assert any(release in word for word in words)
    assert any("服务质量" in word for word in words)
    assert asyncio.run(looked()) == [("release.download", "移送文号 118")] * 2
    assert isinstance(run(*given).exception, BadInput)
    other = asyncio.run(approved("statistics", "2026-10"))
    elsewhere = str(tmp_path / "b.pdf")
    assert isinstance(run("--release", other, "--pdf", elsewhere).exception, NotAllowed)


def test_freezing_says_which_versions_stand(run: Run) -> None:
    first = json.loads(run("--profile", "yanji", "--month", "2026-10", "--freeze", "--json").stdout)["frozen"]
    again = json.loads(run("--profile", "yanji", "--month", "2026-10", "--freeze", "--json").stdout)["frozen"]
    assert (len(first), again) == (2, first)


def test_seats_have_a_sheet_of_their_own(run: Run) -> None:
    found = json.loads(run("--month", "2026-10", "--seats", "--json").stdout)
    assert (found["seats"], found["outsourcer"]["calls"]) == ([], 0)
    assert "接通率" in run("--month", "2026-10", "--seats").stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], BadInput),
        (["--month", "2026-10", "--year", "2026"], BadInput),
        (["--month", "2026-13"], BadInput),
        (["--month", "2026"], BadInput),
        (["--quarter", "2026-10"], BadInput),
        (["--year", "2026-Q4"], BadInput),
        (["--month", "2026-10", "--seats", "--freeze"], BadInput),
        (["--month", "2026-10", "--seats", "--unit", "SW"], BadInput),
        (["--profile", "yanji", "--month", "2026-10", "--as-of", "0001-01-01"], BadInput),
        (["--profile", "yanji", "--month", "2026-10", "--as-of", "9999-12-31T23:59:59-10:00"], BadInput),
        (["--profile", "yanji", "--month", "2026-10", "--place", "431021", "--freeze"], NotAllowed),
        (["--profile", "yanji", "--month", "2026-10", "--as-of", "tomorrow"], BadInput),
        (["--profile", "jiayuguan", "--month", "2026-10"], BadInput),
        (["--profile", "yanji", "--month", "2026-10", "--unit", "XX"], NotFound),
        (["--profile", "nowhere", "--month", "2026-10"], NotFound),
        (["--profile", "yanji", "--month", "2026-10", "--pdf", "sheet.pdf"], BadInput),
        (["--release", "rel_none"], BadInput),
        (["--release", "rel_none", "--pdf", "sheet.pdf"], NotFound),
    ],
)
def test_what_the_caller_can_mend_is_said(run: Run, words: list[str], error: type[Exception]) -> None:
    assert isinstance(run(*words).exception, error)
