"""`apply`: the only way a ticket changes. Pure: the caller loads, saves with compare-and-set and appends the events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.calendar import Calendar
from core.errors import BadInput, Conflict, NotAllowed, WrongState
from core.events import Dispatched, Event, Replied, Revisited, TicketFiled
from core.policy import Policy
from core.policy_parts import FLAGS
from tickets.alarms import Alarm, cards, fallen, next_alarm, next_alarm_after
from tickets.clock import local
from tickets.effects import EFFECTS, Deed, Effect, flagged, only_state, told_moment
from tickets.explain import Explanation
from tickets.extension import ask, asked_outside_window, grant
from tickets.redo import redo
from tickets.reject import reject
from tickets.supervision import press
from tickets.table import BARRED, HOTLINE, RULES, TERMS_OF, Rule, besides
from tickets.ticket import (
    ACTION_NAMES,
    CLOCK,
    RELATION_NAMES,
    STATE_NAMES,
    UNIT_ROLES,
    Action,
    Actor,
    Entry,
    State,
    Ticket,
    TicketStepped,
)

MAX_FACT = 20_000
"""Characters in one fact."""
ALL_EFFECTS: dict[Action, Effect] = {
    **EFFECTS,
    "ask_extension": ask,
    "grant_extension": grant,
    "redo": redo,
    "reject": reject,
    "press": press,
}


class MissingFact(BadInput):
    """A step lacks something the table or the policy's clause demands."""

    code = "missing_fact"


@dataclass(frozen=True, slots=True)
class Applied:
    """`ticket` after the step, `entries` its new lines of history, `explanation` where the step started a clock.

    cards: those of the clocks that run now; None where the step leaves them as they were.
    """

    ticket: Ticket
    events: tuple[Event, ...]
    entries: tuple[Entry, ...] = ()
    explanation: Explanation | None = None
    cards: tuple[Alarm, ...] | None = None


def apply(
    ticket: Ticket,
    action: Action,
    actor: Actor,
    at: datetime,
    policy: Policy,
    calendar: Calendar,
    /,
    *,
    version: int | None = None,
    **facts: Any,
) -> Applied:
    """One step of the lifecycle table. Cards that fell before it and were not yet swept come first among the events.

    at: aware, when it was done. `version`: what the actor decided on, if known. Facts are the rule's `needs` and `may`.
    Raises Conflict (somebody was first), NotAllowed (no such step, role or date), MissingFact, BadInput, NaiveTime.
    Source: Heyuan art. 8-15, 18; Yanji art. 9-12, annex 五(一); Henan 三(四)(五).
    """
    local(at)
    if version is not None and version != ticket.version:
        raise Conflict(
            f"工单 {ticket.label} 已被他人处理：现为版本 {ticket.version}，您依据的是版本 {version}"
        )
    rule = _rule(ticket, action, actor)
    kept = _facts(ticket, action, rule, policy, facts)
    _may_name(ticket, action, actor, kept)
    deed = Deed(ticket, at, policy, calendar, facts)
    moved, explanation = ALL_EFFECTS.get(action, only_state)(deed)
    late = _late(deed, action)
    after = _next(rule, ticket)
    if action == "reject" and moved.due and moved.due != ticket.due:
        kept["until"] = moved.due.isoformat()  # the deadline that now holds, for whoever reads the history
    entry = Entry(at, actor.id, actor.role, action, ticket.state, after, ticket.version + 1, late, kept)
    moved = replace(moved, state=after, version=entry.version, history=(*ticket.history, entry))
    moved = replace(moved, next_alarm_at=next_alarm_after(ticket, moved, policy, calendar, at))
    fell = [a.event(ticket, at) for a in fallen(ticket, policy, calendar, at) if a.sign != "deemed"]
    events = (*fell, *_events(ticket, moved, action, entry))
    return Applied(moved, events, (entry,), explanation, cards(moved, policy, calendar, at))


def sweep(ticket: Ticket, policy: Policy, calendar: Calendar, now: datetime) -> Applied:
    """Act on every alarm up to `now`: card events once each, deemed acceptance; sets the next alarm. Idempotent."""
    found = fallen(ticket, policy, calendar, now)
    if not found:
        return Applied(_looked_at(ticket, policy, calendar, now), ())
    fell = tuple(alarm.event(ticket, now) for alarm in found if alarm.sign != "deemed")
    if len(fell) < len(found):
        return apply(ticket, "deem_accepted", CLOCK, now, policy, calendar)
    seen = replace(ticket, version=ticket.version + 1)
    return Applied(replace(seen, next_alarm_at=next_alarm_after(ticket, seen, policy, calendar, now)), fell)


def _looked_at(ticket: Ticket, policy: Policy, calendar: Calendar, now: datetime) -> Ticket:
    """An alarm that the rules no longer know (a profile was changed) must not be looked at for ever, before all others."""
    if ticket.next_alarm_at is None or ticket.next_alarm_at > now:
        return ticket
    coming = next_alarm(ticket, policy, calendar, now)
    return replace(ticket, version=ticket.version + 1, next_alarm_at=coming)


def _next(rule: Rule, ticket: Ticket) -> State:
    if rule.next == "same":
        return ticket.state
    if rule.next == "working":
        return "redoing" if ticket.redone else "signed"
    return rule.next


def _rule(ticket: Ticket, action: Action, actor: Actor) -> Rule:
    rule = RULES.get((ticket.state, action))
    deed = f"“{ACTION_NAMES.get(action, action)}”({action})"
    if rule is None:
        raise WrongState(f"工单 {ticket.label} 处于“{STATE_NAMES[ticket.state]}”({ticket.state})，不能{deed}")
    if actor.role in besides(ticket.state, action, ticket.relation):
        return rule
    if ticket.relation and action in BARRED.get(ticket.relation, ()):
        raise NotAllowed(f"{RELATION_NAMES[ticket.relation]}工单 {ticket.label}({ticket.state}) 不能{deed}")
    if actor.role not in rule.by:
        raise NotAllowed(f"{deed}须由 {'/'.join(sorted(rule.by))} 办理，{actor.role} 不能")
    if actor.role in UNIT_ROLES and (not actor.unit or actor.unit != ticket.unit):
        raise NotAllowed(f"工单 {ticket.label} 的承办单位是 {ticket.unit}，{actor.unit} 不能{deed}")
    return rule


def _may_name(ticket: Ticket, action: Action, actor: Actor, facts: Mapping[str, Any]) -> None:
    """A deadline later than the rules', or where there is none, is the hotline's to name, not every desk's; so is correcting what
    was said of the matter when it was filed, with the reason. Raises NotAllowed, MissingFact."""
    by = TERMS_OF.get(str(facts.get("term", "")))
    if by is not None and actor.role not in by:
        raise NotAllowed(
            f"term: {facts['term']} 的期限须由 {'/'.join(sorted(by))} 写明；{actor.role} 只能缩短（shorter）"
        )
    if action in ("dispatch", "decide") and (corrected := [flag for flag in FLAGS if flag in facts]):
        if actor.role not in HOTLINE:
            raise NotAllowed(
                f"{'、'.join(corrected)}: 登记后的更正须由 {'/'.join(sorted(HOTLINE))} 作出，{actor.role} 不能"
            )
        if not str(facts.get("note", "")).strip():
            raise MissingFact(f"note: 更正{'、'.join(corrected)}须写明理由")
    if action == "set_term" and actor.role in UNIT_ROLES and ticket.due is None:
        raise NotAllowed(f"工单 {ticket.label} 没有期限可以缩短，须由热线办写明（set）")


def _facts(
    ticket: Ticket, action: Action, rule: Rule, policy: Policy, facts: Mapping[str, Any]
) -> dict[str, Any]:
    needs = {*rule.needs, *ordered_by_clause(ticket, action, policy)}
    name = f"“{ACTION_NAMES[action]}”({action})"
    if unknown := facts.keys() - needs - set(rule.may):
        raise BadInput(f"{name}不接受：{'、'.join(sorted(unknown))}")
    kept = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts.items()}
    for key, value in kept.items():
        if not isinstance(value, str | bool) or len(str(value)) > MAX_FACT:
            raise BadInput(f"{name}的 {key} 须为文字，至多 {MAX_FACT} 字")
    if missing := sorted(key for key in needs if not str(kept.get(key, "")).strip()):
        raise MissingFact(f"工单 {ticket.label} {name}缺少：{'、'.join(missing)}")
    return kept


def ordered_by_clause(ticket: Ticket, action: Action, policy: Policy) -> tuple[str, ...]:
    """Facts that the policy's clause wants on top of the table's."""
    if ticket.relation == "supervision":  # answered in writing (Heyuan 18), not by the seven fields
        return ()
    if action == "return":
        return policy.stages.return_.needs
    if action == "reply" and policy.reply:
        return policy.reply.fields
    if action == "refuse_extension" and (not policy.extension or policy.extension.refusal_needs_reason):
        return ("reason",)
    return ()


def _late(deed: Deed, action: Action) -> bool:
    """Not within the time that the action's own clause gives."""
    ticket = deed.ticket
    if action == "ask_extension":
        return asked_outside_window(ticket.due, ticket.started_at, deed.at, deed.policy, deed.calendar)
    if ticket.relation == "supervision" and action == "sign":
        return False
    # a site check is claimed with the return, several units may be found at dispatch
    deed = replace(deed, ticket=flagged(deed))
    if action == "sign" or action == "return":
        end = deed.explained(action, deed.started_at).due
    elif action == "dispatch" and "multi_unit" in deed.facts:
        end = deed.explained("dispatch", deed.started_at).due
    else:
        end = ticket.due if action in ("dispatch", "decide", "reply") else None
    return end is not None and deed.at >= end


def _events(before: Ticket, ticket: Ticket, action: Action, entry: Entry) -> tuple[Event, ...]:
    """What is told of a step; a return speaks of the unit that gave the ticket back."""
    at, unit, was = entry.at, ticket.unit or before.unit, before.state
    match action:
        case "file":
            return (TicketFiled(at, ticket.id, ticket.call_id, ticket.type),)
        case "dispatch" | "decide":
            said = {} if action == "decide" else {k: v for k, v in entry.facts.items() if k != "unit"}
            told = Dispatched(
                at, ticket.id, unit or "", ticket.due, entry.late, was, ticket.state, action, said
            )
            return (told, _stepped(ticket, action, entry, unit)) if action == "decide" else (told,)
        case "reply":
            return (_replied(ticket, entry, unit or ""),)
        case "revisit":
            return (_stepped(ticket, action, entry, unit), Revisited(at, ticket.id, ticket.grade, unit))
        case _:
            return (_stepped(ticket, action, entry, unit),)


_TELLS = ("told_at", "told_how", "attested", "talk", "tell")
"""Facts of a reply that say the citizen was told: attested, in the talk it speaks of, or by our own text."""


def _replied(ticket: Ticket, entry: Entry, unit: str) -> Replied:
    told = any(str(entry.facts.get(name) or "").strip() for name in _TELLS)
    at = told_moment(entry.facts, entry.at)
    late = at >= ticket.due if at is not None and ticket.due is not None else told and entry.late
    return Replied(entry.at, ticket.id, unit, entry.late, entry.before, told=told, told_at=at, told_late=late)


def _stepped(ticket: Ticket, action: Action, entry: Entry, unit: str | None) -> TicketStepped:
    return TicketStepped(
        entry.at, ticket.id, action, ticket.state, entry.actor, entry.late, entry.facts, entry.before, unit
    )
