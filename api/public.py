"""For citizens without an account: a ticket's number and a code sent to the telephone it was raised from. Slow to guess."""

import time
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import Field

from api.grades import GradeTaken
from api.parts import Parts, PartsDep
from api.peers import address
from api.problems import WrongKind, documented
from api.shapes import Given, Shape
from core.after_call import Grade

router = APIRouter(prefix="/public/tickets", tags=["public"])
PICTURES = ("image/jpeg", "image/png", "image/webp")
TicketNumber = Annotated[str, Path(pattern=r"^[0-9]{8}-[0-9]{6}$", examples=["20261121-048315"])]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
_CODE = Header(alias="X-Ticket-Code", pattern=r"^[0-9]{6}$", examples=["048315"], description="from our text")


class PhoneGiven(Given):
    """The telephone the ticket was raised from."""

    phone: str = Field(pattern=r"^\+?[0-9]{7,20}$", examples=["13812345678"], repr=False)


class CodeSent(Shape):
    """Said whatever came of it: whether number and telephone belong together is told to nobody."""

    sent_if_known: bool = Field(examples=[True])


class WithCode(Given):
    """The code from our text."""

    code: Code = Field(examples=["048315"], repr=False)


class WordsGiven(WithCode):
    """What is to be added."""

    words: str = Field(min_length=2, max_length=2000, examples=["二单元也停水了"])


class UrgeGiven(WithCode):
    """Words are welcome, not needed."""

    words: str = Field("", max_length=500, examples=["已经五天了"])


class ReasonGiven(WithCode):
    """Why the matter is taken back."""

    reason: str = Field(min_length=2, max_length=500, examples=["已经恢复供水"])


class Progress(Shape):
    """How a ticket stands. `handled_as`: the state of the ticket it is handled under; `result` once it is settled; `deeds`: what you could do."""

    number: str = Field(examples=["20261121-048315"])
    title: str = Field(examples=["小区停水两天"])
    state: str = Field(examples=["dispatched"])
    state_name: str = Field(examples=["已派单"])
    handled_as: str = Field(examples=["dispatched"])
    filed_at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    due_at: datetime | None = Field(examples=["2026-11-26T16:00:00Z"])
    unit: str = Field(examples=["市水务局"])
    result: str = Field(examples=[""])
    earlier_result: str = Field(
        description="while it is done again: what was replied before", examples=["管道已于11月20日修复"]
    )
    grades: list[Grade] = Field(
        examples=[["satisfied", "dissatisfied"]], description="to choose from, best first"
    )
    photos: int = Field(0, examples=[2], description="how many pictures the citizen added")
    deeds: list[str] = Field(examples=[["supplement", "urge", "withdraw"]])


class GradeGivenOnline(WithCode):
    """How it was handled."""

    grade: Grade = Field(examples=["satisfied"])


@router.post("/{number}/code", summary="获取验证码", status_code=202, responses=documented(404, 429))
async def send_code(number: TicketNumber, given: PhoneGiven, request: Request, found: PartsDep) -> CodeSent:
    """A code by text message, if this telephone raised this ticket."""
    _slowly(found, request, number)
    await found.house.ways.send_code(number, given.phone)
    return CodeSent(sent_if_known=True)


@router.get("/{number}", summary="查询进度", responses=documented(403, 404, 429))
async def progress(
    number: TicketNumber, request: Request, found: PartsDep, code: Annotated[str, _CODE]
) -> Progress:
    """Where it stands, who has it, until when, and what came of it."""
    keys = _slowly(found, request, number)
    seen = Progress.model_validate(await found.house.ways.opened(number, code))
    _right(found, keys)
    return seen


@router.post("/{number}/supplement", summary="补充", responses=documented(403, 404, 409, 429))
async def supplement(number: TicketNumber, given: WordsGiven, request: Request, found: PartsDep) -> Progress:
    """Stands in the ticket's words, where the unit reads it."""
    keys = _slowly(found, request, number)
    seen = await found.house.ways.by_citizen(number, given.code, "supplement", given.words)
    _right(found, keys)
    return Progress.model_validate(seen)


@router.post("/{number}/urge", summary="催单", responses=documented(403, 404, 409, 429))
async def urge(number: TicketNumber, given: UrgeGiven, request: Request, found: PartsDep) -> Progress:
    """Counted and told to whoever handles it; 409 where it was urged a moment ago."""
    keys = _slowly(found, request, number)
    seen = await found.house.ways.by_citizen(number, given.code, "urge", given.words)
    _right(found, keys)
    return Progress.model_validate(seen)


@router.post("/{number}/withdraw", summary="撤回", responses=documented(403, 404, 409, 429))
async def withdraw(number: TicketNumber, given: ReasonGiven, request: Request, found: PartsDep) -> Progress:
    """The matter is taken back; no clock runs any more."""
    keys = _slowly(found, request, number)
    seen = await found.house.ways.by_citizen(number, given.code, "withdraw", given.reason)
    _right(found, keys)
    return Progress.model_validate(seen)


@router.post("/{number}/grade", summary="评价办理情况", responses=documented(403, 404, 409, 429))
async def grade(
    number: TicketNumber, given: GradeGivenOnline, request: Request, found: PartsDep
) -> GradeTaken:
    """Once it is resolved; the first grade stays."""
    keys = _slowly(found, request, number)
    ticket_id = await found.house.ways.ticket_of(number, given.code)
    _right(found, keys)
    return GradeTaken.of(await found.house.after_call.grade_by_citizen(ticket_id, given.grade))


@router.post(
    "/{number}/photos",
    summary="添加照片",
    status_code=201,
    responses=documented(400, 403, 404, 409, 413, 415, 422, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}, "example": "…"} for kind in PICTURES
            },
        }
    },
)
async def add_photo(
    number: TicketNumber, request: Request, found: PartsDep, code: Annotated[str, _CODE]
) -> Progress:
    """The picture itself as the body. It is made anew: what it tells of place, time and camera is not kept."""
    keys = _slowly(found, request, number)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in PICTURES:
        raise WrongKind("照片应为 JPEG、PNG 或 WebP")
    seen = await found.house.ways.add_photo(number, code, await request.body())
    _right(found, keys)
    return Progress.model_validate(seen)


def _slowly(found: Parts, request: Request, number: str) -> tuple[str, str]:
    """Counts the attempt against the address and against the ticket. Raises TooManyTries."""
    now, peer = time.monotonic(), address(request)
    found.crowd_throttle.attempt(peer, now)
    found.public_throttle.attempt(number, now)
    return peer, number


def _right(found: Parts, keys: tuple[str, str]) -> None:
    """The code was right: the attempt does not count."""
    peer, number = keys
    found.crowd_throttle.succeeded(peer)
    found.public_throttle.succeeded(number)
