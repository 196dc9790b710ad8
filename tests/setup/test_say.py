"""What the person at the terminal sees."""

import io

import pytest

from app.setup import say as saying
from app.setup.say import Progress, say

pytestmark = pytest.mark.unit


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def last_line(shown: str) -> str:
    return shown.rpartition("\n")[2].rpartition("\x1b[K")[2]


def test_elsewhere_than_on_a_terminal_each_tenth_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("包", 40) as bar:
        for _ in range(40):
            bar.advance()
    assert capsys.readouterr().err.splitlines() == [f"  包 {n}/40" for n in range(4, 41, 4)]


def test_bars_of_work_side_by_side_share_the_terminals_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(saying.sys, "stderr", terminal)
    with Progress("包", 10) as one, Progress("解", 4) as other:
        one.advance(5)
        other.advance(1)
        say("a line")
        both = last_line(terminal.getvalue())
    assert "包" in both
    assert "5/10" in both
    assert "解" in both
    assert "1/4" in both
    lines = terminal.getvalue().splitlines()
    assert "a line" in [line.rpartition("\x1b[K")[2] for line in lines]
    assert terminal.getvalue().endswith("5/10\n")
    assert saying._bars == []
