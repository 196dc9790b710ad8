"""What is said is shown, kept when final, and becomes proposals where they change."""

import asyncio
from typing import Any

import pytest

from app import flow
from core.policy_switches import Choice
from core.ports import Speaker, Utterance
from store import events, proposals, utterances
from store.tables import Proposal
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service
WAGES = "我在工地干活，老板拖欠我三个月工资一直不给"


def said(text: str, at: float = 1.0, final: bool = True) -> Utterance:
    return Utterance(text, at, at + 2, final)


async def hears(place: Place, citizen: Citizen, speaker: Speaker, one: Utterance) -> None:
    await flow.heard(place.floor, citizen.id, speaker, one, "test/1")


async def kept(place: Place, citizen: Citizen) -> list[Proposal]:
    async with place.database.reading() as session:
        return list(await proposals.of_call(session, citizen.id))


async def test_provisional_words_are_shown_final_ones_are_kept(place: Place, citizen: Citizen) -> None:
    async with place.floor.hints.subscribe(f"call.{citizen.id}") as hints:
        await hears(place, citizen, "agent", said("您好", final=False))
        await hears(place, citizen, "agent", said("您好，请讲"))
        shown = [(await anext(hints))[1] for _ in range(2)]
    assert [(one["text"], one["final"], one["speaker"]) for one in shown] == [
        ("您好", False, "agent"),
        ("您好，请讲", True, "agent"),
    ]
    async with place.database.reading() as session:
        (row,) = await utterances.of_call(session, citizen.id)
    assert (row.text, row.source, row.engine, row.start_s) == ("您好，请讲", "live", "test/1", 1.0)


async def test_numbers_are_masked_before_they_are_kept_where_the_city_orders_it(
    place: Place, citizen: Citizen
) -> None:
    policy = place.floor.policy
    masked = policy.switches.model_copy(update={"stored_words": Choice(value="masked")})
    place.floor.policy = policy.model_copy(update={"switches": masked})
    async with place.floor.hints.subscribe(f"call.{citizen.id}") as hints:
        await hears(place, citizen, "agent", said("您的号码是13812345678"))
        shown = (await anext(hints))[1]
    assert shown["text"] == "您的号码是13812345678", "the screen of the agent who talks"
    async with place.database.reading() as session:
        (row,) = await utterances.of_call(session, citizen.id)
    assert row.text == "您的号码是138****5678"


async def test_a_matter_is_proposed_with_evidence_and_told_to_the_screen(
    place: Place, citizen: Citizen
) -> None:
    async with place.floor.hints.subscribe(f"call.{citizen.id}") as hints:
        await hears(place, citizen, "citizen", said(WAGES))
        told: dict[str, Any] = {}
        while told.get("event") != "call.suggested":
            async with asyncio.timeout(10):
                _, told = await anext(hints)
    rows = await kept(place, citizen)
    assert any(row.kind == "unit" and row.ref == "chenzhou.rsj" for row in rows)
    assert all(row.evidence for row in rows)
    assert [one["id"] for one in told["proposals"]["units"]] == [r.ref for r in rows if r.kind == "unit"]
    async with place.database.reading() as session:
        noted = [event for event in await events.of(session, citizen.id) if event.name == "call.suggested"]
    assert len(noted) == 1
    assert "工地" not in str(noted[0].payload)  # the event keeps no words of the citizen


async def test_proposals_are_kept_again_only_where_they_change(place: Place, citizen: Citizen) -> None:
    await hears(place, citizen, "citizen", said(WAGES))
    first = await kept(place, citizen)
    await flow.suggested(place.floor, citizen.id)
    await hears(place, citizen, "citizen", said("嗯", 5))
    assert {row.round for row in await kept(place, citizen)} == {1}
    await hears(place, citizen, "citizen", said("还有小区停水三天了，自来水公司也不管", 9))
    rounds = {row.round for row in await kept(place, citizen)}
    assert rounds == {1, 2}
    assert first


async def test_rounds_with_every_kind_are_recognised_as_the_same(place: Place, citizen: Citizen) -> None:
    """Units and refusals come back from the store in another order than they are proposed in."""
    words = f"{WAGES}，这个事情法院已经受理了正在审理，我要咨询社保卡怎么补办"
    await hears(place, citizen, "citizen", said(words))
    assert {row.kind for row in await kept(place, citizen)} >= {"unit", "refusal"}
    await flow.suggested(place.floor, citizen.id)
    assert {row.round for row in await kept(place, citizen)} == {1}


async def test_what_the_agent_decided_on_stays_as_it_is(place: Place, citizen: Citizen) -> None:
    await hears(place, citizen, "citizen", said(WAGES))
    unit = next(row for row in await kept(place, citizen) if row.kind == "unit")
    async with place.database.session() as session:
        await proposals.decide(session, citizen.id, unit.id, "accepted", "user", place.clock())
    await hears(place, citizen, "citizen", said("还有小区停水三天了", 9))
    assert {row.round for row in await kept(place, citizen)} == {1}


@pytest.mark.parametrize("nothing", ["", "  "])
async def test_silence_is_neither_kept_nor_a_reason_to_propose(
    place: Place, citizen: Citizen, nothing: str
) -> None:
    await hears(place, citizen, "citizen", said(nothing))
    found = await flow.suggested(place.floor, citizen.id)
    assert (found.answers, found.units, found.refusals) == ((), (), ())
    assert await kept(place, citizen) == []
    async with place.database.reading() as session:
        assert list(await utterances.of_call(session, citizen.id)) == []


async def test_the_agents_own_words_alone_propose_nothing(place: Place, citizen: Citizen) -> None:
    await hears(place, citizen, "agent", said("请问您是要反映拖欠工资吗"))
    assert await kept(place, citizen) == []
