"""A quarter's lines from its months', a year's from its quarters' (002 22): the mean, all cases together, or as the last one stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.policy import Policy
from core.policy_score import Item
from tickets.assessment.fact import FIRST_FILED, Period
from tickets.assessment.score import NOTHING, Change, ItemScore, begins_at, bounded, exact, scored
from tickets.assessment.view import View


def items_of(view: View) -> list[ItemScore]:
    """A month is scored by itself; a quarter takes its months' items from them, a year all of its quarters'."""
    if view.period.kind == "month":
        return scored(view)
    parts = [(part, _part(view, part)) for part in _counted(view)]
    switches, fresh = (
        view.policy.switches,
        {} if view.period.kind == "year" else _by_name(scored(view, "quarter")),
    )
    mode = (switches.quarter_of_months if view.period.kind == "quarter" else switches.year_of_quarters).value
    assert view.policy.assessment is not None
    return [
        fresh[name]
        if name in fresh
        else _over(item, [(p.name, found[name]) for p, found in parts], mode, view.policy)
        for name, item in view.policy.assessment.table.items()
    ]


def _counted(view: View) -> list[Period]:
    """The parts that have begun. What was over before the house had its first ticket is none, as in its rhythm; all where no other is."""
    begun = [part for part in view.period.parts if part.start < view.as_of]
    first = next((fact.at for fact in view.own if fact.kind == FIRST_FILED), None)
    return [part for part in begun if first is None or first < part.end] or begun


def _part(view: View, part: Period) -> dict[str, ItemScore]:
    """The part as it was frozen, where it was; else, and for an item that its rules did not have, as the facts have it."""
    frozen = [fact for fact in view.own if fact.kind == "frozen" and fact.data.get("period") == part.name]
    signed = {raw["item"]: _item_of(raw) for raw in frozen[-1].data["items"]} if frozen else {}
    assert view.policy.assessment is not None
    if view.policy.assessment.table.keys() <= signed.keys():
        return signed
    return _by_name(items_of(view.inner(part))) | signed


def _by_name(items: Sequence[ItemScore]) -> dict[str, ItemScore]:
    return {item.name: item for item in items}


def _over(item: Item, parts: Sequence[tuple[str, ItemScore]], mode: str, policy: Policy) -> ItemScore:
    scores = [score for _, score in parts]
    unrounded = None
    if mode == "mean":
        mean = sum((score.worth for score in scores), Fraction(0)) / len(scores)
        points = exact(mean)
        unrounded = None if mean == Fraction(points) else mean
    elif mode == "pooled":
        start = begins_at(item, policy)
        moved = sum((score.points - (score.full if start else NOTHING) for score in scores), NOTHING)
        points = bounded(start + moved, item, policy)
    else:
        points, unrounded = scores[-1].points, scores[-1].unrounded
    changes = tuple(change for score in scores for change in score.changes)
    each = {name: score.points for name, score in parts}
    configured = all(score.configured for score in scores)
    return replace(
        scores[-1],
        points=points,
        changes=changes,
        parts=each,
        share=None,
        note=item.note,
        configured=configured,
        unrounded=unrounded,
    )


def _item_of(raw: dict[str, Any]) -> ItemScore:
    """A line of a frozen sheet, back from its JSON."""
    changes = tuple(
        Change(
            one["key"], one["case"], Decimal(one["points"]), one["clause"], one["why"], datetime.fromisoformat(one["at"]),
            one["subject"], tuple(one["events"]), one["excused"], one["period"],
        )
        for one in raw["changes"]
    )  # fmt: skip
    parts = {name: Decimal(points) for name, points in raw.get("parts", {}).items()}
    return ItemScore(
        raw["item"], raw["part"], raw["title"], Decimal(raw["full"]), Decimal(raw["points"]), raw["clause"], raw["by"],
        changes, raw["configured"], raw["note"], parts=parts, unrounded=Fraction(raw["unrounded"]) if "unrounded" in raw else None,
    )  # fmt: skip
