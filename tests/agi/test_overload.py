"""The service is away and more citizens call than messages can be taken at once: nobody meets silence, no process too many."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agi.asterisk import Asterisk, AsteriskInstall
from agi.render import render
from agi.spool_file import SpooledEnd, SpooledMessage, read
from agi.tones import tone, write_wav
from app.demo.leg import Leg
from app.demo.measure import share_of_tone
from app.demo.phone import Phone
from tests.agi.conftest import Exchange, House, make_plan, until

pytestmark = pytest.mark.edge

APOLOGY_HZ, GOODBYE_HZ = 1370.0, 1794.0


@pytest.fixture(scope="module")
def exchange(install: AsteriskInstall) -> Iterator[Exchange]:
    """One message at a time."""
    folder = Path(tempfile.mkdtemp(prefix="hl-agi-"))
    plan, seats = make_plan(folder)
    plan = replace(plan, settings=replace(plan.settings, fallback_calls=1))
    for name, hertz in (("overload-apology", APOLOGY_HZ), ("goodbye", GOODBYE_HZ)):
        write_wav(plan.settings.sounds / f"{name}.wav", tone([(hertz, 0.8)]))
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    try:
        asterisk.start()
        yield Exchange(asterisk, plan, seats)
    finally:
        asterisk.stop()
        shutil.rmtree(folder)


@pytest.fixture
async def citizens(house: House) -> AsyncIterator[Phone]:
    switch = ("127.0.0.1", house.exchange.settings.sip_port)
    async with Phone("city", switch, local_ip="127.0.0.2") as phone:  # the trunk's address
        yield phone


def messages(house: House) -> set[str]:
    """Callers who left one, or are about to."""
    spool = house.exchange.settings.spool
    found = [read(path) for path in [*spool.glob("*-message.json"), *spool.glob("taking/*-message.json")]]
    return {entry.caller for entry in found if isinstance(entry, SpooledMessage)}


def ends(house: House) -> dict[str, SpooledEnd]:
    found = [read(path) for path in house.exchange.settings.spool.glob("*-ended.json")]
    return {entry.caller: entry for entry in found if isinstance(entry, SpooledEnd)}


def seconds_of(leg: Leg, hertz: float) -> float:
    return share_of_tone(leg.heard, hertz) * len(leg.heard) / 8000


async def test_beyond_the_limit_a_citizen_hears_an_apology_and_goodbye_and_is_noted_for_a_call_back(
    house: House, citizens: Phone
) -> None:
    await house.silence()
    first = await citizens.call("12345", "13800138001")
    await until(lambda: messages(house) == {"13800138001"})
    second = await citizens.call("12345", "13800138002")
    await until(lambda: second.end is not None)
    assert second.end is not None
    assert second.end.who == "peer"
    assert seconds_of(second, APOLOGY_HZ) >= 0.4
    assert seconds_of(second, GOODBYE_HZ) >= 0.4
    assert first.end is None, "whoever is leaving a message goes on"
    await until(lambda: "13800138002" in ends(house))
    facts = ends(house)["13800138002"].facts
    assert (facts.step, facts.ended_by) == ("bye", "us"), (
        "imported as a call nobody answered: it is called back"
    )
    assert messages(house) == {"13800138001"}
    await first.hangup()
    await until(lambda: "13800138001" in ends(house))
    third = await citizens.call("12345", "13800138003")
    await until(lambda: "13800138003" in messages(house))
    assert seconds_of(third, APOLOGY_HZ) == 0
    await third.hangup()
    await until(lambda: "13800138003" in ends(house))
    await house.back()


async def test_a_fallback_that_cannot_run_still_says_goodbye(house: House, citizens: Phone) -> None:
    script = house.exchange.settings.run / "agi-bin/fallback"
    whole = script.read_text()
    script.write_text("#!/bin/sh\nexit 1\n")
    try:
        await house.silence()
        leg = await citizens.call("12345", "13800138004")
        await until(lambda: leg.end is not None)
        assert seconds_of(leg, APOLOGY_HZ) >= 0.4
        assert seconds_of(leg, GOODBYE_HZ) >= 0.4
    finally:
        script.write_text(whole)
    await house.back()
