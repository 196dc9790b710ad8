"""Which periods are to be scored by now: the rules name how often (002 19, 22: 月通报、季考核、年汇总; Henan 四: 年)."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from core.policy_score import Rhythm
from tickets.assessment.fact import Period, PeriodKind, period
from tickets.clock import local

BACK: dict[PeriodKind, int] = {"month": 3, "quarter": 2, "year": 1}
"""So many periods of a kind are looked back at: what is older has been let go."""


def over(rhythm: Iterable[Rhythm], first: datetime | None, at: datetime) -> list[Period]:
    """The last periods of each kind that have ended by `at`, the latest first. 定期 (`regular`) names no day and gives none.

    first: when the first ticket was filed; what was over by then is no period of this house. None: nothing to score.
    """
    kinds: list[PeriodKind] = [kind for kind in BACK if kind in rhythm]
    found = [one for kind in kinds for one in _before(kind, at) if first is not None and first < one.end]
    return sorted(found, key=lambda one: (one.end, -len(one.parts)), reverse=True)


def _before(kind: PeriodKind, at: datetime) -> Iterator[Period]:
    moment = at
    for _ in range(BACK[kind]):
        moment = _of(kind, moment).start - timedelta(microseconds=1)
        yield _of(kind, moment)


def _of(kind: PeriodKind, at: datetime) -> Period:
    """The period a moment lies in."""
    day = local(at)
    names = {"month": f"{day:%Y-%m}", "quarter": f"{day.year}-Q{(day.month + 2) // 3}", "year": f"{day.year}"}
    return period(names[kind])
