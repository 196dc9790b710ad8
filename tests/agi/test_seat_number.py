"""工号播报 on a real Asterisk: both sides hear it first and whole, then each other; the recording begins with the talk."""

import asyncio
from pathlib import Path

import pytest

from agi.tones import tone, write_wav
from app import policies
from app.demo import audio
from app.demo.phone import Phone, answer_after
from app.seat_number import prepare, spoken
from core.call import Bye, Ring
from tests.agi.conftest import House, until

pytestmark = pytest.mark.edge
HEYUAN = policies.load("heyuan").after
PROMPT_HZ, CITIZEN_HZ, AGENT_HZ = 600.0, 900.0, 1400.0


async def test_both_hear_the_number_before_they_hear_each_other(house: House) -> None:
    seat, port = house.exchange.seat()
    sounds = house.exchange.settings.sounds
    for part in ("seat-number", "d8", "d1", "seat-serves"):
        write_wav(sounds / f"{part}.wav", tone([(PROMPT_HZ, 0.15)]))
    assert prepare(sounds, HEYUAN, ["81", "expert"]) == 1
    house.desk.first = Ring(seat.id, f"PJSIP/{seat.user}", 8, "announced", spoken(HEYUAN, "81"))
    house.desk.script = lambda result: Bye()
    server = ("127.0.0.1", house.exchange.settings.sip_port)
    async with (
        Phone(seat.user, port=port, on_ring=answer_after(0.2)) as agent,
        Phone("13800138001", server, local_ip="127.0.0.2") as citizen,
    ):
        leg = await citizen.call("12345", timeout=10)
        theirs = await agent.wait_leg(10)
        leg.say(audio.tone(CITIZEN_HZ, 20))
        theirs.say(audio.tone(AGENT_HZ, 20))
        meet = (leg.wait_tone(AGENT_HZ, 10), theirs.wait_tone(CITIZEN_HZ, 10))
        heard = await asyncio.gather(*meet)
        await asyncio.sleep(1.0)
        for one, other_hz, at in ((leg, AGENT_HZ, heard[0]), (theirs, CITIZEN_HZ, heard[1])):
            said = audio.spans(one.heard, PROMPT_HZ)
            assert sum(end - start for start, end in said) == pytest.approx(0.6, abs=0.12)
            assert said[-1][1] <= at + 0.1, "the announcement ran into the talk"
            assert all(start >= at - 0.1 for start, _ in audio.spans(one.heard, other_hz))
        await leg.hangup()
    await until(lambda: house.desk.ends)
    kept = (house.exchange.settings.recordings / "announced.raw").read_bytes()
    assert len(kept) >= 4 * 8000 * 0.8


def test_a_seats_digits_are_spoken_where_the_city_wants_them(tmp_path: Path) -> None:
    demo = policies.load("demo").after
    assert (spoken(HEYUAN, "R-8001"), spoken(HEYUAN, "expert"), spoken(demo, "8001")) == ("seat-8001", "", "")
    assert prepare(tmp_path, HEYUAN, ["8001"]) == 0, "without digits there is nothing to join"
    for part in ("seat-number", "d8", "d0", "d1", "seat-serves"):
        write_wav(tmp_path / f"{part}.wav", tone([(PROMPT_HZ, 0.1)]))
    assert [prepare(tmp_path, HEYUAN, ["8001", "8801"]) for _ in range(2)] == [2, 0]
    assert audio.load_wav(tmp_path / "seat-8001.wav").size == pytest.approx(6 * 0.1 * 8000, abs=8)
