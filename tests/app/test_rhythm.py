"""That a period of assessment is over is told once, and shown until it is frozen."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from api.assess_house import Asked
from api.house import TicketDraft
from app import policies
from app.assessment.rhythm import RhythmWatch
from app.desk_house import FloorHouse
from store import events
from tests.app.place import Place

pytestmark = pytest.mark.service
CHINA = ZoneInfo("Asia/Shanghai")


async def told(place: Place, period: str) -> int:
    async with place.database.reading() as session:
        return len(await events.of(session, f"assessment/yanji/{period}"))


async def test_a_month_that_is_over_is_told_once_and_due_until_it_is_frozen(place: Place) -> None:
    place.floor.policy = policies.load("yanji")
    place.clock.now = datetime(2026, 10, 12, 10, tzinfo=CHINA)
    await place.registers()
    office = await place.person("rexian", "office")
    assert await RhythmWatch(place.floor).watch_rhythm() == 0
    draft = TicketDraft("complaint", "拖欠工资", "工地欠薪", unit="chenzhou.rsj", caller="13812345678")
    await place.house.file_ticket(office, draft, "k1")
    assert await RhythmWatch(place.floor).watch_rhythm() == 0
    place.clock.now = datetime(2026, 11, 1, 0, 5, tzinfo=CHINA)
    assert [await RhythmWatch(place.floor).watch_rhythm() for _ in range(2)] == [1, 0]
    assert await told(place, "2026-10") == 1
    desk = FloorHouse(place.floor, place.switch).assessment
    assert [one["period"] for one in await desk.due(office)] == ["2026-10"]
    await desk.freeze(office, Asked("2026-10"), "月考核定稿")
    assert await desk.due(office) == []
