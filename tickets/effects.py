"""What a step does to the ticket beyond its state: which clock starts, which deadline moves, what a date forbids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from core.after_call import GRADE_NAMES
from core.calendar import Calendar
from core.errors import BadInput, NotAllowed
from core.policy import Policy
from core.policy_parts import FLAGS, StageName
from tickets.alarms import still_seen
from tickets.clock import local, words
from tickets.explain import Explanation
from tickets.running import explained, handling_stage, start_of
from tickets.ticket import Action, NamedTerm, Ticket

RUNGS = ("meeting", "authority", "office", "government", "joint")
"""How a dispute climbs: a meeting, the line authority, the hotline office, the government (Heyuan 8(四)), the joint conference (Yanji 13)."""
TOLD_HOW = ("phone", "visit", "sms", "letter", "online", "through_us")
"""How a unit told the citizen what came of the matter."""
LONGEST = timedelta(days=366)
"""No deadline that people name lies further off."""


class MissingClock(NotAllowed):
    """A step needs a clock that never started: the ticket was not built by the lifecycle."""

    code = "missing_clock"


@dataclass(frozen=True, slots=True)
class Deed:
    """Everything an effect may look at."""

    ticket: Ticket
    at: datetime
    policy: Policy
    calendar: Calendar
    facts: Mapping[str, Any]

    @property
    def started_at(self) -> datetime:
        """Start of the running clock. Raises MissingClock."""
        if self.ticket.started_at is None:
            raise MissingClock(f"工单 {self.ticket.label} 没有起算时间")
        return self.ticket.started_at

    def explained(self, stage: StageName, at: datetime) -> Explanation:
        """What the policy says of `stage` started at `at`, for this ticket."""
        return explained(self.ticket, stage, at, self.policy, self.calendar)


Effect = Callable[[Deed], tuple[Ticket, Explanation | None]]


def only_state(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Nothing but the state changes."""
    return deed.ticket, None


def start_clock(deed: Deed, stage: StageName, ticket: Ticket) -> tuple[Ticket, Explanation | None]:
    """The stage's own clock begins with this deed; what was granted, named or seen belonged to the one before."""
    ticket = replace(ticket, started_at=deed.at, grants=(), seen=(), notice="", named=None)
    start = start_of(ticket, stage, deed.policy) or deed.at
    found = replace(deed, ticket=ticket).explained(stage, start)
    running = replace(ticket, due=found.due, provisional=found.provisional)
    return replace(running, policy=deed.policy.name, policy_hash=deed.policy.hash), found


def flagged(deed: Deed) -> Ticket:
    """The ticket with what this step says of its matter: several units, a site check, complexity."""
    said: dict[str, Any] = {flag: bool(deed.facts[flag]) for flag in FLAGS if flag in deed.facts}
    return replace(deed.ticket, **said)


def file(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The hotline's dispatch clock starts (Heyuan 9)."""
    return start_clock(deed, "dispatch", replace(flagged(deed), filed_at=deed.at))


def dispatch(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The unit's clocks start at dispatch, not at sign-in (Heyuan 10: 自收到诉求之日起); the office may name the deadline."""
    ticket = _extensions_of(replace(flagged(deed), unit=str(deed.facts["unit"]), rung=""), deed.policy)
    started, found = start_clock(deed, handling_stage(ticket), ticket)
    return _named(deed, started), found


def set_term(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Names the deadline of what runs: the office one that the rules leave open or a statute's own, it or the unit a sooner one.

    Source: Yanji 10 (各承办单位…结合群众诉求事项的缓急程度确定具体办理时限).
    """
    return _named(deed, deed.ticket), None


def _extensions_of(ticket: Ticket, policy: Policy) -> Ticket:
    """Whether what another unit asked for and was granted counts against this one (`extension_counts`); its own earlier ones do."""
    if policy.switches.extension_counts.value == "ticket":
        return ticket
    unit = ticket.unit or ""
    return replace(ticket, asked=ticket.asked_by.count(unit), granted=ticket.granted_by.count(unit))


def _named(deed: Deed, ticket: Ticket) -> Ticket:
    """The deadline the office named: sooner than the rules' for urgency (Yanji 10 缓急程度), the statute's own instead of theirs, or
    one that the rules leave open."""
    until, kind = named_moment(deed), str(deed.facts.get("term", ""))
    if until is None:
        if kind:
            raise BadInput("until: 写明了期限的性质（term），须同时写明期限")
        return ticket
    if kind not in get_args(NamedTerm):
        raise BadInput(f"term: 须为 {'、'.join(get_args(NamedTerm))} 之一")
    if not deed.at < until <= deed.at + LONGEST:
        raise BadInput("until: 须晚于此刻，且不超过一年")
    if kind == "shorter" and ticket.due is not None and until > ticket.due:
        raise BadInput(f"until: 按缓急程度只能短于规定期限{words(ticket.due)}")
    if kind == "set" and ticket.due is not None:
        raise BadInput(
            f"until: 规则已有期限{words(ticket.due)}，只能按缓急程度缩短（shorter）或依法定期限（statutory）"
        )
    if kind == "statutory" and not str(deed.facts.get("term_basis", "")).strip():
        raise BadInput("term_basis: 依法定期限的须写明法律法规")
    # for urgency within a statute's term: the law's own it stays, with what the clauses except it from (Yanji annex 五(一)4)
    named = "statutory" if kind == "shorter" and ticket.named == "statutory" else kind
    seen = still_seen(ticket, until)
    return replace(ticket, due=until, provisional=False, named=cast(NamedTerm, named), seen=seen)


def named_moment(deed: Deed) -> datetime | None:
    """The fact `until` as a moment on China's clock. Raises BadInput."""
    value: Any = deed.facts.get("until")
    if value is None:
        return None
    try:
        return local(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    except ValueError as error:
        raise BadInput(f"until: 不是时间：{value}") from error


def give_back(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Silence too long was acceptance (Heyuan 10(一)); else the hotline must dispatch anew, on a new dispatch clock.

    A unit that had to look on site first (Yanji annex 五(一)2) says what it found there; the next unit has its own term.
    """
    if deed.facts.get("on_site") and not str(deed.facts.get("evidence", "")).strip():
        raise BadInput("evidence: 确需现场核查的须写明核查情况")
    deemed = deed.explained("return", deed.started_at).deemed_accepted_at
    if deemed and deed.at >= deemed:
        raise NotAllowed(f"工单 {deed.ticket.label} 已于{words(deemed)}视同接受，不能“退回”(return)")
    return start_clock(deed, "dispatch", replace(deed.ticket, unit=None))


def deem_accepted(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Only once the law says so (Heyuan 10(一))."""
    deemed = deed.explained("sign", deed.started_at).deemed_accepted_at
    if deemed is None or deed.at < deemed:
        raise NotAllowed(f"工单 {deed.ticket.label} 尚未“视同接受”(deem_accepted)")
    return only_state(deed)


def dispute(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """Whose duty it is is unclear: the hotline has the longer term from when its clock began (Heyuan 8(四), 9)."""
    ticket = replace(deed.ticket, multi_unit=True, rung=RUNGS[0])
    found = replace(deed, ticket=ticket).explained("dispatch", deed.started_at)
    return replace(ticket, due=found.due, provisional=found.provisional), found


def escalate(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """One rung up, never down."""
    rung, now = str(deed.facts["rung"]), deed.ticket.rung or RUNGS[0]
    if rung not in RUNGS:
        raise BadInput(f"rung: 须为 {'、'.join(RUNGS)} 之一")
    if RUNGS.index(rung) <= RUNGS.index(now):
        raise NotAllowed(f"工单 {deed.ticket.label} 的审定已到“{now}”，不能“逐级审定”(escalate) 到“{rung}”")
    return replace(deed.ticket, rung=rung), None


def reply(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The unit may attest when and how it told the citizen what came of this round's work (Heyuan 12; Yanji 12; Henan 三(四))."""
    told, start = told_moment(deed.facts, deed.at), deed.ticket.started_at
    if told and start and told < start.replace(second=0, microsecond=0):  # people name the minute
        raise BadInput(
            f"told_at: 告知诉求人的时间不能早于本轮派单或发回重办之时（{local(start):%Y-%m-%d %H:%M}）"
        )
    how = str(deed.facts.get("told_how", ""))
    if how and how not in TOLD_HOW:
        raise BadInput(f"told_how: 须为 {'、'.join(TOLD_HOW)} 之一")
    return replace(deed.ticket, replied_at=deed.at), None


def told_moment(facts: Mapping[str, Any], at: datetime) -> datetime | None:
    """When the citizen was told, as attested. Raises BadInput."""
    text = str(facts.get("told_at") or "")
    if not text:
        return None
    try:
        told = local(datetime.fromisoformat(text))
    except ValueError as error:
        raise BadInput(f"told_at: 不是时间：{text}") from error
    if told > at:
        raise BadInput("told_at: 告知诉求人的时间不能晚于回复之时")
    return told


def review(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """A reply checked on site brings its evidence (Yanji 6.6; Henan 三(五))."""
    if deed.facts.get("site") and not str(deed.facts.get("evidence", "")).strip():
        raise BadInput("evidence: 现场核实的须写明核实情况")
    return only_state(deed)


def revisit(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """What the citizen said of the unit's work, on the city's own scale. Raises BadInput."""
    grade, scale = str(deed.facts["grade"]), deed.policy.after.grades
    if grade not in scale:
        raise BadInput(f"grade: 应为{'、'.join(f'{GRADE_NAMES[one]}({one})' for one in scale)}之一")
    return replace(deed.ticket, grade=grade), None


def close(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """No clock runs any more."""
    return replace(deed.ticket, started_at=None, due=None), None


def merge(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """It goes into another ticket and is followed there."""
    over, _ = close(deed)
    return replace(over, parent=str(deed.facts["into"]), relation="merged"), None


EFFECTS: dict[Action, Effect] = {
    "file": file,
    "dispatch": dispatch,
    "decide": dispatch,
    "return": give_back,
    "deem_accepted": deem_accepted,
    "dispute": dispute,
    "escalate": escalate,
    "reply": reply,
    "review": review,
    "revisit": revisit,
    "set_term": set_term,
    "refuse": close,
    "withdraw": close,
    "merge": merge,
}
