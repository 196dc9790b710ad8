"""Identifiers that sort by time and can be read over the phone where people must."""

import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U to mishear


def new_id(prefix: str) -> str:
    """`prefix` + 10 characters of milliseconds + 10 random: sortable, unique without a server."""
    value = (int(time.time() * 1000) << 50) | secrets.randbits(50)
    return f"{prefix}_{_encode(value, 20)}"


def _encode(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, rest = divmod(value, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
