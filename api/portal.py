"""The citizen portal: file without an account, search the knowledge base, choose a place. Bounded by telephone, address and hour."""

import time
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can
from api.peers import address
from api.problems import documented
from api.public import CodeSent, PhoneGiven, Progress, WithCode
from api.shapes import Given, Page, RequestKey, Shape
from api.unit_shapes import Place
from api.ways_house import FilingAsk
from core.policy_parts import TicketType
from store.tables import Unit

router = APIRouter(tags=["public"])
Reading = Annotated[Actor, can("ticket", "read")]
EVERYBODY = "everybody"


class FilingGiven(WithCode):
    """A matter. `place`: a division's code; `agreed`: that we may use the telephone to handle it, as the privacy notice says."""

    phone: str = Field(pattern=r"^\+?[0-9]{7,20}$", examples=["13812345678"], repr=False)
    name: str = Field("", max_length=32, examples=["王女士"], repr=False)
    type: TicketType = Field("help", examples=["help"])
    title: str = Field(min_length=4, max_length=60, examples=["小区停水两天"])
    body: str = Field(
        min_length=10, max_length=2000, examples=["阳光小区二单元昨天早上起停水，物业电话没人接。"]
    )
    place: Place | Literal[""] = Field("", examples=["431021"])
    address: str = Field("", max_length=200, examples=["阳光小区2栋"])
    confidential: bool = Field(False, examples=[False], description="the unit never learns who wrote")
    agreed: Literal[True] = Field(examples=[True])


class PublicArticle(Shape):
    """An answer with whose it is and what it rests on."""

    id: str = Field(examples=["art_water_outage"])
    title: str = Field(examples=["停水怎么办"])
    answer: str = Field(examples=["先确认是否为计划停水……"])
    kind: str = Field(examples=["办事指南"])
    unit: str = Field(examples=["市水利局"])
    clause: str = Field(examples=["第八条"])
    valid_to: date | None = Field(examples=["2026-12-31"])


class PublicArticles(Page):
    """One page of answers that hold today."""

    items: list[PublicArticle]


class PublicSearch(Given):
    """Every word must stand in the title or the answer."""

    search: str = Field("", max_length=60, examples=["停水"])
    limit: int = Field(10, ge=1, le=30, examples=[10])
    offset: int = Field(0, ge=0, le=1000, examples=[0])


class PublicPlace(Shape):
    """A county or town one may choose."""

    code: str = Field(examples=["431021"])
    name: str = Field(examples=["桂阳县"])
    parent: str | None = Field(examples=["431000"])


class PublicPlaces(Shape):
    """The city's counties and towns. `home`: the city."""

    home: str = Field(examples=["431000"])
    items: list[PublicPlace]


@router.post("/public/filing/code", summary="获取登记验证码", status_code=202, responses=documented(429))
async def filing_code(given: PhoneGiven, request: Request, found: PartsDep) -> CodeSent:
    """A code by text to a mobile from which a matter is to be filed; none where one was sent a moment ago."""
    now = time.monotonic()
    found.text_throttle.attempt(address(request), now)
    found.texts_throttle.attempt(EVERYBODY, now)
    await found.house.ways.send_filing_code(given.phone)
    return CodeSent(sent_if_known=True)


@router.post(
    "/public/filing", summary="网上反映诉求", status_code=201, responses=documented(403, 404, 409, 429)
)
async def file(given: FilingGiven, key: RequestKey, request: Request, found: PartsDep) -> Progress:
    """A ticket for the desk to dispatch. Its number and the same code open it for some minutes, to add pictures."""
    keys = (address(request), f"filing/{given.phone}")
    for throttle, name in ((found.crowd_throttle, keys[0]), (found.public_throttle, keys[1])):
        throttle.attempt(name, time.monotonic())
    ask = FilingAsk(
        given.phone,
        given.type,
        given.title,
        given.body,
        given.name,
        given.place,
        given.address,
        given.confidential,
    )
    seen = await found.house.ways.file(ask, given.code, key)
    found.crowd_throttle.succeeded(keys[0])
    found.public_throttle.succeeded(keys[1])
    return Progress.model_validate(seen)


@router.get("/public/knowledge", summary="公开知识库检索", responses=documented(429))
async def knowledge(
    query: Annotated[PublicSearch, Query()], request: Request, found: PartsDep
) -> PublicArticles:
    """What we would answer on the telephone today."""
    found.crowd_throttle.attempt(address(request), time.monotonic())
    async with found.database.reading() as session:
        page = await queries.articles(
            session, query.search, "", "", datetime.now(UTC), query.limit, query.offset
        )
        codes = {row.unit_code for row in page.items if row.unit_code}
        names = {code: unit.name for code in codes if (unit := await session.get(Unit, code)) is not None}
    items = [
        PublicArticle(
            id=row.id, title=row.title, answer=row.answer, kind=row.kind, unit=names.get(row.unit_code or "", ""), clause=row.clause,
            valid_to=row.valid_to,
        )
        for row in page.items
    ]  # fmt: skip
    return PublicArticles(total=page.total, items=items)


@router.get("/public/places", summary="可选的地点")
async def places(found: PartsDep) -> PublicPlaces:
    """Counties and towns of the city."""
    tree = found.divisions
    inside = tree.under(tree.home) if tree.home else frozenset()
    shown = [one for one in tree if one.level in ("county", "town") and one.code in inside]
    return PublicPlaces(home=tree.home, items=[PublicPlace.model_validate(one) for one in shown])
