"""Shares with their numerators and denominators side by side: satisfaction, response, on time, solved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, cast

from tickets.assessment.matter import Matter, Round, events_of, satisfied
from tickets.assessment.view import View, is_repeat


@dataclass(frozen=True, slots=True)
class Share:
    """`good` of `of`. `beside`: the same numerator rule over the other denominators, name -> (good, of).

    misses: events of those that are not good; missed: their tickets, each of which an appeal may name.
    """

    name: str
    title: str
    good: int
    of: int
    clause: str = ""
    misses: tuple[str, ...] = ()
    beside: dict[str, tuple[int, int]] = field(default_factory=dict, hash=False)
    note: str = ""
    missed: tuple[str, ...] = ()

    @property
    def percent(self) -> Decimal | None:
        """Two decimals, None of nothing."""
        return percent(self.good, self.of)

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": self.name, "title": self.title, "good": self.good, "of": self.of, "percent": _text(self.percent),
            "clause": self.clause, "note": self.note, "misses": list(self.misses), "missed": list(self.missed),
        }  # fmt: skip
        if self.beside:
            found["denominators"] = {
                name: {"title": BESIDE[name], "good": good, "of": of, "percent": _text(percent(good, of))}
                for name, (good, of) in self.beside.items()
            }
        return found


BESIDE = {
    "all_forwarded": "全部转办件", "due": "已办结或已到期的", "settled": "已办结的", "revisited": "已回访的", "rated": "已评价的",
    "enforcement_excluded": "不含行政调解、执法办案类", "first_grade": "重办的以首次评价计", "last_grade": "重办的以末次评价计",
    "redone_counted": "重办后解决的计为解决", "redone_never": "重办的一律不计为解决",
}  # fmt: skip


def percent(good: int, of: int) -> Decimal | None:
    """Of a hundred, two decimals; None of nothing."""
    return (Decimal(100 * good) / Decimal(of)).quantize(Decimal("0.01"), ROUND_HALF_UP) if of else None


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def forwarded(view: View) -> list[Matter]:
    """转办件 of the period: sent to the unit in it, and not given back, withdrawn or merged; parts that assist are not revisited."""
    return [
        one for one in view.given if view.period.holds(one.first.at) and one.forwarded and one.asked_about
    ]


def satisfaction(view: View, clause: str = "") -> Share:
    """满意件数 over the denominator the switches choose, the others beside it. Unrated ones are not satisfied.

    What is still open is in 转办件总数 (002 附五(一)6); a matter graded anew after redoing counts by the grade the switch names.
    """
    switches = view.policy.switches
    everything = _standing(view, "satisfaction", forwarded(view))
    basically, which = switches.basically_satisfied.value == "satisfied", switches.grade_after_redo.value

    def good(group: Sequence[Matter], which: Literal["first", "last"] = which) -> list[Matter]:
        return [one for one in group if satisfied(one.grade(which), basically)]

    groups: dict[str, list[Matter]] = {
        "all_forwarded": everything,
        "settled": _settled(view, everything),
        "revisited": [one for one in everything if one.visited],
        "rated": [one for one in everything if one.grades],
        "enforcement_excluded": [one for one in everything if not one.enforcement],
    }
    chosen = groups[switches.satisfaction_of.value]
    if switches.enforcement_satisfaction.value == "excluded":
        chosen = [one for one in chosen if not one.enforcement]
    beside = {name: (len(good(group)), len(group)) for name, group in groups.items()}
    for name, reading in (("first_grade", "first"), ("last_grade", "last")):
        if reading != which:
            beside[name] = len(good(chosen, cast(Literal["first", "last"], reading))), len(chosen)
    bad = [one for one in chosen if not satisfied(one.grade(which), basically)]
    misses, missed = events_of(one.grade(which) or one.first for one in bad), tuple(one.ticket for one in bad)
    return Share(
        "satisfaction", "满意率", len(chosen) - len(bad), len(chosen), clause, misses, beside, missed=missed
    )


def _standing(view: View, name: str, group: Iterable[Matter]) -> list[Matter]:
    """Those that no granted appeal took out of the rate of this name."""
    struck = view.struck
    return [one for one in group if f"{name}:{one.ticket}" not in struck]


def _settled(view: View, group: Sequence[Matter]) -> list[Matter]:
    """已办结的. Whether a first ticket counts among them while the same matter is raised again and open, no clause says."""
    stands = view.policy.switches.repeat_open.value == "settled"
    open_again = (
        set() if stands else {first for first, still_open in raised_again(view).items() if still_open}
    )
    return [one for one in group if one.settled and one.ticket not in open_again]


def raised_again(view: View) -> dict[str, bool]:
    """First ticket -> whether one that repeats it is still open with this unit; what was judged unreasonable repeats nothing."""
    judged: dict[str, bool] = {}
    under: dict[str, str] = {}
    for fact in view.own:
        if fact.kind == "repeat" and is_repeat(fact):
            under[fact.ticket] = str(fact.data.get("of") or "")
        if fact.kind == "repeat" and fact.data.get("reasonable") is not None:
            judged[fact.ticket] = bool(fact.data["reasonable"])
    open_ones = {one.ticket for one in view.given if one.forwarded and not one.settled}
    found: dict[str, bool] = {}
    for ticket, first in under.items():
        if first and judged.get(ticket, True):
            found[first] = found.get(first, False) or ticket in open_ones
    return found


def response(view: View, clause: str = "") -> Share:
    """诉求响应率: taken up (signed, answered or given back) by now, and in time where the city sets a time.

    What was given back and sent again asks for a response each time.
    """
    counted = [
        (one, now) for one in _standing(view, "response", view.given) for now in one.stays
        if view.period.holds(now.begun.at) and one.relation != "supervision" and not _taken_back(now)
    ]  # fmt: skip
    bad = [(one, now) for one, now in counted if not _responded(now)]
    note = "签收、回复或退回即为响应；有签收期限的，逾期签收不计；期限内撤回、并单的不计"
    return _of_rounds("response", "诉求响应率", len(counted), bad, clause, note)


def _responded(now: Round) -> bool:
    acted = now.signed or now.replied or now.returned
    due = now.begun.when("sign_due")
    return acted is not None and not acted.data.get("late") and (due is None or acted.at < due)


def _taken_back(now: Round) -> bool:
    """Withdrawn or merged before the unit had to do anything: no demand was left to respond to."""
    if now.stopped is None or now.signed or now.replied or now.returned:
        return False
    due = now.begun.when("sign_due")
    return due is None or now.stopped.at < due


def on_time(view: View, clause: str = "") -> Share:
    """按时办结率: settled before the term's end, of all whose term ended in the period.

    What left the unit before its term ended is none of them; what left it only afterwards was overdue all the same.
    """
    rounds = [
        (one, now) for one in _standing(view, "on_time", view.given) for now in one.rounds
        if view.fell_due(now) and one.relation != "supervision"
    ]  # fmt: skip
    bad = [(one, now) for one, now in rounds if now.overdue(view.as_of)]
    note = "以本期内到期的为分母；条文未载明期限的，须先设定期限"
    return _of_rounds("on_time", "按时办结率", len(rounds), bad, clause, note)


def solved(view: View, clause: str = "") -> Share:
    """问题解决率: closed by the office, not raised again, and not said to be unsolved when the citizen was last asked.

    No clause names its denominator (003 二.8): what is still open, answered but not reviewed and closed too, is not solved, and the
    others stand beside it.
    """
    switches, again = view.policy.switches, raised_again(view)
    everything = _standing(view, "solved", forwarded(view))
    never = switches.solved_after_redo.value == "never"

    def good(group: Sequence[Matter], never: bool = never) -> list[Matter]:
        return [one for one in group if one.ticket not in again and _solved(one, never)]

    groups: dict[str, list[Matter]] = {
        "all_forwarded": everything,
        "due": [one for one in everything if one.closed or _term_over(one, view.as_of)],
        "settled": [one for one in _settled(view, everything) if one.closed],
        "revisited": [one for one in everything if one.visited],
    }
    chosen = groups[switches.solved_of.value]
    beside = {name: (len(good(group)), len(group)) for name, group in groups.items()}
    other = "redone_counted" if never else "redone_never"
    beside[other] = len(good(chosen, not never)), len(chosen)
    kept = {one.ticket for one in good(chosen)}
    bad = [one for one in chosen if one.ticket not in kept]
    note = "未办结、重复投诉或最近一次回访称未解决的不计为解决" + ("；退回重办的不计为解决" if never else "")
    misses, missed = events_of(one.rounds[-1].begun for one in bad), tuple(one.ticket for one in bad)
    return Share("solved", "问题解决率", len(kept), len(chosen), clause, misses, beside, note, missed)


def _term_over(matter: Matter, at: datetime) -> bool:
    due = matter.rounds[-1].due
    return due is not None and due <= at


def _solved(matter: Matter, never: bool) -> bool:
    """never: what was sent back for redoing counts as unsolved for good."""
    if not matter.closed or (never and any(now.begun.kind == "redo" for now in matter.rounds)):
        return False
    said = [fact.data["solved"] for fact in matter.rounds[-1].visited if "solved" in fact.data]
    return bool(said[-1]) if said else True


def _of_rounds(
    name: str, title: str, of: int, bad: Sequence[tuple[Matter, Round]], clause: str, note: str
) -> Share:
    misses = tuple(dict.fromkeys(event for _, now in bad for event in now.proof))
    missed = tuple(dict.fromkeys(one.ticket for one, _ in bad))
    return Share(name, title, of - len(bad), of, clause, misses, note=note, missed=missed)
