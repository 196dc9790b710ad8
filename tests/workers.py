"""How a run's work is shared out among its workers: what mostly waits beside what mostly computes, the longest first.

The system tests wait: for rings, for talks, for restarts. Half of the workers begin with those, the others with all the rest, for a browser computes; whoever has
done its own kind helps with the other. A file stays on one worker, for its tests share an instance; the tests of `APART` share none.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

WAITING = ("tests/system/", "tests/desk/test_story", "tests/desk/test_phone.py")
# The longest files, by how long they take; new long ones belong here. What is not named comes after them.
LONGEST = (
    "tests/desk/test_every_page.py",
    "tests/system/test_scenarios.py",
    "tests/system/test_scenarios_three_way.py",
    "tests/desk/test_story.py",
    "tests/desk/test_story_troubles.py",
    "tests/system/test_kill.py",
    "tests/system/test_transfers.py",
    "tests/system/test_scenarios_spoken.py",
    "tests/system/test_storm.py",
    "tests/system/test_up.py",
    "tests/bench/test_city.py",
    "tests/bench/test_city_killed.py",
    "tests/api/test_fuzz.py",
)
APART = ("tests/bench/test_city.py", "tests/system/test_demo.py", "tests/system/test_up.py")
COMPUTING = 2  # one worker in so many begins with what computes


def longest_first(item: pytest.Item) -> int:
    """Sorts the tests of a run: the longest files in their order, then what else waits, then the rest as it comes."""
    file = item.nodeid.partition("::")[0]
    if file in LONGEST:
        return LONGEST.index(file)
    return len(LONGEST) + (not waits(file))


class Sharing(LoadFileScheduling):  # type: ignore[misc]
    """`--dist loadfile` that lets each worker begin with its own kind of work."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return nodeid if file in APART else file

    def _assign_work_unit(self, node: Any) -> None:
        own = next((scope for scope in self.workqueue if waits(scope) == begins_waiting(node)), None)
        if own is not None:
            self.workqueue.move_to_end(own, last=False)
        super()._assign_work_unit(node)


def waits(scope: str) -> bool:
    return scope.startswith(WAITING)


def begins_waiting(node: Any) -> bool:
    """Every second worker; a worker's name is gw and its number."""
    return int(node.gateway.id.removeprefix("gw")) % COMPUTING != COMPUTING - 1
