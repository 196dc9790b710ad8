"""The tar file of a backup: files first, and last a manifest with the checksum of each."""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from store.errors import BackupFailed, BackupUnusable

_MANIFEST = "manifest.json"
_CHUNK = 1 << 20
Files = Iterable[tuple[str, Path]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files`: name in the tar -> (sha256, bytes); `key_check` tells whether a keyring fits."""

    made_at: str
    dialect: str
    revision: str
    key_check: str
    format: int = 1
    files: dict[str, tuple[str, int]] = field(default_factory=dict)


def write(target: Path, manifest: Manifest, files: Files) -> None:
    """Write a tar of `files` (name, path) whole or not at all, readable by its owner only; fills `manifest.files`.

    Raises BackupFailed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for name, path in files:
                    _add(tar, manifest, name, path)
                content = json.dumps(asdict(manifest), indent=1).encode()
                tar.addfile(_entry(_MANIFEST, len(content), 0), io.BytesIO(content))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except (OSError, tarfile.TarError) as error:
        raise BackupFailed(f"备份未能写出：{error}") from error
    finally:
        Path(part).unlink(missing_ok=True)


def read_manifest(source: Path) -> Manifest:
    """What a backup says it holds, unchecked. Raises BackupUnusable."""
    with _opened(source) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.name == _MANIFEST else None
            if content is not None:
                return _manifest(content.read())
    raise BackupUnusable(f"{source.name} 没有清单：不是本系统的备份，或不完整")


class _Hashing(io.RawIOBase):
    """Reads a file and hashes what was read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.digest.update(found)
        return found


def _add(tar: tarfile.TarFile, manifest: Manifest, name: str, path: Path) -> None:
    """A file that grows meanwhile is taken as long as it was when we came to it; one that vanished is left out."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        state = os.fstat(file.fileno())
        info = _entry(name, state.st_size, int(state.st_mtime))
        hashing = _Hashing(file)
        tar.addfile(info, hashing)
        manifest.files[name] = (hashing.digest.hexdigest(), info.size)


def _entry(name: str, size: int, mtime: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = size, mtime, 0o600
    return info


def unpack(source: Path, staging: Path, names: set[str], folders: set[str]) -> Manifest:
    """Every file of the tar into `staging`, compared with the manifest. Raises BackupUnusable for anything else in it.

    names: files it may hold by themselves; folders: those it may hold files of.
    """
    found: dict[str, tuple[str, int]] = {}
    manifest: Manifest | None = None
    with _opened(source) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is None or not _expected(member.name, names, folders):
                raise BackupUnusable(f"{source.name} 含有不属于备份的 {member.name}")
            if member.name == _MANIFEST:
                manifest = _manifest(content.read())
            else:
                found[member.name] = _extract(content, staging / member.name)
    if manifest is None or found != {name: tuple(facts) for name, facts in manifest.files.items()}:
        raise BackupUnusable(f"{source.name} 已损坏：文件与清单不符")
    return manifest


def _expected(name: str, names: set[str], folders: set[str]) -> bool:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        return False
    return name in (_MANIFEST, *names) or (len(path.parts) > 1 and path.parts[0] in folders)


def _extract(content: IO[bytes], target: Path) -> tuple[str, int]:
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return digest.hexdigest(), size


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:") as tar:
            yield tar
    except (FileNotFoundError, IsADirectoryError, PermissionError, tarfile.TarError, EOFError) as error:
        why = getattr(error, "strerror", None) or error
        raise BackupUnusable(f"{source} 不能作为备份读取：{why}") from error
    except OSError as error:  # a disk that is full or fails
        raise BackupFailed(f"{source} 未能解包：{error}") from error


def _manifest(content: bytes) -> Manifest:
    try:
        found = Manifest(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise BackupUnusable("备份的清单无法读取") from error
    if found.format != 1:
        raise BackupUnusable(f"备份的格式为 {found.format}，本程序读取格式 1")
    return found
