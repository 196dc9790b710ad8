"""A consult the agent can't answer goes where the city's rules say: live to the unit, or to it as a ticket.

002 延边 9: 不能直接答复的转接相关承办单位答复. 001 河源 8(一): 形成工单转派至承办单位. 003 郴州 二.1, 004 二.3: either.
"""

from dataclasses import replace

from api.actor import Actor
from api.house import HandedOn, TicketDraft
from app import flow
from app.filing import Order
from app.floor import Floor
from app.three_way.deeds import Deeds
from core.errors import BadInput, Conflict, NotFound, UnknownUnit
from core.policy_city import Unanswered
from store import tickets, transfers

LIVE_FIRST: frozenset[Unanswered] = frozenset({"live_transfer", "three_way_or_ticket"})
"""Where the unit is called while the citizen waits; 000 河南 三(三) 转交 and silence of the rules are a ticket."""


async def hand_on(floor: Floor, three: Deeds, actor: Actor, draft: TicketDraft, request_key: str) -> HandedOn:
    """Call the unit for a three-way talk, or file the consult with it; a unit without a duty telephone gets the ticket.

    Asked again with the same key it is the same deed, whatever became of the call or the rules meanwhile.
    A unit that is called and not reached gets its ticket by itself (app.three_way.rows.fail).
    Raises BadInput, UnknownUnit, NotFound, Conflict, SwitchSilent, SwitchElsewhere.
    """
    if not draft.unit or not draft.call_id:
        raise BadInput("请选择承办单位")
    said = floor.policy.intake.unanswered
    clause, words = (said.clause, said.words) if said else ("", "")
    if first := await _before(floor, draft.call_id, request_key):
        return replace(first, clause=clause, words=words)
    if said is not None and said.value in LIVE_FIRST:
        try:
            asked = f"{draft.title}：{draft.body}" if draft.body else draft.title
            made = await three.begin(
                actor, draft.call_id, "unit", draft.unit, "three_way", request_key, asked
            )
            return HandedOn("live", clause, words, transfer_id=made)
        except UnknownUnit:
            raise
        except NotFound:
            pass  # nobody answers there by telephone
    order = Order(
        "consult", draft.title, draft.body, unit=draft.unit, call_id=draft.call_id,
        citizen_name=draft.citizen_name,
    )  # fmt: skip
    ticket = await flow.ticket_filed(floor, order, actor, request_key)
    return HandedOn("ticket", clause, words, ticket_id=ticket.id)


async def _before(floor: Floor, call_id: str, request_key: str) -> HandedOn | None:
    """What this key did already. Raises Conflict where it did so for another call."""
    async with floor.database.reading() as session:
        called = await transfers.by_request_key(session, request_key)
        filed = await tickets.by_request_key(session, request_key)
    for one in (called, filed):
        if one is not None and one.call_id != call_id:
            raise Conflict("此 Idempotency-Key 已用于另一个通话")
    if called is not None:
        return HandedOn("live", "", "", transfer_id=called.id)
    return HandedOn("ticket", "", "", ticket_id=filed.id) if filed else None
