"""apt without root, for real, against a small unsigned mirror of our own."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.setup.apt import Apt, apt_usable
from app.setup.asterisk import choose
from app.setup.failure import SetupFailed
from tests.need import need
from tests.setup.local_index import Mirror, serving

pytestmark = pytest.mark.service


def architecture() -> str:
    return subprocess.run(
        ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()


def make_deb(pool: Path, work: Path, name: str, depends: str = "") -> str:
    """A Debian package with one file; returns its stanza of the package list."""
    tree = work / name
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "usr/share/hotline-test").mkdir(parents=True)
    (tree / "usr/share/hotline-test" / name).write_bytes(hashlib.shake_256(name.encode()).digest(400_000))
    control = f"Package: {name}\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@example>\n"
    control += f"Depends: {depends}\n" if depends else ""
    control += "Description: for a test\n"
    (tree / "DEBIAN/control").write_text(control)
    deb = pool / f"{name}_1.0_all.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", tree, deb], capture_output=True, check=True, timeout=60
    )
    sha256 = hashlib.sha256(deb.read_bytes()).hexdigest()
    return f"{control}Filename: pool/{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {sha256}\n"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """`outer` depends on `inner`."""
    need("apt and dpkg", apt_usable() and shutil.which("dpkg"), "a Debian or Ubuntu machine")
    root = tmp_path / "mirror"
    lists = root / f"dists/test/main/binary-{architecture()}"
    for folder in (lists, root / "pool"):
        folder.mkdir(parents=True)
    stanzas = [
        make_deb(root / "pool", tmp_path, "inner"),
        make_deb(root / "pool", tmp_path, "outer", "inner"),
    ]
    text = "\n".join(stanzas)
    (lists / "Packages").write_text(text)
    line = f" {hashlib.sha256(text.encode()).hexdigest()} {len(text)} main/binary-{architecture()}/Packages"
    (root / "dists/test/Release").write_text(f"Suite: test\nComponents: main\nSHA256:\n{line}\n")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(root) as served:
        yield served


def stanza(mirror: Mirror, trusted: bool = True) -> str:
    text = f"Types: deb\nURIs: {mirror.url}\nSuites: test\nComponents: main\n"
    return text + ("Trusted: yes\n" if trusted else "")


def names(debs: list[Path]) -> list[str]:
    return sorted(deb.name for deb in debs)


def test_a_package_comes_with_what_it_needs_and_is_unpacked(mirror: Mirror, tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror))
    assert apt.versions("outer") == ["1.0"]
    debs = apt.fetch("outer", ["outer=1.0"])
    assert names(debs) == ["inner_1.0_all.deb", "outer_1.0_all.deb"]
    apt.unpack(debs, tmp_path / "root")
    assert len(list((tmp_path / "root/usr/share/hotline-test").iterdir())) == 2


def test_the_second_time_nobody_is_asked(mirror: Mirror, tmp_path: Path) -> None:
    Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror)).fetch("outer", ["outer"])
    mirror.asked.clear()
    again = Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror))
    assert names(again.remembered("outer")) == ["inner_1.0_all.deb", "outer_1.0_all.deb"]
    assert mirror.asked == []


def test_a_spoilt_download_is_not_remembered(mirror: Mirror, tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror))
    debs = apt.fetch("outer", ["outer"])
    debs[0].write_bytes(debs[0].read_bytes()[:-1] + b"?")
    assert apt.remembered("outer") == []
    apt.fetch("outer", ["outer"])
    apt.forget("outer")
    assert apt.remembered("outer") == []


def test_a_download_that_was_cut_goes_on_where_it_stopped(mirror: Mirror, tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror))
    mirror.cut = {"inner_1.0_all.deb"}
    try:
        apt.fetch("outer", ["outer"])
    except SetupFailed:
        apt.fetch("outer", ["outer"])
    assert len(mirror.ranges) == 1
    assert names(apt.remembered("outer")) == ["inner_1.0_all.deb", "outer_1.0_all.deb"]


def test_an_unsigned_mirror_is_not_trusted(mirror: Mirror, tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror, trusted=False))
    with pytest.raises(SetupFailed):
        apt.fetch("outer", ["outer"])
    assert not list((tmp_path / "apt").glob("archives/*.deb"))


def test_a_package_nobody_has_is_one_clear_failure(mirror: Mirror, tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", tmp_path / "log", stanza(mirror))
    assert apt.versions("no-such-package") == []
    with pytest.raises(SetupFailed, match="no-such-package"):
        apt.fetch("none", ["no-such-package"])


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["1:24.1.0-1", "1:22.10.1+dfsg-1", "1:22.5.0-1"], "1:22.10.1+dfsg-1"),
        (["1:20.6.0~dfsg-2ubuntu1"], "1:20.6.0~dfsg-2ubuntu1"),
        (["1:18.10.0~dfsg-1ubuntu1"], None),
        ([], None),
    ],
)
def test_asterisk_22_is_pinned_and_nothing_below_20_is_taken(offered: list[str], chosen: str | None) -> None:
    assert choose(offered) == chosen
