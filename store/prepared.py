"""Statements bound without SQLAlchemy's execution: on SQLite that costs ten times what the statement itself does.

The statement is compiled once for each set of columns; types, defaults and the order of values are SQLAlchemy's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler

Statement = Insert | Update | Select[Any]
_Value = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """SQL with `?` marks, how the value of each name is made for a row, and which names the marks stand for."""

    sql: str
    columns: frozenset[str]
    values: tuple[tuple[str, _Value], ...]
    order: tuple[str, ...]

    def bound(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Raises ValueError where the row names other columns than the statement was prepared for."""
        if row.keys() != self.columns:
            raise ValueError(f"rows of one write name different columns: {sorted(row.keys() ^ self.columns)}")
        made = {name: value(row) for name, value in self.values}
        return tuple(made[name] for name in self.order)


_KNOWN: WeakKeyDictionary[Dialect, dict[tuple[Statement, tuple[str, ...]], Prepared | None]] = (
    WeakKeyDictionary()
)


def prepared(dialect: Dialect, statement: Statement, columns: tuple[str, ...]) -> Prepared | None:
    """None where the SQL's text depends on the values (an IN list)."""
    known = _KNOWN.setdefault(dialect, {})
    if (statement, columns) not in known:
        known[statement, columns] = _prepare(dialect, statement, columns)
    return known[statement, columns]


def _prepare(dialect: Dialect, statement: Statement, columns: tuple[str, ...]) -> Prepared | None:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    assert isinstance(compiled, SQLCompiler)
    if compiled.post_compile_params or compiled.positiontup is None:
        return None
    defaults = {column.key: column.default for column in compiled.insert_prefetch}
    defaults |= {column.key: column.onupdate for column in compiled.update_prefetch}
    fixed = compiled.params
    values = tuple(
        (name, _value(name, name in columns, defaults.get(name), fixed.get(name), compiled, dialect))
        for name in dict.fromkeys(compiled.positiontup)
    )
    return Prepared(str(compiled), frozenset(columns), values, tuple(compiled.positiontup))


def _value(
    name: str, given: bool, default: Any, fixed: Any, compiled: SQLCompiler, dialect: Dialect
) -> _Value:
    process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
    if given:
        return (lambda row: process(row[name])) if process else (lambda row: row[name])
    made = (lambda: default.arg(None)) if default is not None and default.is_callable else None
    plain = default.arg if default is not None else fixed
    if made:
        return lambda row: process(made()) if process else made()
    value = process(plain) if process else plain
    return lambda row: value
