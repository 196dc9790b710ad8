"""A city's own words (units, places, lines, people in office), put where they were surely said and nowhere else.

A term takes the place of as many syllables that sound like it; it adds nothing where nobody spoke, since it only ever replaces. Whether
it does is decided by sound and words together (`asr.choice`), so that 三楼 stays 三楼 though a town is called 山楼.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from asr.syllables import Syllable, apart, syllables

_FEWEST = 2  # syllables of a term; one alone is never sure
_MOST_TERMS = 20_000
_MEAN = {2: 0.05, 3: 0.2}  # most distance a syllable, on average, of a short term
_MEAN_OF_LONGER = 0.3
_WORST = 0.75  # most distance of any one syllable
_TERM = re.compile(r"[\u3400-\u9fff]{2,16}")


@dataclass(frozen=True, slots=True)
class Variant:
    """`text` with terms put in; `distance`: sum of the syllables' distances."""

    text: str
    distance: float


class Lexicon:
    """Terms of Chinese characters only; others, shorter and longer ones are left out. Immutable, safe to share."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        kept = sorted({t for t in terms if len(t) >= _FEWEST and _TERM.fullmatch(t)})[:_MOST_TERMS]
        self.terms = tuple(kept)
        self._by_length: dict[int, list[tuple[str, list[Syllable]]]] = {}
        for term in kept:
            self._by_length.setdefault(len(term), []).append((term, syllables(term)))
        self._lengths = sorted(self._by_length, reverse=True)

    def variants(self, text: str, most: int = 8) -> list[Variant]:
        """Versions of `text` (Chinese characters only) with one or more terms put in, closest first; at most `most`."""
        if not self._lengths or len(text) < _FEWEST:
            return []
        sounds = syllables(text)
        single = sorted(self._places(text, sounds), key=lambda place: (place[0], -len(place[2])))[: most * 2]
        found = [Variant(text[:at] + term + text[at + len(term) :], cost) for cost, at, term in single[:most]]
        if len(together := _apart(single)) > 1:
            words, cost = text, 0.0
            for one, at, term in together:
                words, cost = words[:at] + term + words[at + len(term) :], cost + one
            found.append(Variant(words, cost))
        return found

    def _places(self, text: str, sounds: list[Syllable]) -> Iterable[tuple[float, int, str]]:
        for length in self._lengths:
            most = _MEAN.get(length, _MEAN_OF_LONGER) * length
            for term, wanted in self._by_length[length]:
                for at in range(len(text) - length + 1):
                    if apart(sounds[at], wanted[0]) > _WORST or apart(sounds[at + 1], wanted[1]) > _WORST:
                        continue
                    if text.startswith(term, at):
                        continue
                    each = [apart(a, b) for a, b in zip(sounds[at : at + length], wanted, strict=True)]
                    if max(each) <= _WORST and sum(each) <= most:
                        yield sum(each), at, term


def _apart(places: list[tuple[float, int, str]]) -> list[tuple[float, int, str]]:
    """The closest ones that don't overlap."""
    taken: list[tuple[float, int, str]] = []
    for cost, at, term in places:
        if all(at + len(term) <= other or other + len(word) <= at for _, other, word in taken):
            taken.append((cost, at, term))
    return taken
