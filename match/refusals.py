"""On which ground a matter is not taken (B4): words that point to it, whether it was done or denied, earlier matters."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from rapidfuzz.fuzz import partial_ratio

from match.calibration import REFUSALS
from match.content import Content, Ground
from match.model import TOP, CallContext, Candidate, Evidence, PastMatter, Tally, leads
from match.phrase import Heard, PhraseBook, Span
from match.text import bare, sound

STRONG: Final = 0.8
WEAK: Final = 0.2
WEAK_DONE: Final = 0.75
DENIED: Final = 0.15
COUNTERED: Final = 0.2
HEARD_ALIKE: Final = {3: 0.4}  # three syllables are easily another word
HEARD_ALIKE_LONG: Final = 0.8
SAME_MATTER: Final = 0.45  # likeness from which an earlier matter counts as the same
DISCIPLINE: Final = "discipline"
CONDUCT: Final = "conduct"
REDONE_CLAUSE: Final = "河源热线管理办法（征求意见稿）第十一条"

_NOT: Final = re.compile(
    r"(没有?|还没|未|不是|不想|不用|并非|要不要|是不是要|是否|怎么|如何|要先|先去|需要|能不能|可以|会不会|万一|怕)[^没]{0,3}$"
)
_DONE_BEFORE: Final = re.compile(r"(已经?|正在|正|早就|刚刚?|都|在走|走了?|经过|进入)[^不没]{0,4}$")
_DONE_AFTER: Final = re.compile(r"^[^不没]{0,4}?(了|过|中|完|结果|受理|判|裁|立案|答复|终结|输|赢)")
_ASKING: Final = re.compile(r"^.{0,6}?(吗|呢|怎么|要多久|什么流程|需要什么|行不行|可不可以|还是)")


Said = Mapping[tuple[str, str], list[Span]]
"""Where phrases were found, by cue set and group (strong, weak, counter)."""


class RefusalMatcher:
    """Compiled once from the content; a call sees the grounds of its own policy profile only."""

    def __init__(self, content: Content) -> None:
        self._when_done = {cues.code: cues.when_done for cues in content.cues}
        listed = [
            (raw, (cues.code, group))
            for cues in content.cues
            for group, raws in (("strong", cues.strong), ("weak", cues.weak), ("counter", cues.counter))
            for raw in raws
        ]
        self._book = PhraseBook(raw for raw, _ in listed)
        self._owners = [owner for _, owner in listed]
        self._grounds: dict[str, list[Ground]] = defaultdict(list)
        for ground in content.grounds:
            self._grounds[ground.profile].append(ground)

    def propose(self, citizen: Heard, context: CallContext) -> tuple[Candidate, ...]:
        """The TOP grounds with any evidence, best first; only the citizen's own words count."""
        said: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for i, span in self._book.find(citizen):
            said[self._owners[i]].append(span)
        found = []
        for ground in self._grounds.get(context.profile, []):
            tally = self._weigh(ground, citizen, said, context)
            if tally.evidence:
                found.append((ground, tally))
        found.sort(key=lambda pair: -pair[1].weight)
        ahead = leads([tally.weight for _, tally in found])
        sure = context.sure.refusals / 100
        return tuple(_candidate(g, t, lead, sure) for (g, t), lead in zip(found, ahead, strict=True))[:TOP]

    def _weigh(self, ground: Ground, citizen: Heard, said: Said, context: CallContext) -> Tally:
        tally = Tally()
        for code in self._cues(ground, context):
            for weight, evidence in self._cue(code, citizen, said, ground.clause):
                # A citizen who says "again" may still be new to us: without a known earlier matter it only leans.
                tally.add(weight * (0.4 if ground.repeat and not context.past else 1.0), evidence)
        if ground.repeat:
            for weight, evidence in _history(citizen, context.past, ground.clause):
                tally.add(weight, evidence)
        return tally

    def _cues(self, ground: Ground, context: CallContext) -> tuple[str, ...]:
        """What points to a ground; a city that refuses complaints about conduct does so on its ground of discipline."""
        widened = context.refuse_conduct and DISCIPLINE in ground.cues and CONDUCT in self._when_done
        return (*ground.cues, CONDUCT) if widened else ground.cues

    def _cue(self, code: str, citizen: Heard, said: Said, clause: str) -> list[tuple[float, Evidence]]:
        against = COUNTERED if (code, "counter") in said else 1.0
        found = [(STRONG * _certainty(citizen, span), span) for span in said.get((code, "strong"), ())]
        when_done = self._when_done[code]
        found = found or [(_weak(citizen, span, when_done), span) for span in said.get((code, "weak"), ())]
        return [
            (
                weight * against,
                Evidence("said" if span.exact else "sounds_like", citizen.quote(span, 6), clause),
            )
            for weight, span in sorted(found, key=lambda pair: -pair[0])[:2]
        ]


def _certainty(citizen: Heard, span: Span) -> float:
    denied = DENIED if _NOT.search(citizen.before(span, 5)) else 1.0
    return denied * (1.0 if span.exact else _alike(span))


def _alike(span: Span) -> float:
    return HEARD_ALIKE.get(span.end - span.start, HEARD_ALIKE_LONG)


def _weak(citizen: Heard, span: Span, when_done: bool) -> float:
    before, after = citizen.before(span, 7), citizen.after(span, 8)
    if _NOT.search(before) or _ASKING.search(after):
        return WEAK * 0.5
    done = when_done and bool(_DONE_BEFORE.search(before) or _DONE_AFTER.search(after))
    return (WEAK_DONE if done else WEAK) * (1.0 if span.exact else _alike(span))


def _history(citizen: Heard, past: tuple[PastMatter, ...], clause: str) -> list[tuple[float, Evidence]]:
    found = []
    for matter in past:
        alike = likeness(citizen.text, matter.text)
        if alike >= SAME_MATTER:
            rule = REDONE_CLAUSE if matter.state == "closed_after_redo" else clause
            found.append(
                (
                    min(0.5 + alike / 2, 0.95),
                    Evidence("history", f"{matter.ticket_id} {matter.text[:40]}", rule),
                )
            )
    return found


def likeness(one: str, other: str) -> float:
    """0..1: how far the shorter text, as it sounds, stands again somewhere in the longer one (rapidfuzz partial ratio)."""
    sounds = sound(bare(one)), sound(bare(other))
    return partial_ratio(*sounds) / 100 if min(map(len, sounds)) >= 5 else 0.0


def _candidate(ground: Ground, tally: Tally, lead: float, sure: float) -> Candidate:
    score = REFUSALS.score(tally.weight, lead)
    return Candidate(
        id=ground.code,
        title=ground.title,
        score=score,
        confident=score >= sure,
        evidence=tuple(tally.evidence[:4]),
        text=ground.words,
        weight=tally.weight,
        lead=lead,
    )
