"""The lifecycle as one table: what may be done in which state, by whom, with which facts. Nothing else is possible."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from core.policy_parts import FLAGS
from tickets.ticket import OPEN, OVER, REPLIED, UNIT_ROLES, WITH_UNIT, Action, Relation, State

DESK = frozenset({"agent", "expert", "supervisor", "office"})
CITIZEN = frozenset({"citizen"})
OFFICE = frozenset({"office"})
HOTLINE = frozenset({"supervisor", "office"})
UNIT = UNIT_ROLES
LAW = frozenset({"clock"})

Next = State | Literal["same", "working"]
"""`same`: the state stays; `working`: the unit works on, signed for or sent back for redoing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`next`: the state after; `by`: roles; `needs`: facts that must be there and not empty; `may`: facts allowed besides.

    Return and reply need what the policy's clause names on top of `needs`.
    """

    next: Next
    by: frozenset[str]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


_RETURN = Rule("returned", UNIT, ("reason",), ("basis", "on_site", "evidence"))
_REPLY_FIELDS = ("handled_at", "section", "handler", "result", "law", "basis", "talk")
_REPLY = Rule("replied", UNIT, ("result",), (*_REPLY_FIELDS, "attested", "told_at", "told_how", "tell"))
_TERM = ("until", "term", "term_basis")
TERMS_OF: dict[str, frozenset[str]] = {"statutory": HOTLINE | LAW, "set": HOTLINE | LAW}
"""Who may name a deadline of this kind; whoever dispatches, and the unit that has the ticket, may name a shorter one (Yanji 10)."""
_DISPATCH = Rule("dispatched", DESK, ("unit",), ("note", *_TERM, *FLAGS))
_REFUSE = Rule("refused", DESK, ("ground", "told"), ("clause",))
_ASK = Rule("extension_asked", UNIT, ("reason",))
_DISPUTE = Rule("disputed", OFFICE, ("question",), ("units",))
_REVIEW = Rule("reviewed", HOTLINE, (), ("site", "evidence", "note"))
_REJECT = Rule("working", HOTLINE, ("reason",))
_RESOLVE = Rule("resolved", HOTLINE, (), ("note",))
_REDO = Rule("redoing", OFFICE, ("cause", "reason"), ("reasonable", "at_fault", "until", "note"))
_ARCHIVE = Rule("archived", OFFICE | LAW, (), ("note", "proven", "reward"))


def _anywhere() -> Iterator[tuple[tuple[State, Action], Rule]]:
    """What may be done all along an open ticket, or once it is over."""
    for state in (
        *WITH_UNIT,
        *REPLIED,
        "resolved",
    ):  # a citizen told only after the reply is told all the same
        yield (state, "contact"), Rule("same", UNIT, ("talk",), ("how", "reached"))
    for state in WITH_UNIT:
        yield (state, "press"), Rule("same", HOTLINE, ("way",), ("words", "until", "rang"))
        yield (state, "set_term"), Rule("same", HOTLINE | UNIT, ("term", "until"), ("term_basis", "note"))
    for state in OPEN:
        yield (state, "supplement"), Rule("same", DESK | CITIZEN, ("words",), ("via",))
        yield (state, "urge"), Rule("same", DESK | CITIZEN, (), ("words", "via"))
        yield (state, "withdraw"), Rule("withdrawn", DESK | CITIZEN, ("reason",), ("via",))
        yield (state, "merge"), Rule("merged", HOTLINE, ("into",), ("reason",))
    for state in OVER:
        if state != "archived":
            yield (state, "archive"), _ARCHIVE


RULES: dict[tuple[State, Action], Rule] = {
    ("intake", "answer"): Rule("answered", DESK, ("article",), ("note",)),
    ("intake", "refuse"): _REFUSE,
    ("filed", "refuse"): _REFUSE,
    ("returned", "refuse"): _REFUSE,
    ("intake", "file"): Rule("filed", DESK | CITIZEN, (), FLAGS),
    ("filed", "dispatch"): _DISPATCH,
    ("returned", "dispatch"): _DISPATCH,
    ("filed", "dispute"): _DISPUTE,
    ("returned", "dispute"): _DISPUTE,
    ("disputed", "escalate"): Rule("same", OFFICE, ("rung",), ("opinion",)),
    ("disputed", "decide"): Rule("dispatched", OFFICE, ("unit", "basis"), ("matter", "note", *_TERM, "on_site", "complex")),
    ("dispatched", "sign"): Rule("signed", UNIT),
    ("dispatched", "return"): _RETURN,
    ("dispatched", "deem_accepted"): Rule("deemed", LAW),
    ("deemed", "sign"): Rule("signed", UNIT),
    ("signed", "return"): _RETURN,
    ("signed", "ask_extension"): _ASK,
    ("redoing", "ask_extension"): _ASK,
    ("extension_asked", "grant_extension"): Rule("working", OFFICE, (), ("until", "note")),
    ("extension_asked", "refuse_extension"): Rule("working", OFFICE, (), ("reason",)),
    ("extension_asked", "reply"): _REPLY,
    ("signed", "reply"): _REPLY,
    ("redoing", "reply"): _REPLY,
    ("replied", "review"): _REVIEW,
    ("replied", "reject"): _REJECT,
    ("reviewed", "reject"): _REJECT,
    ("replied", "resolve"): _RESOLVE,
    ("reviewed", "resolve"): _RESOLVE,
    ("resolved", "revisit"): Rule("revisited", DESK | LAW, ("grade",), ("via", "reasonable", "contacted", "solved", "note")),
    ("replied", "redo"): _REDO,
    ("reviewed", "redo"): _REDO,
    ("revisited", "redo"): _REDO,
    **dict(_anywhere()),
}  # fmt: skip

BARRED: dict[Relation, frozenset[Action]] = {
    "supervision": frozenset({
        "return", "ask_extension", "set_term", "dispute", "redo", "merge", "withdraw", "refuse", "urge", "supplement",
        "revisit",
    }),
    "assist": frozenset({"merge", "refuse"}),
    "descent": frozenset({"merge", "refuse"}),
}  # fmt: skip
"""What a child ticket can't do though the table names it. A supervision order is answered, not given back (Heyuan 18), and
nobody at a seat makes it disappear: it ends where the hotline office closes it.
"""

VOIDED_BY: dict[Relation, frozenset[str]] = {"supervision": LAW, "assist": LAW, "descent": LAW}
"""What withdraws a child by itself: the office's closing of an order whose matter is gone (app/orders.py), and of work that was
handed down the return of the ticket above (app/below.py).
"""

HANDED_ON: dict[Relation, frozenset[str]] = {"assist": LAW, "descent": UNIT | LAW, "supervision": LAW}
"""Who besides the desk files and dispatches such a child ticket: a unit hands work down, a red card opens supervision by itself,
and a statute's own term comes along to whoever helps.
"""


def besides(state: State, action: Action, relation: Relation | None) -> frozenset[str]:
    """Who takes this step on such a child beside the rule's own roles. Which unit's people may, the tickets above say (app/kin.py).

    Work that came back from below is the unit's again that had handed it down: it hands it to another or takes it back.
    """
    if relation is None:
        return frozenset()
    if action in ("file", "dispatch"):
        return HANDED_ON.get(relation, frozenset())
    if action == "withdraw":
        came_back = UNIT if (relation, state) == ("descent", "returned") else frozenset()
        return VOIDED_BY.get(relation, frozenset()) | came_back
    return frozenset()


PASSED_ON: tuple[Action, ...] = ("supplement", "urge", "withdraw")
"""What a citizen does to a merged ticket is done to the one it went into; who takes back a matter there leaves that one standing."""

FACTS = frozenset(fact for rule in RULES.values() for fact in (*rule.needs, *rule.may))
"""Every fact any step takes; edges check names against it before they unpack what a client sent."""


def possible(state: State, role: str, relation: Relation | None = None) -> tuple[Action, ...]:
    """What somebody of that role could do now; the desk's buttons. Facts and dates may still forbid it."""
    barred = BARRED.get(relation, frozenset()) if relation else frozenset()
    return tuple(
        action
        for (at, action), rule in RULES.items()
        if at == state
        and ((role in rule.by and action not in barred) or role in besides(state, action, relation))
    )


def passed_on(head: State, role: str, relation: Relation | None = None) -> tuple[Action, ...]:
    """Of `PASSED_ON`, what can be done now to a ticket that went into one in this state."""
    now = possible(head, role, relation)
    return tuple(deed for deed in PASSED_ON if deed in now)
