"""Screens on a wall: who may show figures, and the figures of tickets they show. Nothing of a citizen is read here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotFound
from core.ids import new_id
from core.policy_parts import COLOURS
from store.keys import spelt
from store.tables import Ticket, Unit, WallScreen
from tickets.ticket import OVER

MOST_OPEN = 20_000
"""Open tickets whose cards are looked at; a city with more is told by its oldest ones."""
SEEN_EVERY = timedelta(minutes=1)


async def add(
    session: AsyncSession, name: str, token: str, by: str, at: datetime, expires_at: datetime
) -> WallScreen:
    """A screen; its token is kept as a keyed hash only."""
    row = WallScreen(
        id=new_id("wall"), name=name, token_hash=spelt(token), made_by=by, made_at=at, expires_at=expires_at
    )
    session.add(row)
    await session.flush()
    return row


async def screens(session: AsyncSession) -> Sequence[WallScreen]:
    """Newest first."""
    return (await session.scalars(select(WallScreen).order_by(WallScreen.made_at.desc()).limit(200))).all()


async def revoke(session: AsyncSession, screen_id: str, by: str, at: datetime) -> WallScreen:
    """It shows nothing from now on; done twice is done. Raises NotFound."""
    row = await session.get(WallScreen, screen_id)
    if row is None:
        raise NotFound(f"没有大屏 {screen_id}")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = at, by
        await session.flush()
    return row


async def of_token(session: AsyncSession, token: str, at: datetime) -> WallScreen | None:
    """The screen that may show figures now."""
    right = (
        WallScreen.token_hash == spelt(token),
        WallScreen.revoked_at.is_(None),
        WallScreen.expires_at > at,
    )
    return (await session.scalars(select(WallScreen).where(*right))).first()


async def seen(session: AsyncSession, screen_id: str, token: str, at: datetime) -> None:
    """It asked just now, with this token: kept anew, under the present key."""
    now = {"seen_at": at, "token_hash": spelt(token)}
    await session.execute(update(WallScreen).where(WallScreen.id == screen_id).values(**now))


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """`cards`: open tickets by the gravest card that fell, '' for none; `steps`: of those filed in the week, how many came how far;
    `places`: (division's code, tickets of the week); `units`: (name, tickets of the week)."""

    filed: int = 0
    resolved: int = 0
    cards: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    places: list[tuple[str, int]] = field(default_factory=list)
    units: list[tuple[str, int]] = field(default_factory=list)


async def tickets(session: AsyncSession, midnight: datetime, now: datetime) -> TicketFigures:
    """Today's from `midnight` on; a week back for what is hot."""
    week = now - timedelta(days=7)
    filed = select(func.count()).select_from(Ticket).where(Ticket.filed_at >= midnight)
    settled = select(func.count()).select_from(Ticket).where(Ticket.resolved_at >= midnight)
    steps = select(
        func.count(), func.count(Ticket.dispatched_at), func.count(Ticket.signed_at), func.count(Ticket.replied_at),
        func.count(Ticket.resolved_at),
    ).where(Ticket.filed_at >= week)  # fmt: skip
    many = func.count().label("many")
    places = (
        select(Ticket.place, many).where(Ticket.filed_at >= week, Ticket.place != "").group_by(Ticket.place)
    )
    units = select(Unit.name, many).join(Ticket, Ticket.unit_code == Unit.code).where(Ticket.filed_at >= week)
    top = units.group_by(Unit.name).order_by(many.desc(), Unit.name).limit(8)
    names = ("filed", "dispatched", "signed", "replied", "resolved")
    return TicketFigures(
        filed=int(await session.scalar(filed) or 0),
        resolved=int(await session.scalar(settled) or 0),
        cards=await _cards(session, now),
        steps=dict(zip(names, map(int, (await session.execute(steps)).one()), strict=True)),
        places=[(code, int(count)) for code, count in (await session.execute(places)).all()],
        units=[(name, int(count)) for name, count in (await session.execute(top)).all()],
    )


async def _cards(session: AsyncSession, now: datetime) -> dict[str, int]:
    running = select(Ticket.cards).where(Ticket.state.not_in(OVER)).order_by(Ticket.filed_at).limit(MOST_OPEN)
    found = dict.fromkeys(("", *COLOURS), 0)
    for cards in await session.scalars(running):
        found[gravest(cards, now)] += 1
    return found


def gravest(cards: Sequence[Any], now: datetime) -> str:
    """The colour of the gravest card that fell by `now`, '' for none. cards: [{"colour": …, "at": ISO}]."""
    fell = [one["colour"] for one in cards if datetime.fromisoformat(one["at"]) <= now]
    return max((c for c in fell if c in COLOURS), key=COLOURS.index, default="")
