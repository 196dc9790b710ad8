"""Events and look-ups can be added and read, nothing else: our own code is refused before the database refuses it."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from store.errors import AppendOnly
from store.tables_care import APPEND_ONLY as IN_CARE
from store.tables_routing import APPEND_ONLY as IN_ROUTING
from store.tables_tickets import APPEND_ONLY as IN_TICKETS

APPEND_ONLY = (*IN_TICKETS, *IN_CARE, *IN_ROUTING)


class GuardedSession(Session):
    """The session under every AsyncSession that store.database opens."""


@event.listens_for(GuardedSession, "do_orm_execute")
def _no_bulk_change(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete):
        return
    mapper = state.bind_mapper
    if mapper is not None and issubclass(mapper.class_, APPEND_ONLY):
        _refuse(mapper.class_.__tablename__)


@event.listens_for(GuardedSession, "before_flush")
def _no_change_of_a_row(session: Session, _context: Any, _instances: Any) -> None:
    touched = [row for row in session.dirty if isinstance(row, APPEND_ONLY) and session.is_modified(row)]
    for row in [*touched, *(row for row in session.deleted if isinstance(row, APPEND_ONLY))]:
        _refuse(row.__tablename__)


def _refuse(table: str) -> None:
    raise AppendOnly(f"{table} is append-only: add a new fact instead")
