"""Tickets over HTTP: filing once, who sees which, and versions that protect decisions."""

from typing import Any

import pytest

from core.errors import NotAllowed
from store import lookups
from tests.api.conftest import CALLER, World, talking

pytestmark = pytest.mark.service
KEY = {"Idempotency-Key": "key-000001"}


def draft(**changes: Any) -> dict[str, Any]:
    body = {
        "type": "help",
        "title": "小区停水两天",
        "body": f"市民{CALLER}反映停水",
        "citizen_name": "张三丰",
        "caller": CALLER,
    }
    return {**body, "unit": "SW", **changes}


async def file(world: World, login: str = "li", key: str = "key-000001", **changes: Any) -> Any:
    answer = await world.post(login, "/tickets", draft(**changes), **{"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_filing_twice_with_one_key_files_once(world: World) -> None:
    first, again = await file(world, call_id=world.call_id), await file(world, call_id=world.call_id)
    other = await file(world, key="key-000002")
    assert first["id"] == again["id"] != other["id"]
    assert (await world.get("boss", "/tickets")).json()["total"] == 2


async def test_a_key_that_stands_for_another_ticket_is_refused_and_never_swallows_one(
    small_world: World,
) -> None:
    await file(small_world)
    answer = await small_world.post("li", "/tickets", draft(title="另一件事"), **KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")


async def test_the_house_gets_the_draft_as_confirmed(world: World) -> None:
    answer = await world.post("li", "/tickets", draft(call_id=world.call_id), **KEY)
    _, login, given, key = world.house.deeds[0]
    assert (login, given.unit, given.caller, given.call_id) == ("li", "SW", CALLER, world.call_id)
    assert key == f"{world.user_ids['li']}:key-000001"
    assert answer.headers["location"] == f"/api/v1/tickets/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'


async def test_filing_needs_a_key_and_the_agents_own_call(small_world: World) -> None:
    assert (await small_world.post("li", "/tickets", draft())).status_code == 422
    stolen = await small_world.post("wang", "/tickets", draft(call_id=small_world.call_id), **KEY)
    assert (stolen.status_code, small_world.house.deeds) == (403, [])


@pytest.mark.parametrize(
    "change",
    [
        {"type": "gossip"},
        {"title": ""},
        {"body": "x" * 20_001},
        {"caller": "call me"},
        {"extra": 1},
        {"title": "停\0水"},
    ],
)
async def test_a_wrong_draft_is_refused_before_the_house_sees_it(
    small_world: World, change: dict[str, Any]
) -> None:
    assert (await small_world.post("li", "/tickets", draft(**change), **KEY)).status_code == 422
    assert small_world.house.deeds == []


async def test_a_unit_sees_its_own_tickets_only(world: World) -> None:
    mine, theirs = await file(world), await file(world, key="key-000002", unit="JT")
    listed = (await world.get("water", "/tickets")).json()
    assert [t["id"] for t in listed["items"]] == [mine["id"]]
    assert (await world.get("water", "/tickets?unit=JT")).json()["total"] == 0
    for path in ("", "/events"):
        assert (await world.get("water", f"/tickets/{theirs['id']}{path}")).status_code == 404
    act = await world.post(
        "water", f"/tickets/{theirs['id']}/actions", {"action": "sign"}, **{"If-Match": "1"}
    )
    assert act.status_code == 404
    assert all(deed[0] == "file_ticket" for deed in world.house.deeds)


async def test_the_responsible_unit_sees_the_citizen_and_that_is_kept(world: World) -> None:
    ticket = await file(world)
    unit = (await world.get("water", f"/tickets/{ticket['id']}")).json()
    office = (await world.get("office", f"/tickets/{ticket['id']}")).json()
    assert (unit["caller"], unit["citizen_name"], CALLER in unit["body"]) == (CALLER, "张三丰", True)
    assert (office["caller"], office["citizen_name"], CALLER in office["body"]) == (
        "138****5678",
        "张**",
        False,
    )
    async with world.database.reading() as session:
        kept = (await lookups.find(session, subject=ticket["id"])).items
    assert [(row.actor, row.action) for row in kept] == [(world.user_ids["water"], "ticket.citizen")]


async def test_the_agent_on_the_call_sees_the_citizen_of_its_ticket(world: World) -> None:
    ticket = await file(world, call_id=world.call_id)
    assert ticket["caller"] == "138****5678"
    await talking(world)
    assert (await world.get("li", f"/tickets/{ticket['id']}")).json()["caller"] == CALLER


async def test_a_ticket_says_what_you_could_do_now(world: World) -> None:
    ticket = await file(world)
    unit = (await world.get("water", f"/tickets/{ticket['id']}")).json()
    agent = (await world.get("li", f"/tickets/{ticket['id']}")).json()
    assert (unit["state_name"], unit["actions"], agent["actions"]) == ("已派单", ["sign", "return"], [])
    assert [event["name"] for event in unit["history"]] == ["ticket.filed"]
    assert (await world.get("water", f"/tickets/{ticket['id']}/events")).json()["items"] == unit["history"]


async def test_two_deciders_on_one_version_one_wins(world: World) -> None:
    ticket = await file(world)
    path = f"/tickets/{ticket['id']}/actions"
    first = await world.post("water", path, {"action": "sign"}, **{"If-Match": '"1"'})
    second = await world.post("water", path, {"action": "sign"}, **{"If-Match": '"1"'})
    assert (first.status_code, first.json()["version"], first.headers["etag"]) == (200, 2, '"2"')
    assert (second.status_code, second.json()["code"]) == (409, "conflict")


async def test_a_decision_must_say_its_version(small_world: World) -> None:
    ticket = await file(small_world)
    path = f"/tickets/{ticket['id']}/actions"
    assert (await small_world.post("water", path, {"action": "sign"})).status_code == 428
    assert (await small_world.post("water", path, {"action": "sign"}, **{"If-Match": "*"})).status_code == 422


async def test_facts_reach_the_house_and_what_the_table_forbids_is_told(small_world: World) -> None:
    ticket = await file(small_world)
    path, body = f"/tickets/{ticket['id']}/actions", {"action": "return", "facts": {"reason": "非本单位职责"}}
    assert (await small_world.post("water", path, body, **{"If-Match": "1"})).status_code == 200
    assert small_world.house.deeds[-1] == (
        "act_on_ticket", "water", ticket["id"], 1, "return", {"reason": "非本单位职责"},
    )  # fmt: skip
    small_world.house.refuse_with = NotAllowed("工单处于“已签收”，不能“签收”")
    answer = await small_world.post("water", path, {"action": "sign"}, **{"If-Match": "2"})
    assert (answer.status_code, answer.json()["detail"]) == (403, "工单处于“已签收”，不能“签收”")


@pytest.mark.parametrize(
    "facts", [{"actor": "x"}, {"at": "x"}, {"version": "9"}, {"Bad Name": "x"}, {"reason": {"a": 1}}]
)
async def test_facts_can_not_take_the_place_of_our_own(small_world: World, facts: dict[str, Any]) -> None:
    ticket = await file(small_world)
    body = {"action": "return", "facts": facts}
    answer = await small_world.post("water", f"/tickets/{ticket['id']}/actions", body, **{"If-Match": "1"})
    assert answer.status_code == 422


async def test_lists_filter_and_order(world: World) -> None:
    await file(world)
    await file(world, key="key-000002", unit=None, type="consult", title="咨询公交线路")
    for query, total in (
        ("state=dispatched", 1), ("state=dispatched&state=filed", 2), ("type=consult", 1), ("unit=SW", 1),
        ("search=公交", 1), ("search=%25", 0), ("due_before=2030-01-01T00:00:00Z", 0), ("order=due_at&direction=asc", 2),
        ("from=2030-01-01T00:00:00Z", 0),
    ):  # fmt: skip
        assert (await world.get("boss", f"/tickets?{query}")).json()["total"] == total, query


async def test_the_agent_on_a_call_sees_the_citizens_earlier_tickets(world: World) -> None:
    await file(world)
    await file(world, key="key-000002", caller="13900000000")
    await talking(world)
    mine = await world.get("li", f"/tickets?same_caller_as={world.call_id}")
    assert mine.json()["total"] == 1
    assert (await world.get("wang", f"/tickets?same_caller_as={world.call_id}")).status_code == 403


async def test_an_unknown_ticket_is_not_found(small_world: World) -> None:
    assert (await small_world.get("boss", "/tickets/tkt_unknown")).status_code == 404
