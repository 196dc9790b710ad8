"""One page of a longer list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`total`: how many there are in all."""

    items: list[Row]
    total: int


async def page(session: AsyncSession, question: Select[Row], limit: int, offset: int) -> Page[Row]:
    """The rows from `offset` on, at most `limit` (1-1000), and how many there are."""
    counted = select(func.count()).select_from(question.order_by(None).subquery())
    total = (await session.execute(counted)).scalar_one()
    rows = await session.scalars(question.limit(max(1, min(limit, 1000))).offset(max(0, offset)))
    return Page(list(rows.all()), total)
