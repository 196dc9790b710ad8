"""The worker's share in turning keys: older rows are sealed anew in small batches, and /health tells how far it is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from core.errors import HotlineError
from store import reseal
from store.database import Database
from store.errors import StoreUnavailable
from store.sealed import Keyring

log = structlog.get_logger(__name__)
REST = timedelta(hours=1)
"""After a pass that found nothing: somebody's restored rows may come under an old key."""


class KeyTurning:
    """One process's chore; where several do it, each row is changed once: they compare with what they read."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._done_for, self._at, self._changed = "", 0, 0
        self._left, self._found_left = 0, 0
        self._after: object = None
        self._next: datetime | None = None

    async def turn_keys(self) -> int:
        """One batch of one table; how many rows were sealed anew."""
        ring, at = self._database.keyring, self._clock()
        ring.look()
        turning = bool(_older(ring))
        over = self._done_for == ring.current and self._next is not None
        if over and self._next is not None and (not turning or at < self._next):
            return 0
        todo = [table for table in reseal.tables() if turning or reseal.late(table)]
        self._at = min(self._at, len(todo) - 1)
        table = todo[self._at]
        try:
            step = await reseal.batch(self._database, table, at, self._after)
        except StoreUnavailable as error:  # nothing was looked at: the same rows come next time
            log.warning("sealing anew put off", table=table.name, reason=str(error))
            return 0
        except HotlineError as error:
            log.error("a row can't be sealed anew", table=table.name, reason=str(error))
            step = reseal.Step(table.name, 0, None)
        self._changed += step.changed
        self._found_left += step.left
        self._after = step.after
        if step.after is None:
            self._at += 1
            if self._at == len(todo):
                self._at, self._done_for, self._next = 0, ring.current, at + REST
                self._left, self._found_left = self._found_left, 0
                return step.changed
        return max(step.changed, 1)

    async def health(self) -> str:
        """For /health: which key seals, how far older rows are, which keys may go."""
        ring = self._database.keyring
        older = _older(ring)
        if not older:
            return f"全部由密钥 {ring.current} 加密"
        if self._done_for == ring.current and self._left:
            return f"由 {ring.current} 加密；已换新 {self._changed} 行，{'、'.join(older)} 下还有 {self._left} 行（验证码等），到期两天后清除"
        if self._done_for == ring.current:
            return f"由 {ring.current} 加密；已换新 {self._changed} 行，{'、'.join(older)} 下没有剩余，可用 keys remove 移除"
        tables = list(reseal.tables())
        return f"由 {ring.current} 加密；正在换新：{self._changed} 行，第 {self._at + 1} / {len(tables)} 张表（{tables[self._at].name}）"


def _older(ring: Keyring) -> list[str]:
    """Keys that rows may still lie under, and that are to go."""
    return [name for name in ring.lookup_keys if name != ring.current and name not in ring.waiting]
