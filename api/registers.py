"""The registers everybody works with: responsible units and knowledge articles."""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api import queries
from api.parts import Anybody, PartsDep
from api.problems import documented
from api.shapes import Given, Id, Page, Shape
from api.unit_shapes import Place
from api.units import scope
from core.errors import NotFound, UnknownUnit
from store.tables import Article, Unit

router = APIRouter()
_SEARCHING = ("agent", "expert", "supervisor", "office")
Missing = documented(404)


class SearchQuery(Given):
    """A page, and words to look for."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    search: str = Field("", max_length=100, examples=["供水"])


class UnitQuery(SearchQuery):
    """Units. `division`: those of one place."""

    division: Place | Literal[""] = Field("", examples=["431021"])


class ArticleQuery(SearchQuery):
    """Knowledge: every word of `search` must stand in the title or the answer."""

    unit: str = Field("", max_length=64, examples=["SW"])
    kind: str = Field("", max_length=32, examples=["guide"])


class UnitView(Shape):
    """承办单位."""

    code: str = Field(examples=["SW"])
    name: str = Field(examples=["市水务局"])
    aliases: list[str] = Field(examples=[["水务局", "水利局"]])
    level: str = Field(examples=["city"])
    division: str | None = Field(examples=["431000"])
    parent_code: str | None = Field(examples=["chenzhou.hotline"])
    section: str = Field(examples=["办公室"])
    details: dict[str, Any] = Field(examples=[{"does": "供水、排水、节水"}])


class ArticleView(Shape):
    """知识点: an answer with the clause it rests on; valid days are inclusive."""

    id: str = Field(examples=["art_water_outage"])
    title: str = Field(examples=["停水怎么办"])
    questions: list[str] = Field(examples=[["家里停水了找谁", "停水什么时候来"]])
    answer: str = Field(examples=["先确认是否为计划停水……"])
    kind: str = Field(examples=["guide"])
    unit_code: str | None = Field(examples=["SW"])
    clause: str = Field(examples=["第八条"])
    city: str | None = Field(examples=["heyuan"])
    version: int = Field(examples=[1])
    valid_from: date | None = Field(examples=["2026-01-01"])
    valid_to: date | None = Field(examples=["2026-12-31"])
    editor_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"], description="采编员")


class Units(Page):
    """One page of units."""

    items: list[UnitView]


class Articles(Page):
    """One page of knowledge articles."""

    items: list[ArticleView]


@router.get("/units", tags=["units"], summary="承办单位一览", responses=Missing)
async def list_units(query: Annotated[UnitQuery, Query()], actor: Anybody, found: PartsDep) -> Units:
    """Active units by code; somebody of a county's hotline office sees the county's."""
    within = scope(found, actor, query.division)
    async with found.database.reading() as session:
        page = await queries.units(session, query.search, query.limit, query.offset, within)
    return Units.model_validate(page)


@router.get("/units/{code}", tags=["units"], summary="一个承办单位", responses=Missing)
async def one_unit(code: Id, actor: Anybody, found: PartsDep) -> UnitView:
    """A unit of the register."""
    async with found.database.reading() as session:
        row = await session.get(Unit, code)
    if row is None:
        raise UnknownUnit(f"没有代码为 {code} 的承办单位")
    return UnitView.model_validate(row)


@router.get("/articles", tags=["knowledge"], summary="知识库检索")
async def list_articles(query: Annotated[ArticleQuery, Query()], actor: Anybody, found: PartsDep) -> Articles:
    """Articles that hold today. A search at the desk that finds nothing is kept, without who asked, as a gap to look at."""
    now = datetime.now(UTC)
    async with found.database.reading() as session:
        page = await queries.articles(
            session, query.search, query.unit, query.kind, now, query.limit, query.offset
        )
    if query.search and not page.total and not (query.unit or query.kind) and actor.role in _SEARCHING:
        await found.house.knowledge.articles.not_found(actor, query.search)
    return Articles.model_validate(page)


@router.get("/articles/{article_id}", tags=["knowledge"], summary="一个知识点", responses=Missing)
async def one_article(article_id: Id, actor: Anybody, found: PartsDep) -> ArticleView:
    """An article, even one that no longer holds: old tickets were answered from it."""
    async with found.database.reading() as session:
        row = await session.get(Article, article_id)
    if row is None or row.version == 0:  # no version of it has ever been served
        raise NotFound(f"没有知识点 {article_id}")
    return ArticleView.model_validate(row)
