"""What a person reads of a scene on a terminal."""

import io
from typing import Any

import pytest
from rich.console import Console

from app.demo.printed import summary, term

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("due", "words"),
    [
        ("2026-10-09T16:00:00Z", "2026年10月9日24:00"),
        ("2026-10-10T00:00:00+08:00", "2026年10月9日24:00"),
        ("2026-12-31T16:00:00+00:00", "2026年12月31日24:00"),
        ("2026-11-22T09:30:00Z", "2026年11月22日17:30"),
        (None, "—"),
    ],
)
def test_a_deadline_is_told_in_local_time_as_the_law_writes_it(due: str | None, words: str) -> None:
    assert term(due) == words


def test_the_summary_tells_the_tickets_term_so() -> None:
    ticket = {
        "number": "1",
        "type": "help",
        "unit": "SW",
        "due": "2026-10-09T16:00:00Z",
        "policy": "demo",
        "steps": [],
    }
    proposals: dict[str, list[Any]] = {"answers": [], "units": [], "refusals": []}
    result = {
        "call": None, "recording": {"channels": 0}, "phases": [], "proposals": proposals, "transfer": None,
        "tickets": [ticket],
    }  # fmt: skip
    screen = io.StringIO()
    summary(result, None, Console(file=screen, width=200))
    assert "工单 1 求助 → SW，期限 2026年10月9日24:00（demo）" in screen.getvalue()
