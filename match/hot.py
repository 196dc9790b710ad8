"""Hot issues among filed matters, as they come in: alike in words, near in place, told apart by how they lie in time. Pure.

热点 many in a while, wherever; 集中 many at one place; 突发 far more than before; 持续 week after week; 苗头 new, few, from several
people. One pass, one matter at a time (leader clustering over pairs of syllables, so recognition's homophones do not split an issue).
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, log, sqrt
from typing import Final, Literal

from core.errors import BadInput
from match.index import prepare
from match.text import sound

Kind = Literal["hot", "concentrated", "sudden", "lasting", "emerging"]
NAMES: Final[dict[Kind, str]] = {
    "hot": "热点", "concentrated": "集中", "sudden": "突发", "lasting": "持续", "emerging": "苗头",
}  # fmt: skip
COMMON: Final = 0.2  # a pair of syllables in more matters than this share tells nothing
REMEMBERED: Final = 200  # matters an issue's likeness is judged by
DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)


class OutOfOrder(BadInput):
    """Matters must come in the order in which they were filed."""

    code = "out_of_order"


@dataclass(frozen=True, slots=True)
class Matter:
    """A filed matter. `place`: code of a division, '' for unknown; `who`: tells people apart, never who they are."""

    id: str
    at: datetime
    text: str
    place: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as what; a city sets its own. People, not calls, are counted."""

    alike: float = 0.3
    hot_people: int = 20
    hot_within: timedelta = WEEK
    concentrated_people: int = 5
    concentrated_within: timedelta = 3 * DAY
    sudden_people: int = 5
    sudden_within: timedelta = timedelta(hours=6)
    sudden_chance: float = 1e-4
    sudden_before: timedelta = 4 * WEEK
    lasting_weeks: int = 4
    lasting_of: int = 6
    emerging_people: int = 3
    emerging_age: timedelta = 2 * DAY
    forget_after: timedelta = 8 * WEEK


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue has become hot in one way. `words` says why, with the numbers; `matters`: ids it rests on, oldest first."""

    issue: int
    kind: Kind
    at: datetime
    matters: tuple[str, ...]
    places: tuple[str, ...]
    words: str


@dataclass(slots=True)
class _Issue:
    number: int
    grams: Counter[str] = field(default_factory=Counter)
    matters: deque[Matter] = field(default_factory=deque)
    told: set[tuple[Kind, str]] = field(default_factory=set)


class HotIssues:
    """Give it matters in order; each may make findings. The same matters give the same findings."""

    def __init__(self, rules: Rules | None = None) -> None:
        self._rules = rules or Rules()
        self._issues: dict[int, _Issue] = {}
        self._having: defaultdict[str, set[int]] = defaultdict(set)
        self._seen: Counter[str] = Counter()
        self._count = 0
        self._next = 1
        self._last: datetime | None = None

    def add(self, matter: Matter) -> list[Finding]:
        """What this matter makes of its issue, each kind told once an episode. Raises OutOfOrder."""
        if self._last and matter.at < self._last:
            raise OutOfOrder(f"事项 {matter.id} 早于前一件")
        self._last = matter.at
        grams = _grams(matter.text)
        self._count += 1
        self._seen.update(grams)
        self._forget(matter.at)
        issue = self._nearest(grams) or self._new()
        self._join(issue, matter, grams)
        return self._judge(issue, matter)

    def issue_of(self, matter_id: str) -> int | None:
        """The issue a remembered matter belongs to."""
        return next(
            (i.number for i in self._issues.values() if any(m.id == matter_id for m in i.matters)), None
        )

    def _new(self) -> _Issue:
        issue = self._issues[self._next] = _Issue(self._next)
        self._next += 1
        return issue

    def _join(self, issue: _Issue, matter: Matter, grams: frozenset[str]) -> None:
        issue.matters.append(matter)
        if len(issue.matters) <= REMEMBERED:
            issue.grams.update(grams)
        for gram in grams:
            self._having[gram].add(issue.number)

    def _nearest(self, grams: frozenset[str]) -> _Issue | None:
        """The likest issue at all alike; its older ones first where two are equally so."""
        telling = {gram: self._rarity(gram) for gram in grams if not self._is_common(gram)}
        near = sorted({number for gram in telling for number in self._having.get(gram, ())})
        best = max(
            near, key=lambda number: (self._likeness(telling, self._issues[number]), -number), default=None
        )
        if best is None or self._likeness(telling, self._issues[best]) < self._rules.alike:
            return None
        return self._issues[best]

    def _is_common(self, gram: str) -> bool:
        return self._count > 50 and self._seen[gram] > COMMON * self._count

    def _rarity(self, gram: str) -> float:
        return log(1 + self._count / (1 + self._seen[gram])) + 0.1

    def _likeness(self, telling: dict[str, float], issue: _Issue) -> float:
        """Cosine of what is said with what is mostly said in the issue."""
        size = min(len(issue.matters), REMEMBERED)
        stored = {
            gram: self._rarity(gram) * many / size
            for gram, many in issue.grams.items()
            if not self._is_common(gram)
        }
        lengths = sqrt(sum(w * w for w in telling.values()) * sum(w * w for w in stored.values()))
        return sum(w * stored.get(gram, 0.0) for gram, w in telling.items()) / lengths if lengths else 0.0

    def _forget(self, now: datetime) -> None:
        """Issues nobody raised for long are dropped whole; of the others, matters that are too old."""
        for number, issue in list(self._issues.items()):
            if issue.matters[-1].at >= now - self._rules.forget_after:
                while issue.matters[0].at < now - self._rules.forget_after:
                    issue.matters.popleft()
                continue
            for gram in issue.grams:
                self._having[gram].discard(number)
                if not self._having[gram]:
                    del self._having[gram]
            del self._issues[number]

    def _judge(self, issue: _Issue, new: Matter) -> list[Finding]:
        judged = (self._emerging, self._sudden, self._concentrated, self._hot, self._lasting)
        found = []
        for judge in judged:
            kind, where, matters, words = judge(issue, new)
            if not matters:
                issue.told.discard((kind, where))
            elif (kind, where) not in issue.told:
                issue.told.add((kind, where))
                ids = tuple(m.id for m in matters)
                places = tuple(sorted({m.place for m in matters if m.place}))
                found.append(Finding(issue.number, kind, new.at, ids, places, f"{NAMES[kind]}：{words}"))
        return found

    def _hot(self, issue: _Issue, new: Matter) -> "_Verdict":
        matters = _since(issue, new.at - self._rules.hot_within)
        people = _people(matters)
        enough = people >= self._rules.hot_people
        return (
            "hot",
            "",
            matters if enough else [],
            f"{_span(self._rules.hot_within)}内 {people} 人反映同一事项",
        )

    def _concentrated(self, issue: _Issue, new: Matter) -> "_Verdict":
        near = [m for m in _since(issue, new.at - self._rules.concentrated_within) if m.place == new.place]
        people = _people(near)
        enough = bool(new.place) and people >= self._rules.concentrated_people
        words = f"{_span(self._rules.concentrated_within)}内同一地点（{new.place}）{people} 人反映同一事项"
        return "concentrated", new.place, near if enough else [], words

    def _sudden(self, issue: _Issue, new: Matter) -> "_Verdict":
        """Against its own past: how likely so many would be if it went on as in the weeks before (Poisson)."""
        rules, begin = self._rules, new.at - self._rules.sudden_within
        lately = _since(issue, begin)
        before = [m for m in issue.matters if begin - rules.sudden_before <= m.at < begin]
        usual = (_people(before) + 0.5) * (rules.sudden_within / rules.sudden_before)
        people = _people(lately)
        enough = people >= rules.sudden_people and _at_least(people, usual) < rules.sudden_chance
        words = f"{_span(rules.sudden_within)}内 {people} 人反映，此前 {_span(rules.sudden_before)}共 {_people(before)} 人"
        return "sudden", "", lately if enough else [], words

    def _lasting(self, issue: _Issue, new: Matter) -> "_Verdict":
        rules = self._rules
        matters = [m for m in issue.matters if m.at > new.at - rules.lasting_of * WEEK]
        weeks = len({(new.at - m.at) // WEEK for m in matters})
        enough = weeks >= rules.lasting_weeks and _people(matters) > 1
        return (
            "lasting",
            "",
            matters if enough else [],
            f"最近 {rules.lasting_of} 周中有 {weeks} 周被反映，共 {len(matters)} 件",
        )

    def _emerging(self, issue: _Issue, new: Matter) -> "_Verdict":
        """Judged on its first matters only: an issue is new once."""
        young = new.at - issue.matters[0].at <= self._rules.emerging_age
        matters = list(issue.matters)
        people = _people(matters)
        enough = young and people >= self._rules.emerging_people
        if not young and ("emerging", "") in issue.told:
            enough = True  # already told: it does not become new again
        return (
            "emerging",
            "",
            matters if enough else [],
            f"{_span(self._rules.emerging_age)}内新出现，{people} 人反映",
        )


_Verdict = tuple[Kind, str, list[Matter], str]


def _grams(text: str) -> frozenset[str]:
    heard = sound(prepare(text))
    return frozenset(heard[i : i + 2] for i in range(len(heard) - 1))


def _since(issue: _Issue, begin: datetime) -> list[Matter]:
    return [m for m in issue.matters if m.at >= begin]


def _people(matters: Iterable[Matter]) -> int:
    """Different people; whoever is not told apart counts by themselves."""
    return len({m.who or m.id for m in matters})


def _at_least(many: int, usual: float) -> float:
    """Poisson chance of `many` or more where `usual` are to be expected."""
    term = below = exp(-usual)
    for i in range(1, many):
        term *= usual / i
        below += term
    return max(0.0, 1 - below)


def _span(length: timedelta) -> str:
    return f"{length.days} 天" if length >= DAY else f"{length.seconds // 3600} 小时"
