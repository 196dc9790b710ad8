"""What a supervision ticket rests on, kept with it: trigger, form, clause, and the term the office named."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.notices import pressing
from core.errors import BadInput
from core.ids import new_id
from core.policy import Policy
from core.policy_parts import OrderForm, Trigger
from store import orders, tickets
from store.orders import NewOrder
from store.tables import Ticket as Row
from tickets.clock import local
from tickets.supervision import First, Ground, Order, ground
from tickets.ticket import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """How an order was asked for. `group`: '' for one of its own."""

    trigger: Trigger = "other"
    form: OrderForm | None = None
    words: str = ""
    leader: str = ""
    group: str = ""
    units: tuple[str, ...] = ()


async def rest_on(
    floor: Floor,
    session: AsyncSession,
    parent: Row,
    policy: Policy,
    asked: Asked,
    unit: str,
    named: Mapping[str, str],
) -> Ground:
    """The order's grounds and its named term, before its ticket is filed. Raises NotAllowed, BadInput, with the clause."""
    wanted = Order(asked.units or (unit,), asked.trigger, asked.form, _moment(named), asked.leader)
    found = ground(wanted, policy, floor.clock(), await first_of(session, parent.id))
    return replace(found, named={**found.named, **named})


def _moment(named: Mapping[str, str]) -> datetime | None:
    if "until" not in named:
        return None
    try:
        return local(datetime.fromisoformat(named["until"]))
    except ValueError as error:
        raise BadInput(f"until: 不是时间：{named['until']}") from error


async def first_of(session: AsyncSession, parent_id: str) -> First | None:
    """The matter's first supervision order, which caps a listed one."""
    earlier = await orders.about(session, parent_id)
    if not earlier:
        return None
    first = earlier[0]
    due = (await tickets.get(session, first.ticket_id)).due_at
    return First(first.opened_at, due or await orders.first_due(session, first))


async def attach(
    floor: Floor, session: AsyncSession, parent: Row, child: Row, asked: Asked, found: Ground, actor: Actor
) -> None:
    """The order beside its ticket, with its event, and the notices it owes. Publicity is asked for, never done by one person."""
    new = NewOrder(
        child.id, parent.id, child.unit_code or "", asked.trigger, asked.form, _clauses(found), actor.id, floor.clock(),
        child.due_at, asked.words, asked.leader, asked.group, "asked" if asked.form == "media" else "none", new_id("ord"),
    )  # fmt: skip
    await orders.open_order(session, new)
    await pressing.ordered(floor, session, child, await orders.get(session, new.id))


def _clauses(found: Ground) -> str:
    return "；".join(dict.fromkeys(one for one in (found.clause, found.form_clause) if one))
