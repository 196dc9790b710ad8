"""Text messages to citizens: what they say; app/notices sends them."""

import secrets
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.errands.numbers import textable
from app.floor import Floor
from core.after_call import GRADE_NAMES
from store import notices, tickets
from store.notices import NewNotice
from store.tables import Errand, Ticket


async def ticket_filed(floor: Floor, session: AsyncSession, ticket: Ticket) -> None:
    """The citizen who called gets the number of what they asked for, once the call is over."""
    if ticket.call_id is None or not textable(ticket.caller) or ticket.state in ("answered", "refused"):
        return
    at = floor.clock()
    words = f"【{floor.policy.hotline}】您的诉求已登记，工单编号{ticket.number}。如需了解进度，请拨打12345并提供编号。"
    new = NewNotice(
        "ticket_number", "sms", f"ticket/{ticket.id}", ticket.caller, words, at, call_id=ticket.call_id, ticket_id=ticket.id
    )  # fmt: skip
    await notices.add(session, new, at)


async def ask_for_grade(floor: Floor, session: AsyncSession, errand: Errand, at: datetime) -> None:
    """After the last revisit call that reached nobody: reply with a key, or follow a link."""
    if errand.ticket_id is None or not textable(errand.number):
        return
    ticket, token = await tickets.get(session, errand.ticket_id), secrets.token_urlsafe(12)
    listed = "，".join(f"{key}{name}" for key, name in enumerate(GRADE_NAMES.values(), 1))
    words = f"【{floor.policy.hotline}】您反映的事项（工单{ticket.number}）已办结，请回复数字评价办理情况：{listed}。"
    if floor.grade_link:
        words += f"也可在线评价：{floor.grade_link.replace('{token}', token)}"
    key = f"grade/{ticket.id}"
    new = NewNotice("grade", "sms", key, errand.number, words, at, ticket_id=ticket.id, token=token)
    await notices.add(session, new, at)
