"""Words that sound the same: 公固 is no word, 巩固 is one. Only where the recogniser wrote single characters that make no word."""

import re
from collections import defaultdict
from functools import cache, lru_cache
from itertools import product

from asr.syllables import Syllable, syllables
from asr.words import Words, table

_SEEN = 30  # a character rarer than this is never put in
_WORD_SEEN = 10
_NAMED = frozenset("村镇乡路街巷县区市里坊湾寨")  # what stands before these may be any name
_NUMBER = re.compile("[零一二三四五六七八九十百千万亿两幺点]{2,}")


def variants(text: str, words: Words) -> list[tuple[str, int]]:
    """`text` (Chinese only) with one word of two characters put in, and how many characters that changes."""
    cut = words.cut(text)
    alone = {start for start, end in cut if end - start == 1}
    if not alone:
        return []
    sounds, found = syllables(text), []
    alone -= {at for number in _NUMBER.finditer(text) for at in range(number.start() - 1, number.end())}
    for at in range(len(text) - 1):
        now = text[at : at + 2]
        if not {at, at + 1} & alone or words.knows(now):
            continue
        if text[at + 2 : at + 3] in _NAMED:
            continue
        for word in _words(sounds[at], sounds[at + 1]):
            changed = sum(a != b for a, b in zip(word, now, strict=True))
            found.append((text[:at] + word + text[at + 2 :], changed))
    return found


@lru_cache(20_000)
def _words(first: Syllable, second: Syllable) -> tuple[str, ...]:
    """Known words of these two syllables."""
    by, seen = _by_sound(), table()[0]
    return tuple(
        a + b for a, b in product(by.get(first, ()), by.get(second, ())) if seen.get(a + b, 0) >= _WORD_SEEN
    )


@cache
def _by_sound() -> dict[Syllable, list[str]]:
    """Common characters by their commonest reading; 0.2 s once."""
    found: dict[Syllable, list[str]] = defaultdict(list)
    for char, seen in table()[0].items():
        if len(char) == 1 and seen >= _SEEN and "\u4e00" <= char <= "\u9fff":
            found[syllables(char)[0]].append(char)
    return dict(found)
