"""智能质检: what the rules said of calls, what people say beside them, and the rules themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.actor import Actor
from api.parts import PartsDep, can, only
from api.problems import documented
from api.shapes import Given, Id, Instant, Page, Shape, Word
from core.quality import read_quality
from store import quality, scope, users
from store.quality import Wanted
from store.tables import Call, QualityCheck, QualityReview

router = APIRouter(tags=["quality"])
Reading = Annotated[Actor, can("quality", "read")]
Reviewing = Annotated[Actor, can("quality", "review")]
Keeping = Annotated[Actor, can("quality", "keep")]
Measuring = Annotated[Actor, can("call", "measure")]
Watching = Annotated[Actor, only("supervisor", "office", "auditor", "admin")]
Missing = documented(404)
_FINDING = {
    "rule": "greeting", "name": "开头问候", "passed": True, "applied": True, "points": 5, "clause": "003 二.13",
    "moments": [[0.4, 2.1]],
}  # fmt: skip
_SIDE = {"talk_s": 31.2, "speed": 212, "interruptions": 0}
_FACTS = {
    "citizen": _SIDE, "agent": _SIDE, "talk_s": 74.0, "silence_s": 11.4, "overlap_s": 0.9, "pauses": [[40.2, 46.0]],
}  # fmt: skip
_RULES = {
    "documents": {"003": "郴州市进一步归并优化政务服务便民热线工作方案"}, "pass_mark": 80,
    "rules": [{"id": "greeting", "name": "开头问候", "kind": "says", "words": ["您好"], "within_s": 15, "points": 5, "clause": "003 二.13"}],
}  # fmt: skip


class CheckQuery(Given):
    """Which checks. `below`: scores under it; `reviewed`: by a person or not yet; `rule` with `passed`: how one rule came out."""

    rule: Word | Literal[""] = Field("", examples=["greeting"])
    passed: bool | None = Field(None, examples=[False])
    seat: str = Field("", max_length=64, examples=["8001"])
    below: int | None = Field(None, ge=1, le=101, examples=[80])
    reviewed: bool | None = Field(None, examples=[False])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class SampleQuery(Given):
    """How many calls to draw, and from which."""

    size: int = Field(20, ge=1, le=100, examples=[20])
    below: int | None = Field(None, ge=1, le=101, examples=[80])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])


class CheckView(Shape):
    """What the rules said of one call: findings with their moments (seconds of the call), figures of the talk."""

    id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"], description="the call's")
    line: str = Field(examples=["12345"])
    seat_id: str | None = Field(examples=["8001"])
    agent_name: str = Field(examples=["李敏"])
    arrived_at: datetime = Field(examples=["2026-11-22T01:40:00Z"])
    talk_seconds: float | None = Field(examples=[74.0])
    version: int = Field(examples=[3], description="of the rules")
    score: int = Field(examples=[95])
    facts: dict[str, Any] = Field(examples=[_FACTS])
    findings: list[dict[str, Any]] = Field(examples=[[_FINDING]])
    checked_at: datetime = Field(examples=["2026-11-22T02:00:00Z"])
    reviews: int = Field(examples=[1])

    @classmethod
    def of(cls, row: QualityCheck, call: Call, names: Mapping[str, str]) -> "CheckView":
        return cls(
            id=row.call_id, line=call.line, seat_id=call.seat_id, agent_name=names.get(call.user_id or "", ""),
            arrived_at=call.arrived_at, talk_seconds=call.talk_seconds, version=row.version, score=row.score,
            facts=row.facts, findings=row.findings, checked_at=row.checked_at, reviews=row.reviews,
        )  # fmt: skip


class Checks(Page):
    """One page of checks, newest first. `pass_mark`: below it a person looks first, by the rules in force."""

    pass_mark: int = Field(examples=[80])
    items: list[CheckView]


class Sample(Shape):
    """Calls drawn at random for people to judge."""

    items: list[CheckView]


class ReviewView(Shape):
    """A person's judgement."""

    id: str = Field(examples=["qrv_01KB3V5M2R8Q4T6W9Y0A"])
    version: int = Field(examples=[3])
    marks: dict[str, bool] = Field(examples=[{"greeting": True}])
    score: int = Field(examples=[95])
    judged: int = Field(examples=[1], description="rules the machine had judged too")
    agreed: int = Field(examples=[1], description="of them alike")
    words: str = Field(examples=["问候语规范"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    by_name: str = Field("", examples=["王班长"])
    at: datetime = Field(examples=["2026-11-22T03:00:00Z"])


class CallQuality(Shape):
    """The check of a call and the reviews beside it, oldest first."""

    pass_mark: int = Field(examples=[80])
    check: CheckView
    reviews: list[ReviewView]


class ReviewGiven(Given):
    """Rule -> whether it was kept. Rules left out stay as the machine judged them."""

    marks: dict[Word, bool] = Field(min_length=1, max_length=200, examples=[{"greeting": True}])
    words: str = Field("", max_length=1000, examples=["问候语规范"])


class Made(Shape):
    """The id of what was made."""

    id: str = Field(examples=["qrv_01KB3V5M2R8Q4T6W9Y0A"])


class RulesView(Shape):
    """The rules in force; version 0 is what the installation began with."""

    version: int = Field(examples=[3])
    rules: dict[str, Any] = Field(examples=[_RULES])
    why: str = Field(examples=["增加结束语"])
    by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    by_name: str = Field("", examples=["王班长"])
    at: datetime | None = Field(examples=["2026-11-22T02:00:00Z"])


class RulesGiven(Given):
    """All rules, as they shall be; `version`: the one they were made from."""

    version: int = Field(ge=0, le=1_000_000, examples=[3])
    rules: dict[str, Any] = Field(examples=[_RULES])
    why: str = Field(min_length=2, max_length=500, examples=["增加结束语"])


class Version(Shape):
    """The version now in force."""

    version: int = Field(examples=[4])


class RuleAgreement(Shape):
    """How often people judged a rule that the machine had judged, and how often alike. `share` null: never."""

    rule: str = Field(examples=["greeting"])
    judged: int = Field(examples=[40])
    agreed: int = Field(examples=[38])
    share: float | None = Field(examples=[0.95])


class Agreement(Shape):
    """Over all rules, and rule by rule."""

    judged: int = Field(examples=[160])
    agreed: int = Field(examples=[150])
    share: float | None = Field(examples=[0.938])
    rules: list[RuleAgreement]


@router.get("/quality/checks", summary="质检结果一览", responses=Missing)
async def list_checks(query: Annotated[CheckQuery, Query()], actor: Reading, found: PartsDep) -> Checks:
    """Newest first; an agent sees those of their own calls."""
    wanted = Wanted(
        query.below, query.reviewed, query.since, query.until, query.seat, query.rule, query.passed
    )
    async with found.database.reading() as session:
        page = await quality.checks(session, scope.calls(actor.scope), wanted, query.limit, query.offset)
        views, mark = await _views(session, page.items), (await _rules(found, session)).rules["pass_mark"]
    return Checks(total=page.total, pass_mark=mark, items=views)


@router.get("/quality/sample", summary="人工抽检", responses=Missing)
async def draw_sample(query: Annotated[SampleQuery, Query()], actor: Reviewing, found: PartsDep) -> Sample:
    """Checked calls that nobody reviewed yet, drawn at random."""
    wanted = Wanted(query.below, False, query.since, query.until)
    async with found.database.reading() as session:
        drawn = await quality.sample(session, scope.calls(actor.scope), wanted, query.size)
        return Sample(items=await _views(session, drawn))


@router.get("/quality/agreement", summary="人机一致率")
async def agreement(
    actor: Measuring,
    found: PartsDep,
    since: Annotated[Instant | None, Query(alias="from", examples=["2026-11-01T00:00:00+08:00"])] = None,
) -> Agreement:
    """How far people and rules judge alike."""
    async with found.database.reading() as session:
        counts = await quality.agreement(session, since, scope.calls(actor.scope))
    judged, agreed = sum(j for j, _ in counts.values()), sum(a for _, a in counts.values())
    rows = [
        RuleAgreement(rule=r, judged=j, agreed=a, share=_share(a, j)) for r, (j, a) in sorted(counts.items())
    ]
    return Agreement(judged=judged, agreed=agreed, share=_share(agreed, judged), rules=rows)


@router.get("/quality/rules", summary="质检规则")
async def show_rules(actor: Watching, found: PartsDep) -> RulesView:
    """What calls are checked against now."""
    async with found.database.reading() as session:
        return await _rules(found, session)


@router.put("/quality/rules", summary="修改质检规则", responses=documented(409))
async def change_rules(given: RulesGiven, actor: Keeping, found: PartsDep) -> Version:
    """A new version from now on; calls checked before keep theirs."""
    read_quality(given.rules)
    return Version(version=await found.house.quality.change(actor, given.rules, given.version, given.why))


@router.get("/calls/{call_id}/quality", summary="一次通话的质检", responses=Missing)
async def call_quality(call_id: Id, actor: Reading, found: PartsDep) -> CallQuality:
    """The check and what people said beside it."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
        check = await quality.check_of(session, call_id)
        beside = await quality.reviews_of(session, call_id)
        names = await users.names(session, {one.by for one in beside}, None)
        (view,) = await _views(session, [check])
        mark = (await _rules(found, session)).rules["pass_mark"]
    return CallQuality(pass_mark=mark, check=view, reviews=[_review(one, names) for one in beside])


@router.post("/calls/{call_id}/quality/reviews", summary="人工质检", status_code=201, responses=Missing)
async def review(call_id: Id, given: ReviewGiven, actor: Reviewing, found: PartsDep) -> Made:
    """A person's judgement beside the machine's; several people may judge the same call."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
    return Made(id=await found.house.quality.review(actor, call_id, given.marks, given.words))


async def _rules(found: PartsDep, session: AsyncSession) -> RulesView:
    row = await quality.in_force(session)
    if row is None:
        first = found.house.quality.first().model_dump(mode="json")
        return RulesView(version=0, rules=first, why="", by=None, at=None)
    names = await users.names(session, {row.by}, None)
    return RulesView(
        version=row.version, rules=row.rules, why=row.why, by=row.by, by_name=names.get(row.by, ""), at=row.at
    )


async def _views(session: AsyncSession, rows: Sequence[QualityCheck]) -> list[CheckView]:
    """Checks with whose talk it was and when."""
    calls = await quality.calls_of(session, rows)
    names = await users.names(session, {one.user_id for one in calls.values() if one.user_id}, None)
    return [CheckView.of(row, calls[row.call_id], names) for row in rows]


def _review(row: QualityReview, names: Mapping[str, str]) -> ReviewView:
    return ReviewView.model_validate(row).model_copy(update={"by_name": names.get(row.by, "")})


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
