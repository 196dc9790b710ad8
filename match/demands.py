"""What a citizen asks for, one by one, and whether a reply comes back to each: by characters and by sound. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from match.text import bare, sound, tidy

MOST: Final = 20
"""So many demands are told apart; nobody reads more."""
LONGEST: Final = 120
"""Characters of a demand that are shown."""

_LISTED: Final = re.compile(
    r"[（(](?:[1-9][0-9]?|[一二三四五六七八九十]{1,3})[)）]"
    r"|(?:^|(?<=[\s。；;：:，,]))(?:[1-9][0-9]?[)）、.．](?!\d)|[一二三四五六七八九十]{1,3}、)"
    r"|(?<![第之唯])[一二三四五六]是(?=[^否非])"
)
_SENTENCE: Final = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_ASKS: Final = re.compile(
    r"要求|希望|请求|恳请|请(?!问您)|诉求|建议|求助|投诉|举报|咨询|反映|想(知道|了解|问|要)|"
    r"能不能|能否|可否|可不可以|是否|是不是|有没有|何时|什么时候|多久|几时|怎么|如何|为什么|为何|哪里|哪个|多少|谁|"
    r"尽快|赔偿|退(还|款|费|钱)|查处|处理|解决|整改|恢复|维修|修复|[吗呢？?]$"
)
_STRONG: Final = re.compile(
    r"要求|希望|请求|恳请|请(?!问您)|建议|能不能|能否|可否|何时|什么时候|多久|为什么|为何|怎么|如何|是否|[吗呢？?]$"
)
_EMPTY: Final = re.compile(
    r"要求|希望|请求|恳请|请问|请|诉求|建议|求助|投诉|举报|咨询|反映|想知道|想了解|想问|来电|市民|诉求人|群众|"
    r"能不能|能否|可否|可不可以|是否|是不是|有没有|何时|什么时候|多久|几时|怎么样|怎么|如何|为什么|为何|哪里|哪个|多少|"
    r"尽快|及时|马上|立即|处理|解决|相关|有关|部门|单位|政府|问题|情况|一下|进行|给予|予以|现在|目前|已经|这个|那个|他们|我们|你们|自己|"
    r"[的了吗呢吧啊是在和与及对把被将让给向从到都也就还又很我你他她它们这那其]"
)


@dataclass(frozen=True)
class Demand:
    """One thing asked for. `quote`: as the citizen said it."""

    quote: str

    @cached_property
    def matter(self) -> str:
        """What it is about, without the words any demand has."""
        return bare(_EMPTY.sub("", tidy(self.quote))) or bare(self.quote)


@dataclass(frozen=True, slots=True)
class Answered:
    """A demand and how much of its matter (0..1) the reply speaks of."""

    demand: Demand
    share: float


def demands(text: str) -> tuple[Demand, ...]:
    """What is asked for in a ticket's words, in order: the numbered points where there are any, else the sentences that ask.

    A text that asks for nothing in so many words is one demand.
    """
    text = tidy(text)
    parts = _points(text) or _asking(text)
    found = [Demand(part[:LONGEST]) for part in dict.fromkeys(parts) if bare(part)]
    if not found and bare(text):
        found = [Demand(text[:LONGEST])]
    return tuple(found[:MOST])


def _points(text: str) -> list[str]:
    """What stands after 1. 2. or 一是 二是; one mark alone numbers nothing."""
    marks = list(_LISTED.finditer(text))
    if len(marks) < 2:
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [text[mark.end() : end].strip(" ，,。；;、\n") for mark, end in zip(marks, ends, strict=True)]


def _asking(text: str) -> list[str]:
    """Sentences that plainly ask; else those that may."""
    sentences = [found.group().strip(" ，,\n") for found in _SENTENCE.finditer(text)]
    strong = [one for one in sentences if _STRONG.search(one)]
    return strong or [one for one in sentences if _ASKS.search(one)]


def answered(asked: Iterable[Demand], reply: str) -> tuple[Answered, ...]:
    """How far the reply comes back to each demand."""
    written = bare(reply)
    return tuple(Answered(one, share(one.matter, written)) for one in asked)


def share(matter: str, text: str) -> float:
    """0..1: how many of the pairs of characters of `matter` stand in `text`, as written or as they sound."""
    if len(matter) < 2:
        return float(bool(matter) and matter in text)
    mine, heard = pairs(matter), pairs(sound(matter))
    theirs, theirs_heard = set(pairs(text)), set(pairs(sound(text)))
    met = sum(a in theirs or b in theirs_heard for a, b in zip(mine, heard, strict=True))
    return met / len(mine)


def pairs(text: str) -> list[str]:
    """Every two neighbouring characters."""
    return [text[i : i + 2] for i in range(len(text) - 1)]
