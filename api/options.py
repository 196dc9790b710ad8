"""What somebody could do with a ticket now, and what each deed asks for: what a form is made of."""

from datetime import date as Day
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from api import confidential, queries
from api.actor import Actor
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Id, Shape
from core.after_call import Grade
from core.calendar import Sort
from core.policy_parts import Flag, StageName
from tickets.alarms import Sign
from tickets.clock import How
from tickets.ticket import Action

router = APIRouter(prefix="/tickets", tags=["tickets"])
Reading = Annotated[Actor, can("ticket", "read")]


class OptionView(Shape):
    """One deed. `needs`: facts without which it is not taken; `may`: facts it takes besides; `choices`: what a fact may be, where it is a choice."""

    action: Action = Field(examples=["escalate"])
    needs: list[str] = Field(examples=[["rung"]])
    may: list[str] = Field(examples=[["opinion"]])
    choices: dict[str, list[str]] = Field(examples=[{"rung": ["authority", "office"]}])


class NamedView(Shape):
    """A way the city's rules name, and the clause; '' where none does."""

    value: str = Field(examples=["leader_note"])
    clause: str = Field(examples=["001 18(一)"])


class GroundView(Shape):
    """A ground on which the city's rules take no matter; `words`: what the citizen is told."""

    code: str = Field(examples=["heyuan.6.2"])
    clause: str = Field(examples=["001 6(二)"])
    title: str = Field(examples=["应由公安机关处理的紧急警情"])
    words: str = Field(examples=["请拨打110"])


class FallView(Shape):
    """What falls when, unless the step is done before it: warning, yellow, red, overdue (the deadline itself) or deemed (acceptance)."""

    at: datetime = Field(examples=["2026-11-26T16:00:00Z"])
    stage: StageName = Field(examples=["handle"])
    sign: Sign = Field(examples=["yellow"])


class DayView(Shape):
    """One day on the way to a deadline. `counts`: it used up part of the term.

    `why` in codes: `how` it counts, with `n` (which day, hours or minutes), and what day it is: `sort`, `holiday`.
    """

    date: Day = Field(examples=["2026-11-23"])
    counts: bool = Field(examples=[True])
    why: str = Field(examples=["第1个工作日，周一"])
    how: How = Field(examples=["nth_working"])
    n: int = Field(examples=[1])
    sort: Sort | Literal[""] = Field(examples=["weekday"])
    holiday: str = Field(examples=[""])


class QuoteView(Shape):
    """What a clause says, and what was decided where it leaves a choice."""

    clause: str = Field(examples=["001 10(三)"])
    words: str = Field(examples=["求助类自收到诉求之日起5个工作日内办结"])
    note: str = Field(examples=[""])


class ClockView(Shape):
    """A clock that runs. `due` None: the clause sets no deadline of its own; `provisional`: a year's calendar is not published yet.

    flags: what of the matter moved it, as `GET /policies/{name}/explain` is asked for the same answer.
    """

    stage: StageName = Field(examples=["handle"])
    since: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    due: datetime | None = Field(examples=["2026-11-26T16:00:00Z"])
    provisional: bool = Field(examples=[False])
    flags: list[Flag] = Field(examples=[["multi_unit"]])
    days: list[DayView]
    clauses: list[str] = Field(examples=[["001 10(三)", "民法典 201"]])
    quotes: list[QuoteView]


class OptionsView(Shape):
    """`demands`: what the citizen asks for, one by one, as a reply is held against it; `triggers`, `forms`: of supervision orders;
    `grades`: what a citizen may be asked to choose from, best first.

    `grounds`: where refusing is among the options.

    `clocks`: what runs now, each under its own clause as first counted; `alarms`: what falls from it, also after extensions.
    """

    demands: list[str] = Field(examples=[["要求尽快恢复供水", "要求退还多收的水费"]])
    grades: list[Grade] = Field(examples=[["satisfied", "dissatisfied"]])
    options: list[OptionView]
    triggers: list[NamedView]
    forms: list[NamedView]
    grounds: list[GroundView]
    clocks: list[ClockView]
    alarms: list[FallView]


@router.get("/{ticket_id}/options", summary="可办事项与所需内容", responses=documented(404))
async def list_options(ticket_id: Id, actor: Reading, found: PartsDep) -> OptionsView:
    """The table of the lifecycle under this ticket's own rules; facts and dates may still forbid a deed."""
    async with found.database.reading() as session:
        row = await queries.ticket_or_kin(session, actor.scope, ticket_id)
    told = await found.house.ways.options(actor, ticket_id)
    hidden = confidential.veiled(actor, row)
    quoted = confidential.Veil(row).of(told["demands"]) if hidden else masked(told["demands"])
    return OptionsView.model_validate({**told, "demands": quoted})
