"""Events and look-ups can be added and read, nothing else: our own code is refused before the database refuses it."""

from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import ORMExecuteState, Session

from store.errors import AppendOnly
from store.tables_assess import APPEND_ONLY as IN_ASSESS
from store.tables_audit import APPEND_ONLY as IN_AUDIT
from store.tables_care import APPEND_ONLY as IN_CARE
from store.tables_knowledge import APPEND_ONLY as IN_KNOWLEDGE
from store.tables_orders import APPEND_ONLY as IN_ORDERS
from store.tables_routing import APPEND_ONLY as IN_ROUTING
from store.tables_secrecy import APPEND_ONLY as IN_SECRECY
from store.tables_tickets import APPEND_ONLY as IN_TICKETS
from store.tables_units import APPEND_ONLY as IN_UNITS

APPEND_ONLY = (
    *IN_ASSESS,
    *IN_TICKETS,
    *IN_CARE,
    *IN_ORDERS,
    *IN_ROUTING,
    *IN_KNOWLEDGE,
    *IN_UNITS,
    *IN_AUDIT,
    *IN_SECRECY,
)


GUARDED = frozenset(entity.__tablename__ for entity in APPEND_ONLY)


def lift(connection: Connection, table: str) -> list[str]:
    """Lift the database's own guard of an append-only table until this transaction ends: for the sealing of its words only.

    Gives what puts it back.
    """
    if table not in GUARDED:
        return []
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        return [f'ALTER TABLE "{table}" ENABLE TRIGGER USER']
    triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    found = connection.execute(triggers, {"name": table}).all()
    for name, _ in found:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    return [str(sql) for _, sql in found]


def put_back(connection: Connection, guards: list[str]) -> None:
    for statement in guards:
        connection.exec_driver_sql(statement)


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
