"""谁查看谁负责: who looked at what and why (003 二.11); and what must not be deleted."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from api import queries
from api.actor import Actor
from api.audit_names import named
from api.parts import PartsDep, can
from api.problems import documented
from api.shapes import Given, Id, Instant, Page, Shape
from core.holds import Kind
from core.masking import mask_text
from store import holds, lookups, scope
from store.tables import Lookup

router = APIRouter(tags=["secrecy"])
Auditing = Annotated[Actor, can("lookup", "read")]
Seeing = Annotated[Actor, can("hold", "read")]
Holding = Annotated[Actor, can("hold", "place")]
Why = Annotated[str, Field(min_length=2, max_length=300, examples=["公安机关调取，案号 2026-118"])]


class LookupView(Shape):
    """Somebody looked at, listened to, exported or searched something. `subject`: id of what; `purpose`: the reason given."""

    id: str = Field(examples=["look_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    actor: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    action: str = Field(examples=["recording.listen"])
    subject: str = Field(examples=["rec_01KB3V5M2R8Q4T6W9Y0A"])
    purpose: str = Field(examples=["质检"])


class Lookups(Page):
    """One page of look-ups. `names`: whoever looked, and what tickets and calls are called, by id."""

    items: list[LookupView]
    names: dict[str, str] = Field(examples=[{"user_01KB3V5M2R8Q4T6W9Y0A": "李敏"}])


class LookupQuery(Given):
    """Whose looks, at what, of which sort (`recording` finds recording.listen), when; newest first."""

    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
    actor: str = Field("", max_length=64, examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    subject: str = Field("", max_length=64, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    action: str = Field("", max_length=64, examples=["recording"])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])


class HoldGiven(Given):
    """What is to be kept whatever its term says, and why."""

    kind: Kind = Field(examples=["call"])
    object_id: Id = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    why: Why


class LiftGiven(Given):
    """Why it may be deleted again."""

    why: Why


class HoldView(Shape):
    """A hold, and who lifted it."""

    id: str = Field(examples=["hold_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["call"])
    object_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    why: str = Field(examples=["公安机关调取，案号 2026-118"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    lifted_by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    lifted_at: datetime | None = Field(examples=["2027-01-21T02:00:00Z"])
    lifted_why: str | None = Field(examples=["案件终结"])


class PlacedHold(HoldView):
    """A hold just placed. `gone`: recordings it would have kept, had they not been deleted before when their term was over."""

    gone: int = Field(examples=[0])


class Holds(Shape):
    """Holds, newest first."""

    items: list[HoldView]


class HoldQuery(Given):
    """`which=all`: lifted ones too."""

    which: Literal["standing", "all"] = Field("standing", examples=["standing"])


@router.get("/lookups", summary="查询留痕：谁看了什么、为何")
async def list_lookups(query: Annotated[LookupQuery, Query()], actor: Auditing, found: PartsDep) -> Lookups:
    """Every look at a citizen's or a handler's data, every listening, search and export; looking here is kept too."""
    now = datetime.now(UTC)
    async with found.database.session() as session:
        page = await lookups.find(
            session, within=scope.lookups(actor.scope), subject=query.subject, actor=query.actor, action=query.action, since=query.since,
            until=query.until, limit=query.limit, offset=query.offset,
        )  # fmt: skip
        await lookups.note(
            session, actor.id, "lookups.read", query.subject or query.actor or "lookups", now, "审计"
        )
        names = await named(session, (one for row in page.items for one in (row.actor, row.subject)))
    return Lookups(total=page.total, items=[look_of(row) for row in page.items], names=names)


def look_of(row: Lookup) -> LookupView:
    """Numbers in a purpose are masked: who audits need not know whose."""
    return LookupView.model_validate(row).model_copy(update={"purpose": mask_text(row.purpose)})


@router.get("/holds", summary="法律保全一览")
async def list_holds(query: Annotated[HoldQuery, Query()], actor: Seeing, found: PartsDep) -> Holds:
    """What is not deleted whatever its term says."""
    async with found.database.reading() as session:
        return Holds.model_validate(
            {"items": await holds.standing(session, query.which == "all", scope.holds(actor.scope))}
        )


@router.post("/holds", summary="法律保全", status_code=201, responses=documented(404, 409))
async def place_hold(given: HoldGiven, actor: Holding, found: PartsDep) -> PlacedHold:
    """A call with its recordings and words, or a ticket with its call; 409 where it is held already.

    `gone` says how many recordings came too late for it.
    """
    async with found.database.session() as session:
        await (queries.call if given.kind == "call" else queries.ticket)(
            session, actor.scope, given.object_id
        )
        made = await holds.place(session, given.kind, given.object_id, given.why, actor.id, datetime.now(UTC))
        placed = HoldView.model_validate(await holds.get(session, made))
        return PlacedHold(**placed.model_dump(), gone=await holds.gone(session, made))


@router.post("/holds/{hold_id}/lift", summary="解除保全", responses=documented(404, 409))
async def lift_hold(hold_id: Id, given: LiftGiven, actor: Holding, found: PartsDep) -> HoldView:
    """From now on its term counts again."""
    async with found.database.session() as session:
        await queries.hold(session, actor.scope, hold_id)
        await holds.lift(session, hold_id, given.why, actor.id, datetime.now(UTC))
        return HoldView.model_validate(await holds.get(session, hold_id))
