"""Vectors survive the process, are shared by processes, and half a record costs only itself."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from embedding.encoder import WIDTH
from embedding.kept import RECORD, Kept

pytestmark = pytest.mark.unit


def _vectors(count: int, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def test_what_was_kept_is_known_to_the_next_process(tmp_path: Path) -> None:
    rows = _vectors(2)
    Kept(tmp_path / "v").add(["甲", "乙"], rows)
    found = Kept(tmp_path / "v").known(["乙", "丙", "甲"])
    assert found[1] is None
    assert found[0] is not None
    assert np.allclose(found[0], rows[1], atol=2e-3)
    assert np.allclose(np.asarray(found[2], np.float32), rows[0], atol=2e-3)


def test_what_another_process_adds_is_seen(tmp_path: Path) -> None:
    one, other = Kept(tmp_path / "v"), Kept(tmp_path / "v")
    assert one.known(["甲"]) == [None]
    other.add(["甲"], _vectors(1))
    assert one.known(["甲"])[0] is not None
    one.add(["乙"], _vectors(1, 2))
    assert all(found is not None for found in other.known(["甲", "乙"]))


def test_a_record_cut_off_by_a_crash_is_not_read_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "v"
    Kept(path).add(["甲", "乙"], _vectors(2))
    path.write_bytes(path.read_bytes()[:-7])
    assert [found is None for found in Kept(path).known(["甲", "乙"])] == [False, True]
    Kept(path).add(["丙"], _vectors(1, 3))
    assert path.stat().st_size == 2 * RECORD.itemsize
    assert [found is None for found in Kept(path).known(["甲", "乙", "丙"])] == [False, True, False]


def test_nothing_to_keep_makes_no_file(tmp_path: Path) -> None:
    Kept(tmp_path / "v").add([], _vectors(0))
    assert not (tmp_path / "v").exists()
