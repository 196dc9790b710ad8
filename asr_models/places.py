"""Where models lie: a cache per user, and the folder the engines read (links into the cache)."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from asr_models.manifest import Model, load
from core.errors import ModelMissing

SUMS = ".sha256.json"  # written when an archive was unpacked: path -> sha256


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/hotline12345`, else `~/.cache/hotline12345`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "hotline12345"


def models_root(given: Path | str | None = None) -> Path:
    """The folder of installed models: `given`, else HOTLINE_MODELS, else this package's own folder."""
    return Path(given or os.environ.get("HOTLINE_MODELS") or Path(__file__).parent)


def folder(model_id: str, root: Path | str | None = None) -> Path:
    """Where model `model_id` lies or would lie."""
    return models_root(root) / model_id


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_present(model: Model, at: Path) -> bool:
    """Whether every file of `model` lies in folder `at` with its size (quick; `verify` reads the contents)."""
    if model.archive:
        return all((at / name).is_file() for name in model.archive.needs)
    return all((at / f.path).is_file() and (at / f.path).stat().st_size == f.size for f in model.files)


def require(model_id: str, root: Path | str | None = None) -> Path:
    """The folder of an installed model; raises ModelMissing with the command that gets it."""
    (model,) = load().pick(model_id)
    at = folder(model_id, root)
    if not is_present(model, at):
        raise ModelMissing(
            f"语音模型 {model_id} 尚未安装（{at}）。请运行：./hotline models get {model_id}"
            f" (speech model not installed; about {model.fetch_mb} MB to fetch)"
        )
    return at


def verify(model: Model, at: Path) -> list[str]:
    """Read every file of `model` in folder `at`; what is wrong, one line each (empty: all is well)."""
    return [line for path, want in _expected(model, at) for line in _check(at, path, want)]


def _expected(model: Model, at: Path) -> Iterator[tuple[str, str]]:
    if not model.archive:
        yield from ((f.path, f.sha256) for f in model.files)
        return
    yield from ((path, "") for path in model.archive.needs)
    if (at / SUMS).is_file():
        yield from json.loads((at / SUMS).read_text(encoding="utf-8")).items()


def _check(at: Path, path: str, want: str) -> Iterator[str]:
    if not (at / path).is_file():
        yield f"{path}: missing"
    elif want and sha256_of(at / path) != want:
        yield f"{path}: sha256 differs from the manifest"
