"""Identifiers that sort by time and can be read over the phone where people must."""

import secrets
import time
from base64 import b32hexencode

_ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base 32: no I, L, O, U to mishear
_CROCKFORD = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUV", _ALPHABET)


def new_id(prefix: str) -> str:
    """`prefix` + 10 characters of milliseconds + 10 random: sortable, unique without a server."""
    value = (int(time.time() * 1000) << 50) | secrets.randbits(50)
    digits = b32hexencode(
        (value << 20).to_bytes(15, "big")
    )  # 100 bits are 20 digits; four zeros come after them
    return f"{prefix}_{digits[:20].translate(_CROCKFORD).decode()}"
