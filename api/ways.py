"""What desks do beside the table: a reply checked before it is given, the same matter found again, tickets joined, a citizen called."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from api import confidential, queries, rights
from api.action_shapes import ReplyFacts, told
from api.actor import Actor
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Given, Id, Number, RequestKey, Shape, request_key
from api.ways_house import LikeAsk
from core.masking import mask_numbers
from match.repeats import Rule, Verdict
from store import replies, unit_calls
from store.tables import Ticket

router = APIRouter(prefix="/tickets", tags=["tickets"])
Reading = Annotated[Actor, can("ticket", "read")]
Filing = Annotated[Actor, can("ticket", "file")]
Deciding = Annotated[Actor, can("ticket", "join")]
Office = Annotated[Actor, can("ticket", "judge")]
Phoning = Annotated[Actor, can("ticket", "phone")]
Answering = Annotated[Actor, can("ticket", "reply")]


class ReplyGiven(Given):
    """The facts of a reply, as the step `reply` takes them."""

    facts: ReplyFacts = Field(examples=[{"result": "管道已于11月20日修复，恢复供水", "talk": "已电话告知"}])


class FindingView(Shape):
    """What the gate found. `refuses`: the reply is not taken while it is so; else it is shown to whoever reviews."""

    kind: str = Field(examples=["unaddressed"])
    name: str = Field(examples=["诉求未回应"])
    words: str = Field(examples=["没有回应：要求退还多收的水费"])
    evidence: list[str] = Field(examples=[["要求退还多收的水费"]])
    clause: str = Field(examples=[""])
    refuses: bool = Field(examples=[False])


class CheckView(Shape):
    """`asked`: how many demands the citizen's words hold; `unaddressed`: how many the reply does not come back to."""

    findings: list[FindingView]
    asked: int = Field(examples=[2])
    unaddressed: int = Field(examples=[1])


class ReplyView(CheckView):
    """A reply as it was given. kind: `unit`, or `individual` for a citizen whose ticket went into another's."""

    kind: Literal["unit", "individual"] = Field(examples=["unit"])
    unit_code: str | None = Field(examples=["SW"])
    words: str = Field(examples=["管道已于11月20日修复，恢复供水"])
    told_at: datetime | None = Field(examples=["2026-11-20T03:00:00Z"])
    told_how: str | None = Field(examples=["phone"])
    at: datetime = Field(examples=["2026-11-20T03:05:00Z"])


class Replies(Shape):
    """Every reply to a ticket, oldest first."""

    items: list[ReplyView]


class LikeGiven(Given):
    """A matter about to be filed. `caller` empty: the call's number."""

    title: str = Field(min_length=2, max_length=120, examples=["小区停水两天"])
    body: str = Field(min_length=2, max_length=20_000, examples=["市民来电反映某小区自11月19日起停水。"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    caller: Number = Field("", examples=["13812345678"])
    unit: Id | None = Field(None, examples=["SW"])
    place: Annotated[str, Field(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})?$")] = Field("", examples=["431002"])
    new_facts: str = Field("", max_length=2000, examples=[""])


class LikeView(Shape):
    """An earlier ticket of the same matter. `root_id`: the first one; `raised`: how often that was raised again."""

    ticket_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    number: str = Field(examples=["20261121-048315"])
    root_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    state: Literal["open", "closed", "confirmed", "unhandled"] = Field(examples=["open"])
    unit_code: str | None = Field(examples=["SW"])
    same_person: bool = Field(examples=[True])
    raised: int = Field(examples=[1])
    score: float = Field(examples=[0.83])
    evidence: list[str] = Field(examples=[["同一诉求人", "同一地点：阳光小区"]])
    places: list[str] = Field(examples=[["阳光小区"]])
    same_words: list[str] = Field(examples=[["停水两天"]])
    filed_at: datetime = Field(examples=["2026-11-19T02:05:00Z"])


class LikesView(Shape):
    """What the city's rules make of the likest: new, refuse, merge, take or escalate, with the clause; `never`: only new facts open it.

    `words` in codes: `rule`, with `count` and the number `of` the ticket it speaks of.
    """

    way: Literal["new", "refuse", "merge", "take", "escalate"] = Field(examples=["merge"])
    words: str = Field(examples=["工单 20261121-048315 正在办理，并入该工单"])
    clause: str = Field(examples=["001 11"])
    count: int = Field(examples=[2])
    never: bool = Field(examples=[False])
    rule: Rule = Field(examples=["open_merged"])
    of: str = Field(examples=["20261121-048315"])
    candidates: list[LikeView]


class RefusedGiven(Given):
    """A repeat that is not taken. `told`: what the citizen was told (001 6: 做好解释工作)."""

    told: str = Field(min_length=2, max_length=500, examples=["该事项正在办理，有新情况请随时来电补充"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])


class RefusedView(Shape):
    """The refused ticket, which counts as a repeat."""

    ticket_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class JudgedGiven(Given):
    """Whether a repeat's demand is reasonable (002 附五(一)8), or it is another matter that only looked like one."""

    verdict: Verdict = Field(examples=["reasonable"])
    why: str = Field(min_length=2, max_length=300, examples=["水压至今不足，诉求合理"])


class JoinGiven(Given):
    """并单: which tickets go into this one, and why."""

    tickets: list[Id] = Field(min_length=1, max_length=100, examples=[["tkt_01KB3V5M2R8Q4T6W9Y0A"]])
    reason: str = Field(min_length=2, max_length=300, examples=["多人反映同一小区停水"])


class OneAnswer(Given):
    """A reply for one citizen whose ticket went into this one."""

    ticket_id: Id = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    words: str = Field(min_length=2, max_length=2000, examples=["您家所在的3栋已于11月21日恢复供水"])


class PhoneCitizen(Given):
    """What the call is about; `phone_id`: which of the unit's telephones is rung, empty for its first."""

    why: str = Field(min_length=2, max_length=300, examples=["核实停水楼栋"])
    phone_id: Id | Literal[""] = Field("", examples=[""])


class PlacedView(Shape):
    """The call that is being placed: your telephone rings first."""

    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])


class UnitCallView(Shape):
    """A call of the unit's with the citizen. result: talked, citizen_<why> or unit_<why>; None while it is under way."""

    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    state: Literal["dialling", "joined", "over"] = Field(examples=["over"])
    result: str | None = Field(examples=["talked"])
    talk_seconds: int = Field(examples=[95])
    at: datetime = Field(examples=["2026-11-20T03:00:00Z"])
    ended_at: datetime | None = Field(examples=["2026-11-20T03:02:10Z"])


class UnitCalls(Shape):
    """Newest first."""

    items: list[UnitCallView]


@router.post("/duplicates", summary="查找同一事项的工单", responses=documented(404))
async def duplicates(given: LikeGiven, actor: Filing, found: PartsDep) -> LikesView:
    """Before filing: the citizen's own earlier tickets of this matter, others' open ones, and what the rules say.

    Asking by `caller` is kept as a look-up. Confidential ones are told to the seat that has `call_id` only.
    """
    if given.call_id is not None:
        await rights.require_handling(found, actor, given.call_id)
    if given.caller:
        await rights.note_search(found, actor, "tickets.search", given.caller, "登记前查找同一事项")
    seen = await found.house.ways.alike(actor, LikeAsk(**given.model_dump()))
    return LikesView.model_validate(masked(seen, mask=mask_numbers))


@router.post("/{ticket_id}/reply-check", summary="智能审单（试算）", responses=documented(404))
async def check_reply(ticket_id: Id, given: ReplyGiven, actor: Answering, found: PartsDep) -> CheckView:
    """What the gate says of a reply before it is given; nothing is kept."""
    row = await _visible(found, actor, ticket_id)
    checked = await found.house.ways.check_reply(actor, ticket_id, told(given.facts))
    return CheckView.model_validate(_shown(actor, row, checked))


@router.get("/{ticket_id}/replies", summary="回复与审单结果", responses=documented(404))
async def list_replies(ticket_id: Id, actor: Reading, found: PartsDep) -> Replies:
    """Every reply with what the gate found in it, for the unit, for those who work on it with them and for whoever reviews."""
    async with found.database.reading() as session:
        row = await queries.ticket_or_kin(session, actor.scope, ticket_id)
        rows = await replies.of_ticket(session, ticket_id)
    names = ReplyView.model_fields
    given = [{name: getattr(one, name) for name in names} for one in rows]
    return Replies(items=[ReplyView.model_validate(_shown(actor, row, one)) for one in given])


@router.post(
    "/{ticket_id}/repeats", summary="重复件不予受理", status_code=201, responses=documented(404, 409)
)
async def refuse_repeat(
    ticket_id: Id, given: RefusedGiven, key: RequestKey, actor: Filing, found: PartsDep
) -> RefusedView:
    """The same matter again without new facts: told to the citizen, kept as a refused ticket, counted as a repeat."""
    await _visible(found, actor, ticket_id)
    if given.call_id is not None:
        await rights.require_handling(found, actor, given.call_id)
    deed = found.house.ways.refuse_repeat
    made = await deed(actor, ticket_id, given.told, given.call_id, request_key(actor.id, key))
    return RefusedView(ticket_id=made)


@router.post(
    "/{ticket_id}/repeat-judgement",
    summary="重复诉求是否合理",
    status_code=204,
    responses=documented(404, 409),
)
async def judge_repeat(ticket_id: Id, given: JudgedGiven, actor: Office, found: PartsDep) -> Response:
    """Only reasonable ones count against the unit. One that was only suspected is a repeat from then on, under the first ticket, or none."""
    await _visible(found, actor, ticket_id)
    await found.house.ways.judge_repeat(actor, ticket_id, given.verdict, given.why)
    return Response(status_code=204)


@router.post("/{ticket_id}/joined", summary="并单", status_code=204, responses=documented(404, 409))
async def join(ticket_id: Id, given: JoinGiven, actor: Deciding, found: PartsDep) -> Response:
    """Many citizens, one matter: handled once under this ticket, and each of them told."""
    for one in (ticket_id, *given.tickets):
        await _visible(found, actor, one)
    await found.house.ways.join(actor, ticket_id, given.tickets, given.reason)
    return Response(status_code=204)


@router.post(
    "/{ticket_id}/call-citizen", summary="经热线联系诉求人", status_code=202, responses=documented(404, 409)
)
async def call_citizen(ticket_id: Id, given: PhoneCitizen, actor: Phoning, found: PartsDep) -> PlacedView:
    """Your telephone rings, then the citizen's; neither shows the other's number, and the talk is recorded."""
    await _visible(found, actor, ticket_id)
    made = await found.house.ways.call_citizen(actor, ticket_id, given.why, given.phone_id)
    return PlacedView(call_id=made)


@router.get("/{ticket_id}/unit-calls", summary="经热线的联系记录", responses=documented(404))
async def list_unit_calls(ticket_id: Id, actor: Reading, found: PartsDep) -> UnitCalls:
    """How the unit phoned the citizen through us, and what came of it."""
    await _visible(found, actor, ticket_id)
    async with found.database.reading() as session:
        rows = await unit_calls.of_ticket(session, ticket_id)
    return UnitCalls(items=[UnitCallView.model_validate(row) for row in rows])


@router.post("/{ticket_id}/joined/replies", summary="逐一答复", status_code=204, responses=documented(404))
async def answer_one(ticket_id: Id, given: OneAnswer, actor: Answering, found: PartsDep) -> Response:
    """In words for one of the citizens alone; the others hear the unit's reply."""
    await _visible(found, actor, ticket_id)
    await found.house.ways.answer_one(actor, ticket_id, given.ticket_id, given.words)
    return Response(status_code=204)


async def _visible(found: PartsDep, actor: Actor, ticket_id: str) -> Ticket:
    async with found.database.reading() as session:
        return await queries.ticket(session, actor.scope, ticket_id)


def _shown(actor: Actor, row: Ticket, value: Any) -> Any:
    """Long numbers masked; for a confidential ticket's unit nothing that tells who spoke."""
    return confidential.Veil(row).of(value) if confidential.veiled(actor, row) else masked(value)
