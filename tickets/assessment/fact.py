"""What is scored: facts with the ids of the events that prove them, and the period they fall into."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from core.errors import BadInput
from tickets.clock import CHINA, local

EVERYBODY = ""
"""The unit of a fact that is about all units: a ruling of force majeure, for one."""
FIRST_FILED = "first_filed"
"""The kind of the fact, about everybody, that the house's first ticket was filed then."""
PeriodKind = Literal["month", "quarter", "year"]
_MONTH = re.compile(r"^(20\d\d)-(0[1-9]|1[0-2])\Z", re.ASCII)
_QUARTER = re.compile(r"^(20\d\d)-Q([1-4])\Z", re.ASCII)
_YEAR = re.compile(r"^20\d\d\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened. `id`: of its event, finding, test call, …: the same id twice is one fact.

    `kind`: what happened (see matter.STEPS and breach.CASES); `ticket` '' where it is about none; `seq` orders facts of one
    moment; `data` is JSON-able.
    """

    id: str
    at: datetime
    unit: str
    kind: str
    ticket: str = ""
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)
    seq: int = 0

    def when(self, name: str) -> datetime | None:
        """A moment in `data`, None where it holds none."""
        value = self.data.get(name)
        return local(datetime.fromisoformat(value)) if isinstance(value, str) and value else None

    def as_json(self) -> dict[str, Any]:
        found = {"id": self.id, "at": local(self.at).isoformat(), "unit": self.unit, "kind": self.kind}
        return found | {"ticket": self.ticket, "data": dict(self.data), "seq": self.seq}

    @classmethod
    def of_json(cls, raw: Mapping[str, Any]) -> "Fact":
        return cls(
            raw["id"], datetime.fromisoformat(raw["at"]), raw["unit"], raw["kind"], raw["ticket"], raw["data"], raw["seq"]
        )  # fmt: skip


def ordered(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Each once, by time: in which order they came does not matter. Of two with one id the one whose text is greater stays."""
    by_id: dict[str, Fact] = {}
    for fact in facts:
        other = by_id.setdefault(fact.id, fact)
        if other is not fact and _text(other) < _text(fact):
            by_id[fact.id] = fact
    return tuple(sorted(by_id.values(), key=lambda fact: (fact.at, fact.seq, fact.id)))


def _text(fact: Fact) -> str:
    return json.dumps(fact.as_json(), sort_keys=True)


def digest(facts: Iterable[Fact]) -> str:
    """sha256 over the facts as they were scored, hex."""
    text = json.dumps([fact.as_json() for fact in ordered(facts)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Period:
    """A month (`2026-10`), a quarter (`2026-Q4`) or a year (`2026`) of China's calendar; `end` is the first moment after it."""

    kind: PeriodKind
    name: str
    start: datetime
    end: datetime

    def holds(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end

    def ends(self, due: datetime | None) -> bool:
        """Whether a term that is over at `due` ends in this period: 24:00 of a month's last day (民法典 203) is that month's."""
        return due is not None and self.start < due <= self.end

    @property
    def title(self) -> str:
        """As it stands on the sheet."""
        year = f"{self.start.year}年"
        if self.kind == "month":
            return f"{year}{self.start.month}月"
        return (
            f"{year}第{'一二三四'[(self.start.month - 1) // 3]}季度"
            if self.kind == "quarter"
            else f"{year}度"
        )

    @property
    def parts(self) -> tuple["Period", ...]:
        """A year's quarters, a quarter's months; nothing inside a month."""
        if self.kind == "year":
            return tuple(period(f"{self.name}-Q{n}") for n in range(1, 5))
        first, year = self.start.month, self.start.year
        return tuple(period(f"{year}-{first + n:02d}") for n in range(3)) if self.kind == "quarter" else ()

    @property
    def within(self) -> tuple["Period", ...]:
        """The period and every one inside it."""
        return (self, *(inner for part in self.parts for inner in part.within))


def period(name: str) -> Period:
    """Raises BadInput for what is no month, quarter or year."""
    if found := _MONTH.match(name):
        return _span("month", name, int(found[1]), int(found[2]), 1)
    if found := _QUARTER.match(name):
        return _span("quarter", name, int(found[1]), 3 * int(found[2]) - 2, 3)
    if _YEAR.match(name):
        return _span("year", name, int(name), 1, 12)
    raise BadInput(f"考核期写作 2026-10（月）、2026-Q4（季）或 2026（年），不是“{name}”")


def _span(kind: PeriodKind, name: str, year: int, month: int, months: int) -> Period:
    after = month + months
    end = (
        datetime(year + 1, after - 12, 1, tzinfo=CHINA)
        if after > 12
        else datetime(year, after, 1, tzinfo=CHINA)
    )
    return Period(kind, name, datetime(year, month, 1, tzinfo=CHINA), end)
