"""Facts about units that people enter: proposed by one, confirmed by another; and rulings that excuse. One transaction with their event."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.assessment import (
    FINDING_KINDS,
    SCOPES,
    AssessmentRuled,
    FindingKind,
    FindingState,
    FindingStepped,
    Scope,
)
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.ids import new_id
from store import events, hot
from store.paging import Page, page
from store.tables import AssessRuling, Ticket, Unit, UnitFinding


async def enter(
    session: AsyncSession, unit: str, kind: FindingKind, happened_at: datetime, what: str, evidence: Sequence[str],
    by: str, at: datetime, ticket_id: str | None = None,
) -> UnitFinding:  # fmt: skip
    """Propose a finding. Raises NotFound (unit, ticket), BadInput: unknown kind, no evidence, or it lies in the future."""
    if kind not in FINDING_KINDS:
        raise BadInput(f"没有“{kind}”这种认定；可用：{'、'.join(FINDING_KINDS)}")
    if not evidence:
        raise BadInput("认定须附证据：录音、工单编号或文件")
    if happened_at > at:
        raise BadInput("发生时间不能晚于现在")
    await _require(session, unit, ticket_id)
    row = UnitFinding(
        id=new_id("fnd"), unit_code=unit, kind=kind, happened_at=happened_at, what=what, evidence=list(evidence),
        ticket_id=ticket_id, by=by, at=at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await events.append(session, FindingStepped(at, row.id, unit, kind, "proposed"), by)
    return row


async def review(
    session: AsyncSession, finding_id: str, state: FindingState, note: str, by: str, at: datetime
) -> UnitFinding:
    """Confirm or reject what somebody else proposed, or withdraw what one proposed oneself; confirmed ones may be withdrawn too.

    Raises NotFound, NotAllowed where the second person is the first, Conflict where it was decided otherwise before.
    """
    row = await get(session, finding_id)
    if state != "withdrawn" and row.by == by:
        raise NotAllowed("认定须由另一人复核")
    before = ("proposed", "confirmed") if state == "withdrawn" else ("proposed",)
    which = {"id": finding_id, "version": row.version, "state__in": before}
    changes = {"state": state, "reviewed_by": by, "reviewed_at": at, "note": note or None}
    if row.state not in before or not await hot.change(session, UnitFinding, which, changes):
        raise Conflict("这条认定已经处理过")
    await events.append(session, FindingStepped(at, row.id, row.unit_code, row.kind, state), by)
    return await get(session, finding_id)


async def get(session: AsyncSession, finding_id: str) -> UnitFinding:
    """As it is now. Raises NotFound."""
    found = await hot.row(session, UnitFinding, id=finding_id)
    if found is None:
        raise NotFound(f"没有认定 {finding_id}")
    return found


async def find(
    session: AsyncSession,
    *,
    units: Collection[str] | None = None,
    state: str = "",
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page[UnitFinding]:
    """Newest first; `since`, `until`: by when it was so."""
    wanted = select(UnitFinding)
    wanted = wanted if units is None else wanted.where(UnitFinding.unit_code.in_(units))
    wanted = wanted.where(UnitFinding.state == state) if state else wanted
    wanted = wanted.where(UnitFinding.kind == kind) if kind else wanted
    wanted = wanted.where(UnitFinding.happened_at >= since) if since else wanted
    wanted = wanted.where(UnitFinding.happened_at < until) if until else wanted
    order = (UnitFinding.happened_at.desc(), UnitFinding.id.desc())
    return await page(session, wanted.order_by(*order), limit, offset)


async def confirmed(session: AsyncSession, until: datetime) -> Sequence[UnitFinding]:
    """All that were so before `until` and stand, oldest first."""
    wanted = select(UnitFinding).where(UnitFinding.state == "confirmed", UnitFinding.happened_at < until)
    return (await session.scalars(wanted.order_by(UnitFinding.happened_at, UnitFinding.id))).all()


async def rule(
    session: AsyncSession, unit: str, scopes: Sequence[Scope], starts_at: datetime, ends_at: datetime, reason: str,
    by: str, at: datetime,
) -> AssessRuling:  # fmt: skip
    """系统故障或不可抗拒因素 for a unit ('' for all). Raises BadInput, NotFound."""
    if ends_at <= starts_at:
        raise BadInput("结束时间须晚于开始时间")
    if not scopes or set(scopes) - set(SCOPES):
        raise BadInput(f"scopes 须为 {'、'.join(SCOPES)} 中的一个或几个")
    if unit:
        await _require(session, unit, None)
    row = AssessRuling(
        id=new_id("rule"), unit_code=unit or None, scopes=list(dict.fromkeys(scopes)), starts_at=starts_at, ends_at=ends_at,
        reason=reason, by=by, at=at,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    happened = AssessmentRuled(at, row.id, unit, tuple(dict.fromkeys(scopes)), starts_at, ends_at, reason)
    await events.append(session, happened, by)
    return row


async def ruling(session: AsyncSession, ruling_id: str) -> AssessRuling:
    """Raises NotFound."""
    found = await hot.row(session, AssessRuling, id=ruling_id)
    if found is None:
        raise NotFound(f"没有认定 {ruling_id}")
    return found


async def rulings(
    session: AsyncSession, since: datetime, until: datetime, units: Collection[str] | None = None
) -> Sequence[AssessRuling]:
    """Those that touch a period, for these units or for all."""
    wanted = select(AssessRuling).where(AssessRuling.starts_at < until, AssessRuling.ends_at >= since)
    if units is not None:
        wanted = wanted.where(AssessRuling.unit_code.is_(None) | AssessRuling.unit_code.in_(units))
    return (await session.scalars(wanted.order_by(AssessRuling.starts_at, AssessRuling.id))).all()


async def _require(session: AsyncSession, unit: str, ticket_id: str | None) -> None:
    if await session.get(Unit, unit) is None:
        raise NotFound(f"没有代码为 {unit} 的承办单位")
    if ticket_id is not None:
        found = await session.execute(select(Ticket.id).where(Ticket.id == ticket_id))
        if found.first() is None:
            raise NotFound(f"没有工单 {ticket_id}")
