"""What the rules need to know of a ticket; its words, citizen and papers live in the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, get_args

from core.events import Event
from core.masking import mask_numbers
from core.policy_parts import TicketType

State = Literal[
    "intake", "answered", "refused", "filed", "dispatched", "deemed", "signed", "extension_asked", "returned", "disputed",
    "replied", "reviewed", "redoing", "resolved", "revisited", "archived", "withdrawn", "merged",
]  # fmt: skip
Action = Literal[
    "answer", "refuse", "file", "dispatch", "sign", "contact", "return", "deem_accepted", "ask_extension",
    "grant_extension", "refuse_extension", "set_term", "dispute", "escalate", "decide", "reply", "review", "reject",
    "resolve", "revisit", "redo", "archive", "supplement", "urge", "press", "withdraw", "merge",
]  # fmt: skip
Relation = Literal["assist", "supervision", "descent", "split", "repeat", "merged"]
"""Why a ticket has a parent: its unit assists, is supervised, was handed the work down; it was split off, repeats, or went into it."""
NamedTerm = Literal["shorter", "statutory", "set"]
"""Why the office named the deadline itself: the matter is urgent, a statute has its own term, or the rules name none."""
STATES: tuple[State, ...] = get_args(State)
ACTIONS: tuple[Action, ...] = get_args(Action)
RELATIONS: tuple[Relation, ...] = get_args(Relation)
STATE_NAMES: dict[State, str] = {
    "intake": "登记中", "answered": "即时答复", "refused": "不予受理", "filed": "已登记待派", "dispatched": "已派单",
    "deemed": "视同接受", "signed": "已签收", "extension_asked": "延期待审", "returned": "已退回", "disputed": "职责审定中",
    "replied": "已回复", "reviewed": "已审核", "redoing": "重办中", "resolved": "已办结", "revisited": "已回访",
    "archived": "已归档", "withdrawn": "已撤回", "merged": "已并单",
}  # fmt: skip
ACTION_NAMES: dict[Action, str] = {
    "answer": "即时答复", "refuse": "不予受理", "file": "登记", "dispatch": "派单", "sign": "签收", "contact": "联系诉求人",
    "return": "退回", "deem_accepted": "视同接受", "ask_extension": "申请延期", "grant_extension": "同意延期",
    "refuse_extension": "不同意延期", "set_term": "限定期限", "dispute": "提交审定", "escalate": "逐级审定", "decide": "审定派单", "reply": "回复",
    "review": "审核通过", "reject": "审核退回", "resolve": "办结", "revisit": "回访", "redo": "发回重办", "archive": "归档",
    "supplement": "补充", "urge": "催单", "press": "催办", "withdraw": "撤回", "merge": "并单",
}  # fmt: skip
TYPE_NAMES: dict[TicketType, str] = {
    "consult": "咨询", "help": "求助", "complaint": "投诉", "report": "举报", "suggestion": "建议", "economic": "经济违法",
}  # fmt: skip
RELATION_NAMES: dict[Relation, str] = {
    "assist": "协办", "supervision": "督办", "descent": "下级承办", "split": "拆分", "repeat": "重复", "merged": "并入",
}  # fmt: skip
WITH_UNIT: tuple[State, ...] = ("dispatched", "deemed", "signed", "extension_asked", "redoing")
"""A unit has it and has not answered."""
REPLIED: tuple[State, ...] = ("replied", "reviewed")
"""已回复: the unit has answered, the office has not closed it yet."""
OPEN: tuple[State, ...] = ("filed", "returned", "disputed", *WITH_UNIT, *REPLIED)
SETTLED: tuple[State, ...] = ("resolved", "revisited", "archived")
"""已办结."""
OVER: tuple[State, ...] = ("answered", "refused", *SETTLED, "withdrawn", "merged")
"""No unit works on it any more."""
HELPING: tuple[Relation, ...] = ("assist", "descent")
"""Work on somebody else's ticket."""
INSIDE: tuple[Relation, ...] = (*HELPING, "supervision")
"""Answered to the office or the lead unit: the citizen is asked and written to once, about the matter itself."""
AGAIN: tuple[Relation, ...] = ("repeat", "merged")
"""The same matter as the first ticket's."""
OWN: tuple[Relation, ...] = ("split", *AGAIN)
"""Under another ticket, but a citizen's own matter all the same."""
UNIT_ROLES = frozenset({"unit", "leader"})
"""People of a unit: its handlers and the leader in charge."""


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
    """A plain Actor. Roles in the table: agent, supervisor, office, unit, leader, clock."""

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
    must look again. `policy`/`policy_hash`: the rules the running clock was computed under. `asked`, `granted`: extensions that
    count for the unit that has it; `asked_by`, `granted_by`: the unit of each one there ever was. `grants`: of each extension
    of the running clock the moment the office named, None where the clause's length gave it. `seen`: `stage.sign` of alarms of the running
    clock that fell before its dates were computed anew and don't fall again for this deadline; `notice`: for which calendar that was.
    `parent`, `relation`: the ticket this one belongs to, and how. `named`: why the office named `due` itself; `statutory`
    also where a statute's term was shortened.
    `urgent`: 突发, to the duty room at once; `enforcement`: 执法办案, satisfaction not chased (Chenzhou 二.9).
    `replied_at`: when the unit last replied; `redone`: how often it was sent back; `grade`: what the citizen said of the unit's work; `rung`: how high a dispute has climbed.
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
    replied_at: datetime | None = None
    due: datetime | None = None
    next_alarm_at: datetime | None = None
    provisional: bool = False
    multi_unit: bool = False
    on_site: bool = False
    complex: bool = False
    asked: int = 0
    granted: int = 0
    asked_by: tuple[str, ...] = ()
    granted_by: tuple[str, ...] = ()
    grants: tuple[datetime | None, ...] = ()
    seen: tuple[str, ...] = ()
    notice: str = ""
    parent: str | None = None
    relation: Relation | None = None
    named: NamedTerm | None = None
    urgent: bool = False
    enforcement: bool = False
    redone: int = 0
    grade: str = ""
    rung: str = ""
    number: str = ""
    history: tuple[Entry, ...] = ()

    @property
    def label(self) -> str:
        """What people call it: its number, or the id of one that has none yet."""
        return self.number or self.id


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
    before: str = ""
    unit: str | None = None

    def payload(self) -> dict[str, Any]:
        facts = {k: mask_numbers(v) if isinstance(v, str) else v for k, v in self.facts.items()}
        return {
            "at": self.at.isoformat(), "ticket_id": self.ticket_id, "action": self.action, "state": self.state,
            "actor": self.actor, "late": self.late, "facts": facts, "before": self.before, "unit": self.unit,
        }  # fmt: skip
