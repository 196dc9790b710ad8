"""What a link of the audit chain is: a keyed hash over the link before it and the whole row it stands for.

HMAC-SM3 (GB/T 32905; HMAC-SHA256 where the OpenSSL at hand lacks SM3) under a key that is not in the database: whoever can
write to the database can't make links.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, hmac

_DIGESTS: dict[str, hashes.HashAlgorithm] = {"h-sm3": hashes.SM3(), "h-sha256": hashes.SHA256()}
GENESIS = "-"
"""What stands before the first link."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Makes links. `key`: at least 32 bytes; `algorithm`: h-sm3 or h-sha256, named in every link."""

    key: bytes = field(repr=False)
    algorithm: str = "h-sm3"

    def __post_init__(self) -> None:
        if len(self.key) < 32 or self.algorithm not in _DIGESTS:
            raise ValueError("an audit chain needs a key of 32 bytes and a known hash")

    def link(self, previous: str, n: int, table: str, row_id: str, row: Mapping[str, Any]) -> str:
        """The hash of link `n`, `algorithm:hex`."""
        return self._made(self.algorithm, previous, n, table, row_id, row)

    def holds(
        self, made: str, previous: str, n: int, table: str, row_id: str, row: Mapping[str, Any]
    ) -> bool:
        """Whether `made` is the hash of this link over this row as it is now."""
        algorithm = made.partition(":")[0]
        return algorithm in _DIGESTS and made == self._made(algorithm, previous, n, table, row_id, row)

    def _made(
        self, algorithm: str, previous: str, n: int, table: str, row_id: str, row: Mapping[str, Any]
    ) -> str:
        mac = hmac.HMAC(self.key, _DIGESTS[algorithm])
        mac.update(json.dumps([previous, n, table, row_id], ensure_ascii=False).encode())
        mac.update(canonical(row))
        return f"{algorithm}:{mac.finalize().hex()}"


def canonical(row: Mapping[str, Any]) -> bytes:
    """The same bytes for the same row on every database: keys sorted, times in UTC."""
    return json.dumps(
        row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_text, allow_nan=False
    ).encode()


def _text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
