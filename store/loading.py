"""Rows made into a session's objects without SQLAlchemy's execution: on SQLite that costs several times what reading them does.

The columns, their types and the session's one object per row are SQLAlchemy's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Select, inspect
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, instance_state, set_committed_value

Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a row becomes an object: the attribute each place fills and how; `key`: attributes of the primary key.

    anew: an object the session has already is filled again.
    """

    mapper: Mapper[Any]
    places: tuple[tuple[str, Process | None], ...]
    key: tuple[str, ...]
    anew: bool

    def values(self, row: Sequence[Any]) -> dict[str, Any]:
        return {
            name: process(value) if process else value
            for (name, process), value in zip(self.places, row, strict=True)
        }


_KNOWN: WeakKeyDictionary[Dialect, dict[Select[Any], Shape]] = WeakKeyDictionary()


def shape_of(dialect: Dialect, statement: Select[Any]) -> Shape:
    """Of a statement that asks for whole rows of one table."""
    known = _KNOWN.setdefault(dialect, {})
    if statement not in known:
        known[statement] = _shape(dialect, statement)
    return known[statement]


def _shape(dialect: Dialect, statement: Select[Any]) -> Shape:
    (described,) = statement.column_descriptions
    mapper: Mapper[Any] = inspect(described["entity"])
    if described["expr"] is not mapper.class_:
        raise TypeError("only whole rows of one table become objects here")
    places = tuple(
        (mapper.get_property_by_column(mapper.local_table.c[column.name]).key, _process(column.type, dialect))
        for column in statement.selected_columns
    )
    key = tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)
    return Shape(mapper, places, key, bool(statement.get_execution_options().get("populate_existing")))


def _process(type_: Any, dialect: Dialect) -> Process | None:
    made: Process | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return made


def objects(session: Session, shape: Shape, rows: Sequence[Sequence[Any]]) -> list[Any]:
    """The rows as this session's objects, in order."""
    return [_object(session, shape, row) for row in rows]


def _object(session: Session, shape: Shape, row: Sequence[Any]) -> Any:
    values = shape.values(row)
    identity = shape.mapper.identity_key_from_primary_key(tuple(values[name] for name in shape.key))
    there = session.identity_map.get(identity)
    if there is None:
        made = shape.mapper.class_manager.new_instance()
        instance_dict(made).update(values)
        make_transient_to_detached(made)
        session.add(made)
        return made
    wanted = values.keys() if shape.anew else values.keys() & instance_state(there).expired_attributes
    for name in wanted:
        set_committed_value(there, name, values[name])
    return there
