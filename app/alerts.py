"""What a filed matter sets off at once, in its own transaction: sensitive ones are told to the hotline office and its superior,
urgent ones go to the responsible unit's duty room (Henan 三(四), 三(八); Chenzhou 二.4). Never silently: nobody to tell is a notice too.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.errands.numbers import diallable, textable
from app.floor import Floor
from app.notices import people
from app.notices.cards import spoken
from app.notices.manners import ALERT
from core.alerts import TOLD_NAMES, By, DutyRoomTold, Level, Sensitive, Told
from core.errors import Conflict, NotFound
from core.events import Event
from match.sensitive import gravest
from store import events, notices, probes, units
from store.tables import Ticket as Row
from store.tables import UnitPhone
from tickets.anomalies import Anomaly
from tickets.lifecycle import Applied

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
    if row.urgency == "urgent" and row.state not in ("answered", "refused"):
        found += await urgent(floor, session, row, row.unit_code)
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
    """Alerts for the words of a matter, or of what a citizen added to it; each set of kinds once per ticket."""
    marked = floor.sensitive.find(text)
    if not marked:
        return []
    rules, at = floor.sensitive.alerts, floor.clock()
    kinds, number = tuple(one.category.id for one in marked), gravest(marked)
    level = rules.levels[number]
    named = "、".join(one.category.name for one in marked)
    words = f"【{floor.policy.hotline}】工单{row.number}涉及{named}（{level.name}），请立即登录平台处置并按规定报告。"
    mark = hashlib.sha256("+".join(sorted(kinds)).encode()).hexdigest()[:12]
    alert = _Alert(f"alert/{row.id}/{mark}", words, PROMPTS["sensitive"], level)
    happened = Sensitive(at, row.id, row.unit_code, kinds, number)
    await events.append(session, happened, "alerts")
    for who in level.tell:
        unit, phones = await _phones(floor, session, row.unit_code, who)
        await _owe(session, row, alert, who, unit, phones, at)
    return [happened]


# --- urgent -----------------------------------------------------------------------------------------------------------


async def urgent(floor: Floor, session: AsyncSession, row: Row, unit: str | None) -> list[Event]:
    """The duty room of the unit that is to act, by voice and text at any hour; the office's while no unit is named."""
    rules, at = floor.sensitive.alerts, floor.clock()
    level = rules.levels[rules.urgent.level]
    words = f"【{floor.policy.hotline}】突发事项工单{row.number}，请值班室立即按预案处置并登录平台反馈。"
    alert = _Alert(f"alert/{row.id}/urgent/{unit or 'office'}", words, PROMPTS["urgent"], level)
    rung = 0
    duty: str | None = None
    for who in level.tell:
        found, phones = await _phones(floor, session, unit, who)
        await _owe(session, row, alert, who, found, phones, at)
        if who == "duty_room":
            duty, rung = found, len(phones)
    happened = DutyRoomTold(at, row.id, unit, duty, rules.urgent.level, rung)
    await events.append(session, happened, "alerts")
    return [happened]


async def dispatched(floor: Floor, session: AsyncSession, row: Row, done: Applied) -> list[Event]:
    """An urgent ticket went to a unit only now, or to another one: its duty room is told."""
    unit = done.ticket.unit
    return await urgent(floor, session, row, unit) if row.urgency == "urgent" and unit else []


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
