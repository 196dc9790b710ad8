"""满意度评价: grades of the intake and of the units' work, by whichever way they came (001 14)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Given, Id, Instant, Shape
from core.after_call import GRADE_NAMES, GRADES, Grade, Stage
from store import grades, scope
from store.tables import GradeRow

router = APIRouter(tags=["after-call"])
Reading = Annotated[Actor, can("ticket", "read")]
Measuring = Annotated[Actor, can("call", "measure")]
Asking = Annotated[Actor, can("ticket", "ask_grade")]
SUMMED_DAYS = 30


class GradeView(Shape):
    """One grade. `via`: phone_key, voice, sms, online or agent; `clause`: what orders it."""

    stage: str = Field(examples=["unit"])
    grade: str = Field(examples=["satisfied"])
    name: str = Field(examples=["满意"])
    via: str = Field(examples=["phone_key"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    clause: str = Field(examples=["001 14"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])


class Grades(Shape):
    """All grades of a call or ticket."""

    items: list[GradeView]


class GradeGiven(Given):
    """What the citizen said when asked."""

    grade: Grade = Field(examples=["satisfied"])


class AskedGiven(GradeGiven):
    """What the citizen told a person. `contacted`: whether the unit spoke with them; `solved`: whether the matter is; `words`: theirs."""

    contacted: bool | None = Field(None, examples=[True])
    solved: bool | None = Field(None, examples=[False])
    words: str = Field("", max_length=1000, examples=["水压还是不够"])


class TokenGiven(Given):
    """The token of the link in our text, as it arrived: one that was cut short is nobody's."""

    token: str = Field(min_length=1, max_length=64, examples=["bHhQ3s9aWc0vT1yZ"], repr=False)


class OnlineGiven(GradeGiven, TokenGiven):
    """The citizen's grade, and the token of the link in our text."""


class GradesOffered(Shape):
    """What a citizen chooses from, best first."""

    grades: list[Grade] = Field(examples=[["satisfied", "dissatisfied"]])


class GradeTaken(Shape):
    """Whether it counts: the first grade given stays. `why`: why it does not."""

    taken: bool = Field(examples=[True])
    why: str = Field(examples=[""])

    @classmethod
    def of(cls, taken: bool) -> "GradeTaken":
        return cls(taken=taken, why="" if taken else "此前已有评价，以第一次评价为准")


class GradeCount(Shape):
    """How often a grade was given."""

    grade: str = Field(examples=["satisfied"])
    name: str = Field(examples=["满意"])
    count: int = Field(examples=[42])


class GradeSum(Shape):
    """All grades of one stage; `satisfied_share`: the first three of five, None where there is none."""

    stage: Literal["intake", "unit"] = Field(examples=["unit"])
    total: int = Field(examples=[50])
    satisfied_share: float | None = Field(examples=[0.96])
    grades: list[GradeCount]


class GradeSums(Shape):
    """Both stages."""

    items: list[GradeSum]


class SpanQuery(Given):
    """From when to when; the last 30 days unless said otherwise."""

    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])


@router.get("/grades/summary", summary="满意度汇总")
async def summary(query: Annotated[SpanQuery, Query()], actor: Measuring, found: PartsDep) -> GradeSums:
    """How both stages were graded in a span of time, in the calls and tickets within reach."""
    until = query.until or datetime.now(UTC)
    since = query.since or until - timedelta(days=SUMMED_DAYS)
    async with found.database.reading() as session:
        counted = await grades.counted(session, since, until, scope.grades(actor.scope))
    return GradeSums(items=[_sum("intake", counted), _sum("unit", counted)])


@router.get("/calls/{call_id}/grades", summary="通话的评价", responses=documented(404))
async def of_call(call_id: Id, actor: Measuring, found: PartsDep) -> Grades:
    """What the citizen thought of this call, and of a unit in a revisit call."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
        return Grades(items=[_view(row) for row in await grades.of_call(session, call_id)])


@router.get("/tickets/{ticket_id}/grades", summary="工单的评价", responses=documented(404))
async def of_ticket(ticket_id: Id, actor: Reading, found: PartsDep) -> Grades:
    """How the unit's work was graded; people of a unit see their unit's."""
    async with found.database.reading() as session:
        await queries.ticket(session, actor.scope, ticket_id)
        return Grades(items=[_view(row) for row in await grades.of_ticket(session, ticket_id)])


@router.post("/tickets/{ticket_id}/grade", summary="登记人工回访的评价", responses=documented(404, 409))
async def grade_ticket(ticket_id: Id, given: AskedGiven, actor: Asking, found: PartsDep) -> GradeTaken:
    """What a citizen told a person; 409 while the ticket is not resolved."""
    async with found.database.reading() as session:
        await queries.ticket(session, actor.scope, ticket_id)
    deed = found.house.after_call.grade_ticket
    return GradeTaken.of(
        await deed(actor, ticket_id, given.grade, given.contacted, given.words, given.solved)
    )


@router.post("/grades/online/choices", summary="在线评价可选的等级（凭短信链接）")
async def choices_online(given: TokenGiven, found: PartsDep) -> GradesOffered:
    """The grades of the city whose rules the ticket runs under."""
    offered = await found.house.after_call.grades_online(given.token)
    return GradesOffered(grades=list(offered))


@router.post("/grades/online", summary="在线评价（凭短信链接）", responses=documented(404, 409))
async def grade_online(given: OnlineGiven, found: PartsDep) -> GradeTaken:
    """Whoever holds the link of our text grades its ticket, once."""
    return GradeTaken.of(await found.house.after_call.grade_online(given.token, given.grade))


def _view(row: GradeRow) -> GradeView:
    names = {str(grade): name for grade, name in GRADE_NAMES.items()}
    return GradeView(
        stage=row.stage, grade=row.grade, name=names[row.grade], via=row.via, call_id=row.call_id,
        ticket_id=row.ticket_id, clause=row.clause, at=row.at,
    )  # fmt: skip


def _sum(stage: Stage, counted: dict[tuple[str, str], int]) -> GradeSum:
    each = [GradeCount(grade=g, name=GRADE_NAMES[g], count=counted.get((stage, g), 0)) for g in GRADES]
    total = sum(one.count for one in each)
    share = round(sum(one.count for one in each[:3]) / total, 4) if total else None
    return GradeSum(stage=stage, total=total, satisfied_share=share, grades=each)
