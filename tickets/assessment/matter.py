"""What a unit was given and what it did with it: the facts of one ticket at one unit, round by round."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tickets.assessment.fact import Fact
from tickets.ticket import INSIDE

BEGINS = frozenset({"dispatch", "redo"})
"""A round begins when the ticket comes to the unit, or comes back to it."""
STOPS = frozenset({"withdraw", "merge", "recall"})
"""The round ends without the unit having settled it; no fault of the unit while its term still ran."""
STEPS = BEGINS | STOPS | frozenset({
    "sign", "return", "ask_extension", "grant_extension", "reply", "reject", "resolve", "contact", "press", "revisit", "denied", "grade",
    "card", "deem_accepted", "reschedule", "set_term",
})  # fmt: skip
GOOD = ("very_satisfied", "satisfied")


@dataclass(slots=True)
class Round:
    """One time the ticket lay with the unit. `due`: as what moved it left it: extensions (`granted`), rejections and calendars (`moved`).

    statutory: the law's own deadline holds now; excepted: what was asked for while one did. grade: the first one given of this
    round's work; visited: when the citizen was asked about it.
    """

    begun: Fact
    due: datetime | None
    statutory: bool = False
    signed: Fact | None = None
    returned: Fact | None = None
    replied: Fact | None = None
    resolved: Fact | None = None
    stopped: Fact | None = None
    asked: list[Fact] = field(default_factory=list)
    excepted: set[str] = field(default_factory=set)
    granted: list[Fact] = field(default_factory=list)
    moved: list[Fact] = field(default_factory=list)
    pressed: list[Fact] = field(default_factory=list)
    contacted: list[Fact] = field(default_factory=list)
    grade: Fact | None = None
    visited: list[Fact] = field(default_factory=list)

    @property
    def settled_late(self) -> bool:
        """超时办结: by the life's own judgement where the event carries it, else by the clock."""
        if self.replied is None or self.due is None:
            return False
        said = self.replied.data.get("late")
        return bool(said) if said is not None else self.replied.at >= self.due

    def undone(self, at: datetime) -> bool:
        """超时未办: the term is over, and nothing came of it by then. What is taken away only afterwards was overdue all the same."""
        if self.replied is not None or self.due is None or self.due > at:
            return False
        return self.ended is None or self.ended.at >= self.due

    @property
    def ended(self) -> Fact | None:
        """How it left the unit without a reply, first thing first: given back, withdrawn or merged."""
        ends = [fact for fact in (self.returned, self.stopped) if fact is not None]
        return min(ends, key=lambda fact: fact.at, default=None)

    @property
    def denied(self) -> Fact | None:
        """When the citizen first said that nobody had answered them, to a person or in words that only a machine heard."""
        return next((fact for fact in self.visited if fact.data.get("contacted") is False), None)

    @property
    def untold(self) -> Fact | None:
        """The same, where a person asked and noted it."""
        said = (fact for fact in self.visited if fact.kind != "denied")
        return next((fact for fact in said if fact.data.get("contacted") is False), None)

    @property
    def told_later(self) -> Fact | None:
        """Where the reply went to the platform alone: when the citizen was reached afterwards."""
        reply = self.replied
        if reply is None or reply.data.get("told") is not False:
            return None
        since = (fact for fact in self.contacted if (fact.at, fact.seq) > (reply.at, reply.seq))
        return next((fact for fact in since if fact.data.get("reached") is not False), None)

    def overdue(self, at: datetime) -> bool:
        return self.settled_late or self.undone(at)

    @property
    def proof(self) -> tuple[str, ...]:
        """The events that show when it began, until when it had time and when it was answered or ended."""
        return tuple(
            fact.id
            for fact in (self.begun, *self.granted, *self.moved, self.replied or self.ended)
            if fact is not None
        )


@dataclass(slots=True)
class Matter:
    """One ticket (一件) at one unit."""

    ticket: str
    rounds: list[Round] = field(default_factory=list)
    cards: list[Fact] = field(default_factory=list)

    @property
    def stays(self) -> list[Round]:
        """Each time it was dispatched to the unit: given back and sent again it comes anew, sent back for redoing it never left."""
        return [now for now in self.rounds if now is self.rounds[0] or now.begun.kind == "dispatch"]

    @property
    def first(self) -> Fact:
        """The dispatch its last stay began with."""
        return self.stays[-1].begun

    @property
    def forwarded(self) -> bool:
        """A 转办件 of this unit: what it gave back, or was taken from it, is none."""
        last = self.rounds[-1]
        return last.returned is None and last.stopped is None

    @property
    def settled(self) -> bool:
        """Answered, and not sent back since."""
        return self.rounds[-1].replied is not None

    @property
    def closed(self) -> bool:
        """已办结: the office closed it, and has not sent it back since."""
        return self.rounds[-1].resolved is not None

    @property
    def visited(self) -> list[Fact]:
        """When the citizen was asked, in whichever round."""
        return [fact for now in self.rounds for fact in now.visited]

    @property
    def grades(self) -> list[Fact]:
        """What the citizen said of each round's work, in order: sending back takes no grade away."""
        return [now.grade for now in self.rounds if now.grade is not None]

    @property
    def relation(self) -> str:
        """Why it has a parent; '' for a citizen's own matter."""
        return str(self.first.data.get("relation") or "")

    @property
    def supervises(self) -> str:
        """The ticket that a supervision order presses; '' for what is none, or does not say."""
        return str(self.first.data.get("parent") or "") if self.relation == "supervision" else ""

    @property
    def asked_about(self) -> bool:
        """Whether the citizen is asked about this unit's work on it: the lead unit's ticket, not what helps it or presses it."""
        return self.relation not in INSIDE

    @property
    def enforcement(self) -> bool:
        return bool(self.first.data.get("enforcement"))

    def grade(self, which: Literal["first", "last"]) -> Fact | None:
        """The grade that counts, where redoing brought a second one."""
        return self.grades[0 if which == "first" else -1] if self.grades else None


def satisfied(given: Fact | None, basically: bool) -> bool:
    """Whether the grade counts as satisfied; none does not. `basically`: 基本满意 does."""
    grade = str(given.data.get("grade")) if given else ""
    return grade in GOOD or grade == "满意" or (basically and grade == "fairly_satisfied")


def matters(facts: Sequence[Fact], unit: str) -> list[Matter]:
    """Every ticket this unit was given, in the order they first came. `facts`: ordered."""
    found: dict[str, Matter] = {}
    for fact in facts:
        if fact.ticket and fact.unit == unit and fact.kind in STEPS:
            _step(found.setdefault(fact.ticket, Matter(fact.ticket)), fact)
    return [matter for matter in found.values() if matter.rounds]


def _step(matter: Matter, fact: Fact) -> None:
    match fact.kind:
        case "dispatch" | "redo":
            matter.rounds.append(Round(fact, fact.when("due"), bool(fact.data.get("statutory"))))
            return
        case "card":
            matter.cards.append(fact)
    if matter.rounds:
        _in_round(matter.rounds[-1], fact)


def _in_round(now: Round, fact: Fact) -> None:
    if fact.kind in ("grade", "revisit", "denied"):
        now.visited.append(fact)
    match fact.kind:
        case "grade":
            now.grade = now.grade or fact
        case "sign":
            now.signed = now.signed or fact
        case "return":
            now.returned = fact
        case "ask_extension":
            now.asked.append(fact)
            now.excepted |= {fact.id} if now.statutory else set()
        case "grant_extension":
            now.granted.append(fact)
            now.due = fact.when("due") or now.due
        case "reply":
            now.replied = fact
        case "resolve":
            now.resolved = fact
        case "reject":
            now.replied = None
            _move(now, fact)
        case "reschedule":
            _move(now, fact)
        case "set_term":
            _move(now, fact)
            now.statutory = bool(fact.data.get("statutory"))
        case "press":
            now.pressed.append(fact)
        case "contact":
            now.contacted.append(fact)
        case kind if kind in STOPS:
            now.stopped = fact


def _move(now: Round, fact: Fact) -> None:
    due = fact.when("due")
    if due is not None and due != now.due:
        now.due = due
        now.moved.append(fact)


def events_of(facts: Iterable[Fact | None]) -> tuple[str, ...]:
    """Their ids, each once."""
    return tuple(dict.fromkeys(fact.id for fact in facts if fact is not None))
