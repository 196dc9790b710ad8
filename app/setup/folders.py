"""Where things are: the checkout, the parts brought for it, and the user's cache of downloads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Folders:
    """`parts` belongs to one checkout; `cache` is shared by all checkouts of one user."""

    project: Path
    parts: Path
    cache: Path

    @property
    def venv(self) -> Path:
        """A link to the virtual environment in use."""
        return self.parts / "venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def wheels(self) -> Path:
        return self.cache / "wheels"

    @property
    def log(self) -> Path:
        return self.parts / "setup.log"


def folders(environ: Mapping[str, str] = os.environ, project: Path = PROJECT) -> Folders:
    """The folders of this user and checkout (XDG base directories; HOTLINE_PARTS moves the parts elsewhere)."""
    cache = Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    parts = Path(environ.get("HOTLINE_PARTS") or project / ".hotline")
    return Folders(project, parts.absolute(), cache.absolute() / "hotline12345")
