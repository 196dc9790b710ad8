"""Whether two texts say the same: a reply copied from another ticket, a reply that fits any, two tickets of one matter. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Final

from rapidfuzz import fuzz, process

from match.demands import pairs
from match.text import bare, sound, tidy, without_fillers

TOO_SHORT: Final = 12
"""Characters below which a reply is nobody's in particular."""
LEFT: Final = 0.3
"""A reply of which less than this is left without generic phrases fits any matter."""
LEFT_CHARS: Final = 12
_SHAPES: Final = 16_384
"""Shapes that are kept: a unit's latest replies are held against each new one."""
LOOSE: Final = 0.5
"""Of the doubt that is left, so much goes where all single characters are in common; unrelated matters share some too."""
_NUMBER: Final = re.compile(r"\d+")
_PLACE: Final = re.compile(
    r"[\u4e00-\u9fff]{2,8}?(?:小区|花园|公寓|大厦|广场|市场|商场|超市|学校|小学|中学|大学|幼儿园|医院|公司|工地|饭店|酒店|村|社区|街道|大道|大街|路|街|巷|镇|乡|桥|站)"
    r"|\d{1,5}号?(?:楼|栋|幢|单元|号|室|组)"
)
_BEFORE_PLACE: Final = re.compile(
    r"^(?:.*?(?:住在|位于|反映|投诉|举报|来电|对面|附近|旁边|在|到|往|从|的|我们|我))+"
)


@dataclass(frozen=True, slots=True)
class Copied:
    """An earlier text that this one repeats; `key` is whatever the caller named it by, `score` 0..100."""

    key: str
    score: float
    text: str


def copied(text: str, earlier: Sequence[tuple[str, str]], alike: float) -> Copied | None:
    """The likest of the earlier (key, text) where it is nearly the same; numbers and dates may differ."""
    mine = _shape(text)
    if len(mine) < TOO_SHORT:
        return None
    shapes = [_shape(one) for _, one in earlier]
    found = process.extractOne(mine, shapes, scorer=fuzz.ratio, score_cutoff=alike)
    if found is None:
        return None
    _, score, place = found
    return Copied(earlier[place][0], round(score, 1), earlier[place][1])


@lru_cache(_SHAPES)
def _shape(text: str) -> str:
    return _NUMBER.sub("#", bare(text))


def generic(text: str, phrases: Iterable[str]) -> tuple[float, tuple[str, ...]]:
    """How much of a text (0..1) is left without generic phrases, and which of them stand in it."""
    whole = bare(text)
    left, found = whole, []
    for phrase in sorted({bare(one) for one in phrases}, key=len, reverse=True):
        if phrase and phrase in left:
            found.append(phrase)
            left = left.replace(phrase, "")
    return (len(left) / len(whole) if whole else 0.0), tuple(found)


def fits_any(text: str, phrases: Iterable[str]) -> tuple[str, ...]:
    """The generic phrases of a reply that says little else; none where it says something of its own."""
    left, found = generic(text, phrases)
    thin = left < LEFT or left * len(bare(text)) < LEFT_CHARS
    return found if found and thin else ()


@dataclass(frozen=True, slots=True)
class Alike:
    """`score` 0..1; `words`: what both say; `places`: named in both."""

    score: float
    words: tuple[str, ...]
    places: tuple[str, ...]


def matter_alike(one: str, other: str) -> Alike:
    """How far two texts speak of one matter: pairs of characters as written and as heard, single ones, the places they name.

    A suggestion to a person, never a verdict: no likeness of words tells paraphrases from matters that differ in one word
    (docs/measurements.md).
    """
    a, b = _matter(one), _matter(other)
    written, heard = _cosine(pairs(a), pairs(b)), _cosine(pairs(sound(a)), pairs(sound(b)))
    inside = fuzz.partial_ratio(sound(a), sound(b)) / 100 if min(len(a), len(b)) >= 8 else 0.0
    within = 0.85 * _held(a, b)
    score = max((written + heard) / 2, within, 0.9 * inside if inside >= 0.7 else 0.0)
    here, there = places(one), places(other)
    both = tuple(sorted(here & there))
    near = bool(both) or _near(here, there)
    if here and there and not near:  # the same words of another place are another matter
        return Alike(round(min(score, 1.0) * 0.6, 3), _common(a, b), both)
    score += (1 - min(score, 1.0)) * LOOSE * _loose(a, b) + (0.12 if both else 0.06 if near else 0.0)
    return Alike(round(min(score, 1.0), 3), _common(a, b), both)


def places(text: str) -> frozenset[str]:
    """Names of places in a text, as far as their endings show them."""
    found = (_BEFORE_PLACE.sub("", match.group()) for match in _PLACE.finditer(tidy(text)))
    return frozenset(name for name in found if len(name) >= 2)


def _near(here: Iterable[str], there: Iterable[str]) -> bool:
    """One name inside another, or sounding alike: 阳光小区 and 东阳光小区, 阳光 and 洋光."""
    return any(
        sound(a) in sound(b) or sound(b) in sound(a) or fuzz.ratio(sound(a), sound(b)) >= 80
        for a in here
        for b in there
    )


def _matter(text: str) -> str:
    return bare(without_fillers(text)) or bare(text)


def _loose(one: str, other: str) -> float:
    """0..1: single characters and syllables in common, and how far the syllables' order agrees: other words, another order."""
    heard, there = sound(one), sound(other)
    return 0.4 * _cosine(one, other) + 0.4 * _cosine(heard, there) + 0.2 * fuzz.ratio(heard, there) / 100


def _cosine(one: Sequence[str], other: Sequence[str]) -> float:
    a, b = Counter(one), Counter(other)
    if not a or not b:
        return 0.0
    dot = sum(count * b[key] for key, count in a.items())
    return dot / (sqrt(sum(n * n for n in a.values())) * sqrt(sum(n * n for n in b.values())))


def _held(one: str, other: str) -> float:
    """How much of the shorter text, as it sounds, stands in the longer one; a few words prove nothing."""
    short, long = sorted((sound(one), sound(other)), key=len)
    if len(short) < 8:
        return 0.0
    there = set(pairs(long))
    mine = pairs(short)
    return sum(pair in there for pair in mine) / len(mine)


def _common(one: str, other: str) -> tuple[str, ...]:
    """The longest pieces that stand in both, at most three."""
    found: list[str] = []
    at = 0
    while at < len(one) - 3:
        size = 4
        if one[at : at + size] not in other:
            at += 1
            continue
        while at + size < len(one) and one[at : at + size + 1] in other:
            size += 1
        found.append(one[at : at + size])
        at += size
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True)[:3])
