"""Speech models, through the project's own `asr_models` once Python is there: that knows sources and checksums."""

import os
import subprocess
import threading
from pathlib import Path

from app.setup.child import called
from app.setup.failure import SetupFailed
from app.setup.files import digest, write_whole
from app.setup.folders import Folders
from app.setup.say import say

HALF_HOUR = 1800.0
EMBEDDING = "e5-small"


def has(model: str, where: Folders) -> bool:
    """Was this model brought under the manifest as it is now, and is its folder still there?"""
    try:
        return (
            _stamp(model, where).read_text(encoding="utf-8") == _key(where) and _folder(model, where).is_dir()
        )
    except OSError:
        return False


def bring(model: str, where: Folders) -> None:
    """Fetch, join and verify one model (its progress is said). Raises SetupFailed."""
    ask(where, "asr_models", "get", model)
    write_whole(_stamp(model, where), _key(where))


def has_embedding(where: Folders) -> bool:
    """As `has`, and converted for this machine."""
    return has(EMBEDDING, where) and (_folder(EMBEDDING, where) / "int8").is_dir()


def bring_embedding(where: Folders) -> None:
    """Fetch, verify and convert it. Raises SetupFailed."""
    bring(EMBEDDING, where)
    ask(where, "embedding")


def absent(model: str, where: Folders) -> float:
    """1 unless the user's cache holds it (`asr_models` looks again, file by file)."""
    return float(not (where.cache / "models" / model).is_dir())


def ask(where: Folders, *module_and_arguments: str) -> None:
    """Run a module of ours in the virtual environment; what it prints is said line by line. Raises SetupFailed."""
    command = [str(where.python), "-m", *module_and_arguments]
    with called(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1) as process:
        late = threading.Timer(HALF_HOUR, process.kill)
        late.daemon = True
        late.start()
        assert process.stdout is not None
        for line in process.stdout:
            say(f"  {line.rstrip()}")
        code = process.wait()
        late.cancel()
    if code != 0:
        raise SetupFailed(
            f"{' '.join(module_and_arguments)} 失败，原因见上 (failed; the reason stands above)"
        )


def _folder(model: str, where: Folders) -> Path:
    return Path(os.environ.get("HOTLINE_MODELS") or where.project / "asr_models") / model


def _key(where: Folders) -> str:
    return digest(where.project / "asr_models" / "manifest.yaml")


def _stamp(model: str, where: Folders) -> Path:
    return where.parts / "stamps" / f"model-{model}"
