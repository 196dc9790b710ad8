"""`apply`: the only way a ticket changes. Pure: the caller loads, saves with compare-and-set and appends the events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from core.calendar import Calendar
from core.errors import BadInput, Conflict, NotAllowed
from core.events import Dispatched, Event, Replied, TicketFiled
from core.policy import Policy
from tickets.alarms import fallen, next_alarm_after
from tickets.clock import local
from tickets.effects import EFFECTS, Deed, Effect, only_state
from tickets.explain import Explanation
from tickets.extension import ask, asked_outside_window, grant
from tickets.table import RULES, Rule
from tickets.ticket import ACTION_NAMES, CLOCK, STATE_NAMES, Action, Actor, Entry, Ticket, TicketStepped

MAX_FACT = 20_000
"""Characters in one fact."""
ALL_EFFECTS: dict[Action, Effect] = {**EFFECTS, "ask_extension": ask, "grant_extension": grant}


class MissingFact(BadInput):
    """A step lacks something the table or the policy's clause demands."""

    code = "missing_fact"


@dataclass(frozen=True, slots=True)
class Applied:
    """`ticket` after the step, `entries` its new lines of history, `explanation` where the step started a clock."""

    ticket: Ticket
    events: tuple[Event, ...]
    entries: tuple[Entry, ...] = ()
    explanation: Explanation | None = None


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
    Source: Heyuan art. 8-13; Yanji art. 9, 10, annex 五(一).
    """
    local(at)
    if version is not None and version != ticket.version:
        raise Conflict(f"工单 {ticket.id} 已被他人处理：现为版本 {ticket.version}，您依据的是版本 {version}")
    rule = _rule(ticket, action, actor)
    kept = _facts(ticket, action, rule, policy, facts)
    deed = Deed(ticket, at, policy, calendar, facts)
    moved, explanation = ALL_EFFECTS.get(action, only_state)(deed)
    late = _late(deed, action)
    entry = Entry(at, actor.id, actor.role, action, ticket.state, rule.next, ticket.version + 1, late, kept)
    moved = replace(moved, state=rule.next, version=entry.version, history=(*ticket.history, entry))
    moved = replace(moved, next_alarm_at=next_alarm_after(ticket, moved, policy, calendar, at))
    cards = [a.event(ticket, at) for a in fallen(ticket, policy, calendar, at) if a.sign != "deemed"]
    return Applied(moved, (*cards, _event(moved, action, entry)), (entry,), explanation)


def sweep(ticket: Ticket, policy: Policy, calendar: Calendar, now: datetime) -> Applied:
    """Act on every alarm up to `now`: card events once each, deemed acceptance; sets the next alarm. Idempotent."""
    found = fallen(ticket, policy, calendar, now)
    if not found:
        return Applied(ticket, ())
    cards = tuple(alarm.event(ticket, now) for alarm in found if alarm.sign != "deemed")
    if len(cards) < len(found):
        return apply(ticket, "deem_accepted", CLOCK, now, policy, calendar)
    seen = replace(ticket, version=ticket.version + 1)
    return Applied(replace(seen, next_alarm_at=next_alarm_after(ticket, seen, policy, calendar, now)), cards)


def _rule(ticket: Ticket, action: Action, actor: Actor) -> Rule:
    rule = RULES.get((ticket.state, action))
    deed = f"“{ACTION_NAMES.get(action, action)}”({action})"
    if rule is None:
        raise NotAllowed(f"工单 {ticket.id} 处于“{STATE_NAMES[ticket.state]}”({ticket.state})，不能{deed}")
    if actor.role not in rule.by:
        raise NotAllowed(f"{deed}须由 {'/'.join(sorted(rule.by))} 办理，{actor.role} 不能")
    if actor.role == "unit" and (not actor.unit or actor.unit != ticket.unit):
        raise NotAllowed(f"工单 {ticket.id} 的承办单位是 {ticket.unit}，{actor.unit} 不能{deed}")
    return rule


def _facts(
    ticket: Ticket, action: Action, rule: Rule, policy: Policy, facts: Mapping[str, Any]
) -> dict[str, Any]:
    needs = {*rule.needs, *_ordered_by_clause(action, policy)}
    name = f"“{ACTION_NAMES[action]}”({action})"
    if unknown := facts.keys() - needs - set(rule.may):
        raise BadInput(f"{name}不接受：{'、'.join(sorted(unknown))}")
    kept = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in facts.items()}
    for key, value in kept.items():
        if not isinstance(value, str | bool) or len(str(value)) > MAX_FACT:
            raise BadInput(f"{name}的 {key} 须为文字，至多 {MAX_FACT} 字")
    if missing := sorted(key for key in needs if not str(kept.get(key, "")).strip()):
        raise MissingFact(f"工单 {ticket.id} {name}缺少：{'、'.join(missing)}")
    return kept


def _ordered_by_clause(action: Action, policy: Policy) -> tuple[str, ...]:
    if action == "return":
        return policy.stages.return_.needs
    if action == "reply" and policy.reply:
        return policy.reply.fields
    if action == "refuse_extension" and policy.extension and policy.extension.refusal_needs_reason:
        return ("reason",)
    return ()


def _late(deed: Deed, action: Action) -> bool:
    """Not within the time that the action's own clause gives."""
    ticket = deed.ticket
    if action == "ask_extension":
        return asked_outside_window(ticket, deed.at, deed.policy, deed.calendar)
    if action == "sign" or action == "return":
        end = deed.explained(action, deed.started_at).due
    else:
        end = ticket.due if action in ("dispatch", "reply") else None
    return end is not None and deed.at >= end


def _event(ticket: Ticket, action: Action, entry: Entry) -> Event:
    match action:
        case "file":
            return TicketFiled(entry.at, ticket.id, ticket.call_id, ticket.type)
        case "dispatch":
            return Dispatched(entry.at, ticket.id, ticket.unit or "", ticket.due)
        case "reply":
            return Replied(entry.at, ticket.id, ticket.unit or "")
        case _:
            return TicketStepped(
                entry.at, ticket.id, action, ticket.state, entry.actor, entry.late, entry.facts
            )
