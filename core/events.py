"""Everything that happened, as facts. A handler stores them in the transaction that changes the rows they speak of."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Any, ClassVar

from core.masking import mask_numbers


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is the dotted name on the wire (webhooks, live events); `subject` is the id the event is about."""

    name: ClassVar[str] = "event"
    at: datetime

    @property
    def subject(self) -> str:
        return str(getattr(self, "ticket_id", "") or getattr(self, "call_id", ""))

    def payload(self) -> dict[str, Any]:
        """JSON-able fields; times as ISO 8601 with offset."""
        return {one.name: _told(getattr(self, one.name)) for one in fields(self)}


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _told(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_told(one) for one in value)
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


@dataclass(frozen=True, slots=True)
class CallArrived(Event):
    name: ClassVar[str] = "call.arrived"
    call_id: str
    linkedid: str
    line: str
    caller: str = field(repr=False)  # plain number: stored sealed, never in the payload

    def payload(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "call_id": self.call_id,
            "linkedid": self.linkedid,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class MenuChosen(Event):
    name: ClassVar[str] = "call.menu"
    call_id: str
    menu: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Routed(Event):
    name: ClassVar[str] = "call.routed"
    call_id: str
    target: str
    seat: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Answered(Event):
    name: ClassVar[str] = "call.answered"
    call_id: str
    seat: str
    citizen_channel: str
    agent_channel: str


@dataclass(frozen=True, slots=True)
class Ended(Event):
    name: ClassVar[str] = "call.ended"
    call_id: str
    ended_by: str
    talk_seconds: float


@dataclass(frozen=True, slots=True)
class Suggested(Event):
    name: ClassVar[str] = "call.suggested"
    call_id: str
    proposals: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TicketFiled(Event):
    name: ClassVar[str] = "ticket.filed"
    ticket_id: str
    call_id: str | None
    type: str
    unit: str | None = None
    late: bool = False
    before: str = "intake"
    state: str = "filed"
    action: str = "file"


@dataclass(frozen=True, slots=True)
class Dispatched(Event):
    """A unit has it. `facts`: what was said to it, and the deadline that was named with its law; of a decision its own step tells."""

    name: ClassVar[str] = "ticket.dispatched"
    ticket_id: str
    unit: str
    due: datetime | None
    late: bool = False
    before: str = "filed"
    state: str = "dispatched"
    action: str = "dispatch"
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def payload(self) -> dict[str, Any]:
        facts = {name: mask_numbers(one) if isinstance(one, str) else one for name, one in self.facts.items()}
        return {**Event.payload(self), "facts": facts}


@dataclass(frozen=True, slots=True)
class MessageDone(Event):
    """Somebody looked after a message; what came of it stands sealed in the message."""

    name: ClassVar[str] = "message.done"
    message_id: str

    @property
    def subject(self) -> str:
        return self.message_id


@dataclass(frozen=True, slots=True)
class PrecedentRetired(Event):
    """What was decided on this ticket forbids its unit no later returns any more; why stands sealed in the precedent."""

    name: ClassVar[str] = "precedent.retired"
    ticket_id: str
    precedent_id: str
    unit: str


@dataclass(frozen=True, slots=True)
class DeadlineNear(Event):
    name: ClassVar[str] = "ticket.card"
    ticket_id: str
    stage: str
    colour: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Replied(Event):
    """`told`: the unit says that the citizen was told, `told_at` when; `told_late`: not within the unit's term."""

    name: ClassVar[str] = "ticket.replied"
    ticket_id: str
    unit: str
    late: bool = False
    before: str = "signed"
    state: str = "replied"
    action: str = "reply"
    told: bool = True
    told_at: datetime | None = None
    told_late: bool = False


@dataclass(frozen=True, slots=True)
class Revisited(Event):
    name: ClassVar[str] = "ticket.revisited"
    ticket_id: str
    grade: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class CallScreened(Event):
    """A caller was turned away: `verdict` blocked or often, `why` the block's id or the count."""

    name: ClassVar[str] = "call.screened"
    call_id: str
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class CallTagged(Event):
    name: ClassVar[str] = "call.tagged"
    call_id: str
    tag: str
    holds: bool


@dataclass(frozen=True, slots=True)
class CallerBlocked(Event):
    """A number was blocked, kept blocked or freed (`deed`: blocked, kept, lifted); the number stands sealed in the block."""

    name: ClassVar[str] = "caller.block"
    block_id: str
    deed: str
    tag: str
    until: datetime

    @property
    def subject(self) -> str:
        return self.block_id


@dataclass(frozen=True, slots=True)
class CareNoted(Event):
    """A caller was entered in the care register or taken out of it; who it is stands sealed there."""

    name: ClassVar[str] = "caller.care"
    care_id: str
    deed: str
    kind: str

    @property
    def subject(self) -> str:
        return self.care_id


@dataclass(frozen=True, slots=True)
class EnterpriseNoted(Event):
    """An enterprise's matter was entered in the ledger (assigned), became a ticket's (ticket) or closed."""

    name: ClassVar[str] = "enterprise.item"
    item_id: str
    deed: str

    @property
    def subject(self) -> str:
        return self.item_id


@dataclass(frozen=True, slots=True)
class Supervised(Event):
    """What a supervisor did to a call or a seat. `deed`: listen, whisper, barge, take_over, ended, force_pause, force_logout."""

    name: ClassVar[str] = "call.supervised"
    call_id: str
    supervision_id: str
    seat: str
    deed: str
    why: str


@dataclass(frozen=True, slots=True)
class LineChanged(Event):
    """The line register changed. deed: added, changed, withdrawn; `was` and `now`: the whole line, None where there is none."""

    name: ClassVar[str] = "line.changed"
    number: str
    deed: str
    why: str
    was: dict[str, Any] | None
    now: dict[str, Any] | None

    @property
    def subject(self) -> str:
        return self.number


@dataclass(frozen=True, slots=True)
class ServiceLow(Event):
    """Over the last 24 h fewer than 95 % of calls were `measure` (connected, in_time): an alarm begins. `share`: 0 to 1."""

    name: ClassVar[str] = "service.low"
    measure: str
    share: float
    offered: int

    @property
    def subject(self) -> str:
        return f"service.{self.measure}"


@dataclass(frozen=True, slots=True)
class ServiceRestored(Event):
    """The alarm of `measure` ends: the last 24 h are well again, or hold no calls (`share` None)."""

    name: ClassVar[str] = "service.restored"
    measure: str
    share: float | None
    offered: int

    @property
    def subject(self) -> str:
        return f"service.{self.measure}"


@dataclass(frozen=True, slots=True)
class RotaChanged(Event):
    """The duty rota changed. deed: added, changed, removed; `was` and `now`: the shift, None where there is none."""

    name: ClassVar[str] = "rota.changed"
    shift_id: str
    deed: str
    was: dict[str, Any] | None
    now: dict[str, Any] | None

    @property
    def subject(self) -> str:
        return self.shift_id


@dataclass(frozen=True, slots=True)
class RotaGap(Event):
    """A line with a duty rota is left alone: `state` absent (nobody on duty is logged in) or empty (no shift now)."""

    name: ClassVar[str] = "rota.gap"
    line: str
    state: str

    @property
    def subject(self) -> str:
        return f"rota.{self.line}"


@dataclass(frozen=True, slots=True)
class RotaFilled(Event):
    """Somebody on duty is at the line's seats again, or the line has no rota any more (`state` covered or none)."""

    name: ClassVar[str] = "rota.filled"
    line: str
    state: str

    @property
    def subject(self) -> str:
        return f"rota.{self.line}"


@dataclass(frozen=True, slots=True)
class UnitProbed(Event):
    """A test call to a unit's number; `outcome` as in core.reachability. The number stands sealed in unit_phones."""

    name: ClassVar[str] = "unit.probed"
    unit: str
    phone_id: str
    kind: str
    outcome: str

    @property
    def subject(self) -> str:
        return self.phone_id


@dataclass(frozen=True, slots=True)
class ProbesRuled(Event):
    """Failures of a unit ('' for all) in a period count as force majeure (不可抗力)."""

    name: ClassVar[str] = "unit.ruled"
    ruling_id: str
    unit: str
    starts_at: datetime
    ends_at: datetime
    reason: str

    @property
    def subject(self) -> str:
        return self.ruling_id


@dataclass(frozen=True, slots=True)
class SeatForced(Event):
    """`what`: pause or logout; `by`: a user's id, or `routing` after too many missed rings."""

    name: ClassVar[str] = "seat.forced"
    seat: str
    what: str
    by: str
    why: str

    @property
    def subject(self) -> str:
        return self.seat


@dataclass(frozen=True, slots=True)
class TransferStep(Event):
    """`what`: ringing, answered, merged, swapped, left, failed or ended; `to`: kind, ref, name and role; `who`: whose leg left."""

    name: ClassVar[str] = "call.transfer"
    call_id: str
    transfer_id: str
    what: str
    to: dict[str, str]
    reason: str | None = None
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The agent put the citizen on hold from the page, or took them back (`on` False)."""

    name: ClassVar[str] = "call.held"
    call_id: str
    seat: str
    on: bool


@dataclass(frozen=True, slots=True)
class AttitudeMarked(Event):
    """How a third party behaved, with the sound that shows it (C3)."""

    name: ClassVar[str] = "call.attitude"
    call_id: str
    transfer_id: str
    kind: str
    recording_id: str | None
