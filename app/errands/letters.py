"""Text messages: what they say, and the outbox that sends them."""

import secrets
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.errands.numbers import textable
from app.floor import Floor
from core.after_call import GRADE_NAMES, Sms, Texter, TextFailed
from store import texts, tickets
from store.tables import Errand, Text, Ticket
from store.texts import NewText

log = structlog.get_logger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S, TRIES = 10, 3600, 6
SENDING_S = 60
"""A text that is being sent is looked at again after this: its process may have died."""
NO_GATEWAY = "no text gateway is configured"


async def ticket_filed(floor: Floor, session: AsyncSession, ticket: Ticket) -> None:
    """The citizen who called gets the number of what they asked for, once the call is over."""
    if ticket.call_id is None or not textable(ticket.caller) or ticket.state in ("answered", "refused"):
        return
    at = floor.clock()
    words = f"【{floor.policy.hotline}】您的诉求已登记，工单编号{ticket.number}。如需了解进度，请拨打12345并提供编号。"
    new = NewText("ticket_number", f"ticket/{ticket.id}", ticket.caller, words, at, ticket.call_id, ticket.id)
    await texts.add(session, new, at)


async def ask_for_grade(floor: Floor, session: AsyncSession, errand: Errand, at: datetime) -> None:
    """After the last revisit call that reached nobody: reply with a key, or follow a link."""
    if errand.ticket_id is None or not textable(errand.number):
        return
    ticket, token = await tickets.get(session, errand.ticket_id), secrets.token_urlsafe(12)
    listed = "，".join(f"{key}{name}" for key, name in enumerate(GRADE_NAMES.values(), 1))
    words = f"【{floor.policy.hotline}】您反映的事项（工单{ticket.number}）已办结，请回复数字评价办理情况：{listed}。"
    if floor.grade_link:
        words += f"也可在线评价：{floor.grade_link.replace('{token}', token)}"
    new = NewText("grade", f"grade/{ticket.id}", errand.number, words, at, None, ticket.id, token)
    await texts.add(session, new, at)


class Outbox:
    """Sends what is due, one after the other; without a gateway it says so on every row."""

    def __init__(self, floor: Floor, texter: Texter | None) -> None:
        self._floor, self._texter = floor, texter

    async def send_texts(self) -> int:
        """A chore: how many texts were dealt with."""
        at = self._floor.clock()
        async with self._floor.database.reading() as session:
            waiting = await texts.due(session, at)
        return sum([await self._one(text, at) for text in waiting])

    async def health(self) -> str:
        """For /health: whether texts go out at all."""
        return "a gateway is configured" if self._texter else "no gateway: texts are kept as not sent"

    async def _one(self, text: Text, at: datetime) -> bool:
        if self._texter is None:
            return await self._move(text, "not_sent", reason=NO_GATEWAY)
        taken = {"tries": text.tries + 1, "due_at": at + timedelta(seconds=SENDING_S)}
        if not await self._move(text, "sending", **taken):
            return False
        text.version, text.tries = text.version + 1, text.tries + 1
        try:
            name = await self._texter.send(Sms(text.id, text.kind, text.number, text.words))
        except TextFailed as error:
            return await self._failed(text, error, at)
        return await self._move(
            text, "sent", gateway_id=name[:128] or None, sent_at=self._floor.clock(), reason=None
        )

    async def _failed(self, text: Text, error: TextFailed, at: datetime) -> bool:
        wait_s = min(FIRST_WAIT_S * 2.0 ** (text.tries - 1), LONGEST_WAIT_S)
        state = "due" if error.retryable and text.tries < TRIES else "failed"
        log.warning("text not taken", text=text.id, kind=text.kind, tries=text.tries, reason=str(error))
        return await self._move(text, state, due_at=at + timedelta(seconds=wait_s), reason=str(error)[:300])

    async def _move(self, text: Text, state: str, **changes: object) -> bool:
        async with self._floor.database.session() as session:
            return await texts.step(session, text, state, **changes)
