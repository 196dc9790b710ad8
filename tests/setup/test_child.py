"""Calling other programs."""

import sys
from pathlib import Path

import pytest

from app.setup.child import last_word, run, watched
from app.setup.failure import ChildFailed

pytestmark = pytest.mark.unit


def test_stdout_is_the_answer_and_everything_is_logged(tmp_path: Path) -> None:
    code = "import sys; print('answer'); print('aside', file=sys.stderr)"
    assert run([sys.executable, "-c", code], log=tmp_path / "log") == "answer\n"
    logged = (tmp_path / "log").read_text()
    assert "answer" in logged
    assert "aside" in logged


def test_a_bad_end_carries_the_program_s_own_error() -> None:
    code = "import sys; print('ERROR: no such thing\\nhint: try again', file=sys.stderr); sys.exit(3)"
    with pytest.raises(ChildFailed, match="ERROR: no such thing"):
        run([sys.executable, "-c", code])


def test_a_program_that_never_ends_is_ended() -> None:
    with pytest.raises(ChildFailed, match="no end after"):
        run([sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.5)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(ChildFailed, match="no-such-program"):
        run(["no-such-program"])


@pytest.mark.parametrize(
    ("text", "word"),
    [("E: first\nE: second\nhint", "E: second"), ("one\n\n two \n", "two"), ("", "no message")],
)
def test_the_last_word(text: str, word: str) -> None:
    assert last_word(text) == word


def test_watching_ends_with_the_work_and_passes_its_failure_on() -> None:
    seen: list[int] = []

    def fail() -> None:
        raise ChildFailed("broken")

    with pytest.raises(ChildFailed, match="broken"):
        watched(fail, lambda: seen.append(1), every_s=0.01)
    watched(lambda: None, lambda: seen.append(2), every_s=0.01)
    assert seen[-1] == 2
