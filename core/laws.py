"""The register of laws and regulations a reply may cite: whether one of that name is there, and whether it has that article.

A name that is not there is only not in the register; that no such law exists is never said.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Rank = Literal["law", "regulation", "rule"]
_CITED = re.compile(r"《([^《》]{2,60})》(?:\s*第([零〇一二三四五六七八九十百千两\d]{1,9})条)?")
_LAWLIKE = re.compile(r"(法|条例|规定|办法|细则|规则|法典|决定)$")
_LOCAL = re.compile(
    r"^(?!城市|都市|省|市|州|县)[\u4e00-\u9fff]{2,7}?(省|市(?![场政容])|自治区|自治州|自治县|县)"
)
_YEAR = re.compile(r"[（(][^（()）]{0,20}(修正|修订|年|号)[^（()）]{0,10}[）)]$")
_STATE = "中华人民共和国"
_DIGITS = {**{c: n for n, c in enumerate("零一二三四五六七八九")}, "〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True, slots=True)
class Law:
    """`rank`: law (法律), regulation (行政法规), rule (部门规章). `articles`: how many, None where we are not sure."""

    name: str
    rank: Rank = "law"
    articles: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """What stands in 《》, and the article named after it."""

    name: str
    article: int | None = None


@dataclass(frozen=True)
class Laws:
    """The register."""

    laws: tuple[Law, ...] = ()

    @cached_property
    def _by_name(self) -> dict[str, Law]:
        return {plain(name): law for law in self.laws for name in (law.name, *law.aliases)}

    def get(self, name: str) -> Law | None:
        """By its whole name or a short one; with or without 中华人民共和国 and the year of its wording."""
        return self._by_name.get(plain(name))

    def nearby(self, name: str, most: int = 3) -> list[str]:
        """Whole names of laws of the register whose names are much like this one, most like first."""
        found = difflib.get_close_matches(plain(name), self._by_name, n=most, cutoff=0.5)
        return list(dict.fromkeys(self._by_name[one].name for one in found))

    def named_in(self, text: str) -> Law | None:
        """The longest name of the register that stands in a text without 《》."""
        found = [name for name in self._by_name if len(name) >= 3 and name in text]
        return self._by_name[max(found, key=len)] if found else None


def plain(name: str) -> str:
    """The name as it is compared."""
    return _YEAR.sub("", name.strip()).removeprefix(_STATE).replace(" ", "")


def citations(text: str) -> Iterator[Citation]:
    """Every 《…》 in a text, with the article that follows."""
    for found in _CITED.finditer(text):
        yield Citation(found[1].strip(), number(found[2]) if found[2] else None)


def lawlike(name: str) -> bool:
    """Whether the name is that of a law or regulation; plans, notices and opinions are not in the register."""
    return bool(_LAWLIKE.search(plain(name)))


def local(name: str) -> bool:
    """Whether the name begins with a province, city or county: their own rules are in no national register."""
    return bool(_LOCAL.search(plain(name)))


def number(text: str) -> int | None:
    """An article's number in digits or Chinese numerals; None for what is none."""
    if text.isascii() and text.isdecimal():
        return int(text)
    total = digit = 0
    for char in text:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            return None
    return total + digit or None


def doubts(texts: Iterable[str], laws: Laws) -> Iterator[tuple[Citation, str]]:
    """What is to be checked of the laws these texts cite, each once, in words for the reader."""
    seen: set[Citation] = set()
    for cited in (one for text in texts for one in citations(text) if lawlike(one.name)):
        if cited in seen:
            continue
        seen.add(cited)
        law = laws.get(cited.name)
        if law is None:
            yield cited, f"《{cited.name}》未收录于法规库，请核对名称"
        elif cited.article is not None and law.articles is not None and cited.article > law.articles:
            yield cited, f"《{law.name}》共{law.articles}条，没有第{cited.article}条"
