"""Whatever goes wrong, in any order: a receiver that does not know our keys gets nothing twice, and no notice is lost from sight."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from app.notices.worker import Notices
from core.notices import Notice, NotSent, Unsure
from store import notices
from store.database import Database
from store.notices import NewNotice
from store.sealed import Keyring
from store.tables import NoticeRow

pytestmark = pytest.mark.model
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
NUMBER = "13812345678"
Luck = Literal["taken", "busy", "refused", "lost before", "lost after", "killed before", "killed after"]
LUCK: tuple[Luck, ...] = (
    "taken", "busy", "refused", "lost before", "lost after", "killed before", "killed after",
)  # fmt: skip
STEPS = st.lists(
    st.tuples(st.sampled_from(LUCK), st.booleans(), st.sampled_from((1, 30, 61, 4000))),
    min_size=1,
    max_size=12,
)


@dataclass
class Chancy:
    """A gateway and its network: `luck` is what happens to the next notice; `arrived` what people hold in their hands."""

    name: str
    honours_key: bool
    luck: Luck = "taken"
    most_s: float = 5.0
    at_once: int = 1
    arrived: list[str] = field(default_factory=list)

    async def send(self, notice: Notice) -> str:
        if self.luck in ("taken", "lost after", "killed after"):
            if not (self.honours_key and notice.id in self.arrived):
                self.arrived.append(notice.id)
        if self.luck.startswith("killed"):
            raise asyncio.CancelledError
        if self.luck.startswith("lost"):
            raise Unsure("no answer")
        if self.luck in ("busy", "refused"):
            raise NotSent(self.luck, retryable=self.luck == "busy")
        return "gw"


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_nothing_arrives_twice_and_the_state_tells_the_truth(
    sqlite_url: str, keyring: Keyring, steps: list[tuple[Luck, bool, int]]
) -> None:
    asyncio.run(_history(Database(sqlite_url, keyring), steps))


async def _history(database: Database, steps: list[tuple[Luck, bool, int]]) -> None:
    """One notice through many processes, whose gateway is changed by the operator in between."""
    clock = [AT]
    gateways = {True: Chancy("http", True), False: Chancy("smpp", False)}
    new = NewNotice("card", "sms", "k", NUMBER, "红牌", AT)
    try:
        async with database.session() as session:
            await session.execute(delete(NoticeRow))  # an earlier history's
            await notices.add(session, new, AT)
        for luck, honours, seconds in steps:
            gateways[honours].luck = luck
            worker = Notices(database, lambda: clock[0], {"sms": gateways[honours]})
            await asyncio.gather(worker.round("sms"), return_exceptions=True)
            arrived = [*gateways[True].arrived, *gateways[False].arrived]
            assert len(arrived) <= 1
            async with database.reading() as session:
                row = await notices.get(session, new.id)
            assert row.state in ("due", "sending", "sent", "uncertain", "failed", "given_up")
            assert not (row.state == "sent" and not arrived), "what is told as sent has arrived"
            assert not (row.state in ("due", "failed", "given_up") and arrived), (
                "what arrived is not told as lost"
            )
            clock[0] += timedelta(seconds=seconds)
    finally:
        await database.close()
