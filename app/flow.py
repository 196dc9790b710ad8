"""The house flow on one page: from the first ring to the grade.

CallArrived → MenuChosen → Routed → Answered → Utterance → Suggested → TicketFiled → Dispatched → DeadlineNear → Replied → Revisited

Each handler: load, call a pure function, save rows and events in one transaction, then tell the screens.
What Asterisk asks is translated in `call_desk.py`, what people click in `desk_house.py`; both end up here.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from app import (
    aftermath,
    alerts,
    care,
    changed,
    elsewhere,
    filed,
    filing,
    kin,
    nuisance,
    overdue,
    personal,
    terms,
)
from app.call_rows import end_of, left_behind, note_answer, service_level, talked_after_all, the_call
from app.errands import promise
from app.filing import tell_ticket
from app.floor import Floor
from app.journey import Journey
from app.knowledge import rows as knowledge
from app.outcomes import said_before
from app.seat_choice import Asking, choose
from app.three_way import rows as three_way
from app.ways import citizen, repeats
from core.call import Arrival, EndFacts
from core.errors import Conflict
from core.events import Answered, CallArrived, Ended, MenuChosen, Routed, Suggested
from core.ports import Speaker, Utterance
from ivr import Action, Done, Keys, Say, Started, start, step
from match.model import Proposals, Spoken
from match.propose import propose
from match.steady import steady
from routing import Route
from store import calls, events, legs, proposals, seats, tickets, utterances
from store.tables import Call
from store.tables import Ticket as Row
from tickets.lifecycle import Applied, apply
from tickets.ticket import Action as Deed
from tickets.ticket import Actor

# --- CallArrived ------------------------------------------------------------------------------------------------------


async def call_arrived(floor: Floor, arrival: Arrival) -> tuple[str, Action | None]:
    """A citizen reached a line: the call's id and what the menu says (None: it was here before).

    A seat is looked for at once, so that it is reserved while the prompts are spoken.
    """
    reached = floor.content.register.reached(arrival.line)
    line = reached.line
    menu, action = step(floor.menus, start(floor.menus, line.number), Started())
    if isinstance(action, Say):  # a suspended line says first where the caller is
        action = replace(action, prompts=(*reached.prompts, *action.prompts))
    journey = Journey(menu=menu.menu, tries=menu.tries)
    async with floor.database.session() as session:
        call_id, fresh = await calls.add_call(session, arrival, step="menu", answered_at=arrival.at)
        if not fresh:
            return call_id, None
        await legs.add(session, call_id, "citizen", arrival.at, channel=arrival.channel)
        who = await nuisance.known(floor, session, arrival)
        if await nuisance.turned_away(floor, session, call_id, journey, who, arrival):
            return call_id, None
        journey = care.begun(journey, who)
        journey = replace(journey, prefers=who.seat)
        asking = Asking.of(floor, call_id, arrival.line, journey, arrival.at)
        route = await choose(floor, session, asking)
        journey = replace(journey, seat=route.seat.id if route.seat else "")
        stands: calls.Changes = {"menu_state": journey.write(), **asking.place(floor, route)}
        await calls.note(session, call_id, **stands)
        arrived = CallArrived(arrival.at, call_id, arrival.linkedid, line.number, arrival.caller)
        sent = Routed(floor.clock(), call_id, route.target, journey.seat or None, route.reason)
        await events.append_each(session, [(arrived, "switch"), (sent, "routing")])
    await floor.tell("floor", "call.arrived", call_id=call_id, line=line.number)
    if journey.seat:  # who will ring is on its screen before the telephone rings
        await floor.tell(f"seat.{journey.seat}", "call.reserved", call_id=call_id)
    return call_id, care.greeted(journey, action)


# --- MenuChosen -------------------------------------------------------------------------------------------------------


async def menu_chosen(
    floor: Floor, session: AsyncSession, call: Call, journey: Journey, digits: str
) -> tuple[Journey, Action]:
    """The prompts are over or a key was pressed: what the menu says next."""
    given = Keys(digits) if digits else Done()
    menu, action = step(floor.menus, journey.menu_state, given)
    if digits:
        await events.append(session, MenuChosen(floor.clock(), call.id, menu.menu, digits[:1]), "citizen")
    return replace(journey, menu=menu.menu, tries=menu.tries), action


# --- Routed -----------------------------------------------------------------------------------------------------------


async def routed(floor: Floor, session: AsyncSession, call: Call, journey: Journey) -> Route:
    """Decide where the call goes and make it so: a seat is reserved for it, or it waits in the queue."""
    since = call.queued_at or floor.clock()
    asking = Asking.of(floor, call.id, call.line, journey, since)
    route = await choose(floor, session, asking)
    await calls.note(session, call.id, **asking.place(floor, route))
    if route.seat or call.state != "queued":
        seat = route.seat.id if route.seat else None
        sent = Routed(floor.clock(), call.id, route.target, seat, route.reason)
        await events.append(session, sent, "routing")
    return route


# --- Answered, ended --------------------------------------------------------------------------------------------------


async def answered(
    floor: Floor, call_id: str, seat: str, citizen_channel: str, agent_channel: str, at: datetime
) -> bool:
    """A person speaks with the citizen; False where that was known already."""
    async with floor.database.session() as session:
        call = await calls.lock(session, call_id)
        there = await elsewhere.answered(session, call, agent_channel, at)
        if there is None and await note_answer(session, call, seat, agent_channel, at):
            await elsewhere.seat_answered(session, call, at)
        elif not there:
            return False
        seat = there or seat
        await events.append(session, Answered(at, call_id, seat, citizen_channel, agent_channel), "switch")
    if there:
        await floor.tell("queue", "seat.free")  # the seat of ours that rang with them
    await floor.tell(f"seat.{seat}", "call.answered", call_id=call_id)
    await floor.tell("floor", "call.answered", call_id=call_id, seat=seat)
    return True


async def ended(floor: Floor, facts: EndFacts) -> None:
    """The citizen's channel is gone: close the legs, free the seat, keep the recording, leave nothing unsaid.

    Raises NotFound for a call nobody knows: the fallback script, which knows its line and caller, then writes it down.
    """
    async with floor.database.session() as session:
        call = await the_call(session, facts)
        if (
            call.ended_at is not None
        ):  # told twice; but what Asterisk counted is better than what recovery guessed
            await talked_after_all(session, call, facts)
            return
        journey = Journey.read(call.menu_state)
        began = call.agent_answered_at
        if began is None and (facts.answered_s > 0 or facts.status == "ANSWER"):
            began = facts.at - timedelta(seconds=facts.answered_s)
            if journey.seat:
                await note_answer(session, call, journey.seat, "", began)
        by = journey.hung_up_by or facts.ended_by
        await calls.note(session, call.id, **end_of(facts, call, began, by))
        await legs.ended(session, call.id, facts.at, ended_by=by, reason=facts.status)
        await three_way.call_over(floor, session, call, facts.at)
        await seats.let_go(session, call.id, facts.at)
        happened = [Ended(facts.at, call.id, by, facts.answered_s)]
        await events.append_all(session, happened, "switch")
        if began is None and facts.step != "fallback" and call.direction == "in":
            await left_behind(session, call, facts.at)  # the fallback's message comes through the spool
        await promise.call_ended(floor, session, call, facts, by, began)
    await three_way.do_later(session)
    await floor.tell("floor", "call.ended", call_id=call.id, ended_by=by, **service_level(call, began))
    await floor.tell(f"call.{call.id}", "call.ended", ended_by=by)
    await floor.tell("chores", "call.ended", call_id=call.id)


# --- Utterance → Suggested --------------------------------------------------------------------------------------------


async def heard(floor: Floor, call_id: str, speaker: Speaker, said: Utterance, engine: str) -> None:
    """Somebody said something: caption it; when it is final keep it and propose anew. Silence is nothing said."""
    if not said.text.strip():
        return
    caption = {"call_id": call_id, "speaker": speaker, "text": said.text, "final": said.final}
    caption |= {"start_s": round(said.start_s, 2), "end_s": round(said.end_s, 2)}
    if said.final:
        async with floor.database.session() as session:
            kept = personal.kept(floor.policy, said)
            await utterances.add_live(session, call_id, speaker, [kept], engine, floor.clock())
    await floor.tell(f"call.{call_id}", "call.utterance", **caption)
    if said.final and speaker == "citizen":
        await suggested(floor, call_id)


async def suggested(floor: Floor, call_id: str) -> Proposals:
    """What we would propose now, from everything said; a round is kept where it differs, until the agent has decided."""
    async with floor.database.reading() as session:  # thinking must not keep others from writing
        call = await calls.get(session, call_id)
        said = await utterances.of_call(session, call_id)
        shown = await proposals.latest(session, call_id)
        past = await filing.past_matters(session, call)
    spoken = [Spoken(cast(Speaker, one.speaker), one.text) for one in said]
    context = filing.matching(floor, call.line, past)
    found = await asyncio.to_thread(propose, spoken, context, floor.content.index)
    found = steady(found, filing.order_of(shown))
    rows = filing.proposed(found)
    if rows and not any(p.decision for p in shown) and filing.differ(rows, shown):
        async with floor.database.session() as session:
            await proposals.add_round(session, call_id, rows, floor.clock())
            await events.append(session, Suggested(floor.clock(), call_id, filing.summary(found)), "match")
    await floor.tell(f"call.{call_id}", "call.suggested", proposals=found.to_json())
    return found


# --- TicketFiled → Dispatched → Replied → Revisited: every step of a ticket -------------------------------------------


async def ticket_filed(
    floor: Floor, order: filing.Order, actor: Actor, request_key: str, said: repeats.Said | None = None
) -> Row:
    """What the agent confirmed becomes a ticket: filed and dispatched, answered at once, or refused with its ground.

    The same request key gives the same ticket. `said`: what a person says of earlier tickets of this matter; None: nobody looks
    for any. Raises BadInput, NotFound, UnknownUnit, NotAllowed, Conflict (the call was closed otherwise; it repeats a ticket).
    """
    told, order = await repeats.looked_for(floor, order, said, actor, request_key)
    async with floor.database.session() as session:
        first = await tickets.by_request_key(session, request_key)
        if first is not None:
            return first
        call = await calls.lock(session, order.call_id) if order.call_id else None
        if call is not None and (first := await said_before(session, call, order)) is not None:
            return first
        caller = call.caller if call else order.caller
        steps = filing.first_steps(floor, order, actor)
        new = filing.new_row(order, steps, actor, request_key, caller)
        happened = [event for done in steps for event in done.events]
        row, fresh = await tickets.file(session, new, happened, actor.id)
        if fresh:
            await knowledge.ticket_filed(session, row, order)
            others = await repeats.noted(floor, session, row, told, said, actor)
            if others:  # it went into the first one, and alarms whoever has that
                row = await tickets.get(session, row.id)
            alarms = await filed.of(floor, session, row)
            order_on = await repeats.supervised(floor, session, row, told)
    if fresh:
        for done in others or steps[-1:]:
            await tell_ticket(floor, done)
        await alerts.tell(floor, alarms)
        if order_on is not None:
            opened = {"ticket_id": order_on.id, "unit": order_on.unit_code, "state": order_on.state}
            await floor.tell("tickets", "ticket.filed", **opened)
        if order.call_id:
            await floor.tell(f"call.{order.call_id}", "ticket.filed", ticket_id=row.id, number=row.number)
    return row


async def ticket_step(
    floor: Floor, ticket_id: str, deed: Deed, actor: Actor, version: int | None = None, **facts: Any
) -> Applied:
    """One step of the lifecycle table, and what it means for the citizen and for related tickets.

    Raises NotFound, Changed (somebody was first), NotAllowed, BadInput.
    """
    try:
        return await _stepped(floor, ticket_id, deed, actor, version, facts)
    except Conflict as error:
        raise await changed.since(floor, ticket_id, version, error) from error


async def _stepped(
    floor: Floor, ticket_id: str, deed: Deed, actor: Actor, version: int | None, facts: dict[str, Any]
) -> Applied:
    async with floor.database.session() as session:
        row = await tickets.get(session, ticket_id, lock=deed in kin.WAITED_FOR)
        row, deed, version, facts = await citizen.passed_on(session, row, deed, version, facts)
        policy = filing.policy_of(floor, row)
        before = filing.as_ticket(row)
        first = overdue.CaughtUp(row)
        if version is None or version == row.version:  # else the table tells who was first
            await aftermath.may(floor, session, row, deed, actor, facts)
            first = await overdue.catch_up(floor, session, row)
            row, version = first.row, None
            before = filing.as_ticket(row)
        at = floor.clock()
        done = apply(before, deed, actor, at, policy, floor.calendar, version=version, **facts)
        done = terms.held_to_law(done, facts, at)
        await filing.save_step(session, row, done, actor.id)
        others = await aftermath.of_step(floor, session, row, done, deed, actor, facts)
    for told in (*first.told, done, *others):
        await tell_ticket(floor, told)
    return done


# --- DeadlineNear -----------------------------------------------------------------------------------------------------


async def deadline_near(floor: Floor, ticket_id: str) -> Applied:
    """The clock's alarm for one ticket went off: give the cards that fell, accept by silence where the law says so."""
    async with floor.database.session() as session:
        found = await overdue.catch_up(floor, session, await tickets.get(session, ticket_id))
    for told in found.told:
        await tell_ticket(floor, told)
    return found.done or Applied(filing.as_ticket(found.row), ())
