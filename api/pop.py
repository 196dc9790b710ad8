"""What an agent sees before they pick up (弹屏), and whom they can call in with one click."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries, rights
from api.actor import Actor
from api.number_place import number_place
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Id, Shape
from api.ticket_shapes import TicketSummary
from api.tickets import summary_of
from core.masking import mask_name
from routing.lines import LineRegister, Way
from store import calls, grades, line_state, lines, rota, seats, transfers
from store.tables import Ticket
from tickets.ticket import OVER, STATES

router = APIRouter(prefix="/calls", tags=["calls"])
Talking = Annotated[Actor, can("call", "handle")]

SHOWN = 8
OPEN = tuple(state for state in STATES if state not in OVER)
HELPERS = ("expert", "sub_centre", "emergency", "utility")
USUAL_OVER = timedelta(days=90)


class GradeSeen(Shape):
    """How they graded us last. stage: intake (the call) or unit (the work)."""

    stage: str = Field(examples=["unit"])
    grade: str = Field(examples=["dissatisfied"])
    at: datetime = Field(examples=["2026-11-19T02:00:00Z"])


class PopView(Shape):
    """Who calls. `caller`, `name`: in full at the seat that has the call; `place`: of their latest ticket (a division's code).

    `calls`: how often they called before; `tickets`: the latest, `total` in all, `open` of them not over, `repeats` the same matter again.
    """

    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    line: str = Field(examples=["12345"])
    line_name: str = Field(examples=["12345政务服务便民热线"])
    direction: str = Field(examples=["in"])
    caller: str = Field(examples=["13812345678"])
    name: str = Field(examples=["张三丰"])
    place: str = Field(examples=["431002"])
    number_place: str = Field("", examples=["湖南省郴州市"], description="where the number was issued")
    care: str = Field(examples=["elderly"])
    arrived_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    calls: int = Field(examples=[3])
    called_at: datetime | None = Field(examples=["2026-11-19T02:00:00Z"])
    total: int = Field(examples=[2])
    open: int = Field(examples=[1])
    repeats: int = Field(examples=[0])
    grade: GradeSeen | None
    tickets: list[TicketSummary]


class DutyPerson(Shape):
    """Somebody whose shift is now. `state` of the seat they sit at; logged_out: they are not there."""

    name: str = Field(examples=["王专家"])
    state: str = Field(examples=["ready"])


class TargetView(Shape):
    """A line whose people can be called in. `staffed`: our seats at work for it, `free` of them waiting; null where others answer.

    `duty`: who is on duty for it now, by the rota.

    `state`: of a line that others answer (open, closed, unknown); `answer_s`: how long they usually take to pick up, null: nobody tried.
    """

    kind: str = Field(examples=["line"])
    ref: str = Field(examples=["12366"])
    name: str = Field(examples=["全国税务系统统一电话"])
    party: str = Field(examples=["sub_centre"])
    number: str = Field(examples=["12366"])
    staffed: int | None = Field(examples=[None])
    free: int | None = Field(examples=[None])
    state: str = Field(examples=["open"])
    answer_s: float | None = Field(examples=[8.0])
    duty: list[DutyPerson]


class Targets(Shape):
    """Experts first, then sub-centres, emergencies and utilities."""

    items: list[TargetView]


@router.get("/{call_id}/pop", summary="弹屏", responses=documented(404))
async def pop(call_id: Id, actor: Talking, found: PartsDep) -> PopView:
    """All that is known of who calls, in one answer, while it rings. That the number was shown is kept in the look-up log.

    What they reported in confidence is counted and shown at the seat that has the call, nowhere else.
    """
    call = await rights.require_handling(found, actor, call_id)
    caller = call.caller or "-"
    async with found.database.reading() as session:
        held = await rights.held(session, actor)
        whole, secret = rights.reach(actor, "ticket", "read"), held == call_id

        async def counted(limit: int, **more: object) -> tuple[list[Ticket], int]:
            wanted = queries.TicketFilter(caller=caller, secret=secret, **more)  # type: ignore[arg-type]
            page = await queries.tickets(session, whole, wanted, limit, 0)
            return list(page.items), page.total

        latest, total = await counted(SHOWN)
        _, still_open = await counted(1, states=OPEN)
        _, repeats = await counted(1, relation="repeat")
        before = await calls.find(session, caller=caller, secret=secret, until=call.arrived_at, limit=1)
        grade = await grades.last_of_caller(session, caller, secret)
        line = next((one for one in await lines.register(session) if one.number == call.line), None)
    if held == call_id:
        await rights.note_lookup(found, actor, "call.caller", call_id, "弹屏")
    issued = await asyncio.to_thread(number_place, call.caller or "")  # its tables are loaded at the first
    named = next((row.citizen_name for row in latest if row.citizen_name and not row.confidential), "")
    return PopView(
        call_id=call.id, line=call.line, line_name=line.name if line else "", direction=call.direction,
        caller=rights.caller_for(actor, call, held), name=named if held == call_id else mask_name(named or None) or "",
        place=next((row.place for row in latest if row.place), ""), number_place=issued, care=rights.care_for(actor, call, held),
        arrived_at=call.arrived_at, calls=before.total, called_at=before.items[0].arrived_at if before.items else None,
        total=total, open=still_open, repeats=repeats, grade=GradeSeen.model_validate(grade) if grade else None,
        tickets=[summary_of(row) for row in latest],
    )  # fmt: skip


@router.get("/{call_id}/targets", summary="可呼入的专家与分中心", responses=documented(404))
async def targets(call_id: Id, actor: Talking, found: PartsDep) -> Targets:
    """Whom a call can be put through to: who is there now, and how long they usually take to answer."""
    await rights.require_handling(found, actor, call_id)
    now = datetime.now(UTC)
    async with found.database.reading() as session:
        register = LineRegister(await lines.register(session))
        ways = [way for line in register if (way := register.way(line.number)).party in HELPERS]
        skills = {way.skill or f"line.{way.line.number}" for way in ways}
        _, staffed = await seats.duty(session, skills)
        free = await seats.free_by_skill(session, skills)
        states = await line_state.states(session, now)
        usual = await transfers.usual_answer_s(session, now - USUAL_OVER)
        on_duty = await _on_duty(session, register, now)
    shown = [
        _target(way, staffed, free, states.get(way.line.number, "unknown"), usual, on_duty) for way in ways
    ]
    kept = {one.ref: one for one in shown}  # a line merged into another is reached under that one's number
    return Targets(
        items=sorted(kept.values(), key=lambda one: (HELPERS.index(one.party), -(one.staffed or 0), one.ref))
    )


async def _on_duty(
    session: AsyncSession, register: LineRegister, now: datetime
) -> dict[str, list[DutyPerson]]:
    """Skill -> who is on duty for its lines."""
    found: dict[str, list[DutyPerson]] = {}
    known = {line.number: line.skill for line in register if line.skill}
    for line in await rota.now(session, now, known):
        people = found.setdefault(known.get(line.line, ""), [])
        people += [DutyPerson(name=one.name, state=one.state) for one in line.people]
    return found


def _target(
    way: Way,
    staffed: dict[str, int],
    free: dict[str, int],
    state: str,
    usual: dict[str, float],
    on_duty: dict[str, list[DutyPerson]],
) -> TargetView:
    skill = way.skill or f"line.{way.line.number}"
    ours = skill in staffed
    return TargetView(
        kind="emergency" if way.party == "emergency" else "line", ref=way.line.number, name=way.line.name, party=way.party,
        number=way.number or way.line.number, staffed=staffed.get(skill) if ours or way.party == "expert" else None,
        free=free.get(skill, 0) if ours else None, state=state, answer_s=usual.get(way.line.number),
        duty=on_duty.get(skill, []),
    )  # fmt: skip
