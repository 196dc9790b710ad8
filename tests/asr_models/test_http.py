"""Downloads over a real connection that breaks in every way we thought of."""

import hashlib
import os
from pathlib import Path

import pytest

from asr_models.errors import ChecksumWrong, FetchFailed
from asr_models.http import download
from tests.asr_models.web import Web

pytestmark = pytest.mark.service

CONTENT = os.urandom(700_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


def test_goes_on_where_the_connection_was_cut(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    site.faults.extend(["cut", "cut"])
    ticks: list[int] = []
    got = download(url, tmp_path / "model.bin", sha256=SUM, tick=ticks.append, pause=0.01)
    assert got.read_bytes() == CONTENT
    starts = [int(r.removeprefix("bytes=").rstrip("-")) if r else 0 for _, r in site.asked]
    assert starts == [0, 350_000, 525_000]
    assert ticks == sorted(ticks)
    assert ticks[-1] == len(CONTENT)


def test_goes_on_after_our_own_end(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    (tmp_path / "model.bin.part").write_bytes(CONTENT[:400_000])
    download(url, tmp_path / "model.bin", sha256=SUM)
    assert site.asked == [("/model.bin", "bytes=400000-")]
    assert (tmp_path / "model.bin").read_bytes() == CONTENT


def test_starts_again_where_the_server_knows_no_ranges(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    site.ranges = False
    site.faults.append("cut")
    assert download(url, tmp_path / "model.bin", sha256=SUM, pause=0.01).read_bytes() == CONTENT


def test_takes_a_whole_part_as_it_is(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    (tmp_path / "model.bin.part").write_bytes(CONTENT)
    assert download(url, tmp_path / "model.bin", sha256=SUM).read_bytes() == CONTENT
    assert len(site.asked) == 1


def test_throws_away_a_part_of_another_file(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    (tmp_path / "model.bin.part").write_bytes(b"x" * 1000)
    assert download(url, tmp_path / "model.bin", sha256=SUM).read_bytes() == CONTENT


def test_waits_out_a_server_error(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    site.faults.extend([503, 500])
    assert download(url, tmp_path / "model.bin", pause=0.01).read_bytes() == CONTENT


def test_gives_up_by_name_on_a_server_that_stays_broken(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    site.faults.extend([500] * 20)
    with pytest.raises(FetchFailed, match="HTTP 500"):
        download(url, tmp_path / "model.bin", pause=0.01)


def test_does_not_repeat_what_is_not_there(site: Web, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="404"):
        download(f"{site.url}/absent", tmp_path / "absent", pause=0.01)
    assert len(site.asked) == 1


def test_keeps_nothing_of_a_wrong_content(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    with pytest.raises(ChecksumWrong):
        download(url, tmp_path / "model.bin", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_refuses_more_bytes_than_the_manifest_names(site: Web, tmp_path: Path) -> None:
    url = site.add("model.bin", CONTENT)
    with pytest.raises(ChecksumWrong, match="longer"):
        download(url, tmp_path / "model.bin", limit=1000)
