"""Whether others answer their line, from what was tried."""

from datetime import timedelta

import pytest

from store import line_state
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        (["answered"], "open"),
        (["busy"], "open"),
        (["rejected"], "open"),
        (["no_answer"], "unknown"),
        (["no_answer", "unreachable"], "closed"),
        (["no_answer", "timeout", "answered"], "open"),
        (["congestion", "busy", "congestion"], "unknown"),
        (["no_answer", "cancelled", "no_answer"], "closed"),
        (["cancelled"], "unknown"),
    ],
)
async def test_two_tries_that_reach_nobody_close_a_line_and_one_that_does_opens_it(
    database: Database, outcomes: list[str], state: str
) -> None:
    for minute, outcome in enumerate(outcomes):
        async with database.session() as session:
            await line_state.tried(session, "12366", outcome, make.later(60 * minute), "transfer")
    async with database.reading() as session:
        assert await line_state.known(session, "12366", make.later(600)) == state
        assert await line_state.known(session, "12360", make.later(600)) == "unknown"


async def test_since_when_and_why_is_kept_and_a_closed_line_is_tried_again(database: Database) -> None:
    for minute in (0, 1, 2):
        async with database.session() as session:
            await line_state.tried(session, "12329", "no_answer", make.later(60 * minute), "probe")
    async with database.reading() as session:
        (row,) = await line_state.rows(session)
        assert (row.since, row.checked_at, row.misses) == (make.later(60), make.later(120), 3)
        assert (row.source, row.reason) == ("probe", "no_answer")
        later = row.checked_at + line_state.STALE_AFTER + timedelta(seconds=1)
        assert await line_state.states(session, row.checked_at) == {"12329": "closed"}
        assert await line_state.states(session, later) == {"12329": "unknown"}
