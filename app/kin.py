"""Tickets with a parent: assisting units, supervision orders, work handed down, matters split off; and what one means for the other."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import alerts, filing, order_rows, policies
from app.floor import Floor
from app.order_rows import Asked
from core.errors import BadInput, NotAllowed, NotFound
from core.events import DeadlineNear
from core.policy import Policy
from core.policy_parts import Trigger
from store import events, tickets
from store.tables import Ticket as Row
from store.tables import Unit
from tickets.clock import local
from tickets.lifecycle import Applied, apply
from tickets.table import DESK, HOTLINE, LAW, OFFICE, UNIT
from tickets.ticket import (
    CLOCK,
    HELPING,
    INSIDE,
    OVER,
    RELATION_NAMES,
    REPLIED,
    UNIT_ROLES,
    Action,
    Actor,
    Relation,
)

ADDED_BY: dict[Relation, frozenset[str]] = {
    "assist": DESK, "supervision": HOTLINE | LAW, "descent": UNIT | OFFICE, "split": DESK,
}  # fmt: skip
"""Which children people can add, and who. Repeats and merged tickets become children by what is done to them."""
_DEEP = 12
"""Levels that are followed down; the tree of units has five (省市县乡村)."""
_WAITED_FOR: dict[str, tuple[Relation, ...]] = {"resolve": HELPING, "reply": ("descent",)}


@dataclass(frozen=True, slots=True)
class Child:
    """What is added under a ticket. `title`, `body` '' for the parent's; `named`: until, term, term_basis.

    order: what a supervision order rests on.
    """

    relation: Relation
    unit: str | None
    title: str = ""
    body: str = ""
    named: Mapping[str, str] = field(default_factory=dict)
    order: Asked = field(default_factory=Asked)


async def add(
    floor: Floor, session: AsyncSession, parent: Row, child: Child, actor: Actor, request_key: str
) -> Row:
    """A child of this ticket, dispatched where it has a unit. The same request key gives the same child.

    Raises NotAllowed, BadInput, UnknownUnit, and as `apply` does.
    """
    first = await tickets.by_request_key(session, request_key)
    if first is not None:
        return first
    await _may_add(session, parent, child, actor)
    policy, ground = await _rules(floor, session, parent, child), None
    inherits = child.relation in HELPING and not child.named
    law = await _statutory(session, parent, floor.clock()) if inherits else {}
    if child.relation == "supervision":
        ground = await order_rows.rest_on(
            floor, session, parent, policy, child.order, child.unit or "", child.named
        )
        child = replace(child, named=ground.named)
    order = filing.Order(
        parent.type, child.title or parent.title, child.body or parent.body, "dispatch" if child.unit else "file",
        unit=child.unit, caller=parent.caller, citizen_name=parent.citizen_name or "", parent_id=parent.id,
        relation=child.relation, intake=parent.intake, urgency="urgent" if parent.urgency == "urgent" else "normal",
        confidential=parent.confidential, enforcement=parent.enforcement, place=parent.place, named=child.named or law, by_law=bool(law),
        kinds={"complex": bool(parent.clock.get("complex")), "on_site": bool(parent.clock.get("on_site"))},
    )  # fmt: skip
    steps = filing.first_steps(floor, order, actor, policy)
    new = filing.new_row(order, steps, actor, request_key, parent.caller)
    happened = [event for done in steps for event in done.events]
    row, fresh = await tickets.file(session, new, happened, actor.id)
    if row.urgency == "urgent" and child.relation != "supervision":
        await alerts.urgent(floor, session, row, row.unit_code)
    if fresh and ground is not None:
        await order_rows.attach(floor, session, parent, row, child.order, ground, actor)
    return row


async def _statutory(session: AsyncSession, row: Row, at: datetime) -> dict[str, str]:
    """The statutory deadline that runs, with its law, as the table's facts; it binds who helps as well.

    {} where none does, where it is over by `at`, and where an older version kept no law: then the rules' own term holds.
    """
    if row.clock.get("named") != "statutory" or row.due_at is None or row.due_at <= at:
        return {}
    named = [one.payload.get("facts") or {} for one in await events.of(session, row.id)]
    basis = [str(one["term_basis"]) for one in named if one.get("term_basis")]
    if not basis:
        return {}
    return {"until": local(row.due_at).isoformat(), "term": "statutory", "term_basis": basis[-1]}


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
    if child.relation in HELPING and child.unit == parent.unit_code:
        raise BadInput("unit: 已是本工单的承办单位")
    if child.relation == "descent":
        await _below(session, parent, child, actor)


async def _below(session: AsyncSession, parent: Row, child: Child, actor: Actor) -> None:
    """Work is handed down the tree by whoever has it (省市县乡村), to a unit of their own."""
    if actor.role in UNIT_ROLES and actor.unit != parent.unit_code:
        raise NotAllowed(f"工单 {parent.number} 不是贵单位承办的")
    found = await session.get(Unit, child.unit)
    if found is None or not parent.unit_code or found.parent_code != parent.unit_code:
        raise NotAllowed(f"unit: {child.unit} 不是 {parent.unit_code} 的下级单位")


async def may(session: AsyncSession, row: Row, deed: Action, facts: Mapping[str, Any]) -> None:
    """What other tickets forbid this one. Raises NotAllowed, NotFound, BadInput."""
    waited_for = _WAITED_FOR.get(deed, ())
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


async def below(session: AsyncSession, row: Row) -> list[Row]:
    """Whoever still works on this matter, down every level, nearest first: its assisting units and those it was handed down to.

    Supervision orders are not among them: only the hotline office ends those.
    """
    found: list[Row] = []
    level, seen = [row.id], {row.id}
    for _ in range(_DEEP):
        family = [child for one in level for child in await tickets.children(session, one)]
        taken = [one for one in family if one.relation in HELPING and one.id not in seen]
        found += [one for one in taken if one.state not in OVER]
        level = [one.id for one in taken]
        seen.update(level)
    return found


async def follow(floor: Floor, session: AsyncSession, row: Row, deed: Action, actor: Actor) -> list[Applied]:
    """What this deed does to those below: a matter withdrawn or merged leaves nobody working on it."""
    if deed not in ("withdraw", "merge", "refuse"):
        return []
    done: list[Applied] = []
    reason = f"随主单{row.number}一并撤回"
    for child in await below(session, row):
        policy = filing.policy_of(floor, child)
        step = apply(
            filing.as_ticket(child), "withdraw", actor, floor.clock(), policy, floor.calendar, reason=reason
        )
        await filing.save_step(session, child, step, actor.id)
        done.append(step)
    return done


async def supervise_red(floor: Floor, session: AsyncSession, row: Row, done: Applied) -> Row | None:
    """红牌发出后随即进入工单督办环节 (Heyuan 18(二)): the order opens in the transaction of the red card, one at a time."""
    red = any(isinstance(event, DeadlineNear) and event.colour == "red" for event in done.events)
    if not red:
        return None
    key = f"red/{row.id}/{done.ticket.version}"
    return await supervise(floor, session, row, "red_card", "红牌督办", CLOCK, key)


async def supervise(
    floor: Floor, session: AsyncSession, row: Row, trigger: Trigger, named: str, actor: Actor, key: str
) -> Row | None:
    """An order by the rules' own word, one at a time; None where they name no such ground or no term for it."""
    rules = filing.policy_of(floor, row).stages.supervise
    if row.relation == "supervision" or row.unit_code is None:
        return None
    if trigger not in rules.opens_on or rules.term is None:
        return None
    family = await tickets.children(session, row.id)
    if any(one.relation == "supervision" and one.state not in OVER for one in family):
        return None
    child = Child("supervision", row.unit_code, f"【{named}】{row.title}", order=Asked(trigger))
    return await add(floor, session, row, child, actor, key)
