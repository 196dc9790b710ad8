"""What the accountability file holds as verified or decided, as facts that units are scored by: Yanji annex 五(二)5 and 6, 六(四)."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from store import accountability
from store.tables import AccountabilityCase
from tickets.assessment.fact import Fact, Period


async def of_cases(session: AsyncSession, span: Period, as_of: datetime) -> list[Fact]:
    """Facts of this period, as far as people had judged them by `as_of`."""
    return [
        Fact(name, at, case.unit_code, kind, data={"why": said, "events": [case.id, *case.events]})
        for case in await accountability.judged(session, span.start, span.end)
        for name, at, kind, said in _judged(case, as_of)
        if span.holds(at)
    ]


def _judged(case: AccountabilityCase, as_of: datetime) -> Iterator[tuple[str, datetime, str, str]]:
    """An outcome counts when it was decided, a leader's order when it was given."""
    verified = case.verified_at is not None and case.verified_at <= as_of
    if case.situation == "leader_ordered" and verified:
        yield f"{case.id}:leader_ordered", case.happened_at, "leader_ordered", case.verified_words or ""
    if case.decided_at is None or case.outcome not in ("accountable", "criticised"):
        return
    yield f"{case.id}:{case.outcome}", case.decided_at, case.outcome, case.decided_words or ""
    if case.outcome == "accountable" and set(case.kinds) & {"shirked", "reported"}:
        yield f"{case.id}:shirking", case.decided_at, "shirking", case.decided_words or ""
