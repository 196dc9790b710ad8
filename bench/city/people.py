"""The city: 60 units and their manners, the people who act, the matters that citizens raise. Everything follows from a seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal, get_args

from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from app import filing
from core.policy_parts import TYPES, TicketType
from store import probes
from store.tables import Unit
from tickets.clock import CHINA

Manner = Literal["prompt", "late", "returning", "silent", "lying"]
MANNERS: tuple[Manner, ...] = get_args(Manner)
UNITS = 60
CITY, COUNTIES = 40, 12
"""Of the units: 40 of the city, 12 of its counties below the first ones of these, 8 of towns below the counties'."""
SHARES: dict[Manner, int] = {"prompt": 24, "late": 14, "returning": 8, "silent": 6, "lying": 8}
YEAR = datetime(2026, 1, 1, tzinfo=CHINA)
_MATTERS = (
    "停水", "停电", "拖欠工资", "占道经营", "噪声扰民", "违章建筑", "路灯不亮", "井盖缺失", "公交改线", "物业收费", "燃气漏气", "垃圾清运",
    "树木倒伏", "证照办理", "医保报销", "学位申请", "消费退款", "假冒商品", "非法集资", "道路积水", "油烟污染", "宠物伤人", "停车收费", "供暖不热",
)  # fmt: skip
_HOURS = (1, 1, 1, 1, 1, 1, 2, 5, 10, 12, 11, 8, 6, 8, 10, 10, 9, 7, 6, 5, 4, 3, 2, 1)
_WEIGHTS: dict[TicketType, int] = {
    "consult": 22, "help": 34, "complaint": 24, "report": 9, "suggestion": 7, "economic": 4,
}  # fmt: skip

OFFICE = Actor("usr_office", "office", "office", "office")
BOSS = Actor("usr_boss", "boss", "boss", "supervisor")
AGENT = Actor("usr_agent", "agent", "agent", "agent")


def code(number: int) -> str:
    return f"city.u{number:02d}"


CODES = tuple(code(number) for number in range(UNITS))
LEADS = CODES[:CITY]
"""Units the hotline dispatches to; the others are handed work down."""


def manners() -> dict[str, Manner]:
    """The manner of each unit; of every manner some are high and some low in the tree."""
    rest = dict(SHARES)
    found: dict[str, Manner] = {}
    for number in range(UNITS):
        manner = max(rest, key=lambda one: rest[one] / SHARES[one])
        rest[manner] -= 1
        found[code(number)] = manner
    return found


def above(number: int) -> str | None:
    """The unit over this one."""
    if number < CITY:
        return None
    return code(number - CITY) if number < CITY + COUNTIES else code(number - COUNTIES)


BELOW = {parent: code(number) for number in range(UNITS) if (parent := above(number))}


def handler(unit: str) -> Actor:
    """Somebody who works in the unit."""
    return Actor(f"usr_{unit}", unit, unit, "unit", unit)


async def found_city(session: AsyncSession, at: datetime) -> None:
    """The units with the telephones of a handler, a leader and a duty room each; twice is once."""
    for number in range(UNITS):
        if await session.get(Unit, code(number)) is None:
            session.add(
                Unit(code=code(number), name=f"第{number + 1}单位", aliases=[], level="city", parent_code=above(number))
            )  # fmt: skip
            await session.flush()
        for kind, first in (("handler", "1380000"), ("leader", "1390000"), ("duty", "1360000")):
            await probes.add_phone(session, code(number), kind, f"{first}{number:04d}", "", at)


@dataclass(frozen=True, slots=True)
class Asked:
    """One citizen's matter: when it is raised, as what it is filed, and whether it repeats an earlier one."""

    key: str
    at: datetime
    order: filing.Order
    repeats: str = ""


def raised(number: int, tickets: int, seed: int, names_term: Callable[[TicketType], bool]) -> Asked:
    """Matter `number` of the year. `names_term`: whether the rules leave a type's handling without a term."""
    dice = Random(f"{seed}/raised/{number}")
    at = _moment(number, tickets, dice)
    type_ = dice.choices(TYPES, [_WEIGHTS[one] for one in TYPES])[0]
    matter, place = dice.choice(_MATTERS), dice.randrange(400)
    urgency: Literal["normal", "urgent"] = "urgent" if dice.random() < 0.03 else "normal"
    leaves = dice.choices(("dispatch", "file", "answer", "refuse"), (76, 12, 8, 4))[0]
    unit = dice.choice(LEADS) if leaves == "dispatch" else None
    order = filing.Order(
        type_, f"{matter} {place}号", f"{place}号{matter}，请处理。", leaves,  # type: ignore[arg-type]
        unit=unit, ref={"answer": "kb-1", "refuse": "6(一)"}.get(leaves, ""), told="不属受理范围，请向法院咨询",
        caller=f"137{number:08d}", citizen_name="张三", urgency=urgency, confidential=dice.random() < 0.02,
        enforcement=dice.random() < 0.03, kinds=_kinds(dice), named=_named(leaves, type_, urgency, at, dice, names_term),
    )  # fmt: skip
    repeats = f"city/{number - 1}" if number and dice.random() < 0.012 else ""
    return Asked(f"city/{number}", at, order, repeats)


def _kinds(dice: Random) -> dict[str, bool]:
    odds = {"multi_unit": 0.05, "on_site": 0.06, "complex": 0.08}
    return {name: True for name, share in odds.items() if dice.random() < share}


def _named(
    leaves: str,
    type_: TicketType,
    urgency: str,
    at: datetime,
    dice: Random,
    names_term: Callable[[TicketType], bool],
) -> dict[str, str]:
    if leaves != "dispatch":
        return {}
    if names_term(type_):
        return set_term(at, dice) if dice.random() < 0.6 else {}
    if urgency == "urgent":
        return {"until": (at + timedelta(hours=dice.randint(8, 20))).isoformat(), "term": "shorter"}
    if dice.random() < 0.02:
        until = _midnight(at + timedelta(days=dice.randint(20, 60)))
        return {"until": until.isoformat(), "term": "statutory", "term_basis": "信访工作条例第三十四条"}
    return {}


def set_term(at: datetime, dice: Random) -> dict[str, str]:
    """What an office whose rules name no term writes on the order."""
    return {"until": _midnight(at + timedelta(days=dice.randint(3, 10))).isoformat(), "term": "set"}


def _midnight(at: datetime) -> datetime:
    return at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def _moment(number: int, tickets: int, dice: Random) -> datetime:
    """Spread over the year in order, by the hours in which people call."""
    day = timedelta(days=int(number * 365 / tickets))
    hour = dice.choices(range(24), _HOURS)[0]
    return YEAR + day + timedelta(hours=hour, seconds=dice.randrange(1, 3600))


@dataclass(slots=True)
class Done:
    """A deed as the driver saw it succeed: the independent oracle works from these, not from the house's events."""

    action: str
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
