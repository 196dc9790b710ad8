"""Rules of quality in their versions, checks of calls, reviews beside them; each change with its event in the caller's transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Conflict, NotFound
from core.ids import new_id
from core.quality import QualityChecked, QualityReviewed
from store import events
from store.paging import Page, page
from store.tables import Call, QualityCheck, QualityReview, QualityRules, Recording
from store.upsert import insert_into


async def in_force(session: AsyncSession) -> QualityRules | None:
    """The latest version; None where nobody changed what the installation began with (version 0)."""
    return await session.scalar(select(QualityRules).order_by(QualityRules.version.desc()).limit(1))


async def versions(session: AsyncSession, limit: int = 100) -> Sequence[QualityRules]:
    """Newest first."""
    return (
        await session.scalars(select(QualityRules).order_by(QualityRules.version.desc()).limit(limit))
    ).all()


async def keep_rules(
    session: AsyncSession, rules: dict[str, Any], was: int, by: str, at: datetime, why: str
) -> int:
    """The next version after `was`. Raises Conflict where somebody was first."""
    row = {"version": was + 1, "rules": rules, "by": by, "at": at, "why": why}
    now = await in_force(session)
    standing = now.version if now else 0
    put = insert_into(session, QualityRules).on_conflict_do_nothing().returning(QualityRules.version)
    if standing != was or (await session.execute(put, [row])).first() is None:
        raise Conflict(f"质检规则刚刚有变化（版本 {max(standing, was)}），请重新查看")
    return was + 1


async def to_check(session: AsyncSession, since: datetime, limit: int) -> Sequence[str]:
    """Calls somebody talked on that have their after-call words, and were not checked since the last of them came."""
    last = func.max(Recording.transcribed_at)
    question = (
        select(Recording.call_id)
        .join(Call, Call.id == Recording.call_id)
        .outerjoin(QualityCheck, QualityCheck.call_id == Recording.call_id)
        .where(
            Recording.state == "ready",
            Recording.transcribed_at >= since,
            Call.ended_at.is_not(None),
            Call.agent_answered_at.is_not(None),
        )
        .group_by(Recording.call_id, QualityCheck.checked_at)
        .having(or_(QualityCheck.checked_at.is_(None), QualityCheck.checked_at < last))
        .order_by(last)
        .limit(limit)
    )
    return (await session.scalars(question)).all()


async def keep_check(
    session: AsyncSession,
    version: int,
    facts: dict[str, Any],
    findings: list[dict[str, Any]],
    said: QualityChecked,
) -> None:
    """What the rules said of a call; done again it replaces the earlier one, reviews stay."""
    row = {
        "call_id": said.call_id, "version": version, "score": said.score, "facts": facts, "findings": findings,
        "checked_at": said.at, "reviews": 0,
    }  # fmt: skip
    put = insert_into(session, QualityCheck)
    fresh = {name: put.excluded[name] for name in ("version", "score", "facts", "findings", "checked_at")}
    await session.execute(put.on_conflict_do_update(index_elements=["call_id"], set_=fresh), [row])
    await events.append(session, said, "quality")


async def check_of(session: AsyncSession, call_id: str) -> QualityCheck:
    """Raises NotFound where the call was not checked."""
    found = await session.get(QualityCheck, call_id)
    if found is None:
        raise NotFound("这次通话没有质检结果")
    return found


async def calls_of(session: AsyncSession, rows: Sequence[QualityCheck]) -> dict[str, Call]:
    """The calls that were checked, by id."""
    found = await session.scalars(select(Call).where(Call.id.in_([one.call_id for one in rows])))
    return {one.id: one for one in found}


async def reviews_of(session: AsyncSession, call_id: str) -> Sequence[QualityReview]:
    """Oldest first."""
    question = select(QualityReview).where(QualityReview.call_id == call_id).order_by(QualityReview.at)
    return (await session.scalars(question)).all()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which checks. `below`: scores under it; `reviewed` None: both; `rule`: one that had something to judge, with `passed` as it came out."""

    below: int | None = None
    reviewed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    seat: str = ""
    rule: str = ""
    passed: bool | None = None


async def checks(
    session: AsyncSession, within: ColumnElement[bool], wanted: Wanted, limit: int, offset: int
) -> Page[QualityCheck]:
    """Newest first."""
    return await page(
        session, _question(session, within, wanted).order_by(QualityCheck.checked_at.desc()), limit, offset
    )


async def sample(
    session: AsyncSession, within: ColumnElement[bool], wanted: Wanted, size: int
) -> Sequence[QualityCheck]:
    """Some that nobody reviewed, drawn at random by the database."""
    return (
        await session.scalars(_question(session, within, wanted).order_by(func.random()).limit(size))
    ).all()


def _question(session: AsyncSession, within: ColumnElement[bool], wanted: Wanted) -> Select[QualityCheck]:
    whose = select(Call.id).where(within)
    whose = whose.where(Call.seat_id == wanted.seat) if wanted.seat else whose
    question = select(QualityCheck).where(QualityCheck.call_id.in_(whose))
    if wanted.rule:
        question = question.where(_judged(session, wanted.rule, wanted.passed))
    if wanted.below is not None:
        question = question.where(QualityCheck.score < wanted.below)
    if wanted.reviewed is not None:
        question = question.where(QualityCheck.reviews > 0 if wanted.reviewed else QualityCheck.reviews == 0)
    if wanted.since is not None:
        question = question.where(QualityCheck.checked_at >= wanted.since)
    if wanted.until is not None:
        question = question.where(QualityCheck.checked_at < wanted.until)
    return question


def _judged(session: AsyncSession, rule: str, passed: bool | None) -> ColumnElement[bool]:
    """Checks in which this rule had something to judge, and came out so."""
    asked: dict[str, Any] = {"rule": rule, "applied": True} | ({} if passed is None else {"passed": passed})
    if session.get_bind().dialect.name == "postgresql":
        return cast(QualityCheck.findings, JSONB).contains([asked])
    one = func.json_each(QualityCheck.findings).table_valued("value")
    same = [func.json_extract(one.c.value, f"$.{name}") == value for name, value in asked.items()]
    return exists(select(1).select_from(one).where(*same))


async def keep_review(
    session: AsyncSession,
    check: QualityCheck,
    marks: Mapping[str, bool],
    words: str,
    by: str,
    said: QualityReviewed,
) -> str:
    """A person's judgement beside the machine's."""
    row = QualityReview(
        id=new_id("qrv"), call_id=check.call_id, version=check.version, marks=dict(marks), score=said.score,
        judged=said.judged, agreed=said.agreed, words=words, by=by, at=said.at,
    )  # fmt: skip
    session.add(row)
    check.reviews += 1
    await session.flush()
    await events.append(session, said, by)
    return row.id


async def agreement(
    session: AsyncSession, since: datetime | None = None, within: ColumnElement[bool] | None = None
) -> dict[str, tuple[int, int]]:
    """Per rule: how often people judged what the machine had judged, and how often alike; of calls that meet `within`."""
    question = select(QualityReview, QualityCheck.findings).join(
        QualityCheck, QualityCheck.call_id == QualityReview.call_id
    )
    if since is not None:
        question = question.where(QualityReview.at >= since)
    if within is not None:
        question = question.where(QualityReview.call_id.in_(select(Call.id).where(within)))
    counts: dict[str, tuple[int, int]] = {}
    for review, findings in await session.execute(question.limit(10_000)):
        said = {one["rule"]: one["passed"] for one in findings if one["applied"]}
        for rule, kept in review.marks.items():
            if rule in said:
                judged, alike = counts.get(rule, (0, 0))
                counts[rule] = judged + 1, alike + (said[rule] == kept)
    return counts
