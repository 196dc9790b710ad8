"""How a talk went, counted from who spoke when: talk, silence and overlap of each side, speed, interruptions. Pure.

Speech is known as stretches (what the recogniser gives), in which pauses under a second are inside; times are seconds of the call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

CITIZEN = "citizen"
_BARGED_IN_S = 0.5  # the other had spoken so long already, and went on so long after: not a "yes" in between
_FEWEST_S = 5.0  # speech below which a speed means nothing
_LONGEST_PAUSES = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of speech."""

    speaker: str
    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the talk. `speed`: characters a minute of speech, 0 where too little was said."""

    talk_s: float = 0.0
    speed: int = 0
    interruptions: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """From the first word to the last. `pauses`: the longest stretches in which nobody spoke, [start, end], longest first."""

    citizen: Side
    agent: Side
    talk_s: float
    silence_s: float
    overlap_s: float
    pauses: tuple[tuple[float, float], ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def facts(lines: Sequence[Line]) -> Facts:
    """Everybody but the citizen counts as the agent's side."""
    spoken = sorted((one for one in lines if one.end_s > one.start_s), key=lambda one: one.start_s)
    theirs = [one for one in spoken if one.speaker == CITIZEN]
    ours = [one for one in spoken if one.speaker != CITIZEN]
    whole = _joined(spoken)
    length = whole[-1][1] - whole[0][0] if whole else 0.0
    said = sum(end - start for start, end in whole)
    alone = [sum(end - start for start, end in _joined(side)) for side in (theirs, ours)]
    pauses = [(end, start) for (_, end), (start, _) in pairwise(whole)]
    longest = sorted(pauses, key=lambda p: p[0] - p[1])[:_LONGEST_PAUSES]
    return Facts(
        _side(theirs, ours, alone[0]),
        _side(ours, theirs, alone[1]),
        round(length, 1),
        round(length - said, 1),
        round(max(0.0, sum(alone) - said), 1),
        tuple((round(start, 1), round(end, 1)) for start, end in longest),
    )


def interruptions(mine: Iterable[Line], others: Sequence[Line]) -> list[Line]:
    """My stretches that began while the other side was speaking and meant to go on."""
    return [
        one
        for one in mine
        if any(
            other.start_s + _BARGED_IN_S <= one.start_s and other.end_s - one.start_s >= _BARGED_IN_S
            for other in others
        )
    ]


def _side(mine: list[Line], others: list[Line], talk_s: float) -> Side:
    spoken_s = sum(one.end_s - one.start_s for one in mine)
    characters = sum(sum(char.isalnum() for char in one.text) for one in mine)
    speed = round(characters * 60 / spoken_s) if spoken_s >= _FEWEST_S else 0
    return Side(round(talk_s, 1), speed, len(interruptions(mine, others)))


def _joined(spoken: Iterable[Line]) -> list[tuple[float, float]]:
    """Time covered by any of them, in order, without overlap."""
    joined: list[tuple[float, float]] = []
    for one in spoken:
        if joined and one.start_s <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], one.end_s)
        else:
            joined.append((one.start_s, one.end_s))
    return joined
