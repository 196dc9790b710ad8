"""The desk is built once per state of its sources."""

from pathlib import Path

import pytest

from app.setup import desk, node
from app.setup.folders import Folders

pytestmark = pytest.mark.unit


@pytest.fixture
def where(tmp_path: Path) -> Folders:
    root = tmp_path / "project" / "desk"
    (root / "src").mkdir(parents=True)
    (root / "src" / "main.ts").write_text("1")
    (root / "package.json").write_text("{}")
    (root / "node_modules" / "vue").mkdir(parents=True)
    (root / "node_modules" / "vue" / "index.js").write_text("vue")
    return Folders(tmp_path / "project", tmp_path / "parts", tmp_path / "cache")


def test_other_sources_are_another_desk_but_tests_and_packages_are_no_sources(where: Folders) -> None:
    first = desk.key(where)
    (where.project / "desk" / "src" / "main.test.ts").write_text("a test")
    (where.project / "desk" / "node_modules" / "vue" / "index.js").write_text("other")
    assert desk.key(where) == first
    (where.project / "desk" / "src" / "main.ts").rename(where.project / "desk" / "src" / "start.ts")
    moved = desk.key(where)
    (where.project / "desk" / "src" / "start.ts").write_text("2")
    assert len({first, moved, desk.key(where)}) == 3


def test_a_desk_counts_as_built_when_its_first_page_is_there(where: Folders) -> None:
    assert desk.built(where) is None
    folder = where.parts / "desk" / desk.key(where)
    folder.mkdir(parents=True)
    assert not desk.has(where)
    (folder / "index.html").write_text("")
    assert desk.built(where) == folder


def test_an_old_node_of_the_machine_is_passed_over(
    where: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, version in (("node", "v18.19.0"), ("npm", "11.4.0")):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {version}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.delenv("HOTLINE_OWN_PARTS", raising=False)
    assert not node.has(where)
    (folder / "node").write_text("#!/bin/sh\necho v22.12.0\n")
    assert node.has(where)
    (folder / "npm").write_text("#!/bin/sh\necho 10.9.0\n")
    assert not node.has(where)
