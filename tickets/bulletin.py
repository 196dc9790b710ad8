"""月通报 (Yanji 16, 22): what each unit was given in a month and what came of it, from the facts that units are scored by. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.policy import Policy
from tickets.assessment.breach import View
from tickets.assessment.fact import Fact, Period
from tickets.assessment.handling import repeated


@dataclass(frozen=True, slots=True)
class Line:
    """One unit's month. `on_time`, `late`, `undone`: of the terms that ended in it; `supervised`: orders, `pressed`: urgings."""

    unit: str
    received: int = 0
    on_time: int = 0
    late: int = 0
    undone: int = 0
    returned: int = 0
    redo: int = 0
    repeats: int = 0
    supervised: int = 0
    pressed: int = 0


def line(facts: Sequence[Fact], policy: Policy, span: Period, unit: str, as_of: datetime) -> Line:
    """facts: in any order, of any units; as_of: what happened later is not seen."""
    view = View(facts, unit, span, as_of, policy)
    own = [matter for matter in view.given if matter.relation != "supervision"]
    rounds = [now for matter in own for now in matter.rounds]
    ended = [now for now in rounds if view.fell_due(now)]
    return Line(
        unit,
        received=_many(span, map(view.received, own)),
        on_time=sum(not now.overdue(as_of) for now in ended),
        late=sum(now.settled_late for now in ended),
        undone=sum(now.undone(as_of) for now in ended),
        returned=_many(span, (now.returned for now in rounds)),
        redo=_many(span, (now.begun for now in rounds if now.begun.kind == "redo")),
        repeats=sum(not one.excused for one in repeated(view)),
        supervised=_many(span, (one.first for one in view.given if one.relation == "supervision")),
        pressed=_many(span, (fact for one in view.given for now in one.rounds for fact in now.pressed)),
    )


def _many(span: Period, facts: Iterable[Fact | None]) -> int:
    return sum(fact is not None and span.holds(fact.at) for fact in facts)
