"""Requests that something may leave the house, what was said about them, and every hand-over. One transaction with its event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from core import release as rules
from core.errors import Conflict, NotAllowed, NotFound
from core.ids import new_id
from core.release import Kind, State, Verdict, Vote, Voter
from core.secrecy import ReleaseStep
from store import events, hot, lookups
from store.paging import Page, page
from store.tables import Release, ReleaseVote


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to take out of the house. `unit`: whose knowledge it is."""

    kind: Kind
    object_id: str
    recipient: str
    purpose: str
    expires_at: datetime
    unit: str | None = None


async def ask(session: AsyncSession, asked: Asked, by: str, at: datetime) -> str:
    """A new request; its id."""
    made = Release(
        id=new_id("rel"), kind=asked.kind, object_id=asked.object_id, unit_code=asked.unit, recipient=asked.recipient,
        purpose=asked.purpose, asked_by=by, asked_at=at, expires_at=asked.expires_at,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    facts = {"kind": asked.kind, "object_id": asked.object_id, "purpose": asked.purpose}
    await _told(session, made.id, "asked", by, at, facts)
    return made.id


async def vote(
    session: AsyncSession, release_id: str, who: Voter, verdict: Verdict, why: str, at: datetime
) -> State:
    """One person's word; the state it leads to. Raises NotFound, NotAllowed, Conflict."""
    row = await locked(session, release_id)
    rules.may_vote(cast(Kind, row.kind), row.asked_by, row.unit_code, who)
    said = [Vote(one.by, cast(Verdict, one.verdict)) for one in await votes(session, release_id)]
    state = rules.after(cast(State, row.state), said, Vote(who.id, verdict))
    await hot.add(
        session, ReleaseVote,
        [{"id": new_id("vote"), "release_id": release_id, "by": who.id, "verdict": verdict, "why": why, "at": at}],
    )  # fmt: skip
    await _move(session, row, state)
    await _told(session, release_id, verdict, who.id, at, {"why": why, "state": state})
    return state


async def withdraw(session: AsyncSession, release_id: str, by: str, at: datetime) -> None:
    """Who asked no longer wants it. Raises NotFound, NotAllowed, Conflict."""
    row = await locked(session, release_id)
    if row.asked_by != by:
        raise NotAllowed("只有申请人可以撤回")
    if row.state not in ("asked", "approved"):
        raise Conflict(f"该申请已是“{row.state}”")
    await _move(session, row, "withdrawn")
    await _told(session, release_id, "withdrawn", by, at, {})


async def handed_over(
    session: AsyncSession, release_id: str, by: str, what: str, sha256: str, at: datetime
) -> Release:
    """Somebody takes it out now: kept before a byte leaves. Raises NotFound, Conflict where it may not."""
    row = await locked(session, release_id)
    rules.require_open(cast(State, row.state), row.expires_at, at)
    facts = {"what": what, "sha256": sha256}
    await _told(session, release_id, "downloaded", by, at, facts)
    await lookups.note(session, by, "release.download", release_id, at, row.purpose)
    return row


async def identities(
    session: AsyncSession, tickets: Sequence[str], recipient: str, at: datetime
) -> dict[str, str]:
    """Those of these confidential tickets whose reporter this recipient may learn now -> the release that says so."""
    question = select(Release).where(
        Release.kind == "identity",
        Release.object_id.in_(tickets),
        Release.state == "approved",
        Release.expires_at > at,
    )
    rows = await session.scalars(question.order_by(Release.asked_at, Release.id))  # recipients are sealed
    return {row.object_id: row.id for row in rows if row.recipient == recipient}


async def get(session: AsyncSession, release_id: str) -> Release:
    """As it is now. Raises NotFound."""
    return _there(await hot.row(session, Release, id=release_id), release_id)


async def locked(session: AsyncSession, release_id: str) -> Release:
    """As `get`, kept from others until this session ends: two votes at once are one after the other."""
    return _there(await hot.locked(session, Release, id=release_id), release_id)


async def votes(session: AsyncSession, *release_ids: str) -> Sequence[ReleaseVote]:
    """Oldest first."""
    of_these = select(ReleaseVote).where(ReleaseVote.release_id.in_(release_ids))
    return (await session.scalars(of_these.order_by(ReleaseVote.at, ReleaseVote.id))).all()


async def find(
    session: AsyncSession,
    within: ColumnElement[bool],
    *,
    state: str = "",
    kind: str = "",
    object_id: str = "",
    limit: int = 50,
    offset: int = 0,
) -> Page[Release]:
    """Newest first."""
    question = select(Release).where(within)
    question = question.where(Release.state == state) if state else question
    question = question.where(Release.kind == kind) if kind else question
    question = question.where(Release.object_id == object_id) if object_id else question
    return await page(session, question.order_by(Release.asked_at.desc(), Release.id.desc()), limit, offset)


def _there(row: Release | None, release_id: str) -> Release:
    if row is None:
        raise NotFound(f"没有放行单 {release_id}")
    return row


async def _move(session: AsyncSession, row: Release, state: State) -> None:
    if state == row.state:
        return
    seen = {"id": row.id, "version": row.version}
    if not await hot.change(session, Release, seen, {"state": state}):
        raise Conflict("该申请刚被他人处理，请刷新后重试")


async def _told(
    session: AsyncSession, release_id: str, what: str, by: str, at: datetime, facts: dict[str, Any]
) -> None:
    await events.append(session, ReleaseStep(at, release_id, what, facts), by)
