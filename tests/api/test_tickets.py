"""Tickets over HTTP: filing once, who sees which, and versions that protect decisions."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api import rights
from core.errors import NotAllowed
from store import events, lookups, tickets
from store.tables import Ticket
from tests.api.conftest import CALLER, World, talking
from tickets.ticket import TicketStepped

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


async def looks(world: World, login: str) -> list[tuple[str, str]]:
    """What this person looked at, oldest first: action and purpose."""
    async with world.database.reading() as session:
        kept = (await lookups.find(session, actor=world.user_ids[login])).items
    return [(row.action, row.purpose) for row in reversed(kept)]


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
    assert (stolen.status_code, small_world.house.deeds) == (404, [])


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
    assert [(row.actor, row.action, row.purpose) for row in kept] == [
        (world.user_ids["office"], "ticket.read", "办理"),
        (world.user_ids["water"], "ticket.citizen", "办理"),
    ]


async def test_opening_a_ticket_is_kept_once_for_each_purpose_however_often_the_page_loads(
    world: World,
) -> None:
    path = f"/tickets/{(await file(world))['id']}"
    for header in ({}, {}, {"X-Purpose": "%E8%B4%A8%E6%A3%80"}, {}):
        assert (await world.get("boss", path, **header)).status_code == 200
    assert (await world.get("boss", f"{path}/events")).status_code == 200
    assert await looks(world, "boss") == [("ticket.read", "办理"), ("ticket.read", "质检")]


async def test_a_look_of_long_ago_is_another_look(world: World) -> None:
    ticket = await file(world)
    long_ago = datetime.now(UTC) - rights.LOOK_AGAIN - timedelta(seconds=1)
    async with world.database.session() as session:
        await lookups.note(session, world.user_ids["boss"], "ticket.read", ticket["id"], long_ago, "办理")
    await world.get("boss", f"/tickets/{ticket['id']}")
    assert await looks(world, "boss") == [("ticket.read", "办理")] * 2


async def test_a_search_is_kept_once_with_its_sort_and_never_with_what_was_asked(world: World) -> None:
    for query in ("停水", "停水&offset=50", "张三丰", "138 1234 5678", "20261121-04"):
        assert (await world.get("boss", f"/tickets?search={query}")).status_code == 200
    kept = [purpose for _, purpose in await looks(world, "boss")]
    sorts = [re.sub(r"[0-9a-f]{8}）", "…）", one) for one in kept]
    assert sorts == [
        "办理（按字词查询，记号…）",
        "办理（按字词查询，记号…）",
        "办理（按号码查询138****5678，记号…）",
        "办理（按编号查询，记号…）",
    ]
    assert len(set(kept)) == 4


async def test_a_search_for_the_tickets_of_ones_own_caller_is_kept(world: World) -> None:
    await talking(world)
    assert (await world.get("li", f"/tickets?same_caller_as={world.call_id}")).status_code == 200
    assert await looks(world, "li") == [("tickets.search", "办理（同一来电人）")]


async def test_titles_are_masked_in_lists_and_in_full_where_the_ticket_is(world: World) -> None:
    ticket = await file(world, title="张女士138-1234-5678反映停水")
    path = f"/tickets/{ticket['id']}"
    for login in ("water", "office"):
        assert [one["title"] for one in (await world.get(login, "/tickets")).json()["items"]] == [
            "张女士138****5678反映停水"
        ]
    assert (await world.get("office", path)).json()["title"] == "张女士138****5678反映停水"
    assert (await world.get("water", path)).json()["title"] == "张女士138-1234-5678反映停水"


async def test_what_a_confidential_title_hides_does_not_answer_to_a_search(world: World) -> None:
    title = "张三丰举报北湖路12号偷排，电话138 1234 5678"
    await file(world, title=title, confidential=True)
    shown = (await world.get("water", "/tickets")).json()["items"][0]["title"]
    assert shown == "诉求人举报北湖路12号偷排，电话******"
    for words, many in (
        ("偷排", 1),
        ("北湖路12号", 1),
        ("张三丰", 0),
        ("三", 0),
        ("138 1234", 0),
        ("4 5678", 0),  # with its space: four digits alone may be part of the ticket's own number
    ):
        assert (await world.get("water", f"/tickets?search={words}")).json()["total"] == many, words


async def test_a_confidential_body_keeps_where_and_whom_it_is_about(world: World) -> None:
    body = "我叫张三丰，电话一三八一二三四五六七八，举报北湖路12号3栋502室，当事人：李四"
    ticket = await file(world, body=body, confidential=True)
    shown = (await world.get("water", f"/tickets/{ticket['id']}")).json()["body"]
    assert shown == "我叫诉求人，电话******，举报北湖路12号3栋502室，当事人：李四"


async def test_the_agent_on_the_call_sees_the_citizen_of_its_ticket(world: World) -> None:
    ticket = await file(world, call_id=world.call_id)
    assert ticket["caller"] == "138****5678"
    await talking(world)
    assert (await world.get("li", f"/tickets/{ticket['id']}")).json()["caller"] == CALLER


async def test_a_ticket_says_what_you_could_do_now(world: World) -> None:
    ticket = await file(world)
    unit = (await world.get("water", f"/tickets/{ticket['id']}")).json()
    agent = (await world.get("li", f"/tickets/{ticket['id']}")).json()
    assert (unit["state_name"], unit["actions"]) == ("已派单", ["sign", "return", "contact", "set_term"])
    assert agent["actions"] == ["supplement", "urge", "withdraw"]
    assert [event["name"] for event in unit["history"]] == ["ticket.filed"]
    assert (await world.get("water", f"/tickets/{ticket['id']}/events")).json()["items"] == unit["history"]


async def test_two_deciders_on_one_version_one_wins(world: World) -> None:
    ticket = await file(world)
    path = f"/tickets/{ticket['id']}/actions"
    first = await world.post("water", path, {"action": "sign"}, **{"If-Match": '"1"'})
    second = await world.post("water", path, {"action": "sign"}, **{"If-Match": '"1"'})
    assert (first.status_code, first.json()["version"], first.headers["etag"]) == (200, 2, '"2"')
    assert (second.status_code, second.json()["code"]) == (409, "conflict")


async def test_a_merged_tickets_actions_are_those_passed_on_to_the_one_it_went_into(world: World) -> None:
    first, mine = (await file(world))["id"], (await file(world, key="key-000002", unit=None))["id"]
    async with world.database.session() as session:
        row = await tickets.get(session, mine)
        clock = {"state": "merged", "parent_id": first, "relation": "merged"}
        await tickets.change(session, mine, row.version, [], "office", **clock)
    seen = (await world.get("li", f"/tickets/{mine}")).json()
    assert (seen["state"], seen["actions"]) == ("merged", ["supplement", "urge", "withdraw"])
    async with world.database.session() as session:
        row = await tickets.get(session, first)
        await tickets.change(session, first, row.version, [], "office", state="resolved")
    assert (await world.get("li", f"/tickets/{mine}")).json()["actions"] == []


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
    looked = {
        "action": "return",
        "facts": {"reason": "非本单位职责", "on_site": True, "evidence": "已到现场查看"},
    }
    assert (await small_world.post("water", path, looked, **{"If-Match": "2"})).status_code == 200
    assert small_world.house.deeds[-1][-1] == looked["facts"]
    small_world.house.refuse_with = NotAllowed("工单处于“已签收”，不能“签收”")
    answer = await small_world.post("water", path, {"action": "sign"}, **{"If-Match": "2"})
    assert (answer.status_code, answer.json()["detail"]) == (403, "工单处于“已签收”，不能“签收”")


@pytest.mark.parametrize(
    "facts",
    [
        {"reason": "x", "actor": "x"}, {"reason": "x", "at": "x"}, {"reason": "x", "version": "9"},
        {"reason": "x", "Bad Name": "x"}, {"reason": {"a": 1}}, {}, {"reason": "x", "unit": "SW"},
    ],
)  # fmt: skip
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
    assert (await world.get("wang", f"/tickets?same_caller_as={world.call_id}")).status_code == 404


async def test_an_unknown_ticket_is_not_found(small_world: World) -> None:
    assert (await small_world.get("boss", "/tickets/tkt_unknown")).status_code == 404


async def test_a_child_is_added_once_and_shown_under_its_parent(world: World) -> None:
    lead = await file(world)
    given = {"relation": "assist", "unit": "JT"}
    path = f"/tickets/{lead['id']}/children"
    first = await world.post("boss", path, given, **{"Idempotency-Key": "key-child-1"})
    again = await world.post("boss", path, given, **{"Idempotency-Key": "key-child-1"})
    assert (first.status_code, first.json()["id"]) == (201, again.json()["id"])
    assert (first.json()["parent_id"], first.json()["relation"]) == (lead["id"], "assist")
    seen = (await world.get("boss", f"/tickets/{lead['id']}")).json()
    assert [one["id"] for one in seen["children"]] == [first.json()["id"]]
    listed = (await world.get("boss", f"/tickets?parent={lead['id']}&relation=assist")).json()
    assert listed["total"] == 1


async def test_whose_court_the_ball_is_in_is_told_in_seconds(small_world: World) -> None:
    ticket = await file(small_world)
    told = (await small_world.get("boss", f"/tickets/{ticket['id']}/ledger")).json()
    assert [span["holder"] for span in told["spans"]] == ["hotline"]
    assert told["returns"] == 0


async def test_numbers_in_a_reply_and_who_handled_it_are_the_units_own(world: World) -> None:
    ticket = await file(world)
    reply = {"result": f"已与{CALLER}联系，已修复", "handler": "李四五", "talk": [f"回拨{CALLER}"]}
    async with world.database.session() as session:
        row = await tickets.get(session, ticket["id"])
        await tickets.change(session, row.id, row.version, [], "user_x", reply=reply)
    for login in ("office", "boss", "audit", "admin", "li"):
        seen = await world.get(login, f"/tickets/{ticket['id']}")
        assert seen.json()["reply"]["handler"] == "李**", login
        assert CALLER not in seen.text, login
    assert (await world.get("water", f"/tickets/{ticket['id']}")).json()["reply"] == reply


async def test_a_form_knows_the_demands_and_what_each_deed_asks_for(world: World) -> None:
    made = await file(world, body="市民13812345678反映停水，要求尽快恢复供水；希望退还多收的水费。")
    path = f"/tickets/{made['id']}/options"
    office = (await world.get("office", path)).json()
    assert {one["action"] for one in office["options"]} == set(
        (await world.get("office", f"/tickets/{made['id']}")).json()["actions"]
    )
    assert len(office["demands"]) >= 2
    assert "13812345678" not in str(office)
    for clock in office["clocks"]:
        assert clock["quotes"]
        assert sum(day["counts"] for day in clock["days"]) > 0
    assert (await world.get("roads", path)).status_code == 404


async def test_a_deed_tells_who_did_it_and_of_a_units_people_only_to_their_unit(world: World) -> None:
    made = await file(world)
    async with world.database.session() as session:
        for who in ("office", "water"):
            did = TicketStepped(
                datetime.now(UTC), made["id"], "contact", "dispatched", world.user_ids[who], unit="SW"
            )
            await events.append(session, did, world.user_ids[who])
    path = f"/tickets/{made['id']}/events"
    seen = {
        who: [one["by"] for one in (await world.get(who, path)).json()["items"]]
        for who in ("water", "office")
    }
    assert seen["office"][-1] == ""
    assert all(seen["water"][-2:])
    assert seen["office"][-2] == seen["water"][-2] != ""


async def test_a_list_tells_what_was_replied_before_and_what_is_due_within_a_span(world: World) -> None:
    await file(world)
    none = (await world.get("office", "/tickets?replied=true")).json()["total"]
    some = (await world.get("office", "/tickets?replied=false")).json()["total"]
    assert (none, some) == (0, 1)
    later = (await world.get("office", "/tickets?due_after=2100-01-01T00:00:00Z")).json()["total"]
    assert later == 0


async def test_a_list_is_asked_by_the_gravest_card_that_fell(world: World) -> None:
    past, ahead = "2026-01-05T00:00:00+08:00", "2100-01-05T00:00:00+08:00"
    fallen = {
        "red": [("warning", past), ("yellow", past), ("red", past)],
        "yellow": [("yellow", past), ("red", ahead)],
        "": [("warning", ahead)],
    }
    for number, cards in enumerate(fallen.values()):
        made = await file(world, key=f"key-{number:06}", title=f"停水{number}")
        kept = [{"colour": colour, "at": at} for colour, at in cards]
        async with world.database.session() as session:
            await session.execute(update(Ticket).where(Ticket.id == made["id"]).values(cards=kept))
    for colour, titles in (("red", ["停水0"]), ("yellow", ["停水1"]), ("warning", [])):
        found = (await world.get("office", f"/tickets?card={colour}")).json()["items"]
        assert [one["title"] for one in found] == titles, colour
    assert (await world.get("office", "/tickets?card=pink")).status_code == 422
