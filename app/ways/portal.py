"""The counter's way in: a citizen files online with a code sent to their telephone, and adds pictures to what was filed."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from api.house import TicketDraft
from api.ways_house import FilingAsk
from app import filing, flow, intake
from app.floor import Floor
from app.ways.attachments import Attachments
from app.ways.codes import Counter, WrongCode
from app.ways.repeats import Said
from core.errors import BadInput, Conflict
from core.numbers import textable
from store import codes, notices, portal, tickets
from store.keys import normal
from store.notices import NewNotice
from tickets.ticket import Person

CITIZEN = Person(portal.ONLINE, "citizen")
MOST_A_DAY = 10


class TooManyFiled(Conflict):
    """This telephone filed many matters today; a person at 12345 takes the next one."""

    code = "too_many_filed"


class Portal:
    """Over the floor's database, clock and rules; `counter` opens what was filed, `attachments` keeps what is added to it."""

    def __init__(self, floor: Floor, counter: Counter, attachments: Attachments) -> None:
        self._floor, self._counter, self._attachments = floor, counter, attachments

    async def send_code(self, phone: str) -> None:
        """A code by text to a mobile, where none was sent a moment ago. Raises BadInput for what no text reaches."""
        if not textable(phone):
            raise BadInput("phone: 请填写可接收短信的手机号码")
        at, rule = self._floor.clock(), self._floor.policy.ways.codes
        async with self._floor.database.session() as session:
            many, last = await portal.codes_since(session, phone, at - timedelta(days=1))
            if many >= rule.most_a_day or (last and at < last + timedelta(seconds=rule.again_after_s)):
                return
            code, valid = f"{secrets.randbelow(1_000_000):06d}", timedelta(seconds=rule.valid_s)
            made = await portal.add_code(session, phone, code, at, at + valid)
            text = f"【{self._floor.policy.hotline}】网上反映诉求验证码{code}，{rule.valid_s // 60}分钟内有效，请勿告诉他人。"
            await notices.add(
                session, NewNotice("code", "sms", f"code/{made}", phone, text, at, within=valid), at
            )

    async def file(self, ask: FilingAsk, code: str, key: str) -> dict[str, Any]:
        """File it for the desk to dispatch; the code that filed it opens it for some minutes. The same key files once.

        Raises WrongCode, TooManyFiled, UnknownDivision, UnknownIntake.
        """
        at, rules = self._floor.clock(), self._floor.policy.ways.codes
        request = _request(ask.phone, key)
        body = f"{ask.body}\n地点：{ask.address}" if ask.address else ask.body
        kind = self._floor.intake.get(ask.type)
        sort = intake.settled(self._floor.intake, TicketDraft(kind.type, ask.title, body, intake=kind.id))
        if ask.place:
            self._floor.divisions.get(ask.place)
        async with self._floor.database.session() as session:
            right = await portal.use_code(session, ask.phone, code, request, at, rules.tries)
            today = await portal.filed_since(session, ask.phone, at - timedelta(days=1))
            first = await tickets.by_request_key(session, request)
        if not right:
            raise WrongCode("手机号码或验证码不正确，或验证码已失效")
        if first is None and today >= MOST_A_DAY:
            raise TooManyFiled(f"一天内最多网上反映{MOST_A_DAY}件，请拨打12345")
        order = filing.Order(
            sort.type, sort.title, sort.body, "file", caller=ask.phone, citizen_name=ask.name, intake=sort.intake, urgency=sort.urgency,
            confidential=ask.confidential, enforcement=sort.enforcement, place=ask.place,
        )  # fmt: skip
        row = await flow.ticket_filed(self._floor, order, CITIZEN, request, Said())
        async with self._floor.database.session() as session:
            if not (await codes.sent_since(session, row.id, at - timedelta(days=1)))[0]:
                await codes.add(session, row.id, code, at, at + timedelta(seconds=rules.valid_s))
        return await self._counter.progress(row.id)

    async def add_photo(self, number: str, code: str, body: bytes) -> dict[str, Any]:
        """A picture to a matter that is not over. Raises WrongCode, BadInput, Conflict."""
        ticket_id = await self._counter.ticket(number, code)
        await self._attachments.by_citizen(ticket_id, body)
        return await self._counter.progress(ticket_id)


def _request(phone: str, key: str) -> str:
    """Keys of different telephones never meet, and the number is not in it."""
    return f"online:{hashlib.sha256(f'{normal(phone)}/{key}'.encode()).hexdigest()}"
