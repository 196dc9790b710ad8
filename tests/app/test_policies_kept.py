"""A profile is read once and again only when a file it rests on has changed."""

import os
import shutil
from pathlib import Path

import pytest

from app import policies

pytestmark = pytest.mark.unit


def copied(folder: Path) -> Path:
    for name in ("heyuan", "demo"):
        shutil.copyfile(policies.HOUSE / f"{name}.yaml", folder / f"{name}.yaml")
    return folder


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    later = path.stat().st_mtime_ns + 1_000_000_000
    os.utime(path, ns=(later, later))


def test_the_same_files_give_the_same_rules_without_reading_them_again(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    assert policies.load("demo", folder) is policies.load("demo", folder)


def test_a_changed_profile_is_read_again(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = policies.load("demo", folder)
    changed(folder / "demo.yaml", "title: 演示市", "title: 示范市")
    assert (before.title, policies.load("demo", folder).title) == ("演示市", "示范市")


def test_so_is_one_whose_superior_changed(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    before = policies.load("demo", folder)
    changed(folder / "heyuan.yaml", "times: 1\n    extension: false", "times: 2\n    extension: false")
    again = policies.load("demo", folder)
    assert before.stages.redo is not None
    assert again.stages.redo is not None
    assert (before.stages.redo.times, again.stages.redo.times) == (1, 2)


def test_one_that_comes_to_lie_in_a_nearer_folder_rules(tmp_path: Path) -> None:
    near = tmp_path / "near"
    near.mkdir()
    assert policies.load("demo", near).title == "演示市"
    changed(copied(near) / "demo.yaml", "title: 演示市", "title: 示范市")
    assert policies.load("demo", near).title == "示范市"
