"""`policy validate` looks at every profile and names file, line and reason, whatever is wrong with another."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.commands.policy import app

pytestmark = pytest.mark.service


def text(name: str, extends: str = "heyuan", more: str = "") -> str:
    return f"""name: {name}
title: 某县
extends: {extends}
documents: {{"901": 某县办法}}
valid: {{status: in_force, from: 2026-01-01}}
{more}"""


WRONG = [
    ("orphan.yaml", text("orphan", "nope"), 3, "nope"),
    ("Abc.yaml", text("abc"), 1, "a-z"),
    ("baddate.yaml", text("baddate").replace("2026-01-01", "2026-02-29"), 5, "2026-02-29"),
    ("round.yaml", text("round", "other"), 3, "circle"),
    ("other.yaml", text("other", "round"), 3, "circle"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's own policy folder."""
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path))
    return tmp_path


def run(*args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["validate", *args])
    return done.exit_code, done.stdout


def checked(*args: str) -> tuple[int, dict[str, Any]]:
    code, out = run(*args, "--json")
    return code, {one["name"]: one for one in json.loads(out)["profiles"]}


def test_every_profile_is_looked_at_and_each_mistake_has_file_line_and_reason(folder: Path) -> None:
    for name, body, _, _ in WRONG:
        (folder / name).write_text(body, encoding="utf-8")
    code, found = checked()
    assert code == 1
    assert found["heyuan"]["ok"]
    for name, _, line, why in WRONG:
        (reason,) = found[Path(name).stem]["errors"]
        where = {"round.yaml": "other.yaml", "other.yaml": "round.yaml"}.get(name, name)
        assert reason.startswith(f"{folder / where}:{line}: ")
        assert why in reason


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("[heyuan]", "河源市"),
        ("[nope]", "nope"),
        ("[new]", "itself"),
        ("[old, old]", "twice"),
        ("old", "tuple"),
    ],
)
def test_a_profile_replaces_earlier_ones_of_its_own_city_only(folder: Path, named: str, reason: str) -> None:
    (folder / "old.yaml").write_text(text("old"), encoding="utf-8")
    (folder / "new.yaml").write_text(text("new", more="replaces: [old]\n"), encoding="utf-8")
    assert checked("new")[1]["new"]["ok"]
    (folder / "new.yaml").write_text(text("new", more=f"replaces: {named}\n"), encoding="utf-8")
    (wrong,) = checked("new")[1]["new"]["errors"]
    assert wrong.startswith(f"{folder / 'new.yaml'}:6: replaces")
    assert reason in wrong


def test_people_read_the_good_ones_beside_the_bad(folder: Path) -> None:
    (folder / "orphan.yaml").write_text(text("orphan", "nope"), encoding="utf-8")
    code, out = run()
    assert code == 1
    assert f"✗ {folder}/orphan.yaml:3: " in out
    assert all(f"✓ {city}（" in out for city in ("heyuan", "yanji", "demo"))


def test_what_lies_in_the_folder_and_is_no_file_hides_nobody(folder: Path) -> None:
    (folder / "drafts.yaml").mkdir()
    code, found = checked()
    assert (code, found["drafts"]["ok"], found["heyuan"]["ok"]) == (1, False, True)


def test_a_file_given_by_path_is_read_from_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "county.yaml"
    path.write_text(text("county", more="extension: {times: 2}\n"), encoding="utf-8")
    code, found = checked(str(path), "heyuan")
    assert (code, found["heyuan"]["ok"]) == (1, True)
    assert found[str(path)]["errors"][0].startswith(f"{path}:6: extension.times: ")


def test_another_suffix_is_told_which_it_needs_even_beside_a_good_file(tmp_path: Path) -> None:
    for suffix in ("yml", "yaml"):
        (tmp_path / f"county.{suffix}").write_text(text("county"), encoding="utf-8")
    code, found = checked(str(tmp_path / "county.yml"), "heyuan")
    assert (code, found["heyuan"]["ok"]) == (1, True)
    assert found[f"{tmp_path}/county.yml"]["errors"] == [
        f"{tmp_path}/county.yml:1: 规则文件的扩展名须为 .yaml"
    ]
