"""What is kept of a talk of three: an attitude, everybody's words, in the order they were said."""

import asyncio
from typing import cast

import pytest

from agi.live_audio import Leg as AudioLeg
from app.captions import Captions
from app.tapping import Tapping
from core.ports import Speaker, Utterance
from store import events, recordings, transfers, utterances
from tests.app.test_captions import Echo, until_kept
from tests.app.three import Three, to_consult

pytestmark = pytest.mark.service


async def test_an_attitude_points_to_the_third_partys_own_recording(three: Three) -> None:
    await to_consult(three)
    await three.place.house.transfer_attitude(
        three.agent, three.citizen.id, three.id, "推诿拒接", "说不归他们管", 2.0, 6.5
    )
    row = await three.row()
    assert row.attitude is not None
    async with three.place.database.reading() as session:
        (sound,) = [r for r in await recordings.of_call(session, three.citizen.id) if r.leg_id == row.leg_id]
        noted = [event.name for event in await events.of(session, three.citizen.id)]
    assert (row.attitude["kind"], row.attitude["recording_id"]) == ("推诿拒接", sound.id)
    assert "call.attitude" in noted
    assert {"call.transfer"} <= set(noted)


async def test_a_third_partys_words_are_captioned_and_nobodys_twice(three: Three) -> None:
    place = three.place
    captions, tapping = (
        Captions(place.floor, Echo()),
        Tapping(place.floor, place.switch, [("127.0.0.1", 9)]),
    )
    try:
        await tapping.begin(three.citizen.id, "8001", three.citizen.channel, "PJSIP/8001-1")
        await tapping.begin(three.citizen.id, "8001", three.citizen.channel, "PJSIP/8001-2")
        place.desk._staff._on_third = tapping.third
        await to_consult(three)
        async with asyncio.timeout(10):
            while len(taps := [asked[1] for asked in place.switch.asked if asked[0] == "tap"]) < 4:
                await asyncio.sleep(0.01)
        assert sorted(taps) == sorted([three.citizen.channel, "PJSIP/8001-1", "PJSIP/8001-2", "Local/x-1;1"])
        captions.ears.feed(three.citizen.id, "agent", bytes(8000))
        await captions._frame(AudioLeg(three.citizen.id, "agent"), None)  # the agent left, the others go on
        captions.ears.feed(three.citizen.id, "sub_centre", bytes(8000))
        await until_kept(place, three.citizen, 2)
        async with place.database.reading() as session:
            said = await utterances.of_call(session, three.citizen.id)
        assert {one.speaker for one in said} == {"agent", "sub_centre"}
    finally:
        await tapping.stop()
        await captions.stop()


async def test_words_of_single_legs_stand_in_the_order_they_were_said(three: Three) -> None:
    """The talk's recording begins with the talk, a third party's own when it answers: 23 s later."""
    await to_consult(three)
    place = three.place
    async with place.database.session() as session:
        own = next(r for r in await recordings.of_call(session, three.citizen.id) if r.stem == three.id)
        assert await transfers.speakers(session, own) == ("sub_centre", None)
        began = await transfers.offset_s(session, own)
        assert began == pytest.approx(23)
        talk = next(r for r in await recordings.of_call(session, three.citizen.id) if r.leg_id is None)
        assert await transfers.speakers(session, talk) == ("citizen", "agent")
        for recording, speaker, text in ((own, "sub_centre", "这里是税务"), (talk, "citizen", "我要退税")):
            heard = [(cast(Speaker, speaker), Utterance(text, 1, 2, True))]
            offset = await transfers.offset_s(session, recording)
            for _ in range(2):  # done again it replaces its own words, not the others'
                await utterances.replace_after_call(
                    session, three.citizen.id, heard, "test", place.clock(), recording_id=recording.id, offset_s=offset
                )  # fmt: skip
    async with place.database.reading() as session:
        said = await utterances.of_call(session, three.citizen.id)
    assert [(one.speaker, one.start_s) for one in said] == [
        ("citizen", 1.0),
        ("sub_centre", pytest.approx(24)),
    ]
