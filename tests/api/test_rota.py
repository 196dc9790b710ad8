"""The duty rota over HTTP: listed by line and day with its holes, overlaps refused, and who is on duty now on the floor's view."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from store import events, lines
from tests.api.conftest import World

pytestmark = pytest.mark.service
EXPERT = {"mode": "dual_number", "target": "", "expert_seat": True}


def shift(begins: str = "08:00", ends: str = "12:00", **changes: Any) -> dict[str, Any]:
    times = {"starts_at": f"2026-11-23T{begins}:00+08:00", "ends_at": f"2026-11-23T{ends}:00+08:00"}
    return {"line": "12319", "seat_id": "8001", **times, **changes}


@pytest.fixture
async def office(world: World) -> World:
    """12319 has seats of its own."""
    async with world.database.session() as session:
        row = await lines.get(session, "12319")
        row.mode, row.target = "dual_number", ""
    return world


async def send(
    world: World, method: str, path: str, body: Any = None, version: str = "", login: str = "boss"
) -> httpx.Response:
    headers = {"If-Match": version} if version else {}
    async with world.client(login) as client:
        return await client.request(method, f"/api/v1{path}", json=body, headers=headers)


async def test_shifts_are_listed_by_line_and_day_with_the_holes_between_them(office: World) -> None:
    for body in (shift(), shift("14:30", "18:00")):
        assert (await send(office, "POST", "/rota", body)).status_code == 201
    day = (await office.get("boss", "/rota?line=12319&day=2026-11-23")).json()
    (line,) = day["lines"]
    assert [(s["seat_id"], s["starts_at"]) for s in line["shifts"]] == [
        ("8001", "2026-11-23T00:00:00Z"), ("8001", "2026-11-23T06:30:00Z"),
    ]  # fmt: skip
    assert [(g["starts_at"], g["ends_at"]) for g in line["gaps"]] == [
        ("2026-11-22T16:00:00Z", "2026-11-23T00:00:00Z"),
        ("2026-11-23T04:00:00Z", "2026-11-23T06:30:00Z"),
        ("2026-11-23T10:00:00Z", "2026-11-23T16:00:00Z"),
    ]
    assert (await office.get("boss", "/rota?day=2026-11-24")).json()["lines"] == []
    (none,) = (await office.get("boss", "/rota?day=2026-11-24&line=12319&days=7")).json()["lines"]
    assert (none["shifts"], len(none["gaps"])) == ([], 1)
    assert (await office.get("boss", "/rota?day=2026-02-30")).json()["code"] == "bad_input"


async def test_overlaps_of_one_person_are_refused_and_the_same_again_is_the_same(office: World) -> None:
    first, again = [await send(office, "POST", "/rota", shift()) for _ in range(2)]
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    refused = await send(office, "POST", "/rota", shift("11:00", "13:00"))
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert "不能重叠" in refused.json()["detail"]
    assert "11月23日08:00 至 11月23日12:00" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (shift("12:00", "08:00"), 422),
        (shift(seat_id=None), 422),
        (shift(user_id="user_x"), 422),
        (shift(line="12345"), 422),
        (shift(line="99999"), 404),
        (shift(seat_id="9999"), 404),
        (shift(seat_id=None, user_id="user_x"), 404),
        (shift(colour="red"), 422),
    ],
)
async def test_what_cannot_be_is_a_problem(office: World, body: dict[str, Any], status: int) -> None:
    answer = await send(office, "POST", "/rota", body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_shift_is_changed_on_its_version_and_taken_off_with_a_record(office: World) -> None:
    made = (await send(office, "POST", "/rota", shift())).json()
    path = f"/rota/{made['id']}"
    moved = await send(office, "PUT", path, shift("09:00"), '"1"')
    assert (moved.status_code, moved.json()["version"]) == (200, 2)
    assert (await send(office, "PUT", path, shift("10:00"), '"1"')).status_code == 409
    assert (await send(office, "PUT", path, shift("09:00"), '"1"')).json()["version"] == 2
    assert (await send(office, "PUT", path, shift("10:00"))).status_code == 422
    assert (await send(office, "DELETE", path)).status_code == 204
    assert (await send(office, "DELETE", path)).status_code == 404
    async with office.database.reading() as session:
        told = [(e.actor, e.payload["deed"]) for e in await events.of(session, made["id"])]
    assert told == [(office.user_ids["boss"], deed) for deed in ("added", "changed", "removed")]


async def test_the_floor_shows_who_is_on_duty_and_not_there_and_which_line_is_left_alone(
    office: World,
) -> None:
    now = datetime.now(UTC)
    times = {
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(hours=1)).isoformat(),
    }
    made = (await send(office, "POST", "/rota", shift(**times))).json()
    (duty,) = (await office.get("boss", "/rota/now")).json()["items"]
    assert (duty["line"], duty["state"]) == ("12319", "absent")
    assert [(p["shift_id"], p["logged_in"], p["seat"]) for p in duty["people"]] == [(made["id"], False, "")]
    async with office.client("li") as client:
        assert (await client.post("/api/v1/seats/8001/login")).status_code == 200
    (duty,) = (await office.get("boss", "/floor")).json()["rota"]
    assert (duty["state"], duty["people"][0]["seat"], duty["people"][0]["skilled"]) == (
        "covered",
        "8001",
        False,
    )
    await send(
        office,
        "PUT",
        f"/rota/{made['id']}",
        shift(**times | {"ends_at": (now - timedelta(minutes=5)).isoformat()}),
        '"1"',
    )
    (duty,) = (await office.get("boss", "/floor")).json()["rota"]
    assert (duty["state"], duty["people"]) == ("empty", [])


async def test_whoever_arranges_it_is_told_for_which_lines_and_who(office: World) -> None:
    found = (await office.get("boss", "/rota/choices")).json()
    assert "12319" in [one["number"] for one in found["lines"]]
    assert {one["id"] for one in found["seats"]} >= {"8001", "8002"}
    assert {one["role"] for one in found["people"]} == {"agent", "expert"}


async def test_one_sees_ones_own_shifts_and_those_of_ones_seat(office: World) -> None:
    now = datetime.now(UTC)
    for hours, who in ((1, {"seat_id": "8001"}), (5, {"seat_id": None, "user_id": office.user_ids["li"]})):
        times = {
            "starts_at": (now + timedelta(hours=hours)).isoformat(),
            "ends_at": (now + timedelta(hours=hours + 2)).isoformat(),
        }
        assert (await send(office, "POST", "/rota", shift(**times, **who))).status_code == 201
    assert [one["user_id"] for one in (await office.get("li", "/rota/mine")).json()["items"]] == [
        office.user_ids["li"]
    ]
    await office.post("li", "/seats/8001/login")
    assert [one["seat_id"] for one in (await office.get("li", "/rota/mine")).json()["items"]] == [
        "8001",
        None,
    ]


async def test_screens_are_told_that_the_rota_changed(office: World) -> None:
    async with office.hints.subscribe("floor") as incoming:
        await send(office, "POST", "/rota", shift())
        _, hint = await anext(incoming)
    assert hint == {"event": "rota.changed", "line": "12319"}
