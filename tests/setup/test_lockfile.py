"""The lock files themselves: complete, hashed, in agreement, and naming no index."""

import re
import tomllib
from pathlib import Path

import pytest

from app.setup.folders import PROJECT
from app.setup.lockfile import Requirement, read_lock
from app.setup.python import LAYERS

pytestmark = pytest.mark.unit

FOLDER = PROJECT / "requirements"
LOCKS = ("build", *LAYERS)


def locked(name: str) -> list[Requirement]:
    return read_lock(FOLDER / f"{name}.lock")


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for(*extras: str) -> set[str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return {plain(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in lines}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_its_hashes(name: str) -> None:
    found = locked(name)
    assert found
    assert [one.name for one in found if not one.hashes] == []


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_file_names_a_host(name: str) -> None:
    text = (FOLDER / f"{name}.lock").read_text(encoding="utf-8")
    assert not re.search(r"://|--index|--extra-index|--find-links|@ ", text)


def test_each_layer_holds_the_one_before_it() -> None:
    base, speech, tests = ({(one.name, one.version) for one in locked(name)} for name in LAYERS)
    assert base < speech < tests


@pytest.mark.parametrize(
    ("layer", "extras"),
    [("base", ()), ("speech", ("asr", "tts", "phone")), ("tests", ("asr", "tts", "phone", "test"))],
)
def test_everything_the_project_asks_for_is_locked(layer: str, extras: tuple[str, ...]) -> None:
    assert asked_for(*extras) - {plain(one.name) for one in locked(layer)} == set()


def test_a_line_that_is_not_pinned_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.lock"
    path.write_text("# fine\nfastapi>=1\n")
    with pytest.raises(ValueError, match="fastapi"):
        read_lock(path)


def test_blocks_are_joined_and_the_key_depends_on_the_files_alone(tmp_path: Path) -> None:
    path = tmp_path / "good.lock"
    digits = "0123456789abcdef" * 4
    path.write_text(
        f"one==1.0 ; python_version < '3' \\\n    --hash=sha256:{digits}\n\n"
        f"one==1.0 \\\n    --hash=sha256:{digits}\none==1.0 --hash=sha256:{digits[::-1]}\n"
    )
    first, second, third = read_lock(path)
    assert first.text == f"one==1.0 ; python_version < '3' --hash=sha256:{digits}"
    assert first.key == second.key != third.key
