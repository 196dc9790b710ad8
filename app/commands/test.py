"""`./hotline test [args]`: all tests, with the parts they need already brought by the set-up."""

import os
import sys
from typing import Annotated

import typer

from app.settings import PROJECT


def run_tests(
    args: Annotated[list[str] | None, typer.Argument(help="handed to pytest as they are")] = None,
) -> None:
    """运行全部测试 · run all tests (arguments go to pytest)."""
    os.chdir(PROJECT)
    os.environ["PYTHONPATH"] = str(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *(args or [])])
