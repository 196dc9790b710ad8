"""Calls: who called when, what was said, what was proposed, what came of it."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries, rights
from api.actor import Actor
from api.call_shapes import (
    CallQuery,
    Calls,
    CallView,
    DecisionGiven,
    Events,
    HandedOnView,
    OutcomeGiven,
    Proposals,
    RecordingList,
    SureView,
    UnansweredGiven,
    Utterances,
)
from api.house import TicketDraft
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import documented
from api.purpose import PurposeHeader, purpose_of
from api.shapes import Id, RequestKey, request_key
from core.events import Supervised
from core.vault import HIDDEN, redacted_facts
from store import calls, events, proposals, recordings, scope, utterances
from store.tables import Call, Proposal

View = TypeVar("View", bound=BaseModel)

router = APIRouter(prefix="/calls", tags=["calls"])
Reading = Annotated[Actor, can("call", "read")]
Talking = Annotated[Actor, can("call", "handle")]
Missing = documented(404)
READ = "办理"
"""Why a call is opened by somebody who says nothing about it, as with tickets."""


@router.get("", summary="通话一览", responses=Missing)
async def list_calls(
    query: Annotated[CallQuery, Query()], actor: Reading, found: PartsDep, purpose: PurposeHeader = ""
) -> Calls:
    """Newest first unless `direction=asc`. Asked by number or call, those of a confidential matter are told to the seat that has the call only."""
    caller = await rights.caller_asked(
        found, actor, "calls.search", query.search, query.same_caller_as, purpose_of(purpose, "办理")
    )
    async with found.database.reading() as session:
        held = await rights.held(session, actor)
        page = await calls.find(
            session,
            within=scope.calls(actor.scope),
            caller=caller,
            secret=held is not None and held == query.same_caller_as,
            line=query.line,
            state=query.state,
            outcome=query.outcome,
            since=query.since,
            until=query.until,
            newest_first=query.direction == "desc",
            limit=query.limit,
            offset=query.offset,
        )
        secret = await queries.confidential(session, [call.id for call in page.items])
    return Calls(total=page.total, items=[_view(actor, call, held, secret) for call in page.items])


@router.get("/{call_id}", summary="一次通话", responses=Missing)
async def one_call(call_id: Id, actor: Reading, found: PartsDep, purpose: PurposeHeader = "") -> CallView:
    """The number is shown in full to the agent who has the call now; that, and who else opens it, is kept in the look-up log."""
    async with found.database.reading() as session:
        call = await queries.call(session, actor.scope, call_id)
        held = await rights.held(session, actor)
        secret = await queries.confidential(session, [call_id])
    if held == call_id:
        await rights.note_lookup(found, actor, "call.caller", call_id, purpose_of(purpose, "接听"))
    await rights.note_reading(found, actor, call_id, purpose_of(purpose, READ))
    return _view(actor, call, held, secret)


@router.get("/{call_id}/utterances", summary="对话文字", responses=Missing)
async def list_utterances(
    call_id: Id, actor: Reading, found: PartsDep, purpose: PurposeHeader = ""
) -> Utterances:
    """What was said, in order; numbers said are masked for all but the agent who has or had the call."""
    await _opened(found, actor, call_id, purpose)
    async with found.database.reading() as session:
        view = Utterances.model_validate({"items": await utterances.of_call(session, call_id)})
        return await _heard_by(session, actor, call_id, view)


@router.get("/{call_id}/proposals", summary="系统建议", responses=Missing)
async def list_proposals(
    call_id: Id, actor: Reading, found: PartsDep, every_round: bool = False, purpose: PurposeHeader = ""
) -> Proposals:
    """The last round; with `every_round` all of them, oldest first."""
    read = proposals.of_call if every_round else proposals.latest
    await _opened(found, actor, call_id, purpose)
    async with found.database.reading() as session:
        sure = found.house.sure
        marks = SureView(answer=sure.answers, unit=sure.units, refusal=sure.refusals, note=sure.note)
        view = Proposals.model_validate({"items": await read(session, call_id), "sure": marks})
        return await _heard_by(session, actor, call_id, view)


@router.get("/{call_id}/events", summary="通话经过", responses=Missing)
async def list_events(call_id: Id, actor: Reading, found: PartsDep, purpose: PurposeHeader = "") -> Events:
    """Every fact of the call, oldest first."""
    call = await _opened(found, actor, call_id, purpose)
    async with found.database.reading() as session:
        happened = await events.of(session, call_id)
        if actor.at_a_seat and call.ended_at is None:  # told afterwards, not while somebody listens
            happened = [event for event in happened if event.name != Supervised.name]
        view = Events.model_validate({"items": happened})
        return await _heard_by(session, actor, call_id, view)


@router.get("/{call_id}/recordings", summary="通话录音", responses=Missing)
async def list_recordings(call_id: Id, actor: Reading, found: PartsDep) -> RecordingList:
    """The call's sound files; listen at `/recordings/{id}/media`."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
        return RecordingList.model_validate({"items": await recordings.of_call(session, call_id)})


@router.post(
    "/{call_id}/proposals/{proposal_id}/decision",
    summary="采纳或改判",
    status_code=204,
    responses=documented(404, 409),
)
async def decide(
    call_id: Id, proposal_id: Id, given: DecisionGiven, actor: Talking, found: PartsDep
) -> Response:
    """What the agent made of a proposal; saying the same again is fine, saying otherwise is a conflict."""
    await rights.require_handling(found, actor, call_id)
    await found.house.decide_proposal(actor, call_id, proposal_id, given.decision)
    async with found.database.reading() as session:
        decided = await session.get_one(Proposal, proposal_id)
    found.metrics.suggestions.labels(decided.kind, given.decision).inc()
    return Response(status_code=204)


@router.post("/{call_id}/outcome", summary="当场办结", status_code=204, responses=documented(404, 409))
async def close(
    call_id: Id, given: OutcomeGiven, key: RequestKey, actor: Talking, found: PartsDep
) -> Response:
    """The matter ended within the call: answered from an article, or refused on a ground.

    Saying the same again is fine; where the call came to something else already, 409 says to what.
    """
    await rights.require_handling(found, actor, call_id)
    await found.house.close_call(actor, call_id, given.outcome, given.ref, request_key(actor.id, key))
    return Response(status_code=204)


@router.post(
    "/{call_id}/unanswered", summary="不能即答的咨询", status_code=201, responses=documented(404, 409, 503)
)
async def hand_on(
    call_id: Id, given: UnansweredGiven, key: RequestKey, actor: Talking, found: PartsDep
) -> HandedOnView:
    """A consult nobody here can answer: by the city's rules the unit is called at once, or gets a ticket.

    A unit without a duty telephone gets the ticket; so does one that is called and not reached, by itself.
    """
    await rights.require_handling(found, actor, call_id)
    draft = TicketDraft("consult", given.title, given.body, call_id, given.unit, given.citizen_name)
    done = await found.house.hand_on(actor, draft, request_key(actor.id, key))
    return HandedOnView.model_validate(done)


@router.post("/{call_id}/hangup", summary="挂断", status_code=204, responses=documented(404, 409, 503))
async def hang_up(call_id: Id, actor: Talking, found: PartsDep) -> Response:
    """End the call under way."""
    await rights.require_handling(found, actor, call_id)
    await found.house.hang_up(actor, call_id)
    return Response(status_code=204)


@router.post("/{call_id}/hold", summary="保持", status_code=204, responses=documented(404, 409, 503))
async def hold(call_id: Id, actor: Talking, found: PartsDep) -> Response:
    """The citizen hears music. For telephones beside the page: one that has a hold of its own needs no order from us."""
    await rights.require_handling(found, actor, call_id)
    await found.house.hold(actor, call_id)
    return Response(status_code=204)


@router.post("/{call_id}/resume", summary="取回", status_code=204, responses=documented(404, 409, 503))
async def resume(call_id: Id, actor: Talking, found: PartsDep) -> Response:
    """Agent and citizen are together again."""
    await rights.require_handling(found, actor, call_id)
    await found.house.resume(actor, call_id)
    return Response(status_code=204)


@router.post(
    "/{call_id}/bring-back", summary="重新接回座席", status_code=204, responses=documented(404, 409, 503)
)
async def bring_back(call_id: Id, actor: Talking, found: PartsDep) -> Response:
    """A page that was loaded anew has no sound: the citizen hears music, the same seat rings and is back in the talk."""
    await rights.require_handling(found, actor, call_id)
    await found.house.bring_back(actor, call_id)
    return Response(status_code=204)


async def _opened(found: PartsDep, actor: Actor, call_id: str, purpose: str) -> Call:
    """The call, where it is within reach; that its words are read is kept. Raises NotFound."""
    async with found.database.reading() as session:
        call = await queries.call(session, actor.scope, call_id)
    await rights.note_reading(found, actor, call_id, purpose_of(purpose, READ))
    return call


async def _heard_by(session: AsyncSession, actor: Actor, call_id: str, view: View) -> View:
    """What was said in a call as this actor may read it; of a confidential one nothing that tells who spoke, once it is over."""
    secret = await queries.confidential(session, [call_id])
    if secret and await rights.held(session, actor) != call_id:
        return view.model_validate(redacted_facts(view.model_dump(), secret[call_id]))
    if await rights.hears_in_full(session, actor, call_id):
        return view
    return view.model_validate(masked(view.model_dump()))


def _view(actor: Actor, call: Call, held: str | None, secret: Mapping[str, str]) -> CallView:
    shown = {
        "caller": rights.caller_for(actor, call, held),
        "care": rights.care_for(actor, call, held),
        "on_hold": bool(call.menu_state.get("held")) and call.ended_at is None,
    }
    if call.id in secret and call.id != held:
        shown["caller"] = HIDDEN
    return CallView.model_validate(call).model_copy(update=shown)
