"""Whom a transfer goes to: an expert at one of our seats, else a number over the trunks."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from app.floor import Floor
from core.errors import BadInput, NotFound, UnknownLine, UnknownUnit
from core.masking import mask_number
from core.ports import Speaker
from core.transfer import Kind, Reason
from routing import SeatView
from store import enterprise, rota, seats, transfers
from store.tables import Call, Unit

EMERGENCY = {
    "110": ("公安报警", "chenzhou.gaj"),
    "119": ("消防救援", "chenzhou.xfzd"),
    "120": ("医疗急救", "chenzhou.wjw"),
    "122": ("交通事故报警", "chenzhou.jjzd"),
}
_DIGITS = "0123456789"
TRIES = 5


@dataclass(frozen=True, slots=True)
class Target:
    """Where to ring. `seat`: one of ours, reserved for this call; `refused`: why nobody needs to be rung at all."""

    kind: Kind
    ref: str
    name: str
    role: Speaker
    number: str
    endpoint: str
    unit: str | None = None
    seat: str = ""
    refused: Reason | None = None


async def resolve(floor: Floor, session: AsyncSession, call: Call, kind: Kind, ref: str) -> Target:
    """Reserves the seat where it is one of ours. Raises UnknownLine, UnknownUnit, NotFound, BadInput."""
    match kind:
        case "line":
            return await _line(floor, session, call, ref)
        case "seat":
            return await _seat(floor, session, call, ref)
        case "unit":
            return await _unit(session, ref)
        case "emergency":
            return _emergency(floor, ref)
        case "specialist":
            return await _specialist(floor, session, call, ref)
        case "number":
            number = _number(ref)
            shown = mask_number(number)  # perhaps a private one: in full only where it is sealed
            return Target("number", shown, shown, "unit", number, _outside(number))


async def _line(floor: Floor, session: AsyncSession, call: Call, ref: str) -> Target:
    """An expert of the line who is free; where all are busy that is the answer; where none is there, its own number."""
    way = floor.content.register.way(ref)
    line, role = way.line, way.party
    skill = way.skill or f"line.{line.number}"
    unit = line.unit or None
    for _ in range(TRIES):
        mine = [seat for seat in await _experts(floor, session, skill) if seat.id != call.seat_id]
        if not mine:
            break
        if await seats.reserve(session, mine[0].id, mine[0].version, call.id, floor.clock()):
            return await _ring(floor, session, call, mine[0].id, line.number, line.name, "line", unit)
    _, duty = await seats.duty(session, (skill,))
    number = way.number or line.number
    if duty.get(skill):
        return Target("line", ref, line.name, "expert", number, _outside(number), unit, refused="busy")
    if role == "agent":
        raise BadInput(f"{line.name}由12345直接受理，请登记工单")
    endpoint = f"PJSIP/{number}@{way.trunk}" if way.trunk else _outside(number)
    nowhere: Reason | None = "unreachable" if role == "utility" and not way.number else None
    return Target("line", line.number, line.name, role, number, endpoint, unit, refused=nowhere)


async def _experts(floor: Floor, session: AsyncSession, skill: str) -> list[SeatView]:
    """Free seats with the skill: those on duty for its lines first, then whoever's turn it is."""
    numbers = floor.content.register.lines_of(skill)
    first = await rota.free_now(session, numbers, floor.clock()) if numbers else []
    duty = [seat for _, seat in first if skill in seat.skills]
    return [*duty, *await seats.with_skills(session, (skill,), 2)]


async def _seat(floor: Floor, session: AsyncSession, call: Call, ref: str) -> Target:
    seat = await seats.get(session, ref)
    if seat.id == call.seat_id:
        raise BadInput("不能转给自己的座席")
    name = f"座席 {seat.id}"
    if seat.state == "logged_out":
        return Target("seat", ref, name, "expert", seat.id, f"PJSIP/{seat.sip_user}", refused="unreachable")
    if not await seats.reserve(session, seat.id, seat.version, call.id, floor.clock()):
        return Target("seat", ref, name, "expert", seat.id, f"PJSIP/{seat.sip_user}", refused="busy")
    return await _ring(floor, session, call, seat.id, ref, seat.name or name, "seat", None)


async def _specialist(floor: Floor, session: AsyncSession, call: Call, ref: str) -> Target:
    """政策专员, one-to-one for an enterprise: at their seat, else at their work number."""
    row = await enterprise.specialist(session, ref)
    if row.seat_id:
        found = await _seat(floor, session, call, row.seat_id)
    else:
        number = _number(row.number or "")
        found = Target("specialist", ref, row.name, "expert", number, _outside(number))
    return replace(found, kind="specialist", ref=ref, name=row.name, unit=row.unit_code)


async def _ring(
    floor: Floor,
    session: AsyncSession,
    call: Call,
    seat: str,
    ref: str,
    name: str,
    kind: Kind,
    unit: str | None,
) -> Target:
    phone = await seats.ring(session, seat, call.id, floor.clock())
    return Target(kind, ref, name, "expert", seat, f"PJSIP/{phone}", unit, seat)


async def _unit(session: AsyncSession, ref: str) -> Target:
    unit = await session.get(Unit, ref)
    if unit is None or not unit.active:
        raise UnknownUnit(f"没有代码为 {ref} 的承办单位")
    given = str(unit.details.get("duty_number") or "")
    number = given or await transfers.duty_number(session, unit.code)
    if not number:
        raise NotFound(f"{unit.name}没有登记值班电话")
    number = _number(number)
    return Target("unit", ref, unit.name, "unit", number, _outside(number), unit.code)


def _emergency(floor: Floor, ref: str) -> Target:
    if ref not in EMERGENCY:
        raise BadInput(f"没有“{ref}”这个紧急号码；可用：{'、'.join(EMERGENCY)}")
    name, unit = EMERGENCY[ref]
    number, endpoint = ref, _outside(ref)
    try:
        way = floor.content.register.way(ref)
        name, number = way.line.name, way.number or ref
        endpoint = f"PJSIP/{number}@{way.trunk}" if way.trunk else _outside(number)
        unit = way.line.unit or unit
    except UnknownLine:
        pass  # emergency numbers work whether or not anybody registered them
    return Target("emergency", ref, name, "emergency", number, endpoint, unit)


def _number(text: str) -> str:
    number = text.replace("-", "").replace(" ", "")
    if not (3 <= len(number) <= 20 and set(number.lstrip("+")) <= set(_DIGITS)):
        raise BadInput(f"“{text}”不是电话号码")
    return number


def _outside(number: str) -> str:
    return f"Local/{number}@hl-out/n"
