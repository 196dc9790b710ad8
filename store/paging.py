"""One page of a longer list."""

from collections.abc import Sequence
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


async def page(
    session: AsyncSession, question: Select[Row], limit: int, offset: int, most: int | None = None
) -> Page[Row]:
    """The rows from `offset` on, at most `limit` (1-1000), and how many there are; beyond `most` nothing is counted."""
    counted = select(func.count()).select_from(question.order_by(None).limit(most).subquery())
    total = (await session.execute(counted)).scalar_one()
    rows = await session.scalars(question.limit(max(1, min(limit, 1000))).offset(max(0, offset)))
    return Page(list(rows.all()), total)


def cut(found: Sequence[Row], limit: int, offset: int) -> Sequence[Row]:
    """The part of a list that `page` would show."""
    return found[max(0, offset) :][: max(1, min(limit, 1000))]
