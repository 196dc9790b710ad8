"""A worker as it runs: what it is told to owe leaves by the ways its settings name, and /health says what does not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.floor import now
from app.notices.ways import ways
from app.notices.worker import NO_WAY
from app.settings import Settings
from app.wire import House, running
from core.errors import BadInput
from core.events import TicketFiled
from store import events, notices
from store.notices import NewNotice
from store.tables import NoticeRow
from tests.notify.receiver import SECRET, answer, receiving
from tests.notify.smsc import smsc

pytestmark = pytest.mark.service
NUMBER = "13812345678"


@asynccontextmanager
async def worker(home: Path, **how: Any) -> AsyncIterator[House]:
    settings = Settings(home=home, recognise_after="off", **how)
    async with running(settings, ("worker",)) as house:
        yield house


async def owing(house: House, key: str = "k/1") -> str:
    new = NewNotice("card", "sms", key, NUMBER, "红牌", now())
    async with house.floor.database.session() as session:
        await notices.add(session, new, now())
    return new.id


async def until(house: House, notice_id: str, state: str) -> NoticeRow:
    async with asyncio.timeout(20):
        while True:
            async with house.floor.database.reading() as session:
                row = await notices.get(session, notice_id)
            if row.state == state:
                return row
            await asyncio.sleep(0.05)


async def test_texts_leave_over_smpp_and_events_by_webhook(tmp_path: Path) -> None:
    async with smsc() as carrier, receiving(answer("200 OK")) as receiver:
        smpp = {"smpp_host": "127.0.0.1", "smpp_port": carrier.port, "smpp_system_id": "hotline"}
        hook = {"notify_webhook": receiver.url, "notify_secret": SECRET}
        async with worker(
            tmp_path, **smpp, smpp_password="secret", smpp_source="10690012345", **hook
        ) as house:
            filed = TicketFiled(datetime.now(UTC), "tkt_1", "call_1", "help")
            async with house.floor.database.session() as session:
                await events.append(session, filed, "user_1")
            row = await until(house, await owing(house), "sent")
            async with asyncio.timeout(20):
                while not receiver.bodies:
                    await asyncio.sleep(0.05)
            report = await house.health.report()
    assert (row.via, row.gateway_id, carrier.taken[0].to) == ("smpp", "id-1", NUMBER)
    assert json.loads(receiver.bodies[0])["event"] == "ticket.filed"
    assert report.parts["notices"].ok


async def test_doubt_is_told_by_health_until_a_person_decides(tmp_path: Path) -> None:
    async with smsc(manner="hang_up") as carrier:
        smpp = {"smpp_host": "127.0.0.1", "smpp_port": carrier.port, "smpp_system_id": "hotline"}
        async with worker(tmp_path, **smpp, smpp_password="secret", smpp_source="106") as house:
            row = await until(house, await owing(house), "uncertain")
            part = (await house.health.report()).parts["notices"]
            assert (part.ok, part.needed, part.detail) == (False, False, "NoticesUncertain")
            async with house.floor.database.session() as session:
                await notices.resolve(session, row.id, "arrived", "user_1", "已电话确认", now())
            assert (await house.health.report()).parts["notices"].ok
            settled = {"channel": "sms", "state": "uncertain"}
            assert house.metrics.registry.get_sample_value("hl_notices_settled_total", settled) == 1


async def test_notices_that_nobody_sends_are_told(tmp_path: Path) -> None:
    async with worker(tmp_path) as house:  # whose role is not to ring anybody
        asleep = NewNotice("card", "voice", "k/1", NUMBER, "红牌", now() - timedelta(hours=2))
        async with house.floor.database.session() as session:
            await notices.add(session, asleep, now())
        assert (await house.health.report()).parts["notices"].detail == "NoticesStuck"


async def test_without_a_gateway_a_text_says_so(tmp_path: Path) -> None:
    async with worker(tmp_path) as house:
        row = await until(house, await owing(house), "not_sent")
    assert row.reason == NO_WAY["sms"]


async def test_two_text_gateways_are_one_too_many(tmp_path: Path) -> None:
    both = Settings(home=tmp_path, sms_url="http://127.0.0.1:1/", sms_secret=SECRET, smpp_host="127.0.0.1")
    async with AsyncExitStack() as stack:
        with pytest.raises(BadInput, match="短信网关只能设一个"):
            ways(both, stack)


async def test_mail_goes_where_a_server_is_named(tmp_path: Path) -> None:
    named = Settings(home=tmp_path, mail_host="127.0.0.1", mail_from="hotline@city.example")
    async with AsyncExitStack() as stack:
        found = ways(named, stack)
    assert {channel: sender and sender.name for channel, sender in found.items()} == {
        "sms": None, "mail": "smtp", "webhook": None,
    }  # fmt: skip
