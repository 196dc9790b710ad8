"""How each part of the house is: asked side by side, each within its own bound."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import structlog
from pydantic import BaseModel, Field

log = structlog.get_logger(__name__)

Probe = Callable[[], Awaitable[str]]


class PartHealth(BaseModel):
    """One part. `ms`: how long the answer took; `detail`: what the part says about itself."""

    ok: bool = Field(examples=[True])
    needed: bool = Field(examples=[True], description="false: calls go on without this part")
    ms: int = Field(examples=[3])
    detail: str = Field(examples=["sqlite 3.45"])


class HealthReport(BaseModel):
    """`status`: ok; degraded (a part calls can do without is down); down (503)."""

    status: Literal["ok", "degraded", "down"] = Field(examples=["ok"])
    parts: dict[str, PartHealth] = Field(description="by name: database, switch, asr, disk, …")


class Health:
    """Parts register a probe: an async callable that says a short word about itself, or raises."""

    def __init__(self) -> None:
        self._probes: dict[str, tuple[Probe, float, bool]] = {}

    def register(self, name: str, probe: Probe, *, timeout_s: float = 2.0, needed: bool = True) -> None:
        """`needed` parts make the whole answer 503 when they are down."""
        self._probes[name] = (probe, timeout_s, needed)

    async def report(self) -> HealthReport:
        """Ask every part at once."""
        names = list(self._probes)
        found = await asyncio.gather(*(self._ask(name) for name in names))
        parts = dict(zip(names, found, strict=True))
        bad = [part for part in parts.values() if not part.ok]
        status: Literal["ok", "degraded", "down"] = "ok"
        if bad:
            status = "down" if any(part.needed for part in bad) else "degraded"
        return HealthReport(status=status, parts=parts)

    async def _ask(self, name: str) -> PartHealth:
        probe, timeout_s, needed = self._probes[name]
        started = time.monotonic()
        try:
            async with asyncio.timeout(timeout_s):
                detail, ok = await probe(), True
        except TimeoutError:
            detail, ok = f"{timeout_s:g} 秒内没有应答", False
        except Exception as error:  # noqa: BLE001 - a probe may fail in any way; that is its answer
            log.warning("part_unwell", part=name, error=repr(error))
            detail, ok = type(error).__name__, False  # the text may hold an address or a secret
        return PartHealth(ok=ok, needed=needed, ms=round((time.monotonic() - started) * 1000), detail=detail)
