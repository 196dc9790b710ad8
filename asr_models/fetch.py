"""Getting models: fetched once into the user's cache, checked, then linked into the folder the engines read."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from asr_models.errors import ChecksumWrong, FetchFailed
from asr_models.http import Tick
from asr_models.manifest import Archive, File, Model
from asr_models.origin import Origin, member, origin
from asr_models.places import SUMS, cache_root, is_present, models_root, sha256_of, verify

Progress = Callable[[str, int, int], None]  # model id, bytes of it on disk, bytes in all


def get(
    model: Model,
    *,
    source: str | None = None,
    root: Path | str | None = None,
    progress: Progress = lambda model_id, done, whole: None,
) -> Path:
    """Make sure `model` lies in the models folder and return its folder. Idempotent; safe to run twice at once.

    source: None (the manifest's publishers), or a file, folder or mirror address that has the files (air-gapped sites).
    Raises FetchFailed, ChecksumWrong; OSError where a folder can't be written.
    """
    at = models_root(root) / model.id
    if is_present(model, at):
        return at
    cache = cache_root() / "models"
    with _lock(cache / f".{model.id}.lock"):
        kept = cache / model.id
        if not is_present(model, kept) or verify(model, kept):
            _fill(model, kept, origin(source), progress)
        _link(kept, at)
    return at


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One process at a time; the others wait until the first is done, then find its work."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fill(model: Model, kept: Path, where: Origin, progress: Progress) -> None:
    """Fetch into `.<id>.partial` beside `kept` (what is whole there stays after a cut), then rename."""
    partial = kept.with_name(f".{model.id}.partial")
    downloads = partial / ".downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    _room(partial, model)
    if model.archive:
        _unpack(model, model.archive, where, downloads, partial, progress)
    else:
        _assemble(model, where, downloads, partial, progress)
    shutil.rmtree(downloads)
    shutil.rmtree(kept, ignore_errors=True)
    partial.rename(kept)


def _room(at: Path, model: Model) -> None:
    need = model.size * 3
    if (free := shutil.disk_usage(at).free) < need:
        raise FetchFailed(
            f"{at}: {free >> 20} MB free, {model.id} needs about {need >> 20} MB while it is fetched"
        )


def _assemble(model: Model, where: Origin, downloads: Path, partial: Path, progress: Progress) -> None:
    done = 0
    for file in model.files:
        target = partial / file.path
        if not (target.is_file() and sha256_of(target) == file.sha256):
            _first_that_works(model, file, where, downloads, target, _above(progress, model, done))
        done += file.size
        progress(model.id, done, model.size)


def _above(progress: Progress, model: Model, done: int) -> Tick:
    return lambda size: progress(model.id, done + size, model.size)


def _first_that_works(
    model: Model, file: File, where: Origin, downloads: Path, target: Path, tick: Tick
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if ready := where.ready(model, file, downloads, tick):
        return _join([ready.open("rb")], target, file.size, file.sha256)
    failures = []
    for source in file.sources:
        try:
            parts = source.parts or (source,)
            opened = (member(where.bring(part, downloads, tick), part) for part in parts)
            return _join(opened, target, file.size, file.sha256)
        except FetchFailed as error:
            failures.append(f"  {error}")
    raise FetchFailed(
        f"{model.id}: {file.path} could not be fetched:\n" + "\n".join(failures) + "\n"
        f"On a machine without these sources: ./hotline models get {model.id} --from FILE|FOLDER|http://mirror/"
    )


def _join(parts: Iterable[IO[bytes]], target: Path, size: int, sha256: str) -> None:
    """Write `parts` (open binary files) one after the other into `target`; atomic, checked."""
    digest, written = hashlib.sha256(), 0
    fresh = target.with_name(f".{target.name}.new")
    with fresh.open("wb") as out:
        for part in parts:
            with part:
                while block := part.read(1 << 20):
                    written += out.write(block)
                    digest.update(block)
    if written != size or digest.hexdigest() != sha256:
        fresh.unlink()
        raise ChecksumWrong(
            f"{target.name}: sha256 differs from the manifest ({written} bytes, {size} expected)"
        )
    fresh.replace(target)


def _unpack(
    model: Model, archive: Archive, where: Origin, downloads: Path, partial: Path, progress: Progress
) -> None:
    """Unpack the model's zip without its top folder; note the sha256 of every file for `verify`."""
    source = archive.source
    packed = where.bring(source, downloads, lambda n: progress(model.id, n, model.size))
    if sha256_of(packed) != archive.sha256:
        if packed.is_relative_to(downloads):
            packed.unlink()
        raise ChecksumWrong(f"{packed.name}: sha256 differs from the manifest")
    try:
        sums = _extract(packed, partial)
    except (zipfile.BadZipFile, OSError) as error:
        raise FetchFailed(f"{packed.name}: {error}") from error
    if missing := [name for name in archive.needs if name not in sums]:
        raise FetchFailed(f"{packed.name}: holds no {', '.join(missing)}")
    (partial / SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")
    progress(model.id, model.size, model.size)


def _extract(packed: Path, to: Path) -> dict[str, str]:
    sums: dict[str, str] = {}
    with zipfile.ZipFile(packed) as bundle:
        for info in bundle.infolist():
            inner = PurePosixPath(*PurePosixPath(info.filename).parts[1:])
            if info.is_dir() or str(inner) == ".":
                continue
            if ".." in inner.parts or inner.is_absolute() or stat.S_ISLNK(info.external_attr >> 16):
                raise FetchFailed(f"{packed.name}: unsafe name inside: {info.filename}")
            target = to / inner
            target.parent.mkdir(parents=True, exist_ok=True)
            with bundle.open(info) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
            sums[str(inner)] = sha256_of(target)
    return sums


def _link(kept: Path, at: Path) -> None:
    """Hard-link (else copy) the cached folder to `at`, all or nothing."""
    fresh = at.with_name(f".{at.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    at.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(kept, fresh, copy_function=_link_or_copy)
        shutil.rmtree(at, ignore_errors=True)
        fresh.rename(at)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, target)
