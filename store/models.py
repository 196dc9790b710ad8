"""Learned models: versions, which one serves, and the confirmed decisions they are learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from core.errors import Conflict, NotFound
from core.ids import new_id
from store.tables import LearnedModel, Ticket

UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Decided:
    """A matter and the unit that signed for it."""

    ticket_id: str
    text: str
    unit: str


async def confirmed(session: AsyncSession, most: int) -> list[Decided]:
    """The newest matters a unit has signed for, as filed; no child tickets: their words are the parent's."""
    held = (
        _signed(select(Ticket.id, Ticket.title, Ticket.body, Ticket.unit_code))
        .order_by(Ticket.filed_at.desc(), Ticket.id)
        .limit(most)
    )
    rows = (await session.execute(held)).all()
    return [Decided(ident, f"{title}。{body}", str(unit)) for ident, title, body, unit in rows]


async def how_many(session: AsyncSession) -> int:
    """All such matters."""
    return (await session.scalar(_signed(select(func.count(Ticket.id))))) or 0


def _signed(question: Any) -> Any:
    return question.where(
        Ticket.signed_at.is_not(None),
        Ticket.unit_code.is_not(None),
        Ticket.parent_id.is_(None),
        Ticket.state.not_in(("returned", "disputed", "withdrawn", "merged", "refused")),
    )


async def add(
    session: AsyncSession,
    kind: str,
    data: bytes,
    figures: dict[str, Any],
    counts: tuple[int, int],
    by: str,
    at: datetime,
) -> LearnedModel:
    """The next version, waiting; `counts`: decisions learned from, decisions kept. Raises Conflict where two are made at once."""
    last = await session.scalar(select(func.max(LearnedModel.version)).where(LearnedModel.kind == kind))
    row = LearnedModel(
        id=new_id("mdl"), kind=kind, version=(last or 0) + 1, state="waiting", learned_from=counts[0], kept=counts[1],
        figures=figures, data=data, made_by=by, made_at=at,
    )  # fmt: skip
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        raise Conflict("另一处刚学了新版本") from error
    return row


async def versions(session: AsyncSession, kind: str = UNIT) -> Sequence[LearnedModel]:
    """All, newest first, without their data."""
    question = select(LearnedModel).where(LearnedModel.kind == kind).options(defer(LearnedModel.data))
    return (await session.scalars(question.order_by(LearnedModel.version.desc()))).all()


async def serving(session: AsyncSession, kind: str = UNIT) -> LearnedModel | None:
    """The one that serves, with its data."""
    held = select(LearnedModel).where(LearnedModel.kind == kind, LearnedModel.state == "serving")
    return (await session.scalars(held.order_by(LearnedModel.served_at.desc()).limit(1))).first()


async def stamp(session: AsyncSession, kind: str = UNIT) -> str:
    """Id of the one that serves, '' for none: cheap enough to ask often."""
    held = select(LearnedModel.id).where(LearnedModel.kind == kind, LearnedModel.state == "serving")
    return (await session.scalar(held.order_by(LearnedModel.served_at.desc()).limit(1))) or ""


async def get(session: AsyncSession, version: int, kind: str = UNIT) -> LearnedModel:
    """Raises NotFound."""
    held = select(LearnedModel).where(LearnedModel.kind == kind, LearnedModel.version == version)
    found = (await session.scalars(held)).first()
    if found is None:
        raise NotFound(f"没有第 {version} 版模型")
    return found


async def serve(session: AsyncSession, version: int, by: str, at: datetime, kind: str = UNIT) -> LearnedModel:
    """This version serves from now, the one before it no longer. Raises NotFound, Conflict where it serves already."""
    row = await get(session, version, kind)
    if row.state == "serving":
        raise Conflict(f"第 {version} 版已在使用")
    await _rest(session, kind)
    row.state, row.served_by, row.served_at = "serving", by, at
    await session.flush()
    return row


async def back(session: AsyncSession, by: str, at: datetime, kind: str = UNIT) -> LearnedModel | None:
    """The version that served before serves again; where there was none, no model serves. Raises NotFound if none serves."""
    now = await serving(session, kind)
    if now is None:
        raise NotFound("没有在使用的模型")
    earlier = (
        select(LearnedModel)
        .where(LearnedModel.kind == kind, LearnedModel.state == "past", LearnedModel.version < now.version)
        .order_by(LearnedModel.version.desc())
        .limit(1)
    )
    before = (await session.scalars(earlier)).first()
    await _rest(session, kind)
    if before is not None:
        before.state, before.served_by, before.served_at = "serving", by, at
    await session.flush()
    return before


async def _rest(session: AsyncSession, kind: str) -> None:
    await session.execute(
        update(LearnedModel)
        .where(LearnedModel.kind == kind, LearnedModel.state == "serving")
        .values(state="past")
    )
