"""Whole or not at all, one at a time, and enough room."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.setup.failure import SetupFailed
from app.setup.files import fresh_folder, need_room, only_one, write_whole
from app.setup.folders import PROJECT

pytestmark = pytest.mark.unit

HOLD = """
import sys
from pathlib import Path
from app.setup.files import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def half_make(final: Path) -> None:
    """Begin a folder and fail in the midst of it."""
    with fresh_folder(final) as work:
        (work / "half").touch()
        (work / "not there").read_text()


def test_a_folder_appears_only_when_its_making_ended_well(tmp_path: Path) -> None:
    final = tmp_path / "part"
    with pytest.raises(FileNotFoundError):
        half_make(final)
    assert list(tmp_path.iterdir()) == []
    with fresh_folder(final) as work:
        (work / "whole").touch()
        assert not final.exists()
    assert [path.name for path in final.iterdir()] == ["whole"]


def test_a_failed_renewal_leaves_the_old_folder_as_it_was(tmp_path: Path) -> None:
    final = tmp_path / "part"
    with fresh_folder(final) as work:
        (work / "old").touch()
    with pytest.raises(FileNotFoundError):
        half_make(final)
    assert [path.name for path in final.iterdir()] == ["old"]
    with fresh_folder(final) as work:
        (work / "new").touch()
    assert [path.name for path in final.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / ".part.abc").mkdir()
    (tmp_path / ".part.abc" / "half").touch()
    with fresh_folder(tmp_path / "part"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_small_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "stamp"
    write_whole(path, "one")
    write_whole(path, "two")
    assert path.read_text() == "two"
    assert [one.name for one in path.parent.iterdir()] == ["stamp"]


def test_two_runs_take_turns_and_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env={"PYTHONPATH": str(PROJECT)}, **pipes) as other:  # type: ignore[call-overload]
        try:
            assert other.stdout.readline() == "held\n"
            with pytest.raises(SetupFailed), only_one(tmp_path, wait_s=0):
                pass
            ending = threading.Timer(0.3, other.kill)  # while we wait; were it earlier, we would not have to
            ending.start()
            with only_one(tmp_path, wait_s=60):
                assert other.wait(60) != 0
        finally:
            other.kill()


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    need_room(tmp_path, 1)
    with pytest.raises(SetupFailed, match="not enough disk space"):
        need_room(tmp_path, 10**9)
