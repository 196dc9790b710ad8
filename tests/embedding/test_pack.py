"""A model file in small, written by hand: what the layout says is what is read."""

import struct
from pathlib import Path

import numpy as np
import pytest

from embedding.pack import BLOCK, BadPack, Pack

pytestmark = pytest.mark.unit

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁工资"]


def _written(block: int = BLOCK) -> bytes:
    text = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    head = b"E5S1" + struct.pack("<i7ifi", 1, 32, 1, 1, 32, 5, 4, 1, 1e-12, block)
    words = struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(text)) + ends.astype("<u4").tobytes()
    words += np.zeros(len(PIECES), "<f4").tobytes() + text
    normal = struct.pack("<IB", ord("Ａ"), 1) + struct.pack("<I", ord("A"))
    words += struct.pack("<iI", 1, len(normal)) + normal
    directory = struct.pack("<i", 2)
    weights = struct.pack("<e", 0.5) + bytes(range(0, 256, 16))
    plain = np.array([1.5, -2.0], "<f4").tobytes()
    begin = len(head) + len(words) + 4 + 2 * (2 + 1 + 21)
    for name, at, size in (("w", begin, len(weights)), ("b", begin + len(weights), len(plain))):
        directory += struct.pack("<H", 1) + name.encode() + struct.pack("<BIQQ", 0, 0, at, size)
    return head + words + directory + weights + plain


def _pack(tmp_path: Path, data: bytes) -> Pack:
    (tmp_path / "m").write_bytes(data)
    return Pack(tmp_path / "m")


def test_sizes_words_and_tensors_are_read(tmp_path: Path) -> None:
    pack = _pack(tmp_path, _written())
    assert (pack.shape.width, pack.shape.pieces, pack.shape.positions) == (32, 5, 4)
    assert pack.vocabulary.pieces == PIECES
    assert (pack.vocabulary.begin, pack.vocabulary.end, pack.vocabulary.unknown) == (0, 2, 3)
    assert pack.vocabulary.normal == {ord("Ａ"): "A"}
    assert pack.plain("b", 2).tolist() == [1.5, -2.0]
    row = pack.matrix("w", 1, BLOCK)[0]
    assert row[:16].tolist() == [-4.0] * 16  # low halves are 0: (0 - 8) * 0.5
    assert row[16:].tolist() == [(i - 8) * 0.5 for i in range(16)]


@pytest.mark.parametrize("data", [b"", b"E5S1", b"nothing of ours", _written()[:90], _written(block=64)])
def test_what_is_no_such_file_is_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadPack, match="m"):
        _pack(tmp_path, data)


def test_a_tensor_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPack, match="q"):
        _pack(tmp_path, _written()).plain("q", 2)
