"""Which unit is responsible: the line dialled, the place (属地管理优先), the matter (谁主管谁负责), what it is called."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from match.calibration import UNITS
from match.content import Content, Unit
from match.index import TextIndex
from match.model import TOP, CallContext, Candidate, Evidence, Tally, leads
from match.text import Heard, Phrase, Span

TERRITORY: Final = "属地管理优先（河南省统一政务服务热线平台指导意见 三(三)；延市政办发〔2019〕66号 第九条）"
DIALLED: Final = 0.6
PLACE: Final = 0.45
PLACE_ALONE: Final = 0.7
NUMBER_SAID: Final = 0.4
NAMED: Final = 0.75
HINT: Final = 0.15
BY_SIZE: Final = {1: 0.3, 2: 0.45, 3: 0.6}  # a longer phrase is rarer, so it says more
LONG: Final = 0.7
HEARD_ALIKE: Final = 0.75
AGENT_SHARE: Final = 0.5
RESEMBLES: Final = 0.6


@dataclass(frozen=True, slots=True)
class _Rule:
    phrase: Phrase
    unit: int
    weight: float
    place: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    span: Span
    weight: float
    quote: str
    place: bool


class UnitMatcher:
    """Compiled once from the content; `propose` is pure and cheap."""

    def __init__(self, content: Content) -> None:
        self._units = content.units
        self._by_line = {number: i for i, unit in enumerate(content.units) for number in unit.lines}
        self._rules = _rules(content.units)
        self._index = TextIndex([_description(unit) for unit in content.units])

    def propose(self, citizen: Heard, agent: Heard, context: CallContext) -> tuple[Candidate, ...]:
        """The TOP units with any evidence, best first, ties in register order."""
        tallies = self.weigh(citizen, agent, context)
        order = sorted(tallies, key=lambda i: (-tallies[i].weight, i))[: TOP + 1]
        ahead = leads([tallies[i].weight for i in order])
        return tuple(self._candidate(i, tallies[i], lead) for i, lead in zip(order, ahead, strict=True))[:TOP]

    def weigh(self, citizen: Heard, agent: Heard, context: CallContext) -> dict[int, Tally]:
        """All evidence by unit position (also used to tell the densest clause and to prefer a unit's own articles)."""
        tallies: dict[int, Tally] = defaultdict(Tally)
        dialled = self._by_line.get(context.line)
        if dialled is not None and context.line != "12345":
            self._add(tallies, dialled, DIALLED, Evidence("line", context.line, self._units[dialled].clause))
        self._say(tallies, citizen, 1.0)
        self._say(tallies, agent, AGENT_SHARE)
        self._resemble(tallies, citizen)
        return tallies

    def density(self, heard: Heard) -> float:
        """How much matter is in the words: the heaviest unit's evidence from them alone, places left out."""
        tallies: dict[int, Tally] = defaultdict(Tally)
        self._say(tallies, heard, 1.0)
        return max((t.weight for i, t in tallies.items() if not self._units[i].place), default=0.0)

    def place(self, heard: Heard) -> str:
        """The county named, as its register alias (北湖区), or ''."""
        found = [rule.unit for rule in self._rules if rule.place and rule.phrase.find(heard)]
        return self._units[found[0]].aliases[0] if found else ""

    def _say(self, tallies: dict[int, Tally], heard: Heard, share: float) -> None:
        found: dict[int, list[_Found]] = defaultdict(list)
        for rule in self._rules:
            span = rule.phrase.find(heard)
            if span:
                weight = rule.weight * share * (1.0 if span.exact else HEARD_ALIKE)
                found[rule.unit].append(_Found(span, weight, heard.quote(span, 4), rule.place))
        matter = any(f.weight >= BY_SIZE[2] and not f.place for many in found.values() for f in many)
        for unit, many in found.items():
            for one in _apart(many):
                self._add(tallies, unit, *self._spoken(unit, one, share < 1.0, matter))

    def _spoken(self, unit: int, found: _Found, by_agent: bool, matter: bool) -> tuple[float, Evidence]:
        if found.place:
            return (found.weight if matter else PLACE_ALONE), Evidence("place", found.quote, TERRITORY)
        source = "agent_said" if by_agent else "said" if found.span.exact else "sounds_like"
        return found.weight, Evidence(source, found.quote, self._units[unit].clause)  # type: ignore[arg-type]

    def _resemble(self, tallies: dict[int, Tally], citizen: Heard) -> None:
        """Likeness to what the units do, for matters that no phrase foresaw."""
        hits = self._index.search(citizen.text, 5)
        if not hits:
            return
        alike = self._index.similarity([citizen.text], [hit.entry for hit in hits])[0]
        for hit, value in zip(hits, alike, strict=True):
            unit = self._units[hit.entry]
            self._add(
                tallies, hit.entry, RESEMBLES * float(value), Evidence("question", unit.does, unit.clause)
            )

    @staticmethod
    def _add(tallies: dict[int, Tally], unit: int, weight: float, evidence: Evidence) -> None:
        tallies[unit].weight += -log(1 - min(weight, 0.95))
        tallies[unit].evidence.append(evidence)

    def _candidate(self, position: int, tally: Tally, lead: float) -> Candidate:
        unit = self._units[position]
        score = UNITS.score(tally.weight, lead)
        return Candidate(
            unit.code, unit.name, score, score >= UNITS.threshold, tuple(tally.evidence[:5]), unit.does
        )


def _rules(units: Sequence[Unit]) -> tuple[_Rule, ...]:
    owners: dict[str, int] = defaultdict(int)
    for unit in units:
        for raw in {*unit.matters}:
            owners[raw] += 1
    rules = []
    for i, unit in enumerate(units):
        named = PLACE if unit.place else NAMED
        rules += [_Rule(Phrase.of(raw), i, named, bool(unit.place)) for raw in (unit.name, *unit.aliases)]
        rules += [_Rule(Phrase.of(unit.place), i, PLACE, True)] if unit.place else []
        rules += [_Rule(Phrase.of(number), i, NUMBER_SAID) for number in unit.lines if number != "12345"]
        rules += [_Rule(Phrase.of(raw), i, _matter_weight(raw) / owners[raw]) for raw in unit.matters]
        rules += [_Rule(Phrase.of(raw), i, HINT) for raw in unit.hints]
    return tuple(rules)


def _matter_weight(raw: str) -> float:
    return BY_SIZE.get(Phrase.of(raw).size, LONG)


def _apart(found: list[_Found]) -> list[_Found]:
    """The heaviest findings that do not overlap: one stretch of words counts once for a unit."""
    kept: list[_Found] = []
    for one in sorted(found, key=lambda f: (-f.weight, f.span.start)):
        if all(one.span.end <= k.span.start or one.span.start >= k.span.end for k in kept):
            kept.append(one)
    return kept


def _description(unit: Unit) -> str:
    return "，".join((unit.does, *unit.matters, *unit.hints)) if not unit.place else unit.name
