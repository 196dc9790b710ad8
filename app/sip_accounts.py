"""The seats' SIP accounts, for whoever sets up the phones."""

from dataclasses import dataclass

from app.opened import database
from app.settings import Settings
from store import seats


@dataclass(frozen=True, slots=True)
class SipAccount:
    """What a phone needs to be a seat."""

    seat: str
    user: str
    secret: str


async def sip_accounts(settings: Settings) -> list[SipAccount]:
    """All of them, by seat."""
    async with database(settings) as opened, opened.reading() as session:
        return [
            SipAccount(one.id, one.sip_user, one.sip_secret or "") for one in await seats.all_seats(session)
        ]
