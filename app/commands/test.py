"""`./hotline test [args]`: all tests, with the parts they need already brought by the set-up."""

import os
import sys

import typer

from app.settings import PROJECT

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


# The system tests mostly wait, for rings, for talks, for restarts: tests/workers.py shares the work out. More workers than
# this save little time on two cores, and the sound of the talks that are tested comes too late.
WORKERS = max(3, 1 + (os.cpu_count() or 2))
SIDE_BY_SIDE = ["-n", str(WORKERS), "--dist", "loadfile", "--no-loadscope-reorder", "--durations", "40"]


def run_tests(context: typer.Context) -> None:
    """运行全部测试，参数交给 pytest · run all tests side by side; arguments go to pytest."""
    os.chdir(PROJECT)
    os.environ["PYTHONPATH"] = str(PROJECT)
    # Some machines forbid it for all; then each of the many processes tests start would compile everything anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *(context.args or SIDE_BY_SIDE)])
