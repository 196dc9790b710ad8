"""`./hotline check-code`: what CI holds the code to, in one command."""

import os
import subprocess
import sys
from pathlib import Path

import typer

from app.cli import err
from app.settings import PROJECT

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    (
        "mypy",
        "--strict",
        "core",
        "ivr",
        "routing",
        "match",
        "tickets",
        "store",
        "agi",
        "asr",
        "asr_models",
        "notify",
        "api",
        "app",
        "bench",
    ),
    ("lint-imports",),
)


def check_code() -> None:
    """检查代码：格式、规则、类型、依赖方向 · format, lint, types, dependency rule."""
    binaries = Path(sys.executable).parent
    failed = [check for check in CHECKS if _run(binaries, check)]
    for check in failed:
        err.print(f"failed: {' '.join(check)}", style="red")
    raise typer.Exit(1 if failed else 0)


def _run(binaries: Path, check: tuple[str, ...]) -> int:
    err.print(f"— {' '.join(check)}", style="dim")
    command = [str(binaries / check[0]), *check[1:]]
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    return subprocess.run(command, cwd=PROJECT, env=env, timeout=900).returncode
