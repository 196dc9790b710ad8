"""Passwords: argon2id, checked in a thread, and as slowly for a login that does not exist."""

import asyncio
import functools

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from core.errors import BadInput

MIN_LENGTH = 8
MAX_LENGTH = 128

_hasher = PasswordHash.recommended()


def hash_password(password: str) -> str:
    """An argon2id hash to keep; blocks for tens of milliseconds. Raises BadInput outside 8–128 characters."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadInput(f"密码须为 {MIN_LENGTH} 至 {MAX_LENGTH} 个字符")
    return _hasher.hash(password)


class Passwords:
    """Makes and checks hashes without blocking the loop, two at a time: each takes 64 MiB and a core."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(2)
        _decoy()  # made now, so that the first unknown login takes no longer than the next

    async def new_hash(self, password: str) -> str:
        """See `hash_password`."""
        async with self._slots:
            return await asyncio.to_thread(hash_password, password)

    async def matches(self, password: str, kept: str | None) -> bool:
        """Whether `password` gives `kept`; with no kept hash the same work is done and the answer is no."""
        async with self._slots:
            right = await asyncio.to_thread(_verify, password[:MAX_LENGTH], kept or _decoy())
        return right and kept is not None


def _verify(password: str, kept: str) -> bool:
    try:
        return _hasher.verify(password, kept)
    except UnknownHashError:
        return False


@functools.cache
def _decoy() -> str:
    return _hasher.hash("nobody has this password")
