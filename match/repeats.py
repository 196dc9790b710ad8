"""The same matter again: which earlier tickets this one repeats, and what the city's rules make of it. Pure.

Source: Heyuan 6(八), 11, 19(七); Yanji annex 五(一)8; Chenzhou 二.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from core.policy_city import Repeats
from match.alike import Alike, matter_alike

Third = Literal["refuse", "merge", "escalate"]
State = Literal["open", "closed", "confirmed", "unhandled"]
"""unhandled: answered at once, refused or taken back, so no unit settled it. confirmed: settled under a redo or a supervision order, and the hotline office confirmed it (Heyuan 11)."""
Verdict = Literal["reasonable", "unreasonable", "other"]
"""What the office says of a repeat: its demand is reasonable, or not (002 附五(一)8); `other`: it is another matter that only looked like one."""
Way = Literal["new", "refuse", "merge", "take", "escalate"]
Rule = Literal[
    "",
    "others_open",
    "unhandled",
    "confirmed",
    "again",
    "again_merged",
    "again_refused",
    "new_facts",
    "open_refused",
    "open_merged",
    "open_taken",
    "closed_refused",
    "closed_taken",
]
"""A ruling's words by code: what the number of the earlier ticket and the count are put into."""
OTHERS: Final = 0.1
"""A stranger's ticket must be so much likelier to be of the same matter."""
SURE: Final = 0.2
"""So far above the city's mark nobody doubts that it is the same matter."""


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier ticket. `root`: the one it repeats or went into, else itself; `raised`: how often the root was raised again."""

    id: str
    number: str
    root: str
    state: State
    text: str
    filed_at: datetime
    unit: str | None = None
    same_person: bool = True
    raised: int = 0


@dataclass(frozen=True, slots=True)
class Same:
    """An earlier ticket of the same matter, how sure (0..1), and why: the places and words both name, and all of it in a sentence each."""

    past: Past
    score: float
    evidence: tuple[str, ...]
    places: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """`way`: what becomes of the ticket; `count`: which repeat it is; `never`: no reason but new facts opens it again."""

    way: Way
    words: str = ""
    clause: str = ""
    count: int = 0
    of: Past | None = None
    score: float = 0.0
    never: bool = False
    rule: Rule = ""


def same_matters(text: str, past: Sequence[Past], rules: Repeats) -> tuple[Same, ...]:
    """Those of the same matter, likest first; one for each root."""
    found: dict[str, Same] = {}
    for one in past:
        alike = matter_alike(text, one.text)
        least = rules.alike / 100 + (0 if one.same_person else OTHERS)
        if alike.score >= least:
            same = Same(one, alike.score, _why(one, alike), tuple(alike.places), tuple(alike.words))
            found[one.root] = max(
                found.get(one.root, same), same, key=lambda s: (s.past.same_person, s.score)
            )
    return tuple(sorted(found.values(), key=lambda s: (not s.past.same_person, -s.score, s.past.id)))


def sure(same: Same, rules: Repeats) -> bool:
    """Whether nobody would take the two for different matters."""
    return same.past.same_person and same.score >= min(rules.alike / 100 + SURE, 0.95)


def _why(one: Past, alike: Alike) -> tuple[str, ...]:
    who = "同一诉求人" if one.same_person else "其他诉求人"
    return (
        who,
        *(f"同一地点：{place}" for place in alike.places),
        *(f"相同内容：{words}" for words in alike.words),
    )


def ruling(same: Same | None, new_facts: str, rules: Repeats, third: Third = "refuse") -> Ruling:
    """What the rules make of a ticket that is of the same matter as `same`. A stranger's is merged while it is open.

    third: what becomes of one that reaches `accountable_from`; the clause makes the unit answerable and accepts nothing.
    """
    if same is None:
        return Ruling("new")
    past, again, number = same.past, rules.taken_again, same.past.raised + 1
    clause = again.clause if again else ""
    if not past.same_person:
        way: Way = "merge" if past.state == "open" else "new"
        words = f"多人反映同一事项，可并入工单 {past.number}，逐一答复" if way == "merge" else ""
        return Ruling(way, words, "", 0, past, same.score, rule="others_open" if way == "merge" else "")
    if past.state == "unhandled":  # 001 6(八) speaks of what is being handled or was settled
        words = f"工单 {past.number} 未经承办单位办结，予以受理"
        return Ruling("take", words, clause, number, past, same.score, rule="unhandled")
    if past.state == "confirmed" and not new_facts.strip() and again and not again.value:
        words = f"工单 {past.number} 已按督办或重办意见办结并确认，同一事实和理由不再受理"
        return Ruling("refuse", words, clause, number, past, same.score, True, "confirmed")
    often = (
        rules.accountable_from if rules.accountable_from and number >= rules.accountable_from.value else None
    )
    if often and third == "escalate":
        words = f"同一事项第{number}次重复反映，予以受理，随即督办并列入责任追究线索"
        return Ruling("escalate", words, often.clause, number, past, same.score, rule="again")
    if new_facts.strip():
        words = f"有新情况、新理由，予以受理；关联工单 {past.number}"
        return Ruling("take", words, clause, number, past, same.score, rule="new_facts")
    if often and third == "merge" and past.state == "open":
        words = f"同一事项第{number}次重复反映，并入工单 {past.number}，列入责任追究线索"
        return Ruling("merge", words, often.clause, number, past, same.score, rule="again_merged")
    if often and third == "refuse":
        words = f"同一事项第{number}次重复反映，无新情况、新理由的不再受理；次数已列入责任追究线索"
        return Ruling("refuse", words, clause or often.clause, number, past, same.score, rule="again_refused")
    if past.state == "open":
        return _while_open(same, number, clause, rules)
    if again and not again.value:
        words = f"工单 {past.number} 已办结，无新情况、新理由的不再受理"
        return Ruling("refuse", words, clause, number, past, same.score, rule="closed_refused")
    words = f"工单 {past.number} 已办结，再次反映的予以受理"
    return Ruling("take", words, clause, number, past, same.score, rule="closed_taken")


def _while_open(same: Same, number: int, clause: str, rules: Repeats) -> Ruling:
    past = same.past
    match rules.open_way:
        case "refuse":
            words = f"工单 {past.number} 正在办理，无新情况、新理由的不再受理；可补充或催单"
            return Ruling("refuse", words, clause, number, past, same.score, rule="open_refused")
        case "merge":
            words = f"工单 {past.number} 正在办理，并入该工单"
            return Ruling("merge", words, clause, number, past, same.score, rule="open_merged")
        case _:
            words = f"工单 {past.number} 正在办理，另行受理"
            return Ruling("take", words, clause, number, past, same.score, rule="open_taken")
