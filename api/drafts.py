"""The form filled from the talk (智能填单): the agent confirms or corrects every part before anything is filed."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api import rights
from api.house import Actor
from api.masked import masked
from api.parts import PartsDep, only
from api.problems import documented
from api.shapes import Id, Shape

router = APIRouter(prefix="/calls", tags=["calls"])
Talking = Annotated[Actor, only("agent", "supervisor")]


class OriginView(Shape):
    """Where a value comes from: position of the utterance and the words in it."""

    utterance: int = Field(examples=[1])
    quote: str = Field(examples=["拖欠了我两个月的工资"])


class FilledView(Shape):
    """A value, how sure (0..1), and the words it came from; '' and 0 where nothing was said of it."""

    value: str = Field(examples=["complaint"])
    score: float = Field(examples=[0.72])
    origins: list[OriginView] = Field(examples=[[{"utterance": 1, "quote": "投诉"}]])


class NumberView(Shape):
    """A number said aloud. `checked`: an ID card's check digit is right."""

    kind: str = Field(examples=["mobile"])
    value: str = Field(examples=["13812345678"])
    checked: bool = Field(examples=[True])
    origin: OriginView


class DraftView(Shape):
    """The form as far as the talk allows."""

    type: FilledView
    title: FilledView
    body: FilledView
    numbers: list[NumberView]


@router.get("/{call_id}/draft", summary="智能填单", responses=documented(404))
async def draft(call_id: Id, actor: Talking, found: PartsDep) -> DraftView:
    """Type, title and body from what was said so far; for the agent who has the call, and masked for supervisors."""
    await rights.require_handling(found, actor, call_id)
    filled = await found.house.draft(actor, call_id)
    return DraftView.model_validate(filled if actor.role == "agent" else masked(filled))
