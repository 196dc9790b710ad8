"""api.ways_house.WaysDeeds over a Floor: rights by role were checked at the edge, facts are checked here."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_

from api import rights
from api.actor import Actor
from api.ways_house import CitizenDeed, FilingAsk, LikeAsk
from app import filing, flow, rewards
from app.floor import Floor
from app.refusals import grounds
from app.ways import repeats, reply, together
from app.ways.attachments import Attachments
from app.ways.codes import Counter
from app.ways.portal import Portal
from app.ways.repeats import Matter, Said
from app.ways.unit_calls import UnitCalls
from core.calendar import Calendar
from core.errors import BadInput, NotAllowed, NotFound, SwitchElsewhere
from core.policy import Policy
from core.policy_parts import FLAGS
from match.demands import demands
from match.repeats import Verdict
from store import calls, scope, tickets
from store.attachments import Kind
from store.sealed import same_number
from store.tables import Ticket as Row
from tickets.alarms import alarms
from tickets.options import forms, options, triggers
from tickets.running import explained, running, start_of
from tickets.ticket import UNIT_ROLES, Person, Ticket

CITIZEN = Person("citizen", "citizen")


def clocks(ticket: Ticket, policy: Policy, calendar: Calendar) -> list[dict[str, Any]]:
    """Every clock that runs, with the days that count and the clauses it rests on."""
    shown = []
    for stage in running(ticket, policy):
        since = start_of(ticket, stage, policy)
        if since is None:
            continue
        found = explained(ticket, stage, since, policy, calendar)
        quotes = [{"clause": one.clause, "words": one.words, "note": one.note} for one in found.quotes]
        shown.append({
            "stage": stage, "since": since, "due": found.due, "provisional": found.provisional,
            "flags": [flag for flag in FLAGS if getattr(ticket, flag)],
            "days": [asdict(day) for day in found.steps], "clauses": list(found.clauses), "quotes": quotes,
        })  # fmt: skip
    return shown


class WaysDesk:
    """One transaction per deed."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._counter = Counter(floor)
        self._attachments = Attachments(floor)
        self._portal = Portal(floor, self._counter, self._attachments)
        self.calls: UnitCalls | None = None  # where this process has the link to Asterisk

    async def check_reply(self, actor: Actor, ticket_id: str, facts: dict[str, Any]) -> dict[str, Any]:
        async with self._floor.database.reading() as session:
            row = await tickets.get(session, ticket_id)
            if actor.role in UNIT_ROLES and actor.unit != row.unit_code:
                raise NotFound(f"没有工单 {ticket_id}")
            if row.unit_code is None:
                raise NotAllowed(f"工单 {row.number} 还没有承办单位")
            found = await reply.verdict(self._floor, session, row, row.unit_code, facts)
        return found.as_json()

    async def options(self, actor: Actor, ticket_id: str) -> dict[str, Any]:
        async with self._floor.database.reading() as session:
            row = await tickets.get(session, ticket_id)
            head = await tickets.leading(session, row)
            holder = await tickets.held_by(session, row)
        policy = filing.policy_of(self._floor, row)
        into = filing.as_ticket(head) if head is not row else None
        others = actor.role in UNIT_ROLES and actor.unit != holder
        ticket = filing.as_ticket(row)
        found = () if others else options(ticket, actor.role, policy, into)
        return {
            "demands": [one.quote for one in demands(row.body or row.title)],
            "grades": list(policy.after.grades),
            "options": [asdict(rewards.asked(self._floor, row, one)) for one in found],
            "triggers": [asdict(one) for one in triggers(policy)],
            "forms": [asdict(one) for one in forms(policy)],
            "grounds": [
                {"code": one.code, "clause": one.clause, "title": one.title, "words": one.words}
                for one in (grounds(self._floor) if any(one.action == "refuse" for one in found) else ())
            ],
            "clocks": clocks(ticket, policy, self._floor.calendar),
            "alarms": [asdict(one) for one in alarms(ticket, policy, self._floor.calendar)],
        }

    async def alike(self, actor: Actor, ask: LikeAsk) -> dict[str, Any]:
        async with self._floor.database.reading() as session:
            caller = (await calls.get(session, ask.call_id)).caller if ask.call_id else ask.caller
            matter = Matter(
                f"{ask.title}。{ask.body}",
                caller,
                ask.call_id,
                ask.unit,
                ask.place,
                Said(new_facts=ask.new_facts),
            )
            told_of = scope.tickets(rights.reach(actor, "ticket", "read"))
            if ask.call_id is None or ask.call_id != await rights.held(session, actor):
                told_of = and_(told_of, ~Row.confidential)  # by number anybody could ask who reported
            return repeats.as_json(await repeats.found(self._floor, session, matter, told_of=told_of))

    async def refuse_repeat(
        self, actor: Actor, ticket_id: str, told: str, call_id: str | None, request_key: str
    ) -> str:
        async with self._floor.database.session() as session:
            first = await tickets.by_request_key(session, request_key)
            if first is not None:
                return first.id
            row = await tickets.get(session, ticket_id)
            call = await calls.lock(session, call_id) if call_id else None
            if call is not None and not same_number(call.caller, row.caller):
                raise BadInput(f"call_id: 来电人不是工单 {row.number} 的诉求人")
            said = Said(of=row.id)
            matter = Matter(f"{row.title}。{row.body}", row.caller, call_id, row.unit_code, row.place, said)
            rule = (await repeats.found(self._floor, session, matter)).ruling
            if rule.way != "refuse" or rule.of is None:
                raise NotAllowed(f"按规定应予受理：{rule.words or '没有不再受理的规定'}")
            order = filing.Order(
                row.type, row.title, row.body, "refuse", ref="repeat", told=told, call_id=call_id, caller=row.caller,
                citizen_name=row.citizen_name or "", parent_id=rule.of.root, relation="repeat", intake=row.intake,
                confidential=row.confidential, place=row.place, clause=rule.clause,
            )  # fmt: skip
            steps = filing.first_steps(self._floor, order, actor)
            new = filing.new_row(order, steps, actor, request_key, row.caller)
            made, fresh = await tickets.file(
                session, new, [e for done in steps for e in done.events], actor.id
            )
            if fresh:
                await repeats.noted(self._floor, session, made, rule, said, actor)
        return made.id

    async def judge_repeat(self, actor: Actor, ticket_id: str, verdict: Verdict, why: str) -> None:
        async with self._floor.database.session() as session:
            row = await tickets.get(session, ticket_id)
            await repeats.judged(self._floor, session, row, verdict, why, actor)

    async def join(self, actor: Actor, ticket_id: str, ids: Sequence[str], reason: str) -> None:
        async with self._floor.database.session() as session:
            into = await tickets.get(session, ticket_id)
            done = await together.join(self._floor, session, into, ids, actor, reason)
        for told in done:
            await filing.tell_ticket(self._floor, told)

    async def answer_one(self, actor: Actor, ticket_id: str, child_id: str, words: str) -> None:
        async with self._floor.database.session() as session:
            parent = await tickets.get(session, ticket_id)
            await together.answer_one(self._floor, session, parent, child_id, words, actor)

    async def attach(self, actor: Actor, ticket_id: str, kind: Kind, name: str, body: bytes) -> str:
        return await self._attachments.by_staff(actor, ticket_id, kind, name, body)

    # --- citizens without an account -----------------------------------------------------------------------------------

    async def send_code(self, number: str, phone: str) -> None:
        await self._counter.send(number, phone)

    async def send_filing_code(self, phone: str) -> None:
        await self._portal.send_code(phone)

    async def file(self, ask: FilingAsk, code: str, key: str) -> dict[str, Any]:
        return await self._portal.file(ask, code, key)

    async def add_photo(self, number: str, code: str, body: bytes) -> dict[str, Any]:
        return await self._portal.add_photo(number, code, body)

    async def ticket_of(self, number: str, code: str) -> str:
        return await self._counter.ticket(number, code)

    async def opened(self, number: str, code: str) -> dict[str, Any]:
        return await self._counter.progress(await self._counter.ticket(number, code))

    async def by_citizen(self, number: str, code: str, deed: CitizenDeed, words: str) -> dict[str, Any]:
        ticket_id = await self._counter.ticket(number, code)
        facts = {"via": "online"} | ({("reason" if deed == "withdraw" else "words"): words} if words else {})
        await flow.ticket_step(self._floor, ticket_id, deed, CITIZEN, None, **facts)
        return await self._counter.progress(ticket_id)

    # --- the unit's telephone --------------------------------------------------------------------------------------------

    async def call_citizen(self, actor: Actor, ticket_id: str, why: str, phone_id: str) -> str:
        if self.calls is None:
            raise SwitchElsewhere("经热线联系须由同时承担 api 和 agi 的进程办理")
        return await self.calls.begin(actor, ticket_id, why, phone_id)
