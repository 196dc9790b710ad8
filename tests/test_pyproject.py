"""The list of packages in pyproject.toml is written by hand: none of ours is left out of an installed copy."""

import tomllib

import pytest

from app.setup.folders import PROJECT

pytestmark = pytest.mark.unit


def test_every_package_is_listed() -> None:
    listed = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    outside = {"tests", "bench", "deploy"}  # tools of the repository, not of the product
    tops = {one.partition(".")[0] for one in listed} | outside
    there = {
        ".".join(found.parent.relative_to(PROJECT).parts)
        for top in PROJECT.iterdir()
        if (top / "__init__.py").exists() and not top.name.startswith(".")
        for found in top.rglob("__init__.py")
    }
    assert {one.partition(".")[0] for one in there} <= tops
    assert {one for one in there if one.partition(".")[0] not in outside} == set(listed)
