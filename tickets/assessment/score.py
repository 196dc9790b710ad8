"""From cases to points: each item's tariff, floor and cap. Exact: Decimal and Fraction, never a float."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from core.policy import Policy
from core.policy_score import URGED, Item, ItemName
from tickets.assessment.breach import Breach, View, breaches, granted
from tickets.assessment.share import Share, satisfaction
from tickets.clock import local

CENT = Decimal("0.01")
NOTHING = Decimal(0)


@lru_cache(maxsize=1024)
def exact(value: Fraction | Decimal | int) -> Decimal:
    """Two decimals, halves up: what a sheet shows and adds."""
    found = Fraction(value)
    return (Decimal(found.numerator) / Decimal(found.denominator)).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Change:
    """One deduction (negative) or addition, with its clause and the events that prove it. `excused`: why it costs nothing."""

    key: str
    case: str
    points: Decimal
    clause: str
    why: str
    at: datetime
    subject: str
    events: tuple[str, ...]
    excused: str = ""
    period: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key, "case": self.case, "points": str(self.points), "clause": self.clause, "why": self.why,
            "at": local(self.at).isoformat(), "subject": self.subject, "events": list(self.events), "excused": self.excused,
            "period": self.period,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemScore:
    """One line of a sheet. `configured` False: the document gives no tariff and nobody set one, so nothing is taken off.

    `share`: of a rate item, with its other denominators beside it; `parts`: of a quarter or year, what each month or quarter had.
    `unrounded`: a mean that two decimals do not hold; `points` is what is shown of it.
    """

    name: ItemName
    part: str
    title: str
    full: Decimal
    points: Decimal
    clause: str
    by: str
    changes: tuple[Change, ...] = ()
    configured: bool = True
    note: str = ""
    share: Share | None = None
    parts: dict[str, Decimal] = field(default_factory=dict, hash=False)
    unrounded: Fraction | None = None

    @property
    def worth(self) -> Fraction:
        """What it adds to a total: only the total is rounded."""
        return Fraction(self.points) if self.unrounded is None else self.unrounded

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "item": self.name, "part": self.part, "title": self.title, "full": str(self.full), "points": str(self.points),
            "clause": self.clause, "by": self.by, "configured": self.configured, "note": self.note,
            "changes": [change.as_json() for change in self.changes],
        }  # fmt: skip
        if self.share is not None:
            found["share"] = self.share.as_json()
        if self.parts:
            found["parts"] = {name: str(points) for name, points in self.parts.items()}
        if self.unrounded is not None:
            found["unrounded"] = str(self.unrounded)
        return found


def total(items: Iterable[ItemScore]) -> Decimal:
    """Their points together, rounded once: a mean of three months is what anybody finds who adds up the three sheets (002 22)."""
    return exact(sum((item.worth for item in items), Fraction(0)))


def scored(view: View, only: str = "") -> list[ItemScore]:
    """Every item of the policy's table for one period; `only`: those by month, or by quarter."""
    assert view.policy.assessment is not None
    found = breaches(view)
    return [
        score(view, name, item, [one for one in found if one.item == name])
        for name, item in view.policy.assessment.table.items()
        if only in ("", item.by)
    ]


def score(view: View, name: ItemName, item: Item, found: Sequence[Breach]) -> ItemScore:
    """One item. The points lie between its floor and its cap, whatever happened."""
    blank = ItemScore(
        name, item.part, item.title, exact(item.full), exact(item.full), item.clause, item.by, note=item.note
    )
    if item.below is not None:
        return _by_rate(view, blank, item)
    changes = tuple(_change(view.policy, name, item, one, view.period.name) for one in found)
    if item.rule in ("met", "once"):
        changes = _only_the_first(changes)
    configured = name != "urging" or bool(item.tariff) or _urging(view.policy) is not None
    total = begins_at(item, view.policy) + sum((change.points for change in changes), NOTHING)
    return replace(blank, points=bounded(total, item, view.policy), changes=changes, configured=configured)


def begins_at(item: Item, policy: Policy) -> Decimal:
    """What a unit has of it before anything happened."""
    zero = item.rule == "both_ways" and policy.switches.service_starts.value == "zero"
    return NOTHING if zero else item.full


def bounded(points: Decimal, item: Item, policy: Policy) -> Decimal:
    """Never below nothing or above full, but where the switches of 加减分项 say otherwise."""
    both = item.rule == "both_ways"
    if not (both and policy.switches.service_floor.value == "none"):
        points = max(points, NOTHING)
    if not (both and policy.switches.service_cap.value == "none"):
        points = min(points, item.full)
    return exact(points)


def _change(policy: Policy, name: ItemName, item: Item, one: Breach, period: str) -> Change:
    costs = item.tariff.get(one.case)
    if costs is None and name == "urging":
        costs = _urging(policy)
    points = item.adds.get(one.case, NOTHING) - (costs or NOTHING)
    points = NOTHING if one.excused else points
    clause = item.source("adds" if one.case in item.adds else "tariff", one.case)
    if one.case in URGED and clause == item.clause:
        clause = f"{clause}{URGED.index(one.case) + 1}"
    return Change(
        one.key,
        one.case,
        exact(points),
        clause,
        one.why,
        one.at,
        one.subject,
        one.events,
        one.excused,
        period,
    )


def _urging(policy: Policy) -> Decimal | None:
    each = policy.assessment.urging_each if policy.assessment else None
    return each.value if each else None


def _only_the_first(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """What costs its points once, however often: the first that is not excused bears them, the others are shown beside it."""
    first = next((change.key for change in changes if not change.excused), None)
    return tuple(
        change if change.key == first or change.excused else replace(change, points=exact(NOTHING))
        for change in changes
    )


def _by_rate(view: View, blank: ItemScore, item: Item) -> ItemScore:
    """−0.11 for each point below 95 per cent: whole points, or pro rata. Source: 002 附五(一)6."""
    share = satisfaction(view)
    below = item.below
    assert below is not None
    if share.of == 0:
        return replace(blank, share=share, note="本期没有转办件，不扣分")
    short = Fraction(below.full_from) - Fraction(100 * share.good, share.of)
    if view.policy.switches.satisfaction_step.value == "whole_points":
        short = Fraction(short.numerator // short.denominator)
    if short <= 0:
        return replace(blank, share=share)
    off = min(exact(Fraction(below.each) * short), blank.full)
    why = f"满意率{share.percent}%（{share.good}/{share.of}），低于{below.full_from}%"
    change = Change(
        f"{blank.name}:{view.period.name}", "below", exact(-off), item.source("below", "each"), why, min(view.as_of, view.period.end),
        view.period.name, share.misses, period=view.period.name,
    )  # fmt: skip
    if (appeal := view.struck.get(change.key)) is not None:
        events = (*change.events, appeal.id)
        struck = replace(change, points=exact(NOTHING), excused=granted(appeal), events=events)
        return replace(blank, changes=(struck,), share=share)
    return replace(blank, points=exact(blank.full - off), changes=(change,), share=share)
