"""Candidates for the accountability file, from the same facts that units are scored by. Pure; the same facts give the same one.

Source: Heyuan 19(一)-(十), 21; Yanji 16, 18, annex 五(二)1-6; Chenzhou 二.9; Henan 三(五)(七).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.accountability import FOUND, FOUND_NAMES, Found
from core.policy import Policy
from tickets.assessment.fact import Fact, ordered
from tickets.assessment.matter import Matter, Round, events_of, matters
from tickets.assessment.trace import Happened
from tickets.assessment.urging import in_vain
from tickets.clock import words
from tickets.redo import BAD_GRADES
from tickets.ticket import SETTLED

_BY_THEMSELVES: dict[str, Found] = {
    "knowledge.late": "knowledge_late", "knowledge.overdue": "knowledge_late", "knowledge.misled": "misled",
    "call.attitude": "attitude",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """`about`: the fact it all turns on (an event's id), so that it is found once; `kinds`: the gravest first."""

    about: str
    kinds: tuple[Found, ...]
    unit: str
    at: datetime
    events: tuple[str, ...]
    why: str
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One ticket: its facts as scoring knows them, its raw events, and what happened around it.

    repeats: `ticket.repeat` events of the tickets that raised this matter again; assisted: other units help with it; orders: what
    happened under the supervision orders about it (`supervision.…`).
    """

    ticket: str
    state: str
    facts: Sequence[Fact]
    happened: Sequence[Happened] = ()
    repeats: Sequence[Happened] = ()
    relation: str = ""
    assisted: bool = False
    orders: Sequence[Happened] = ()
    lead: "Story | None" = field(default=None)


def candidates(story: Story, policy: Policy, as_of: datetime) -> list[Candidate]:
    """Everything that this ticket's facts propose, as known at `as_of`."""
    facts = [fact for fact in ordered(story.facts) if fact.at <= as_of]
    found: list[Candidate] = []
    for unit in dict.fromkeys(fact.unit for fact in facts if fact.unit):
        for matter in matters(facts, unit):
            found += _late(story, matter, unit, as_of)
            found += _sent_back(matter, unit, policy)
            found += _untold(matter, unit)
    found += _returned(facts, story.ticket)
    found += _repeated(story, policy)
    return [*found, *_ordered(story)]


def by_themselves(happened: Iterable[Happened]) -> Iterator[Candidate]:
    """Events that propose a case without a ticket: knowledge not kept up, citizens misled, how somebody behaved."""
    for event in happened:
        kind = _BY_THEMSELVES.get(event.name)
        unit = str(event.payload.get("unit") or "")
        if kind and unit:
            article = event.payload.get("article") or ""
            why = f"{FOUND_NAMES[kind]}{f'：{article}' if article else ''}"
            ticket = str(event.payload.get("ticket_id") or "")
            yield Candidate(event.id, (kind,), unit, event.at, (event.id,), why, ticket)


# --- late, and what was done before it --------------------------------------------------------------------------------


def _late(story: Story, matter: Matter, unit: str, as_of: datetime) -> Iterator[Candidate]:
    for now in matter.rounds:
        if now.due is None or not now.overdue(as_of):
            continue
        kinds, proof = _why_late(story, matter, now, as_of)
        done = f"{words(now.replied.at)}办结" if now.replied else "尚未办结"
        if not now.replied and now.ended:
            done = f"{words(now.ended.at)}{_ENDED.get(now.ended.kind, '撤回')}前未办结"
        asked = "，曾申请延期" if now.asked and not now.granted else ""
        why = f"应于{words(now.due)}前办结，{done}{asked}：{'、'.join(FOUND_NAMES[one] for one in kinds)}"
        events = tuple(dict.fromkeys((*now.proof, *proof)))
        yield Candidate(f"{now.begun.id}/{unit}", kinds, unit, now.due, events, why, matter.ticket)


_ENDED = {"return": "退回", "withdraw": "撤回", "merge": "并单"}


def _why_late(
    story: Story, matter: Matter, now: Round, as_of: datetime
) -> tuple[tuple[Found, ...], list[str]]:
    """Every situation the lateness falls under, gravest first, and the further events that show it."""
    kinds: list[Found] = []
    proof: list[str] = []

    def add(kind: Found, facts: Iterable[str]) -> None:
        kinds.append(kind)
        proof.extend(facts)

    ordered_by = [one for one in story.orders if one.payload.get("unit") == now.begun.unit]
    if site := _gone_there((*story.happened, *ordered_by), now):
        add("on_site_undone", site)
    pressed = [fact for fact in now.pressed if in_vain(now, fact, as_of)]
    notices = [fact for fact in pressed if fact.data.get("form") == "notice"]
    if notices:
        add("notice_overdue", events_of(notices))
    if story.relation == "supervision":
        add("order_overdue", ())
    elif others := [
        *events_of(one for one in pressed if one not in notices),
        *_opened(ordered_by, now, as_of),
    ]:
        add("pressed_overdue", others)
    if now.begun.kind == "redo":
        add("redo_overdue", ())
    if now.granted:
        add("extended_overdue", events_of(now.granted))
    if slack := _complained(story, matter, now, as_of):
        add("shared_slack", slack)
    if not kinds or kinds == ["shared_slack"]:
        add("overdue", ())
    return tuple(sorted(dict.fromkeys(kinds), key=_GRAVEST.index)), proof


_GRAVEST: Sequence[Found] = (
    "on_site_undone", "notice_overdue", "pressed_overdue", "order_overdue", "extended_overdue", "redo_overdue", "shared_slack",
    "overdue", *FOUND,
)  # fmt: skip


def _opened(orders: Iterable[Happened], now: Round, as_of: datetime) -> list[str]:
    """督办单 is a way of pressing (Yanji annex 五(二)2): in vain where the term, or the order's own, ended with nothing done."""
    found, ended = [], now.replied or now.ended
    for one in orders:
        lay = now.begun.at <= one.at and (ended is None or one.at < ended.at)
        if one.name == "supervision.opened" and lay and _in_vain(one, now, ended.at if ended else as_of):
            found.append(one.id)
    return found


def _in_vain(order: Happened, now: Round, until: datetime) -> bool:
    due = order.payload.get("due")
    return now.due is None or order.at < now.due or not due or datetime.fromisoformat(str(due)) <= until


def _gone_there(happened: Iterable[Happened], now: Round) -> list[str]:
    """The office was there, or it was made public, and still nothing was done."""
    found = []
    for event in happened:
        form = event.payload.get("form")
        there = (
            event.name == "supervision.noted" and form == "on_site" and event.payload.get("kind") == "visit"
        )
        public = event.name == "supervision.publication" and event.payload.get("publication") == "approved"
        lay = now.begun.at <= event.at and (now.replied is None or event.at < now.replied.at)
        if (there or public) and lay:
            found.append(event.id)
    return found


def _complained(story: Story, matter: Matter, now: Round, as_of: datetime) -> list[str]:
    """A leading or assisting unit was slack, and the citizen complained: urged, raised it again, or graded it badly."""
    shared = story.assisted or story.relation == "assist"
    if not shared:
        return []
    told = story.lead or story
    urged = [one.id for one in told.happened if _action(one) == "urge" and now.begun.at <= one.at <= as_of]
    bad = [one.id for one in matter.grades if one.data.get("grade") in BAD_GRADES]
    again = [one.id for one in told.repeats if now.begun.at <= one.at <= as_of]
    return [*urged, *bad, *again]


def _action(event: Happened) -> Any:
    return event.payload.get("action") if event.name == "ticket.stepped" else None


# --- sent back, given back, not told, raised again --------------------------------------------------------------------


def _sent_back(matter: Matter, unit: str, policy: Policy) -> Iterator[Candidate]:
    """Counts once it is verified, where the city's reading holds anybody to account for it at all."""
    if policy.switches.redo_accountable.value == "never":
        return
    for before, now in zip(matter.rounds, matter.rounds[1:], strict=False):
        back = now.begun
        if (
            back.kind == "redo"
            and back.data.get("reasonable") is not False
            and back.data.get("unit_at_fault") is not False
        ):
            events = events_of((before.begun, before.replied, back))
            why = f"{words(back.at)}发回重办：{back.data.get('cause') or '办理未达要求'}"
            yield Candidate(back.id, ("redo",), unit, back.at, events, why, matter.ticket)


def _untold(matter: Matter, unit: str) -> Iterator[Candidate]:
    """Also what only a machine heard: whoever verifies the candidate looks into it."""
    for now in matter.rounds if matter.asked_about else ():
        if (said := now.denied) is not None:
            why, proof = f"{words(said.at)}回访，诉求人称未收到办理结果", events_of((now.replied, said))
            yield Candidate(said.id, ("not_told",), unit, said.at, proof, why, matter.ticket)


def _returned(facts: Sequence[Fact], ticket: str) -> Iterator[Candidate]:
    """Given back late, or given back by the unit whose matter it turned out to be."""
    for place, fact in enumerate(facts):
        if fact.kind != "return":
            continue
        after = next((one for one in facts[place + 1 :] if one.kind == "dispatch"), None)
        kinds: list[Found] = []
        if after is not None and after.unit == fact.unit:
            kinds.append("shirked")
        if fact.data.get("late"):
            kinds.append("late_return")
        if kinds:
            proof = events_of((fact, after if "shirked" in kinds else None))
            why = f"{words(fact.at)}退回：{'、'.join(FOUND_NAMES[one] for one in kinds)}"
            yield Candidate(fact.id, tuple(kinds), fact.unit, fact.at, proof, why, ticket)


def _repeated(story: Story, policy: Policy) -> Iterator[Candidate]:
    """Raised again so often as the clause says, or more, and not solved: still open, or raised again after it was settled."""
    often = policy.repeats.accountable_from
    real = _real(story.repeats)
    if often is None or len(real) < often.value or story.relation:
        return
    last = max(real, key=lambda one: one.at)
    units = [fact for fact in ordered(story.facts) if fact.kind in ("dispatch", "redo") and fact.unit]
    settled = [fact.at for fact in story.facts if fact.kind == "resolve"]
    if not units or (story.state in SETTLED and settled and max(settled) > last.at):
        return
    proof = tuple(one.id for one in sorted(real, key=lambda one: one.at))
    why = f"同一事项重复投诉{len(real)}次，尚未解决（{often.clause}）"
    yield Candidate(
        f"{story.ticket}/repeated", ("repeated",), units[-1].unit, last.at, proof, why, story.ticket
    )


def _real(repeats: Sequence[Happened]) -> list[Happened]:
    """One per ticket that raised it again, as it was judged last; suspected and unreasonable ones left out."""
    first: dict[str, Happened] = {}
    said: dict[str, dict[str, Any]] = {}
    for one in sorted(repeats, key=lambda event: (event.at, event.seq)):
        ticket = str(one.payload.get("ticket_id") or one.id)
        first.setdefault(ticket, one)
        said.setdefault(ticket, {}).update(
            {
                name: one.payload[name]
                for name in ("confirmed", "reasonable")
                if one.payload.get(name) is not None
            }
        )
    return [
        one for ticket, one in first.items()
        if said[ticket].get("confirmed", True) and said[ticket].get("reasonable", True)
    ]  # fmt: skip


def _ordered(story: Story) -> Iterator[Candidate]:
    """因办理工作不力，被市领导批示督办: that it was for poor work is for people to verify."""
    for event in story.happened:
        if event.name == "supervision.opened" and event.payload.get("trigger") == "leader_note":
            unit = str(event.payload.get("unit") or "")
            why = f"{words(event.at)}因市领导批示或交办发出督办单"
            yield Candidate(event.id, ("leader_ordered",), unit, event.at, (event.id,), why, story.ticket)
