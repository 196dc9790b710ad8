"""Which facts count for which item of the table: each case with its events, and what excuses it.

Source: Yanji 2019, annex 一 to 六.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from core.policy_score import URGED, ItemName
from tickets.assessment.fact import Fact
from tickets.assessment.handling import in_matters, repeated
from tickets.assessment.view import CASES, SHOWN_BY_STEPS, Breach, View, ruled

__all__ = ["CASES", "Breach", "View", "breaches"]


def breaches(view: View) -> list[Breach]:
    """Every case of the period, each once, excused ones among them."""
    found: dict[str, Breach] = {}
    for breach in (*_unmet(view), *_by_themselves(view), *in_matters(view), *repeated(view)):
        held = found.get(breach.key)
        if held is None or _weight(breach) > _weight(held):
            found[breach.key] = breach
    struck = view.struck
    return [_judged(breach, struck) for breach in sorted(found.values(), key=lambda b: (b.at, b.key))]


def _weight(breach: Breach) -> tuple[bool, bool, int]:
    """A ticket late in one round and never done in another is never done; what is excused in one may count in another.

    Of the situations of 附五(二) the later one named is the graver.
    """
    urged = URGED.index(breach.case) if breach.case in URGED else -1
    return not breach.excused, breach.case == "undone", urged


def _judged(breach: Breach, struck: Mapping[str, Fact]) -> Breach:
    if (appeal := struck.get(breach.key)) is None:
        return breach
    return replace(breach, events=(*breach.events, appeal.id), excused=granted(appeal))


def granted(appeal: Fact) -> str:
    """Why a struck deduction costs nothing."""
    return f"申诉成立：{appeal.data.get('why', '')}"


# --- what must be there -----------------------------------------------------------------------------------------------


def _unmet(view: View) -> Iterator[Breach]:
    """组织机构 from the unit register, 制度建设 from documents that were uploaded and reviewed."""
    stood = (fact for fact in reversed(view.own) if fact.kind == "register" and fact.at < view.period.end)
    register = next(stood, None)
    data, proof = (register.data, (register.id,)) if register else ({}, ())
    lacks = [name for key, name in _LEADERS.items() if not data.get(key)]
    end = view.as_of if view.as_of < view.period.end else view.period.end
    if data.get("chief") is False:
        lacks = ["主要领导", *lacks]
    if lacks:
        yield Breach(
            "leaders", "unmet", view.period.name, end, proof, f"单位登记册未载明：{'、'.join(lacks)}"
        )
    if not int(data.get("handlers", 0)):
        yield Breach("staff", "unmet", view.period.name, end, proof, "单位登记册没有承办人员")
    for item, kind, name in _DOCUMENTS:
        if not any(fact.kind == kind and fact.at < view.period.end for fact in view.own):
            yield Breach(item, "unmet", view.period.name, end, (), f"没有经审核的{name}")


_LEADERS = {"leader": "分管领导", "section": "承办科室"}
"""That the head of the unit answers for all (主要领导负总责) is no entry of the register."""
_DOCUMENTS: tuple[tuple[ItemName, str, str], ...] = (
    ("rules", "rules_document", "热线承办工作规定"), ("procedure", "procedure_document", "接收至归档的工作程序和标准"),
)  # fmt: skip


# --- facts that are a case by themselves ------------------------------------------------------------------------------


def _by_themselves(view: View) -> Iterator[Breach]:
    for fact in view.kind(*CASES):
        item, case, why = CASES[fact.kind]
        said = str(fact.data.get("why", ""))
        excused = str(fact.data.get("excused", "")) or ruled(
            view, item, fact.at, fact.when("ended") or fact.at
        )
        subject = fact.ticket if fact.ticket and fact.kind in SHOWN_BY_STEPS else fact.id
        yield Breach(item, case, subject, fact.at, _proof(fact), f"{why}：{said}" if said else why, excused)


def _proof(fact: Fact) -> tuple[str, ...]:
    return (fact.id, *(str(one) for one in fact.data.get("events", ())))
