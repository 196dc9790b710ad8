"""智能质检 over HTTP: rules by version, bad ones refused by name, lists for people who judge."""

from datetime import UTC, datetime

import pytest

from core.quality import QualityChecked
from store import quality
from tests.api.conftest import World

pytestmark = pytest.mark.service


async def test_rules_are_changed_from_the_version_that_was_seen(small_world: World) -> None:
    boss = small_world.client("boss")
    shown = (await boss.get("/api/v1/quality/rules")).json()
    assert shown["version"] == 0
    given = {"version": 0, "rules": shown["rules"], "why": "重申一次"}
    assert (await boss.put("/api/v1/quality/rules", json=given)).json() == {"version": 1}
    assert (await boss.put("/api/v1/quality/rules", json=given)).status_code == 409
    assert (await boss.get("/api/v1/quality/rules")).json()["why"] == "重申一次"


@pytest.mark.parametrize("bad", [{}, {"rules": 3}, {"documents": {}, "rules": []}, {"x": {"a": [[[1]]]}}])
async def test_rules_that_cannot_be_used_are_refused_by_name(
    small_world: World, bad: dict[str, object]
) -> None:
    boss = small_world.client("boss")
    told = await boss.put("/api/v1/quality/rules", json={"version": 0, "rules": bad, "why": "试试看"})
    assert (told.status_code, told.json()["code"]) == (422, "bad_quality")


async def test_what_is_wrong_with_a_rule_is_said_at_its_field_in_the_readers_language(
    small_world: World,
) -> None:
    boss = small_world.client("boss")
    rules = (await boss.get("/api/v1/quality/rules")).json()["rules"]
    rules["rules"][0]["words"] = []
    rules["rules"][1]["clause"] = "没有的文件 1"
    given = {"version": 0, "rules": rules, "why": "试试看"}
    said = {}
    for language in ("zh-CN", "en"):
        told = await boss.put("/api/v1/quality/rules", json=given, headers={"Accept-Language": language})
        (said[language],) = told.json()["errors"]
    assert (said["zh-CN"]["where"], said["zh-CN"]["message"]) == ("rules.0.words", "这类规则要有词句")
    assert said["en"]["message"].endswith("this kind of rule needs words")
    rules["rules"][0]["words"] = ["您好"]
    (one,) = (await boss.put("/api/v1/quality/rules", json=given)).json()["errors"]
    assert one["where"] == "rules.1.clause"


async def test_checks_are_found_by_how_a_rule_came_out_and_by_seat(world: World) -> None:
    found = [
        {"rule": "greeting", "passed": False, "applied": True},
        {"rule": "closing", "passed": True, "applied": True},
        {"rule": "verified", "passed": True, "applied": False},
    ]
    async with world.database.session() as session:
        said = QualityChecked(datetime.now(UTC), world.call_id, 0, 95, ("greeting",))
        await quality.keep_check(session, 0, {}, found, said)
    boss = world.client("boss")
    asked = {
        "rule=greeting&passed=false": 1, "rule=greeting&passed=true": 0, "rule=greeting": 1, "rule=closing&passed=true": 1,
        "rule=closing&passed=false": 0, "rule=verified": 0, "rule=nothing": 0, "seat=8001": 1, "seat=8002": 0,
    }  # fmt: skip
    for query, count in asked.items():
        page = (await boss.get(f"/api/v1/quality/checks?{query}")).json()
        assert page["total"] == count, query
    (one,) = (await boss.get("/api/v1/quality/checks")).json()["items"]
    assert (one["line"], one["seat_id"], one["agent_name"]) == ("12345", "8001", "Li")


@pytest.mark.parametrize("path", ["checks?below=80&reviewed=false", "sample?size=5", "agreement"])
async def test_lists_are_empty_where_nothing_was_checked(small_world: World, path: str) -> None:
    told = await small_world.client("boss").get(f"/api/v1/quality/{path}")
    assert told.status_code == 200
    assert not (told.json().get("items"))
    assert not (told.json().get("rules"))


async def test_a_call_that_is_not_there_cannot_be_judged(small_world: World) -> None:
    boss = small_world.client("boss")
    path = "/api/v1/calls/call_x/quality/reviews"
    assert (await boss.post(path, json={"marks": {"greeting": True}})).status_code == 404
