"""`./hotline test [args]`: all tests, with the parts they need already brought by the set-up."""

import os
import sys

import typer

from app.settings import PROJECT

PASS_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


def run_tests(context: typer.Context) -> None:
    """运行全部测试，参数交给 pytest · run all tests; arguments go to pytest."""
    os.chdir(PROJECT)
    os.environ["PYTHONPATH"] = str(PROJECT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *context.args])
