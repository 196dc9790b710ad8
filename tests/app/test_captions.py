"""One machine's ears: what comes in as sound is kept as words, to the last of them."""

import asyncio
from collections.abc import Iterable

import pytest

from app.captions import Captions
from core.ports import Capabilities, RecogniserStream, Utterance
from store import taps, utterances
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service


def said(text: str, at: float = 1.0) -> Utterance:
    return Utterance(text, at, at + 2, True)


class Echo:
    """core.ports.Recogniser whose streams say one sentence for every half second of sound."""

    name, model = "echo", "1"
    capabilities = Capabilities(True, False, False, False, ("zh",), (8000,))

    def load(self) -> "Echo":
        return self

    def know(self, terms: Iterable[str]) -> None:
        self.terms = tuple(terms)

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
    async with asyncio.timeout(30):
        while True:
            async with place.database.reading() as session:
                texts = [one.text for one in await utterances.of_call(session, citizen.id)]
            if len(texts) >= count:
                return texts
            await asyncio.sleep(0.02)


async def test_what_was_heard_before_the_stop_is_written_down(place: Place, citizen: Citizen) -> None:
    captions = Captions(place.floor, Echo())
    for number in range(20):
        captions._from_thread(citizen.id, "agent", said(f"第{number}句", number))
    await asyncio.sleep(0)
    await captions.stop()
    assert len(await until_kept(place, citizen, 20)) == 20


async def test_a_leg_that_is_heard_later_says_when_in_the_talk_it_spoke(place: Place) -> None:
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    captions = Captions(place.floor, Echo())
    try:
        first, later = [await tapped(place, citizen, name) for name in ("PJSIP/a-1", "PJSIP/b-1")]
        assert await captions._whose(first)
        captions._from_thread(citizen.id, "agent", said("您好", 1))
        await until_kept(place, citizen, 1)
        place.clock.pass_(30)
        assert await captions._whose(later)
        captions._from_thread(citizen.id, "agent", said("我是第二位", 1))
        assert await until_kept(place, citizen, 2) == ["您好", "我是第二位"]
        async with place.database.reading() as session:
            began = [round(one.start_s) for one in await utterances.of_call(session, citizen.id)]
        assert began[1] - began[0] == 30
    finally:
        await captions.stop()


async def tapped(place: Place, citizen: Citizen, channel: str) -> str:
    async with place.database.session() as session:
        stream = await taps.add(session, citizen.id, channel, "agent", place.clock())
    assert stream is not None
    return stream


async def test_a_caption_that_cannot_be_kept_does_not_stop_the_next(place: Place, citizen: Citizen) -> None:
    captions = Captions(place.floor, Echo())
    try:
        captions._from_thread("call_unknown", "citizen", said("谁？"))
        captions._from_thread(citizen.id, "agent", said("您好"))
        assert await until_kept(place, citizen, 1) == ["您好"]
    finally:
        await captions.stop()
