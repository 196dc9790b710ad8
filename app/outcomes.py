"""What came of a call is said once: a matter that ended within the call is not closed over another decision."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.filing import Order
from core.errors import Conflict
from store import tickets
from store.tables import Call, Ticket

ENDED = {"answer": "answered", "refuse": "refused"}
"""The exits that end a matter within the call, and the state of the ticket that counts it."""
_SAID = {"answered": "已当场答复", "refused": "已告知不予受理", "ticket": "已登记工单"}


async def said_before(session: AsyncSession, call: Call, order: Order) -> Ticket | None:
    """The ticket that says of this call what `order` says; None where nothing is decided yet, or more is filed for it.

    Raises Conflict where something else was decided, saying what: the call is locked by this session.
    """
    if order.exit not in ENDED or call.outcome not in _SAID:
        return None
    filed = await tickets.of_call(session, call.id)
    same = [one for one in filed if (one.state, one.title) == (ENDED[order.exit], order.title)]
    if same and call.outcome == ENDED[order.exit]:
        return same[0]
    decided = "、".join(f"{one.title}（{one.number}）" for one in filed)
    raise Conflict(
        f"这个通话{_SAID[call.outcome]}：{decided}" if decided else f"这个通话{_SAID[call.outcome]}"
    )
