"""What an expert's seat was called into: theirs alone, with the question, who asked, and what was said while they were in it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.ports import Utterance
from store import calls, tickets, transfers, utterances
from tests.api.conftest import World, talking

pytestmark = pytest.mark.service
ASK = "试用期没签合同能主张双倍工资吗，电话 13812345678"


async def invited(world: World, login: str = "tax", **more: Any) -> datetime:
    """`login` was called into li's talk ten seconds after it began, and left thirty seconds later; when it began."""
    await talking(world)
    async with world.database.session() as session:
        began = (await calls.get(session, world.call_id)).arrived_at
        await calls.change(session, world.call_id, agent_answered_at=began)
        row = {
            "id": "tr_1", "call_id": world.call_id, "how": "three_way", "kind": "seat", "ref": "8005", "name": "人社专家席",
            "number": "8005", "endpoint": "", "role": "expert", "leg_id": "leg_1", "state": "over", "place": "gone",
            "third_seat": "8005", "third_user": world.user_ids[login], "user_id": world.user_ids["li"], "seat_id": "8001",
            "ask": ASK, "requested_at": began + timedelta(seconds=5), "answered_at": began + timedelta(seconds=10),
            "ended_at": began + timedelta(seconds=40),
        }  # fmt: skip
        await transfers.add(session, **{**row, **more})
        for words, at in (("说在前面", 1.0), ("我的号码是13812345678", 15.0), ("说在后面", 60.0)):
            await utterances.add_live(
                session, world.call_id, "citizen", [Utterance(words, at, at + 2, True)], "test", began
            )
    return began


async def file(world: World, **more: Any) -> None:
    async with world.database.session() as session:
        new = tickets.NewTicket(
            type="help", title="张三丰的公司没签合同", body="没签合同", state="filed", filed_by=world.user_ids["li"], policy="demo",
            filed_at=(await calls.get(session, world.call_id)).arrived_at, policy_hash="abc", call_id=world.call_id,
            citizen_name="张三丰", **more,
        )  # fmt: skip
        await tickets.file(session, new, [], "user_x")


async def test_an_expert_sees_who_asked_what_and_what_came_of_it(world: World) -> None:
    await invited(world)
    await file(world)
    (one,) = (await world.get("tax", "/invitations")).json()["items"]
    assert (one["id"], one["how"], one["state"], one["seat_id"]) == ("tr_1", "three_way", "over", "8001")
    assert one["asked_by"]
    assert one["ask"] == ASK.replace("13812345678", "138****5678")
    assert one["ticket_title"] == "张三丰的公司没签合同"
    whole = (await world.get("tax", "/invitations/tr_1")).json()
    assert [said["text"] for said in whole["said"]] == ["我的号码是138****5678"]


async def test_nobody_else_sees_it(world: World) -> None:
    await invited(world)
    for login in ("li", "wang"):
        assert (await world.get(login, "/invitations")).json()["total"] == 0
        assert (await world.get(login, "/invitations/tr_1")).status_code == 404
    assert (await world.get("boss", "/invitations")).status_code == 403


async def test_a_confidential_matter_keeps_its_words(world: World) -> None:
    await invited(world)
    await file(world, confidential=True)
    whole = (await world.get("tax", "/invitations/tr_1")).json()
    assert (whole["ticket_title"], whole["said"]) == ("", [])
    assert "138" not in whole["ask"]


async def test_the_question_reaches_the_house(small_world: World) -> None:
    await talking(small_world)
    body = {"to": {"kind": "line", "ref": "12366"}, "how": "consult", "ask": "能否退税"}
    made = await small_world.post("li", f"/calls/{small_world.call_id}/transfers", body)
    assert made.status_code == 201
    assert small_world.house.deeds[-1][-1] == "能否退税"
