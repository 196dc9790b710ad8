"""What a ticket sets off once it is filed, whoever filed it and how, in the transaction of its filing."""

from sqlalchemy.ext.asyncio import AsyncSession

from app import alerts, enterprise
from app.errands import letters
from app.floor import Floor
from core.events import Event
from store.tables import Ticket as Row


async def of(floor: Floor, session: AsyncSession, row: Row, split_from: Row | None = None) -> list[Event]:
    """The citizen's number, the enterprises' ledger, alerts; gives what happened, to be told once it is kept.

    `split_from`: the ticket this one's matter was part of. Source: Henan 三(八); Chenzhou 二.4, 二.7.
    """
    await letters.ticket_filed(floor, session, row, split_from)
    await enterprise.ticket_filed(floor, session, row)
    return await alerts.on_filed(floor, session, row)
