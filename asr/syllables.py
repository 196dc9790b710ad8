"""How alike two Mandarin syllables sound over a telephone: 0.0 the same (tones aside), 1.0 nothing in common.

A line of 300–3400 Hz takes most of what tells s from f, and dialects take n from l and in from ing (weights set by hand, checked on the
development half of `bench/lexicon.py`).
"""

from functools import cache
from typing import Any

from pypinyin import Style, pinyin

Syllable = tuple[str, str]  # initial, final

_NEAR_INITIALS = (
    ("z", "zh"), ("c", "ch"), ("s", "sh"), ("n", "l"), ("f", "h"), ("l", "r"), ("b", "p"), ("d", "t"), ("g", "k"),
    ("j", "q"), ("zh", "ch"), ("z", "c"), ("m", "n"), ("x", "sh"), ("j", "zh"), ("q", "ch"), ("x", "s"), ("x", "q"), ("", "y"), ("", "w"),
)  # fmt: skip
_NEAR_FINALS = (
    ("in", "ing"), ("en", "eng"), ("an", "ang"), ("ian", "iang"), ("uan", "uang"), ("uen", "ong"), ("ian", "van"),
    ("e", "uo"), ("o", "uo"), ("e", "o"), ("ai", "ei"), ("ao", "ou"), ("iao", "iou"), ("ie", "ve"), ("i", "v"), ("u", "ou"),
    ("eng", "ong"), ("ing", "vn"), ("in", "vn"), ("uen", "en"), ("uei", "ei"), ("ian", "in"), ("a", "ua"),
)  # fmt: skip
_FAIRLY = frozenset(
    frozenset(pair) for pair in (("z", "zh"), ("c", "ch"), ("s", "sh"), ("n", "l"), ("f", "h"))
)
_CLOSE = frozenset(
    frozenset(pair)
    for pair in (("in", "ing"), ("en", "eng"), ("an", "ang"), ("ian", "iang"), ("uan", "uang"))
)
_INITIALS = frozenset(frozenset(pair) for pair in _NEAR_INITIALS)
_FINALS = frozenset(frozenset(pair) for pair in _NEAR_FINALS)


def syllables(text: str) -> list[Syllable]:
    """One per character of `text` (Chinese only), without tones; other characters stand for themselves."""
    initials = pinyin(text, style=Style.INITIALS, strict=True, errors=_one_by_one)
    finals = pinyin(text, style=Style.FINALS, strict=True, errors=_one_by_one)
    return [
        (one[0] if one[0] != whole[0] else "", whole[0]) for one, whole in zip(initials, finals, strict=True)
    ]


def _one_by_one(others: str) -> Any:
    """Characters without a reading, each an item of its own: pypinyin would make one of them all."""
    return list(others)


@cache
def apart(one: Syllable, other: Syllable) -> float:
    """Distance of two syllables."""
    return 0.5 * _part(one[0], other[0], _FAIRLY, _INITIALS) + 0.5 * _part(one[1], other[1], _CLOSE, _FINALS)


def _part(one: str, other: str, close: frozenset[frozenset[str]], near: frozenset[frozenset[str]]) -> float:
    pair = frozenset((one, other))
    if one == other:
        return 0.0
    return 0.2 if pair in close else 0.5 if pair in near else 1.0
