"""Character error rate as this project states it: characters only, simplified, digits read one by one."""

import re
from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from asr.cleanup import simplified

_DIGITS = str.maketrans("0123456789〇幺", "零一二三四五六七八九零一")


def characters(text: str) -> str:
    """What counts: no punctuation, spaces or case."""
    return re.sub(r"[^\u3400-\u9fffa-z]", "", simplified(text).lower().translate(_DIGITS))


def mistakes(said: str, heard: str) -> tuple[int, int]:
    """Edit distance, and the characters that were said."""
    wanted = characters(said)
    return int(Levenshtein.distance(wanted, characters(heard))), len(wanted)


def cer(pairs: Sequence[tuple[str, str]]) -> float:
    """Edit distance over reference length, summed over (said, heard) pairs."""
    counted = [mistakes(said, heard) for said, heard in pairs]
    return sum(wrong for wrong, _ in counted) / max(1, sum(length for _, length in counted))
