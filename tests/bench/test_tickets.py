"""The ticket benchmark in small: what it does is right, the alarms touch only what is due, and lists find their index."""

import pytest

from bench.tickets import measure

pytestmark = pytest.mark.service


async def test_the_sweep_touches_only_what_is_due_and_lists_use_their_index(sqlite_url: str) -> None:
    (run,) = await measure(
        sqlite_url, [3000], count=15, like=60
    )  # it holds the sweep to those that are due itself
    assert run["open"] == 3000
    assert min(run[name] for name in ("filings", "plain", "transitions", "swept")) > 0
    assert run["naive_to_idle"] > 5
    plans = {one["list"]: one["plan"] for one in run["lists"]}
    assert "ix_tickets_filed" in plans["all, newest first"]
    assert "ix_tickets_unit_filed" in plans["one unit"]
    assert "ix_tickets_unit" in plans["one unit's to sign, by deadline"]
    assert "ix_tickets_due" in plans["due soon"]
    assert "ix_tickets_caller" in plans["one caller"]
    assert {one["list"]: one["found"] for one in run["lists"]}["all, newest first"] >= 3000
