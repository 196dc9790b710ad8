"""The particulars of a matter in the citizen's own words: where, who, since when, what is asked for, how urgent, how sensitive. Pure.

Each comes with the words it was taken from; what was not said stays empty. Source: B6, E5.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.divisions import LEVELS, Division, Tree
from match.demands import demands
from match.phrase import Heard, PhraseBook
from match.sensitive import SensitiveWords
from match.text import tidy

Said = Sequence[tuple[int, str]]
"""Numbers of the citizen's utterances, and their tidied words."""

_NAME: Final = re.compile(
    r"(?:我(?:的名字)?叫|本人叫|姓名是?)(?P<name>(?:(?![了过的来去])[\u4e00-\u9fff]){2,4}?)(?=[，。、,.\s]|$|电话|住)"
    r"|(?:我|免贵|本人)姓(?P<surname>[\u4e00-\u9fff])"
)
_DAY: Final = (
    r"(?:大?前天|昨天|今天|昨晚|今早|今晚|刚才|刚刚|上个?星期[一二三四五六日天]?|上周[一二三四五六日天]?|上个?月|这个?月|这几天|这两天|"
    r"最近|去年|前年|今年)(?:[一二三四五六七八九十]{1,3}月|\d{1,2}月)?(?:上午|下午|晚上|早上|凌晨|中午|夜里)?(?:[一二三四五六七八九十\d]{1,3}点)?"
)
_DATE: Final = r"(?:\d{4}年)?(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:\d{1,2}|[一二三四五六七八九十]{1,3})[日号](?:上午|下午|晚上|早上|凌晨)?"
_SPAN: Final = r"(?:已经|都|有)?(?:\d{1,3}|[一二三四五六七八九十两半几]{1,3})(?:多)?个?(?:多)?(?:年|月|天|星期|礼拜|小时)(?:多)?(?:了|没|不|以来)"
_WHEN: Final = re.compile(f"{_DATE}|{_DAY}|{_SPAN}")
_URGENT: Final = re.compile(
    r"着火|起火|失火|爆炸|爆裂|(?:燃气|煤气|天然气|毒气|化学品)[^，。]{0,3}(?:泄漏|泄露|漏气)|(?:楼|房|墙|桥|路|山|坡|坝)[^，。]{0,4}(?:塌|垮|滑坡)|塌方|"
    r"有人(?:受伤|被困|落水|溺水|触电|跳楼|昏迷|晕倒)|被困(?:在|住)|溺水|落水|触电|中毒|生命危险|救命|轻生|要跳楼|洪水|管涌|决堤|踩踏|砍人|持刀"
)
_CALM: Final = re.compile(
    r"(?:怎么|如何|怎样)(?:预防|避免|防止)|(?:去年|前年|上个?月|以前|曾经)[^，。]{0,6}$|如果|万一|会不会|演练"
)
_ENDING: Final = re.compile(r"(?:街道(?:办事处)?|镇|乡|村|社区|县|区|市)$")
_QUOTE: Final = 10


@dataclass(frozen=True, slots=True)
class Part:
    """A value, how sure (0..1), number of the utterance and the words in it."""

    value: str
    score: float
    utterance: int
    quote: str


class Places:
    """The names of a tree of divisions, looked for in what is said; compiled once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._names = list(_names(tree))
        self._book = PhraseBook(name for name, _, _ in self._names)

    def find(self, said: Said) -> Part | None:
        """The lowest place named that fits the others named; its code. Where two fit equally, the one said first."""
        named: list[tuple[float, Division, int, str]] = []
        for number, text in said:
            heard = Heard(text)
            for i, span in self._book.find(heard):
                _, one, sure = self._names[i]
                named.append((sure if span.exact else sure * 0.7, one, number, heard.quote(span)))
        if not named:
            return None
        codes = {one.code for _, one, _, _ in named}

        def worth(found: tuple[float, Division, int, str]) -> tuple[int, int, float]:
            above = sum(over.code in codes for over in self._tree.ancestors(found[1].code))
            return above, LEVELS.index(found[1].level), found[0]

        sure, one, number, quote = max(named, key=worth)
        above, _, _ = worth((sure, one, number, quote))
        return Part(one.code, min(0.98, sure + 0.1 * above), number, quote)


def _names(tree: Tree) -> Iterator[tuple[str, Division, float]]:
    """What a place is called: its whole name, and without its kind where that leaves two characters and one place only."""
    short: dict[str, list[Division]] = {}
    for one in tree:
        yield one.name, one, 0.85
        name = _ENDING.sub("", one.name)
        if len(name) >= 2 and name != one.name:
            short.setdefault(name, []).append(one)
    for name, places in short.items():
        if len(places) == 1:
            yield name, places[0], 0.6


def citizen_name(said: Said) -> Part | None:
    """What the citizen says they are called; a surname alone is less."""
    for number, text in said:
        if found := _NAME.search(text):
            whole = found["name"]
            return Part(whole or found["surname"], 0.8 if whole else 0.5, number, found.group())
    return None


def when(said: Said) -> Part | None:
    """When it happened, or for how long it has: in the words said, the most exact first."""
    every = [(number, found.group()) for number, text in said for found in _WHEN.finditer(text)]
    if not every:
        return None
    number, words = max(every, key=lambda one: (bool(re.match(_DATE, one[1])), len(one[1]), -one[0]))
    return Part(words, 0.8 if re.match(_DATE, words) else 0.6, number, words)


def asked_for(said: Said) -> tuple[Part, ...]:
    """Each thing asked for; whoever asks for nothing in so many words asks for nothing here."""
    found = [(number, one) for number, text in said for one in demands(text) if _asks(one.quote)]
    return tuple(Part(one.matter, 0.7, number, one.quote) for number, one in found)


def _asks(words: str) -> bool:
    return bool(
        re.search(
            r"要求|希望|请求|恳请|建议|能不能|能否|可否|尽快|赔偿|退(?:还|款|费|钱)|查处|解决|整改|恢复|修复|怎么|多久|什么时候|[吗呢？?]",
            words,
        )
    )


def urgent(said: Said) -> Part | None:
    """Whether life or limb is in danger now, and the words that say so."""
    for number, text in said:
        for found in _URGENT.finditer(text):
            if not _CALM.search(text[max(0, found.start() - _QUOTE) : found.start()]):
                quote = text[max(0, found.start() - _QUOTE) : found.end() + _QUOTE]
                return Part("urgent", 0.8, number, quote)
    return None


def sensitive(said: Said, words: SensitiveWords) -> tuple[Part, ...]:
    """Each sensitive category once, the gravest first."""
    found: dict[str, tuple[int, Part]] = {}
    for number, text in said:
        for one in words.find(tidy(text)):
            part = Part(one.category.id, 0.8, number, one.phrase)
            found.setdefault(one.category.id, (one.category.level, part))
    return tuple(part for _, part in sorted(found.values(), key=lambda one: one[0]))
