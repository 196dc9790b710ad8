"""Chinese text for matching: tidying, sound folding, phrases that may have words in between, what was said around."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT

GAP: Final = 10  # characters a `*` in a phrase may stand for
_SPACE_IN_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_WIDE = re.compile(
    r"(?:(?![\u4e00-\u9fff])[^\W\x00-\x7f])+"
)  # letters and digits that may have a compatibility form
_SILENT = re.compile(r"[\W_]+")
_BREAK = re.compile(r"[,.;:!?，。；：！？、…\n]+")
_FILLER = re.compile(
    r"您好|你好|喂+|12345(?:政务服务)?(?:便民)?(?:热线)?|请问(?:一下)?|麻烦(?:您|你)?(?:一下)?|"
    r"我?(?:想|要)(?:问|咨询|了解|反映|请教)(?:一下|下)?|"
    r"(?:应该|该)?(?:打|拨|问|找|向|去)(?:什么|哪个|哪里|哪儿|多少|谁)(?:电话|号码|部门)?|"
    r"(?:电话|号码|热线)是(?:多少|什么)|是(?:干)?什么(?:电话|的)|"
    r"是这样(?:子)?的|就是说|那个|这个|谢谢(?:您|你|啊)?|不好意思|打扰(?:一下)?|嗯+|呃+|啊|哦|哎|喔|吧"
)
# Sounds that dialects (n/l, flat and retroflex, front and back nasals) and telephone bands confuse.
_FOLDS: Final = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^n(?=[aeiouv])"), "l"),
    (re.compile(r"(?<=[iea])ng$"), "n"),
)


def tidy(text: str) -> str:
    """Compatibility letters and digits folded (full-width to ASCII), no blanks between Chinese words; case kept."""
    return _SPACE_IN_CHINESE.sub(
        "", _WIDE.sub(lambda m: unicodedata.normalize("NFKC", m.group()), text)
    ).strip()


def clauses(text: str) -> list[str]:
    """`text` cut at punctuation, empty pieces dropped."""
    return [piece for piece in _BREAK.split(text) if piece.strip()]


def without_fillers(text: str) -> str:
    """`text` without greetings and hesitation, which carry no matter."""
    return _FILLER.sub("", text)


def bare(text: str) -> str:
    """Lower-case letters, digits and Chinese characters only: the form that is matched."""
    return _SILENT.sub("", tidy(text).lower())


def syllable(char: str) -> str:
    """Commonest reading of one character without tone, confusable sounds folded; other characters as they are."""
    reading = lazy_pinyin(char, style=Style.NORMAL)[0]
    for pattern, by in _FOLDS:
        reading = pattern.sub(by, reading)
    return reading


@cache
def _sound_table() -> dict[int, str]:
    """Each Chinese character to one private-use character per folded syllable: sounds compare like letters."""
    codes: dict[str, str] = {}
    table = {}
    for point in PINYIN_DICT:
        if 0x4E00 <= point <= 0x9FFF:
            heard = syllable(chr(point))
            table[point] = codes.setdefault(heard, chr(0xE000 + len(codes)))
    return table


def sound(text: str) -> str:
    """`bare` text as it sounds: one character per syllable, length kept."""
    return text.translate(_sound_table())


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
        left, right = _BREAK.split(self.tidied[:start])[-1], _BREAK.split(self.tidied[end:])[0]
        return left[len(left) - min(around, len(left)) :] + self.tidied[start:end] + right[:around]

    def before(self, span: Span, reach: int) -> str:
        """Up to `reach` characters of the same clause before the span."""
        left = _BREAK.split(self.tidied[: self._kept[span.start]])[-1]
        return left[-reach:] if reach else ""

    def after(self, span: Span, reach: int) -> str:
        """Up to `reach` characters of the same clause after the span."""
        return _BREAK.split(self.tidied[self._kept[span.end - 1] + 1 :])[0][:reach]


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
