"""What people at desks, citizens online and the text gateway do after a call: api.after_call_house.AfterCallDeeds."""

import hmac
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app import policies
from app.errands.numbers import diallable
from app.errands.stages import keep_grade
from core.after_call import GRADE_NAMES, Grade, Via, grade_of_key
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.policy_after import After
from notify.signed import signature
from store import errands, messages, notices, tickets
from store.database import Database
from store.errands import Wish
from tickets.ticket import SETTLED

SIGNED_FOR_S = 300
"""A signature older than this is refused: it may have been overheard."""
HOTLINE = "12345"


async def scale_of(session: AsyncSession, ticket_id: str) -> Sequence[Grade]:
    """The grades of the city whose rules the ticket runs under."""
    row = await tickets.get(session, ticket_id)
    return policies.load(row.policy or "demo").after.grades


class AfterCallDesk:
    """Over a database and the city's rules; `secret` is the text gateway's, '' refuses all its replies."""

    def __init__(
        self, database: Database, after: After, clock: Callable[[], datetime], secret: str = ""
    ) -> None:
        self._database, self._after, self._clock, self._secret = database, after, clock, secret

    async def call_back(self, actor: Actor, message_id: str) -> str:
        at = self._clock()
        async with self._database.session() as session:
            message = await messages.get(session, message_id)
            if not diallable(message.caller):
                raise BadInput("这个号码不能由系统外呼")
            tries = self._after.call_back.tries
            wish = Wish(
                "callback", message.call_id or message.id, message.caller, HOTLINE, at, most=tries,
                place=message.created_at, call_id=message.call_id, message_id=message.id,
            )  # fmt: skip
            made = await errands.add(session, wish, at)
        if made is None:
            raise Conflict("已经安排过回电")
        return made

    async def cancel(self, actor: Actor, errand_id: str, why: str) -> None:
        at = self._clock()
        async with self._database.session() as session:
            errand = await errands.get(session, errand_id)
            if errand.state == "cancelled":
                return
            reason = f"{actor.login}: {why}"
            if errand.state != "due" or not await errands.step(
                session, errand, "cancelled", at, reason=reason
            ):
                raise Conflict("这项外呼正在进行或已经结束")

    async def grade_ticket(
        self,
        actor: Actor,
        ticket_id: str,
        grade: Grade,
        contacted: bool | None = None,
        words: str = "",
        solved: bool | None = None,
    ) -> bool:
        return await self._grade(ticket_id, grade, "agent", contacted=contacted, words=words, solved=solved)

    async def grade_by_citizen(self, ticket_id: str, grade: Grade) -> bool:
        return await self._grade(ticket_id, grade, "online")

    async def grades_online(self, token: str) -> Sequence[Grade]:
        async with self._database.reading() as session:
            text = await notices.by_token(session, token)
            if text is None or text.ticket_id is None:
                return self._after.grades  # grading by it fails; asking tells nobody which links there are
            return await scale_of(session, text.ticket_id)

    async def grade_online(self, token: str, grade: Grade) -> bool:
        async with self._database.reading() as session:
            text = await notices.by_token(session, token)
        if text is None or text.ticket_id is None:
            raise NotFound("链接无效")
        return await self._grade(text.ticket_id, grade, "online")

    async def text_reply(self, number: str, words: str, body: bytes, signed: str) -> bool:
        self._check(body, signed)
        async with self._database.reading() as session:
            asked = await notices.asked_of(session, number)
            if asked is None or asked.ticket_id is None:
                return False
            scale = await scale_of(session, asked.ticket_id)
        grade = grade_of_key(words.strip(), scale)
        if grade is None:
            return False
        return await self._grade(asked.ticket_id, grade, "sms")

    async def _grade(self, ticket_id: str, grade: Grade, via: Via, **said: Any) -> bool:
        at = self._clock()
        async with self._database.session() as session:
            if (await tickets.get(session, ticket_id)).state not in SETTLED:
                raise Conflict("工单尚未办结，不能评价办理情况")
            if grade not in (scale := await scale_of(session, ticket_id)):
                raise BadInput(f"评价分{'、'.join(GRADE_NAMES[one] for one in scale)}，请选择其中一级")
            return await keep_grade(self._after, session, "unit", grade, via, at, ticket_id=ticket_id, **said)

    def _check(self, body: bytes, signed: str) -> None:
        parts = dict(part.partition("=")[::2] for part in signed.split(","))
        unix = int(parts["t"]) if parts.get("t", "").isascii() and parts.get("t", "").isdecimal() else 0
        wanted = signature(self._secret.encode(), body, unix)
        fresh = abs(time.time() - unix) <= SIGNED_FOR_S
        if not self._secret or not fresh or not hmac.compare_digest(wanted.encode(), signed.encode()):
            raise NotAllowed("签名不正确")
