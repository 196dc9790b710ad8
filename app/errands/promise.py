"""What we take on, in the transaction of what makes us owe it: a call that ended, a ticket that was resolved."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from agi.facts import NORMAL_CAUSES
from app.call_rows import UNSEEN
from app.errands import settle
from app.errands.hours import next_allowed
from app.floor import Floor
from core.call import EndFacts
from core.numbers import diallable
from core.policy import Policy
from store import errands, grades, messages
from store.errands import Wish
from store.tables import Call, Ticket

HOTLINE = "12345"
REDIALS_S = 8
"""Who gives up often dials again at once; a call-back sooner would meet a busy line."""


async def call_ended(
    floor: Floor, session: AsyncSession, call: Call, facts: EndFacts, by: str, began: datetime | None
) -> None:
    """A call is over: settle what it was placed for, or take on what it leaves owed."""
    if call.direction == "out":
        await settle.call_over(floor, session, call, facts, joined=began is not None)
        return
    if not diallable(call.caller):
        return
    if began is None:
        await _not_reached(floor, session, call, facts)
    elif _was_cut(facts, by) and floor.policy.after.call_back.cut_off:
        place = call.queued_at or call.arrived_at
        await _owe(session, facts.at, Wish(
            "cut_off", call.id, call.caller, call.line, facts.at, most=2, place=place, call_id=call.id,
            seat_id=call.seat_id,
        ))  # fmt: skip


def _was_cut(facts: EndFacts, by: str) -> bool:
    """The network or a telephone failed in mid-talk: nobody hung up, and somebody saw that. Causes as in ITU-T Q.850."""
    return by == "switch" and facts.status != UNSEEN and facts.cause not in NORMAL_CAUSES


async def ticket_resolved(floor: Floor, session: AsyncSession, ticket: Ticket, policy: Policy) -> None:
    """The citizen of a resolved ticket is to be asked how it went, in the hours the policy allows."""
    rule = policy.after.revisit
    if rule is None or not diallable(ticket.caller):
        return
    at = floor.clock()
    due = next_allowed(at, rule, floor.calendar)
    about = grades.round_of(ticket.id, int(ticket.clock.get("redone", 0)))
    wish = Wish("revisit", about, ticket.caller, HOTLINE, due, most=rule.tries, ticket_id=ticket.id)
    await errands.add(session, wish, at)


async def _not_reached(floor: Floor, session: AsyncSession, call: Call, facts: EndFacts) -> None:
    """They asked for a call-back, or waited and gave up."""
    message, rule = await messages.of_call(session, call.id), floor.policy.after.call_back
    if message is None or message.state != "open":
        return
    if message.kind == "callback":
        place = call.queued_at or call.arrived_at
        await _owe(session, facts.at, Wish(
            "callback", call.id, call.caller, call.line, facts.at, most=rule.tries, place=place, call_id=call.id,
            message_id=message.id,
        ))  # fmt: skip
        return
    listened = call.prompts_ended_at
    if message.kind != "abandoned" or not rule.abandoned or listened is None:
        return
    if (facts.at - listened).total_seconds() >= rule.abandoned_after_s:
        due = facts.at + timedelta(seconds=REDIALS_S)
        await errands.add(session, Wish(
            "abandoned", call.id, call.caller, call.line, due, place=facts.at, call_id=call.id, message_id=message.id,
        ), facts.at)  # fmt: skip


async def _owe(session: AsyncSession, at: datetime, wish: Wish) -> None:
    """A wish that stands above one for an abandoned call, which it replaces while that one is not under way."""
    before = await errands.owed_to(session, wish.number)
    if before is not None and before.kind == "abandoned" and before.state == "due":
        await errands.step(session, before, "cancelled", at, reason="由另一项外呼代替")
    await errands.add(session, wish, at)
