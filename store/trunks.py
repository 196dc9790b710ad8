"""Carrier trunks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Trunk


async def put(session: AsyncSession, name: str, **facts: Any) -> Trunk:
    """Add a trunk or change the one of this name; `facts`: columns of Trunk."""
    found = await session.get(Trunk, name)
    if found is None:
        found = Trunk(name=name, **facts)
        session.add(found)
    for column, value in facts.items():
        setattr(found, column, value)
    await session.flush()
    return found


async def active(session: AsyncSession) -> Sequence[Trunk]:
    """In the order in which they are tried."""
    found = await session.scalars(
        select(Trunk).where(Trunk.active.is_(True)).order_by(Trunk.failover_order, Trunk.name)
    )
    return found.all()
