"""The floor's day at one moment, for a supervisor's screen."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.rights import EVERYTHING, Scope
from store import scope, service_level
from store.tables import Call, Ticket


@dataclass(frozen=True, slots=True)
class Figures:
    """Calls that citizens made. `in_time`: answered within 15 s of the prompts' end; `abandoned`: gone without a person, blocked
    callers (`turned_away`) not counted; `talk_s`: seconds of talk of calls that are over."""

    calls: int = 0
    answered: int = 0
    in_time: int = 0
    abandoned: int = 0
    turned_away: int = 0
    talk_s: float = 0.0
    tickets: int = 0


_TURNED_AWAY = and_(Call.outcome == "refused", Call.agent_answered_at.is_(None), Call.queued_at.is_(None))
_LOST = and_(Call.ended_at.is_not(None), Call.agent_answered_at.is_(None), ~_TURNED_AWAY)
_COUNTS = select(
    func.count(),
    func.count(Call.agent_answered_at),
    func.count(case((_LOST, 1))),
    func.count(case((_TURNED_AWAY, 1))),
    func.coalesce(func.sum(cast(Call.talk_seconds, Float)), 0.0),
)


async def figures(
    session: AsyncSession, since: datetime, until: datetime, reach: Scope = EVERYTHING
) -> Figures:
    """Of calls that arrived and tickets that were filed from `since` on and before `until`."""
    within = scope.calls(reach)
    period = (within, Call.arrived_at >= since, Call.arrived_at < until, Call.direction == "in")
    every, answered, lost, turned, talked = (await session.execute(_COUNTS.where(*period))).one()
    filed = (
        select(func.count())
        .select_from(Ticket)
        .where(scope.tickets(reach), Ticket.filed_at >= since, Ticket.filed_at < until)
    )
    minutes = await service_level.minutes(session, since, until, within)
    return Figures(
        calls=every,
        answered=answered,
        in_time=sum(minute.in_time for minute in minutes),
        abandoned=lost,
        turned_away=turned,
        talk_s=float(talked),
        tickets=(await session.execute(filed)).scalar_one(),
    )
