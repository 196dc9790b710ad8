"""What Prometheus reads out of the facts: asked of the database at each scrape, so it is right in every process."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.metrics import Metrics
from core.errors import HotlineError
from store.database import Database
from store.tables import Call, Seat, Ticket

log = structlog.get_logger(__name__)

_BOUND_S = 3.0
_CLOSED = ("answered", "refused", "resolved")


async def refresh(database: Database, metrics: Metrics, now: datetime | None = None) -> None:
    """Set the gauges that are facts; without the database they keep their last values, and the log says so."""
    try:
        async with asyncio.timeout(_BOUND_S), database.reading() as session:
            await _seats(session, metrics)
            await _tickets(session, metrics)
            await _calls(session, metrics, (now or datetime.now(UTC)) - timedelta(hours=24))
    except (TimeoutError, HotlineError) as error:
        log.warning("metrics_stale", reason=type(error).__name__)


async def _seats(session: AsyncSession, metrics: Metrics) -> None:
    metrics.agents.clear()
    for state, number in await session.execute(select(Seat.state, func.count()).group_by(Seat.state)):
        metrics.agents.labels(state).set(number)


async def _tickets(session: AsyncSession, metrics: Metrics) -> None:
    open_ones = select(Ticket.type, Ticket.unit_code, func.count()).where(Ticket.state.not_in(_CLOSED))
    metrics.tickets_open.clear()
    for kind, unit, number in await session.execute(open_ones.group_by(Ticket.type, Ticket.unit_code)):
        metrics.tickets_open.labels(kind, unit or "").set(number)


async def _calls(session: AsyncSession, metrics: Metrics, since: datetime) -> None:
    """The ratio counts calls that a person answered among those answered or ended; those still ringing are open."""
    waiting = select(func.count()).select_from(Call).where(Call.state == "queued", Call.ended_at.is_(None))
    metrics.queue_waiting.set((await session.execute(waiting)).scalar_one())
    recent = select(func.count(), func.count(Call.agent_answered_at)).where(
        Call.arrived_at >= since, Call.ended_at.is_not(None) | Call.agent_answered_at.is_not(None)
    )
    total, connected = (await session.execute(recent)).one()
    if total:
        metrics.connected_ratio.set(connected / total)
