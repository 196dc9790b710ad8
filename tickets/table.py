"""The lifecycle as one table: what may be done in which state, by whom, with which facts. Nothing else is possible."""

from dataclasses import dataclass

from tickets.ticket import Action, State

DESK = frozenset({"agent", "supervisor", "office"})
OFFICE = frozenset({"office"})
HOTLINE = frozenset({"supervisor", "office"})
UNIT = frozenset({"unit"})
LAW = frozenset({"clock"})


@dataclass(frozen=True, slots=True)
class Rule:
    """`next`: the state after; `by`: roles; `needs`: facts that must be there and not empty; `may`: facts allowed besides.

    Return and reply need what the policy's clause names on top of `needs`.
    """

    next: State
    by: frozenset[str]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


_RETURN = Rule("returned", UNIT, ("reason",), ("basis",))
_REPLY_FIELDS = ("handled_at", "section", "handler", "result", "law", "basis", "talk")
_REPLY = Rule("replied", UNIT, ("result",), _REPLY_FIELDS)
_DISPATCH = Rule("dispatched", DESK, ("unit",), ("note",))
_ASK = Rule("extension_asked", UNIT, ("reason",))

RULES: dict[tuple[State, Action], Rule] = {
    ("intake", "answer"): Rule("answered", DESK, ("article",), ("note",)),
    ("intake", "refuse"): Rule("refused", DESK, ("ground", "told")),
    ("intake", "file"): Rule("filed", DESK, (), ("multi_unit", "on_site", "complex")),
    ("filed", "dispatch"): _DISPATCH,
    ("returned", "dispatch"): _DISPATCH,
    ("dispatched", "sign"): Rule("signed", UNIT),
    ("dispatched", "return"): _RETURN,
    ("dispatched", "deem_accepted"): Rule("deemed", LAW),
    ("deemed", "sign"): Rule("signed", UNIT),
    ("signed", "return"): _RETURN,
    ("signed", "ask_extension"): _ASK,
    ("extension_asked", "grant_extension"): Rule("signed", OFFICE, (), ("until", "note")),
    ("extension_asked", "refuse_extension"): Rule("signed", OFFICE, (), ("reason",)),
    ("extension_asked", "reply"): _REPLY,
    ("signed", "reply"): _REPLY,
    ("replied", "resolve"): Rule("resolved", HOTLINE, (), ("note",)),
}


FACTS = frozenset(fact for rule in RULES.values() for fact in (*rule.needs, *rule.may))
"""Every fact any step takes; edges check names against it before they unpack what a client sent."""


def possible(state: State, role: str) -> tuple[Action, ...]:
    """What somebody of that role could do now; the desk's buttons. Facts and dates may still forbid it."""
    return tuple(action for (at, action), rule in RULES.items() if at == state and role in rule.by)
