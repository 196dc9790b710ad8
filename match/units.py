"""Which unit is responsible: the line dialled, the place (属地管理优先), the matter (谁主管谁负责), what it is called."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from match.calibration import UNITS
from match.content import Content, Unit
from match.index import TextIndex
from match.learn import Model
from match.meaning import Meaning
from match.model import TOP, CallContext, Candidate, Evidence, Tally, leads
from match.phrase import Heard, Phrase, PhraseBook, Span

TERRITORY: Final = "属地管理优先（河南省统一政务服务热线平台指导意见 三(三)；延市政办发〔2019〕66号 第九条）"
DIALLED: Final = 0.6
PLACE: Final = 0.45
PLACE_ALONE: Final = 0.7
NUMBER_SAID: Final = 0.4
NAMED: Final = 0.75
HINT: Final = 0.15
BY_SIZE: Final = {1: 0.3, 2: 0.45, 3: 0.6}  # a longer phrase is rarer, so it says more
LONG: Final = 0.7
HEARD_ALIKE: Final = {3: 0.55}  # three syllables are easily another word
HEARD_ALIKE_LONG: Final = 0.8
AGENT_SHARE: Final = 0.5
RESEMBLES: Final = 0.6
SUBSTANCE: Final = 4  # characters from which past decisions are asked
REMEMBERED: Final = 0.1  # likelihood from which a past decision counts


@dataclass(frozen=True, slots=True)
class _Rule:
    raw: str
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

    def __init__(
        self, content: Content, learned: Model | None = None, meaning: Meaning | None = None
    ) -> None:
        self._units = content.units
        self._learned = learned
        self._meaning = meaning
        self._by_code = {unit.code: i for i, unit in enumerate(content.units)}
        self._by_line = {number: i for i, unit in enumerate(content.units) for number in unit.lines}
        self._rules = _rules(content.units)
        self._book = PhraseBook(rule.raw for rule in self._rules)
        self._index = TextIndex([_description(unit) for unit in content.units])

    def propose(self, citizen: Heard, agent: Heard, context: CallContext) -> tuple[Candidate, ...]:
        """The TOP units with any evidence, best first, ties in register order.

        Places and departments do not compete: a matter has a territory and a department.
        """
        tallies = self.weigh(citizen, agent, context)
        found = []
        for of_place in (False, True):
            group = [i for i in sorted(tallies) if bool(self._units[i].place) is of_place]
            ahead = leads([tallies[i].weight for i in group])
            found += [
                self._candidate(i, tallies[i], lead, context.sure.units / 100)
                for i, lead in zip(group, ahead, strict=True)
            ]
        return tuple(sorted(found, key=lambda candidate: -candidate.score)[:TOP])

    def weigh(self, citizen: Heard, agent: Heard, context: CallContext) -> dict[int, Tally]:
        """All evidence by unit position (also used to tell the densest clause and to prefer a unit's own articles)."""
        tallies: dict[int, Tally] = defaultdict(Tally)
        dialled = self._by_line.get(context.line)
        if dialled is not None and context.line != "12345":
            tallies[dialled].add(DIALLED, Evidence("line", context.line, self._units[dialled].clause))
        self._say(tallies, citizen, 1.0)
        self._say(tallies, agent, AGENT_SHARE)
        self._resemble(tallies, citizen)
        self._remember(tallies, citizen)
        return tallies

    def densest(self, heard: Heard) -> tuple[float, Span | None]:
        """How much matter is in the words (places left out), and where its heaviest phrase stands."""
        rules = [
            (self._rules[i].weight, span) for i, span in self._book.find(heard) if not self._rules[i].place
        ]
        tallies: dict[int, Tally] = defaultdict(Tally)
        self._say(tallies, heard, 1.0)
        weight = max((t.weight for i, t in tallies.items() if not self._units[i].place), default=0.0)
        return weight, max(rules, key=lambda rule: rule[0])[1] if rules else None

    def place(self, heard: Heard) -> str:
        """The county named, as its register alias (北湖区), or ''."""
        found = [self._rules[i].unit for i, _ in self._book.find(heard) if self._rules[i].place]
        return self._units[found[0]].aliases[0] if found else ""

    def _say(self, tallies: dict[int, Tally], heard: Heard, share: float) -> None:
        found: dict[int, list[_Found]] = defaultdict(list)
        for i, span in self._book.find(heard):
            rule = self._rules[i]
            weight = (
                rule.weight
                * share
                * (1.0 if span.exact else HEARD_ALIKE.get(self._book.phrases[i].size, HEARD_ALIKE_LONG))
            )
            found[rule.unit].append(_Found(span, weight, heard.quote(span, 4), rule.place))
        matter = any(f.weight >= BY_SIZE[2] and not f.place for many in found.values() for f in many)
        for unit, many in found.items():
            for one in _apart(many):
                tallies[unit].add(*self._spoken(unit, one, share < 1.0, matter))

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
            tallies[hit.entry].add(RESEMBLES * float(value), Evidence("question", unit.does, unit.clause))

    def _remember(self, tallies: dict[int, Tally], citizen: Heard) -> None:
        """Which units signed for matters like this one; a unit no longer in the register is left out."""
        if self._learned is None or len(citizen.text) < SUBSTANCE:
            return
        for guess in self._learned.guess(citizen.tidied, meaning=self._meaning):
            position = self._by_code.get(guess.label)
            if position is not None and guess.probability >= REMEMBERED:
                words = f"以往同类工单由其签收（{guess.probability:.0%}）"
                tallies[position].add(
                    guess.probability, Evidence("history", words, self._units[position].clause)
                )

    def _candidate(self, position: int, tally: Tally, lead: float, sure: float) -> Candidate:
        unit = self._units[position]
        score = UNITS.score(tally.weight, lead)
        return Candidate(
            id=unit.code,
            title=unit.name,
            score=score,
            confident=score >= sure,
            evidence=tuple(tally.evidence[:5]),
            text=unit.does,
            weight=tally.weight,
            lead=lead,
        )


def _rules(units: Sequence[Unit]) -> tuple[_Rule, ...]:
    owners: dict[str, int] = defaultdict(int)
    for raw in (raw for unit in units for raw in set(unit.matters)):
        owners[raw] += 1
    rules = []
    for i, unit in enumerate(units):
        named = PLACE if unit.place else NAMED
        rules += [_Rule(raw, i, named, bool(unit.place)) for raw in (unit.name, *unit.aliases)]
        rules += [_Rule(unit.place, i, PLACE, True)] if unit.place else []
        rules += [_Rule(number, i, NUMBER_SAID) for number in unit.lines if number != "12345"]
        rules += [_Rule(raw, i, _matter_weight(raw) / owners[raw]) for raw in unit.matters]
        rules += [_Rule(raw, i, HINT) for raw in unit.hints]
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
