"""The knowledge base under its owners: drafts, their review, publication, history and differences."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.knowledge_house import StepAsk
from api.knowledge_shapes import (
    ArticleGiven,
    Differences,
    DifferenceView,
    DiffQuery,
    DraftGiven,
    DueQuery,
    EditGiven,
    EditorGiven,
    Editors,
    MayEdit,
    MomentQuery,
    ReviewView,
    StepGiven,
    ToldQuery,
    Uses,
    UseView,
    VersionQuery,
    Versions,
    VersionSummary,
    VersionView,
)
from api.parts import Anybody, PartsDep, can, only
from api.problems import PreconditionRequired, documented
from api.registers import Articles, ArticleView
from api.shapes import Id
from core.errors import NotAllowed, NotFound
from core.ids import new_id
from match import governance
from match.governance import STATE_NAMES, Opinion, Version, Who
from match.versions import differences
from store import knowledge, scope, units, users
from store.tables import ArticleReview, ArticleVersion
from tickets.clock import local

router = APIRouter(tags=["knowledge"])
Keeping = Annotated[Actor, only("unit", "office")]
Seeing = Annotated[Actor, only("unit", "office", "supervisor", "auditor", "admin")]
Tracing = Annotated[Actor, can("knowledge", "trace")]
Missing = documented(404)
IfMatch = Annotated[
    str,
    Header(
        alias="If-Match", pattern=r'^"?[0-9]{1,9}"?$', description="version you decided on", examples=['"2"']
    ),
]


@router.post("/articles", summary="新增知识点", status_code=201, responses=documented(404, 409))
async def add_article(
    given: ArticleGiven, actor: Keeping, found: PartsDep, response: Response
) -> VersionView:
    """A draft of a new article of your unit's; the office may write any unit's."""
    article_id = given.id or new_id("art")
    return await _begun(found, actor, article_id, given, response)


@router.post(
    "/articles/{article_id}/versions", summary="新增一版", status_code=201, responses=documented(404, 409)
)
async def add_version(
    article_id: Id, given: DraftGiven, actor: Keeping, found: PartsDep, response: Response
) -> VersionView:
    """A draft of the next version; one at a time."""
    async with found.database.reading() as session:
        await knowledge.article(session, article_id)
    return await _begun(found, actor, article_id, given, response)


@router.get("/articles/{article_id}/versions", summary="历次版本", responses=Missing)
async def list_versions(article_id: Id, actor: Anybody, found: PartsDep) -> Versions:
    """Oldest first; whoever doesn't keep the article sees those that were published."""
    async with found.database.reading() as session:
        await knowledge.article(session, article_id)
        rows = await knowledge.chain(session, article_id)
    shown = [_summary(row) for row in rows if _visible(row, actor)]
    return Versions(total=len(shown), items=shown)


@router.get("/articles/{article_id}/versions/{number}", summary="一个版本", responses=Missing)
async def one_version(
    article_id: Id, number: int, actor: Anybody, found: PartsDep, response: Response
) -> VersionView:
    """With its reviews and what you could do now; `ETag` is what a step is decided on."""
    return await _whole(found, actor, article_id, number, response)


@router.post(
    "/articles/{article_id}/versions/{number}", summary="修改草稿", responses=documented(404, 409, 428)
)
async def edit_version(
    article_id: Id,
    number: int,
    given: EditGiven,
    actor: Keeping,
    found: PartsDep,
    response: Response,
    version: IfMatch = "",
) -> VersionView:
    """The whole text anew, decided on the version in `If-Match`."""
    decided = await _decided(found, actor, article_id, number, version)
    text = given.text.model_dump()
    await found.house.knowledge.articles.edit(actor, article_id, number, decided, text, given.why)
    return await _whole(found, actor, article_id, number, response)


@router.post(
    "/articles/{article_id}/versions/{number}/actions",
    summary="报送、校核、收回、发布、撤回",
    responses=documented(404, 409, 428),
)
async def act(
    article_id: Id,
    number: int,
    given: StepGiven,
    actor: Keeping,
    found: PartsDep,
    response: Response,
    version: IfMatch = "",
) -> VersionView:
    """One step of the table, decided on the version in `If-Match`; 409 where somebody was first."""
    decided = await _decided(found, actor, article_id, number, version)
    ask = StepAsk(given.action, given.note, given.agrees, given.effective_from, tuple(given.parties))
    await found.house.knowledge.articles.step(actor, article_id, number, decided, ask)
    return await _whole(found, actor, article_id, number, response)


@router.post("/articles/{article_id}/editor", summary="指定采编员", responses=Missing)
async def name_editor(article_id: Id, given: EditorGiven, actor: Keeping, found: PartsDep) -> ArticleView:
    """Somebody of the owner unit who maintains the article."""
    await found.house.knowledge.articles.name_editor(actor, article_id, given.user_id)
    async with found.database.reading() as session:
        return ArticleView.model_validate(await knowledge.article(session, article_id))


@router.get("/articles/{article_id}/editors", summary="可指定为采编员的人员", responses=Missing)
async def who_may_edit(article_id: Id, actor: Keeping, found: PartsDep) -> Editors:
    """People of the owner unit, for the unit itself and the office; of a county's for its own county's units (001 26)."""
    async with found.database.reading() as session:
        owner = (await knowledge.article(session, article_id)).unit_code
        if not governance.keeps(_who(actor), owner or ""):
            raise NotAllowed("只有所属单位或热线办可以指定采编员")
        if not actor.of_a_unit and not await units.within(session, owner, actor.places):
            raise NotAllowed("这个单位不在您所属的区划")
        people = await knowledge.who_may_edit(session, owner)
    return Editors(items=[MayEdit.model_validate(one) for one in people])


@router.get("/articles/{article_id}/diff", summary="两个版本的差别", responses=Missing)
async def diff(
    article_id: Id, query: Annotated[DiffQuery, Query()], actor: Anybody, found: PartsDep
) -> Differences:
    """Field by field, text line by line."""
    async with found.database.reading() as session:
        rows = [await knowledge.version(session, article_id, n) for n in (query.before, query.after)]
    for row in rows:
        _require_visible(row, actor)
    before, after = (knowledge.seen(row) for row in rows)
    return Differences(items=[DifferenceView(**one) for one in differences(before, after)])


@router.get("/articles/{article_id}/held", summary="某一时刻有效的版本", responses=Missing)
async def held(
    article_id: Id,
    query: Annotated[MomentQuery, Query()],
    actor: Anybody,
    found: PartsDep,
    response: Response,
) -> VersionView:
    """What we said at that moment."""
    async with found.database.reading() as session:
        await knowledge.article(session, article_id)
        number = await knowledge.held(session, article_id, query.at)
    if number is None:
        raise NotFound(f"知识点 {article_id} 那时没有生效的版本")
    return await _whole(found, actor, article_id, number, response)


@router.get("/articles/{article_id}/uses", summary="据此答复过的通话和工单", responses=Missing)
async def uses(article_id: Id, actor: Tracing, found: PartsDep) -> Uses:
    """Which version was told in which call, the latest 500."""
    async with found.database.reading() as session:
        await knowledge.article(session, article_id)
        rows = await knowledge.uses(session, article_id=article_id, within=scope.uses(actor.scope))
    return Uses(items=[UseView.model_validate(row) for row in rows])


@router.get("/knowledge/told", summary="某次通话或工单据以答复的版本")
async def told(query: Annotated[ToldQuery, Query()], actor: Tracing, found: PartsDep) -> Uses:
    """From a complaint to what the citizen was told: which articles in which version."""
    if query.call_id is None and query.ticket_id is None:
        return Uses(items=[])
    async with found.database.reading() as session:
        rows = await knowledge.uses(
            session, call_id=query.call_id, ticket_id=query.ticket_id, within=scope.uses(actor.scope)
        )
    return Uses(items=[UseView.model_validate(row) for row in rows])


@router.get("/knowledge/versions", summary="各单位的版本：待校核、迟报等")
async def find_versions(query: Annotated[VersionQuery, Query()], actor: Seeing, found: PartsDep) -> Versions:
    """Newest first."""
    only_unit = (actor.unit or "-") if actor.of_a_unit else ""
    after = datetime.now(UTC) if query.coming else None
    async with found.database.reading() as session:
        page = await knowledge.find_versions(
            session, state=query.state, unit=query.unit, only=only_unit, late=query.late, places=actor.places,
            serves_after=after, limit=query.limit, offset=query.offset,
        )  # fmt: skip
    return Versions(total=page.total, items=[_summary(row) for row in page.items])


@router.get("/knowledge/due", summary="有效期将满和已满的知识点")
async def due(query: Annotated[DueQuery, Query()], actor: Seeing, found: PartsDep) -> Articles:
    """Articles in use whose source holds no longer, or only some days more: to be written anew, the soonest first."""
    unit = query.unit if not actor.of_a_unit else actor.unit or "-"
    before = local(datetime.now(UTC)).date() + timedelta(days=query.days)
    async with found.database.reading() as session:
        page = await knowledge.ending(session, before, unit, actor.places, query.limit, query.offset)
    return Articles.model_validate(page)


# --- between rows and views -------------------------------------------------------------------------------------------


async def _begun(
    found: PartsDep, actor: Actor, article_id: str, given: DraftGiven, response: Response
) -> VersionView:
    text = given.text.model_dump()
    number = await found.house.knowledge.articles.begin(actor, article_id, text, given.why, given.gap)
    response.headers["Location"] = f"/api/v1/articles/{article_id}/versions/{number}"
    return await _whole(found, actor, article_id, number, response)


async def _decided(found: PartsDep, actor: Actor, article_id: str, number: int, version: str) -> int:
    """Raises NotFound for what the actor doesn't see, PreconditionRequired."""
    if not version:
        raise PreconditionRequired("请在 If-Match 中给出所依据的版本")
    async with found.database.reading() as session:
        _require_visible(await _one(session, article_id, number), actor)
    return int(version.strip('"'))


async def _whole(
    found: PartsDep, actor: Actor, article_id: str, number: int, response: Response
) -> VersionView:
    async with found.database.reading() as session:
        row = await _one(session, article_id, number)
        said = await knowledge.reviews(session, article_id, number)
        names = await users.names(session, {row.author, *(one.by for one in said)}, actor.unit)
        opinions = [Opinion(one.party, one.by, one.agrees) for one in said if one.round == row.round]
        as_rules = _version(row, opinions)
        lacks = as_rules.needs_leader and not await users.leads(session, as_rules.owner, as_rules.writers)
    _require_visible(row, actor)
    response.headers["ETag"] = f'"{row.version}"'
    inside = governance.sees_drafts(_who(actor), as_rules)
    shown = {name: getattr(row, name) for name in VersionView.model_fields if hasattr(row, name)}
    return VersionView.model_validate(
        shown
        | {
            "state_name": _name(row),
            "author_name": names.get(row.author, ""),
            "leader_missing": lacks,
            "waits_for": list(as_rules.waits_for) if row.state == "submitted" else [],
            "reviews": [_review(one, names) for one in said] if inside else [],
            "actions": list(governance.possible(as_rules, _who(actor))),
        }
    )


def _review(row: ArticleReview, names: Mapping[str, str]) -> ReviewView:
    return ReviewView.model_validate(row).model_copy(update={"by_name": names.get(row.by, "")})


async def _one(session: AsyncSession, article_id: str, number: int) -> ArticleVersion:
    if not 0 < number < 100_000:
        raise NotFound(f"知识点 {article_id} 没有第 {number} 版")
    return await knowledge.version(session, article_id, number)


def _who(actor: Actor) -> Who:
    return Who(actor.id, actor.role, actor.unit)


def _version(row: ArticleVersion, opinions: list[Opinion]) -> Version:
    return Version(
        row.article_id, row.number, row.unit_code or "", row.state,  # type: ignore[arg-type]
        frozenset(row.writers), tuple(row.parties), tuple(opinions),
    )  # fmt: skip


def _visible(row: ArticleVersion, actor: Actor) -> bool:
    return row.serves_from is not None or governance.sees_drafts(_who(actor), _version(row, []))


def _require_visible(row: ArticleVersion, actor: Actor) -> None:
    if not _visible(row, actor):
        raise NotFound(f"知识点 {row.article_id} 没有第 {row.number} 版")


def _summary(row: ArticleVersion) -> VersionSummary:
    shown = {name: getattr(row, name) for name in VersionSummary.model_fields if hasattr(row, name)}
    return VersionSummary.model_validate(shown | {"state_name": _name(row)})


def _name(row: ArticleVersion) -> str:
    return STATE_NAMES[row.state]  # type: ignore[index]
