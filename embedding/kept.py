"""Vectors computed so far, by the hash of their text: one file that only grows, shared by the processes of a machine.

A record is the text's SHA-256 (first 16 bytes) and its vector as float16. A record cut off by a crash is overwritten by the next
writer. Nothing but knowledge texts is kept here, and of those only numbers.
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embedding.encoder import WIDTH

KEY: Final = 16
RECORD: Final = np.dtype([("key", f"V{KEY}"), ("vector", "<f2", WIDTH)])
Floats = NDArray[np.float32]


class Kept:
    """The file of one model. Safe to share between threads; several processes may write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: dict[bytes, NDArray[np.float16]] = {}
        self._read = 0
        self._lock = threading.Lock()

    def known(self, texts: Sequence[str]) -> list[NDArray[np.float16] | None]:
        """The vector of each text, None where it was not computed yet."""
        with self._lock:
            self._catch_up()
            return [self._at.get(_key(text)) for text in texts]

    def add(self, texts: Sequence[str], vectors: Floats) -> None:
        """Keep these, one row per text."""
        if not len(texts):
            return
        rows = np.zeros(len(texts), RECORD)
        rows["key"] = np.array([np.void(_key(text)) for text in texts], f"V{KEY}")
        rows["vector"] = vectors
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock, self._path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            whole = os.fstat(file.fileno()).st_size // RECORD.itemsize * RECORD.itemsize
            file.truncate(whole)
            file.write(rows.tobytes())

    def _catch_up(self) -> None:
        """Read what was added since, by whichever process."""
        try:
            size = self._path.stat().st_size // RECORD.itemsize
        except FileNotFoundError:
            return
        if size > self._read:
            found = np.fromfile(self._path, RECORD, size - self._read, offset=self._read * RECORD.itemsize)
            self._at |= {bytes(row["key"]): row["vector"] for row in found}
            self._read += len(found)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:KEY]
