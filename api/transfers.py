"""Three-way calls: call a third party, merge, swap, leave, give up, and mark how they behaved."""

from datetime import UTC, datetime
from typing import Annotated, cast

from fastapi import APIRouter
from pydantic import Field, model_validator

from api import queries, rights
from api.actor import Actor
from api.field_words import refused
from api.line_shapes import LineStateView
from api.parts import Parts, PartsDep, can
from api.problems import documented
from api.shapes import Given, Id, Shape
from core.errors import NotFound
from core.masking import mask_number
from core.transfer import PRIVATE, REASON_NAMES, Attitude, How, Kind, Reason
from store import line_state, transfers
from store.tables import Transfer
from tickets.clock import words

router = APIRouter(prefix="/calls/{call_id}/transfers", tags=["transfers"])
Talking = Annotated[Actor, can("call", "handle")]
Reading = Annotated[Actor, can("call", "answer_for")]
Ref = Annotated[str, Field(pattern=r"^[A-Za-z0-9+][A-Za-z0-9_.+-]{0,63}$")]


class To(Given):
    """Whom: a hotline (12366), a seat, a unit's duty telephone, an emergency service (110, 119, 120, 122), any number, a policy specialist."""

    kind: Kind = Field(examples=["line"])
    ref: Ref = Field(examples=["12366"])


class TransferGiven(Given):
    """consult: the citizen hears music; three_way: all talk as soon as they answer; blind: the citizen is handed over."""

    to: To
    how: How = Field("consult", examples=["consult"])
    ask: str = Field(
        "",
        max_length=300,
        examples=["试用期未签合同能否主张双倍工资"],
        description="what one of our own people is asked; they see it as it rings",
    )


class CancelGiven(Given):
    """`ticket` false: no ticket although nobody was reached, for a call made by mistake."""

    ticket: bool = Field(True, examples=[True])


class AttitudeGiven(Given):
    """What was wrong, and where in the third party's recording it is heard; seconds."""

    kind: Attitude = Field(examples=["推诿拒接"])
    note: str = Field("", max_length=500, examples=["称不归其管，未说明依据即挂断"])
    start_s: float = Field(0.0, ge=0, le=86400, examples=[3.0])
    end_s: float = Field(0.0, ge=0, le=86400, examples=[12.5])

    @model_validator(mode="after")
    def _forward(self) -> "AttitudeGiven":
        if self.end_s < self.start_s:
            raise refused("before_start", start="start_s", end="end_s")
        return self


class Party(Shape):
    """Whom a transfer went to; a private number is masked."""

    kind: str = Field(examples=["line"])
    ref: str = Field(examples=["12366"])
    name: str = Field(examples=["全国税务系统统一电话"])
    number: str = Field(examples=["12366"])
    role: str = Field(examples=["sub_centre"])


class AttitudeView(Shape):
    """A mark and its evidence."""

    kind: str = Field(examples=["推诿拒接"])
    note: str = Field(examples=["称不归其管，未说明依据即挂断"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-22T02:03:10Z"])
    recording_id: str | None = Field(examples=["rec_01KB3V5M2R8Q4T6W9Y0A"])
    start_s: float = Field(examples=[3.0])
    end_s: float = Field(examples=[12.5])


class TransferView(Shape):
    """One transfer. state: ringing, talking, merged, over, failed; place: consult, swapped, aside, room, blind, gone."""

    id: str = Field(examples=["tr_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    how: str = Field(examples=["consult"])
    to: Party
    state: str = Field(examples=["talking"])
    place: str = Field(examples=["consult"])
    reason: str | None = Field(
        examples=["busy"],
        description="busy, no_answer, rejected, unreachable, congestion, timeout, cancelled",
    )
    seat_id: str | None = Field(examples=["8001"])
    user_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    third_seat: str | None = Field(examples=["8005"])
    leg_id: str = Field(examples=["leg_01KB3V5M2R8Q4T6W9Y0A"])
    requested_at: datetime = Field(examples=["2026-11-22T02:01:10Z"])
    answered_at: datetime | None = Field(examples=["2026-11-22T02:01:14Z"])
    merged_at: datetime | None = Field(examples=["2026-11-22T02:01:40Z"])
    left_at: datetime | None = Field(examples=["2026-11-22T02:02:10Z"])
    ended_at: datetime | None = Field(examples=["2026-11-22T02:03:00Z"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    attitude: AttitudeView | None


class TransferBegun(TransferView):
    """A transfer that begins, and what earlier calls and test calls tell of the line: it is rung all the same."""

    line: LineStateView | None = Field(description="null for our own seats and where nobody tried")
    warning: str = Field(
        "",
        examples=[
            "全国税务系统统一电话（12366）近2次呼叫均未接通（无人接听），最近一次10月9日15:00；现仍在呼叫"
        ],
        description="for the agent, before it rings out: others did not answer lately",
    )


class Transfers(Shape):
    """A call's transfers, oldest first."""

    items: list[TransferView]


@router.post(
    "",
    summary="呼叫第三方",
    status_code=201,
    response_model=TransferBegun,
    responses=documented(404, 409, 503),
)
async def begin(call_id: Id, given: TransferGiven, actor: Talking, found: PartsDep) -> TransferBegun:
    """The citizen is never dropped by it. A target that isn't reached gives a typed reason and files a ticket by itself.

    `state` is `failed` at once where we know that they are busy (every expert of a line is talking).
    A line that is known as closed is rung too; `warning` tells the agent before it rings out.
    """
    await rights.require_handling(found, actor, call_id)
    made = await found.house.transfer(actor, call_id, given.to.kind, given.to.ref, given.how, given.ask)
    return await _begun(found, await _shown(found, call_id, made))


@router.get("", summary="通话的转接记录", response_model=Transfers, responses=documented(404))
async def list_transfers(call_id: Id, actor: Reading, found: PartsDep) -> Transfers:
    """An agent sees those of their own calls."""
    async with found.database.reading() as session:
        await queries.call_answered_for(session, actor.scope, call_id)
        rows = await transfers.of_call(session, call_id)
    return Transfers(items=[view(row) for row in rows])


@router.post(
    "/{transfer_id}/merge",
    summary="三方合并",
    response_model=TransferView,
    responses=documented(404, 409, 503),
)
async def merge(call_id: Id, transfer_id: Id, actor: Talking, found: PartsDep) -> TransferView:
    """Citizen, agent and third party talk together."""
    await rights.require_handling(found, actor, call_id)
    await found.house.transfer_merge(actor, call_id, transfer_id)
    return await _shown(found, call_id, transfer_id)


@router.post(
    "/{transfer_id}/swap",
    summary="切换通话方",
    response_model=TransferView,
    responses=documented(404, 409, 503),
)
async def swap(call_id: Id, transfer_id: Id, actor: Talking, found: PartsDep) -> TransferView:
    """From the third party to the citizen, or back; the other one hears music."""
    await rights.require_handling(found, actor, call_id)
    await found.house.transfer_swap(actor, call_id, transfer_id)
    return await _shown(found, call_id, transfer_id)


@router.post(
    "/{transfer_id}/leave",
    summary="退出通话",
    response_model=TransferView,
    responses=documented(404, 409, 503),
)
async def leave(call_id: Id, transfer_id: Id, actor: Talking, found: PartsDep) -> TransferView:
    """Your own leg goes, the others stay. An agent who is still consulting hands the citizen over so."""
    await rights.require_handling(found, actor, call_id)
    await found.house.transfer_leave(actor, call_id, transfer_id)
    return await _shown(found, call_id, transfer_id)


@router.post(
    "/{transfer_id}/cancel",
    summary="取消转接",
    response_model=TransferView,
    responses=documented(404, 409, 503),
)
async def cancel(
    call_id: Id, transfer_id: Id, actor: Talking, found: PartsDep, given: CancelGiven | None = None
) -> TransferView:
    """Stop ringing, or let the third party go; agent and citizen are together again at once."""
    await rights.require_handling(found, actor, call_id)
    await found.house.transfer_cancel(actor, call_id, transfer_id, given.ticket if given else True)
    return await _shown(found, call_id, transfer_id)


@router.post(
    "/{transfer_id}/attitude",
    summary="标注对方态度",
    response_model=TransferView,
    responses=documented(404, 409, 503),
)
async def attitude(
    call_id: Id, transfer_id: Id, given: AttitudeGiven, actor: Talking, found: PartsDep
) -> TransferView:
    """生硬, 推诿拒接 or 应付了事, with the sound as evidence; a later mark replaces an earlier one."""
    await rights.require_handling(found, actor, call_id)
    told = (given.kind, given.note, given.start_s, given.end_s)
    await found.house.transfer_attitude(actor, call_id, transfer_id, *told)
    return await _shown(found, call_id, transfer_id)


async def _begun(found: Parts, made: TransferView) -> TransferBegun:
    """With what is known of a line that others answer."""
    known = None
    if made.third_seat is None and made.to.kind in ("line", "emergency"):
        async with found.database.reading() as session:
            last = await line_state.last(session, made.to.ref)
        if last is not None:
            now = {"state": line_state.standing(last, datetime.now(UTC))}
            known = LineStateView.model_validate(last).model_copy(update=now)
    return TransferBegun(**made.model_dump(), line=known, warning=_warning(made.to, known))


def _warning(to: Party, line: LineStateView | None) -> str:
    if line is None or line.state != "closed":
        return ""
    why = REASON_NAMES.get(cast(Reason, line.reason), line.reason)
    last = words(line.checked_at)
    return f"{to.name}（{to.ref}）近{line.misses}次呼叫均未接通（{why}），最近一次{last}；现仍在呼叫"


async def _shown(found: Parts, call_id: str, transfer_id: str) -> TransferView:
    async with found.database.reading() as session:
        row = await transfers.get(session, transfer_id)
    if row.call_id != call_id:
        raise NotFound(f"这通电话没有转接 {transfer_id}")
    return view(row)


def view(row: Transfer) -> TransferView:
    """As it leaves the house."""
    private = row.kind == "number"
    shown = mask_number if private else str
    to = Party(
        kind=row.kind,
        ref=shown(row.ref),
        name=shown(row.name),
        number=mask_number(row.number) if row.kind in PRIVATE else row.number,
        role=row.role,
    )
    columns = {name: getattr(row, name) for name in TransferView.model_fields if name != "to"}
    return TransferView.model_validate({**columns, "to": to})
