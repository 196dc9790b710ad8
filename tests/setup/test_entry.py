"""`./hotline`: the POSIX script that finds a Python and hands over."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.setup.folders import PROJECT
from tests.need import need

pytestmark = pytest.mark.unit

ENTRY = PROJECT / "hotline"
HELPERS = ("dirname", "readlink", "cat")


def machine(tmp_path: Path, **scripts: str) -> dict[str, str]:
    """An environment whose PATH has the few tools the entry uses, and the given programs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in HELPERS:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    for name, body in scripts.items():
        script = programs / name.replace("_", ".")
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
    return {"PATH": str(programs), "HOME": str(tmp_path), "HOTLINE_PARTS": str(tmp_path / "parts")}


def call(
    env: dict[str, str], *words: str, entry: Path = ENTRY, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [entry, *words], env=env, cwd=cwd, capture_output=True, text=True, timeout=60, check=False
    )


def test_dash_accepts_the_entry() -> None:
    dash = shutil.which("dash")
    need("dash", dash, "apt install dash")
    done = subprocess.run([str(dash), "-n", ENTRY], capture_output=True, text=True, timeout=10, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_entry_is_executable_and_asks_for_sh() -> None:
    assert os.access(ENTRY, os.X_OK)
    assert ENTRY.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


def test_a_machine_without_python_gets_one_line_and_exit_2(tmp_path: Path) -> None:
    done = call(machine(tmp_path), "demo")
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "3.11" in done.stderr


def test_a_python_that_is_too_old_does_not_count(tmp_path: Path) -> None:
    done = call(machine(tmp_path, python3="exit 1"), "demo")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_newer_python_beside_an_old_one_is_taken_and_gets_the_arguments(tmp_path: Path) -> None:
    env = machine(tmp_path, python3="exit 1", python3_12='test "$1" = -c || echo "$@" "$PYTHONPATH"')
    done = call(env, "policy", "explain", "two words")
    assert done.stdout == f"-m app.setup policy explain two words {PROJECT}\n"


def test_our_own_environment_is_taken_without_looking_further(tmp_path: Path) -> None:
    env = machine(tmp_path)
    ours = tmp_path / "parts" / "venv" / "bin" / "python"
    ours.parent.mkdir(parents=True)
    ours.write_text('#!/bin/sh\necho ours "$@"\n')
    ours.chmod(0o755)
    assert call(env, "status").stdout == "ours -m app.setup status\n"


def test_a_link_to_the_entry_works_from_anywhere(tmp_path: Path) -> None:
    env = machine(tmp_path, python3='test "$1" = -c || echo "$PYTHONPATH"')
    link = tmp_path / "hotline"
    link.symlink_to(ENTRY)
    assert call(env, "status", entry=link, cwd=tmp_path).stdout == f"{PROJECT}\n"


def test_modules_of_the_folder_the_caller_stands_in_are_not_run(tmp_path: Path) -> None:
    wrong = tmp_path / "here" / "app" / "setup"
    wrong.mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        (wrong / name).write_text("raise SystemExit('the wrong app')\n")
    (wrong.parent / "__init__.py").write_text("")
    env = machine(tmp_path) | {"PYTHONDONTWRITEBYTECODE": "1"}
    Path(env["PATH"], "python3").symlink_to(sys.executable)
    done = call(env, "setup", "--list", cwd=tmp_path / "here")
    assert (done.returncode, done.stderr) == (0, "")
    assert "asterisk" in done.stdout


def test_an_unknown_part_is_one_mistake_of_the_caller(tmp_path: Path) -> None:
    env = machine(tmp_path)
    Path(env["PATH"], "python3").symlink_to(sys.executable)
    done = call(env, "setup", "no-such-part")
    assert done.returncode == 2
    assert "no-such-part" in done.stderr
    assert "Traceback" not in done.stderr


def test_parts_that_cannot_be_written_are_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = machine(tmp_path) | {"HOTLINE_PARTS": str(tmp_path / "file" / "parts")}
    Path(env["PATH"], "python3").symlink_to(sys.executable)
    done = call(env, "setup", "base")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_the_tab_key_fetches_nothing(tmp_path: Path) -> None:
    env = machine(tmp_path) | {"_HOTLINE_COMPLETE": "complete_bash", "COMP_WORDS": "hotline po"}
    Path(env["PATH"], "python3").symlink_to(sys.executable)
    done = call(env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (tmp_path / "parts").exists()
