"""Chinese text for matching: tidying, cutting at punctuation, leaving out small talk, folding sounds."""

import re
import unicodedata
from functools import cache
from typing import Final

from pypinyin.constants import PINYIN_DICT

_SPACE_IN_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_WIDE = re.compile(
    r"(?:(?![\u4e00-\u9fff])[^\W\x00-\x7f])+"
)  # letters and digits that may have a compatibility form
_SILENT = re.compile(r"[\W_]+")
_BREAK = re.compile(r"[,.;:!?，。；：！？、…\n]+")
_CLAUSE = re.compile(r"[^,.;:!?，。；：！？、…\n]+")
_FILLER = re.compile(
    r"您好|你好|喂+|12345(?:政务服务)?(?:便民)?(?:热线)?|请问(?:一下)?|麻烦(?:您|你)?(?:一下)?|"
    r"我?(?:想|要)(?:问|咨询|了解|反映|请教)(?:一下|下)?|"
    r"(?:应该|该)?(?:打|拨|问|找|向|去)(?:什么|哪个|哪里|哪儿|多少|谁)(?:电话|号码|部门)?|"
    r"(?:电话|号码|热线)是(?:多少|什么)|是(?:干)?什么(?:电话|的)|"
    r"是这样(?:子)?的|就是说|那个|这个|谢谢(?:您|你|啊)?|不好意思|打扰(?:一下)?|嗯+|呃+|啊|哦|哎|喔|吧"
)
_TONE = re.compile(r"[\u0300-\u036f]")
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


def clause_places(text: str) -> list[tuple[int, int]]:
    """Start and end of each piece between punctuation that is not blank."""
    return [match.span() for match in _CLAUSE.finditer(text) if match.group().strip()]


def clauses(text: str) -> list[str]:
    """`text` cut at punctuation, empty pieces dropped."""
    return [text[start:end] for start, end in clause_places(text)]


def last_clause(text: str) -> str:
    """What stands after the last punctuation."""
    return _BREAK.split(text)[-1]


def first_clause(text: str) -> str:
    """What stands before the first punctuation."""
    return _BREAK.split(text)[0]


def without_fillers(text: str) -> str:
    """`text` without greetings and hesitation, which carry no matter."""
    return _FILLER.sub("", text)


def bare(text: str) -> str:
    """Lower-case letters, digits and Chinese characters only: the form that is matched."""
    return _SILENT.sub("", tidy(text).lower())


def syllable(char: str) -> str:
    """Commonest reading of one character without tone, confusable sounds folded; other characters as they are."""
    readings = PINYIN_DICT.get(ord(char))
    if readings is None:
        return char
    marked = unicodedata.normalize("NFD", readings.partition(",")[0])
    reading = _TONE.sub("", marked.replace("u\u0308", "v"))
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
