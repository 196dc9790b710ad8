"""Notices over HTTP: masked, filtered, decided by people with who and why kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.notices import Channel, State
from store import events, lookups, notices
from store.notices import NewNotice
from tests.api.conftest import CALLER, World

pytestmark = pytest.mark.service


async def kept(world: World, state: State = "uncertain", channel: Channel = "sms", **more: Any) -> str:
    at = datetime.now(UTC)
    recipient = more.pop("recipient", CALLER)
    new = NewNotice(
        more.pop("kind", "card"), channel, f"k/{state}/{channel}", recipient, "请联系13812345678", at, state=state, **more
    )  # fmt: skip
    async with world.database.session() as session:
        assert await notices.add(session, new, at)
    return new.id


async def resolved(
    world: World, notice_id: str, verdict: str, who: str = "boss"
) -> tuple[int, dict[str, Any]]:
    answer = await world.post(who, f"/notices/{notice_id}/resolve", {"verdict": verdict, "why": "已电话确认"})
    return answer.status_code, answer.json()


async def test_notices_are_listed_by_state_and_nobody_sees_a_number(world: World) -> None:
    doubtful, sent = await kept(world), await kept(world, "sent")
    mail = await kept(world, "due", "mail", recipient="office@city.example")
    everything = (await world.get("boss", "/notices")).json()
    assert {one["id"] for one in everything["items"]} == {doubtful, sent, mail}
    (one,) = (await world.get("office", "/notices?state=uncertain")).json()["items"]
    assert (one["id"], one["recipient"], one["words"]) == (doubtful, "138****5678", "请联系138****5678")
    (one,) = (await world.get("office", "/notices?channel=mail")).json()["items"]
    assert one["recipient"] == "o***@city.example"
    assert CALLER not in str(everything)


async def test_the_words_of_a_webhook_are_for_machines(small_world: World) -> None:
    await kept(small_world, "sent", "webhook", kind="event", recipient="")
    (one,) = (await small_world.get("boss", "/notices")).json()["items"]
    assert (one["words"], one["recipient"]) == ("", "")


async def test_who_decides_about_a_doubtful_one_is_kept_with_why(world: World) -> None:
    notice_id = await kept(world)
    for _ in range(2):
        status, one = await resolved(world, notice_id, "arrived")
        assert (status, one["state"], one["resolved_by"], one["why"]) == (
            200, "sent", world.user_ids["boss"], "已电话确认",
        )  # fmt: skip
    async with world.database.reading() as session:
        (event,) = await events.of(session, notice_id)
        looked = (await lookups.find(session, subject=notice_id)).items
    assert (event.name, event.actor, event.payload["verdict"]) == (
        "notice.resolved", world.user_ids["boss"], "arrived",
    )  # fmt: skip
    assert {(one.action, one.purpose) for one in looked} == {("notice.arrived", "已电话确认")}


@pytest.mark.parametrize("state", ["uncertain", "failed", "given_up", "not_sent"])
async def test_what_is_over_may_be_sent_again_from_its_first_try(small_world: World, state: State) -> None:
    notice_id = await kept(small_world, state)
    status, one = await resolved(small_world, notice_id, "send_again", "office")
    assert (status, one["state"], one["tries"], one["reason"]) == (200, "due", 0, None)


async def test_a_delivered_webhook_is_replayed_and_a_delivered_text_is_not(small_world: World) -> None:
    hook, text = await kept(small_world, "sent", "webhook"), await kept(small_world, "sent")
    assert (await resolved(small_world, hook, "send_again"))[0] == 200
    assert (await resolved(small_world, text, "send_again"))[0] == 409


@pytest.mark.parametrize("state", ["due", "sending", "failed", "given_up", "not_sent"])
async def test_only_doubt_can_be_settled_as_arrived(small_world: World, state: State) -> None:
    assert (await resolved(small_world, await kept(small_world, state), "arrived"))[0] == 409


async def test_an_unknown_one_and_an_agent_are_refused(small_world: World) -> None:
    assert (await resolved(small_world, "ntc_none", "arrived"))[0] == 404
    assert (await resolved(small_world, await kept(small_world), "arrived", "li"))[0] == 403


async def test_what_is_not_sent_is_a_gauge(small_world: World) -> None:
    await kept(small_world)
    await kept(small_world, "sent", "mail")
    async with small_world.client() as client:
        await client.get("/metrics")
    registry = small_world.metrics.registry
    assert registry.get_sample_value("hl_notices", {"channel": "sms", "state": "uncertain"}) == 1
    assert registry.get_sample_value("hl_notices", {"channel": "mail", "state": "sent"}) is None
