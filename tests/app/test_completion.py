"""Shell completion: the script a shell loads, and what it is told when the Tab key is pressed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import COMMANDS

pytestmark = pytest.mark.service
ROOT = Path(__file__).resolve().parents[2]


def ask(how: str, **words: str) -> str:
    """As the shell calls it: `python -m app` with the question in the environment."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "_HOTLINE_COMPLETE": how} | words
    command = [sys.executable, "-m", "app"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o default -F _hotline_completion hotline"),
        ("zsh", "compdef _hotline_completion hotline"),
        ("fish", "complete --command hotline"),
    ],
)
def test_the_script_for_each_shell_is_produced(shell: str, line: str) -> None:
    assert line in ask(f"source_{shell}")


def test_commands_and_their_parts_are_completed() -> None:
    assert ask("complete_bash", COMP_WORDS="./hotline ", COMP_CWORD="1").split() == list(COMMANDS)
    assert ask("complete_bash", COMP_WORDS="./hotline po", COMP_CWORD="1").split() == ["policy"]
    assert ask("complete_bash", COMP_WORDS="./hotline policy ex", COMP_CWORD="2").split() == ["explain"]
    assert "--scenario" in ask("complete_bash", COMP_WORDS="./hotline demo --", COMP_CWORD="2").split()


def test_a_shell_script_that_bash_accepts(tmp_path: Path) -> None:
    script = tmp_path / "hotline.sh"
    script.write_text(ask("source_bash"), encoding="utf-8")
    told = subprocess.run(
        ["bash", "-c", f"source {script}; complete -p hotline"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "complete -o default -F _hotline_completion hotline"
