"""How the work of a run is shared out."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.setup.folders import PROJECT
from tests import workers

pytestmark = pytest.mark.unit

FILES = (
    "tests/system/test_kill.py",
    "tests/core/test_laws.py",
    "tests/system/test_demo.py",
    "tests/ivr/test_engine.py",
)


class Node:
    """A worker as the scheduler sees it, and the tests it was sent."""

    def __init__(self, name: str) -> None:
        self.gateway, self.sent, self.shutting_down = SimpleNamespace(id=name), list[int](), False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.sent += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def shared(collected: list[str], nodes: list[Node], monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Which tests each worker begins with."""
    monkeypatch.setattr("xdist.scheduler.loadscope.parse_tx_spec_config", lambda config: nodes)
    config: Any = SimpleNamespace(option=SimpleNamespace(loadscopereorder=False))
    scheduler = workers.Sharing(config)
    for node in nodes:
        scheduler.add_node(node)
        scheduler.add_node_collection(node, collected)
    scheduler.schedule()
    return {node.gateway.id: [collected[index] for index in node.sent] for node in nodes}


def test_every_second_worker_begins_with_what_computes_the_others_with_what_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    collected = [f"{file}::test_{n}" for file in FILES for n in range(3)]
    first = shared(collected, [Node("gw0"), Node("gw1"), Node("gw2")], monkeypatch)
    assert first["gw0"] == [f"tests/system/test_kill.py::test_{n}" for n in range(3)]
    assert first["gw1"] == [f"tests/core/test_laws.py::test_{n}" for n in range(3)]
    assert first["gw2"][0] == "tests/system/test_demo.py::test_0"


def test_who_has_none_of_its_own_kind_left_takes_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    collected = [f"tests/core/test_laws.py::test_{n}" for n in range(3)]
    assert shared(collected, [Node("gw0")], monkeypatch)["gw0"] == collected


def test_the_longest_come_first_and_the_rest_stays_as_it_came() -> None:
    def item(nodeid: str) -> Any:
        return SimpleNamespace(nodeid=nodeid)

    mixed = [
        "tests/core/b.py::t",
        "tests/system/z.py::t",
        "tests/api/test_fuzz.py::t",
        "tests/core/a.py::t",
        "tests/system/test_kill.py::t",
    ]
    ordered = [one.nodeid for one in sorted(map(item, mixed), key=workers.longest_first)]
    assert ordered == [mixed[4], mixed[2], mixed[1], mixed[0], mixed[3]]


def test_the_files_named_here_exist() -> None:
    assert [file for file in (*workers.LONGEST, *workers.APART) if not Path(PROJECT, file).is_file()] == []
