"""Health tells of each part by itself, within its own bound."""

import asyncio

import pytest

from api.health import Health

pytestmark = pytest.mark.unit


async def fine() -> str:
    return "fine"


async def broken() -> str:
    raise ConnectionError("secret host 10.0.0.7")


async def silent() -> str:
    await asyncio.Event().wait()
    return "never"


async def test_all_parts_well_is_ok() -> None:
    health = Health()
    health.register("database", fine)
    report = await health.report()
    assert (report.status, report.parts["database"].detail) == ("ok", "fine")


async def test_a_needed_part_that_fails_is_down_and_does_not_leak_why() -> None:
    health = Health()
    health.register("database", fine)
    health.register("switch", broken)
    report = await health.report()
    assert (report.status, report.parts["database"].ok) == ("down", True)
    assert report.parts["switch"].detail == "ConnectionError"


async def test_a_part_calls_can_do_without_only_degrades() -> None:
    health = Health()
    health.register("asr", broken, needed=False)
    assert (await health.report()).status == "degraded"


async def test_a_silent_part_does_not_hold_the_answer() -> None:
    health = Health()
    health.register("switch", silent, timeout_s=0.05)
    health.register("database", fine)
    async with asyncio.timeout(30):
        report = await health.report()
    assert report.parts["switch"].detail == "0.05 秒内没有应答"
