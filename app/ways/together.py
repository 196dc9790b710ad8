"""Many citizens, one matter: handled once under the first ticket, and each of them told."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.confidential import Veil
from app import below, kin
from app.errands import letters
from app.floor import Floor
from app.ways.repeats import counted, merge
from core.errors import BadInput, NotAllowed, NotFound
from core.events import Event
from core.masking import mask_text
from store import events, replies, tickets
from store.tables import Ticket as Row
from tickets.lifecycle import Applied
from tickets.ticket import SETTLED, UNIT_ROLES, Actor


@dataclass(frozen=True, slots=True)
class CitizenTold(Event):
    """A citizen whose ticket went into `of` was told what came of it; `own`: in words for them alone.

    rounds: how often it had been sent back for redoing; each time they hear the new result.
    """

    name: ClassVar[str] = "ticket.told"
    ticket_id: str
    of: str
    own: bool
    rounds: int = 0


async def join(
    floor: Floor, session: AsyncSession, into: Row, ids: Sequence[str], actor: Actor, reason: str
) -> list[Applied]:
    """并单: these tickets go into one, all or none. Raises NotFound, NotAllowed, BadInput."""
    done: list[Applied] = []
    for ticket_id in dict.fromkeys(ids):
        row = await tickets.get(session, ticket_id)
        await kin.may(session, row, "merge", actor, {"into": into.id})
        done += await merge(floor, session, row, into.id, actor, reason)
        done += await below.follow(floor, session, row, "merge", actor)
        await counted(floor, session, row, into.id, actor)
    return done


async def answer_one(
    floor: Floor, session: AsyncSession, parent: Row, child_id: str, words: str, actor: Actor
) -> None:
    """A reply for one of the citizens alone; sent when the matter is settled, at once where it is. Raises NotFound, NotAllowed."""
    if actor.role in UNIT_ROLES and actor.unit != parent.unit_code:
        raise NotAllowed(f"工单 {parent.number} 不是贵单位承办的")
    child = next((one for one in await tickets.joined(session, parent.id) if one.id == child_id), None)
    if child is None:
        raise NotFound(f"没有并入工单 {parent.number} 的工单 {child_id}")
    if await _told(session, child) >= _rounds(parent):
        raise BadInput(f"工单 {child.number} 的诉求人已经告知")
    given = replies.Given(
        child.id, parent.unit_code, child.version, words, actor.id, floor.clock(), kind="individual"
    )
    await replies.add(session, given)
    if parent.state in SETTLED:
        await _tell(floor, session, parent, child)


async def settled(floor: Floor, session: AsyncSession, row: Row) -> None:
    """The matter is settled: every citizen of a ticket that went into it is told, each by their own number and words."""
    for child in await tickets.joined(session, row.id):
        await _tell(floor, session, row, child)


async def _tell(floor: Floor, session: AsyncSession, parent: Row, child: Row) -> None:
    rounds = _rounds(parent)
    given = [one for one in await replies.of_ticket(session, child.id) if one.kind == "individual"]
    before = {one.words for one in given if one.told_at is not None}
    own = [one.words for one in given if one.told_at is None and one.words not in before]
    words = own[-1] if own else result_for_others(parent)
    if not words or await _told(session, child) >= rounds:
        return
    at = floor.clock()
    await letters.told_result(floor, session, child, words, rounds)
    told = replies.Given(
        child.id,
        parent.unit_code,
        child.version,
        words,
        "hotline",
        at,
        kind="individual",
        told_at=at,
        told_how="sms",
    )
    await replies.add(session, told)
    await events.append(session, CitizenTold(at, child.id, parent.id, bool(own), rounds), "hotline")


def result_for_others(parent: Row) -> str:
    """What came of a matter, for citizens whose tickets went into it: nothing in it tells who raised it first."""
    words = str((parent.reply or {}).get("result") or "")
    return mask_text(Veil(parent).text(words) if parent.confidential else words)


def _rounds(parent: Row) -> int:
    return int(parent.clock.get("redone", 0))


async def _told(session: AsyncSession, child: Row) -> int:
    """The last round whose result the citizen heard; -1 none."""
    told = [one for one in await events.of(session, child.id) if one.name == CitizenTold.name]
    return max((int(one.payload.get("rounds", 0)) for one in told), default=-1)
