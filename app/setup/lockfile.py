"""Lock files: which packages, in which version, with which sha256."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Requirement:
    """One locked package; `text` is its whole block, hashes included, as pip reads it."""

    name: str
    version: str
    text: str

    @property
    def hashes(self) -> frozenset[str]:
        """The sha256 of every file that may be installed for it."""
        return frozenset(_HASH.findall(self.text))

    @property
    def key(self) -> str:
        """The same in every layer that locks the same files."""
        files = hashlib.sha256(" ".join(sorted(self.hashes)).encode()).hexdigest()
        return f"{self.name}-{self.version}-{files[:12]}"


def read_lock(path: Path) -> list[Requirement]:
    """The packages of a lock file, in its order. Raises ValueError at a line that is neither comment nor `name==version`."""
    lines = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    ]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [_requirement(line) for line in joined.splitlines() if line.strip()]


def _requirement(line: str) -> Requirement:
    text = " ".join(line.split())
    found = _NAME.match(text)
    if found is None:
        raise ValueError(f"not a locked package: {text[:80]}")
    return Requirement(found[1], found[2], text)
