"""Whoever works on a matter below a ticket, and what a deed on either means for the other."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app import overdue, terms
from app.floor import Floor
from app.notices.people import Told, owe
from store import tickets
from store.tables import Ticket as Row
from tickets.lifecycle import Applied
from tickets.ticket import CLOCK, HELPING, OVER, WITH_UNIT, Action, Actor, Relation

_DEEP = 12
"""Levels that are followed down; the tree of units has five (省市县乡村)."""


async def below(session: AsyncSession, row: Row, first: Sequence[Relation] = HELPING) -> list[Row]:
    """Whoever still works on this matter, down every level, nearest first: its assisting units and those it was handed down to.

    first: of its own children only these. Supervision orders are not among them: only the hotline office ends those.
    """
    found: list[Row] = []
    level, seen, taken_in = [row.id], {row.id}, first
    for _ in range(_DEEP):
        family = [child for one in level for child in await tickets.children(session, one)]
        taken = [one for one in family if one.relation in taken_in and one.id not in seen]
        found += [one for one in taken if one.state not in OVER]
        level, taken_in = [one.id for one in taken], HELPING
        seen.update(level)
    return found


async def follow(floor: Floor, session: AsyncSession, row: Row, deed: Action, actor: Actor) -> list[Applied]:
    """What this deed does to those below: a matter withdrawn or merged leaves nobody working on it, and a unit that gives it
    back takes along what it had handed down. Who assists goes on: the hotline had asked them.
    """
    match deed:
        case "withdraw" | "merge" | "refuse":
            reason = f"随主单{row.number}一并撤回"
            return await _end(floor, session, await below(session, row), reason, actor)
        case "return" | "dispatch" | "decide":  # the last two: what a version that left it running had left
            gone = await below(session, row, ("descent",))
            reason = f"上级承办单位已退回工单{row.number}，下级不再承办"
            for child in gone:
                await _tell(floor, session, child, child.unit_code, f"工单{child.number}已撤回：{reason}。")
            return await _end(floor, session, gone, reason, CLOCK)
        case _:
            return []


async def _end(
    floor: Floor, session: AsyncSession, gone: Sequence[Row], reason: str, actor: Actor
) -> list[Applied]:
    done: list[Applied] = []
    for child in gone:
        done += await overdue.step(floor, session, child, "withdraw", actor, reason=reason)
    return done


async def held_to_law(
    floor: Floor, session: AsyncSession, row: Row, actor: Actor, facts: Mapping[str, Any]
) -> list[Applied]:
    """A statute's own term, named for a matter others help with already, binds them as well. `row` is as it was before.

    A deadline that somebody named for one of them stays; one that came along from here before follows.
    """
    if facts.get("term") != "statutory":
        return []
    law = {name: facts[name] for name in ("until", "term", "term_basis")}
    earlier = (await terms.of_laws(session, row.id))[:-1]  # the last is what this deed named
    before = {datetime.fromisoformat(one["until"]) for one in earlier}
    done: list[Applied] = []
    for child in await below(session, row):
        named = child.clock.get("named")
        from_here = named == "statutory" and child.due_at in before
        if child.state in WITH_UNIT and (named is None or from_here):
            done += await overdue.step(floor, session, child, "set_term", actor, **law)
    return done


async def came_back(floor: Floor, session: AsyncSession, row: Row) -> None:
    """Work that was handed down was given back: the unit that had handed it down learns that it is its own again."""
    above = (await tickets.get(session, row.parent_id or "")).unit_code
    text = f"贵单位交下级承办的工单{row.number}已被退回，请登录平台改派下级单位或收回自办。"
    await _tell(floor, session, row, above, text)


async def _tell(floor: Floor, session: AsyncSession, row: Row, unit: str | None, text: str) -> None:
    """By text to the handlers of the unit, where there is one."""
    if unit is None:
        return
    stem = f"descent/{row.id}/{row.version}"
    told = Told("descent", stem, unit, f"【{floor.policy.hotline}】{text}", about=row.id)
    await owe(session, told, ("handler",), ("sms",), floor.clock())
