"""Whether a unit can be reached by telephone, from the results of short test calls: outages, rulings, points.

Source: Yanji 2019, annex 三(二)(三): the unit's fixed line answers in office hours (工作时间内), an outage is 半小时以上无人接听 (which
includes thirty minutes), −0.5 each; the mobiles of leader-in-charge and handler are reachable 24 h, −0.5 each, 不可抗力 excepted.
(二) excepts nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, get_args

Kind = Literal["fixed", "leader", "handler", "duty", "editor"]
Outcome = Literal["answered", "no_answer", "rejected", "unreachable", "busy", "congestion", "not_placed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MEASURED: tuple[Kind, ...] = ("fixed", "leader", "handler")
"""Numbers the clause wants to be reachable; a duty room's and an editor's are kept to be rung when there is reason."""
EXCEPTED: tuple[Kind, ...] = ("leader", "handler")
"""Kinds whose clause excepts force majeure."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
FAILED: frozenset[str] = frozenset({"no_answer", "rejected", "unreachable"})
"""Nobody came to the telephone. Busy proves nothing (somebody speaks), nor does what our own side failed to place."""
POINTS_EACH = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """One test call. `outcome` '' while it is under way."""

    phone_id: str
    at: datetime
    outcome: str


@dataclass(frozen=True, slots=True)
class Rule:
    """When failed calls are an outage: at least `tries` of them in a row, the last `span` or more after the first.

    apart: two failures further apart say nothing about the time between them.
    """

    span: timedelta = timedelta(minutes=30)
    tries: int = 3
    apart: timedelta = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Force majeure: from `starts_at` until `ends_at` failures do not count. `unit` '' for all."""

    unit: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """Nobody answered at `phone_id` from the first failed call to the last one; `excused` by a ruling."""

    phone_id: str
    began: datetime
    ended: datetime
    tries: int
    excused: bool = False


def outages(
    results: Iterable[Result], rule: Rule, rulings: Sequence[Ruling] = (), unit: str = ""
) -> list[Outage]:
    """Every outage of one telephone. A run of failures ends with an answer, or where nothing is known for long."""
    found: list[Outage] = []
    run: list[Result] = []
    for result in sorted(results, key=lambda one: one.at):
        if run and (result.outcome == "answered" or result.at - run[-1].at > rule.apart):
            found += _outage(run, rule, rulings, unit)
            run = []
        if result.outcome in FAILED:
            run.append(result)
    return found + _outage(run, rule, rulings, unit)


def _outage(run: Sequence[Result], rule: Rule, rulings: Sequence[Ruling], unit: str) -> list[Outage]:
    """The outages of a whole run: what counts is what lies outside the rulings; else the run is one, excused."""
    if not _long_enough(run, rule):
        return []
    parts = groupby(run, key=lambda one: _excused(one.at, rulings, unit))
    counted = [part for excused, group in parts if not excused and _long_enough(part := list(group), rule)]
    if counted:
        return [_from(part, excused=False) for part in counted]
    return [_from(run, excused=True)]


def _from(run: Sequence[Result], excused: bool) -> Outage:
    return Outage(run[0].phone_id, run[0].at, run[-1].at, len(run), excused)


def _long_enough(run: Sequence[Result], rule: Rule) -> bool:
    return len(run) >= rule.tries and run[-1].at - run[0].at >= rule.span


def _excused(at: datetime, rulings: Sequence[Ruling], unit: str) -> bool:
    return any(r.unit in ("", unit) and r.starts_at <= at <= r.ends_at for r in rulings)


def points_off(found: Iterable[Outage]) -> float:
    """What the outages cost in the assessment."""
    return POINTS_EACH * sum(1 for outage in found if not outage.excused)


# --- when to call -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FairUse:
    """What a telephone may be asked for. `every`: from one routine call to the next; `again`: after a failed one."""

    every: timedelta = timedelta(days=1)
    again: timedelta = timedelta(minutes=15)
    per_hour: int = 3
    per_day: int = 6


def may_call(history: Sequence[Result], now: datetime, limits: FairUse) -> bool:
    """Whether the limits allow one more call, whoever asks for it. `history`: of the last day, in any order."""
    hour = sum(1 for one in history if now - one.at < timedelta(hours=1))
    day = sum(1 for one in history if now - one.at < timedelta(days=1))
    return hour < limits.per_hour and day < limits.per_day


def is_due(history: Sequence[Result], now: datetime, limits: FairUse, rule: Rule) -> bool:
    """Whether a routine call is due: the day's first one, or one more after a failure until an outage is proven."""
    if not may_call(history, now, limits):
        return False
    done = sorted(history, key=lambda one: one.at)
    if not done or now - done[-1].at >= limits.every:
        return True
    failed = _last_failures(done)
    if done[-1].outcome in ("answered", "") or _long_enough(failed, rule):
        return False
    return now - done[-1].at >= limits.again


def _last_failures(done: Sequence[Result]) -> list[Result]:
    """The failures since the last answer, oldest first."""
    run: list[Result] = []
    for one in reversed(done):
        if one.outcome == "answered":
            break
        if one.outcome in FAILED:
            run.insert(0, one)
    return run
