"""Sends what is owed: claims a notice, hands it over, settles it. What may have arrived is never sent again unless its
receiver takes the same id once only."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from app.notices.manners import manner
from core.notices import Channel, Notice, NotSent, Sender, State, Unsure
from store import notices
from store.database import Database
from store.tables import NoticeRow

log = structlog.get_logger(__name__)

BATCH = 20
LEASE_S = 30.0
"""So long beyond its bound a try may take until its process counts as dead."""
NO_WAY: Mapping[Channel, str] = {
    "sms": "未配置短信网关",
    "voice": "此处不外呼",
    "mail": "未配置邮件服务器",
    "webhook": "未配置 webhook",
}
END_S = 3.0
"""So long a process that is asked to end waits for answers; without them there would be doubt after every restart."""
KEEP = timedelta(days=30)
"""Webhooks that are over are forgotten after this; the events they told of are kept in their own table."""
Told = Callable[[Channel, State], None]


class Notices:
    """One process's ways out; any number of processes may run it. A channel whose sender is None says so on its notices."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        senders: Mapping[Channel, Sender | None],
        told: Told = lambda channel, state: None,
    ) -> None:
        self._database, self._clock, self._senders, self._told = database, clock, senders, told
        self._forgot: datetime | None = None
        self._ending = False

    # One chore per channel, so that one that is slow keeps no other waiting; their names are told by /health.

    async def send_sms(self) -> int:
        """A chore: how many notices were dealt with."""
        return await self.round("sms")

    async def send_voice(self) -> int:
        return await self.round("voice")

    async def send_mail(self) -> int:
        return await self.round("mail")

    async def send_webhook(self) -> int:
        await self._forget()
        return await self.round("webhook")

    @property
    def work(self) -> tuple[Callable[[], Awaitable[int]], ...]:
        """The chores of the channels this process serves."""
        return tuple(getattr(self, f"send_{channel}") for channel in self._senders)

    async def round(self, channel: Channel) -> int:
        """What is due on one channel, up to a batch, as many side by side as its sender takes."""
        sender, at = self._senders[channel], self._clock()
        async with self._database.reading() as session:
            found = await notices.due(session, channel, at, BATCH)
        room = asyncio.Semaphore(sender.at_once if sender else 1)

        async def one(row: NoticeRow) -> bool:
            async with room:
                return not self._ending and await self._one(row, sender, self._clock())

        work = [asyncio.create_task(one(row)) for row in found]
        try:
            if work:
                await asyncio.wait(work)
        except asyncio.CancelledError:
            await self._end_well(work)
            raise
        return sum(task.result() for task in work)

    async def _end_well(self, work: Sequence[asyncio.Task[bool]]) -> None:
        """Our process is asked to end: what is handed over just now gets its answer, nothing else is begun."""
        self._ending = True
        _, left = await asyncio.wait(work, timeout=END_S)
        for task in left:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)

    async def _one(self, row: NoticeRow, sender: Sender | None, at: datetime) -> bool:
        channel: Channel = row.channel  # type: ignore[assignment]
        handed_over = row.state == "sending"
        safe = sender is not None and sender.honours_key and row.via == sender.name
        if handed_over and not safe:
            return await self._doubt(row, "发送的进程在得到应答前结束", at)
        if sender is None:
            return await self._over(row, "not_sent", NO_WAY[channel])
        if at >= row.expires_at:
            return await self._end(row, "given_up", "未能及时发出", at)
        allowed = manner(channel, row.kind).allowed(at)
        if allowed > at:
            return await self._move(row, row.state, due_at=allowed)  # type: ignore[arg-type]
        lease = at + timedelta(seconds=sender.most_s + LEASE_S)
        if not await self._move(row, "sending", tries=row.tries + 1, due_at=lease, via=sender.name):
            return False
        return await self._try(row, sender, handed_over, at)

    async def _try(self, row: NoticeRow, sender: Sender, handed_over: bool, at: datetime) -> bool:
        """`row.state` is what it was before the claim; version and tries are those of the claim."""
        row.version, row.tries = row.version + 1, row.tries + 1
        notice = Notice(row.id, row.kind, row.recipient, row.words, row.facts)
        try:
            async with asyncio.timeout(sender.most_s):
                name = await sender.send(notice)
        except NotSent as error:
            return await self._not_sent(row, error, at)
        except (Unsure, TimeoutError) as error:
            return await self._unsure(row, sender, str(error) or "没有及时应答", at)
        except Exception as error:
            log.error("a sender failed", channel=row.channel, notice=row.id, exc_info=error)
            return await self._unsure(row, sender, type(error).__name__, at)
        return await self._over(row, "sent", None, gateway_id=name[:128] or None, sent_at=self._clock())

    async def _not_sent(self, row: NoticeRow, error: NotSent, at: datetime) -> bool:
        log.warning("notice not taken", notice=row.id, kind=row.kind, tries=row.tries, reason=str(error))
        if not error.retryable:
            return await self._end(row, "failed", str(error), at)
        return await self._later(row, row.state, str(error), at, error.after_s)  # type: ignore[arg-type]

    async def _unsure(self, row: NoticeRow, sender: Sender, reason: str, at: datetime) -> bool:
        """Sent again under the same id where that does no harm; else it is a person's to decide."""
        if not sender.honours_key:
            return await self._doubt(row, reason, at)
        row.state = "sending"
        return await self._later(row, "sending", reason, at, 0.0)

    async def _later(self, row: NoticeRow, state: State, reason: str, at: datetime, asked_s: float) -> bool:
        ways = manner(row.channel, row.kind)  # type: ignore[arg-type]
        if row.tries >= ways.tries:
            return await self._end(row, "given_up", reason, at)
        return await self._move(row, state, due_at=ways.again(at, row.tries, asked_s), reason=reason[:300])

    async def _end(self, row: NoticeRow, state: State, reason: str, at: datetime) -> bool:
        """It goes no further; one that was handed over in an earlier try may have arrived."""
        if row.state == "sending":
            return await self._doubt(row, reason, at)
        return await self._over(row, state, reason)

    async def _doubt(self, row: NoticeRow, reason: str, at: datetime) -> bool:
        log.error("a notice may or may not have arrived", notice=row.id, channel=row.channel, reason=reason)
        async with self._database.session() as session:
            moved = await notices.doubtful(session, row, reason[:300], at)
        if moved:
            self._told(row.channel, "uncertain")  # type: ignore[arg-type]
        return moved

    async def _over(self, row: NoticeRow, state: State, reason: str | None, **changes: object) -> bool:
        moved = await self._move(row, state, reason=reason and reason[:300], **changes)
        if moved:
            self._told(row.channel, state)  # type: ignore[arg-type]
        else:
            log.error("a notice was settled by another process", notice=row.id, state=state)
        return moved

    async def _move(self, row: NoticeRow, state: State, **changes: object) -> bool:
        async with self._database.session() as session:
            return await notices.step(session, row, state, **changes)

    async def _forget(self) -> None:
        at = self._clock()
        if self._forgot is None or at - self._forgot > timedelta(hours=1):
            self._forgot = at
            async with self._database.session() as session:
                await notices.forget_old(session, "webhook", at - KEEP)
