"""Who ended a call, from what the dialplan says."""

from datetime import UTC, datetime

import pytest

from agi.facts import end_facts, ended_by

pytestmark = pytest.mark.unit

OWN, OTHER = "PJSIP/c-1", "PJSIP/a-2"


@pytest.mark.parametrize(
    ("step", "status", "left", "cause", "source", "ordered", "who"),
    [
        ("ring", "ANSWER", "", 16, OWN, "", "citizen"),
        ("play", "WOKEN", "", 16, OWN, "", "citizen"),
        ("ring", "CANCEL", "", 0, OWN, "", "citizen"),
        ("bye", "DONE", "agent", 16, "", "", "agent"),
        ("bye", "DONE", "", 16, "", "", "us"),
        ("bye", "WOKEN", "", 16, OWN, "", "citizen"),
        ("fallback", "DONE", "", 16, "", "", "us"),
        ("wait", "WOKEN", "", 16, "", "us", "us"),
        ("ring", "ANSWER", "", 44, OWN, "", "switch"),
        ("wait", "WOKEN", "", 16, "", "", "switch"),
        ("", "", "", 38, "", "", "switch"),
        ("wait", "WOKEN", "", 16, OTHER, "", "citizen"),
    ],
)
def test_who_ended(
    step: str, status: str, left: str, cause: int, source: str, ordered: str, who: str
) -> None:
    assert ended_by(step, status, left, cause, source, ordered) == who


def test_dialplan_words_become_facts() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    args = ["17.1", "c-1", "12345", "138", "ring", "ANSWER", "", "42", "16", OWN, ""]
    facts = end_facts(args, at)
    assert (facts.linkedid, facts.call_id, facts.answered_s, facts.cause, facts.ended_by) == (
        "17.1",
        "c-1",
        42.0,
        16,
        "citizen",
    )


@pytest.mark.parametrize("args", [[], ["17.1"], ["17.1", "", "", "", "", "", "", "x", "-1"]])
def test_missing_words_count_as_nothing(args: list[str]) -> None:
    facts = end_facts(args, datetime(2026, 11, 21, tzinfo=UTC))
    assert (facts.answered_s, facts.cause, facts.ended_by) == (0.0, 0, "switch")
