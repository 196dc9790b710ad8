"""What a filed matter sets off at once, in its own transaction: sensitive ones are told to the hotline office and its superior,
urgent ones go to the responsible unit's duty room (Henan 三(四), 三(八); Chenzhou 二.4). Never silently: nobody to tell is a notice too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from app.notices import people
from app.notices.cards import spoken
from app.notices.manners import ALERT
from core.alerts import TOLD_NAMES, By, DutyRoomTold, Level, Sensitive, Told
from core.errors import Conflict, NotFound
from core.events import Event
from core.numbers import diallable, textable
from match.sensitive import gravest
from store import events, notices, probes, tickets, units
from store.tables import Ticket as Row
from store.tables import UnitPhone
from tickets.anomalies import Anomaly
from tickets.lifecycle import Applied
from tickets.ticket import HELPING

PROMPTS = {"urgent": "alert-urgent", "sensitive": "alert-sensitive"}


@dataclass(frozen=True, slots=True)
class _Alert:
    """One alert about one ticket. `key`: what makes it this one; `words`: the text; `prompt`: what is spoken."""

    key: str
    words: str
    prompt: str
    level: Level


async def on_filed(floor: Floor, session: AsyncSession, row: Row) -> list[Event]:
    """After a ticket was filed, whatever became of it; gives what happened, to be told once it is kept."""
    found = await sensitive(floor, session, row, f"{row.title}\n{row.body}")
    if row.urgency == "urgent" and row.state not in ("answered", "refused", "merged"):
        found += await urgent(floor, session, row, row.unit_code, row.version)
    if row.enforcement and row.state == "filed":
        found += await enforcement_waits(floor, session, row)
    return found


async def enforcement_waits(floor: Floor, session: AsyncSession, row: Row) -> list[Event]:
    """An enforcement case goes on at once (第一时间转至, Chenzhou 二.4): filed without a unit it is a warning to the office now."""
    happened = Anomaly(floor.clock(), "enforcement_waits", row.id, None)
    await events.append(session, happened, "alerts")
    return [happened]


async def tell(floor: Floor, happened: Sequence[Event]) -> None:
    """Screens of the hotline office and of supervisors learn of it."""
    for event in happened:
        facts = {name: value for name, value in event.payload().items() if name != "at"}
        await floor.tell("tickets", event.name, **facts)


# --- sensitive --------------------------------------------------------------------------------------------------------


async def sensitive(floor: Floor, session: AsyncSession, row: Row, text: str) -> list[Event]:
    """Alerts for the words of a matter, or of what a citizen added to it; each set of kinds once per ticket.

    One that was merged is told of under the number of the one it went into, to that one's unit.
    """
    marked = floor.sensitive.find(text)
    if not marked:
        return []
    kinds, number = tuple(one.category.id for one in marked), gravest(marked)
    head = await tickets.leading(session, row)
    happened = Sensitive(floor.clock(), row.id, head.unit_code, kinds, number)
    await events.append(session, happened, "alerts")
    level = floor.sensitive.alerts.levels[number]
    await _tell_of(floor, session, head, head.unit_code, kinds, level, level.tell)
    return [happened]


async def _room_told(floor: Floor, session: AsyncSession, row: Row, unit: str, of: Row) -> None:
    """The duty room of the unit that has `row` hears what was marked in `of`, in the ticket that one helps with, or in tickets
    that had gone into them.

    Once per unit and set of kinds, however often it comes back to the same one.
    """
    heads = [of.id, of.parent_id] if of.parent_id and of.relation in HELPING else [of.id]
    known = [*heads, *[one.id for head in heads for one in await tickets.joined(session, head)]]
    marks = {
        (tuple(event.payload["categories"]), int(event.payload["level"]))
        for event in await events.named(session, known, Sensitive.name)
    }
    for kinds, number in sorted(marks):
        level = floor.sensitive.alerts.levels.get(number)
        if level is not None and "duty_room" in level.tell:
            await _tell_of(floor, session, row, unit, kinds, level, ("duty_room",))


async def _tell_of(
    floor: Floor,
    session: AsyncSession,
    row: Row,
    unit: str | None,
    kinds: Sequence[str],
    level: Level,
    tell: Sequence[Told],
) -> None:
    names = {one.id: one.name for one in floor.sensitive.alerts.categories}
    named = "、".join(names.get(kind, kind) for kind in kinds)
    words = f"【{floor.policy.hotline}】工单{row.number}涉及{named}（{level.name}），请立即登录平台处置并按规定报告。"
    mark = hashlib.sha256("+".join(sorted(kinds)).encode()).hexdigest()[:12]
    for who in tell:
        key = f"alert/{row.id}/{mark}" + (f"/{unit or 'office'}" if who == "duty_room" else "")
        found, phones = await _phones(floor, session, unit, who)
        await _owe(
            session, row, _Alert(key, words, PROMPTS["sensitive"], level), who, found, phones, floor.clock()
        )


# --- urgent -----------------------------------------------------------------------------------------------------------


async def urgent(
    floor: Floor, session: AsyncSession, row: Row, unit: str | None, version: int, joined: str = ""
) -> list[Event]:
    """The duty room of the unit that is to act, by voice and text at any hour; the office's while no unit is named.

    `version`: the ticket's after the step that sends it there. A unit that has it a second time is rung a second time.
    joined: the number of the ticket that went into this one and made it so.
    """
    rules, at = floor.sensitive.alerts, floor.clock()
    level = rules.levels[rules.urgent.level]
    words = f"【{floor.policy.hotline}】突发事项工单{row.number}，请值班室立即按预案处置并登录平台反馈。"
    alert = _Alert(f"alert/{row.id}/urgent/{unit or 'office'}/{version}", words, PROMPTS["urgent"], level)
    rung = 0
    duty: str | None = None
    for who in level.tell:
        found, phones = await _phones(floor, session, unit, who)
        await _owe(session, row, alert, who, found, phones, at)
        if who == "duty_room":
            duty, rung = found, len(phones)
    happened = DutyRoomTold(at, row.id, unit, duty, rules.urgent.level, rung, joined)
    await events.append(session, happened, "alerts")
    return [happened]


async def helped(floor: Floor, session: AsyncSession, child: Row) -> list[Event]:
    """A unit was called in to help, or got work handed down: its duty room hears of the matter as if it had been sent the ticket."""
    if child.unit_code:
        await _room_told(floor, session, child, child.unit_code, child)
    return (
        await urgent(floor, session, child, child.unit_code, child.version)
        if child.urgency == "urgent"
        else []
    )


async def dispatched(floor: Floor, session: AsyncSession, row: Row, done: Applied) -> list[Event]:
    """A ticket went to a unit only now, to another one, or to the same one again: its duty room is told where it is urgent or
    gravely sensitive.
    """
    unit = done.ticket.unit
    if not unit:
        return []
    await _room_told(floor, session, row, unit, row)
    return await urgent(floor, session, row, unit, done.ticket.version) if row.urgency == "urgent" else []


async def went_into(floor: Floor, session: AsyncSession, head: Row, row: Row, version: int) -> list[Event]:
    """A ticket was merged: whoever acts on the one it went into is told what was urgent or gravely sensitive in it.

    head: as it was before, at `version` now. Not where its unit's duty room was rung for either of them already.
    """
    if head.unit_code:
        await _room_told(floor, session, head, head.unit_code, row)
    rung = head.urgency == "urgent" and row.unit_code is not None and row.unit_code == head.unit_code
    if row.urgency != "urgent" or rung:
        return []
    return await urgent(floor, session, head, head.unit_code, version, row.number)


# --- whom -------------------------------------------------------------------------------------------------------------


async def _phones(
    floor: Floor, session: AsyncSession, unit: str | None, who: Told
) -> tuple[str | None, list[UnitPhone]]:
    """Whose telephones, and which: of the first unit on the way that has any."""
    office = floor.content.register.office
    match who:
        case "office":
            return await _first(session, [office] if office else [], ("duty", "handler"))
        case "superior":
            above = await _above(session, office)
            _, leaders = await _first(session, [office] if office else [], ("leader",))
            over, found = await _first(session, above, ("duty", "leader"))
            return over or office, leaders + found
        case "duty_room":
            way = [unit, *await _above(session, unit), office] if unit else [office]
            return await _first(session, [one for one in way if one], ("duty",))


async def _above(session: AsyncSession, unit: str | None) -> list[str]:
    if unit is None:
        return []
    try:
        return [one.code for one in await units.above(session, unit)]
    except (NotFound, Conflict):  # a register that is wrong must not keep a matter from being filed
        return []


async def _first(
    session: AsyncSession, codes: Sequence[str], kinds: Sequence[str]
) -> tuple[str | None, list[UnitPhone]]:
    """The first unit with numbers of the first of these kinds it has; the first unit where none has any."""
    for code in codes:
        phones = await probes.phones(session, code)
        for kind in kinds:
            if found := [one for one in phones if one.kind == kind]:
                return code, found
    return (codes[0] if codes else None), []


# --- owed -------------------------------------------------------------------------------------------------------------


async def _owe(
    session: AsyncSession,
    row: Row,
    alert: _Alert,
    who: Told,
    unit: str | None,
    phones: list[UnitPhone],
    at: datetime,
) -> None:
    says = spoken(alert.prompt, row.number)
    told = people.Told(ALERT, f"{alert.key}/{who}", unit or "", alert.words, says, row.id)
    nobody = f"{TOLD_NAMES[who]}（{unit or '未定单位'}）没有登记可用号码"
    ways = _ways(alert.level, phones)
    new = [one for by in ways for one in people.to_numbers(told, phones, by, at, who, nobody)]
    await notices.add_all(session, new, at)


def _ways(level: Level, phones: list[UnitPhone]) -> tuple[By, ...]:
    """As the level says; but fixed lines take no text, so they are rung where they are all there is."""
    texts = any(textable(one.number) for one in phones)
    rings = any(diallable(one.number) for one in phones)
    if texts or not rings:
        return level.by
    return ("voice",)
