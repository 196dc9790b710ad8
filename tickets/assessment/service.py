"""Seats and the outsourcer: service quality, ability, efficiency (001 4(二), 22), each number with the calls it came from.

No clause gives points for them, so none are invented: shares and means, and what the misses were.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from core.service_level import IN_TIME_S
from tickets.assessment.score import exact
from tickets.assessment.share import Share

CLAUSE = "001 22"
ONLINE = "003 二.2"
GOOD = ("very_satisfied", "satisfied", "fairly_satisfied")
Matter = Literal["answered", "refused", "consult", "other", ""]
"""What a call came to: answered at once, refused, a consult that became a ticket, another ticket, or nothing of these."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One incoming call. `agent` '' where none of ours answered; seconds None where they are not known; grade: of the intake stage.

    elsewhere: the seats of a hotline that keeps its own answered it, which is no agent's work here.
    """

    id: str
    agent: str
    waited_s: float | None = None
    talk_s: float | None = None
    wrap_up_s: float | None = None
    matter: Matter = ""
    grade: str = ""
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Mean:
    """Seconds on average over so many calls."""

    name: str
    title: str
    seconds: Decimal | None
    of: int
    clause: str = CLAUSE

    def as_json(self) -> dict[str, Any]:
        said = f"{self.seconds}秒" if self.seconds is not None else "—"
        found: dict[str, Any] = {"name": self.name, "title": self.title, "of": self.of, "clause": self.clause}
        return found | {"seconds": str(self.seconds) if self.seconds is not None else None, "said": said}


@dataclass(frozen=True, slots=True)
class Group:
    """服务质量, 业务能力 or 工作效能."""

    name: str
    title: str
    measures: tuple[Share | Mean, ...]

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "measures": [_json(one) for one in self.measures]}


def _json(one: Share | Mean) -> dict[str, Any]:
    if isinstance(one, Mean):
        return one.as_json()
    said = f"{one.percent}%（{one.good}/{one.of}）" if one.percent is not None else "—"
    return one.as_json() | {"said": said}


def groups(talks: Iterable[Talk], *, whole: bool = False) -> tuple[Group, ...]:
    """One agent's calls, or the floor's (`whole`), where those nobody answered count too. The same call twice counts once.

    Connected is what anybody answered, as in the service level; all else is of the calls our agents took.
    """
    calls = sorted({talk.id: talk for talk in talks}.values(), key=lambda talk: talk.id)
    answered = [talk for talk in calls if talk.agent]
    graded = [talk for talk in answered if talk.grade]
    consults = [talk for talk in answered if talk.matter in ("answered", "consult")]
    timed = [talk for talk in answered if talk.waited_s is not None]
    quality = (
        _share("intake_satisfaction", "受理环节满意率", graded, lambda t: t.grade in GOOD),
        _share("graded", "参评率", answered, lambda t: bool(t.grade)),
    )
    ability = (
        _share("answered_online", "在线答复办结率", consults, lambda t: t.matter == "answered", ONLINE),
        _share("closed", "来电有结果率", answered, lambda t: bool(t.matter)),
    )
    efficiency: tuple[Share | Mean, ...] = (
        _share("in_time", f"{IN_TIME_S:g}秒内接起率", timed, lambda t: (t.waited_s or 0) <= IN_TIME_S),
        _mean("talk", "平均通话", [t.talk_s for t in answered]),
        _mean("wrap_up", "平均整理（通话结束至有结果）", [t.wrap_up_s for t in answered]),
    )
    if whole:
        efficiency = (
            _share("connected", "接通率", calls, lambda t: bool(t.agent) or t.elsewhere),
            *efficiency,
        )
    return (
        Group("quality", "服务质量", quality), Group("ability", "业务能力", ability), Group("efficiency", "工作效能", efficiency),
    )  # fmt: skip


def _share(
    name: str, title: str, calls: Sequence[Talk], good: Callable[[Talk], bool], clause: str = CLAUSE
) -> Share:
    misses = tuple(talk.id for talk in calls if not good(talk))
    return Share(name, title, len(calls) - len(misses), len(calls), clause, misses)


def _mean(name: str, title: str, seconds: Sequence[float | None]) -> Mean:
    known = [Fraction(one).limit_denominator(1000) for one in seconds if one is not None]
    return Mean(name, title, exact(sum(known, Fraction(0)) / len(known)) if known else None, len(known))
