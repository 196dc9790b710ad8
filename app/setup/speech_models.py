"""Speech models, through the project's own `asr_models` once Python is there: that knows sources and checksums."""

import os
import subprocess
import sys
from pathlib import Path

from app.setup.failure import SetupFailed
from app.setup.files import digest, write_whole
from app.setup.folders import Folders

HALF_HOUR = 1800.0


def has(model: str, where: Folders) -> bool:
    """Was this model brought under the manifest as it is now, and is its folder still there?"""
    try:
        return (
            _stamp(model, where).read_text(encoding="utf-8") == _key(where) and _folder(model, where).is_dir()
        )
    except OSError:
        return False


def bring(model: str, where: Folders) -> None:
    """Fetch, join and verify one model (its progress goes to stderr). Raises SetupFailed."""
    ask(where, "asr_models", "get", model)
    write_whole(_stamp(model, where), _key(where))


def absent(model: str, where: Folders) -> float:
    """1 unless the user's cache holds it (`asr_models` looks again, file by file)."""
    return float(not (where.cache / "models" / model).is_dir())


def ask(where: Folders, *module_and_arguments: str) -> None:
    """Run a module of ours in the virtual environment; all it prints goes to stderr. Raises SetupFailed."""
    command = [str(where.python), "-m", *module_and_arguments]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=HALF_HOUR, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise SetupFailed(f"{' '.join(module_and_arguments)}: no end after {HALF_HOUR:.0f} s") from late
    if done.returncode != 0:
        raise SetupFailed(
            f"{' '.join(module_and_arguments)} 失败，原因见上 (failed; the reason stands above)"
        )


def _folder(model: str, where: Folders) -> Path:
    return Path(os.environ.get("HOTLINE_MODELS") or where.project / "asr_models") / model


def _key(where: Folders) -> str:
    return digest(where.project / "asr_models" / "manifest.yaml")


def _stamp(model: str, where: Folders) -> Path:
    return where.parts / "stamps" / f"model-{model}"
