"""What a step of one ticket asks of others before it, and what it leaves owed after it; all in its own transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import alerts, anomalies, below, disputes, filing, kin, rewards
from app.errands import letters, promise
from app.floor import Floor
from app.notices import pressing
from app.ways import citizen, feedback, repeats, reply, together
from core.errors import BadInput, NotAllowed
from core.events import Event
from store import tickets
from store.tables import Ticket as Row
from tickets.lifecycle import Applied
from tickets.ticket import INSIDE, Action, Actor


def to_citizen(row: Row) -> bool:
    """Whether what is done on this ticket is told to the citizen: they know its number."""
    return row.relation not in INSIDE


async def may(
    floor: Floor, session: AsyncSession, row: Row, deed: Action, actor: Actor, facts: Mapping[str, Any]
) -> None:
    """What lies outside this ticket and forbids the step. Raises NotAllowed, NotFound, BadInput."""
    await kin.may(session, row, deed, actor, facts)
    rewards.may(floor, row, deed, facts)
    if deed == "return" and actor.unit:
        await disputes.may_return(session, row, actor.unit)
    if deed == "reply" and facts.get("tell") and not to_citizen(row):
        raise BadInput(f"tell: 工单 {row.number} 不对诉求人，由主单告知诉求人")
    if deed == "urge":
        await citizen.may_urge(floor, session, row)
    if deed == "revisit":
        await feedback.may_revisit(session, row, facts)
    if deed == "withdraw":
        await citizen.may_withdraw(session, row)
    if deed == "refuse" and await tickets.joined(session, row.id):
        raise NotAllowed(f"已有诉求并入工单 {row.number}，不能“不予受理”(refuse)")


async def of_step(
    floor: Floor,
    session: AsyncSession,
    row: Row,
    done: Applied,
    deed: Action,
    actor: Actor,
    facts: Mapping[str, Any],
) -> list[Applied]:
    """Letters, errands, precedents, and the steps of child tickets that follow. `row` is as it was before."""
    alarms: list[Event] = []
    others: list[Applied] = []
    match deed:
        case "resolve" if to_citizen(row):
            await promise.ticket_resolved(floor, session, row, filing.policy_of(floor, row))
            await together.settled(floor, session, row)
        case "reply":
            await reply.taken(floor, session, row, done, actor.id, facts)
        case "return" if row.relation == "descent":
            await below.came_back(floor, session, row)
        case "revisit":
            await feedback.revisited(floor.policy.after, session, row, done, facts, floor.clock())
        case "supplement":
            others = await citizen.supplemented(floor, session, row, done, actor, facts)
            alarms = await alerts.sensitive(floor, session, row, str(facts["words"]))
        case "urge":
            others = await citizen.urged(floor, session, row, done, actor, facts)
        case "merge":
            others = await citizen.went_into(floor, session, str(facts["into"]), row, actor)
            await repeats.counted(floor, session, row, str(facts["into"]), actor)
        case "press":
            await pressing.pressed(floor, session, row, facts, actor.id)
        case "decide":
            await disputes.decided(floor, session, row, done, actor, facts)
            alarms = await alerts.dispatched(floor, session, row, done)
        case "dispatch":
            alarms = await alerts.dispatched(floor, session, row, done)
        case "grant_extension" | "refuse_extension" if to_citizen(row):
            await letters.extension(floor, session, row, done, await tickets.joined(session, row.id))
        case "refuse" if to_citizen(row):
            await letters.refused(floor, session, row, str(facts["told"]), done.ticket.version)
    alarms += await anomalies.of_step(session, row, done)
    told = [Applied(done.ticket, tuple(alarms))] if alarms else []
    others += await below.follow(floor, session, row, deed, actor)
    return told + others + await below.held_to_law(floor, session, row, actor, facts)
