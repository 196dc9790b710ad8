"""The command line: one line and exit 2 for what the caller can mend, 1 for what went wrong, 0 for done."""

import importlib
import json
import logging
import sys
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup
from typer.main import get_command

from core.errors import HotlineError, ModelMissing, PartMissing

out = Console()
err = Console(stderr=True)

# Loaded only when asked for: `policy explain` need not import a database, nor `backup` a speech engine.
COMMANDS = {
    "up": "app.commands.up:up",
    "serve": "app.commands.serve:serve",
    "demo": "app.commands.demo:demo",
    "check": "app.commands.check:check",
    "status": "app.commands.status:status",
    "reload": "app.commands.reload:reload",
    "evidence": "app.commands.evidence:evidence",
    "backup": "app.commands.backup:backup",
    "restore": "app.commands.backup:restore",
    "policy": "app.commands.policy:app",
    "calendar": "app.commands.calendar:app",
    "replay": "app.commands.replay:replay",
    "models": "asr_models.cli:app",
    "transcribe": "asr.cli:transcribe",
    "users": "app.commands.users:app",
    "seats": "app.commands.seats:app",
    "rota": "app.commands.rota:app",
    "trunks": "app.commands.trunks:app",
    "probes": "app.commands.probes:app",
    "notices": "app.commands.notices:app",
    "lines": "app.commands.lines:app",
    "test": "app.commands.test:run_tests",
    "check-code": "app.commands.check_code:check_code",
}


class LazyCommands(TyperGroup):
    """Finds a command's module when it is called or listed."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        loaded = importlib.import_module(module)
        found = getattr(loaded, name)
        if isinstance(found, typer.Typer):
            command = get_command(found)
        else:
            command = _single(found, getattr(loaded, "PASS_ON", None))
        command.name = cmd_name
        return command


def _single(function: Any, context: dict[str, Any] | None) -> Any:
    one = typer.Typer(add_completion=False)
    one.command(context_settings=context)(function)
    return get_command(one)


cli = typer.Typer(
    cls=LazyCommands,
    name="hotline",
    help="12345 政务服务热线：接听、转写、派单、限时办结，全部离线。Self-hosted 12345 government hotline.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@cli.callback()
def _root() -> None:
    """Only a place for the commands to hang on."""


def emit(value: Any) -> None:
    """Exactly one JSON object on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run the command line; foreseeable failures end in one line: exit 2 for what the caller can mend, else 1. Logs never mix with what is asked for."""
    from app.logs import set_up

    set_up(json_lines=False, level=logging.WARNING)
    try:
        cli(prog_name="hotline")
    except HotlineError as error:
        err.print(f"hotline: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        raise SystemExit(
            2 if error.status < 500 or isinstance(error, PartMissing | ModelMissing) else 1
        ) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
