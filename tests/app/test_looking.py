"""Commands that only look leave a home in which no hotline ever ran as it is: no database, no keys, no folder."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.opened import NeverStarted
from app.settings import settings
from tests.app.test_units_command import CSV

pytestmark = pytest.mark.service
LINES = "lines:\n- {number: '12399', name: 试验热线, unit: chenzhou.kjj, mode: merged, target: '12345', clause: 市函〔2026〕1号}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "never" / "home"
    monkeypatch.setenv("HOTLINE_HOME", str(folder))
    monkeypatch.setenv("HOTLINE_POLICY", "chenzhou")
    settings.cache_clear()
    yield folder
    settings.cache_clear()


@pytest.mark.parametrize("words", [["units", "check"], ["lines", "check"]])
def test_a_file_is_checked_before_the_first_start(home: Path, tmp_path: Path, words: list[str]) -> None:
    file = tmp_path / ("units.csv" if words[0] == "units" else "lines.yaml")
    file.write_text(CSV if words[0] == "units" else LINES, encoding="utf-8")
    result = CliRunner().invoke(cli, [*words, str(file), "--json"])
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    assert told["applied"] is False
    assert told["changes"]
    assert not home.parent.exists()


@pytest.mark.parametrize("words", [["list"], ["train"], ["serve", "1"], ["back"]])
def test_models_are_not_looked_for_where_nothing_was_learned_from(home: Path, words: list[str]) -> None:
    result = CliRunner().invoke(cli, ["match", "models", *words])
    assert isinstance(result.exception, NeverStarted)
    assert not home.parent.exists()


def test_the_preflight_makes_nothing(home: Path) -> None:
    result = CliRunner().invoke(cli, ["check", "--json"])
    findings = {one["what"]: one["ok"] for one in json.loads(result.stdout)["findings"]}
    assert findings["database"] is None
    assert findings["disk"] is not False
    assert not home.parent.exists()
