"""现场管理: the live floor, a supervisor in somebody's talk, and seats made to pause or log out. All kept with who and why."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can, only
from api.problems import documented
from api.rota_shapes import LineDutyView
from api.shapes import Given, Id, Shape
from api.supervision_house import ForceDeed, SupervisionMode
from core.errors import NotAllowed, NotFound
from core.masking import mask_number
from store import calls, live_floor, rota, scope, seat_floor, supervision
from store.tables import Call

router = APIRouter(tags=["supervision"])
Supervising = Annotated[Actor, only("supervisor", "admin")]
Watching = Annotated[Actor, can("floor", "watch")]
Reading = Annotated[Actor, can("call", "answer_for")]
Listening = Annotated[Actor, can("call", "supervise")]
Why = Annotated[str, Field(min_length=2, max_length=200, examples=["新话务员带教"])]
CHINA = timezone(timedelta(hours=8))
_WAITS = ("queued",)


class SuperviseGiven(Given):
    """Join a talk from the telephone of your own seat. whisper: only the agent hears you; barge: everybody does."""

    mode: SupervisionMode = Field(examples=["listen"])
    seat: Id = Field(examples=["8006"])
    why: Why


class ModeGiven(Given):
    """Another mode; `take_over`: the citizen talks to you and the agent's leg is let go."""

    mode: SupervisionMode = Field(examples=["whisper"])
    why: Why


class ForceGiven(Given):
    """Make a seat pause or log out, after the talk it has."""

    deed: ForceDeed = Field(examples=["force_pause"])
    why: Why


class ForceView(Shape):
    """`done` false: the seat has a call and follows when that is over."""

    done: bool = Field(examples=[True])


class SupervisionView(Shape):
    """Who listened to whose talk. `state`: ringing, on or ended; `reason`: how it ended."""

    id: str = Field(examples=["sup_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    seat_id: str = Field(examples=["8006"])
    user_id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    agent_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0B"])
    agent_seat: str = Field(examples=["8001"])
    mode: str = Field(examples=["listen"])
    state: str = Field(examples=["on"])
    started_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    joined_at: datetime | None = Field(examples=["2026-11-21T02:00:04Z"])
    ended_at: datetime | None = Field(examples=["2026-11-21T02:03:00Z"])
    reason: str | None = Field(examples=["over"])


class StepView(Shape):
    """One deed with its reason."""

    supervision_id: str | None = Field(examples=["sup_01KB3V5M2R8Q4T6W9Y0A"])
    user_id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    agent_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0B"])
    seat_id: str = Field(examples=["8001"])
    deed: str = Field(examples=["whisper"])
    why: str = Field(examples=["提示补问地址"])
    at: datetime = Field(examples=["2026-11-21T02:01:00Z"])


class SupervisionRecord(Shape):
    """All that supervisors did to a call."""

    items: list[SupervisionView]
    steps: list[StepView]


class FloorSeat(Shape):
    """A seat and what it does. `since`: when it came into its state."""

    id: str = Field(examples=["8001"])
    name: str = Field(examples=["一号座席"])
    kind: str = Field(examples=["agent"])
    region: str = Field(examples=["beihu"])
    skills: list[str] = Field(examples=[["12345"]])
    state: str = Field(examples=["talking"])
    since: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    pause_reason: str | None = Field(examples=["小休"])
    forced: str = Field(examples=["pause"])
    user_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    user_name: str | None = Field(examples=["李丽"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    line: str | None = Field(examples=["12345"])
    answered_at: datetime | None = Field(examples=["2026-11-21T02:00:10Z"])


class FloorCall(Shape):
    """A call under way. `phase`: prompts, queued, reserved, ringing, talking, …; `waited_s`: for a person, so far or in all."""

    id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    line: str = Field(examples=["12345"])
    caller: str = Field(examples=["138****5678"])
    care: str = Field(examples=["elderly"])
    phase: str = Field(examples=["talking"])
    seat_id: str | None = Field(examples=["8001"])
    arrived_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    answered_at: datetime | None = Field(examples=["2026-11-21T02:00:10Z"])
    waited_s: float = Field(examples=[6.4])
    position: int | None = Field(examples=[1], description="in the queue, from 1")


class FloorFigures(Shape):
    """Today, by the clock in China."""

    calls: int = Field(examples=[1840], description="来电")
    answered: int = Field(examples=[1802], description="人工接通")
    in_time: int = Field(examples=[1755], description="15 秒内接通")
    abandoned: int = Field(examples=[30], description="未接通")
    turned_away: int = Field(examples=[8], description="拦截")
    talk_s: float = Field(examples=[312000.5], description="通话秒数")
    tickets: int = Field(examples=[640], description="登记工单")


class FloorView(Shape):
    """The whole floor now; changes follow on the live topics `floor` and `supervision`."""

    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    seats: list[FloorSeat]
    calls: list[FloorCall]
    supervisions: list[SupervisionView]
    today: FloorFigures
    rota: list[LineDutyView] = Field(
        description="lines with a duty rota: who is on duty and who of them is not there"
    )


@router.get("/floor", summary="现场一览")
async def floor(actor: Watching, found: PartsDep) -> FloorView:
    """Every seat, every call under way with its place in the queue, who supervises whom, and the day so far.

    Who looks after one place sees its calls only, at every seat.
    """
    now = datetime.now(UTC)
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    async with found.database.reading() as session:
        within = scope.calls(actor.scope)
        seen = await seat_floor.floor(session, within)
        under_way = await calls.under_way(session, within=within)
        listening = await supervision.running(session, scope.supervisions(actor.scope))
        duty = await rota.now(session, now, await rota.skills(session))
        figures = await live_floor.figures(session, midnight.astimezone(UTC), now, actor.scope)
    return FloorView(
        at=now,
        seats=[FloorSeat.model_validate(seat) for seat in seen],
        calls=_calls(list(under_way), now),
        supervisions=[SupervisionView.model_validate(row) for row in listening],
        today=FloorFigures.model_validate(figures),
        rota=[LineDutyView.of(one) for one in duty],
    )


def _calls(under_way: list[Call], now: datetime) -> list[FloorCall]:
    queue = sorted((c.queued_at, c.id) for c in under_way if c.state in _WAITS and c.queued_at)
    places = {call_id: place for place, (_, call_id) in enumerate(queue, start=1)}
    return [
        FloorCall(
            id=call.id,
            line=call.line,
            caller=mask_number(call.caller),
            care=str(call.menu_state.get("care", "")),
            phase="prompts" if call.prompts_ended_at is None and call.step == "menu" else call.state,
            seat_id=call.seat_id,
            arrived_at=call.arrived_at,
            answered_at=call.agent_answered_at,
            waited_s=round(
                ((call.agent_answered_at or now) - (call.queued_at or call.arrived_at)).total_seconds(), 1
            ),
            position=places.get(call.id),
        )
        for call in under_way
    ]


@router.post(
    "/calls/{call_id}/supervise",
    summary="监听、密语、强插或接管",
    status_code=201,
    responses=documented(404, 409, 503),
)
async def supervise(call_id: Id, given: SuperviseGiven, actor: Listening, found: PartsDep) -> SupervisionView:
    """Your own telephone rings; once you pick up you hear the talk. The citizen hears nothing of a whisper."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
    made = await found.house.supervision.supervise(actor, call_id, given.seat, given.mode, given.why)
    return await _one(found, made)


@router.post(
    "/calls/{call_id}/supervise/{supervision_id}/mode",
    summary="切换监听方式",
    responses=documented(404, 409, 503),
)
async def change_mode(
    call_id: Id, supervision_id: Id, given: ModeGiven, actor: Listening, found: PartsDep
) -> SupervisionView:
    """Listen, whisper, barge in, or take the call over."""
    await _of_call(found, actor, call_id, supervision_id)
    await found.house.supervision.change(actor, supervision_id, given.mode, given.why)
    return await _one(found, supervision_id)


@router.post(
    "/calls/{call_id}/supervise/{supervision_id}/end", summary="结束监听", responses=documented(404, 409, 503)
)
async def end(call_id: Id, supervision_id: Id, actor: Listening, found: PartsDep) -> SupervisionView:
    """Leave the talk; it goes on as if you had never been there."""
    await _of_call(found, actor, call_id, supervision_id)
    await found.house.supervision.end(actor, supervision_id)
    return await _one(found, supervision_id)


@router.get("/calls/{call_id}/supervision", summary="监听记录", responses=documented(404))
async def record(call_id: Id, actor: Reading, found: PartsDep) -> SupervisionRecord:
    """Who listened, how and why; the agent whose talk it was sees it once the call is over."""
    async with found.database.reading() as session:
        call = await queries.call_answered_for(session, actor.scope, call_id)
        if actor.at_a_seat and call.ended_at is None:
            raise NotAllowed("通话结束后，由接听的话务员查看")
        items = [SupervisionView.model_validate(row) for row in await supervision.of_call(session, call_id)]
        steps = [StepView.model_validate(row) for row in await supervision.steps(session, call_id=call_id)]
    return SupervisionRecord(items=items, steps=steps)


@router.post("/seats/{seat_id}/force", summary="强制示忙或签出", responses=documented(404))
async def force(seat_id: Id, given: ForceGiven, actor: Supervising, found: PartsDep) -> ForceView:
    """At once, or when the talk at the seat is over; a talk is never cut."""
    done = await found.house.supervision.force(actor, seat_id, given.deed, given.why)
    return ForceView(done=done)


async def _one(found: PartsDep, supervision_id: str) -> SupervisionView:
    async with found.database.reading() as session:
        return SupervisionView.model_validate(await supervision.get(session, supervision_id))


async def _of_call(found: PartsDep, actor: Actor, call_id: str, supervision_id: str) -> None:
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
        if (await supervision.get(session, supervision_id)).call_id != call_id:
            raise NotFound("这不是这个通话的监听")
