"""Which calls are about a ticket, however they came about: holds keep all of them, and of a confidential one none lies outside the veil."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true, union_all
from sqlalchemy.orm import aliased

from store.tables import Errand, Ticket, UnitCall


def links(ticket: Any) -> tuple[tuple[Any, ColumnElement[bool]], ...]:
    """How a call may be about `ticket` (an alias of Ticket): the column that holds the call's id, and what joins it to the ticket.

    It came in that call; a unit phoned the citizen through us; we asked afterwards; a call-back went on with one that was cut off,
    and it came in either.
    """
    joined, asked, after, before = aliased(UnitCall), aliased(Errand), aliased(Errand), aliased(Errand)
    return (
        (ticket.call_id, true()),
        (joined.call_id, joined.ticket_id == ticket.id),
        (asked.out_call_id, asked.ticket_id == ticket.id),
        (after.out_call_id, after.call_id == ticket.call_id),
        (before.call_id, before.out_call_id == ticket.call_id),
    )


def secret(call_id: Any) -> ColumnElement[bool]:
    """Whether the call whose id stands in this column is about a confidential matter."""
    ticket = aliased(Ticket)
    ways = (select(ticket.id).where(call == call_id, how, ticket.confidential) for call, how in links(ticket))
    return or_(*(way.exists() for way in ways))


def secret_matters(calls: Sequence[str], tickets: Sequence[str] = ()) -> Select[Any]:
    """Question for the confidential matters behind these calls and tickets, some of either: the id asked for, the ticket's, the reporter's name."""
    ticket = aliased(Ticket)
    ways = [(one, one.in_(calls), how) for one, how in links(ticket)] if calls else []
    ways += [(ticket.id, ticket.id.in_(tickets), true())] if tickets else []
    parts = [
        select(one.label("asked"), ticket.id.label("ticket_id")).where(among, how, ticket.confidential)
        for one, among, how in ways
    ]
    found = union_all(*parts).subquery()
    return select(found.c.asked, Ticket.id, Ticket.citizen_name).join(Ticket, Ticket.id == found.c.ticket_id)
