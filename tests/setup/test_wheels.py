"""Downloads of Python packages: kept after a cut, asked for once, checked by sha256. Real pip, an index of our own."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.setup import wheels as module
from app.setup.child import run
from app.setup.failure import ChildFailed, SetupFailed
from app.setup.folders import PROJECT, Folders
from app.setup.lockfile import Requirement
from app.setup.pip import first_pip
from app.setup.wheels import Wheels, offline
from tests.setup.local_index import Mirror, serving

pytestmark = pytest.mark.service

NAMES = ("alpha", "beta", "gamma")


def make_wheel(folder: Path, name: str) -> Requirement:
    """A wheel big enough to break off in the middle, and its locked requirement."""
    info = f"{name}-1.0.dist-info"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "ballast = '" + "x" * 300_000 + "'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return Requirement(name, "1.0", f"{name}==1.0 --hash=sha256:{sha256}")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """The only index pip knows in this test."""
    simple = tmp_path / "index" / "simple"
    for name in NAMES:
        (simple / name).mkdir(parents=True)
    with serving(simple.parent) as mirror:
        for key in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
            monkeypatch.delenv(key, raising=False)
        settings = {
            "CONFIG_FILE": "/dev/null",
            "INDEX_URL": f"{mirror.url}/simple",
            "RETRIES": "0",
            "NO_CACHE_DIR": "1",
        }
        for name, value in settings.items():
            monkeypatch.setenv(f"PIP_{name}", value)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield mirror


@pytest.fixture
def locked(index: Mirror) -> list[Requirement]:
    """Three packages, published on the index."""
    found = []
    for name in NAMES:
        page = index.folder / "simple" / name
        found.append(make_wheel(page, name))
        file = next(page.glob("*.whl")).name
        (page / "index.html").write_text(f'<a href="{file}">{file}</a>')
    return found


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = Folders(PROJECT, tmp_path / "parts", tmp_path / "cache")
    made.parts.mkdir()
    return made


def files(folders: Folders) -> list[str]:
    return sorted(path.name[:5].rstrip("-") for path in folders.wheels.glob("*.whl"))


def fetched(index: Mirror) -> list[str]:
    return sorted(path.split("/")[-1].split("-")[0] for path in index.asked if path.endswith(".whl"))


def test_what_was_fetched_is_not_asked_for_again(
    index: Mirror, locked: list[Requirement], folders: Folders
) -> None:
    wheels = Wheels(folders)
    assert wheels.missing(locked) == locked
    wheels.fetch(first_pip(folders), locked)
    assert files(folders) == sorted(NAMES)
    index.asked.clear()
    again = Wheels(folders)
    assert again.missing(locked) == []
    again.fetch(["no-pip-is-called"], locked)
    assert index.asked == []


def test_a_cut_loses_only_what_was_under_way(
    index: Mirror, locked: list[Requirement], folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    monkeypatch.setattr(module, "AT_ONCE", 1)
    monkeypatch.setenv("PIP_RESUME_RETRIES", "0")
    index.cut = {"beta-1.0-py3-none-any.whl"}
    wheels = Wheels(folders)
    pip = first_pip(folders)
    with pytest.raises(SetupFailed, match="what has arrived is kept"):
        wheels.fetch(pip, locked)
    assert "alpha" in files(folders)
    assert "beta" not in files(folders)
    index.asked.clear()
    wheels.fetch(pip, locked)
    assert files(folders) == sorted(NAMES)
    assert "alpha" not in fetched(index)


def test_a_file_that_is_not_the_locked_one_is_refused(
    index: Mirror, locked: list[Requirement], folders: Folders
) -> None:
    bad = Requirement("alpha", "1.0", f"alpha==1.0 --hash=sha256:{'0' * 64}")
    wheels = Wheels(folders)
    with pytest.raises(SetupFailed):
        wheels.fetch(first_pip(folders), [bad])
    assert files(folders) == []
    assert wheels.missing([bad]) == [bad]


def test_a_spoilt_file_of_the_cache_is_noticed_and_fetched_alone(
    index: Mirror, locked: list[Requirement], folders: Folders
) -> None:
    wheels = Wheels(folders)
    wheels.fetch(first_pip(folders), locked)
    next(folders.wheels.glob("gamma*")).write_bytes(b"spoilt")
    assert wheels.missing(locked) == []
    wheels.forget_absent(locked)
    assert [one.name for one in wheels.missing(locked)] == ["gamma"]
    index.asked.clear()
    wheels.fetch(first_pip(folders), locked)
    assert fetched(index) == ["gamma"]


def test_installing_asks_no_index_whatever_the_user_has_configured(
    index: Mirror, locked: list[Requirement], folders: Folders, tmp_path: Path
) -> None:
    pip = first_pip(folders)
    Wheels(folders).fetch(pip, locked)
    index.asked.clear()
    install = [*pip, "install", "--no-index", "--target", str(tmp_path / "target")]
    run([*install, "--find-links", str(folders.wheels), "alpha"], env=offline())
    assert (tmp_path / "target" / "alpha.py").is_file()
    with pytest.raises(ChildFailed):
        run([*install, "alpha"], env=offline())
    assert index.asked == []
