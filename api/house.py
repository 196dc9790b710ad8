"""What the HTTP edge asks of the house: every deed that changes something, as one small port that `app` fills.

The edge has checked that the actor's role may try; the house checks everything the facts decide (lifecycle table,
seat held by whom, version) and raises HotlineError by name. Reads go straight to `store`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from api.accountability_house import AccountabilityDeeds
from api.actor import Actor
from api.after_call_house import AfterCallDeeds
from api.assess_house import AssessDeeds
from api.caller_house import CallerDeeds, EnterpriseDeeds
from api.knowledge_house import KnowledgeDeeds
from api.order_house import OrderDeeds
from api.policy_house import PolicyDeeds
from api.quality_house import QualityDeeds
from api.release_house import ReleaseDeeds
from api.supervision_house import SupervisionDeeds
from api.unit_house import UnitDeeds
from api.ways_house import WaysDeeds
from core.intake import IntakeTypes
from core.policy_parts import Flag
from core.policy_ways import Sure
from core.transfer import Attitude, How, Kind
from routing.line import Line, LineChange
from routing.seats import SeatKind
from tickets.open_hours import OpenHours
from tickets.ticket import Relation

Decision = Literal["accepted", "overridden"]
Outcome = Literal["answered", "refused"]


@dataclass(frozen=True, slots=True)
class TicketDraft:
    """A ticket as the agent confirmed it. `caller` '' takes the call's number; `unit` None leaves it undispatched.

    intake: kind of matter as data, '' for the type itself. until, term, term_basis: a deadline the office named.
    repeat_of, new_facts, despite: what the agent says of earlier tickets of the same matter.
    """

    type: str
    title: str
    body: str
    call_id: str | None = None
    unit: str | None = None
    citizen_name: str = ""
    caller: str = ""
    intake: str = ""
    urgency: Literal["normal", "urgent"] = "normal"
    confidential: bool = False
    enforcement: bool = False
    place: str = ""
    multi_unit: bool = False
    on_site: bool = False
    complex: bool = False
    until: datetime | None = None
    term: str = ""
    term_basis: str = ""
    repeat_of: str = ""
    new_facts: str = ""
    despite: str = ""


@dataclass(frozen=True, slots=True)
class ChildDraft:
    """What is added under a ticket; `title` and `body` '' take the parent's, as do `type` and `intake` of a matter split off."""

    relation: Relation
    unit: str | None = None
    title: str = ""
    body: str = ""
    type: str = ""
    intake: str = ""
    until: datetime | None = None
    term: str = ""
    term_basis: str = ""


@dataclass(frozen=True, slots=True)
class HandedOn:
    """Where a consult that couldn't be answered went, and the clause of the city's rules that says so ('' where none does)."""

    way: Literal["live", "ticket"]
    clause: str
    words: str
    transfer_id: str | None = None
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class SeatChanges:
    """What is to change of a seat; None stays as it is."""

    name: str | None = None
    kind: SeatKind | None = None
    region: str | None = None
    skills: tuple[str, ...] | None = None


class House(Protocol):
    """Business deeds. Each is one transaction and idempotent where it takes a `request_key`."""

    @property
    def releases(self) -> ReleaseDeeds: ...
    @property
    def callers(self) -> CallerDeeds: ...
    @property
    def enterprise(self) -> EnterpriseDeeds: ...
    @property
    def supervision(self) -> SupervisionDeeds: ...
    @property
    def assessment(self) -> AssessDeeds: ...
    @property
    def policies(self) -> PolicyDeeds: ...
    @property
    def after_call(self) -> AfterCallDeeds: ...
    @property
    def ways(self) -> WaysDeeds: ...
    @property
    def accountability(self) -> AccountabilityDeeds: ...
    @property
    def quality(self) -> QualityDeeds: ...
    @property
    def orders(self) -> OrderDeeds: ...
    @property
    def units(self) -> UnitDeeds: ...
    @property
    def knowledge(self) -> KnowledgeDeeds: ...

    @property
    def intake_types(self) -> IntakeTypes:
        """The kinds of matter this city takes."""

    @property
    def flags(self) -> tuple[Flag, ...]:
        """What of a matter moves a term under the city's rules."""

    @property
    def sure(self) -> Sure:
        """From how many per cent a proposal is put forward as sure."""

    @property
    def open_hours(self) -> OpenHours:
        """When units are open by the city's rules."""

    @property
    def wrap_up_s(self) -> float:
        """So long after a talk a seat is ready again by itself, seconds."""

    async def seat_login(self, actor: Actor, seat_id: str) -> None:
        """Take a free seat. Raises Conflict where somebody else sits there or the actor sits elsewhere."""

    async def seat_logout(self, actor: Actor, seat_id: str) -> None: ...

    async def seat_ready(self, actor: Actor, seat_id: str) -> None:
        """Ready for calls: after log-in, a pause, or wrap-up."""

    async def seat_pause(self, actor: Actor, seat_id: str, reason: str) -> None:
        """No calls for now. Raises BadInput where an agent's reason is none of the city's."""

    async def seat_answer(self, actor: Actor, seat_id: str) -> None:
        """Ask the seat's own telephone to pick up what it rings with. Raises Conflict (nothing rings), SwitchSilent, SwitchElsewhere."""

    @property
    def pause_reasons(self) -> tuple[str, ...]:
        """The city's reasons; none: any will do."""

    async def seat_describe(self, actor: Actor, seat_id: str, changes: SeatChanges) -> None:
        """What a seat is called and can do, at once and without a restart. Raises NotFound."""

    async def hang_up(self, actor: Actor, call_id: str) -> None:
        """End a call under way. Raises Conflict where it has ended, SwitchSilent."""

    async def hold(self, actor: Actor, call_id: str) -> None:
        """Music for the citizen. Raises Conflict where there is no such talk or a third party is in it, NotAllowed, SwitchSilent."""

    async def resume(self, actor: Actor, call_id: str) -> None:
        """Agent and citizen are together again. Raises as hold."""

    async def bring_back(self, actor: Actor, call_id: str) -> None:
        """Ring the actor's seat again into the talk it has: its page or telephone was started anew.

        Raises Conflict (no such talk, or a third party is in it), NotAllowed, SwitchSilent.
        """

    async def transfer(
        self, actor: Actor, call_id: str, kind: Kind, ref: str, how: How, ask: str = ""
    ) -> str:
        """Call a third party, with what they are asked; the transfer's id. Raises BadInput, NotFound, Conflict (no talk, another under way), SwitchSilent."""

    async def transfer_merge(self, actor: Actor, call_id: str, transfer_id: str) -> None: ...

    async def transfer_swap(self, actor: Actor, call_id: str, transfer_id: str) -> None: ...

    async def transfer_leave(self, actor: Actor, call_id: str, transfer_id: str) -> None: ...

    async def transfer_cancel(self, actor: Actor, call_id: str, transfer_id: str, ticket: bool) -> None: ...

    async def transfer_attitude(
        self,
        actor: Actor,
        call_id: str,
        transfer_id: str,
        kind: Attitude,
        note: str,
        start_s: float,
        end_s: float,
    ) -> None: ...

    async def draft(self, actor: Actor, call_id: str) -> dict[str, Any]:
        """The form filled from the talk so far: match.extract.Draft as plain JSON, sensitive categories with their names."""

    async def decide_proposal(self, actor: Actor, call_id: str, proposal_id: str, decision: Decision) -> None:
        """Note what the agent made of a proposal. Raises NotFound, Conflict where decided otherwise before."""

    async def close_call(
        self, actor: Actor, call_id: str, outcome: Outcome, ref: str, request_key: str
    ) -> None:
        """The matter ended within the call; `ref`: the article answered from or the refusal ground's code.

        The same again is no new deed. Raises NotFound, Conflict where the call came to something else.
        """

    async def hand_on(self, actor: Actor, draft: TicketDraft, request_key: str) -> HandedOn:
        """A consult the agent can't answer: the city's rules decide between the unit's telephone and a ticket.

        Raises BadInput, NotFound, Conflict, SwitchSilent, SwitchElsewhere.
        """

    async def file_ticket(self, actor: Actor, draft: TicketDraft, request_key: str) -> str:
        """File and, with a unit, dispatch; the ticket's id. The same key gives the same ticket."""

    async def act_on_ticket(
        self, actor: Actor, ticket_id: str, version: int, action: str, facts: dict[str, Any]
    ) -> None:
        """One step of the lifecycle table, decided on `version`. Raises Conflict, NotAllowed, BadInput."""

    async def add_child(self, actor: Actor, ticket_id: str, draft: ChildDraft, request_key: str) -> str:
        """Under a ticket: an assisting unit, a supervision order, work handed down, a matter split off; the child's id.

        The same key gives the same child. Raises NotAllowed, BadInput, UnknownUnit, NotFound.
        """

    async def retire_precedent(self, actor: Actor, precedent_id: str, why: str) -> None:
        """A decision of the duty-dispute board no longer binds. Raises NotFound, Conflict."""

    async def line_put(self, actor: Actor, line: Line, version: int, why: str) -> LineChange:
        """Add (version 0) or change a line of the register. Raises LinesInvalid, UnknownUnit, Conflict."""

    async def lines_import(
        self, actor: Actor, lines: Sequence[Line], why: str, dry: bool
    ) -> Sequence[LineChange]:
        """Many lines, all or none; `dry`: only what would change. Raises LinesInvalid, UnknownUnit."""

    async def line_withdraw(self, actor: Actor, number: str, version: int, why: str) -> LineChange:
        """Give a number up for ever. Raises UnknownLine, Conflict, NotAllowed, LinesInvalid."""

    async def demo_call(self) -> str:
        """A demonstration's scripted citizen calls; their number. Raises Conflict while one does, NotAllowed, PartMissing."""

    async def decisions(self, call_id: str) -> list[dict[str, Any]]:
        """A call's routing decisions made again, oldest first: plain JSON as api.monitor.DecisionView shows it."""

    async def message_done(self, actor: Actor, message_id: str, note: str) -> None:
        """Somebody has looked after a message. Raises NotFound; done twice is done."""
