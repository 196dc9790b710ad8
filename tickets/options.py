"""What somebody could do with a ticket now, and what each deed asks for: the table and the ticket's own rules, as a form needs them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from core.policy import Policy
from core.policy_parts import FLAGS
from tickets.effects import RUNGS, TOLD_HOW
from tickets.lifecycle import ordered_by_clause
from tickets.redo import FACT_OF
from tickets.supervision import TRIGGERS, UNSTATED_WAYS
from tickets.table import HOTLINE, RULES, TERMS_OF, passed_on, possible
from tickets.ticket import UNIT_ROLES, Action, NamedTerm, Ticket


@dataclass(frozen=True, slots=True)
class Option:
    """One deed. `needs`: facts without which it is not taken; `may`: facts it takes besides; `choices`: what a fact may be, where it is a choice."""

    action: Action
    needs: tuple[str, ...]
    may: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Named:
    """A way the city's rules name, and where."""

    value: str
    clause: str


def options(ticket: Ticket, role: str, policy: Policy, head: Ticket | None = None) -> tuple[Option, ...]:
    """Every deed the table has for this role here. Facts and dates may still forbid one; the step says so with its clause.

    head: the ticket that a merged one went into; what is passed on to it can be done here as well.
    """
    deeds = possible(ticket.state, role, ticket.relation)
    if ticket.due is None and role in UNIT_ROLES:
        deeds = tuple(one for one in deeds if one != "set_term")  # nothing to shorten
    found = [_option(ticket, action, role, policy) for action in deeds]
    if head is not None:
        found += [
            _option(head, action, role, policy) for action in passed_on(head.state, role, head.relation)
        ]
    return tuple(found)


def triggers(policy: Policy) -> tuple[Named, ...]:
    """What a supervision order may rest on; every cause where the rules name none."""
    named = policy.stages.supervise.opens_on
    return tuple(Named(one, named[one].clause) for one in named) or tuple(Named(one, "") for one in TRIGGERS)


def forms(policy: Policy) -> tuple[Named, ...]:
    """The forms of supervision the rules name besides the plain order."""
    return tuple(Named(one, said.clause) for one, said in policy.stages.supervise.forms.items())


def _option(ticket: Ticket, action: Action, role: str, policy: Policy) -> Option:
    rule = RULES[ticket.state, action]
    needs = dict.fromkeys((*rule.needs, *ordered_by_clause(ticket, action, policy), *_asked(action, policy)))
    idle = _idle(ticket, action, role, policy)
    may = tuple(fact for fact in rule.may if fact not in needs and fact not in idle)
    choices = {fact: of for fact in (*needs, *may) if (of := _choices(ticket, action, fact, role, policy))}
    return Option(action, tuple(needs), may, choices)


def _asked(action: Action, policy: Policy) -> tuple[str, ...]:
    """What the rules leave open, so that whoever decides must say it."""
    if action == "redo" and policy.stages.redo:
        return tuple(FACT_OF[need] for need in policy.stages.redo.needs if need in FACT_OF)
    if action == "grant_extension" and policy.extension and policy.extension.length is None:
        return ("until",)
    return ()


def _idle(ticket: Ticket, action: Action, role: str, policy: Policy) -> frozenset[str]:
    """Facts that would change nothing here: flags no term of the rules depends on, and those that are not this role's to correct."""
    ours = action == "return" or role in HOTLINE
    counts = policy.flags if ours and ticket.relation != "supervision" else ()
    idle = frozenset[str](FLAGS) - set(counts)
    return idle | {"evidence"} if action == "return" and "on_site" in idle else idle


def _choices(ticket: Ticket, action: Action, fact: str, role: str, policy: Policy) -> tuple[str, ...]:
    match action, fact:
        case _, "rung":
            return RUNGS[RUNGS.index(ticket.rung or RUNGS[0]) + 1 :]
        case "redo", "cause":
            return policy.stages.redo.causes if policy.stages.redo else ()
        case "press", "way":
            urging = policy.stages.supervise.urging
            return urging.value if urging else UNSTATED_WAYS
        case "reply" | "contact", "told_how" | "how":
            return TOLD_HOW
        case "revisit", "grade":
            return policy.after.grades
        case _, "term":
            return tuple(one for one in get_args(NamedTerm) if role in TERMS_OF.get(one, {role}))
        case _:
            return ()
