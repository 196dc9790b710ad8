"""Looking for phrases in what a speaker said: with words in between, as spelt or as it sounds, and what stands around."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from match.text import bare, first_clause, last_clause, sound

GAP: Final = 10  # characters a `*` in a phrase may stand for


@dataclass(frozen=True)
class Span:
    """Where a phrase was found: `[start, end)` in Heard.text; `exact` False where only the sound agrees."""

    start: int
    end: int
    exact: bool


@dataclass(frozen=True)
class Heard:
    """One speaker's words so far. `tidied` keeps punctuation for quotes; `text` is its bare form for matching."""

    tidied: str

    @cached_property
    def _kept(self) -> list[int]:
        return [i for i, char in enumerate(self.tidied) if char.isalnum()]

    @cached_property
    def text(self) -> str:
        return "".join(self.tidied[i] for i in self._kept).lower()[: len(self._kept)]

    @cached_property
    def sound(self) -> str:
        return sound(self.text)

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every syllable and every two neighbouring ones."""
        return frozenset(self.sound) | {self.sound[i : i + 2] for i in range(len(self.sound) - 1)}

    def quote(self, span: Span, around: int = 0) -> str:
        """The words said, with `around` characters either side inside the same clause."""
        start, end = self._kept[span.start], self._kept[span.end - 1] + 1
        left, right = last_clause(self.tidied[:start]), first_clause(self.tidied[end:])
        return left[len(left) - min(around, len(left)) :] + self.tidied[start:end] + right[:around]

    def before(self, span: Span, reach: int) -> str:
        """Up to `reach` characters of the same clause before the span."""
        left = last_clause(self.tidied[: self._kept[span.start]])
        return left[-reach:] if reach else ""

    def after(self, span: Span, reach: int) -> str:
        """Up to `reach` characters of the same clause after the span."""
        return first_clause(self.tidied[self._kept[span.end - 1] + 1 :])[:reach]


@dataclass(frozen=True)
class Phrase:
    """A phrase to look for; `*` stands for up to GAP characters. What is short must be spelt exactly."""

    raw: str
    parts: tuple[str, ...]
    sounds: tuple[str, ...]

    @classmethod
    def of(cls, raw: str) -> "Phrase":
        parts = tuple(part for part in (bare(piece) for piece in raw.split("*")) if part)
        return cls(raw, parts, tuple(sound(part) for part in parts))

    @property
    def size(self) -> int:
        return sum(len(part) for part in self.parts)

    @property
    def key(self) -> str:
        """The first two syllables (or the only one) of its first part: without them said it cannot be found."""
        return self.sounds[0][:2] if self.sounds else ""

    @property
    def _tells(self) -> bool:
        """Whether its sound alone is enough: three syllables, none of them by itself between gaps."""
        return self.size >= 3 and min(len(part) for part in self.parts) >= 2

    def where(self, text: str) -> tuple[int, int] | None:
        """First place where it stands in bare text as spelt."""
        return _chain(self.parts, text) if self.parts else None

    def stands(self, text: str) -> bool:
        """Whether it stands in bare text as spelt."""
        return self.where(text) is not None

    def find(self, heard: Heard) -> Span | None:
        """First place where the phrase is said, exactly if anywhere, else by its sound."""
        if not self.parts:
            return None
        exact = _chain(self.parts, heard.text)
        if exact:
            return Span(*exact, exact=True)
        alike = _chain(self.sounds, heard.sound) if self._tells else None
        return Span(*alike, exact=False) if alike else None


class PhraseBook:
    """Many phrases looked for at once: only those whose first syllables occur are searched."""

    def __init__(self, raws: Iterable[str]) -> None:
        self.phrases = tuple(Phrase.of(raw) for raw in raws)
        self._by_key: dict[str, list[int]] = {}
        for i, phrase in enumerate(self.phrases):
            self._by_key.setdefault(phrase.key, []).append(i)

    def find(self, heard: Heard) -> list[tuple[int, Span]]:
        """Positions of the phrases that are said, in order, each with its first place."""
        likely = sorted(i for key in heard.keys & self._by_key.keys() for i in self._by_key[key])
        return [(i, span) for i in likely if (span := self.phrases[i].find(heard))]


def _chain(parts: tuple[str, ...], text: str) -> tuple[int, int] | None:
    """Start and end of the first place where `parts` follow each other within GAP characters."""
    for start in _places(parts[0], text):
        end = start + len(parts[0])
        for part in parts[1:]:
            at = text.find(part, end, end + GAP + len(part))
            if at < 0:
                break
            end = at + len(part)
        else:
            return start, end
    return None


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)
