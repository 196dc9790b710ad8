"""What citizens bring online: codes to their telephones."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import new_id
from store.keys import normal
from store.tables import PhoneCode, Ticket

ONLINE = "citizen"
"""`filed_by` of a ticket its citizen filed."""


async def add_code(session: AsyncSession, phone: str, code: str, at: datetime, expires_at: datetime) -> str:
    """The code's id; telephone and code are kept as keyed hashes only."""
    made = new_id("code")
    session.add(
        PhoneCode(id=made, phone_hash=phone, code_hash=_kept(phone, code), at=at, expires_at=expires_at)
    )
    await session.flush()
    return made


async def codes_since(session: AsyncSession, phone: str, since: datetime) -> tuple[int, datetime | None]:
    """How many codes were sent to a telephone, and when the last one was."""
    wanted = select(func.count(), func.max(PhoneCode.at)).where(
        PhoneCode.phone_hash == phone, PhoneCode.at >= since
    )
    many, last = (await session.execute(wanted)).one()
    return int(many), last


async def use_code(
    session: AsyncSession, phone: str, code: str, request: str, at: datetime, tries: int
) -> bool:
    """Whether this code lets this telephone file this request; a wrong one counts against every code that would."""
    live = (PhoneCode.phone_hash == phone, PhoneCode.expires_at > at, PhoneCode.wrong < tries)
    fits = (
        *live,
        PhoneCode.code_hash == _kept(phone, code),
        PhoneCode.used.is_(None) | (PhoneCode.used == request),
    )
    found = await session.scalar(select(PhoneCode.id).where(*fits).limit(1))
    if found is None:
        await session.execute(update(PhoneCode).where(*live).values(wrong=PhoneCode.wrong + 1))
        return False
    await session.execute(update(PhoneCode).where(PhoneCode.id == found).values(used=request))
    return True


async def filed_since(session: AsyncSession, phone: str, since: datetime) -> int:
    """How many tickets were filed online from a telephone."""
    mine = (Ticket.caller_hash == phone, Ticket.filed_by == ONLINE, Ticket.filed_at >= since)
    return int(await session.scalar(select(func.count()).select_from(Ticket).where(*mine)) or 0)


def _kept(phone: str, code: str) -> str:
    return f"{normal(phone)}/{code}"
