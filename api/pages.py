"""What the desk's build made, read once: only names the build made are served, so no path leads out of its folder."""

import gzip
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

INDEX = "index.html"
OURS = ("api/", "sip/", "health/", "metrics/")
"""Addresses that are never a page of the desk."""
_TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".webp": "image/webp",
    ".json": "application/json", ".webmanifest": "application/manifest+json", ".wav": "audio/wav", ".mp3": "audio/mpeg",
}  # fmt: skip
_HASHED = re.compile(r"assets/.+-[A-Za-z0-9_-]{8}\.\w+")
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent. `packed`: the same, gzipped; empty where that saves nothing."""

    body: bytes
    packed: bytes
    kind: str
    tag: str
    cache: str


@dataclass(frozen=True, slots=True)
class Pages:
    """What the build made, by path. Empty: the desk is not built."""

    files: dict[str, File] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path | None) -> "Pages":
        """Everything in `folder`; nothing where there is none."""
        if folder is None or not (folder / INDEX).is_file():
            return cls()
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in _TYPES]
        return cls({path.relative_to(folder).as_posix(): _file(path, folder) for path in paths})

    def find(self, path: str) -> File | None:
        """A file of that name; for a page of the desk its frame. None: neither."""
        if path in self.files:
            return self.files[path]
        is_page = "." not in path.rpartition("/")[2]
        return self.files.get(INDEX) if is_page else None


def _file(path: Path, folder: Path) -> File:
    body = path.read_bytes()
    packed_path = path.with_name(f"{path.name}.gz")
    packed = packed_path.read_bytes() if packed_path.is_file() else b""
    if packed and gzip.decompress(packed) != body:
        packed = b""
    cache = _FOREVER if _HASHED.fullmatch(path.relative_to(folder).as_posix()) else _ASK_AGAIN
    return File(body, packed, _TYPES[path.suffix], f'"{hashlib.sha256(body).hexdigest()[:20]}"', cache)
