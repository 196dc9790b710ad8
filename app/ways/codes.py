"""The counter for citizens without an account: a ticket's number and a code sent to the telephone it was raised from."""

import secrets
from datetime import timedelta
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from app import policies
from app.floor import Floor
from app.ways.together import result_for_others
from core.errors import NotAllowed
from core.numbers import textable
from store import attachments, codes, events, notices, replies, tickets
from store.keys import normal
from store.notices import NewNotice
from store.tables import Ticket as Row
from store.tables import Unit
from tickets.table import passed_on
from tickets.ticket import OWN, SETTLED, STATE_NAMES, State


class WrongCode(NotAllowed):
    """Number and code do not open a ticket; which of them is wrong is not said."""

    code = "wrong_code"


class Counter:
    """Over the floor's database, clock and rules."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def send(self, number: str, phone: str) -> None:
        """A code by text, where this telephone raised this ticket and none was sent a moment ago."""
        at, rule = self._floor.clock(), self._floor.policy.ways.codes
        async with self._floor.database.session() as session:
            row = await tickets.by_number(session, number)
            if (
                row is None
                or (row.relation is not None and row.relation not in OWN)
                or not textable(row.caller)
                or normal(row.caller) != normal(phone)
            ):
                return
            many, last = await codes.sent_since(session, row.id, at - timedelta(days=1))
            if many >= rule.most_a_day or (last and at < last + timedelta(seconds=rule.again_after_s)):
                return
            code, valid = f"{secrets.randbelow(1_000_000):06d}", timedelta(seconds=rule.valid_s)
            made = await codes.add(session, row.id, code, at, at + valid)
            text = f"【{self._floor.policy.hotline}】工单{row.number}查询验证码{code}，{rule.valid_s // 60}分钟内有效，请勿告诉他人。"
            new = NewNotice(
                "code", "sms", f"code/{made}", row.caller, text, at, ticket_id=row.id, within=valid
            )
            await notices.add(session, new, at)

    async def ticket(self, number: str, code: str) -> str:
        """The id of the ticket they open together. Raises WrongCode."""
        async with self._floor.database.session() as session:
            row = await tickets.by_number(session, number)
            tries = self._floor.policy.ways.codes.tries
            opens = row is not None and await codes.opens(session, row.id, code, self._floor.clock(), tries)
        if row is None or not opens:
            raise WrongCode("工单编号或验证码不正确，或验证码已失效")
        return row.id

    async def progress(self, ticket_id: str) -> dict[str, Any]:
        """What its citizen may know: where it stands, who has it, until when, and what came of it once it is settled."""
        async with self._floor.database.reading() as session:
            row = await tickets.get(session, ticket_id)
            leading = await tickets.leading(session, row)
            unit = await session.get(Unit, leading.unit_code) if leading.unit_code else None
            own = [one.words for one in await replies.of_ticket(session, row.id) if one.kind == "individual"]
            earlier = await _settled(session, leading)
            told = await _told(session, row)
            photos = sum(one.by == attachments.CITIZEN for one in await attachments.of(session, row.id))
        settled = leading.state in SETTLED
        first = str((row.reply or {}).get("result") or "")
        shared = first if leading.id == row.id else result_for_others(leading)
        result = (own[-1] if own else shared) if settled else ""
        names: dict[str, str] = {str(state): name for state, name in STATE_NAMES.items()}
        return {
            "number": row.number, "title": row.title, "state": row.state, "state_name": names[row.state],
            "handled_as": leading.state if leading is not row else row.state, "filed_at": row.filed_at,
            "due_at": leading.due_at, "unit": unit.name if unit else "", "result": result or told,
            "earlier_result": "" if settled or leading.id != row.id else earlier,
            "photos": photos, "grades": list(policies.load(row.policy or "demo").after.grades),
            "deeds": list(passed_on(cast(State, leading.state), "citizen")),
        }  # fmt: skip


async def _told(session: AsyncSession, row: Row) -> str:
    """Why it was not taken; '' where it was."""
    if row.state != "refused":
        return ""
    steps = [one.payload for one in await events.of(session, row.id) if one.payload.get("action") == "refuse"]
    return str(steps[-1].get("facts", {}).get("told", "")) if steps else ""


async def _settled(session: AsyncSession, row: Row) -> str:
    """The unit's reply under which it was last settled; '' where it never was."""
    ends = [one.at for one in await events.of(session, row.id) if one.payload.get("action") == "resolve"]
    given = [one for one in await replies.of_ticket(session, row.id) if one.kind == "unit"]
    return next((one.words for one in reversed(given) if ends and one.at <= ends[-1]), "")
