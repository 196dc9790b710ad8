"""Seats and the outsourcer by hand: who answered in time, what was settled at once, how citizens found it."""

import pytest

from tickets.assessment.service import Talk, groups

pytestmark = pytest.mark.unit
TALKS = [
    Talk("c1", "li", 8, 120, 30, "answered", "very_satisfied"),
    Talk("c2", "li", 15, 60, 60, "consult", "dissatisfied"),
    Talk("c3", "li", 15.5, 90, None, "other"),
    Talk("c4", "wang", 3, 30, 0, "refused", "fairly_satisfied"),
    Talk("c5", "", None),
    Talk("c6", "wang", 20, None, None, ""),
]


def measures(talks: list[Talk], whole: bool = False) -> dict[str, tuple[str, tuple[str, ...]]]:
    found = {}
    for group in groups(talks, whole=whole):
        for one in group.as_json()["measures"]:
            found[one["name"]] = (one["said"], tuple(one.get("misses", ())))
    return found


def test_an_agents_measures() -> None:
    assert measures([talk for talk in TALKS if talk.agent == "li"]) == {
        "intake_satisfaction": ("50.00%（1/2）", ("c2",)),
        "graded": ("66.67%（2/3）", ("c3",)),
        "answered_online": ("50.00%（1/2）", ("c2",)),
        "closed": ("100.00%（3/3）", ()),
        "in_time": ("66.67%（2/3）", ("c3",)),
        "talk": ("90.00秒", ()),
        "wrap_up": ("45.00秒", ()),
    }


def test_the_outsourcer_answers_for_calls_that_nobody_took() -> None:
    found = measures(TALKS, whole=True)
    assert found["connected"] == ("83.33%（5/6）", ("c5",))
    assert found["in_time"] == ("60.00%（3/5）", ("c3", "c6"))
    assert found["closed"] == ("80.00%（4/5）", ("c6",))


def test_what_a_kept_hotlines_own_seats_answered_is_connected_and_no_agents_work() -> None:
    theirs = Talk("c7", "", 4, 100, None, "", "satisfied", elsewhere=True)
    found, before = measures([*TALKS, theirs], whole=True), measures(TALKS, whole=True)
    assert found.pop("connected") == ("85.71%（6/7）", ("c5",))
    assert before.pop("connected") == ("83.33%（5/6）", ("c5",))
    assert found == before


def test_the_same_call_twice_counts_once_and_nothing_is_no_share() -> None:
    assert measures([*TALKS, *TALKS], whole=True) == measures(TALKS, whole=True)
    assert measures([])["in_time"] == ("—", ())
