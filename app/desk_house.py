"""What people at desks do: api.house.House over a Floor. Rights by role were checked at the edge; facts are checked here."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.house import ChildDraft, Decision, HandedOn, Outcome, SeatChanges, TicketDraft
from app import alerts, filing, flow, intake, kin, line_deeds, refusals, replay, seating, unanswered
from app.accountability.desk import AccountabilityDesk
from app.assessment.desk import AssessDesk
from app.caller_desk import CallerDesk
from app.demo.visitor import Visitor
from app.enterprise import EnterpriseDesk
from app.errands.deeds import AfterCallDesk
from app.floor import Floor
from app.knowledge.rows import in_force, proposal_decided
from app.knowledge.watch import knowledge_desk
from app.orders import OrderDesk
from app.policy_desk import PolicyDesk
from app.quality.desk import QualityDesk
from app.secrecy.release_desk import ReleaseDesk
from app.supervision import SpySwitch, SupervisionDesk
from app.three_way.back import bring_back
from app.three_way.deeds import Deeds
from app.unit_desk import UnitDesk
from app.ways.desk import WaysDesk
from app.ways.repeats import Said
from core.errors import BadInput, Conflict, NotAllowed, SwitchElsewhere
from core.events import MessageDone
from core.intake import IntakeTypes
from core.policy_parts import FLAGS, Flag
from core.policy_ways import Sure
from core.ports import Speaker, Switch
from core.transfer import Attitude, How, Kind
from match.extract import extract
from match.model import Spoken
from match.particulars import Places
from routing.line import Line, LineChange
from store import calls, messages, precedents, proposals, seats, tickets, utterances
from store.events import append
from store.tables import Call, Seat
from tickets.open_hours import OpenHours, open_hours
from tickets.table import FACTS
from tickets.ticket import ACTIONS


class FloorHouse:
    """One transaction per deed; the switch is only asked after the facts are kept."""

    def __init__(
        self,
        floor: Floor,
        switch: Switch | None = None,
        spies: SpySwitch | None = None,
        recordings: Path | None = None,
    ) -> None:
        self._floor = floor
        self._switch = switch
        self._places = Places(floor.divisions)
        self._three = Deeds(floor, switch)
        self.visitor: Visitor | None = None  # of a demonstration
        self.callers = CallerDesk(floor.database, floor.callers, floor.clock)
        self.enterprise = EnterpriseDesk(floor.database, floor.clock)
        self.supervision = SupervisionDesk(floor, spies)
        self.orders = OrderDesk(floor)
        self.accountability = AccountabilityDesk(floor)
        self.quality = QualityDesk(floor)
        self.units = UnitDesk(floor.database, floor.divisions, floor.clock, floor.tell)
        self.assessment = AssessDesk(
            floor.database, floor.policy, floor.calendar, floor.divisions, floor.clock
        )
        self.policies = PolicyDesk(floor.policy.name, lambda: floor.calendar, floor.clock)
        self.ways = WaysDesk(floor)
        self.after_call = AfterCallDesk(floor.database, floor.policy.after, floor.clock, floor.sms_secret)
        self.knowledge = knowledge_desk(floor)
        self.releases = ReleaseDesk(
            floor.database, recordings or Path("recordings"), floor.clock, self.assessment.frozen
        )

    async def seat_login(self, actor: Actor, seat_id: str) -> None:
        """Take a free seat; it is paused until its agent says ready."""
        async with self._floor.database.session() as session:
            await seats.log_in(session, seat_id, actor.id, self._floor.clock(), state="paused")
            seat = await seats.get(session, seat_id)
        await self._presence(seat_id, seat.state)

    async def seat_logout(self, actor: Actor, seat_id: str) -> None:
        async with self._floor.database.session() as session:
            await self._mine(session, actor, seat_id)
            await seats.log_out(session, seat_id, self._floor.clock())
        await self._presence(seat_id, "logged_out")

    async def seat_ready(self, actor: Actor, seat_id: str) -> None:
        async with self._floor.database.session() as session:
            seat = await self._mine(session, actor, seat_id)
            _not_ringing(seat)
            if seat.state == "reserved":  # ready already: a citizen hears the greeting and rings next
                return
            await seating.ready(self._floor, session, seat, actor)
        await self._presence(seat_id, "ready")
        await self._floor.tell("queue", "seat.free", seat=seat_id)

    async def seat_pause(self, actor: Actor, seat_id: str, reason: str) -> None:
        async with self._floor.database.session() as session:
            _not_ringing(await self._mine(session, actor, seat_id))
            why = seating.pause_reason(self._floor, actor, reason)
            await seats.set_state(session, seat_id, "paused", self._floor.clock(), pause_reason=why)
        await self._presence(seat_id, "paused")

    @property
    def sure(self) -> Sure:
        return self._floor.policy.ways.sure

    @property
    def open_hours(self) -> OpenHours:
        return open_hours(self._floor.policy, self._floor.calendar)

    @property
    def wrap_up_s(self) -> float:
        return self._floor.times.wrap_up_s

    async def seat_answer(self, actor: Actor, seat_id: str) -> None:
        async with self._floor.database.session() as session:
            seat = await self._mine(session, actor, seat_id)
        if self._switch is None:
            raise SwitchElsewhere("请话机接听须由同时承担 api 和 agi 的进程办理")
        if seat.state != "ringing" or not await self._switch.pick_up(seat.sip_user):
            raise Conflict("话机没有在振铃")

    @property
    def pause_reasons(self) -> tuple[str, ...]:
        return self._floor.routing.pause_reasons

    async def seat_describe(self, actor: Actor, seat_id: str, changes: SeatChanges) -> None:
        async with self._floor.database.session() as session:
            await seats.describe(session, seat_id, **asdict(changes))
        await self._floor.tell("queue", "seat.free", seat=seat_id)

    async def hang_up(self, actor: Actor, call_id: str) -> None:
        async with self._floor.database.reading() as session:
            call = await calls.get(session, call_id)
            await self._handled_by(session, actor, call)
        if call.ended_at is not None:
            raise Conflict("通话已经结束")
        await self._three.finish(call)

    async def hold(self, actor: Actor, call_id: str) -> None:
        await self._three.hold(actor, call_id)

    async def resume(self, actor: Actor, call_id: str) -> None:
        await self._three.resume(actor, call_id)

    async def bring_back(self, actor: Actor, call_id: str) -> None:
        await bring_back(self._floor, self._switch, actor, call_id)

    async def transfer(
        self, actor: Actor, call_id: str, kind: Kind, ref: str, how: How, ask: str = ""
    ) -> str:
        return await self._three.begin(actor, call_id, kind, ref, how, ask=ask)

    async def transfer_merge(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        await self._three.merge(actor, call_id, transfer_id)

    async def transfer_swap(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        await self._three.swap(actor, call_id, transfer_id)

    async def transfer_leave(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        await self._three.leave(actor, call_id, transfer_id)

    async def transfer_cancel(self, actor: Actor, call_id: str, transfer_id: str, ticket: bool) -> None:
        await self._three.cancel(actor, call_id, transfer_id, ticket)

    async def transfer_attitude(
        self,
        actor: Actor,
        call_id: str,
        transfer_id: str,
        kind: Attitude,
        note: str,
        start_s: float,
        end_s: float,
    ) -> None:
        await self._three.mark(actor, call_id, transfer_id, kind, note, start_s, end_s)

    async def demo_call(self) -> str:
        if self.visitor is None:
            raise NotAllowed("此处不是演示环境")
        return await self.visitor.call()

    async def decisions(self, call_id: str) -> list[dict[str, Any]]:
        async with self._floor.database.reading() as session:
            return await replay.shown(session, call_id)

    async def draft(self, actor: Actor, call_id: str) -> dict[str, Any]:
        async with self._floor.database.reading() as session:
            said = await utterances.of_call(session, call_id)
        spoken = [Spoken(cast(Speaker, one.speaker), one.text) for one in said]
        floor = self._floor
        found = await asyncio.to_thread(extract, spoken, floor.content.index, self._places, floor.sensitive)
        names = {one.id: one.name for one in floor.sensitive.alerts.categories}
        told = found.to_json()
        return told | {"sensitive": [one | {"name": names[one["value"]]} for one in told["sensitive"]]}

    async def decide_proposal(self, actor: Actor, call_id: str, proposal_id: str, decision: Decision) -> None:
        async with self._floor.database.session() as session:
            await self._handled_by(session, actor, await calls.get(session, call_id))
            at = self._floor.clock()
            await proposals.decide(session, call_id, proposal_id, decision, actor.id, at)
            await proposal_decided(session, proposal_id, decision, actor.id, at)

    async def close_call(
        self, actor: Actor, call_id: str, outcome: Outcome, ref: str, request_key: str
    ) -> None:
        """Answered from an article, or refused on a ground: a ticket that is closed at once, so that it is counted."""
        async with self._floor.database.reading() as session:
            call = await calls.get(session, call_id)
            await self._handled_by(session, actor, call)
            title, told, clause = await self._what(session, outcome, ref)
        exit_ = cast(Any, {"answered": "answer", "refused": "refuse"}[outcome])
        heard = await self.draft(
            actor, call_id
        )  # what was asked, as far as it was heard; else by what it was closed
        kind, asked, body = (str(heard[name]["value"] or "") for name in ("type", "title", "body"))
        order = filing.Order(
            kind or "consult", asked or title, body or title, exit_, ref=ref, told=told, call_id=call_id, clause=clause
        )  # fmt: skip
        await flow.ticket_filed(self._floor, order, actor, request_key)

    async def hand_on(self, actor: Actor, draft: TicketDraft, request_key: str) -> HandedOn:
        async with self._floor.database.reading() as session:
            await self._handled_by(session, actor, await calls.get(session, draft.call_id or ""))
        return await unanswered.hand_on(self._floor, self._three, actor, draft, request_key)

    async def file_ticket(self, actor: Actor, draft: TicketDraft, request_key: str) -> str:
        if draft.call_id:
            async with self._floor.database.reading() as session:
                await self._handled_by(session, actor, await calls.get(session, draft.call_id))
        draft = intake.settled(self._floor.intake, draft)
        if draft.place and len(self._floor.divisions):
            self._floor.divisions.get(draft.place)
        order = filing.Order(
            type=draft.type,
            title=draft.title,
            body=draft.body,
            exit="dispatch" if draft.unit else "file",
            unit=draft.unit,
            call_id=draft.call_id,
            caller=draft.caller,
            citizen_name=draft.citizen_name,
            intake=draft.intake,
            urgency=draft.urgency,
            confidential=draft.confidential,
            enforcement=draft.enforcement,
            place=draft.place,
            kinds={flag: True for flag in FLAGS if getattr(draft, flag)},
            named=_named(draft),
        )
        said = Said(draft.repeat_of, draft.new_facts, draft.despite)
        return (await flow.ticket_filed(self._floor, order, actor, request_key, said)).id

    @property
    def intake_types(self) -> IntakeTypes:
        return self._floor.intake

    @property
    def flags(self) -> tuple[Flag, ...]:
        return self._floor.policy.flags

    async def act_on_ticket(
        self, actor: Actor, ticket_id: str, version: int, action: str, facts: dict[str, Any]
    ) -> None:
        if action not in ACTIONS:
            raise BadInput(f"没有“{action}”这个步骤；可用：{'、'.join(ACTIONS)}")
        if unknown := sorted(facts.keys() - FACTS):
            raise BadInput(f"没有这样的事实：{'、'.join(unknown)}")
        facts = refusals.cited(self._floor, facts) if action == "refuse" else facts
        await flow.ticket_step(self._floor, ticket_id, action, actor, version, **facts)

    async def add_child(self, actor: Actor, ticket_id: str, draft: ChildDraft, request_key: str) -> str:
        child = kin.Child(
            draft.relation, draft.unit, draft.title, draft.body, _named(draft), type=draft.type, intake=draft.intake
        )  # fmt: skip
        async with self._floor.database.session() as session:
            parent = await tickets.get(session, ticket_id)
            added = await kin.add(self._floor, session, parent, child, actor, request_key)
        told = {"ticket_id": added.row.id, "unit": added.row.unit_code, "state": added.row.state}
        await self._floor.tell("tickets", "ticket.filed", **told)
        await alerts.tell(self._floor, added.alarms)
        return added.row.id

    async def retire_precedent(self, actor: Actor, precedent_id: str, why: str) -> None:
        async with self._floor.database.session() as session:
            await precedents.retire(session, precedent_id, actor.id, why, self._floor.clock())

    async def line_put(self, actor: Actor, line: Line, version: int, why: str) -> LineChange:
        async with self._floor.database.session() as session:
            done = await line_deeds.put(session, line, version, actor.id, why, self._floor.clock())
        await line_deeds.tell(self._floor, [done])
        return done

    async def lines_import(
        self, actor: Actor, lines: Sequence[Line], why: str, dry: bool
    ) -> list[LineChange]:
        async with self._floor.database.session() as session:
            done = await line_deeds.take_in(session, lines, actor.id, why, self._floor.clock(), dry=dry)
        await line_deeds.tell(self._floor, [] if dry else done)
        return done

    async def line_withdraw(self, actor: Actor, number: str, version: int, why: str) -> LineChange:
        async with self._floor.database.session() as session:
            done = await line_deeds.withdraw(session, number, version, actor.id, why, self._floor.clock())
        await line_deeds.tell(self._floor, [done])
        return done

    async def message_done(self, actor: Actor, message_id: str, note: str) -> None:
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            if await messages.done(session, message_id, actor.id, note, at):
                await append(session, MessageDone(at, message_id), actor.id)

    # ---

    async def _presence(self, seat_id: str, state: str) -> None:
        await self._floor.tell("floor", "seat.state", seat=seat_id, state=state)
        await self._floor.tell(f"seat.{seat_id}", "seat.state", seat=seat_id, state=state)

    async def _mine(self, session: AsyncSession, actor: Actor, seat_id: str) -> Seat:
        seat = await seats.get(session, seat_id)
        if seat.user_id != actor.id and actor.role not in ("supervisor", "admin"):
            raise NotAllowed(f"座席 {seat_id} 不是您签入的")
        return seat

    async def _handled_by(self, session: AsyncSession, actor: Actor, call: Call) -> None:
        if actor.at_a_seat and call.user_id not in (actor.id, None):
            raise NotAllowed("这个通话不是您接的")

    async def _what(self, session: AsyncSession, outcome: Outcome, ref: str) -> tuple[str, str, str]:
        """Title, words told, and for a refusal its clause. Raises NotFound: no such article, or no ground of this city's."""
        content = self._floor.content.index.content
        if outcome == "answered":
            article = next((a for a in content.articles if a.id == ref), None) or await in_force(session, ref)
            return article.title, article.answer, ""
        ground = refusals.ground(self._floor, ref)
        return ground.title, ground.words, ground.clause


def _named(draft: TicketDraft | ChildDraft) -> dict[str, str]:
    """A deadline the office named, as the table's facts."""
    until = {"until": draft.until.isoformat()} if draft.until else {}
    return until | {name: value for name in ("term", "term_basis") if (value := getattr(draft, name))}


def _not_ringing(seat: Seat) -> None:
    """The table lets a ringing seat go so that routing can take the call away; its agent can't walk off from it."""
    if seat.state == "ringing":
        raise NotAllowed("来电正在振铃，请先接听或在话机上拒接")
