"""Columns whose content is sealed before it reaches the database; store.keys says how."""

import json
from typing import Any, NoReturn

from sqlalchemy import ARRAY, JSON, BindParameter, Boolean, Dialect, String, Text, TypeDecorator, bindparam
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement

from store.errors import KeyMissing
from store.json import dumps
from store.keys import MOST_HELD, Keyring, is_sealed, normal, same_number

__all__ = [
    "Keyring",
    "LookupHash",
    "Sealed",
    "SealedJson",
    "SealedSince",
    "keyring_of",
    "normal",
    "same_number",
    "use",
]


def use(dialect: Dialect, keyring: Keyring) -> None:
    """Let this engine's sealed columns use `keyring`: each engine has a dialect of its own."""
    dialect.hotline_keyring = keyring  # type: ignore[attr-defined]


def keyring_of(dialect: Dialect) -> Keyring:
    """The engine's keyring. Raises KeyMissing where the engine was not made by store.database."""
    ring = getattr(dialect, "hotline_keyring", None)
    if not isinstance(ring, Keyring):
        raise KeyMissing("this engine has no keyring; open the database through store.database.Database")
    return ring


class Sealed(TypeDecorator[str]):
    """Text encrypted at rest. Can't be compared in SQL: search by the look-up hash beside it."""

    impl = Text
    cache_ok = True

    class comparator_factory(TypeDecorator.Comparator[str]):
        """Allows only IS NULL: any other comparison with a ciphertext would silently find nothing."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op in (operators.is_, operators.is_not) or other == (None,):
                return super().operate(op, *other, **kwargs)
            return _refuse()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).seal(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).open(value)


class SealedSince(Sealed):
    """A column that older versions kept in the clear: such a value is read as it is until the worker has sealed it."""

    cache_ok = True

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or not is_sealed(value):
            return value
        return keyring_of(dialect).open(value)


class SealedJson(TypeDecorator[Any]):
    """A JSON object or list that the database holds as one sealed JSON string; what an older version kept in the clear is read as it is."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        plain = JSONB(none_as_null=True) if dialect.name == "postgresql" else JSON(none_as_null=True)
        return dialect.type_descriptor(plain)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else keyring_of(dialect).seal(dumps(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return json.loads(keyring_of(dialect).open(value)) if isinstance(value, str) else value


class LookupHash(TypeDecorator[str]):
    """Give it a plain number, when storing and when searching; the database only ever sees its keyed hash.

    A comparison finds what lies under any key that is held: keys turn while rows are still under the one before. `of`: the sealed
    column of the same row that holds the number. Where there is none, `over`: moments after which nobody asks any more.
    """

    impl = String(128)
    cache_ok = True

    def __init__(self, of: str = "", over: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.of, self.over = of, over

    class comparator_factory(TypeDecorator.Comparator[str]):
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op is operators.eq and isinstance(other[0], str | BindParameter):
                return HeldBy(self.expr, _asked(other[0]))
            return super().operate(op, *other, **kwargs)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).lookup(value)


class Hashes(TypeDecorator[str]):
    """Given a plain number, its hashes under every key: a list, on SQLite as JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(String) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        found = [] if value is None else list(keyring_of(dialect).hashes(value))
        return found if dialect.name == "postgresql" else dumps(found)


class HeldBy(FunctionElement[bool]):
    """A hash column is one of the hashes of a number."""

    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = (
        True  # a condition as it stands: "= 1" behind it would keep SQLite from the index
    )


@compiles(HeldBy)
def _held_by(element: HeldBy, compiler: Any, **more: Any) -> str:
    column, hashes = element.clauses
    if compiler.dialect.name == "postgresql":
        return f"{compiler.process(column, **more)} = ANY ({compiler.process(hashes, **more)})"
    # written out: SQLite takes a list from json_each for a long one, and reads the table instead of the index
    each = (f"json_extract({compiler.process(hashes, **more)}, '$[{place}]')" for place in range(MOST_HELD))
    return f"{compiler.process(column, **more)} IN ({', '.join(each)})"


def _asked(given: str | BindParameter[Any]) -> BindParameter[Any]:
    if isinstance(given, str):
        return bindparam(None, given, Hashes())
    if given.required:
        return bindparam(given.key, type_=Hashes())
    return bindparam(given.key, given.value, Hashes(), unique=given.unique)


def _refuse() -> NoReturn:
    raise TypeError("a sealed column can't be compared; search by its look-up hash")
