"""What people at desks, citizens online and the text gateway do after a call: api.after_call_house.AfterCallDeeds."""

import hmac
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app import policies
from app.errands import answers, letters
from app.errands.stages import keep_grade
from core.after_call import GRADE_NAMES, ErrandCancelled, Grade, GradeUnclear, Via, grade_of_key
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.numbers import diallable
from core.policy_after import After
from notify.signed import signature
from store import errands, events, grades, messages, notices, tickets
from store.database import Database
from store.errands import Wish
from store.tables import Ticket
from tickets.ticket import SETTLED

SIGNED_FOR_S = 300
"""A signature older than this is refused: it may have been overheard."""
HOTLINE = "12345"


async def scale_of(session: AsyncSession, ticket_id: str) -> Sequence[Grade]:
    """The grades of the city whose rules the ticket runs under."""
    row = await tickets.get(session, ticket_id)
    return policies.load(row.policy or "demo").after.grades


async def _asked(session: AsyncSession, number: str) -> list[Ticket]:
    """The settled tickets whose work this citizen was asked about by text and has not graded in the round it is in."""
    found: list[Ticket] = []
    for text in await notices.asked_of(session, number):
        row = await tickets.get(session, text.ticket_id) if text.ticket_id else None
        if row is None or row.state not in SETTLED:
            continue
        if text.key == notices.ASKS + grades.round_of(row.id, int(row.clock.get("redone", 0))):
            found.append(row)
    return found


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
            said = ErrandCancelled(at, errand.call_id, errand.ticket_id, errand.id, errand.kind)
            await events.append(session, said, actor.id)

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
        answer = answers.read(words)
        if answer is None:
            return False
        async with self._database.reading() as session:
            asked = await _asked(session, number)
            meant = [one for one in asked if answer.names(one.number)]
            scale = await scale_of(session, meant[0].id) if meant else ()
            again = (
                len(meant) == 1 and not answer.mark and await self._unclear_before(session, meant[0], words)
            )
        if len(meant) != 1 or again:
            if asked:
                await self._which(asked, number, words)
            return False
        grade = grade_of_key(answer.key, scale)
        return grade is not None and await self._grade(meant[0].id, grade, "sms")

    async def _unclear_before(self, session: AsyncSession, ticket: Ticket, words: str) -> bool:
        """Whether just these words came when they might have meant another ticket: a gateway may deliver them once more."""
        since = self._clock() - notices.WITHIN
        said = await events.named(session, [ticket.id], GradeUnclear.name)
        return any(one.at >= since and one.payload["said"] == words.strip() for one in said)

    async def _which(self, asked: Sequence[Ticket], number: str, words: str) -> None:
        """Nobody guesses which ticket was meant: they are asked, and what they said stands with each it may be about."""
        at = self._clock()
        async with self._database.session() as session:
            said = [GradeUnclear(at, one.id, words.strip()) for one in asked]
            await events.append_all(session, said, "citizen")
            await letters.ask_which(session, asked, number, at)

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
