"""What is said is shown, kept when final, and becomes proposals where they change."""

import asyncio
from typing import Any

import pytest

from app import flow
from app.captions import Captions
from core.ports import Capabilities, RecogniserStream, Speaker, Utterance
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


@pytest.fixture
async def citizen(place: Place) -> Citizen:
    await place.seat("8001")
    one = place.citizen()
    await one.to_talk()
    return one


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


async def test_a_matter_is_proposed_with_evidence_and_told_to_the_screen(
    place: Place, citizen: Citizen
) -> None:
    async with place.floor.hints.subscribe(f"call.{citizen.id}") as hints:
        await hears(place, citizen, "citizen", said(WAGES))
        told: dict[str, Any] = {}
        while told.get("event") != "call.suggested":
            _, told = await asyncio.wait_for(anext(hints), 10)
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


# --- live captions ----------------------------------------------------------------------------------------------------


class Echo:
    """core.ports.Recogniser whose streams say one sentence for every half second of sound."""

    name, model = "echo", "1"
    capabilities = Capabilities(True, False, False, ("zh",), (8000,))

    def load(self) -> "Echo":
        return self

    def stream(self) -> RecogniserStream:
        return EchoStream()

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        return []


class EchoStream:
    def __init__(self) -> None:
        self._fed = 0

    def feed(self, pcm: bytes) -> list[Utterance]:
        self._fed += len(pcm)
        return [Utterance(f"第{self._fed}句", 0.0, 0.5, True)]

    def finish(self) -> list[Utterance]:
        return []


async def until_kept(place: Place, citizen: Citizen, count: int) -> list[str]:
    async with asyncio.timeout(10):
        while True:
            async with place.database.reading() as session:
                texts = [one.text for one in await utterances.of_call(session, citizen.id)]
            if len(texts) >= count:
                return texts
            await asyncio.sleep(0.02)


async def test_an_answer_taps_both_legs_and_their_sound_becomes_captions(place: Place) -> None:
    captions = Captions(place.floor, place.switch, Echo(), ("127.0.0.1", 9))
    try:
        place.desk._on_answer = captions.begin
        await place.seat("8001")
        citizen = place.citizen()
        await citizen.to_talk()
        async with asyncio.timeout(10):
            while len(place.switch.asked) < 2:
                await asyncio.sleep(0.01)
        tapped = {channel for what, channel, _ in place.switch.asked if what == "tap"}
        assert tapped == {citizen.channel, "PJSIP/8001-1"}
        captions.ears.feed(citizen.id, "citizen", bytes(8000))
        assert await until_kept(place, citizen, 1) == ["第8000句"]
    finally:
        await captions.stop()


async def test_a_switch_that_refuses_taps_costs_captions_not_the_talk(place: Place) -> None:
    captions = Captions(place.floor, place.switch, Echo(), ("127.0.0.1", 9))
    place.switch.silent = True
    try:
        place.desk._on_answer = captions.begin
        await place.seat("8001")
        citizen = place.citizen()
        await citizen.to_talk()
        assert (await citizen.row()).state == "talking"
        async with asyncio.timeout(20):
            while len(place.switch.asked) < 6:  # three tries a leg
                await asyncio.sleep(0.05)
    finally:
        await captions.stop()


async def test_what_was_heard_before_the_stop_is_written_down(place: Place, citizen: Citizen) -> None:
    captions = Captions(place.floor, place.switch, Echo(), ("127.0.0.1", 9))
    for number in range(20):
        captions._from_thread(citizen.id, "agent", said(f"第{number}句", number))
    await asyncio.sleep(0)
    await captions.stop()
    assert len(await until_kept(place, citizen, 20)) == 20


async def test_a_caption_that_cannot_be_kept_does_not_stop_the_next(place: Place, citizen: Citizen) -> None:
    captions = Captions(place.floor, place.switch, Echo(), ("127.0.0.1", 9))
    try:
        captions._from_thread("call_unknown", "citizen", said("谁？"))
        captions._from_thread(citizen.id, "agent", said("您好"))
        assert await until_kept(place, citizen, 1) == ["您好"]
    finally:
        await captions.stop()
