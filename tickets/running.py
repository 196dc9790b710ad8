"""Which clocks run for a ticket, since when, and what the policy says of each."""

from dataclasses import replace
from datetime import datetime

from core.calendar import Calendar
from core.policy import Policy
from core.policy_parts import StageName
from tickets.explain import Explanation, explain
from tickets.ticket import State, Ticket

RUNNING: dict[State, tuple[StageName, ...]] = {
    "filed": ("dispatch",),
    "returned": ("dispatch",),
    "disputed": ("dispatch",),
    "dispatched": ("sign", "handle"),
    "deemed": ("sign", "handle"),
    "signed": ("handle",),
    "extension_asked": ("handle",),
    "redoing": ("handle",),
}
"""Which stages' clocks run in which state. Heyuan 17(一) wants a sign-in even after deemed acceptance."""


def handling_stage(ticket: Ticket) -> StageName:
    """Whose terms the unit's work runs under: a supervision order's, those of a redo, or those of the type."""
    if ticket.relation == "supervision":
        return "supervise"
    return "redo" if ticket.redone else "handle"


def in_units_hands(ticket: Ticket) -> Ticket:
    """The ticket as it is once its reply fails review, which is still before the unit's deadline has lost its meaning."""
    if ticket.state in ("replied", "reviewed"):
        return replace(ticket, state="redoing" if ticket.redone else "signed")
    return ticket


def _stages(ticket: Ticket) -> tuple[StageName, ...]:
    found = RUNNING.get(ticket.state, ()) if ticket.started_at else ()
    own = handling_stage(ticket)
    if own == "supervise":  # the order is answered; nothing else of it has a clock
        found = tuple(stage for stage in found if stage != "sign")
    return tuple(own if stage == "handle" else stage for stage in found)


def running(ticket: Ticket, policy: Policy) -> tuple[StageName, ...]:
    """The stages whose clocks run; deemed acceptance ends those of sign-in where `cards_after_deemed` says so."""
    stages = _stages(ticket)
    if ticket.state == "deemed" and policy.switches.cards_after_deemed.value == "stop":
        return tuple(stage for stage in stages if stage != "sign")
    return stages


def deadline_stage(ticket: Ticket) -> StageName | None:
    """The stage `ticket.due` belongs to while its clock runs."""
    return next(reversed(_stages(ticket)), None)


def start_of(ticket: Ticket, stage: StageName, policy: Policy) -> datetime | None:
    """When the stage's own clock began: dispatch, or for handling the filing, where `handle_clock` says so.

    Source: Heyuan 9 (形成工单) and 10 (自收到诉求之日起).
    """
    if stage == "handle" and policy.switches.handle_clock.value == "filing":
        return ticket.filed_at or ticket.started_at
    return ticket.started_at


def explained(
    ticket: Ticket, stage: StageName, start: datetime, policy: Policy, calendar: Calendar
) -> Explanation:
    """What the policy says of `stage` begun at `start`, for a ticket such as this."""
    return explain(
        policy,
        stage,
        ticket.type,
        start,
        calendar=calendar,
        multi_unit=ticket.multi_unit,
        on_site=ticket.on_site,
        complex=ticket.complex,
    )
