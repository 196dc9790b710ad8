"""Hot issues by place (热点分布): what many people raise lately, and where; told by the findings the worker keeps."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.actor import Actor
from api.parts import PartsDep, can
from api.shapes import Given, Id, Shape
from core.masking import mask_text
from store import scope, warnings
from store.tables import EventRow, Ticket

router = APIRouter(tags=["tickets"])
Reading = Annotated[Actor, can("warning", "read")]
HOT = ("hot", "concentrated", "sudden", "lasting", "emerging")
MOST = 500
"""So many findings are looked at, the newest; a city has a few a day."""


class PlaceCount(Shape):
    """How many of an issue's matters come from a place. `place`: a division's code, '' where none was said."""

    place: str = Field(examples=["431003"])
    matters: int = Field(examples=[4])


class HotIssueView(Shape):
    """One issue. `kinds`: as it was found, the latest first; `words`: why; `ticket_id`, `title`: the matter that made it one.

    `matters`: filed so far as far as the finding names them, at most fifty, and `places` where from.
    """

    ticket_id: Id = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    title: str = Field(examples=["阳光小区停水"])
    kinds: list[str] = Field(examples=[["concentrated", "emerging"]])
    words: str = Field(examples=["3 天内同一地方 5 人反映"])
    at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    matters: int = Field(examples=[5])
    places: list[PlaceCount]


class HotIssues(Shape):
    """Issues of the time asked for, the newest first."""

    since: datetime = Field(examples=["2026-11-14T02:05:00Z"])
    items: list[HotIssueView]


class HotQuery(Given):
    """`days`: how far back."""

    days: int = Field(7, ge=1, le=90, examples=[7])


@router.get("/hot-issues", summary="热点分布")
async def hot_issues(query: Annotated[HotQuery, Query()], actor: Reading, found: PartsDep) -> HotIssues:
    """Findings that share matters are one issue; people of a unit see those that began with their own unit's."""
    since = datetime.now(UTC) - timedelta(days=query.days)
    async with found.database.reading() as session:
        seen = scope.units(actor.scope, warnings.UNIT)
        page = await warnings.find(session, seen, name="ticket.anomaly", kinds=HOT, since=since, limit=MOST)
        issues = _joined(page.items)
        tickets = await _tickets(session, [ticket for issue in issues for ticket in issue["tickets"]])
    return HotIssues(since=since, items=[_view(issue, tickets) for issue in issues])


def _joined(rows: Sequence[EventRow]) -> list[dict[str, Any]]:
    """Newest first; an earlier finding with a matter in common is the same issue before it grew."""
    issues: list[dict[str, Any]] = []
    for row in rows:
        told, facts = row.payload, row.payload.get("facts", {})
        matters = {str(one) for one in facts.get("tickets", ())} | {str(told["ticket_id"])}
        same = next((one for one in issues if one["tickets"] & matters), None)
        if same is None:
            kept = {"ticket_id": told["ticket_id"], "words": str(facts.get("words", "")), "at": row.at}
            issues.append({**kept, "kinds": [told["kind"]], "tickets": matters})
            continue
        same["tickets"] |= matters
        if told["kind"] not in same["kinds"]:
            same["kinds"].append(told["kind"])
    return issues


async def _tickets(session: AsyncSession, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Id -> (place, title); a confidential matter has no title here."""
    wanted = select(Ticket.id, Ticket.place, Ticket.title, Ticket.confidential).where(Ticket.id.in_(ids))
    rows = (await session.execute(wanted)).all() if ids else ()
    return {row.id: (row.place or "", "" if row.confidential else mask_text(row.title)) for row in rows}


def _view(issue: Mapping[str, Any], tickets: Mapping[str, tuple[str, str]]) -> HotIssueView:
    counted: dict[str, int] = {}
    for one in issue["tickets"]:
        place = tickets.get(one, ("", ""))[0]
        counted[place] = counted.get(place, 0) + 1
    places = [PlaceCount(place=place, matters=many) for place, many in sorted(counted.items())]
    title = tickets.get(issue["ticket_id"], ("", ""))[1]
    told = {name: issue[name] for name in ("ticket_id", "kinds", "at")}
    return HotIssueView(
        **told, words=mask_text(issue["words"]), title=title, matters=len(issue["tickets"]), places=places
    )
