"""The papers of pressing: 督办单, 《督办通知》, the record of an urging, as lines a government office would print. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from core.policy import Policy
from core.policy_parts import OrderForm, Trigger, UrgingWay
from tickets.clock import local, words
from tickets.supervision import FORM_NAMES, TRIGGER_NAMES, WAY_NAMES


@dataclass(frozen=True, slots=True)
class Paper:
    """`lines`: (what, words) in order; a `what` of '' is running text."""

    title: str
    number: str
    to: str
    lines: tuple[tuple[str, str], ...]
    by: str
    on: str

    @property
    def text(self) -> str:
        """As it is read or pasted into a letter."""
        body = [f"{what}：{said}" if what else said for what, said in self.lines]
        return "\n".join([self.title, f"编号：{self.number}", f"{self.to}：", *body, self.by, self.on])


@dataclass(frozen=True, slots=True)
class Matter:
    """The ticket it is about, without anything of the citizen."""

    number: str
    title: str
    filed_at: datetime
    due_at: datetime | None


def order_paper(
    policy: Policy,
    number: str,
    unit: str,
    matter: Matter,
    trigger: Trigger,
    form: OrderForm | None,
    clause: str,
    opened_at: datetime,
    due: datetime | None,
    said: str = "",
    leader: str = "",
) -> Paper:
    """督办单: what it rests on, what is asked, until when it is to be answered in writing."""
    name = f"{FORM_NAMES[form]}单" if form and form != "joint" else "联合督办单" if form else "督办单"
    lines = [*_of(matter), ("督办情形", TRIGGER_NAMES[trigger]), ("依据", cited(policy, clause))]
    lines += [("领办负责人", leader)] if leader else []
    lines += [("督办意见", said)] if said else []
    until = f"请于{words(due, local(opened_at).year)}前" if due else "请按期"
    lines.append(("", f"{until}对本督办工单作出回复，并书面说明情况。"))
    return Paper(name, number, unit, tuple(lines), policy.title + policy.hotline, _day(opened_at))


def urging_paper(
    policy: Policy,
    number: str,
    unit: str,
    matter: Matter,
    way: UrgingWay,
    at: datetime,
    until: datetime | None,
    said: str,
) -> Paper:
    """《督办通知》, a 督办单 of pressing, a warning, or the record of a call."""
    urging = policy.stages.supervise.urging
    title = {"notice": "督办通知", "order": "督办单", "warning": "警告通知", "phone": "电话催办记录"}[way]
    lines = [*_of(matter), ("催办方式", WAY_NAMES[way])]
    lines += [("依据", cited(policy, urging.clause))] if urging else []
    lines += [("催办意见", said)] if said else []
    lines.append(("", f"请于{words(until, local(at).year)}前落实并回复。" if until else "请尽快办理并回复。"))
    return Paper(title, number, unit, tuple(lines), policy.title + policy.hotline, _day(at))


def _of(matter: Matter) -> Iterator[tuple[str, str]]:
    yield "工单编号", matter.number
    yield "事项", matter.title
    yield "受理时间", f"{local(matter.filed_at):%Y年%-m月%-d日}"
    if matter.due_at:
        yield "办理期限", words(matter.due_at)


def cited(policy: Policy, clause: str) -> str:
    """A clause with its document's name: 《…管理办法》第18(二)条."""
    found = []
    for one in filter(None, clause.split("；")):
        document, _, article = one.partition(" ")
        found.append(f"《{policy.documents.get(document, document)}》{article}")
    return "；".join(found)


def _day(at: datetime) -> str:
    return f"{local(at):%Y年%-m月%-d日}"
