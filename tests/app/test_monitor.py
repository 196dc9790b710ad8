"""A worker's watch: alarms begin and end once, also across a restart; call details reach SQL."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.monitor import LOOK_EVERY, Monitor
from core.call import Arrival
from core.events import Event
from store import call_details, calls, service_level
from tests.agi.test_call_details import cdr, cel
from tests.app.place import Place

pytestmark = pytest.mark.service


async def arrivals(place: Place, count: int, answered: int, prefix: str) -> None:
    at = place.clock()
    async with place.database.session() as session:
        for n in range(count):
            name = f"{prefix}{n}"
            call_id, _ = await calls.add_call(session, Arrival(name, name, "12345", "", at), answered_at=at)
            if n < answered:
                await calls.change(session, call_id, agent_answered_at=at + timedelta(seconds=5))
            await calls.ended(session, call_id, at + timedelta(seconds=60), "citizen")


async def look(place: Place, monitor: Monitor) -> None:
    place.clock.pass_(LOOK_EVERY.total_seconds())
    await monitor.watch_service_level()


async def test_an_alarm_begins_once_and_ends_once_also_over_restarts(place: Place, tmp_path: Path) -> None:
    told: list[Event] = []

    async def owed(_session: object, facts: Sequence[tuple[str, Event]]) -> None:
        told.extend(event for _, event in facts if event.name.startswith("service."))

    place.database.owed = owed
    async with place.floor.hints.subscribe("floor") as incoming:
        await arrivals(place, 40, 30, "bad")
        for _ in range(3):
            await look(place, Monitor(place.floor, tmp_path))  # each a fresh worker
        assert [(e.name, e.subject) for e in told] == [
            ("service.low", "service.connected"), ("service.low", "service.in_time"),
        ]  # fmt: skip
        hints: list[dict[str, Any]] = []
        async for _, hint in incoming:
            hints.append(hint)
            if len(hints) == 2:
                break
    assert [h["event"] for h in hints] == ["service.low", "service.low"]
    await arrivals(place, 300, 300, "good")
    monitor = Monitor(place.floor, tmp_path)
    await look(place, monitor)
    await look(place, monitor)
    assert [e.name for e in told[2:]] == ["service.restored", "service.restored"]
    async with place.database.reading() as session:
        past = await service_level.history(session, "connected", place.clock() - timedelta(days=1))
    assert [(row.name, row.payload["offered"]) for row in past] == [
        ("service.low", 40),
        ("service.restored", 340),
    ]


async def test_no_number_and_no_name_lies_open_in_the_database(sqlite_place: Place, tmp_path: Path) -> None:
    (tmp_path / "log" / "cdr-custom").mkdir(parents=True)
    (tmp_path / "log" / "cel-custom").mkdir()
    (tmp_path / "log" / "cdr-custom" / "cdr.csv.1").write_bytes(cdr(dst="13812345678"))
    given = cel(cid_ani="13812345678", cid_dnid="13812345678", appdata="13812345678", cid_name="张三",
                extra='{"extension":"13812345678"}')  # fmt: skip
    (tmp_path / "log" / "cel-custom" / "cel.csv.1").write_bytes(given)
    async with asyncio.timeout(15):
        while list(tmp_path.glob("log/*/*.csv.1")):
            await Monitor(sqlite_place.floor, tmp_path / "log").import_call_details()
            await asyncio.sleep(0.1)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("hotline.sqlite*"))
    assert b"1763690400.1" in kept
    assert b"13812345678" not in kept
    assert "张三".encode() not in kept


async def test_a_quiet_night_with_one_who_hangs_up_is_no_alarm(sqlite_place: Place, tmp_path: Path) -> None:
    await arrivals(sqlite_place, 3, 0, "night")
    await look(sqlite_place, Monitor(sqlite_place.floor, tmp_path))
    async with sqlite_place.database.reading() as session:
        assert not (await service_level.standing(session, "connected")).low


async def test_call_details_reach_the_call_they_are_of(place: Place, tmp_path: Path) -> None:
    linkedid = "1763690400.1"
    async with place.database.session() as session:
        arrival = Arrival(linkedid, "PJSIP/carrier-1", "12345", "13812345678", place.clock())
        call_id, _ = await calls.add_call(session, arrival)
    for table, line in (("cdr", cdr()), ("cel", cel())):
        (tmp_path / f"{table}-custom").mkdir()
        (tmp_path / f"{table}-custom" / f"{table}.csv.1").write_bytes(line)
    monitor = Monitor(place.floor, tmp_path)
    async with asyncio.timeout(15):
        while list(tmp_path.glob("*/*.csv.1")):
            await monitor.import_call_details()
            await asyncio.sleep(0.1)
    async with place.database.reading() as session:
        call = await calls.get(session, call_id)
        (record,), (event,) = (
            await call_details.cdr_of(session, call),
            await call_details.cel_of(session, call),
        )
    assert (record.call_id, event.call_id) == (call_id, call_id)
    assert (record.src, event.cid_num) == ("13812345678", "13812345678")
