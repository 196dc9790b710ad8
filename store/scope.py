"""Rights as conditions: every question of the HTTP edge about somebody's rows carries one of these, so nothing is filtered afterwards."""

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import aliased

from core.rights import Scope
from store.tables import (
    ArticleUse,
    Call,
    EnterpriseItem,
    Errand,
    EventRow,
    FrozenSheet,
    GradeRow,
    Hold,
    Line,
    Lookup,
    Message,
    NoticeRow,
    Recording,
    Release,
    Seat,
    Supervision,
    Ticket,
    Unit,
    UnitPhone,
    User,
)
from tickets.ticket import AGAIN, HELPING

Condition = ColumnElement[bool]


def units(scope: Scope, code: Any) -> Condition:
    """Rows that name a unit in column `code`."""
    if scope.everything:
        return true()
    if scope.unit is not None:
        return and_(code == scope.unit)
    return code.in_(_units_there(scope)) if scope.places is not None else false()


def calls(scope: Scope) -> Condition:
    """Calls somebody had or has at their seat; of a division: on its lines, or with a ticket of its units."""
    if scope.everything:
        return true()
    if scope.user is not None:
        mine = _own_calls(scope.user)
        if not scope.citizen:
            return mine
        theirs = select(Call.caller_hash).where(Call.id.in_(_held(scope.user)), Call.caller_hash != "")
        told = (Call.caller_hash == number for number in scope.callers if number)
        return or_(mine, Call.caller_hash.in_(theirs), *told)
    if scope.places is None:
        return false()
    here = select(Line.number).where(Line.unit_code.in_(_units_there(scope)))
    turned_into = select(Ticket.call_id).where(tickets(scope), Ticket.call_id.is_not(None))
    return or_(Call.line.in_(here), Call.id.in_(turned_into))


def tickets(scope: Scope) -> Condition:
    """Tickets of a unit, of a division's units, or that came from somebody's calls or citizen."""
    if scope.everything:
        return true()
    if scope.user is not None:
        from_calls = select(Call.id).where(calls(scope))
        return or_(Ticket.call_id.in_(from_calls), Ticket.filed_by == scope.user)
    named = units(scope, Ticket.unit_code)
    if scope.places is None:
        return named
    return or_(named, and_(Ticket.unit_code.is_(None), Ticket.place.in_(sorted(scope.places))))


def joined(scope: Scope) -> Condition:
    """Tickets that went into a unit's ticket, or repeat it: whoever handles the matter answers each of its citizens.

    Asked beside `tickets` where one ticket or one ticket's children are wanted, not in every list.
    """
    if scope.unit is None:
        return false()
    return and_(Ticket.relation.in_(AGAIN), _handled_by(scope.unit))


def _handled_by(unit: str) -> Condition:
    """The ticket's parent is the unit's, or went into one that is, however often one went into another."""
    above, further = aliased(Ticket), aliased(Ticket)
    first = select(above.id, above.parent_id, above.relation, above.unit_code).where(
        above.id == Ticket.parent_id
    )
    up = first.correlate(Ticket).cte("up", recursive=True, nesting=True)
    up = up.union(
        select(further.id, further.parent_id, further.relation, further.unit_code).where(
            further.id == up.c.parent_id, up.c.relation == "merged"
        )
    )
    return select(up.c.id).where(up.c.unit_code == unit).exists()


def came_back(scope: Scope) -> Condition:
    """Work a unit handed down that was given back: its own again, to hand to another or to take back. Asked as `joined` is."""
    if scope.unit is None:
        return false()
    above = aliased(Ticket)
    mine = select(above.id).where(above.id == Ticket.parent_id, above.unit_code == scope.unit).exists()
    return and_(Ticket.relation == "descent", Ticket.unit_code.is_(None), mine)


def kin(scope: Scope) -> Condition:
    """To be read besides `tickets`: what a unit's tickets wait for, and what its own help with; one step up or down, no further."""
    if scope.unit is None or scope.user is not None:
        return false()
    other = aliased(Ticket)
    mine = other.unit_code == scope.unit
    below = and_(Ticket.relation.in_(HELPING), Ticket.parent_id.in_(select(other.id).where(mine)))
    helped = select(other.parent_id).where(mine, other.relation.in_(HELPING), other.parent_id.is_not(None))
    return or_(below, Ticket.id.in_(helped))


def answered_for(scope: Scope) -> Condition:
    """As `calls`, and those that were somebody's until a supervisor took them over."""
    if scope.user is None:
        return calls(scope)
    supervised = select(Supervision.call_id).where(Supervision.agent_id == scope.user)
    return or_(calls(scope), Call.id.in_(supervised))


def recordings(scope: Scope) -> Condition:
    return _of_call(scope, Recording.call_id)


def messages(scope: Scope) -> Condition:
    return _of_call(scope, Message.call_id)


def errands(scope: Scope) -> Condition:
    return _of_either(scope, Errand.call_id, Errand.ticket_id)


def notices(scope: Scope) -> Condition:
    return _of_either(scope, NoticeRow.call_id, NoticeRow.ticket_id)


def releases(scope: Scope) -> Condition:
    """Requests of one's own; of a unit's people also those about their unit's knowledge, which are theirs to decide.

    Of a division: those its people asked for, and those about its tickets, calls, sheets and knowledge.
    """
    if scope.everything:
        return true()
    if scope.places is not None:
        sheets = select(FrozenSheet.id).where(units(scope, FrozenSheet.unit_code))
        theirs = _of_either(scope, Release.object_id, Release.object_id)
        sounds = Release.object_id.in_(select(Recording.id).where(recordings(scope)))
        about = or_(theirs, sounds, Release.object_id.in_(sheets), units(scope, Release.unit_code))
        return or_(Release.asked_by.in_(_people_there(scope)), about)
    if scope.user is None:
        return false()
    mine = Release.asked_by == scope.user
    return or_(mine, Release.unit_code == scope.unit) if scope.unit else mine


def callers(scope: Scope, number: Any, by: Any) -> Condition:
    """Numbers (`number`: column of their hash) that called or wrote within a division, or that its people entered (`by`)."""
    if scope.everything:
        return true()
    if scope.places is None:
        return false()
    called = select(Call.id).where(Call.caller_hash == number, calls(scope)).exists()
    wrote = select(Ticket.id).where(Ticket.caller_hash == number, tickets(scope)).exists()
    return or_(by.in_(_people_there(scope)), and_(number != "", or_(called, wrote)))


def grades(scope: Scope) -> Condition:
    return _of_either(scope, GradeRow.call_id, GradeRow.ticket_id)


def uses(scope: Scope) -> Condition:
    """What citizens were told, in the calls and tickets within reach."""
    return _of_either(scope, ArticleUse.call_id, ArticleUse.ticket_id)


def lookups(scope: Scope) -> Condition:
    """Looks of a division's people, and anybody's at its calls and tickets."""
    if scope.everything:
        return true()
    return or_(Lookup.actor.in_(_people_there(scope)), _of_either(scope, Lookup.subject, Lookup.subject))


def holds(scope: Scope) -> Condition:
    return _of_either(scope, Hold.object_id, Hold.object_id)


def supervisions(scope: Scope) -> Condition:
    return _of_call(scope, Supervision.call_id)


def users(scope: Scope) -> Condition:
    """Accounts of a division's people and of its units'."""
    if scope.everything:
        return true()
    return User.id.in_(_people_there(scope))


def enterprise_items(scope: Scope) -> Condition:
    """Lines of the enterprises' ledger: of a division's units, calls and tickets, or entered by its people; or one's own."""
    if scope.everything:
        return true()
    theirs = _of_either(scope, EnterpriseItem.call_id, EnterpriseItem.ticket_id)
    if scope.places is None:
        return or_(theirs, EnterpriseItem.by == scope.user) if scope.user is not None else false()
    return or_(theirs, units(scope, EnterpriseItem.unit_code), EnterpriseItem.by.in_(_people_there(scope)))


def phones(scope: Scope) -> Condition:
    return units(scope, UnitPhone.unit_code)


def events(scope: Scope) -> Condition:
    """Facts of the tickets and calls within reach; what has no place (accounts, keys, rules) is for the whole house's people."""
    return _of_either(scope, EventRow.subject, EventRow.subject)


def _of_call(scope: Scope, call_id: Any) -> Condition:
    return true() if scope.everything else call_id.in_(select(Call.id).where(calls(scope)))


def _of_either(scope: Scope, call_id: Any, ticket_id: Any) -> Condition:
    if scope.everything:
        return true()
    in_tickets = ticket_id.in_(select(Ticket.id).where(tickets(scope)))
    return or_(in_tickets, _of_call(scope, call_id))


def _own_calls(user: str) -> Condition:
    return or_(Call.user_id == user, Call.id.in_(_held(user)))


def _held(user: str) -> Any:
    return select(Seat.call_id).where(Seat.user_id == user, Seat.call_id.is_not(None))


def _people_there(scope: Scope) -> Any:
    """Who belongs to these places, or to a unit there."""
    return select(User.id).where(
        or_(User.division.in_(sorted(scope.places or ())), User.unit_code.in_(_units_there(scope)))
    )


def _units_there(scope: Scope) -> Any:
    return select(Unit.code).where(Unit.division.in_(sorted(scope.places or ())))
