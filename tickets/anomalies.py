"""异常预警: which steps of a ticket, and what standing still, are out of the ordinary. One list of rules over what happened. Pure.

Source: Heyuan 16 (对各环节异常情况进行实时智能预警), 24; Henan 三(一) (全流程监督), 三(五) (逾期未办、逾期退回予以警告) (D5).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Field, ValidationError, model_validator

from core import yaml_text
from core.errors import BadInput
from core.events import DeadlineNear, Event
from core.policy_parts import Clause, Frozen
from tickets.ticket import Action, Relation

Kind = Literal[
    "late_dispatch", "late_sign", "late_return", "late_reply", "late_redo", "late_supervision", "late_after_refusal",
    "still_undispatched", "still_unsigned", "still_unanswered", "silence", "returned_again", "redone_again", "urged_often", "dispute_long", "unit_overdue",
    "enforcement_waits", "hot", "concentrated", "sudden", "lasting", "emerging",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
KIND_NAMES: dict[Kind, str] = {
    "late_dispatch": "超时派单", "late_sign": "超时签收", "late_return": "逾期退回", "late_reply": "逾期回复", "late_redo": "重办逾期",
    "still_undispatched": "超时仍未派单", "still_unsigned": "超时仍未签收", "still_unanswered": "逾期仍未回复", "late_supervision": "督办逾期", "late_after_refusal": "延期未获同意而逾期", "silence": "逾期未签收也未退回",
    "returned_again": "再次退回", "redone_again": "再次发回重办", "urged_often": "多次催单", "dispute_long": "职责争议久拖不决",
    "unit_overdue": "单位多件超期", "enforcement_waits": "执法案件未即时转办", "hot": "热点事项", "concentrated": "集中反映", "sudden": "突发事项", "lasting": "持续反映",
    "emerging": "苗头事项",
}  # fmt: skip


class BadAnomalies(BadInput):
    """A file of limits cannot be used; the text names file, line and reason."""

    code = "bad_anomalies"


class From(Frozen):
    """An anomaly from so many on."""

    from_: Annotated[int, Field(ge=1, le=1000)] = Field(alias="from")
    clause: Clause
    note: str = ""


class Days(Frozen):
    """An anomaly after so many days."""

    days: Annotated[int, Field(ge=1, le=366)]
    clause: Clause
    note: str = ""


class People(Frozen):
    """An issue is one kind of hot where so many different people raise it within so many hours."""

    people: Annotated[int, Field(ge=2, le=10_000)]
    hours: Annotated[int, Field(ge=1, le=24 * 56)]
    clause: Clause
    note: str = ""


class Weeks(Frozen):
    """An issue lasts where it is raised in so many of the last weeks."""

    weeks: Annotated[int, Field(ge=2, le=8)]
    of: Annotated[int, Field(ge=2, le=8)]
    clause: Clause
    note: str = ""


class Limits(Frozen):
    """The numbers behind the rules that need one, each with its clause."""

    documents: dict[str, str]
    returned_again: From
    redone_again: From
    urged_often: From
    unit_overdue: From
    dispute_long: Days
    hot: People
    concentrated: People
    sudden: People
    emerging: People
    lasting: Weeks

    @model_validator(mode="after")
    def _cited(self) -> Self:
        for name in type(self).model_fields.keys() - {"documents"}:
            if (clause := getattr(self, name).clause).split(" ")[0] not in self.documents:
                raise ValueError(f"{name}.clause: {clause!r} cites a document that `documents` does not name")
        return self


@dataclass(frozen=True, slots=True)
class Anomaly(Event):
    """Something out of the ordinary. `ticket_id` '' where it is about a unit; `facts`: numbers behind it.

    Of a hot issue: the ticket that made it one, and in `facts` why, which tickets it rests on and in which places.
    """

    name: ClassVar[str] = "ticket.anomaly"
    kind: Kind
    ticket_id: str
    unit: str | None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        return self.ticket_id or self.unit or ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step just done. `before`: the actions before it, oldest first."""

    action: Action
    late: bool
    relation: Relation | None
    before: Sequence[str]

    def times(self, action: Action) -> int:
        """How often it was done by now, this time included."""
        return [*self.before, self.action].count(action)

    @property
    def refused(self) -> bool:
        """Whether the last word on an extension was no."""
        answers = [one for one in self.before if one in ("grant_extension", "refuse_extension")]
        return bool(answers) and answers[-1] == "refuse_extension"


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` where a step `on` one of these actions `holds`."""

    kind: Kind
    on: frozenset[Action]
    holds: Callable[[Step, Limits], bool]


def _late(step: Step, _limits: Limits) -> bool:
    return step.late


RULES: tuple[Rule, ...] = (
    Rule("late_dispatch", frozenset({"dispatch", "decide"}), _late),
    Rule("late_sign", frozenset({"sign"}), _late),
    Rule("late_return", frozenset({"return"}), _late),
    Rule("silence", frozenset({"deem_accepted"}), lambda step, _: True),
    Rule(
        "late_reply", frozenset({"reply"}),
        lambda step, _: step.late and step.relation != "supervision" and "redo" not in step.before,
    ),
    Rule(
        "late_redo", frozenset({"reply"}),
        lambda step, _: step.late and step.relation != "supervision" and "redo" in step.before,
    ),
    Rule("late_supervision", frozenset({"reply"}), lambda step, _: step.late and step.relation == "supervision"),
    Rule("late_after_refusal", frozenset({"reply"}), lambda step, _: step.late and step.refused),
    Rule("returned_again", frozenset({"return"}), lambda step, limits: step.times("return") >= limits.returned_again.from_),
    Rule("redone_again", frozenset({"redo"}), lambda step, limits: step.times("redo") >= limits.redone_again.from_),
    Rule("urged_often", frozenset({"urge"}), lambda step, limits: step.times("urge") == limits.urged_often.from_),
)  # fmt: skip
WATCHED: frozenset[Action] = frozenset().union(*(rule.on for rule in RULES))
COUNTED: frozenset[Action] = frozenset({"return", "redo", "urge"})
"""Steps that must be counted even when they are done in time."""


def found(step: Step, limits: Limits) -> list[Kind]:
    """Every anomaly of one step, in the order of the rules."""
    return [rule.kind for rule in RULES if step.action in rule.on and rule.holds(step, limits)]


STILL: Mapping[str, Kind] = {
    "dispatch": "still_undispatched", "sign": "still_unsigned", "handle": "still_unanswered", "redo": "still_unanswered",
}  # fmt: skip
"""Stage -> what it is where its deadline passes and nobody has acted. A supervision order's own is told by whoever looks after orders."""


def standing(event: Event) -> Kind | None:
    """What a deadline that just passed shows; None for a card, and where nothing of it is an anomaly."""
    return STILL.get(event.stage) if isinstance(event, DeadlineNear) and event.colour == "overdue" else None


def looked_at(action: str, late: bool) -> bool:
    """Whether a step can be an anomaly at all, so that its history is worth reading."""
    return action in COUNTED or action == "deem_accepted" or (late and action in WATCHED)


def disputed_too_long(since: datetime, now: datetime, limits: Limits) -> bool:
    """Whether a dispute has stood undecided longer than its limit."""
    return now - since > timedelta(days=limits.dispute_long.days)


def parse_limits(text: str, source: str) -> Limits:
    """One file. Raises BadAnomalies naming file, line and reason."""
    read = yaml_text.read(text, source, BadAnomalies, "a file of limits")
    try:
        return Limits.model_validate(read.raw)
    except ValidationError as error:
        raise BadAnomalies("; ".join(read.reasons(error, "limits"))) from error
