"""The audit chain in a running instance: extended by a chore, its head noted outside the database, told about once a day."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from app.floor import Floor
from app.settings import Settings
from core.secrecy import AuditSealed
from store import audit, events
from store.chain import Sealer
from store.database import Database

NOTE_EVERY = timedelta(minutes=1)
TELL_EVERY = timedelta(days=1)
AT_ONCE = 5000
"""About a second's work on one core."""


def sealer(settings: Settings) -> Sealer:
    """The chain's own key, apart from the keys that seal: it is never rotated, old links must stay provable."""
    secret = settings.secret("audit_key").encode()
    return Sealer(hashlib.sha256(b"hotline12345/audit" + secret).digest(), settings.audit_hash)


def heads_file(settings: Settings) -> Path:
    return settings.home / "audit" / "heads.jsonl"


def noted(path: Path) -> Sequence[audit.Head]:
    """The heads that were noted beside the database; a last line cut short by a power loss is passed over."""
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(audit.Head(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def prover(database: Database, settings: Settings, clock: Callable[[], datetime]) -> audit.Prove:
    """What `./hotline audit verify` does, AT_ONCE links at a time for whoever waits at a page."""
    seal, path = sealer(settings), heads_file(settings)

    async def prove(after: audit.Head | None) -> audit.Proof:
        heads = await asyncio.to_thread(noted, path)
        return await audit.verify(database, seal, heads, clock(), after, AT_ONCE)

    return prove


class AuditChore:
    """A worker's share: extend the chain, note its head each minute in a file and each day as an event, which webhooks carry outside."""

    def __init__(self, floor: Floor, sealer: Sealer, heads: Path) -> None:
        self._floor, self._heads = floor, heads
        self._chain = audit.Chain(floor.database, sealer)
        self._noted: datetime | None = None
        self._last = ""

    async def extend_audit(self) -> int:
        """One round; how many rows were chained."""
        at = self._floor.clock()
        made = await self._chain.extend(at)
        if self._noted is None or at - self._noted >= NOTE_EVERY:
            self._noted = at
            await self._note(at)
        return made

    async def health(self) -> str:
        """For /health: how far the chain is."""
        async with self._floor.database.reading() as session:
            head = await audit.head(session)
        return f"{head.n} 环，最后一环 {head.at}" if head else "还没有可记的"

    async def _note(self, at: datetime) -> None:
        async with self._floor.database.reading() as session:
            head = await audit.head(session)
        if head is None or head.hash == self._last:
            return
        self._last = head.hash
        await asyncio.to_thread(_append, self._heads, {"n": head.n, "hash": head.hash, "at": head.at})
        async with self._floor.database.session() as session:
            told = await events.last_at(session, "audit")
            if told is None or at - told >= TELL_EVERY:
                await events.append(session, AuditSealed(at, head.n, head.hash), "clock")


def _append(path: Path, head: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(head) + "\n")
    path.chmod(0o600)
