"""Calls over HTTP: what each role sees of a citizen, and what only the agent who has the call may do."""

from datetime import UTC, datetime

import pytest

from core.ports import Utterance
from store import lookups, proposals, utterances
from tests.api.conftest import CALLER, World, talking

pytestmark = pytest.mark.service
MASKED = "138****5678"


async def test_only_the_agent_who_has_the_call_now_sees_the_number(world: World) -> None:
    await talking(world)
    seen = {
        who: (await world.get(who, f"/calls/{world.call_id}")).json()["caller"]
        for who in ("li", "boss", "audit")
    }
    assert seen == {"li": CALLER, "boss": MASKED, "audit": MASKED}
    assert (await world.get("wang", f"/calls/{world.call_id}")).status_code == 404


async def test_seeing_a_number_is_kept_in_the_look_up_log(world: World) -> None:
    await talking(world)
    await world.get("li", f"/calls/{world.call_id}")
    await world.get("boss", f"/calls/{world.call_id}")
    async with world.database.reading() as session:
        kept = (await lookups.find(session, subject=world.call_id)).items
    seen = {(row.actor, row.action) for row in kept}
    assert seen == {(world.user_ids["li"], "call.caller"), (world.user_ids["boss"], "call.read")}


@pytest.mark.parametrize("part", ["", "/utterances", "/proposals", "/events"])
async def test_whoever_opens_anothers_call_stands_in_the_look_up_log_with_the_purpose(
    world: World, part: str
) -> None:
    await talking(world)
    for login in ("li", "boss", "boss", "audit"):  # li is in the talk; a page reads again at every change
        answer = await world.get(login, f"/calls/{world.call_id}{part}", **{"X-Purpose": "qc"})
        assert answer.status_code == 200
    assert (await world.get("wang", f"/calls/{world.call_id}{part}")).status_code == 404
    async with world.database.reading() as session:
        kept = (await lookups.find(session, action="call.read")).items
    assert {(row.actor, row.subject, row.purpose) for row in kept} == {
        (world.user_ids[who], world.call_id, "qc") for who in ("boss", "audit")
    }
    assert len(kept) == 2


async def test_after_the_call_its_agent_sees_it_masked_too(world: World) -> None:
    assert (await world.get("li", f"/calls/{world.call_id}")).json()["caller"] == MASKED


async def test_a_number_in_full_finds_its_calls_and_the_search_is_kept(world: World) -> None:
    found = (await world.get("boss", f"/calls?search={CALLER}")).json()
    none = (await world.get("boss", "/calls?search=13900000000")).json()
    assert (found["total"], none["total"], found["items"][0]["caller"]) == (1, 0, MASKED)
    async with world.database.reading() as session:
        assert (await lookups.find(session, actor=world.user_ids["boss"])).total == 2


async def test_lists_are_paged_and_filtered(world: World) -> None:
    assert (await world.get("boss", "/calls?limit=1&offset=1")).json() == {"total": 1, "items": []}
    assert (await world.get("boss", "/calls?line=12345&state=talking")).json()["total"] == 1
    assert (await world.get("boss", "/calls?outcome=ticket")).json()["total"] == 0
    assert (await world.get("boss", "/calls?until=2020-01-01T00:00:00Z")).json()["total"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "offset=-1",
        "from=2026-01-01T00:00:00",
        "direction=up",
        "nonsense=1",
        "search=abc",
    ],
)
async def test_a_strange_question_is_refused_by_name(small_world: World, query: str) -> None:
    answer = await small_world.get("boss", f"/calls?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["where"].split(".")[0]) == (422, "query")


async def test_what_was_said_proposed_and_done_can_be_read(world: World) -> None:
    path = f"/calls/{world.call_id}"
    said = (await world.get("li", f"{path}/utterances")).json()["items"]
    proposed = (await world.get("li", f"{path}/proposals")).json()["items"]
    every = (await world.get("li", f"{path}/proposals?every_round=true")).json()["items"]
    recorded = (await world.get("li", f"{path}/recordings")).json()["items"]
    assert [u["text"] for u in said] == ["我们小区停水两天了"]
    assert [(p["ref"], p["evidence"]) for p in proposed] == [("SW", ["停水"])]
    assert every == proposed
    marks = (await world.get("li", f"{path}/proposals")).json()["sure"]
    assert (marks["answer"], marks["unit"], marks["refusal"]) == (60, 70, 60)
    assert [r["id"] for r in recorded] == [world.recording_id]
    assert (await world.get("li", f"{path}/events")).json() == {"items": []}


@pytest.mark.parametrize("part", ["", "/utterances", "/proposals", "/events", "/recordings"])
async def test_an_unknown_call_is_not_found(small_world: World, part: str) -> None:
    assert (await small_world.get("li", f"/calls/call_unknown{part}")).status_code == 404


async def test_the_agent_decides_on_a_proposal_once(world: World) -> None:
    path = f"/calls/{world.call_id}/proposals/{world.proposal_id}/decision"
    accepted, overridden = {"decision": "accepted"}, {"decision": "overridden"}
    statuses = [(await world.post("li", path, body)).status_code for body in (accepted, accepted, overridden)]
    assert statuses == [204, 204, 409]
    assert (await world.get("li", f"/calls/{world.call_id}/proposals")).json()["items"][0][
        "decision"
    ] == "accepted"


async def test_the_agent_closes_the_matter_within_the_call(world: World) -> None:
    body = {"outcome": "answered", "ref": "art_water"}
    answer = await world.post(
        "li", f"/calls/{world.call_id}/outcome", body, **{"Idempotency-Key": "key-000001"}
    )
    assert answer.status_code == 204
    key = f"{world.user_ids['li']}:key-000001"
    assert world.house.deeds == [("close_call", "li", world.call_id, "answered", "art_water", key)]
    assert (await world.get("boss", f"/calls/{world.call_id}")).json()["outcome"] == "answered"


async def test_closing_a_closed_matter_otherwise_is_a_conflict(small_world: World) -> None:
    path = f"/calls/{small_world.call_id}/outcome"
    for n, (outcome, status) in enumerate((("answered", 204), ("refused", 409))):
        body = {"outcome": outcome, "ref": "art_water"}
        answer = await small_world.post("li", path, body, **{"Idempotency-Key": f"key-00000{n}"})
        assert answer.status_code == status
    assert (answer.headers["content-type"], answer.json()["code"]) == ("application/problem+json", "conflict")


async def test_closing_needs_a_key_so_that_a_retry_does_no_harm(small_world: World) -> None:
    body = {"outcome": "answered", "ref": "art_water"}
    answer = await small_world.post("li", f"/calls/{small_world.call_id}/outcome", body)
    assert (answer.status_code, small_world.house.deeds) == (422, [])


async def test_the_agent_can_hang_up(small_world: World) -> None:
    assert (await small_world.post("li", f"/calls/{small_world.call_id}/hangup")).status_code == 204
    assert small_world.house.deeds == [("hang_up", "li", small_world.call_id)]


async def test_another_agent_can_do_nothing_to_the_call(small_world: World) -> None:
    path, key = f"/calls/{small_world.call_id}", {"Idempotency-Key": "key-000001"}
    statuses = [
        (await small_world.post("wang", f"{path}/hangup")).status_code,
        (
            await small_world.post("wang", f"{path}/outcome", {"outcome": "answered", "ref": "a"}, **key)
        ).status_code,
        (
            await small_world.post(
                "wang", f"{path}/proposals/{small_world.proposal_id}/decision", {"decision": "accepted"}
            )
        ).status_code,
    ]
    assert (statuses, small_world.house.deeds) == ([404, 404, 404], [])


async def test_the_form_filled_from_the_talk_is_for_who_has_the_call(small_world: World) -> None:
    path = f"/calls/{small_world.call_id}/draft"
    seen = {
        login: (await small_world.get(login, path)).status_code for login in ("li", "boss", "wang", "water")
    }
    assert seen == {"li": 200, "boss": 200, "wang": 404, "water": 403}
    parts = {
        "type",
        "title",
        "body",
        "numbers",
        "place",
        "citizen",
        "when",
        "demands",
        "urgency",
        "sensitive",
    }
    assert (await small_world.get("li", path)).json().keys() == parts


async def test_a_number_said_aloud_is_read_in_full_only_by_who_took_the_call(world: World) -> None:
    said = Utterance(f"我的电话是{CALLER}", 3.0, 5.0, True)
    async with world.database.session() as session:
        await utterances.add_live(session, world.call_id, "citizen", [said], "fake", datetime.now(UTC))
        proposed = proposals.Proposed("answer", "art_water", "停水", 0.5, False, [f"电话{CALLER}"])
        await proposals.add_round(session, world.call_id, [proposed], datetime.now(UTC))
    for part in ("utterances", "proposals"):
        texts = {
            login: (await world.get(login, f"/calls/{world.call_id}/{part}")).text
            for login in ("li", "wang", "boss")
        }
        assert {login: CALLER in text for login, text in texts.items()} == {
            "li": True,
            "wang": False,
            "boss": False,
        }
        assert MASKED in texts["boss"]


async def test_the_agent_on_a_call_sees_the_citizens_earlier_calls(world: World) -> None:
    found = await world.get("li", f"/calls?same_caller_as={world.call_id}")
    assert [call["id"] for call in found.json()["items"]] == [world.call_id]
    assert (await world.get("wang", f"/calls?same_caller_as={world.call_id}")).status_code == 404


async def test_decided_proposals_are_counted(small_world: World) -> None:
    path = f"/calls/{small_world.call_id}/proposals/{small_world.proposal_id}/decision"
    await small_world.post("li", path, {"decision": "accepted"})
    labels = {"kind": "unit", "decision": "accepted"}
    assert small_world.metrics.registry.get_sample_value("hl_suggest_total", labels) == 1


async def test_units_do_not_see_calls(small_world: World) -> None:
    assert (await small_world.get("water", "/calls")).status_code == 403


async def test_a_consult_nobody_can_answer_goes_where_the_citys_rules_say(small_world: World) -> None:
    path = f"/calls/{small_world.call_id}/unanswered"
    body = {"unit": "SW", "title": "水价", "body": "阶梯水价如何计算"}
    made = await small_world.post("li", path, body, **{"Idempotency-Key": "key-000001"})
    assert made.status_code == 201
    assert (made.json()["way"], made.json()["clause"], made.json()["ticket_id"]) == (
        "ticket",
        "001 8(一)",
        "tkt_1",
    )
    assert [deed[0] for deed in small_world.house.deeds] == ["hand_on"]
    assert small_world.house.deeds[0][2].type == "consult"
    other = await small_world.post("wang", path, body, **{"Idempotency-Key": "key-000002"})
    assert other.status_code == 404
    assert (await small_world.post("li", path, body)).status_code == 422, "a retry must do no harm"
