"""Parts of /health that are no part of the program: Redis, and files that wait for a worker."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import redis.asyncio
from redis.exceptions import RedisError

from core.errors import PartMissing

OLD_S = 600.0
"""What the fallback took down is imported within seconds; ten minutes mean that nobody imports."""
_REDIS_S = 1.5


def redis_part(url: str) -> Callable[[], Awaitable[str]]:
    """Asks Redis with a connection of its own. Raises PartMissing; never tells the address, which may hold a password."""

    async def ask() -> str:
        client = redis.asyncio.Redis.from_url(url, socket_timeout=_REDIS_S, socket_connect_timeout=_REDIS_S)
        try:
            began = time.monotonic()
            await client.ping()
            return f"{(time.monotonic() - began) * 1000:.0f} 毫秒内应答"
        except (RedisError, OSError) as error:
            raise PartMissing(f"没有应答（{type(error).__name__}）") from None
        finally:
            await client.aclose()

    return ask


def backlog_part(spool: Path, asterisk_log: Path) -> Callable[[], Awaitable[str]]:
    """How much of the fallback's spool and of Asterisk's call details waits. Raises PartMissing where it grows old."""

    async def ask() -> str:
        return await asyncio.to_thread(_backlog, spool, asterisk_log)

    return ask


def _backlog(spool: Path, asterisk_log: Path) -> str:
    entries, details = list(spool.glob("*.json")), list(asterisk_log.glob("*-custom/*.csv.*"))
    bad = len(list((spool / "bad").glob("*"))) + len(list(asterisk_log.glob("*-custom/bad.csv")))
    oldest = max((_age_s(path) for path in (*entries, *details)), default=0.0)
    said = f"待收 {len(entries)} 件，话单文件 {len(details)} 个，最久 {oldest:.0f} 秒，{bad} 件读不出"
    if oldest > OLD_S:
        raise PartMissing(said)
    return said


def _age_s(path: Path) -> float:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:  # imported this moment
        return 0.0
