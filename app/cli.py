"""The command line: one line and exit 2 for what the caller can mend, 1 for what went wrong, 0 for done."""

import importlib
import json
import logging
import sys
from typing import Any

import typer
from rich.console import Console
from typer._click.exceptions import (
    BadParameter,
    ClickException,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)
from typer.core import TyperGroup
from typer.main import get_command

from core.errors import BadInput, HotlineError, ModelMissing, PartMissing

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
    "audit": "app.commands.audit:app",
    "keys": "app.commands.keys:app",
    "retention": "app.commands.retention:app",
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
    "assess": "app.commands.assess:assess",
    "notices": "app.commands.notices:app",
    "lines": "app.commands.lines:app",
    "kb": "app.commands.kb:app",
    "units": "app.commands.units:app",
    "match": "app.commands.match:app",
    "bench": "app.commands.bench:app",
    "openapi": "app.commands.openapi:openapi",
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


def reason(given: str, *, ask: bool = False) -> str:
    """Why something is changed: as given, else asked for where `ask` and somebody sits there. Raises BadInput."""
    if ask and not given.strip() and sys.stdin.isatty():
        given = str(typer.prompt("变更依据"))
    if not given.strip():
        raise BadInput("请用 --why 写明依据，至少 2 个字 (say why)")
    if len(given.strip()) < 2:
        raise BadInput(f"--why “{given.strip()}”太短：依据至少 2 个字 (too short)")
    return given.strip()


def main() -> None:
    """Run the command line; foreseeable failures end in one line: exit 2 for what the caller can mend, else 1. Logs never mix with what is asked for."""
    from app.logs import set_up

    set_up(json_lines=False, level=logging.WARNING)
    try:
        code = cli(prog_name="hotline", standalone_mode=False)
    except HotlineError as error:
        _refuse(str(error))
        raise SystemExit(
            2 if error.status < 500 or isinstance(error, PartMissing | ModelMissing) else 1
        ) from None
    except ClickException as error:
        if isinstance(error, NoArgsIsHelpError):
            error.show()
        else:
            _refuse(usage(error))
        raise SystemExit(error.exit_code) from None
    except typer.Abort:
        _refuse("已中断 (aborted)")
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(code if type(code) is int else 0)


def usage(error: ClickException) -> str:
    """One line about words that make no command."""
    match error:
        case NoSuchOption():
            said = f"没有选项 {error.option_name} (no such option)"
        case MissingParameter():
            said = f"缺少 {_hint(error)} (missing)"
        case BadParameter():
            said = f"{_hint(error)} 不对：{error.message}"
        case _:
            said = error.format_message().replace("No such command", "没有命令")
    where = error.ctx.command_path if isinstance(error, UsageError) and error.ctx else "hotline"
    return " ".join(f"{said.rstrip('.')}；用法见 {where} --help".split())


def _hint(error: BadParameter) -> str:
    """The option or argument as people write it."""
    given = error.param_hint or (error.param.get_error_hint() if error.param else "")
    return " ".join([given] if isinstance(given, str) else given).replace("'", "")


def _refuse(line: str) -> None:
    err.print(f"hotline: {line}", style="red", markup=False, highlight=False, soft_wrap=True)
