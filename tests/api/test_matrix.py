"""Every operation × every role × own and other unit, own and other division: what core.rights says is what happens."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from api.openapi import describe, operations
from core.quality import QualityReviewed
from core.rights import ALSO, TABLE, Right, roles_of
from store import events, quality, tickets
from tests.api import matrix
from tests.api.conftest import World
from tests.api.matrix import PEOPLE, Owned, Person, reaches
from tests.api.test_rights import RIGHTS, rights_of
from tickets.anomalies import Anomaly
from tickets.clock import local

pytestmark = pytest.mark.service
Json = dict[str, Any]
Stage = tuple[World, dict[str, list[Owned]]]

OF_PATH = {
    "call_id": "call", "ticket_id": "ticket", "recording_id": "recording", "message_id": "message",
    "errand_id": "errand", "notice_id": "notice", "phone_id": "phone", "code": "unit",
    "order_id": "order", "case_id": "case", "release_id": "release", "item_id": "enterprise",
    "block_id": "block", "care_id": "care", "hold_id": "hold", "precedent_id": "precedent",
}  # fmt: skip
"""A path's first parameter tells whose object is asked for."""
LISTS = {
    "GET /calls": "call", "GET /tickets": "ticket", "GET /messages": "message", "GET /errands": "errand",
    "GET /notices": "notice", "GET /texts": "notice",
    "GET /supervision-orders": "order", "GET /accountability": "case", "GET /releases": "release",
    "GET /quality/checks": "call", "GET /quality/sample": "call",
    "GET /enterprise/ledger": "enterprise", "GET /callers/blocks": "block", "GET /callers/care": "care",
    "GET /holds": "hold",
}  # fmt: skip
ABOUT = {"GET /audit/events": "subject", "GET /hot-issues": "ticket_id", "GET /lookups": "subject"}
"""Lists of what happened to tickets: each line names its ticket here."""
BY_UNIT = {
    "GET /probes": "unit_code", "GET /probe-rulings": "unit_code", "GET /reachability": "unit",
    "GET /unit-register/changes": "unit_code", "GET /anomalies": "unit",
}  # fmt: skip
"""Lists of what units did: each line names its unit."""
TOLD = ("GET /articles/{article_id}/uses", "GET /knowledge/told")
"""What citizens were told, each line with its call."""
FIGURES: dict[str, Callable[[Any], int]] = {
    "GET /monitor": lambda told: next(w["offered"] for w in told["windows"] if w["window"] == "24h"),
    "GET /monitor/hours": lambda told: sum(hour["offered"] for hour in told["items"]),
    "GET /grades/summary": lambda told: sum(stage["total"] for stage in told["items"]),
    "GET /quality/agreement": lambda told: told["judged"],
    "GET /assessments/seats": lambda told: told["outsourcer"]["calls"],
    "GET /floor": lambda told: told["today"]["tickets"],
}
"""Figures over what there is one of to each of the stage's calls."""
PEOPLES = {"GET /users", "POST /callers/lookup"}
"""Tried apart, below."""
IN_BODY: dict[str, tuple[str, str, Right]] = {
    "POST /tickets": ("call", "call_id", ("call", "handle")),
    "POST /tickets/duplicates": ("call", "call_id", ("call", "handle")),
    "POST /accountability": ("unit", "unit", ("accountability", "judge")),
    "POST /supervision-orders": ("ticket", "ticket_id", ("ticket", "act")),
    "POST /releases": ("ticket", "object_id", ("ticket", "read")),
    "POST /audit/trail": ("ticket", "about", ("ticket", "read")),
    "POST /callers/blocks": ("call", "call_id", ("caller", "keep")),
    "POST /callers/evidence": ("release", "release_id", ("release", "take")),
    "POST /holds": ("call", "object_id", ("hold", "place")),
    "POST /probe-rulings": ("unit", "unit", ("unit_people", "keep")),
}
"""Deeds whose body names the object, and the right that is asked for it."""
WORDS = {
    "call": "没有通话", "ticket": "没有工单", "recording": "没有录音", "message": "没有留言", "errand": "没有外呼任务",
    "notice": "没有通知", "phone": "没有联络号码", "unit": "没有代码为",
    "order": "没有督办单", "case": "没有责任追究线索", "release": "没有放行单",
    "enterprise": "台账中没有", "block": "没有限制记录", "care": "没有关怀登记", "hold": "没有保全",
    "precedent": "没有审定先例",
}  # fmt: skip


@pytest_asyncio.fixture
async def stage(small_world: World) -> AsyncIterator[Stage]:
    yield small_world, await matrix.stage(small_world)


def test_the_roles_of_every_right_are_those_the_routes_let_in(small_world: World) -> None:
    declared = rights_of(small_world)
    assert len(declared) > 45
    for name, right in declared.items():
        assert _without_kin(RIGHTS[name]) == _without_kin(roles_of(right)), f"{name} {right}"
    assert set(TABLE) <= set(declared.values()), "a right no route asks for"


def test_every_route_with_a_reach_is_tried(small_world: World) -> None:
    declared = rights_of(small_world)
    tried = {name for name in declared if _kind(name) or name in LISTS | ABOUT | BY_UNIT | IN_BODY | FIGURES}
    tried |= {*TOLD, *PEOPLES}
    reaching = {name for name, right in declared.items() if set(TABLE[right].values()) != {"all"}}
    assert reaching <= tried, f"not tried: {sorted(reaching - tried)}"


async def test_others_objects_are_not_found_and_ones_own_are(stage: Stage) -> None:
    world, owned = stage
    document = describe(world.app)
    bodies = {name.replace("/api/v1", ""): operation for name, operation in operations(document)}
    for who, client in [(one, world.client(one.login)) for one in PEOPLE]:
        for name, right in rights_of(world).items():
            kind = _kind(name)
            if kind is None or who.role not in TABLE[right]:
                continue
            for thing in _two(owned[kind], who):
                answer = await _ask(client, name, bodies[name], thing)
                hidden = _hidden(answer, kind, thing)
                assert answer.status_code < 500, (name, answer.text)
                assert hidden == (not reaches(right, who, thing)), (who, name, right, thing, answer.text)


async def test_lists_hold_ones_own_and_nothing_else(stage: Stage) -> None:
    world, owned = stage
    declared = rights_of(world)
    hot = [Anomaly(datetime.now(UTC), "hot", thing.id, thing.unit) for thing in owned["ticket"]]
    async with world.database.session() as session:
        await events.append_all(session, hot, "hot-issues")
    for who, client in [(one, world.client(one.login)) for one in PEOPLE]:
        for name, kind in (LISTS | dict.fromkeys(ABOUT, "ticket")).items():
            right = declared[name]
            if who.role not in TABLE[right]:
                continue
            query = "?state=" if name in ("GET /messages", "GET /errands") else ""
            answer = await client.get("/api/v1" + name.removeprefix("GET ") + query)
            column = ABOUT.get(name, "id")
            shown = {item[column] for item in answer.json()["items"]} & {thing.id for thing in owned[kind]}
            assert shown == {thing.id for thing in owned[kind] if reaches(right, who, thing)}, (who, name)


async def test_what_units_did_is_shown_for_the_units_within_reach(stage: Stage) -> None:
    world, owned = stage
    declared = rights_of(world)
    async with world.client("office") as office:
        for thing in owned["phone"]:
            await office.post(f"/api/v1/unit-phones/{thing.id}/probes")
            ruling = {**_FOREVER, "unit": thing.unit, "reason": "停电停电"}
            await office.post("/api/v1/probe-rulings", json=ruling)
            entry = {"version": 1, "section": "办公室", "division": thing.division, "why": "登记科室"}
            await office.put(f"/api/v1/units/{thing.unit}/register", json=entry)
    async with world.database.session() as session:
        odd = [Anomaly(datetime.now(UTC), "unit_overdue", "", thing.unit) for thing in owned["unit"]]
        await events.append_all(session, odd, "anomalies")
    for who, client in [(one, world.client(one.login)) for one in PEOPLE]:
        for name, column in BY_UNIT.items():
            right = declared[name]
            if who.role not in TABLE[right]:
                continue
            answer = await client.get("/api/v1" + name.removeprefix("GET "))
            shown = {item[column] for item in answer.json()["items"]}
            assert shown == {thing.unit for thing in owned["unit"] if reaches(right, who, thing)}, (who, name)


async def test_figures_count_what_is_within_reach(stage: Stage) -> None:
    world, owned = stage
    now = datetime.now(UTC)
    async with world.database.session() as session:
        for thing in owned["call"]:
            check, said = await quality.check_of(session, thing.id), QualityReviewed(now, thing.id, 100, 1, 1)
            await quality.keep_review(session, check, {"greeting": True}, "", "user_x", said)
    query = {"GET /assessments/seats": f"?period={local(now):%Y-%m}"}
    declared = rights_of(world)
    for who, client in [(one, world.client(one.login)) for one in PEOPLE]:
        for name, figure in FIGURES.items():
            if who.role not in TABLE[declared[name]]:
                continue
            answer = await client.get("/api/v1" + name.removeprefix("GET ") + query.get(name, ""))
            within = sum(reaches(declared[name], who, thing) for thing in owned["call"])
            assert figure(answer.json()) == within, (who, name, answer.text)


async def test_what_citizens_were_told_is_shown_for_calls_within_reach(stage: Stage) -> None:
    world, owned = stage
    for who, client in [(one, world.client(one.login)) for one in PEOPLE]:
        if who.role not in TABLE["knowledge", "trace"]:
            continue
        uses = (await client.get("/api/v1/articles/art_water/uses")).json()["items"]
        mine = {one.id for one in owned["call"] if reaches(("knowledge", "trace"), who, one)}
        assert {one["call_id"] for one in uses} == mine, who
        for thing in owned["call"]:
            told = await client.get(f"/api/v1/knowledge/told?call_id={thing.id}")
            assert len(told.json()["items"]) == (thing.id in mine), (who, thing)


async def test_a_number_is_looked_up_and_blocked_by_whom_it_called(stage: Stage) -> None:
    world, owned = stage
    for login in ("boss", "north-supervisor"):
        who = next(one for one in PEOPLE if one.login == login)
        async with world.client(login) as client:
            for thing in owned["call"]:
                asked = {"number": thing.ids["caller"], "why": "核查来电"}
                known = (await client.post("/api/v1/callers/lookup", json=asked)).json()
                seen = int(reaches(("caller", "read"), who, thing))
                assert [known["calls"], len(known["blocks"]), len(known["care"])] == [seen] * 3, (who, thing)
                given = {"number": thing.ids["caller"], "tag": "harassment", "reason": "反复骚扰"}
                again = await client.post("/api/v1/callers/blocks", json=given)
                assert again.status_code == (409 if seen else 404), (who, again.text)


async def test_a_countys_people_see_the_accounts_of_their_county(stage: Stage) -> None:
    world, _ = stage
    north = {one.login for one in PEOPLE if one.division == matrix.NORTH or one.unit == "SW"}
    for login, seen in (("north-office", north), ("north-auditor", north), ("office", set(world.user_ids))):
        listed = (await world.get(login, "/users?limit=200")).json()["items"]
        assert {one["login"] for one in listed} == seen, login


async def test_a_countys_office_asks_the_citys_to_release_and_does_not_decide(stage: Stage) -> None:
    world, owned = stage
    own, others, _ = owned["release"]
    vote = {"verdict": "approve", "why": "用途属实"}
    told = await world.post("north-office", f"/releases/{own.id}/votes", vote)
    assert told.status_code == 403
    assert "市热线办" in told.json()["detail"]
    assert (await world.post("north-office", f"/releases/{others.id}/votes", vote)).status_code == 404
    assert (await world.post("office", f"/releases/{own.id}/votes", vote)).status_code == 200


async def test_a_deed_that_names_an_object_in_its_body_reaches_as_far(stage: Stage) -> None:
    world, owned = stage
    document = describe(world.app)
    described = {name.replace("/api/v1", ""): operation for name, operation in operations(document)}
    declared = rights_of(world)
    for who, client in [(one, world.client(one.login)) for one in PEOPLE]:
        for name, (kind, field, right) in IN_BODY.items():
            if who.role not in TABLE[declared[name]]:
                continue
            for thing in _two(owned[kind], who):
                answer = await _ask(client, name, described[name], thing, **{field: thing.id})
                hidden = _hidden(answer, kind, thing)
                within = who.role in TABLE[right] and reaches(right, who, thing)
                assert hidden == (not within), (name, thing, answer.text)


async def test_a_countys_hotline_puts_no_order_on_a_unit_outside_it(stage: Stage) -> None:
    world, owned = stage
    north, south, _ = owned["ticket"]
    for login in ("north-supervisor", "north-office", "boss"):
        for thing in (south, north):
            given = {"ticket_id": north.id, "units": [thing.unit]}
            key = {"Idempotency-Key": f"order-{login}-{thing.unit}"}
            answer = await world.post(login, "/supervision-orders", given, **key)
            within = login == "boss" or thing is north
            assert answer.status_code == (201 if within else 404), (login, answer.text)
            assert within or thing.unit in answer.json()["detail"]
    async with world.database.reading() as session:
        put_on = [one.unit_code for one in await tickets.children(session, north.id)]
    assert sorted(put_on) == ["JT", "SW", "SW", "SW"]


async def test_a_unit_reads_what_its_tickets_wait_for_and_help_with_and_nothing_further(world: World) -> None:
    lead, children, below = await matrix.kin(world)
    together = {children["assist"], children["descent"]}
    for login, mine, theirs, hidden in (
        ("water", {lead}, together, {children["supervision"], below}),
        ("head", {lead}, together, {children["supervision"], below}),
        ("roads", set(children.values()), {lead, below}, set()),
    ):
        for one in mine | theirs:
            seen = await world.get(login, f"/tickets/{one}")
            assert seen.status_code == 200, (login, one)
            assert bool(seen.json()["actions"]) == (one in mine), (login, one)
            assert (await world.get(login, f"/tickets/{one}/replies")).status_code == 200
            if one in theirs:
                assert "13812345678" not in seen.text
                assert "张三丰" not in str(seen.json()["citizen_name"])
        for one in hidden:
            assert (await world.get(login, f"/tickets/{one}")).status_code == 404, (login, one)
        for one in theirs:
            sign = {"action": "sign", "facts": {}}
            acted = await world.post(login, f"/tickets/{one}/actions", sign, **{"If-Match": '"1"'})
            assert acted.status_code == 404, (login, one)
            assert (await world.get(login, f"/tickets/{one}/events")).status_code == 404
    family = (await world.get("water", f"/tickets/{lead}")).json()["children"]
    assert {one["id"] for one in family} == together
    veiled = await world.get("water", f"/tickets/{children['descent']}")
    assert "张" not in veiled.text
    siblings = (await world.get("roads", f"/tickets/{lead}")).json()["children"]
    assert {one["id"] for one in siblings} == set(children.values())


_FOREVER = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2100-01-01T00:00:00Z"}


def _hidden(answer: httpx.Response, kind: str, thing: Owned) -> bool:
    """Not found, and it is this object that was not."""
    told = answer.json()["detail"] if answer.status_code == 404 else ""
    return told.startswith(WORDS[kind]) and thing.id in told


def _without_kin(roles: Iterable[str]) -> set[str]:
    """Experts and leaders stand in core.rights only; elsewhere they go with agents and handlers."""
    return set(roles) - set(ALSO)


def _two(owned: list[Owned], who: Person) -> list[Owned]:
    """One that is theirs, or their place's, and one that is not."""
    first, second, experts = owned
    return [experts, second] if who.role == "expert" else [first, second]


def _kind(name: str) -> str | None:
    first = re.search(r"\{(\w+)\}", name)
    return OF_PATH.get(first.group(1)) if first else None


async def _ask(
    client: httpx.AsyncClient, name: str, operation: Json, thing: Owned, **fields: str
) -> httpx.Response:
    """The operation with its own published examples, asked about this object."""
    method, path = name.split(" ")
    for parameter, value in thing.ids.items():
        path = path.replace(f"{{{parameter}}}", value)
    given = {
        one["name"]: "核实情况"
        for one in operation.get("parameters", ())
        if one["in"] == "query" and one.get("required")
    }
    headers = {
        one["name"]: str((one.get("examples") or one["schema"].get("examples"))[0])
        for one in operation.get("parameters", ())
        if one["in"] == "header" and (one.get("examples") or one["schema"].get("examples"))
    }
    media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = media["examples"]["sign"]["value"] if "examples" in media else media.get("example")
    if isinstance(body, dict):
        known = {"unit": thing.unit, "seat": "8002", "call_id": thing.ids["call_id"]}
        body = {key: known.get(key, value) for key, value in body.items()} | fields
    return await client.request(method, f"/api/v1{path}", json=body, headers=headers, params=given)
