"""What was asked and not found, grouped into gaps nobody has reported yet, without keeping whose words they were.

Numbers and what people say of themselves are taken out before anything is kept (`private`); of a group only words are shown that
at least two who asked have in common (`Group.words`), so that a name or an address that one person said is never on a screen.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rapidfuzz.fuzz import partial_ratio
from rapidfuzz.process import cdist

from match.index import TextIndex
from match.text import bare, clauses, sound, tidy, without_fillers

ALIKE: Final = 0.42  # how like two questions must be, by retrieval: 0..1
SOUNDS_ALIKE: Final = (
    90.0  # or the shorter stands in the longer as it sounds (rapidfuzz partial ratio): 0..100
)
LEAST: Final = 4  # characters of matter from which that proves anything
MOST_CHARS: Final = 120
SHARED: Final = 2  # characters in a row that two who asked must have in common to be shown
ELSE: Final = "…"

_DIGITS = re.compile(r"[0-9０-９一二三四五六七八九零〇幺两]{5,}[xX]?")
_SELF = re.compile(
    r"(?:我(?:的名字)?(?:叫|姓|是住|住|家住|家在|家是|是)|(?:本人|免贵)(?:叫|姓)?|姓名|名字|电话|手机|号码|身份证|住址|地址|住在|家住)"
)
_ASKS = re.compile(r"^(?:来电|电话)?(?:咨询|询问|了解|问)(?:一下)?")
_HOW = re.compile(
    r"(?:需要|需|要|应该|应|具体|可以|能不能|能|是不是|是否|要不要)?(?:怎么样|怎样|怎么|如何|什么|哪些|哪里|哪儿|哪个|多少|多久|几天|为什么)"
    r"(?:办理|申请|办|材料|手续|条件|流程|时候|时间|部门|钱)?|(?:在|去|到)(?:哪里|哪儿|哪)(?:办理|办)?|办理|手续|流程|需要|是否|要不要|能不能|吗|呢"
)  # how something is asked says nothing of what it is about
_TITLE = re.compile(r"[\u4e00-\u9fff]{1,3}(?:先生|女士|小姐|同志|老师|师傅)")


@dataclass(frozen=True, slots=True)
class Miss:
    """One question without an answer; `words` as `private` leaves them."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that want the same. `first`: id of the one that speaks for them; `words`: what they have in common."""

    first: str
    words: str
    members: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.members)


def private(words: str) -> str:
    """The matter without numbers, titles of people and clauses in which somebody says who or where they are; '' for none."""
    kept = []
    for clause in clauses(tidy(words)):
        if _SELF.search(clause):
            continue
        kept.append(_ASKS.sub("", _DIGITS.sub("", _TITLE.sub("", without_fillers(clause)))))
    return "，".join(one.strip() for one in kept if len(bare(one)) > 1)[:MOST_CHARS]


def grouped(misses: Sequence[Miss]) -> list[Group]:
    """Groups of like questions, the most asked first; the first question of each speaks for it."""
    texts = [one.words for one in misses]
    if not texts:
        return []
    matters = [_HOW.sub("", bare(text)) or bare(text) for text in texts]
    of_group = _connected(matters)
    members: dict[int, list[int]] = {}
    for place, group in enumerate(of_group):
        members.setdefault(group, []).append(place)
    found = [
        Group(
            misses[places[0]].id,
            common([texts[place] for place in places]),
            tuple(misses[place].id for place in places),
        )
        for places in members.values()
    ]
    return sorted(found, key=lambda group: -group.count)


def _connected(matters: Sequence[str]) -> list[int]:
    """The number of each question's group: what is alike, directly or by way of others."""
    alike = TextIndex(matters).similarity(matters, range(len(matters))) >= ALIKE
    sounds = [sound(matter) for matter in matters]
    heard = cdist(sounds, sounds, scorer=partial_ratio, score_cutoff=SOUNDS_ALIKE, dtype=np.uint8) > 0
    tells = np.array([len(one) >= LEAST for one in sounds])
    from scipy.sparse.csgraph import connected_components  # half a second that starts need not take

    groups = connected_components(alike | (heard & tells & tells[:, None]), directed=False)[1]
    return [int(group) for group in groups]


def common(texts: Sequence[str]) -> str:
    """The text that shares most with the others, with whatever no other one holds left out."""
    if len(texts) < 2:
        return ""
    prepared = [bare(text) for text in texts]
    seen: Counter[str] = Counter()
    for text in prepared:
        seen.update({text[n : n + SHARED] for n in range(len(text) - SHARED + 1)})
    shown = [_shared(text, seen) for text in prepared]
    return max(shown, key=lambda text: (len(text.replace(ELSE, "")), -len(text)))


def _shared(text: str, seen: Counter[str]) -> str:
    keep = [False] * len(text)
    for n in range(len(text) - SHARED + 1):
        if seen[text[n : n + SHARED]] > 1:
            keep[n : n + SHARED] = [True] * SHARED
    shown = "".join(char if keep[n] else ELSE for n, char in enumerate(text))
    return re.sub(f"{ELSE}+", ELSE, shown).strip(ELSE)
