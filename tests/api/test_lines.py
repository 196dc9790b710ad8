"""The line register over HTTP: who may change it, on which version, and what a caller would reach."""

from typing import Any

import httpx
import pytest

from store import line_state
from tests.api.conftest import World
from tests.store import make

pytestmark = pytest.mark.service


def line(**changes: Any) -> dict[str, Any]:
    return {
        "name": "城建热线",
        "unit": "SW",
        "mode": "merged",
        "target": "12345",
        "clause": "附一",
        **changes,
    }


async def put(
    world: World, number: str, body: dict[str, Any], version: str = "", login: str = "office"
) -> httpx.Response:
    headers = {"If-Match": version} if version else {}
    async with world.client(login) as client:
        return await client.put(f"/api/v1/lines/{number}", json={"why": "来函", **body}, headers=headers)


async def test_lines_can_be_listed_searched_narrowed_and_opened(world: World) -> None:
    assert (await world.get("li", "/lines?search=1231")).json()["total"] == 1
    assert (await world.get("li", "/lines?mode=host")).json()["items"][0]["number"] == "12345"
    assert (await world.get("li", "/lines?status=suspended")).json()["total"] == 0
    assert (await world.get("li", "/lines?mode=sideways")).status_code == 422
    opened = await world.get("li", "/lines/12319")
    assert (opened.json()["target"], opened.headers["etag"]) == ("12345", '"1"')
    assert (await world.get("li", "/lines/999")).json()["code"] == "unknown_line"


async def test_a_change_needs_the_version_it_was_decided_on_and_is_kept_with_who_and_why(
    world: World,
) -> None:
    changed = line(mode="dual_number", target="", expert_seat=True)
    assert (await put(world, "12319", changed)).status_code == 409
    done = await put(world, "12319", changed, '"1"')
    assert (done.status_code, done.json()["version"], done.headers["etag"]) == (200, 2, '"2"')
    assert (await put(world, "12319", changed, '"1"')).json()["version"] == 2  # asked twice, done once
    (told,) = (await world.get("boss", "/lines/12319/history")).json()["items"]
    assert (told["actor"], told["payload"]["why"]) == (world.user_ids["office"], "来函")
    assert (told["payload"]["was"]["mode"], told["payload"]["now"]["mode"]) == ("merged", "dual_number")


async def test_a_new_number_is_put_without_a_version_and_reached_at_once(world: World) -> None:
    assert (await put(world, "12345888", line(mode="queue", target="", key="enterprise"))).status_code == 200
    assert (await put(world, "12331", line(target="12319"))).status_code == 200
    assert (await put(world, "12319", line(mode="dual_number", target=""), '"1"')).status_code == 200
    reached = (await world.get("li", "/lines/12331/reached")).json()
    assert (reached["served_by"], reached["skills"]) == ("12319", ["line.12319"])
    assert reached["hand_over"]["party"] == "expert"
    assert (await world.get("li", "/lines/enterprise/reached")).json()["dialled"] == "12345888"


@pytest.mark.parametrize(
    ("number", "change", "named"),
    [
        ("12331", {"target": "12999"}, "12999"),
        ("12319", {"target": "12319"}, "12319"),
        ("12331", {"mode": "dual_number"}, "12331"),
        ("12331", {"unit": "XX"}, "XX"),
        ("999999", {"mode": "host", "target": ""}, "12345"),
        ("abc", {}, "abc"),
    ],
)
async def test_what_contradicts_itself_is_refused_with_the_line_named(
    small_world: World, number: str, change: dict[str, Any], named: str
) -> None:
    answer = await put(small_world, number, line(**change), '"1"' if number == "12319" else "")
    assert answer.status_code in (404, 422)
    assert named in answer.json()["detail"]
    assert (await small_world.get("li", "/lines")).json()["total"] == 2


async def test_only_the_office_changes_lines_and_agents_do_not_read_who_did(small_world: World) -> None:
    for login in ("li", "boss", "water", "audit"):
        assert (await put(small_world, "12319", line(), '"1"', login)).status_code == 403
        withdrawn = await small_world.post(login, "/lines/12319/withdraw", {"version": 1, "why": "收回"})
        assert withdrawn.status_code == 403
    assert (await small_world.get("li", "/lines/12319/history")).status_code == 403
    assert small_world.house.deeds == []


async def test_many_lines_come_in_all_or_none(world: World) -> None:
    good, bad = line(number="12331", target="12319"), line(number="12330", target="12999")
    refused = await world.post("office", "/lines/import", {"lines": [good, bad], "why": "年度更新"})
    assert (refused.status_code, refused.json()["code"]) == (422, "lines_invalid")
    dry = await world.post("office", "/lines/import", {"lines": [good], "why": "年度更新", "dry_run": True})
    assert (dry.json()["added"], (await world.get("li", "/lines")).json()["total"]) == (1, 2)
    done = await world.post("office", "/lines/import", {"lines": [good], "why": "年度更新"})
    assert [one["number"] for one in done.json()["changes"]] == ["12331"]
    again = await world.post("office", "/lines/import", {"lines": [good], "why": "年度更新"})
    assert (again.json()["same"], again.json()["changes"]) == (1, [])
    twice = await world.post("office", "/lines/import", {"lines": [good, good], "why": "年度更新"})
    assert (twice.status_code, "12331" in twice.json()["detail"]) == (422, True)


async def test_a_number_given_up_is_listed_and_never_comes_back(world: World) -> None:
    wanted = {"version": 1, "why": "号码已收回"}
    assert (await world.post("office", "/lines/12319/withdraw", {**wanted, "version": 3})).status_code == 409
    for _ in range(2):
        assert (await world.post("office", "/lines/12319/withdraw", wanted)).status_code == 204
    (gone,) = (await world.get("li", "/lines/withdrawn")).json()["items"]
    assert (gone["number"], gone["why"], gone["by"]) == ("12319", "号码已收回", world.user_ids["office"])
    assert (await world.get("li", "/lines/12319")).status_code == 404
    back = await put(world, "12319", line())
    assert (back.status_code, back.json()["code"]) == (422, "lines_invalid")
    assert (await world.post("office", "/lines/12345/withdraw", wanted)).status_code == 403


async def test_lines_that_others_answer_are_shown_open_or_closed(small_world: World) -> None:
    async with small_world.database.session() as session:
        await line_state.tried(session, "12366", "answered", make.AT, "probe")
    (state,) = (await small_world.get("li", "/lines/states")).json()["items"]
    assert (state["number"], state["state"], state["source"]) == ("12366", "open", "probe")
