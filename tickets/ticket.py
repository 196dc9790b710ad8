"""What the rules need to know of a ticket; its words, citizen and papers live in the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, get_args

from core.events import Event
from core.masking import mask_text
from core.policy_parts import TicketType

State = Literal[
    "intake", "answered", "refused", "filed", "dispatched", "deemed", "signed",
    "extension_asked", "returned", "replied", "resolved",
]  # fmt: skip
Action = Literal[
    "answer", "refuse", "file", "dispatch", "sign", "return", "deem_accepted",
    "ask_extension", "grant_extension", "refuse_extension", "reply", "resolve",
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)
STATE_NAMES: dict[State, str] = {
    "intake": "登记中", "answered": "即时答复", "refused": "不予受理", "filed": "已登记待派", "dispatched": "已派单",
    "deemed": "视同接受", "signed": "已签收", "extension_asked": "延期待审", "returned": "已退回", "replied": "已回复",
    "resolved": "已办结",
}  # fmt: skip
ACTION_NAMES: dict[Action, str] = {
    "answer": "即时答复", "refuse": "不予受理", "file": "登记", "dispatch": "派单", "sign": "签收", "return": "退回",
    "deem_accepted": "视同接受", "ask_extension": "申请延期", "grant_extension": "同意延期",
    "refuse_extension": "不同意延期", "reply": "回复", "resolve": "办结",
}  # fmt: skip


class Actor(Protocol):
    """Whoever acts: the edges' own actor objects fit. `unit`: code of the unit for people of a unit."""

    @property
    def id(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def unit(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Person:
    """A plain Actor. Roles in the table: agent, supervisor, office, unit, clock."""

    id: str
    role: str
    unit: str | None = None


CLOCK = Person("clock", "clock")
"""The law itself acting: deemed acceptance."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the append-only history. `late`: done at or after the deadline of its own stage; `facts` is JSON-able."""

    at: datetime
    actor: str
    role: str
    action: str
    before: str
    after: str
    version: int
    late: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ticket:
    """`version` rises by one with each change; whoever saves compares it. All times aware.

    `started_at`: when the running clock began (filing or return: dispatch clock; dispatch: the unit's clock).
    `due`: deadline of that clock, the handling one once dispatched; kept after the reply. `next_alarm_at`: when the sweep
    must look again. `policy`/`policy_hash`: the rules the running clock was computed under. `grants`: of each extension
    of the running clock the moment the office named, None where the clause's length gave it. `seen`: `stage.sign` of alarms of the running
    clock that fell before its dates were computed anew and never fall again; `notice`: for which calendar that was.
    """

    id: str
    type: TicketType
    state: State = "intake"
    version: int = 1
    call_id: str | None = None
    unit: str | None = None
    policy: str = ""
    policy_hash: str = ""
    filed_at: datetime | None = None
    started_at: datetime | None = None
    due: datetime | None = None
    next_alarm_at: datetime | None = None
    provisional: bool = False
    multi_unit: bool = False
    on_site: bool = False
    complex: bool = False
    asked: int = 0
    granted: int = 0
    grants: tuple[datetime | None, ...] = ()
    seen: tuple[str, ...] = ()
    notice: str = ""
    history: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Rescheduled(Event):
    """A ticket's dates under another calendar: `changes` name -> [before, after], ISO 8601. The unit and the office are told."""

    name: ClassVar[str] = "ticket.rescheduled"
    ticket_id: str
    unit: str | None
    why: str
    changes: Mapping[str, list[str | None]]


@dataclass(frozen=True, slots=True)
class TicketStepped(Event):
    """A step that has no event of its own in core.events, with its reasons; numbers in them are masked on the wire."""

    name: ClassVar[str] = "ticket.stepped"
    ticket_id: str
    action: str
    state: str
    actor: str
    late: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def payload(self) -> dict[str, Any]:
        facts = {k: mask_text(v) if isinstance(v, str) else v for k, v in self.facts.items()}
        return {
            "at": self.at.isoformat(), "ticket_id": self.ticket_id, "action": self.action, "state": self.state,
            "actor": self.actor, "late": self.late, "facts": facts,
        }  # fmt: skip
