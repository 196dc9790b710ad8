"""A seat of ours and a kept hotline's own seats ring together on a real Asterisk; who picks up is known by the channel."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agi.asterisk import Asterisk, AsteriskInstall
from agi.plan import Trunk
from agi.render import render
from app.elsewhere import endpoint, is_theirs
from core.call import Bye, Ring
from tests.agi import phones
from tests.agi.conftest import Exchange, House, free_port, make_plan, until

pytestmark = pytest.mark.edge

THEIRS = "2388203"


@pytest.fixture(scope="module")
def outside() -> int:
    """Where the carrier's side of the outgoing trunk stands."""
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="module")
def exchange(install: AsteriskInstall, outside: int) -> Iterator[Exchange]:
    folder = Path(tempfile.mkdtemp(prefix="hl-parallel-"))
    plan, seats = make_plan(folder, seats=4)
    city = Trunk("city", "127.0.0.1", outside, match=("127.0.0.3",), qualify_s=0)
    plan = replace(plan, trunks=(*plan.trunks, city))
    render(plan, install)
    asterisk = Asterisk(install, plan.settings.run)
    try:
        asterisk.start()
        yield Exchange(asterisk, plan, seats)
    finally:
        asterisk.stop()
        shutil.rmtree(folder)


def both(house: House, user: str, trunk: str = "") -> Ring:
    return Ring("1001", f"PJSIP/{user}&{endpoint(THEIRS, trunk)}", 8, "both")


@pytest.mark.parametrize("trunk", ["", "city"])
async def test_theirs_is_first_and_our_telephone_stops_ringing(
    house: House, outside: int, trunk: str
) -> None:
    seat, port = house.exchange.seat()
    house.desk.first, house.desk.script = both(house, seat.user, trunk), lambda result: Bye(("goodbye",))
    ours = await house.phones.agent(port, deaf=True)
    await house.phones.agent(outside, ring_ms=600, talk_ms=1500)
    citizen = await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert await citizen.wait() == 0
    assert await ours.wait() == 0  # its ringing was taken back
    assert [result.status for result in house.desk.results] == ["ANSWER"]
    ((_, _, _, channel),) = house.desk.answered
    assert is_theirs(endpoint(THEIRS, trunk), channel)
    assert house.desk.ends[0].ended_by == "agent"


async def test_our_seat_is_first_and_theirs_stops_ringing(house: House, outside: int) -> None:
    seat, port = house.exchange.seat()
    house.desk.first, house.desk.script = both(house, seat.user), lambda result: Bye(("goodbye",))
    theirs = await house.phones.agent(outside, deaf=True)
    await house.phones.agent(port, ring_ms=600, talk_ms=1500)
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert await theirs.wait() == 0
    ((_, _, _, channel),) = house.desk.answered
    assert not is_theirs(endpoint(THEIRS, ""), channel)


async def test_theirs_alone_is_rung_for_a_forwarded_line_and_says_busy(house: House, outside: int) -> None:
    house.desk.first = Ring(f"line.{THEIRS}", endpoint(THEIRS, ""), 8, "alone")
    house.desk.script = lambda result: Bye(("goodbye",))
    await house.phones.agent(outside, status="486 Busy Here")
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert [result.status for result in house.desk.results] == ["BUSY"]
    assert house.desk.answered == []


@pytest.mark.parametrize(("diverted", "line"), [("12315", "12315"), ("13900000000", "12345"), ("", "12345")])
async def test_a_call_its_owner_forwarded_to_us_counts_as_one_to_the_number_the_citizen_dialled(
    house: House, monkeypatch: pytest.MonkeyPatch, diverted: str, line: str
) -> None:
    header = f"      Diversion: <sip:{diverted}@127.0.0.2>;reason=unconditional\n" if diverted else ""
    forwarded = phones._CITIZEN.replace("      Max-Forwards: 70\n", f"{header}      Max-Forwards: 70\n", 1)
    monkeypatch.setattr(phones, "_CITIZEN", forwarded)
    await house.phones.citizen()
    await until(lambda: house.desk.ends)
    assert [arrival.line for arrival in house.desk.arrivals] == [line]
