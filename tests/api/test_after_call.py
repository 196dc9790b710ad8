"""Errands, texts and grades over HTTP: masked, signed, once."""

import json
import time
from datetime import UTC, datetime

import pytest

from notify.signed import signature
from store import grades, notices, tickets
from store.notices import NewNotice
from tests.api.conftest import CALLER, World
from tests.api.fakes import SMS_SECRET
from tests.store.make import ticket

pytestmark = pytest.mark.service
TOKEN = "token-of-the-link"


async def resolved(world: World, state: str = "resolved") -> str:
    """A ticket whose citizen was asked for a grade by text."""
    at = datetime.now(UTC)
    async with world.database.session() as session:
        filed, _ = await tickets.file(session, ticket(state=state, unit_code="SW"), [], "user_1")
        new = NewNotice(
            "grade",
            "sms",
            f"grade/{filed.id}",
            CALLER,
            "请评价",
            at,
            ticket_id=filed.id,
            token=TOKEN,
            state="sent",
        )
        await notices.add(session, new, at)
    return filed.id


async def given(world: World, ticket_id: str) -> list[tuple[str, str]]:
    async with world.database.reading() as session:
        return [(one.grade, one.via) for one in await grades.of_ticket(session, ticket_id)]


async def test_a_message_is_called_back_once_and_may_be_cancelled(world: World) -> None:
    made = await world.post("li", f"/messages/{world.message_id}/callback")
    assert (made.status_code, made.json()["number"], made.json()["state"]) == (201, "138****5678", "due")
    assert (await world.post("li", f"/messages/{world.message_id}/callback")).status_code == 409
    errand_id = made.json()["id"]
    (listed,) = (await world.get("li", "/errands")).json()["items"]
    assert (listed["id"], listed["kind"]) == (errand_id, "callback")
    for _ in range(2):
        done = await world.post("boss", f"/errands/{errand_id}/cancel", {"why": "市民已到大厅"})
        assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    assert (await world.get("li", "/errands")).json()["total"] == 0
    assert (await world.get("li", "/errands?state=cancelled")).json()["total"] == 1


async def test_an_agent_notes_what_a_citizen_said_and_the_first_grade_stays(world: World) -> None:
    ticket_id = await resolved(world)
    path = f"/tickets/{ticket_id}/grade"
    assert (await world.post("li", path, {"grade": "satisfied"})).json() == {"taken": True, "why": ""}
    second = (await world.post("li", path, {"grade": "dissatisfied"})).json()
    assert second == {"taken": False, "why": "此前已有评价，以第一次评价为准"}
    (one,) = (await world.get("water", f"/tickets/{ticket_id}/grades")).json()["items"]
    assert (one["grade"], one["name"], one["via"], one["clause"]) == ("satisfied", "满意", "agent", "001 14")
    assert (await world.get("roads", f"/tickets/{ticket_id}/grades")).status_code == 404


async def test_a_ticket_not_resolved_is_not_graded(small_world: World) -> None:
    ticket_id = await resolved(small_world, "replied")
    asked = await small_world.post("li", f"/tickets/{ticket_id}/grade", {"grade": "satisfied"})
    assert asked.status_code == 409


async def test_the_link_of_a_text_grades_without_logging_in(world: World) -> None:
    ticket_id = await resolved(world)
    wrong = await world.post("", "/grades/online", {"token": TOKEN + "x", "grade": "satisfied"})
    right = await world.post("", "/grades/online", {"token": TOKEN, "grade": "very_dissatisfied"})
    assert (wrong.status_code, right.status_code) == (404, 200)
    assert await given(world, ticket_id) == [("very_dissatisfied", "online")]


async def test_the_link_says_which_grades_there_are_and_takes_no_other(world: World) -> None:
    ticket_id = await resolved(world)
    async with world.database.session() as session:
        row = await tickets.get(session, ticket_id)
        await tickets.change(session, ticket_id, row.version, [], "office", policy="yanji")
    offered = await world.post("", "/grades/online/choices", {"token": TOKEN})
    assert offered.json() == {"grades": ["satisfied", "dissatisfied"]}
    no_link = await world.post("", "/grades/online/choices", {"token": TOKEN + "x"})
    assert len(no_link.json()["grades"]) == 5, "nobody learns which links there are"
    fairly = await world.post("", "/grades/online", {"token": TOKEN, "grade": "fairly_satisfied"})
    assert fairly.status_code == 422
    assert await reply(world, "3") == (200, False)
    assert await reply(world, "2") == (200, True)
    assert await given(world, ticket_id) == [("dissatisfied", "sms")]


async def reply(world: World, words: str, *, secret: str = SMS_SECRET, age_s: int = 0) -> tuple[int, bool]:
    body = json.dumps({"from": CALLER, "text": words}).encode()
    signed = signature(secret.encode(), body, int(time.time()) - age_s)
    headers = {"X-Hotline-Signature": signed, "Content-Type": "application/json"}
    async with world.client() as client:
        answer = await client.post("/api/v1/texts/replies", content=body, headers=headers)
    return answer.status_code, bool(answer.json().get("graded"))


async def test_a_reply_to_our_text_is_a_grade_where_the_gateway_signed_it(world: World) -> None:
    ticket_id = await resolved(world)
    assert await reply(world, "3", secret="somebody-elses-secret") == (403, False)
    assert await reply(world, "3", age_s=3600) == (403, False)
    assert await reply(world, "你们是谁") == (200, False)
    assert await reply(world, " 3 ") == (200, True)
    assert await given(world, ticket_id) == [("fairly_satisfied", "sms")]


async def test_both_stages_are_summed(small_world: World) -> None:
    at = datetime.now(UTC)
    async with small_world.database.session() as session:
        await grades.add(session, "intake", "satisfied", "phone_key", at, call_id=small_world.call_id)
    ticket_id = await resolved(small_world)
    await small_world.post("li", f"/tickets/{ticket_id}/grade", {"grade": "dissatisfied"})
    sums = (await small_world.get("boss", "/grades/summary")).json()["items"]
    assert [(one["stage"], one["total"], one["satisfied_share"]) for one in sums] == [
        ("intake", 1, 1.0),
        ("unit", 1, 0.0),
    ]


async def test_texts_are_listed_without_the_number(small_world: World) -> None:
    await resolved(small_world)
    (one,) = (await small_world.get("office", "/texts")).json()["items"]
    assert (one["number"], one["state"]) == ("138****5678", "sent")
