"""A calendar has come: every open ticket's dates anew, row, event and the unit's text in one transaction per ticket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import filing, policies
from app.knowledge.house import Rules
from app.knowledge.redating import redate
from app.notices.people import Told, owe
from core.calendar import Calendar
from core.errors import Conflict, HotlineError
from core.policy import Policy
from store import tickets
from store.database import Database
from store.tables import Ticket as Row
from tickets.clock import local
from tickets.lifecycle import Applied
from tickets.recompute import DATED, recompute

BATCH = 500
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Moved:
    """One ticket whose dates moved, or (`failed`) could not be computed anew."""

    number: str
    unit: str | None
    changes: dict[str, list[str | None]]
    failed: str = ""

    def as_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"number": self.number, "unit": self.unit, "changes": self.changes}
        return told | ({"failed": self.failed} if self.failed else {})


@dataclass(frozen=True, slots=True)
class News:
    """What came: the calendar before and after, when, why in people's words, and a key that is the same for the same file."""

    known: Calendar
    calendar: Calendar
    at: datetime
    why: str
    key: str


async def reschedule(database: Database, city: str, news: News, *, dry: bool = False) -> AsyncIterator[Moved]:
    """Each open ticket and each gap in what we know whose dates move under the new calendar. Breaking off and doing it again is harmless.

    city: the profile of tickets that name none. dry: tell, change nothing.
    """
    load = lru_cache(maxsize=64)(policies.load)

    def new(row: Row) -> Applied | None:
        policy = load(row.policy or city)
        ticket = filing.as_ticket(row)
        return recompute(ticket, policy, news.calendar, news.known, news.at, news.why, news.key)

    after = ""
    while True:
        async with database.reading() as session:
            rows = await tickets.open_after(session, DATED, after, BATCH)
        for row in rows:
            await asyncio.sleep(0)  # the service that mends tickets is answering calls
            if (moved := await _one(database, row, new, load(city), news, dry)) is not None:
                yield moved
        if len(rows) < BATCH:
            break
        after = rows[-1].id

    def rules(policy: str) -> Rules:
        return Rules(load(policy or city), news.calendar)

    async def tell(session: AsyncSession, unit: str | None) -> None:
        await _tell_unit(session, unit, load(city), news)

    async for gap in redate(database, rules, news.at, news.why, tell, dry=dry):
        moves = {"fix": [local(one).isoformat() if one else None for one in (gap.was, gap.now)]}
        yield Moved(gap.id, gap.unit, {} if gap.failed else moves, gap.failed)


async def _one(
    database: Database, row: Row, new: Callable[[Row], Applied | None], city: Policy, news: News, dry: bool
) -> Moved | None:
    for _ in range(_TRIES):
        try:
            done = new(row)
            if done is None:
                return None
            told = Moved(row.number, row.unit_code, done.events[0].payload()["changes"])
            if not dry:
                async with database.session() as session:
                    await filing.save_step(session, row, done, "calendar")
                    await _tell_unit(session, row.unit_code, city, news)
            return told
        except Conflict:  # somebody was first: look again
            async with database.reading() as session:
                row = await tickets.get(session, row.id)
        except HotlineError as error:  # its profile is gone or broken: the others are computed all the same
            return Moved(row.number, row.unit_code, {}, str(error))
    return Moved(row.number, row.unit_code, {}, "一直有人在改动，请再导入一次")


async def _tell_unit(session: AsyncSession, unit: str | None, city: Policy, news: News) -> None:
    """One text to each handler of the unit, however many of its tickets moved."""
    if unit is None:
        return
    words = f"【{city.hotline}】{news.why}，贵单位在办工单的期限有调整，请登录平台查看。"
    told = Told("dates_moved", f"calendar/{news.key}/{unit}", unit, words, subject=unit)
    await owe(session, told, ("handler",), ("sms",), news.at)
