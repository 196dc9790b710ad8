"""Sealed text is found by words in it: beside it lie keyed marks of its characters and of each two that follow one another.

The marks lie in an order of their own, once each, and are so short that several characters share one: they tell where to
look, and what is found by them is opened and looked at (store.titles). Small and capital letters are the same.
"""

from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, TypeDecorator, and_, bindparam, not_, or_, type_coerce

from store.keys import Keyring
from store.sealed import keyring_of

_MOST = 12
"""So many pairs of the words looked for are asked of the database; the rest is seen when the text is opened."""
_HELD = 2
"""Keys asked about at once. What lies under a third one is opened until the worker has marked it anew."""


class Marks(TypeDecorator[str]):
    """Give it the plain text, when storing; `of`: the sealed column it marks."""

    impl = Text
    cache_ok = True

    def __init__(self, of: str) -> None:
        super().__init__()
        self.of = of

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else made(keyring_of(dialect), value)


def made(ring: Keyring, text: str) -> str:
    """`key-id:` and the marks of a text, under the key that hashes now."""
    key_id, text = ring.lookup_keys[0], text.lower()
    grams = {*text, *_pairs(text)}
    return f"{key_id}:{''.join(sorted(ring.mark(gram, key_id) for gram in grams))}"


def holding(marks: Any, sealed: Any, words: str) -> ColumnElement[bool]:
    """Rows whose text may hold these words; the text of an older version's row, not marked yet, lies in the clear and is asked itself."""
    asked = words.lower()
    grams = _pairs(asked)[:_MOST] or [asked]
    plain = and_(marks.is_(None), type_coerce(sealed, Text).icontains(words, autoescape=True))
    under = (and_(*(_like(marks, _Mark(place), gram) for gram in grams)) for place in range(_HELD))
    other = and_(*(not_(_like(marks, _Under(place), "")) for place in range(_HELD)))
    return or_(plain, *under, other)


def _pairs(text: str) -> list[str]:
    return list(dict.fromkeys(map("".join, pairwise(text))))


def _like(marks: Any, type_: "_Asked", gram: str) -> ColumnElement[bool]:
    return type_coerce(marks, Text).like(bindparam(None, gram, type_), escape="#")


class _Asked(TypeDecorator[str]):
    """What is looked for under the key that is `place` steps older than the one that hashes now."""

    impl = Text
    cache_ok = True

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def key(self, dialect: Dialect) -> tuple[Keyring, str]:
        ring = keyring_of(dialect)
        keys = ring.lookup_keys
        return ring, keys[min(self.place, len(keys) - 1)]


class _Mark(_Asked):
    """Given one or two characters, what a row with their mark looks like."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        ring, key_id = self.key(dialect)
        return f"%{ring.mark(value or '', key_id)}%"


class _Under(_Asked):
    """What a row marked under the key looks like."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str:
        return f"{self.key(dialect)[1].replace('_', '#_')}:%"
