"""The form filled from the talk (智能填单): the agent confirms or corrects every part before anything is filed."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api import rights
from api.actor import Actor
from api.masked import masked
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Id, Shape

router = APIRouter(prefix="/calls", tags=["calls"])
Talking = Annotated[Actor, can("call", "handle")]


class OriginView(Shape):
    """Where a value comes from: position of the utterance and the words in it."""

    utterance: int = Field(examples=[1])
    quote: str = Field(examples=["拖欠了我两个月的工资"])


class FilledView(Shape):
    """A value, how sure (0..1), and the words it came from; '' and 0 where nothing was said of it."""

    value: str = Field(examples=["complaint"])
    score: float = Field(examples=[0.72])
    origins: list[OriginView] = Field(examples=[[{"utterance": 1, "quote": "投诉"}]])


class SensitiveView(FilledView):
    """A category of sensitive matters whose words were said. `value`: its id; `name`: what it is called."""

    value: str = Field(examples=["safety"])
    name: str = Field(examples=["安全生产"])


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
    place: FilledView = Field(description="code of a division of the city's tree")
    citizen: FilledView = Field(description="the citizen's name, or their surname, as said")
    when: FilledView = Field(description="when it happened or how long it has, in the words said")
    demands: list[FilledView]
    urgency: FilledView = Field(description="'urgent' where life or limb is in danger")
    sensitive: list[SensitiveView]


@router.get("/{call_id}/draft", summary="智能填单", responses=documented(404))
async def draft(call_id: Id, actor: Talking, found: PartsDep) -> DraftView:
    """The form from what was said so far, each part with the words it came from; for the agent who has the call, and masked for supervisors."""
    await rights.require_handling(found, actor, call_id)
    filled = await found.house.draft(actor, call_id)
    return DraftView.model_validate(filled if actor.at_a_seat else masked(filled))
