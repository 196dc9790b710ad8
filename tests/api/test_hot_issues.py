"""Hot issues by place: findings that share matters are one issue, its matters counted where they come from."""

from datetime import UTC, datetime, timedelta

import pytest

from store import events, tickets
from tests.api.conftest import World
from tickets.anomalies import Anomaly

pytestmark = pytest.mark.service
PLACES = ("431021", "431021", "431022", "")


async def found(world: World) -> list[str]:
    """Four matters: the first three an emerging issue, all four a hot one an hour later."""
    at = datetime.now(UTC) - timedelta(hours=2)
    made = []
    async with world.database.session() as session:
        for n, place in enumerate(PLACES):
            new = tickets.NewTicket(
                type="help", title=f"停水{n}", body="停水", state="filed", filed_by="user_x", filed_at=at, policy="demo",
                policy_hash="abc", place=place, request_key=f"hot-{n}",
            )  # fmt: skip
            made.append((await tickets.file(session, new, [], "user_x"))[0].id)
        for kind, many, hours in (("emerging", 3, 0), ("hot", 4, 1)):
            facts = {"words": f"{many} 人反映", "tickets": made[:many], "many": many, "places": []}
            when = at + timedelta(hours=hours)
            await events.append_all(session, [Anomaly(when, kind, made[many - 1], None, facts)], "hot-issues")  # type: ignore[arg-type]
    return made


async def test_findings_that_share_matters_are_one_issue_counted_by_place(world: World) -> None:
    made = await found(world)
    (one,) = (await world.get("office", "/hot-issues")).json()["items"]
    assert (one["ticket_id"], one["title"], one["words"]) == (made[3], "停水3", "4 人反映")
    assert (one["kinds"], one["matters"]) == (["hot", "emerging"], 4)
    assert {each["place"]: each["matters"] for each in one["places"]} == {"": 1, "431021": 2, "431022": 1}


async def test_who_may_not_see_warnings_sees_no_issues(small_world: World) -> None:
    assert (await small_world.get("li", "/hot-issues")).status_code == 403
    assert (await small_world.get("office", "/hot-issues?days=0")).status_code == 422
    assert (await small_world.get("office", "/hot-issues")).json()["items"] == []
