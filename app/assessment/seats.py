"""The sheet of seats and of the outsourcer that runs them (001 4(二): 对外包服务商提供的服务进行定期评价)."""

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.rights import EVERYTHING, Scope
from store import assess_calls, scope
from tickets.assessment.fact import period
from tickets.assessment.service import Talk, groups
from tickets.assessment.sheet import FORMULA
from tickets.clock import local, words

NO_POINTS = "座席与外包服务商的考核分值条文未载明：只列指标和依据，不计分"


async def seat_sheet(
    session: AsyncSession, name: str, as_of: datetime, reach: Scope = EVERYTHING
) -> dict[str, Any]:
    """Each agent's three groups of measures, and the floor's as a whole; of calls within reach; `told`: the notes by code. Raises BadInput."""
    span = period(name)
    talks = await assess_calls.talks(session, span.start, min(span.end, as_of), scope.calls(reach))
    people = await assess_calls.names(session)
    by_agent: dict[str, list[Talk]] = {}
    for talk in talks:
        if talk.agent:
            by_agent.setdefault(talk.agent, []).append(talk)
    notes, told = [NO_POINTS], ["no_points"]
    if as_of < span.end:
        notes.insert(0, f"本期未结束：截至{words(as_of, 0)}的情况")
        told.insert(0, "open")
    return {
        "period": {"kind": span.kind, "name": span.name, "title": span.title},
        "as_of": local(as_of).isoformat(), "clause": "001 4(二)、22", "formula": FORMULA,
        "outsourcer": _row("", "外包服务商（全部座席）", talks, whole=True),
        "seats": [_row(agent, people.get(agent, agent), found) for agent, found in sorted(by_agent.items())],
        "notes": notes, "told": told,
    }  # fmt: skip


def _row(agent: str, title: str, talks: list[Talk], *, whole: bool = False) -> dict[str, Any]:
    found = groups(talks, whole=whole)
    return {
        "agent": agent,
        "title": title,
        "calls": len(talks),
        "groups": [group.as_json() for group in found],
    }
