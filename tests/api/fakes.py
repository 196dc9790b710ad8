"""A house that notes what it was asked and does the least that makes reading it back true; hints within the process."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from agi.joined_call import JoinedCall
from api.actor import Actor
from api.house import ChildDraft, Decision, HandedOn, Outcome, SeatChanges, TicketDraft
from api.supervision_house import ForceDeed, SupervisionMode
from app import intake, line_deeds, policies, replay
from app.accountability.desk import AccountabilityDesk
from app.assessment.desk import AssessDesk
from app.caller_desk import CallerDesk
from app.caller_rules import caller_rules
from app.enterprise import EnterpriseDesk
from app.errands.deeds import AfterCallDesk
from app.floor import Floor, now
from app.knowledge.desk import KnowledgeDesk
from app.knowledge.house import Rules, Works
from app.orders import OrderDesk
from app.policy_desk import PolicyDesk
from app.quality.desk import QualityDesk
from app.secrecy.release_desk import ReleaseDesk
from app.unit_desk import UnitDesk
from app.ways.desk import WaysDesk
from app.ways.unit_calls import UnitCalls
from core.after_call import Result
from core.divisions import Tree
from core.errors import Conflict
from core.events import TicketFiled
from core.policy_ways import Sure
from core.ports import Hints
from core.transfer import Attitude, How, Kind
from routing.line import Line, LineChange
from store import calls, messages, precedents, proposals, seats, supervision, tickets, transfers
from store.database import Database
from store.hints_local import LocalHints
from tickets.open_hours import OpenHours

SMS_SECRET = "what-only-the-gateway-knows"


class FakeHouse:
    """`deeds`: what was asked, in order; `refuse_with`: raise this instead of doing."""

    def __init__(self, database: Database, divisions: Tree, hints: Hints) -> None:
        self.database = database
        self.deeds: list[tuple[Any, ...]] = []
        self.refuse_with: Exception | None = None
        self.callers = CallerDesk(database, caller_rules(), now)
        self.enterprise = EnterpriseDesk(database, now)
        self.units = UnitDesk(database, divisions, now, self._tell)
        self.assessment = AssessDesk(
            database, policies.load("yanji"), policies.load_calendar(), divisions, now
        )
        self.policies = PolicyDesk("yanji", policies.load_calendar, now)
        self._hints = hints
        self.supervision = FakeSupervision(database)
        rules = Rules(policies.load("heyuan"), policies.load_calendar())
        self.releases: ReleaseDesk
        self.knowledge = KnowledgeDesk(Works(database, lambda: rules, now))
        floor = desk_floor(database, divisions)
        self.ways = WaysDesk(floor)
        self.ways.calls = UnitCalls(floor, NobodyAnswers())
        floor = Floor(
            database, hints, cast(Any, None), cast(Any, None), policies.load("demo"), policies.load_calendar()
        )
        self.orders = OrderDesk(floor)
        self.accountability = AccountabilityDesk(floor)
        self.quality = QualityDesk(floor)
        self.after_call = AfterCallDesk(database, policies.load("demo").after, now, SMS_SECRET)

    async def _tell(self, topic: str, event: str, **facts: Any) -> None:
        await self._hints.publish(topic, {"event": event, **facts})

    def _note(self, *deed: Any) -> datetime:
        if self.refuse_with:
            raise self.refuse_with
        self.deeds.append(deed)
        return datetime.now(UTC)

    async def seat_login(self, actor: Actor, seat_id: str) -> None:
        at = self._note("seat_login", actor.login, seat_id)
        async with self.database.session() as session:
            await seats.log_in(session, seat_id, actor.id, at)

    async def seat_logout(self, actor: Actor, seat_id: str) -> None:
        at = self._note("seat_logout", actor.login, seat_id)
        async with self.database.session() as session:
            await seats.log_out(session, seat_id, at)

    async def seat_ready(self, actor: Actor, seat_id: str) -> None:
        at = self._note("seat_ready", actor.login, seat_id)
        async with self.database.session() as session:
            await seats.set_state(session, seat_id, "ready", at)

    async def seat_pause(self, actor: Actor, seat_id: str, reason: str) -> None:
        at = self._note("seat_pause", actor.login, seat_id, reason)
        async with self.database.session() as session:
            await seats.set_state(session, seat_id, "paused", at, pause_reason=reason)

    async def seat_answer(self, actor: Actor, seat_id: str) -> None:
        self._note("seat_answer", actor.login, seat_id)

    wrap_up_s = 120.0
    sure = Sure(units=70)
    open_hours = OpenHours(policies.load_calendar())
    pause_reasons = ("小休", "用餐")
    intake_types = intake.house()
    flags = ("multi_unit",)

    async def seat_describe(self, actor: Actor, seat_id: str, changes: SeatChanges) -> None:
        self._note("seat_describe", actor.login, seat_id)
        async with self.database.session() as session:
            await seats.describe(session, seat_id, **asdict(changes))

    async def demo_call(self) -> str:
        self._note("demo_call")
        return "13800138000"

    async def decisions(self, call_id: str) -> list[dict[str, Any]]:
        async with self.database.reading() as session:
            return await replay.shown(session, call_id)

    async def hang_up(self, actor: Actor, call_id: str) -> None:
        self._note("hang_up", actor.login, call_id)

    async def hold(self, actor: Actor, call_id: str) -> None:
        self._note("hold", actor.login, call_id)

    async def resume(self, actor: Actor, call_id: str) -> None:
        self._note("resume", actor.login, call_id)

    async def bring_back(self, actor: Actor, call_id: str) -> None:
        self._note("bring_back", actor.login, call_id)

    async def transfer(
        self, actor: Actor, call_id: str, kind: Kind, ref: str, how: How, ask: str = ""
    ) -> str:
        at = self._note("transfer", actor.login, call_id, kind, ref, how, ask)
        async with self.database.session() as session:
            if await transfers.current(session, call_id):
                raise Conflict("正在转接中")
            made = await transfers.add(
                session, id=f"tr_{len(self.deeds)}", call_id=call_id, how=how, kind=kind, ref=ref, name=ref, number=ref,
                endpoint="", role="expert", leg_id="leg_1", state="ringing", place="consult", requested_at=at,
            )  # fmt: skip
        return made.id

    async def transfer_merge(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        self._note("merge", actor.login, call_id, transfer_id)

    async def transfer_swap(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        self._note("swap", actor.login, call_id, transfer_id)

    async def transfer_leave(self, actor: Actor, call_id: str, transfer_id: str) -> None:
        self._note("leave", actor.login, call_id, transfer_id)

    async def transfer_cancel(self, actor: Actor, call_id: str, transfer_id: str, ticket: bool) -> None:
        self._note("cancel", actor.login, call_id, transfer_id, ticket)

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
        at = self._note("attitude", actor.login, call_id, transfer_id, kind, note, start_s, end_s)
        given = {"kind": kind, "note": note, "by": actor.id, "at": at.isoformat(), "recording_id": None}
        async with self.database.session() as session:
            await transfers.change(
                session, transfer_id, attitude={**given, "start_s": start_s, "end_s": end_s}
            )

    async def decide_proposal(self, actor: Actor, call_id: str, proposal_id: str, decision: Decision) -> None:
        at = self._note("decide_proposal", actor.login, call_id, proposal_id, decision)
        async with self.database.session() as session:
            await proposals.decide(session, call_id, proposal_id, decision, actor.id, at)

    async def close_call(
        self, actor: Actor, call_id: str, outcome: Outcome, ref: str, request_key: str
    ) -> None:
        at = self._note("close_call", actor.login, call_id, outcome, ref, request_key)
        async with self.database.session() as session:
            if not await calls.close(session, call_id, outcome, at):
                raise Conflict("already closed")

    async def hand_on(self, actor: Actor, draft: TicketDraft, request_key: str) -> HandedOn:
        self._note("hand_on", actor.login, draft, request_key)
        return HandedOn("ticket", "001 8(一)", "形成工单", ticket_id="tkt_1")

    async def file_ticket(self, actor: Actor, draft: TicketDraft, request_key: str) -> str:
        at = self._note("file_ticket", actor.login, draft, request_key)
        new = tickets.NewTicket(
            type=draft.type,
            title=draft.title,
            body=draft.body,
            state="dispatched" if draft.unit else "filed",
            filed_by=actor.id,
            filed_at=at,
            policy="demo",
            policy_hash="abc",
            caller=draft.caller,
            citizen_name=draft.citizen_name,
            confidential=draft.confidential,
            call_id=draft.call_id,
            unit_code=draft.unit,
            request_key=request_key,
        )
        happened = [TicketFiled(at, new.id, draft.call_id, draft.type)]
        async with self.database.session() as session:
            row, _ = await tickets.file(session, new, happened, actor.id)
        return row.id

    async def act_on_ticket(
        self, actor: Actor, ticket_id: str, version: int, action: str, facts: dict[str, Any]
    ) -> None:
        self._note("act_on_ticket", actor.login, ticket_id, version, action, facts)
        async with self.database.session() as session:
            await tickets.change(session, ticket_id, version, [], actor.id, state="signed")

    async def draft(self, actor: Actor, call_id: str) -> dict[str, Any]:
        self._note("draft", actor.login, call_id)
        empty = {"value": "", "score": 0.0, "origins": []}
        one = dict.fromkeys(("type", "title", "body", "place", "citizen", "when", "urgency"), empty)
        return one | {"numbers": [], "demands": [], "sensitive": []}

    async def add_child(self, actor: Actor, ticket_id: str, draft: ChildDraft, request_key: str) -> str:
        at = self._note("add_child", actor.login, ticket_id, draft.relation)
        async with self.database.session() as session:
            parent = await tickets.get(session, ticket_id)
            new = tickets.NewTicket(
                parent.type, draft.title or parent.title, draft.body or parent.body, "dispatched", actor.id, at, "heyuan", "0",
                unit_code=draft.unit, request_key=request_key, parent_id=parent.id, relation=draft.relation,
            )  # fmt: skip
            row, _ = await tickets.file(session, new, [TicketFiled(at, new.id, None, parent.type)], actor.id)
        return row.id

    async def retire_precedent(self, actor: Actor, precedent_id: str, why: str) -> None:
        at = self._note("retire_precedent", actor.login, precedent_id)
        async with self.database.session() as session:
            await precedents.retire(session, precedent_id, actor.id, why, at)

    async def line_put(self, actor: Actor, line: Line, version: int, why: str) -> LineChange:
        at = self._note("line_put", actor.login, line, version, why)
        async with self.database.session() as session:
            return await line_deeds.put(session, line, version, actor.id, why, at)

    async def lines_import(
        self, actor: Actor, lines: Sequence[Line], why: str, dry: bool
    ) -> list[LineChange]:
        at = self._note("lines_import", actor.login, lines, why, dry)
        async with self.database.session() as session:
            return await line_deeds.take_in(session, lines, actor.id, why, at, dry=dry)

    async def line_withdraw(self, actor: Actor, number: str, version: int, why: str) -> LineChange:
        at = self._note("line_withdraw", actor.login, number, version, why)
        async with self.database.session() as session:
            return await line_deeds.withdraw(session, number, version, actor.id, why, at)

    async def message_done(self, actor: Actor, message_id: str, note: str) -> None:
        self._note("message_done", actor.login, message_id, note)
        async with self.database.session() as session:
            await messages.done(session, message_id, actor.id, note, datetime.now(UTC))


class NobodyAnswers:
    """app.ways.unit_calls.Placer."""

    async def place(self, call: JoinedCall) -> tuple[Result, int]:
        return "no_answer", 19


def desk_floor(database: Database, divisions: Tree | None = None) -> Floor:
    """A floor for deeds that need no matching content and no telephone."""
    return Floor(
        database=database,
        hints=LocalHints(),
        content=cast(Any, None),
        menus=cast(Any, None),
        policy=policies.load("demo"),
        calendar=policies.load_calendar(),
        divisions=divisions or Tree(),
    )


class FakeSupervision:
    """The rows of a supervision, without a telephone."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def supervise(
        self, actor: Actor, call_id: str, seat_id: str, mode: SupervisionMode, why: str
    ) -> str:
        async with self.database.session() as session:
            row = await supervision.begin(session, call_id, seat_id, actor.id, mode, why, now())
            await supervision.joined(session, row.id, "PJSIP/boss-1", now())
        return row.id

    async def change(self, actor: Actor, supervision_id: str, mode: SupervisionMode, why: str) -> None:
        async with self.database.session() as session:
            row = await supervision.get(session, supervision_id)
            await supervision.changed(session, row, mode, why, now())

    async def end(self, actor: Actor, supervision_id: str) -> None:
        async with self.database.session() as session:
            await supervision.ended(session, supervision_id, "hung up", now())

    async def force(self, actor: Actor, seat_id: str, deed: ForceDeed, why: str) -> bool:
        async with self.database.session() as session:
            await supervision.note_force(
                session, await seats.get(session, seat_id), deed, actor.id, why, now()
            )
        return True


class FakeHints:
    """Delivers to whoever listens now; `drop()` ends every subscription as a lost channel would."""

    def __init__(self) -> None:
        self.listeners: dict[str, list[asyncio.Queue[dict[str, Any] | None]]] = {}

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None:
        for queue in self.listeners.get(topic, []):
            queue.put_nowait(dict(message))

    @asynccontextmanager
    async def subscribe(self, *topics: str) -> AsyncIterator[AsyncIterator[tuple[str, dict[str, Any]]]]:
        (topic,) = topics
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.listeners.setdefault(topic, []).append(queue)
        try:
            yield self._from(topic, queue)
        finally:
            self.listeners[topic].remove(queue)

    async def _from(
        self, topic: str, queue: asyncio.Queue[dict[str, Any] | None]
    ) -> AsyncIterator[tuple[str, dict[str, Any]]]:
        while (message := await queue.get()) is not None:
            yield topic, message

    def drop(self) -> None:
        for queues in self.listeners.values():
            for queue in queues:
                queue.put_nowait(None)

    async def close(self) -> None:
        self.drop()
