"""公告 at the desk, and who has read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound, UnknownUnit
from core.ids import new_id
from match.bulletins import Bulletin
from store import hot
from store.paging import Page, page
from store.tables import BulletinRead, BulletinRow, Unit, User
from store.upsert import insert_into


async def add(session: AsyncSession, **facts: Any) -> BulletinRow:
    """Raises UnknownUnit."""
    if await session.get(Unit, facts["unit_code"]) is None:
        raise UnknownUnit(f"没有代码为 {facts['unit_code']} 的承办单位")
    row = BulletinRow(id=new_id("bul"), **facts)
    session.add(row)
    await session.flush()
    return row


async def get(session: AsyncSession, bulletin_id: str) -> BulletinRow:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, BulletinRow, id=bulletin_id)
    if found is None:
        raise NotFound(f"没有公告 {bulletin_id}")
    return found


async def change(session: AsyncSession, row: BulletinRow, version: int, **changes: Any) -> None:
    """Raises Conflict."""
    if not await hot.change(session, BulletinRow, {"id": row.id, "version": version}, changes):
        raise Conflict("这条公告已被他人更改，请重新查看")
    await session.refresh(row)


def as_bulletin(row: BulletinRow) -> Bulletin:
    """As match.bulletins knows it."""
    gone = row.withdrawn_at is not None
    return Bulletin(
        row.id, row.kind, row.unit_code, row.since, row.until, row.region, row.pinned, gone  # type: ignore[arg-type]
    )  # fmt: skip


async def in_time(session: AsyncSession, unit: str, happens_at: datetime) -> bool:
    """Whether the unit posted one of what happens then before it began, withdrawn since or not."""
    wanted = select(BulletinRow.id).where(
        BulletinRow.unit_code == unit, BulletinRow.happens_at == happens_at, BulletinRow.late.is_(False)
    )
    return (await session.scalars(wanted.limit(1))).first() is not None


async def current(session: AsyncSession, at: datetime) -> Sequence[BulletinRow]:
    """Those that hold at that moment, in no order."""
    wanted = select(BulletinRow).where(
        BulletinRow.until > at, BulletinRow.since <= at, BulletinRow.withdrawn_at.is_(None)
    )
    return (await session.scalars(wanted)).all()


async def find(
    session: AsyncSession, *, unit: str = "", kind: str = "", limit: int = 50, offset: int = 0
) -> Page[BulletinRow]:
    """All there ever were, newest first."""
    question = select(BulletinRow)
    question = question.where(BulletinRow.unit_code == unit) if unit else question
    question = question.where(BulletinRow.kind == kind) if kind else question
    return await page(session, question.order_by(BulletinRow.at.desc(), BulletinRow.id), limit, offset)


async def read(session: AsyncSession, row: BulletinRow, user_id: str, at: datetime) -> None:
    """Somebody has read it as it is; twice is once."""
    made = insert_into(session, BulletinRead).values(
        bulletin_id=row.id, user_id=user_id, version=row.version, at=at
    )
    fresh = {"version": made.excluded.version, "at": made.excluded.at}
    await session.execute(
        made.on_conflict_do_update(
            index_elements=["bulletin_id", "user_id"],
            set_=fresh,
            where=BulletinRead.version < made.excluded.version,
        )
    )


async def read_by(session: AsyncSession, user_id: str, ids: Sequence[str]) -> dict[str, int]:
    """Which of these this person has read, in which version."""
    found = await session.execute(
        select(BulletinRead.bulletin_id, BulletinRead.version).where(
            BulletinRead.user_id == user_id, BulletinRead.bulletin_id.in_(ids)
        )
    )
    return {bulletin: version for bulletin, version in found.all()}


async def readers(session: AsyncSession, row: BulletinRow) -> list[tuple[str, str, datetime | None]]:
    """Everybody who answers calls: id, name, when they read it as it is now (None: not yet)."""
    found = await session.execute(
        select(User.id, User.name, BulletinRead.at)
        .outerjoin(
            BulletinRead,
            (BulletinRead.user_id == User.id)
            & (BulletinRead.bulletin_id == row.id)
            & (BulletinRead.version == row.version),
        )
        .where(User.active, User.role.in_(("agent", "expert")))
        .order_by(User.login)
    )
    return [(user, name, at) for user, name, at in found.all()]
