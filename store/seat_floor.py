"""The floor as a supervisor looks at it: every seat with who sits there and the call it holds, in one question."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, Seat, User


@dataclass(frozen=True, slots=True)
class OnFloor:
    """A seat. `since`: when it came into its state; `misses`: rings in a row that it let pass.

    forced: '', `pause` or `logout` by whom and why. `answered_at`: when the talk on it began, None while it rings.
    """

    id: str
    name: str
    kind: str
    region: str
    skills: tuple[str, ...]
    state: str
    since: datetime
    pause_reason: str | None
    misses: int
    forced: str
    forced_by: str | None
    forced_why: str | None
    user_id: str | None
    user_name: str | None
    call_id: str | None
    line: str | None
    answered_at: datetime | None


async def floor(session: AsyncSession, within: ColumnElement[bool] | None = None) -> list[OnFloor]:
    """Every seat, by id, with its call where that meets `within`: seats are shared by all places, calls are not."""
    shown = and_(Call.id == Seat.call_id, true() if within is None else within)
    question = (
        select(Seat, User.name, Call.id, Call.line, Call.agent_answered_at)
        .outerjoin(User, User.id == Seat.user_id)
        .outerjoin(Call, shown)
        .order_by(Seat.id)
        .execution_options(populate_existing=True)
    )
    return [_seen(*row) for row in await session.execute(question)]


def _seen(
    seat: Seat, user_name: str | None, call_id: str | None, line: str | None, answered_at: datetime | None
) -> OnFloor:
    return OnFloor(
        seat.id, seat.name, seat.kind, seat.region, tuple(seat.skills), seat.state, seat.updated_at,
        seat.pause_reason, seat.misses, seat.forced, seat.forced_by, seat.forced_why, seat.user_id, user_name,
        call_id, line, answered_at,
    )  # fmt: skip
