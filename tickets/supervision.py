"""Pressing a unit and supervision orders: which ways, triggers and forms the rules name, which term an order gets. Pure.

Source: Heyuan 18, 21; Yanji 11, 18, annex 五(二); Henan 三(五)(七); Chenzhou 二.9, 三(一).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from core.errors import BadInput, NotAllowed
from core.policy import Policy
from core.policy_parts import OrderForm, Supervise, Trigger, UrgingWay
from tickets.clock import words
from tickets.effects import LONGEST, Deed, named_moment
from tickets.explain import Explanation
from tickets.ticket import Ticket

WAYS: tuple[UrgingWay, ...] = get_args(UrgingWay)
FORMS: tuple[OrderForm, ...] = get_args(OrderForm)
TRIGGERS: tuple[Trigger, ...] = get_args(Trigger)
WAY_NAMES: dict[UrgingWay, str] = {
    "phone": "电话催办",
    "order": "督办单",
    "notice": "督办通知",
    "warning": "警告",
}
FORM_NAMES: dict[OrderForm, str] = {
    "joint": "联合督办", "on_site": "现场督办", "listed": "挂牌督办", "summons": "约谈提醒", "special": "专题协调",
    "media": "公开曝光",
}  # fmt: skip
TRIGGER_NAMES: dict[Trigger, str] = {
    "leader_note": "市领导批示或交办", "red_card": "红牌", "repeated": "多次或集中反映", "overdue": "逾期未办",
    "late_return": "逾期退回", "other": "其他需要督办",
}  # fmt: skip
WITH_UNTIL = ("order", "notice")
"""Ways on paper that may name the day by which it must be done."""
UNSTATED_WAYS: tuple[UrgingWay, ...] = ("phone",)
"""Where no clause names a way of pressing, a call is open to everybody; papers are not invented."""
KEPT_BY: dict[OrderForm, str] = {"on_site": "visit", "special": "meeting", "summons": "talk"}
"""What must be on record before an order of this form is closed."""


# --- 催办 -------------------------------------------------------------------------------------------------------------


def press(deed: Deed) -> tuple[Ticket, Explanation | None]:
    """The office presses the unit in a way the rules name; a paper may say until when. Raises NotAllowed, BadInput."""
    way, until = str(deed.facts["way"]), named_moment(deed)
    check_way(deed.policy, way)
    if until is not None and way not in WITH_UNTIL:
        raise BadInput(
            f"until: 只有{'、'.join(WAY_NAMES[one] for one in WAYS if one in WITH_UNTIL)}可以写明期限"
        )
    if until is not None and not deed.at < until <= deed.at + LONGEST:
        raise BadInput("until: 须晚于催办之时，且不超过一年")
    if deed.facts.get("rang") and way != "phone":
        raise BadInput("rang: 仅用于电话催办（已由人工拨打）")
    return deed.ticket, None


def check_way(policy: Policy, way: str) -> None:
    """Raises BadInput for no way at all, NotAllowed for one the city's rules do not name."""
    if way not in WAYS:
        raise BadInput(f"way: 须为 {'、'.join(WAYS)} 之一")
    urging = policy.stages.supervise.urging
    if urging is None and way not in UNSTATED_WAYS:
        raise NotAllowed(
            f"{policy.title}的规定没有写明催办的方式，可电话催办(phone)，不能以“{WAY_NAMES[way]}”催办(press)"
        )
    if urging is not None and way not in urging.value:
        named = "、".join(f"{WAY_NAMES[one]}({one})" for one in urging.value)
        raise NotAllowed(f"{urging.clause} 写明的催办方式为{named}，不能以“{WAY_NAMES[way]}”催办(press)")


# --- 督办单 -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the office asks for it. `form` None: a plain 督办单. `leader`: who is in charge of a listed one."""

    units: tuple[str, ...]
    trigger: Trigger = "other"
    form: OrderForm | None = None
    until: datetime | None = None
    leader: str = ""


@dataclass(frozen=True, slots=True)
class Ground:
    """`clause`: of the trigger; `form_clause`: of the form; `named`: the facts that name the deadline at dispatch."""

    clause: str
    form_clause: str
    named: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class First:
    """The ticket's first supervision order: how long its unit had."""

    opened_at: datetime
    due_at: datetime | None

    @property
    def length(self) -> timedelta | None:
        return None if self.due_at is None else self.due_at - self.opened_at


def ground(order: Order, policy: Policy, at: datetime, first: First | None = None) -> Ground:
    """What the order rests on and until when its units have time. Raises NotAllowed, BadInput, with the clause.

    first: the ticket's first order, which caps a listed one (Yanji 18).
    """
    rules = policy.stages.supervise
    form_clause = _form(order, policy)
    clause = _trigger(order, policy) or form_clause or _general(rules)
    _units(order, form_clause)
    _leader(order, form_clause)
    named = _until(order, policy, at)
    _capped(order, rules, at, first)
    return Ground(clause, form_clause, named)


def _form(order: Order, policy: Policy) -> str:
    if order.form is None:
        return ""
    forms = policy.stages.supervise.forms
    if order.form not in forms:
        named = "、".join(f"{FORM_NAMES[one]}({one}，{cited.clause})" for one, cited in forms.items())
        raise NotAllowed(
            f"{policy.title}的规定没有“{FORM_NAMES[order.form]}”({order.form})这种形式；有：{named or '无，可发督办单'}"
        )
    return forms[order.form].clause


def _trigger(order: Order, policy: Policy) -> str:
    opens_on = policy.stages.supervise.opens_on
    if not opens_on:
        return ""
    if order.trigger not in opens_on:
        named = "、".join(f"{TRIGGER_NAMES[one]}({one}，{cited.clause})" for one, cited in opens_on.items())
        raise NotAllowed(
            f"不因“{TRIGGER_NAMES[order.trigger]}”({order.trigger})督办；条文写明的情形：{named}"
        )
    return opens_on[order.trigger].clause


def _general(rules: Supervise) -> str:
    """The clause that speaks of supervision at all; '' where none does."""
    source = rules.term or rules.unstated or rules.urging or next(iter(rules.forms.values()), None)
    return source.clause if source else ""


def _units(order: Order, clause: str) -> None:
    if not order.units or len(set(order.units)) != len(order.units):
        raise BadInput("units: 须写明承办单位，不得重复")
    if order.form == "joint" and len(order.units) < 2:
        raise BadInput(f"units: 联合督办须有两个以上单位（{clause}）")
    if order.form != "joint" and len(order.units) > 1:
        raise BadInput("units: 几个单位一同督办的，请用联合督办（joint），每个单位各有其督办单")


def _leader(order: Order, clause: str) -> None:
    if order.form == "listed" and not order.leader.strip():
        raise BadInput(f"leader: 挂牌督办须写明领办的负责人（{clause}）")
    if order.form != "listed" and order.leader.strip():
        raise BadInput("leader: 仅挂牌督办写明领办的负责人")


def _until(order: Order, policy: Policy, at: datetime) -> dict[str, str]:
    """限期办理: where the rules name no term, the office must."""
    rules = policy.stages.supervise
    if order.until is None:
        if rules.term is None:
            why = (
                f"{rules.unstated.clause}：{rules.unstated.words}" if rules.unstated else "条文未载明督办期限"
            )
            raise BadInput(f"until: 须写明督办期限（{why}）")
        return {}
    if not at < order.until <= at + LONGEST:
        raise BadInput("until: 须晚于发出之时，且不超过一年")
    return {"until": order.until.isoformat(), "term": "shorter" if rules.term else "set"}


def _capped(order: Order, rules: Supervise, at: datetime, first: First | None) -> None:
    """挂牌督办期限不超过首次督办期限 (Yanji 18)."""
    cap = rules.listed_cap
    if order.form != "listed" or cap is None or first is None or first.length is None:
        return
    if order.until is not None and order.until - at > first.length:
        last = words(at + first.length)
        raise NotAllowed(f"{cap.clause} {cap.words}：首次督办期限为{_long(first.length)}，至迟{last}")


def _long(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3600)
    return f"{hours // 24}日{hours % 24}小时" if hours >= 24 else f"{hours}小时"
