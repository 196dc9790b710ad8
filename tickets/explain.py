"""What a policy says of one stage of one ticket: its deadline, cards, steps and clauses."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from core.calendar import Calendar
from core.policy import CIVIL_CODE, Policy, Standing
from core.policy_parts import Card, Cited, Colour, Handle, Redo, Staged, StageName, Term, TicketType
from core.policy_switches import ClockSwitches
from tickets.clock import Deadline, Step, due, falls, local


@dataclass(frozen=True, slots=True)
class StageRules:
    """The values that rule a stage once type, units and site check are known. All None or empty: the policy is silent."""

    term: Term | None = None
    usual: Term | None = None
    latest: Term | None = None
    cards: tuple[Card, ...] = ()
    deemed: Term | None = None
    cited: tuple[Cited, ...] = ()


@dataclass(frozen=True, slots=True)
class CardDue:
    """A card falls at this moment (24:00 of the clause's day) unless the step is done before it."""

    colour: Colour
    at: datetime
    card: Card


@dataclass(frozen=True, slots=True)
class Explanation:
    """`due` None: the clause sets no deadline of its own, or (`silent`) the policy says nothing of this stage."""

    due: datetime | None
    cards: tuple[CardDue, ...]
    steps: tuple[Step, ...]
    clauses: tuple[str, ...]
    provisional: bool
    validity: Standing
    silent: bool = False
    usual: datetime | None = None
    latest: datetime | None = None
    deemed_accepted_at: datetime | None = None
    quotes: tuple[Cited, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """JSON-able; moments as ISO 8601 with +08:00. The optional ones appear only where a clause gives them."""
        moments = {"usual": self.usual, "latest": self.latest, "deemed_accepted_at": self.deemed_accepted_at}
        return {
            "due": self.due.isoformat() if self.due else None,
            "cards": [{"colour": c.colour, "at": c.at.isoformat()} for c in self.cards],
            "steps": [{"date": s.date.isoformat(), "counts": s.counts, "why": s.why} for s in self.steps],
            "clauses": list(self.clauses),
            "provisional": self.provisional,
            "validity": self.validity,
            **({"silent": True} if self.silent else {}),
            **{name: at.isoformat() for name, at in moments.items() if at},
        }


def explain(
    policy: Policy,
    stage: StageName,
    type: TicketType,
    filed_at: datetime,
    *,
    calendar: Calendar,
    multi_unit: bool = False,
    on_site: bool = False,
    complex: bool = False,
) -> Explanation:
    """The deadline and cards of `stage`, whose own clock starts at `filed_at` (aware); stages are not chained.

    Sign, return and handle start at dispatch, supervise at the issue of the supervision ticket, redo at sending back.
    Raises NaiveTime, BadInput.
    """
    return _explained(_Same(policy), stage, type, filed_at, calendar, multi_unit, on_site, complex)


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A policy known by being the same object: comparing its values would take longer than explaining anew."""

    policy: Policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.policy is self.policy

    def __hash__(self) -> int:
        return id(self.policy)


@lru_cache(4096)  # each step of a ticket asks again what was asked at the one before it
def _explained(
    same: _Same,
    stage: StageName,
    type: TicketType,
    filed_at: datetime,
    calendar: Calendar,
    multi_unit: bool,
    on_site: bool,
    complex: bool,
) -> Explanation:
    policy = same.policy
    start, switches = local(filed_at), policy.switches
    rules = rules_for(policy, stage, type, multi_unit=multi_unit, on_site=on_site, complex=complex)

    def ends(term: Term | None) -> Deadline | None:
        return due(start, term, calendar, switches, policy.office_hours) if term else None

    ruling, usual, latest = ends(rules.term), ends(rules.usual), ends(rules.latest)
    # Deemed acceptance ends at 24:00 under every reading of `term_ends`: it is no act done at a counter.
    deemed = due(start, rules.deemed, calendar, ClockSwitches(days=switches.days)) if rules.deemed else None
    cards = tuple((card, falls(start, card, calendar, switches)) for card in rules.cards)
    if deemed and switches.cards_after_deemed.value == "stop":
        cards = tuple((card, end) for card, end in cards if end.due < deemed.due)
        left = [card for card, _ in cards]  # what acceptance ends is not cited as if it still came
        rules = replace(rules, cited=tuple(c for c in rules.cited if not isinstance(c, Card) or c in left))
    shown = ruling or (cards[-1][1] if cards else deemed)
    used = [d for d in (ruling, usual, latest, deemed, *(end for _, end in cards)) if d]
    return Explanation(
        due=ruling.due if ruling else None,
        cards=tuple(CardDue(card.colour, end.due, card) for card, end in cards),
        steps=shown.steps if shown else (),
        clauses=_clauses(rules),
        provisional=any(d.provisional for d in used),
        validity=policy.validity(start.date()),
        silent=not used,
        usual=usual.due if usual else None,
        latest=latest.due if latest else None,
        deemed_accepted_at=deemed.due if deemed else None,
        quotes=rules.cited,
    )


def rules_for(
    policy: Policy,
    stage: StageName,
    type: TicketType,
    *,
    multi_unit: bool = False,
    on_site: bool = False,
    complex: bool = False,
) -> StageRules:
    """Which values of the policy rule this stage of such a ticket."""
    stages = policy.stages
    match stage:
        case "dispatch":
            return _rules(stages.dispatch, stages.dispatch.multi_unit if multi_unit else None)
        case "sign":
            return _rules(stages.sign, cards=stages.sign.cards, deemed=stages.sign.deemed_acceptance)
        case "return":
            site = stages.return_.on_site if on_site else None
            return _rules(stages.return_, site, deemed=stages.sign.deemed_acceptance)
        case "handle":
            return _handling(policy, type, complex)
        case "supervise":
            return _rules(stages.supervise)
        case "redo":
            redo = stages.redo
            same = _handling(policy, type, complex) if redo and redo.same_as else StageRules()
            return replace(same, cited=(*([redo] if redo else []), *same.cited))


def _rules(
    stage: Staged, special: Term | None = None, *, cards: tuple[Card, ...] = (), deemed: Term | None = None
) -> StageRules:
    term = special or stage.term
    cited = tuple(value for value in (term, *cards, deemed, stage.unstated) if value)
    return StageRules(term=term, cards=cards, deemed=deemed, cited=cited)


def _handling(policy: Policy, type: TicketType, complex: bool) -> StageRules:
    if type == "economic" and policy.switches.economic.value == "as_report":
        type = "report"
    handle = policy.stages.handle.get(type, Handle())
    rules = _rules(handle, handle.complex if complex else None, cards=handle.cards)
    if not handle.usual or (complex and handle.complex):
        return rules
    ruling = handle.usual if policy.switches.help_due.value == "usual" else rules.term
    cited = (*rules.cited, handle.usual)
    return replace(rules, term=ruling, usual=handle.usual, latest=handle.term, cited=cited)


def _clauses(rules: StageRules) -> tuple[str, ...]:
    found: list[str] = []
    for value in rules.cited:
        found.append(value.clause)
        if isinstance(value, Redo) and value.same_as:  # which a city may have from its province
            found.append(value.source("same_as"))
    units = {term.unit for term in (rules.term, rules.deemed) if term} | {card.unit for card in rules.cards}
    if units:
        found += [f"{CIVIL_CODE} 201"]
    if units - {"hours"}:
        found += [f"{CIVIL_CODE} 203"]
    return tuple(dict.fromkeys(found))
