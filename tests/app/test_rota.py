"""The watch over the duty rota: a line left alone is an alarm once, told to screens and the webhook, and ends once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.notices.outside import TOLD
from app.rota import LOOK_EVERY, RotaWatch, rota_part
from core.events import Event
from routing.rota import GRACE
from store import lines, rota, seats, transfers
from tests.app.place import Place

pytestmark = pytest.mark.service
HOUR = timedelta(hours=1)


async def shift(place: Place, seat: str, hours: float, line: str = "12333") -> None:
    begins = place.clock()
    async with place.database.session() as session:
        given = rota.Given(line, begins, begins + hours * HOUR, seat)
        await rota.add(session, given, "user_boss", begins)


async def state(place: Place, seat: str, to: str) -> None:
    async with place.database.session() as session:
        await seats.set_state(session, seat, to, place.clock())  # type: ignore[arg-type]


@pytest.fixture
async def office(place: Place) -> Place:
    await place.registers()
    async with place.database.session() as session:
        await lines.seed(session, list(place.floor.content.register), place.clock())
    await place.seat("8003", "paused")
    await state(place, "8003", "logged_out")
    return place


async def test_a_line_left_alone_is_an_alarm_once_and_ends_once_also_over_restarts(office: Place) -> None:
    told: list[tuple[str, Any]] = []

    async def owed(_session: object, facts: Sequence[tuple[str, Event]]) -> None:
        told.extend((e.name, e.payload()["state"]) for _, e in facts if e.name in ("rota.gap", "rota.filled"))

    async def look(seconds: float = LOOK_EVERY.total_seconds()) -> None:
        office.clock.pass_(seconds)
        for _ in range(2):
            await RotaWatch(office.floor).watch()  # each a fresh worker

    office.database.owed = owed
    await look()
    assert told == []  # no rota, no concern
    await shift(office, "8003", 2)
    await look()
    assert told == []  # they may be on their way
    async with office.floor.hints.subscribe("floor") as incoming:
        await look(GRACE.total_seconds())
        _, hint = await anext(incoming)
    assert hint == {"event": "rota.gap", "line": "12333", "state": "absent"}
    await state(office, "8003", "paused")
    await look()
    await look(2 * 3600)  # the shift is over, there is no other
    await shift(office, "8003", 1)
    await look()
    await look(9 * 86_400)  # out of sight: the line has no rota any more, nor had it a week ago
    assert told == [
        ("rota.gap", "absent"), ("rota.filled", "covered"), ("rota.gap", "empty"), ("rota.filled", "covered"),
    ]  # fmt: skip
    assert "rota.gap".startswith(TOLD)
    assert not "rota.changed".startswith(TOLD)


async def test_an_alarm_ends_when_the_line_has_no_rota_any_more(office: Place) -> None:
    await shift(office, "8003", 2)
    watch = RotaWatch(office.floor)
    office.clock.pass_(3 * 3600)
    assert await watch.watch() == 1
    assert await watch.watch() == 0
    office.clock.pass_(8 * 86_400)
    assert await watch.watch() == 1
    async with office.database.reading() as session:
        assert await rota.alarms(session) == {}


async def test_status_says_which_lines_are_left_alone_and_which_are_short_of_people(office: Place) -> None:
    part = rota_part(office.floor)
    assert await part() == "没有排班"
    await shift(office, "8003", 2)
    assert await part() == "12333 值班人员未签入；0/1 条线路有人值班"
    await office.seat("8004")
    await shift(office, "8004", 2)
    assert await part() == "12333 缺 1 人；1/1 条线路有人值班"
    office.clock.pass_(3 * 3600)
    assert await part() == "12333 现在没有排班；0/1 条线路有人值班"


async def test_an_agent_who_hands_a_call_to_the_line_reaches_who_is_on_duty(office: Place) -> None:
    agent = await office.seat("8001")
    for seat in ("8004", "8005", "8006"):
        await office.seat(seat)
        async with office.database.session() as session:
            await seats.describe(session, seat, skills=["line.12333"], kind="expert")
        office.clock.pass_(5)
    await shift(office, "8006", 1)
    citizen = office.citizen()
    await citizen.to_talk()
    made = await office.house.transfer(agent, citizen.id, "line", "12333", "consult")
    async with office.database.reading() as session:
        assert (await transfers.get(session, made)).third_seat == "8006"
