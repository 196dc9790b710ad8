"""What comes of a try: the citizen was reached, is tried again later, or is given up; then a text message asks."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.errands import letters
from app.errands.hours import next_allowed
from app.floor import Floor
from core.after_call import ErrandSettled, Result, State
from core.call import EndFacts
from store import calls, errands, events, grades, legs, messages, recordings, seats
from store.tables import Call, Errand

MACHINE = "machine"


def words_stem(call_id: str) -> str:
    """File stem of what a citizen says in a revisit call."""
    return f"{call_id}-words"


def tape_stem(call_id: str) -> str:
    """File stem of a whole revisit call: citizen left, our prompts right."""
    return f"{call_id}-revisit"


async def not_answered(floor: Floor, errand_id: str, call_id: str, result: Result, reason: str) -> bool:
    """The call we placed was not answered; False where somebody knew already."""
    at = floor.clock()
    async with floor.database.session() as session:
        call = await calls.lock(session, call_id)
        errand = await errands.get(session, errand_id)
        if call.ended_at is not None or errand.state != "dialling" or errand.out_call_id != call_id:
            return False
        await calls.ended(session, call_id, at, "us" if result == "no_answer" else "switch")
        await legs.ended(session, call_id, at, ended_by="switch", reason=result)
        await seats.let_go(session, call_id, at)
        await _unreached(floor, session, errand, call, result, reason, at)
    await floor.tell("floor", "errand.settled", errand_id=errand_id, result=result)
    await floor.tell("queue", "seat.free")
    return True


async def call_over(
    floor: Floor, session: AsyncSession, call: Call, facts: EndFacts, *, joined: bool
) -> None:
    """A call we placed has ended, as `flow.ended` is writing down. `joined`: a person spoke with the citizen."""
    errand = await errands.of_out_call(session, call.id)
    if errand is None or errand.state in errands.OVER:
        return
    if call.answered_at is None:
        await _unreached(floor, session, errand, call, "unreachable", "不知外呼结果", facts.at)
    elif errand.result == MACHINE:
        await _unreached(floor, session, errand, call, "machine", "答录机接听", facts.at)
    elif errand.kind == "revisit":
        await _revisited(floor, session, errand, call, facts.at)
    else:
        await _called_back(session, errand, call, facts.at, joined)


async def _unreached(
    floor: Floor,
    session: AsyncSession,
    errand: Errand,
    call: Call,
    result: Result,
    reason: str,
    at: datetime,
) -> None:
    """Again later while tries are left; the citizen's own channels otherwise."""
    await calls.close(session, call.id, "not_reached", at)
    again = errand.tries < errand.most
    state: State = "due" if again else "given_up"
    changes: dict[str, object] = {"result": result, "reason": reason}
    if again:
        changes |= {"due_at": _next_try(floor, errand, at), "out_call_id": None}
    if await errands.step(session, errand, state, at, **changes):
        if state == "given_up" and errand.kind == "revisit":
            await letters.ask_for_grade(floor, session, errand, at)
        await events.append(session, _settled(errand, call, state, result, at), "switch")


def _next_try(floor: Floor, errand: Errand, at: datetime) -> datetime:
    rule = floor.policy.after.revisit
    if errand.kind == "revisit" and rule is not None:
        return next_allowed(at + timedelta(seconds=rule.gap_s), rule, floor.calendar)
    return at + timedelta(seconds=floor.policy.after.call_back.gap_s)


async def _revisited(floor: Floor, session: AsyncSession, errand: Errand, call: Call, at: datetime) -> None:
    """They picked up. Who gave no grade gets a text instead of another call."""
    await calls.close(session, call.id, "revisited", at)
    given = await grades.of_ticket(session, errand.ticket_id or "")
    graded = any(one.stage == "unit" and one.subject == errand.subject for one in given)
    spoke = await recordings.by_stem(session, words_stem(call.id)) is not None
    reason = "已评价" if graded else "已留言" if spoke else "未评价"
    if await errands.step(session, errand, "done", at, result="answered", reason=reason):
        if not graded and not spoke:
            await letters.ask_for_grade(floor, session, errand, at)
        await events.append(session, _settled(errand, call, "done", "answered", at), "citizen")


async def _called_back(session: AsyncSession, errand: Errand, call: Call, at: datetime, joined: bool) -> None:
    """The wish is fulfilled once they picked up; the message is done once a person spoke with them."""
    reason = "已与话务员通话" if joined else "话务员接入前已挂断"
    if not joined:
        await calls.close(session, call.id, "not_reached", at)
    if await errands.step(session, errand, "done", at, result="answered", reason=reason):
        if joined and errand.message_id:
            await messages.done(
                session, errand.message_id, call.user_id or "switch", "已回电并与市民通话", at
            )
        await events.append(session, _settled(errand, call, "done", "answered", at), "citizen")


def _settled(errand: Errand, call: Call, state: State, result: Result, at: datetime) -> ErrandSettled:
    return ErrandSettled(at, call.id, errand.id, errand.kind, state, result)
