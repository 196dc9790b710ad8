"""`./hotline check-code`: what CI holds the code to, in one command."""

import os
import subprocess
import sys
from pathlib import Path

import typer

from app.cli import err
from app.settings import PROJECT
from app.setup import desk, node
from app.setup.folders import folders

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
        "embedding",
        "notify",
        "api",
        "app",
        "bench",
    ),
    ("lint-imports",),
)
DESK = ("npm", "run", "check")
"""The desk's types against the API as it is now, its lint and its unit tests; see desk/package.json."""


def check_code() -> None:
    """检查代码：格式、规则、类型、依赖方向，网页亦然 · format, lint, types, dependency rule, and the desk's own checks."""
    binaries = Path(sys.executable).parent
    failed = [check for check in CHECKS if _run(binaries, check)]
    if _run_desk():
        failed.append(DESK)
    for check in failed:
        err.print(f"failed: {' '.join(check)}", style="red")
    raise typer.Exit(1 if failed else 0)


def _run(binaries: Path, check: tuple[str, ...]) -> int:
    err.print(f"— {' '.join(check)}", style="dim")
    command = [str(binaries / check[0]), *check[1:]]
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    return subprocess.run(command, cwd=PROJECT, env=env, timeout=900).returncode


def _run_desk() -> int:
    err.print(f"— {' '.join(DESK)} (desk)", style="dim")
    where = folders()
    desk.packages(where)
    command = [*node.npm(where), *DESK[1:]]
    return subprocess.run(command, cwd=PROJECT / "desk", env=node.environment(where), timeout=900).returncode
