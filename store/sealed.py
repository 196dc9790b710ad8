"""Columns whose content is sealed before it reaches the database; store.keys says how."""

from typing import Any, NoReturn

from sqlalchemy import Dialect, String, Text, TypeDecorator
from sqlalchemy.sql import operators

from store.errors import KeyMissing
from store.keys import Keyring, normal

__all__ = ["Keyring", "LookupHash", "Sealed", "keyring_of", "normal", "use"]


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


class LookupHash(TypeDecorator[str]):
    """Give it a plain number, when storing and when searching; the database only ever sees its keyed hash."""

    impl = String(128)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring_of(dialect).lookup(value)


def _refuse() -> NoReturn:
    raise TypeError("a sealed column can't be compared; search by its look-up hash")
