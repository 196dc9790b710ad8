"""The kinds of matter a city takes, for whoever files, searches or counts."""

from fastapi import APIRouter
from pydantic import Field

from api.parts import Anybody, PartsDep
from api.shapes import Shape
from core.intake import Trait
from core.policy_parts import Flag, TicketType

router = APIRouter(tags=["tickets"])


class IntakeView(Shape):
    """One kind. `type`: whose clock rules it; `traits`: what its clause wants done besides; `clauses`: document and article."""

    id: str = Field(examples=["economic"])
    name: str = Field(examples=["经济违法"])
    type: TicketType = Field(examples=["economic"])
    traits: list[Trait] = Field(examples=[["enforcement"]])
    clauses: list[str] = Field(examples=[["001 17(二)4"]])
    note: str = Field(examples=[""])


class IntakeViews(Shape):
    """In the order people choose from. `documents`: key used in clauses -> title; `flags`: what of a matter moves a term here."""

    documents: dict[str, str] = Field(examples=[{"001": "河源市12345政府服务热线管理办法（征求意见稿）"}])
    flags: list[Flag] = Field(examples=[["multi_unit"]])
    items: list[IntakeView]


@router.get("/intake-types", summary="受理类型")
async def list_intake_types(actor: Anybody, found: PartsDep) -> IntakeViews:
    """What this city takes, as its files and its policy's switch on complaints about conduct have it."""
    types = found.house.intake_types
    return IntakeViews(
        documents=types.documents,
        flags=list(found.house.flags),
        items=[IntakeView.model_validate(one, from_attributes=True) for one in types],
    )
