"""The register of units over HTTP: masked, in full only with a purpose that is kept, a unit keeps its own, a county its own."""

from datetime import UTC, datetime

import pytest

from store import lookups, users
from store.tables import Unit
from tests.api.conftest import KEPT, World

pytestmark = pytest.mark.service

ENTRY = {
    "version": 1, "section": "办公室", "division": "431000", "parent": None, "why": "首次登记",
    "people": [
        {"duty": "leader", "name": "王建国", "post": "副局长"},
        {"duty": "handler", "name": "张三", "post": "科员", "login": "water"},
    ],
    "phones": [{"kind": "fixed", "number": "07352871234", "holder": "张三"}],
}  # fmt: skip


async def county(world: World) -> None:
    """A unit of Guiyang and somebody of its hotline office."""
    async with world.database.session() as session:
        session.add(Unit(code="GY", name="桂阳县水利局", division="431021"))
        await session.flush()
        made = await users.add(
            session, "guiyang", "桂阳热线办", "office", KEPT, datetime.now(UTC), None, "431021"
        )
        world.user_ids["guiyang"] = made.id


async def test_an_entry_reads_back_masked_with_what_it_lacks_and_its_place(world: World) -> None:
    put = await world.put("office", "/units/SW/register", ENTRY)
    assert put.status_code == 200
    seen = (await world.get("audit", "/units/SW/register")).json()
    assert seen == put.json()
    assert [(one["duty_name"], one["name"], one["post"]) for one in seen["people"]] == [
        ("经办人", "张*", "*"), ("分管领导", "王**", "*"),
    ]  # fmt: skip
    assert [(one["number"], one["holder"]) for one in seen["phones"]] == [("073****1234", "张*")]
    assert [one["what"] for one in seen["lacks"]] == ["editor", "leader_phone", "handler_phone", "duty_phone"]
    assert seen["lacks"][0]["clause"] == "001 25"
    assert (seen["place"], seen["full"], seen["version"]) == ("郴州市", False, 2)


async def test_names_in_full_need_a_purpose_and_the_look_is_kept(world: World) -> None:
    await world.put("office", "/units/SW/register", ENTRY)
    assert (await world.get("office", "/units/SW/people")).status_code == 422
    seen = (await world.get("office", "/units/SW/people?purpose=联系经办人")).json()
    assert {one["name"] for one in seen["people"]} == {"张三", "王建国"}
    assert seen["phones"][0]["number"] == "07352871234"
    async with world.database.reading() as session:
        kept = (await lookups.find(session, subject="SW", actor=world.user_ids["office"])).items
    assert ("unit.people", "联系经办人") in {(one.action, one.purpose) for one in kept}
    assert (await world.get("boss", "/units/SW/people?purpose=看看")).status_code == 403
    assert (await world.get("roads", "/units/SW/people?purpose=看看")).status_code == 404


async def test_a_unit_reports_its_own_change_of_staff_and_the_office_hears_of_it_at_once(
    world: World,
) -> None:
    await world.put("office", "/units/SW/register", ENTRY)
    changed = ENTRY | {
        "version": 2,
        "why": "经办人调离",
        "people": [*ENTRY["people"][:1], {"duty": "handler", "name": "李四"}],
    }  # type: ignore[index]
    async with world.hints.subscribe("units") as heard:
        assert (await world.put("water", "/units/SW/register", changed)).status_code == 200
        told = [(await anext(heard))[1] for _ in range(2)]
    assert [(one["unit"], one["what"], one["action"], one["staff"]) for one in told] == [
        ("SW", "handler", "removed", True), ("SW", "handler", "added", True),
    ]  # fmt: skip
    plain = (await world.get("audit", "/unit-register/changes?unit=SW&what=handler")).json()
    assert plain["total"] == 3
    assert all(one["before"] is one["after"] is None for one in plain["items"])
    full = (await world.get("office", "/unit-register/changes?what=handler&purpose=核对变动")).json()["items"]
    assert {(one["by"], one["why"]) for one in full[:2]} == {(world.user_ids["water"], "经办人调离")}
    assert {one["before"] or one["after"] for one in full[:2]} == {
        "经办人 张三（科员，登录名 water）",
        "经办人 李四",
    }


async def test_a_unit_keeps_only_itself_and_does_not_move_itself(world: World) -> None:
    await world.put("office", "/units/SW/register", ENTRY)
    assert (await world.put("roads", "/units/SW/register", ENTRY | {"version": 2})).status_code == 404
    for one in ("water", "head"):
        for change in ({"division": "431021"}, {"parent": "JT"}):
            moved = await world.put(one, "/units/SW/register", ENTRY | {"version": 2} | change)
            assert moved.status_code == 403, one
    assert (await world.put("head", "/units/JT/register", ENTRY | {"version": 1})).status_code in (403, 404)
    assert (await world.get("water", "/unit-register/changes?unit=JT")).json()["total"] == 5


async def test_what_is_not_sent_stays_as_it_is_and_what_is_sent_empty_is_taken_out(world: World) -> None:
    await world.put("office", "/units/SW/register", ENTRY)
    was = (await world.get("office", "/units/SW/people?purpose=核对")).json()
    assert (await world.put("water", "/units/SW/register", {"version": 2})).json()["version"] == 2
    named = await world.put(
        "water", "/units/SW/register", {"version": 2, "section": "信访科", "parent": None}
    )
    assert named.status_code == 200, named.text
    now = (await world.get("office", "/units/SW/people?purpose=核对")).json()
    assert now == was | {"section": "信访科", "version": 3}
    emptied = await world.put("office", "/units/SW/register", {"version": 3, "phones": []})
    assert (emptied.json()["phones"], len(emptied.json()["people"])) == ([], 2)


async def test_a_unit_that_is_late_and_wants_to_move_itself_learns_first_that_it_is_late(
    world: World,
) -> None:
    await world.put("office", "/units/SW/register", ENTRY)
    late = await world.put("water", "/units/SW/register", {"version": 1, "division": "431021"})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


async def test_of_two_who_decided_on_one_version_the_second_learns_of_it(world: World) -> None:
    assert (await world.put("office", "/units/SW/register", ENTRY)).status_code == 200
    late = await world.put("office", "/units/SW/register", ENTRY | {"section": "信访科"})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


async def test_a_countys_office_sees_and_keeps_its_own_countys_units(world: World) -> None:
    await county(world)
    await world.put("office", "/units/SW/register", ENTRY)
    seen = (await world.get("guiyang", "/units")).json()["items"]
    assert [one["code"] for one in seen] == ["GY"]
    lacks = (await world.get("guiyang", "/unit-register/lacks")).json()
    assert (lacks["total"], lacks["complete"], lacks["items"][0]["code"]) == (1, 0, "GY")
    entry = {"version": 1, "section": "办公室", "division": "431021"}
    assert (await world.put("guiyang", "/units/GY/register", entry)).status_code == 200
    assert (
        await world.put("guiyang", "/units/GY/register", entry | {"version": 2, "division": "431000"})
    ).status_code == 403
    for path in ("/units/SW/register", "/units/SW/people?purpose=看看", "/units/SW/phones"):
        assert (await world.get("guiyang", path)).status_code == 404
    assert (await world.get("guiyang", "/unit-register/changes")).json()["total"] == 1
    assert (await world.get("guiyang", "/units?division=431022")).json()["total"] == 0


async def test_what_is_not_there_is_said(world: World) -> None:
    assert (await world.get("office", "/units/NO/register")).status_code == 404
    assert (await world.put("office", "/units/SW/register", ENTRY | {"division": "999999"})).json()[
        "code"
    ] == "unknown_division"
    assert (await world.put("office", "/units/SW/register", ENTRY | {"parent": "NO"})).json()[
        "code"
    ] == "unknown_unit"
    assert (await world.put("office", "/units/SW/register", ENTRY | {"division": "43"})).status_code == 422
    assert (await world.get("office", "/unit-register/lacks?division=999999")).status_code == 404


async def test_places_are_listed_by_level_and_by_what_they_lie_in(small_world: World) -> None:
    counties = (await small_world.get("li", "/divisions?level=county")).json()
    assert (counties["home"], [one["name"] for one in counties["items"]]) == ("431000", ["桂阳县", "宜章县"])
    assert len((await small_world.get("li", "/divisions?within=431021")).json()["items"]) == 1
    assert (await small_world.get("li", "/divisions?within=999999")).status_code == 404
