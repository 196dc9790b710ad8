"""Senders that do as told, and notices to send."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from app.notices.worker import Notices
from core.notices import Channel, Notice, State
from store import notices
from store.notices import NewNotice
from store.tables import NoticeRow
from tests.app.place import Place

NUMBER = "13812345678"


@dataclass
class FakeSender:
    """core.notices.Sender: fails as often as told, then takes everything. `before`: what happens while it sends."""

    failures: list[Exception] = field(default_factory=list)
    name: str = "http"
    honours_key: bool = True
    most_s: float = 10.0
    at_once: int = 2
    taken: list[Notice] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None

    async def send(self, notice: Notice) -> str:
        if self.before is not None:
            await self.before()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(notice)
        return f"gw-{len(self.taken)}"


async def owing(place: Place, channel: Channel = "sms", key: str = "k/1", **more: Any) -> str:
    """A notice that is due now; its id."""
    new = NewNotice("grade", channel, key, NUMBER, "请评价", place.clock(), **more)
    async with place.database.session() as session:
        assert await notices.add(session, new, place.clock())
    return new.id


async def now(place: Place, notice_id: str) -> NoticeRow:
    async with place.database.reading() as session:
        return await notices.get(session, notice_id)


class Worker(Notices):
    """With what it told of settled notices."""

    def __init__(self, place: Place, sender: FakeSender | None, channel: Channel = "sms") -> None:
        self.told: list[tuple[Channel, State]] = []
        super().__init__(
            place.database, place.clock, {channel: sender}, lambda *settled: self.told.append(settled)
        )
