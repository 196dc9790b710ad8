"""Registry clients as child processes: progress, failure words, and a client that hangs. The client here is a small script."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr_models import clients
from asr_models.errors import FetchFailed
from asr_models.manifest import Source

pytestmark = pytest.mark.service

SOURCE = Source(pypi="made-up", version="1.0", path="x")


@pytest.fixture
def fake_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Write the script's body into this file; `$dest` is where pip shall put its files."""
    script = tmp_path / "pip.sh"
    monkeypatch.setenv("HOTLINE_PIP", f"sh {script}")
    clients.pip.cache_clear()
    yield script
    clients.pip.cache_clear()


_FIND_DEST = 'while [ "$1" != --dest ]; do shift; done; dest=$2; mkdir -p "$dest"\n'


def test_the_package_is_kept_and_its_growth_is_told(fake_pip: Path, tmp_path: Path) -> None:
    name = SOURCE.filename
    fake_pip.write_text(
        f'{_FIND_DEST}for i in 1 2 3; do head -c 1000 /dev/zero >> "$dest/{name}"; sleep 0.4; done'
    )
    ticks: list[int] = []
    got = clients.package(SOURCE, tmp_path / "downloads", ticks.append)
    assert got.stat().st_size == 3000
    assert ticks == sorted(set(ticks))
    assert len(ticks) >= 2
    fake_pip.write_text("exit 9")
    assert clients.package(SOURCE, tmp_path / "downloads") == got
    assert os.listdir(tmp_path / "downloads") == [name]


def test_a_failing_client_is_quoted(fake_pip: Path, tmp_path: Path) -> None:
    fake_pip.write_text("echo no matching distribution >&2; exit 1")
    with pytest.raises(FetchFailed, match="no matching distribution"):
        clients.package(SOURCE, tmp_path / "downloads")
    assert os.listdir(tmp_path / "downloads") == []


def test_a_client_that_brings_nothing_is_a_failure(fake_pip: Path, tmp_path: Path) -> None:
    fake_pip.write_text("exit 0")
    with pytest.raises(FetchFailed, match="no such file"):
        clients.package(SOURCE, tmp_path / "downloads")


def test_a_client_that_hangs_is_ended(
    fake_pip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "_STALL", 0.5)
    fake_pip.write_text(f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(FetchFailed, match="nothing came"):
        clients.package(SOURCE, tmp_path / "downloads")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_machine_without_npm_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchFailed, match="npm is not on this machine"):
        clients.package(Source(npm="made-up", version="1.0", path="x"), tmp_path / "downloads")


def test_a_client_that_moves_its_files_about_is_watched_without_fear(fake_pip: Path, tmp_path: Path) -> None:
    churn = "for i in $(seq 60); do mkdir -p a/b/c/$i; echo x > a/b/c/$i/f; mv a b$i; rm -rf b$i; done"
    fake_pip.write_text(f'{_FIND_DEST}{churn}; echo whole > "$dest/{SOURCE.filename}"')
    assert clients.package(SOURCE, tmp_path / "downloads").read_text() == "whole\n"
