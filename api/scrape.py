"""What Prometheus reads out of the facts: asked of the database at each scrape, so it is right in every process."""

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.counted import Counted
from api.metrics import Metrics
from core.errors import HotlineError
from core.service_level import DAY, MEASURES, window, worst
from store import notices, service_level
from store.database import Database
from store.tables import Call, Seat, Ticket, Transfer
from tickets.ticket import OVER

log = structlog.get_logger(__name__)

_BOUND_S = 3.0


async def refresh(
    database: Database, metrics: Metrics, now: datetime | None = None, counted: Counted | None = None
) -> None:
    """Set the gauges that are facts; without the database they keep their last values, and the log says so."""
    at = now or datetime.now(UTC)
    try:
        async with asyncio.timeout(_BOUND_S):
            async with database.reading() as session:
                await _seats(session, metrics)
                await _tickets(session, metrics)
                await _waiting(session, metrics)
                await _decided(session, metrics)
                await _notices(session, metrics)
            await _service_level(database, metrics, at, counted or Counted())
    except (TimeoutError, HotlineError) as error:
        log.warning("metrics_stale", reason=type(error).__name__)


async def _seats(session: AsyncSession, metrics: Metrics) -> None:
    metrics.agents.clear()
    for state, number in await session.execute(select(Seat.state, func.count()).group_by(Seat.state)):
        metrics.agents.labels(state).set(number)


async def _tickets(session: AsyncSession, metrics: Metrics) -> None:
    open_ones = select(Ticket.type, Ticket.unit_code, func.count()).where(Ticket.state.not_in(OVER))
    metrics.tickets_open.clear()
    for kind, unit, number in await session.execute(open_ones.group_by(Ticket.type, Ticket.unit_code)):
        metrics.tickets_open.labels(kind, unit or "").set(number)


async def _waiting(session: AsyncSession, metrics: Metrics) -> None:
    waiting = select(func.count()).select_from(Call).where(Call.state == "queued", Call.ended_at.is_(None))
    metrics.queue_waiting.set((await session.execute(waiting)).scalar_one())


async def _decided(session: AsyncSession, metrics: Metrics) -> None:
    """A counter that is rows: what became of hand-overs, the same in every process and after a restart."""
    over = select(Transfer.kind, func.coalesce(Transfer.reason, "answered"), func.count())
    over = over.where(Transfer.answered_at.is_not(None) | Transfer.reason.is_not(None))
    for kind, reason, number in await session.execute(over.group_by(Transfer.kind, Transfer.reason)):
        metrics.counted(metrics.transfers, (kind, reason), number)


async def _notices(session: AsyncSession, metrics: Metrics) -> None:
    metrics.notices.clear()
    for one in await notices.standing(session):
        metrics.notices.labels(one.channel, one.state).set(one.many)


async def _service_level(database: Database, metrics: Metrics, at: datetime, counted: Counted) -> None:
    """Calls a person answered among those answered or ended; those still ringing are open. Without calls nothing is set."""
    minutes = await counted.minutes(database, at)
    day = window(minutes, at, DAY)
    for measure in MEASURES:
        lowest = worst(minutes, at, measure)
        for gauge, level in ((metrics.ratio[measure], day), (metrics.worst_ratio[measure], lowest)):
            if level is not None and (share := level.share(measure)) is not None:
                gauge.set(share)
        async with database.reading() as session:
            stands = await service_level.standing(session, measure)
        metrics.service_low.labels(measure).set(int(stands.low))
