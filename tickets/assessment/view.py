"""A unit's facts in one period, and what a case of the table is: which kinds of facts are one by themselves."""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.policy import Policy
from core.policy_score import Case, ItemName
from tickets.assessment.fact import EVERYBODY, Fact, Period
from tickets.assessment.matter import Matter, Round, matters

CASES: Mapping[str, tuple[ItemName, Case, str]] = {
    "network_outage": ("network", "outage", "办理网络不畅，无法传输转办件"),
    "fixed_line_outage": ("fixed_line", "outage", "固定专线半小时以上无人接听"),
    "mobile_outage": ("mobiles", "outage", "手机联系不畅"),
    "knowledge_late": ("knowledge", "late", "知识库未及时提报更新"),
    "notice_missed": ("notices", "missed", "应发布的公告未及时上传"),
    "on_site_undone": ("urging", "on_site_undone", "被现场督办或媒体曝光后仍未落实办理"),
    "leader_ordered": ("urging", "leader_ordered", "因办理工作不力，被市领导批示督办"),
    "shirking": ("urging", "shirking", "因推诿扯皮、工作不力、不作为等被责任追究"),
    "notice_overdue": ("urging", "notice_overdue", "接到《督办通知》后，仍未按期落实"),
    "pressed_overdue": ("urging", "pressed_overdue", "被电话、督办单等形式催办而又超期未办结"),
    "praised": ("service", "praised", "热点焦点问题处理及时，被新闻媒体报道，反响良好"),
    "adopted": ("service", "adopted", "工作信息被热线工作通报、网站采用"),
    "attitude": ("service", "attitude", "接电话或三方通话时态度生硬、推诿拒接、应付了事"),
    "accountable": ("service", "accountable", "办理工作不力，被问责"),
    "criticised": ("service", "criticised", "办理工作不力，被通报批评"),
}
"""Kinds of facts that are a case by themselves."""
SHOWN_BY_STEPS = ("pressed_overdue", "notice_overdue", "on_site_undone")
"""Those that a ticket's own steps may show as well: found by a person too, it is one case of that ticket."""
SCOPES: Mapping[ItemName, str] = {
    "sign": "sign", "network": "network", "mobiles": "phone"
}  # fmt: skip
"""Items whose clause excepts system faults or force majeure, and the rulings that do so. 附三(二) (fixed_line) excepts nothing."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One case. `key` is the same whenever the same facts are scored: an appeal names it. `excused`: why it costs nothing."""

    item: ItemName
    case: Case
    subject: str
    at: datetime
    events: tuple[str, ...]
    why: str
    excused: str = ""

    @property
    def key(self) -> str:
        return f"{self.item}:{self.subject}"


@dataclass(slots=True)
class View:
    """One unit's facts in one period, as known at `as_of`. `facts`: ordered; those of other units do no harm."""

    facts: Sequence[Fact]
    unit: str
    period: Period
    as_of: datetime
    policy: Policy
    given: list[Matter] = field(init=False)
    own: list[Fact] = field(init=False)
    orders: dict[str, list[Matter]] = field(init=False)
    """Ticket -> the supervision orders the unit got about it."""

    def inner(self, part: Period) -> "View":
        """The same facts seen in a part of the period; what was put together once is not again."""
        view = copy(self)
        view.period = part
        return view

    def __post_init__(self) -> None:
        self.facts = [fact for fact in self.facts if fact.at <= self.as_of]
        self.own = [fact for fact in self.facts if fact.unit in (self.unit, EVERYBODY)]
        self.given = matters(self.facts, self.unit)
        self.orders = {}
        for one in self.given:
            if one.supervises:
                self.orders.setdefault(one.supervises, []).append(one)

    @property
    def struck(self) -> dict[str, Fact]:
        """Key -> the appeal that took it back; it is about one period, and holds in the longer ones that one lies in."""
        appeals = (fact for fact in self.own if fact.kind == "struck")
        return {
            str(one.data.get("key")): one for one in appeals if self.period.holds(one.when("period_start"))
        }

    def received(self, matter: Matter) -> Fact | None:
        """The dispatch by which it came to the unit in this period: one ticket, however often it came."""
        came = [now.begun for now in matter.stays if self.period.holds(now.begun.at)]
        return came[-1] if came else None

    def belongs(self, now: Round, due: datetime | None) -> bool:
        """Whether what became due then falls into this period."""
        by_term = self.policy.switches.matter_belongs.value == "term_end"
        return self.period.ends(due) if by_term else due is not None and self.period.holds(now.begun.at)

    def fell_due(self, now: Round) -> bool:
        """Whether its term is over and belongs to this period: what left the unit before that has none, what left it only then had."""
        if now.due is None or now.due > self.as_of or not self.belongs(now, now.due):
            return False
        return now.replied is not None or now.ended is None or now.ended.at >= now.due

    def kind(self, *kinds: str) -> Iterator[Fact]:
        """The unit's facts of these kinds in this period."""
        return (fact for fact in self.own if fact.kind in kinds and self.period.holds(fact.at))


def ruled(
    view: View, item: ItemName, since: datetime, until: datetime, term: timedelta = timedelta(0)
) -> str:
    """Why rulings of force majeure or a system fault take this out; '' where they do not.

    Time under a ruling is not counted: what lasted from `since` until `until` is excused where no more than `term` of it lies outside.
    """
    scope, reasons, left, seen = SCOPES.get(item), list[str](), until - since, since
    rulings = [one for one in view.own if one.kind == "ruling" and scope in one.data.get("scopes", ())]
    for ruling in sorted(rulings, key=lambda one: str(one.when("starts_at"))):
        begins, ends = ruling.when("starts_at"), ruling.when("ends_at")
        if begins and ends and begins <= until and since <= ends:
            left -= max(min(ends, until) - max(begins, seen), timedelta(0))
            seen = max(seen, ends)
            reasons.append(f"{ruling.data.get('reason', '')}（认定 {ruling.id}）")
    return "；".join(reasons) if left <= term else ""


def is_repeat(fact: Fact) -> bool:
    """The same person's (a stranger's counts none), taken or merged, and nobody said that it is another matter."""
    return bool(fact.data.get("confirmed", True)) and int(fact.data.get("count") or 0) > 0
