"""Events' facts at rest: ids, codes, moments and numbers in the clear, everything else of one event in one sealed text.

Whoever asks the database about a plain name asks as before. A name that is not known to be plain is sealed.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import JSON, Dialect, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB

from store.json import dumps
from store.keys import Keyring
from store.sealed import keyring_of

SEALED = "~sealed"
"""Under this name lies the sealed text; no event has a field of it."""
PLAIN = frozenset(
    """
    action actor appeal_id article at before block_id by call_id care_id case_id categories changes channel clause clauses
    colour deed due duty_unit effective_from ended_by ends_at errand errand_id events facts_hash failed finding_id findings form
    gap grade group happened_at hash hold_id ids item_id joined kind line linkedid measure menu message_id notice_id of
    order_id outcome parent_id party period phone_id points policy_hash precedent_id profile proposals publication recording_id ref
    release_id rule ruling_id scopes seat serves_from sheet_id shift_id situation situations stage starts_at state step
    supervision_id tag ticket ticket_id told_at transfer_id trigger type unit until upload_by user_id verdict via way
    """.split()
)
"""Names under which no event keeps words or anything of a person: ids, codes of ours, moments and what is made of these."""


class SealedFacts(TypeDecorator[dict[str, Any]]):
    """A JSON object whose words are sealed; an older version's, all in the clear, is read as it is."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        return self.impl_instance.coerce_compared_value(op, value)

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:
        return None if value is None else sealed(keyring_of(dialect), value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return value if value is None else opened(keyring_of(dialect), value)


def sealed(ring: Keyring, facts: Mapping[str, Any]) -> dict[str, Any]:
    """As they are kept."""
    words = {name: value for name, value in facts.items() if _is_word(name, value)}
    if not words:
        return dict(facts)
    plain: dict[str, Any] = {name: value for name, value in facts.items() if name not in words}
    plain[SEALED] = ring.seal(dumps(words))
    return plain


def opened(ring: Keyring, kept: Mapping[str, Any]) -> dict[str, Any]:
    """As they were given. Raises KeyMissing or SealBroken."""
    if SEALED not in kept:
        return dict(kept)
    facts = dict(kept)
    words: dict[str, Any] = json.loads(ring.open(facts.pop(SEALED)))
    return facts | words


def is_old(ring: Keyring, kept: Mapping[str, Any]) -> bool:
    """Whether words lie in the clear or under another key than the present one."""
    if SEALED in kept and not kept[SEALED].startswith(f"{ring.algorithm}:{ring.current}:"):
        return True
    return any(_is_word(name, value) for name, value in kept.items() if name != SEALED)


def _is_word(name: str, value: Any) -> bool:
    """Numbers and what is empty tell nothing; all else does where its name is not known to be plain."""
    return name not in PLAIN and bool(value) and not isinstance(value, bool | int | float)
