"""What goes into matching and what comes out."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from math import exp, log
from typing import Any, Literal

from core.policy_ways import Sure
from core.ports import Speaker

TOP = 3
Kind = Literal["answers", "units", "refusals"]
PastState = Literal["open", "closed", "closed_after_redo"]
EvidenceSource = Literal[
    "said", "sounds_like", "agent_said", "line", "place", "question", "history", "validity", "city"
]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance of the running call, in the order spoken."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, slots=True)
class PastMatter:
    """An earlier matter of the same caller. `closed_after_redo`: its redo or supervision was confirmed by the office."""

    ticket_id: str
    text: str
    state: PastState


@dataclass(frozen=True, slots=True)
class CallContext:
    """What is known beside the words. `profile`: whose rules apply (chenzhou, heyuan, henan, jiayuguan, …).

    `on`: the day answers must be valid (None: not checked); `past`: the caller's earlier matters.
    `refuse_conduct`: the city takes no complaints about conduct at all, not only no reports of corruption. `sure`: from when
    a candidate is confident.
    """

    line: str = "12345"
    profile: str = "chenzhou"
    on: date | None = None
    past: tuple[PastMatter, ...] = ()
    refuse_conduct: bool = False
    sure: Sure = field(default_factory=Sure)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why: `quote` is what was said, dialled or stored, `clause` the rule or source it leads to."""

    source: EvidenceSource
    quote: str
    clause: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposal. `score` 0..1; `confident` False means: shown, but we do not know.

    `text`: what to say, or what the unit does. `weight` and `lead` (over the best other) are what the score is made of.
    """

    id: str
    title: str
    score: float
    confident: bool
    evidence: tuple[Evidence, ...]
    text: str = ""
    weight: float = 0.0
    lead: float = 0.0


@dataclass(frozen=True, slots=True)
class Proposals:
    """At most TOP candidates of each kind, best first."""

    answers: tuple[Candidate, ...] = ()
    units: tuple[Candidate, ...] = ()
    refusals: tuple[Candidate, ...] = ()

    @property
    def dont_know(self) -> Mapping[Kind, bool]:
        """For each kind: no candidate is confident."""
        kinds: dict[Kind, tuple[Candidate, ...]] = {
            "answers": self.answers,
            "units": self.units,
            "refusals": self.refusals,
        }
        return {kind: not any(c.confident for c in found) for kind, found in kinds.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain lists and dicts, ready for json.dumps."""
        return {**asdict(self), "dont_know": dict(self.dont_know)}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logistic from evidence and its lead over the best other candidate to a probability; both slopes positive."""

    base: float
    evidence: float
    lead: float

    def score(self, evidence: float, lead: float) -> float:
        return 1 / (1 + exp(-(self.base + self.evidence * evidence + self.lead * lead)))


@dataclass(slots=True)
class Tally:
    """Evidence collected for one candidate: `weight` adds up as -log of the doubt left (noisy-or)."""

    weight: float = 0.0
    evidence: list[Evidence] = field(default_factory=list)

    def add(self, share: float, evidence: Evidence) -> None:
        """One more piece of evidence that leaves 1 - `share` of the doubt."""
        self.weight += -log(1 - min(share, 0.95))
        self.evidence.append(evidence)


def leads(weights: list[float]) -> list[float]:
    """Each weight's distance to the best of the others (negative for all but the first)."""
    if len(weights) < 2:
        return list(weights)
    first, second = sorted(weights, reverse=True)[:2]
    return [w - (second if w == first else first) for w in weights]
