"""What a unit replies: held against what was asked, kept with what was found, and told to the citizen."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from app import filing, laws
from app.errands import letters
from app.floor import Floor
from core.errors import BadInput
from core.events import Event
from core.masking import mask_numbers
from match.reply_gate import Asked, Verdict, check
from store import events, replies
from store.tables import Ticket as Row
from tickets.effects import told_moment
from tickets.lifecycle import Applied

_BEGINS = ("dispatch", "decide", "redo")


class ReplyRefused(BadInput):
    """The gate does not take this reply; the text says what is wrong with it."""

    code = "reply_refused"


@dataclass(frozen=True, slots=True)
class ReplyChecked(Event):
    """What the gate found in a reply that was taken: kinds of findings, how many demands found no answer."""

    name: ClassVar[str] = "ticket.reply_checked"
    ticket_id: str
    unit: str | None
    findings: tuple[str, ...]
    asked: int
    unaddressed: int


async def verdict(
    floor: Floor, session: AsyncSession, row: Row, unit: str, facts: Mapping[str, Any]
) -> Verdict:
    """What the gate says of this reply to this ticket, under its own rules."""
    policy, (known, generic) = filing.policy_of(floor, row), laws.register()
    asked = Asked(
        row.body or row.title,
        await replies.earlier(session, unit, row.id, policy.ways.gate.compare),
        await contacted(session, row.id),
        row.relation == "supervision",
        known,
        generic,
    )
    return await asyncio.to_thread(check, facts, asked, policy)


async def contacted(session: AsyncSession, ticket_id: str) -> datetime | None:
    """When the unit first spoke with the citizen since the ticket came (back) to it (Henan 三(四): 第一时间联系)."""
    first: datetime | None = None
    for event in await events.of(session, ticket_id):
        action = event.payload.get("action")
        if action in _BEGINS:
            first = None
        elif (
            action == "contact"
            and first is None
            and event.payload.get("facts", {}).get("reached") is not False
        ):
            first = event.at
    return first


async def taken(
    floor: Floor, session: AsyncSession, row: Row, done: Applied, actor: str, facts: Mapping[str, Any]
) -> None:
    """A reply was given: refused where the city's rules say so, else kept with what was found and told to the citizen.

    Raises ReplyRefused; the step is then undone with the transaction.
    """
    unit, at = done.ticket.unit or "", floor.clock()
    found = await verdict(floor, session, row, unit, facts)
    if found.refused:
        raise ReplyRefused("；".join(one.words for one in found.refused))
    shown = found.as_json()["findings"]
    findings = tuple(
        {**one, "words": mask_numbers(one["words"]), "evidence": [mask_numbers(e) for e in one["evidence"]]}
        for one in shown
    )
    await replies.add(session, replies.Given(
        row.id, unit, done.ticket.version, str(facts["result"]), actor, at, findings=findings, asked=found.asked,
        unaddressed=found.unaddressed, told_at=told_moment(facts, at), told_how=str(facts.get("told_how") or "") or None,
    ))  # fmt: skip
    kinds = tuple(dict.fromkeys(one.kind for one in found.findings))
    await events.append(
        session, ReplyChecked(at, row.id, unit, kinds, found.asked, found.unaddressed), "gate"
    )
    if facts.get("tell"):
        await letters.replied(floor, session, row, unit, str(facts["result"]), done.ticket.version)
