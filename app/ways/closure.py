"""虚假办结: the unit says that it spoke with the citizen, the citizen asked afterwards says that nobody did."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from core.events import Event
from core.masking import mask_numbers
from match.reply_gate import TELLS
from store import events
from store.tables import Ticket as Row


@dataclass(frozen=True, slots=True)
class FalseClosure(Event):
    """`claimed`: what the reply says of the talk; `said`: the citizen's words; `noted`: a person asked and noted that nobody had called.

    It is a flag for whoever verifies, not a verdict: what only a machine heard costs the unit nothing.
    """

    name: ClassVar[str] = "ticket.false_closure"
    ticket_id: str
    unit: str | None
    via: str
    claimed: str
    said: str
    noted: bool = False


async def denied(
    session: AsyncSession, row: Row, via: str, said: str, at: datetime, *, noted: bool = False
) -> bool:
    """The citizen denies that the unit contacted them; False where the unit never claimed it, or it is flagged already.

    noted: a person asked; that is flagged also where a machine's flag stands.
    """
    reply = row.reply or {}
    claims = any(str(reply.get(name) or "").strip() for name in TELLS)
    last = 0
    for event in await events.of(session, row.id):
        if event.name == "ticket.replied":
            last = event.seq
        elif (
            event.name == FalseClosure.name and event.seq > last and (event.payload.get("noted") or not noted)
        ):
            return False
    if not claims:
        return False
    claimed = mask_numbers(str(reply.get("talk") or reply.get("attested") or ""))
    await events.append(
        session, FalseClosure(at, row.id, row.unit_code, via, claimed, mask_numbers(said), noted), "citizen"
    )
    return True
