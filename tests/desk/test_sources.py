"""The desk's own unit tests, and how much a first look at it costs."""

import subprocess

import pytest
from playwright.sync_api import Response, expect

from app.setup import desk, node
from app.setup.folders import PROJECT, folders
from tests.desk.browsing import Open
from tests.need import need

pytestmark = pytest.mark.edge

BUDGET = 400_000
"""Bytes of a first load, gzipped, as an agent's browser gets them."""


def test_its_unit_tests_pass() -> None:
    where = folders()
    need(
        "Node and the desk's packages",
        node.has(where) and (PROJECT / "desk" / "node_modules").exists(),
        "./hotline setup desk",
    )
    done = subprocess.run(
        [*node.npm(where), "run", "test"], cwd=PROJECT / "desk", env=node.environment(where),
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_the_lock_names_no_registry_and_holds_every_hash() -> None:
    lock = (PROJECT / "desk" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert lock.count('"integrity": "sha512-') > 100


def test_the_desk_in_use_is_built_from_the_sources_as_they_are() -> None:
    need("the built desk", desk.built(folders()), "./hotline setup desk")


def test_a_first_load_stays_within_its_budget(visit: Open) -> None:
    one = visit(login="agent8001")
    loaded: dict[str, int] = {}

    def note(response: Response) -> None:
        if "/api/" not in response.url:
            loaded[response.url] = int(response.headers.get("content-length", "0"))

    one.page.on("response", note)
    one.page.goto("/")
    expect(one.page.get_by_role("main")).to_be_visible()
    one.page.wait_for_load_state("networkidle")
    assert 50_000 < sum(loaded.values()) < BUDGET, loaded
