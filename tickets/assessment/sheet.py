"""The sheet of one unit and one period: 月通报、季考核、年终总评 (002 22), or the rates of cities that give no points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.errors import BadInput
from core.policy import VALIDITY_NAMES, Policy
from core.policy_score import Assessment, Scheme
from tickets.assessment.fact import Fact, Period, digest, ordered
from tickets.assessment.score import NOTHING, ItemScore, exact, total
from tickets.assessment.share import Share, on_time, response, satisfaction, solved
from tickets.assessment.spans import items_of
from tickets.assessment.tally import Tally, tallies
from tickets.assessment.view import View
from tickets.clock import local, words

FORMULA = "5"
"""Rises with every change of how facts become points, so that a frozen sheet says by which it was made."""
SCHEMES: dict[Scheme, str] = {
    "hundred_points": "百分制量化考核", "four_rates": "四率考核", "quantified": "量化考核", "yearly_review": "年度考核",
}  # fmt: skip


class NoScheme(BadInput):
    """The document orders no way to assess, so none is invented."""

    code = "no_scheme"


@dataclass(frozen=True, slots=True)
class Sheet:
    """`points` of `full`: what the period counts, in a month the items scored by month; `standing`: all items as they stand now.

    `tallies`: numbers beside the points. `notes`: what whoever signs must know. None of points where a city gives rates only.
    """

    profile: str
    city: str
    hotline: str
    scheme: Scheme
    clause: str
    period: Period
    unit: str
    name: str
    as_of: datetime
    policy_hash: str
    facts_hash: str
    facts: int
    items: tuple[ItemScore, ...] = ()
    shares: tuple[Share, ...] = ()
    tallies: tuple[Tally, ...] = ()
    notes: tuple[str, ...] = ()
    weight: Decimal | None = None
    details: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def counted(self) -> tuple[ItemScore, ...]:
        return tuple(item for item in self.items if self.period.kind != "month" or item.by == "month")

    @property
    def points(self) -> Decimal | None:
        return total(self.counted) if self.items else None

    @property
    def full(self) -> Decimal | None:
        return sum((item.full for item in self.counted), NOTHING) if self.items else None

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "profile": self.profile, "city": self.city, "hotline": self.hotline, "scheme": self.scheme, "scheme_title": SCHEMES[self.scheme],
            "clause": self.clause, "unit": self.unit, "unit_name": self.name,
            "period": {
                "kind": self.period.kind, "name": self.period.name, "title": self.period.title,
                "start": self.period.start.isoformat(), "end": self.period.end.isoformat(),
            },
            "as_of": local(self.as_of).isoformat(), "formula": FORMULA, "policy_hash": self.policy_hash,
            "facts_hash": self.facts_hash, "facts": self.facts, "points": _text(self.points), "full": _text(self.full),
            "items": [item.as_json() for item in self.items], "shares": [share.as_json() for share in self.shares],
            "tallies": [tally.as_json() for tally in self.tallies], "notes": list(self.notes),
        }  # fmt: skip
        if self.items:
            full = sum((item.full for item in self.items), NOTHING)
            found["standing"] = {"points": str(total(self.items)), "full": str(full)}
            found["parts"] = _parts(self.items)
            if (
                self.weight is not None
                and self.period.kind != "month"
                and self.points is not None
                and self.full
            ):
                worth = Fraction(self.points) / Fraction(self.full) * Fraction(self.weight)
                found["weighted"] = {"points": str(exact(worth)), "of": str(exact(self.weight))}
        return found | self.details


def ordered_by(policy: Policy) -> Assessment:
    """What the policy orders of assessment. Raises NoScheme where it names no way."""
    rules = policy.assessment
    if rules is None or not rules.schemes:
        clause = f"（{rules.clause}：{rules.note}）" if rules else ""
        raise NoScheme(f"{policy.title}的规定没有写明考核方式{clause}；请在 assessment.schemes 中设定")
    return rules


def sheet(
    facts: Sequence[Fact], policy: Policy, span: Period, unit: str, as_of: datetime, name: str = ""
) -> Sheet:
    """Score one unit. facts: in any order, of any units; as_of: what happened later is not seen.

    Raises NoScheme where the policy orders none, BadInput where the period has not begun.
    """
    rules = ordered_by(policy)
    if as_of <= span.start:
        raise BadInput(f"{span.title}尚未开始")
    mine = tuple(fact for fact in ordered(facts) if fact.unit in (unit, ""))
    view = View(mine, unit, span, as_of, policy)
    scheme = rules.schemes[0]
    blank = Sheet(
        policy.name, policy.title, policy.hotline, scheme, rules.source("schemes"), span, unit, name or unit, as_of, policy.hash,
        digest(view.facts), len(view.facts),
    )  # fmt: skip
    notes = tuple(_notes(policy, span, as_of))
    blank = replace(blank, details={"documents": dict(policy.documents)})
    if rules.good_bad is not None:
        blank = replace(
            blank,
            details=blank.details | {"good_bad": {"clause": rules.good_bad.clause, "grades": _grades(view)}},
        )
    if scheme == "hundred_points":
        items = tuple(items_of(view))
        notes += tuple(_of_items(policy, span, items))
        weight = rules.weight.value if rules.weight else None
        return replace(
            blank,
            weight=weight,
            items=items,
            shares=(satisfaction(view),),
            tallies=tallies(view),
            notes=notes,
        )
    return replace(
        blank, shares=_shares(view, scheme, rules.source("schemes")), tallies=tallies(view), notes=notes
    )


def _grades(view: View) -> list[dict[str, str]]:
    """What is handed over to 好差评: every grade of the unit's work given in the period (001 15, 23; 003 二.9)."""
    given = [grade for one in view.given for grade in one.grades if view.period.holds(grade.at)]
    return [
        {
            "ticket": fact.ticket,
            "grade": str(fact.data.get("grade", "")),
            "at": local(fact.at).isoformat(),
            "event": fact.id,
        }
        for fact in given
    ]


def _shares(view: View, scheme: Scheme, clause: str) -> tuple[Share, ...]:
    """Chenzhou's four (003 二.8); Heyuan's and Henan's speak of handling and satisfaction (001 22, 000 三(六))."""
    four: tuple[Callable[[View, str], Share], ...] = (response, on_time, solved, satisfaction)
    chosen = four if scheme == "four_rates" else (on_time, solved, satisfaction)
    return tuple(one(view, clause) for one in chosen)


# --- what whoever signs must know -------------------------------------------------------------------------------------


def _notes(policy: Policy, span: Period, as_of: datetime) -> list[str]:
    found = []
    if as_of < span.end:
        found.append(f"本期未结束：截至{words(as_of, 0)}的情况，不是定稿")
    validity = policy.validity(span.start.date())
    if validity != "valid":
        found.append(f"依据的规定{VALIDITY_NAMES[validity]}，照常计算")
    return found


def _of_items(policy: Policy, span: Period, items: Sequence[ItemScore]) -> list[str]:
    rules, found = policy.assessment, []
    assert rules is not None
    if total(items) != sum((item.points for item in items), NOTHING):
        found.append("各项取平均后只显示两位小数；合计由未舍入的各项相加，只舍入一次")
    if any(not item.configured for item in items):
        found.append("催办督办各情形每件扣几分条文未载明且未设定（assessment.urging_each）：只列情形，未扣分")
    if rules.appeal_within is None:
        found.append("申诉期限条文未载明且未设定（assessment.appeal_within）：设定之前不能受理申诉")
    if rules.weight is None and span.kind == "year":
        found.append("纳入绩效考核的权重条文未载明且未设定（assessment.weight）：未折算")
    if rules.parts_said is not None and rules.parts_said != len(rules.parts):
        named = "＋".join(f"{part}{full:f}" for part, full in rules.parts.items())
        said, count = rules.parts_said, len(rules.parts)
        found.append(
            f"{rules.table_clause}称共{said}个部分，列出的是{count}个（{named}＝100）：按列出的{count}个部分计分"
        )
    return found


def _parts(items: Sequence[ItemScore]) -> list[dict[str, str]]:
    found: dict[str, list[ItemScore]] = {}
    for item in items:
        found.setdefault(item.part, []).append(item)
    return [
        {"part": part, "full": str(sum((one.full for one in held), NOTHING)), "points": str(total(held))}
        for part, held in found.items()
    ]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
