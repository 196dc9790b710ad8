"""Tickets with a parent: assisting units, supervision orders, work handed down, matters split off; and what one forbids the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.house import TicketDraft
from app import alerts, filed, filing, intake, order_rows, policies, terms
from app.floor import Floor
from app.order_rows import Asked
from core.errors import BadInput, NotAllowed, NotFound
from core.events import DeadlineNear, Event
from core.policy import Policy
from core.policy_parts import Trigger
from store import tickets
from store.tables import Ticket as Row
from store.tables import Unit
from tickets.lifecycle import Applied
from tickets.table import DESK, HOTLINE, LAW, OFFICE, UNIT
from tickets.ticket import (
    CLOCK,
    HELPING,
    INSIDE,
    OVER,
    RELATION_NAMES,
    REPLIED,
    UNIT_ROLES,
    WITH_UNIT,
    Action,
    Actor,
    Relation,
)

ADDED_BY: dict[Relation, frozenset[str]] = {
    "assist": DESK, "supervision": HOTLINE | LAW, "descent": UNIT | OFFICE, "split": DESK,
}  # fmt: skip
"""Which children people can add, and who. Repeats and merged tickets become children by what is done to them."""
WAITED_FOR: dict[str, tuple[Relation, ...]] = {"resolve": HELPING, "reply": ("descent",)}
"""Which children a step waits for: whoever takes it locks the ticket first, and so does whoever adds a child to it."""


@dataclass(frozen=True, slots=True)
class Child:
    """What is added under a ticket. `title`, `body` '' for the parent's; `named`: until, term, term_basis.

    type, intake: of a matter split off, '' for the parent's; order: what a supervision order rests on.
    """

    relation: Relation
    unit: str | None
    title: str = ""
    body: str = ""
    named: Mapping[str, str] = field(default_factory=dict)
    order: Asked = field(default_factory=Asked)
    type: str = ""
    intake: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """A child and what its filing set off, to be told once it is kept; nothing where it was there before."""

    row: Row
    alarms: tuple[Event, ...] = ()


async def add(
    floor: Floor, session: AsyncSession, parent: Row, child: Child, actor: Actor, request_key: str
) -> Added:
    """A child of this ticket, dispatched where it has a unit. The same request key gives the same child.

    Raises NotAllowed, BadInput, UnknownUnit, and as `apply` does.
    """
    first = await tickets.by_request_key(session, request_key)
    if first is not None:
        return Added(first)
    if child.relation != "supervision":  # an order may come after the end, and nobody waits for it
        parent = await tickets.get(session, parent.id, lock=True)
    await _may_add(session, parent, child, actor)
    policy, ground = await _rules(floor, session, parent, child), None
    inherits = child.relation in HELPING and not child.named
    law = await _statutory(session, parent, floor.clock()) if inherits else {}
    if child.relation == "supervision":
        ground = await order_rows.rest_on(
            floor, session, parent, policy, child.order, child.unit or "", child.named
        )
        child = replace(child, named=ground.named)
    sort = _sort(floor, parent, child)
    order = filing.Order(
        sort.type, child.title or parent.title, child.body or parent.body, "dispatch" if child.unit else "file",
        unit=child.unit, caller=parent.caller, citizen_name=parent.citizen_name or "", parent_id=parent.id,
        relation=child.relation, intake=sort.intake, urgency=sort.urgency, confidential=parent.confidential,
        enforcement=sort.enforcement, place=parent.place, named=child.named or law, by_law=bool(law),
        kinds={"complex": sort.complex, "on_site": sort.on_site},
    )  # fmt: skip
    steps = filing.first_steps(floor, order, actor, policy)
    new = filing.new_row(order, steps, actor, request_key, parent.caller)
    happened = [event for done in steps for event in done.events]
    row, fresh = await tickets.file(session, new, happened, actor.id)
    if fresh and ground is not None:
        await order_rows.attach(floor, session, parent, row, child.order, ground, actor)
    alarms: list[Event] = []
    if fresh and child.relation == "split":  # a matter of its own, as if the citizen had brought it by itself
        alarms = await filed.of(floor, session, row, parent)
    elif fresh and child.relation in HELPING:
        alarms = await alerts.helped(floor, session, row)
    return Added(row, tuple(alarms))


def _sort(floor: Floor, parent: Row, child: Child) -> TicketDraft:
    """What sort of matter it is: the parent's, unless one split off is said to be another, with a clock of its own.

    Raises BadInput, UnknownIntake.
    """
    if not child.type and not child.intake:
        clock = parent.clock
        return TicketDraft(
            parent.type, parent.title, parent.body, intake=parent.intake, enforcement=parent.enforcement,
            urgency="urgent" if parent.urgency == "urgent" else "normal",
            on_site=bool(clock.get("on_site")), complex=bool(clock.get("complex")),
        )  # fmt: skip
    if child.relation != "split":
        raise BadInput("type: 只有拆分的事项可以另写类型")
    kind = child.type or floor.intake.get(child.intake).type
    return intake.settled(floor.intake, TicketDraft(kind, child.title, child.body, intake=child.intake))


async def _statutory(session: AsyncSession, row: Row, at: datetime) -> dict[str, str]:
    """The statutory deadline that runs, as the law gave it, with its law; it binds who helps as well.

    {} where none does, where it is over by `at`, and where an older version kept no law: then the rules' own term holds.
    """
    if row.clock.get("named") != "statutory":
        return {}
    law = next(reversed(await terms.of_laws(session, row.id)), {})
    return law if law and datetime.fromisoformat(law["until"]) > at else {}


async def _rules(floor: Floor, session: AsyncSession, parent: Row, child: Child) -> Policy:
    """The parent's; work handed down to a place with rules of its own runs under those."""
    if child.relation == "descent" and child.unit:
        below = await session.get(Unit, child.unit)
        own = floor.divisions.rules_of(below.division) if below else ""
        if own:
            return policies.load(own)
    return filing.policy_of(floor, parent)


async def _may_add(session: AsyncSession, parent: Row, child: Child, actor: Actor) -> None:
    by, name = ADDED_BY.get(child.relation), RELATION_NAMES[child.relation]
    if by is None:
        raise BadInput(f"relation: 可添加 {'、'.join(ADDED_BY)}")
    if actor.role not in by:
        raise NotAllowed(f"{name}工单须由 {'/'.join(sorted(by))} 添加，{actor.role} 不能")
    if parent.state in OVER and child.relation != "supervision":
        raise NotAllowed(f"工单 {parent.number} 已经结束，不能再添加{name}")
    if parent.relation == "supervision" and child.relation != "descent":
        raise NotAllowed(f"督办工单 {parent.number} 不能添加{name}")
    if child.relation != "split" and not child.unit:
        raise BadInput(f"unit: {name}须写明单位")
    if child.relation in HELPING:
        await _may_help(session, parent, child.relation, child.unit or "", actor)


async def _may_help(session: AsyncSession, parent: Row, relation: Relation, unit: str, actor: Actor) -> None:
    """Another unit helps; work is handed down the tree by whoever has it (省市县乡村), to a unit of their own."""
    if unit == parent.unit_code:
        raise BadInput("unit: 已是本工单的承办单位")
    if relation != "descent":
        return
    _may_hand_down(parent, actor)
    found = await session.get(Unit, unit)
    if found is None or not parent.unit_code or found.parent_code != parent.unit_code:
        raise NotAllowed(f"unit: {unit} 不是 {parent.unit_code} 的下级单位")


def _may_hand_down(parent: Row, actor: Actor) -> None:
    if actor.role in UNIT_ROLES and actor.unit != parent.unit_code:
        raise NotAllowed(f"工单 {parent.number} 不是贵单位承办的")


async def may(session: AsyncSession, row: Row, deed: Action, actor: Actor, facts: Mapping[str, Any]) -> None:
    """What other tickets forbid this one. Raises NotAllowed, NotFound, BadInput."""
    if row.relation in HELPING and row.parent_id and deed in ("dispatch", "decide", "withdraw"):
        parent = await tickets.get(session, row.parent_id)
        if deed == "withdraw":
            _may_hand_down(parent, actor)
        elif unit := str(facts.get("unit") or ""):
            await _may_help(session, parent, row.relation, unit, actor)
    waited_for = WAITED_FOR.get(deed, ())
    if waited_for:
        family = await tickets.children(session, row.id)
        done = {*OVER, *REPLIED}
        left = [one for one in family if one.relation in waited_for and one.state not in done]
        if left:
            named = "、".join(f"{RELATION_NAMES[one.relation]}{one.number}" for one in left)  # type: ignore[index]
            raise NotAllowed(f"工单 {row.number} 尚有未办结的：{named}")
    if deed == "merge":
        await _may_merge(session, row, str(facts.get("into", "")))


async def _may_merge(session: AsyncSession, row: Row, into: str) -> None:
    try:
        target = await tickets.get(session, into)
    except NotFound:
        raise NotFound(f"into: 没有工单 {into}") from None
    if target.id == row.id or target.parent_id == row.id:
        raise BadInput("into: 不能并入自身或自身的子工单")
    if target.state in OVER or target.relation in (*INSIDE, "merged"):
        raise NotAllowed(f"into: 工单 {target.number} 已经结束，或本身是子工单")


async def supervise_red(floor: Floor, session: AsyncSession, row: Row, done: Applied) -> Row | None:
    """红牌发出后随即进入工单督办环节 (Heyuan 18(二)): the order opens in the transaction of the red card."""
    red = any(isinstance(event, DeadlineNear) and event.colour == "red" for event in done.events)
    if not red:
        return None
    key = f"red/{row.id}/{done.ticket.version}"
    return await supervise(floor, session, row, "red_card", "红牌督办", CLOCK, key)


async def supervise(
    floor: Floor, session: AsyncSession, row: Row, trigger: Trigger, named: str, actor: Actor, key: str
) -> Row | None:
    """An order by the rules' own word; None where they name no such ground or no term for it, or the unit has one to answer."""
    rules = filing.policy_of(floor, row).stages.supervise
    if row.relation == "supervision" or row.unit_code is None:
        return None
    if trigger not in rules.opens_on or rules.term is None:
        return None
    family = await tickets.children(session, row.id)
    if any(_has_an_order(one, row.unit_code) for one in family):
        return None
    child = Child("supervision", row.unit_code, f"【{named}】{row.title}", order=Asked(trigger))
    return (await add(floor, session, row, child, actor, key)).row


def _has_an_order(child: Row, unit: str) -> bool:
    """One that this unit has not answered yet; another unit's, or one it has answered, supervises nobody now."""
    return child.relation == "supervision" and child.unit_code == unit and child.state in WITH_UNIT
