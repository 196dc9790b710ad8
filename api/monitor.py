"""The GB/T service level live, and what Asterisk itself says of a call."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from api import queries
from api.actor import Actor
from api.masked import masked
from api.parts import Parts, PartsDep, can
from api.problems import documented
from api.rota import bounds
from api.shapes import Given, Id, Shape
from core.discrepancies import discrepancies
from core.masking import mask_number
from core.service_level import DAY, LOW, MEASURES, WELL, Level, Measure, Minute, hours, window, worst
from core.talks import facts, talks
from store import call_details, legs, scope, service_level
from store.tables import Cdr, Cel

router = APIRouter()
Measuring = Annotated[Actor, can("call", "measure")]
Missing = documented(404)
WINDOWS = {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "24h": DAY}


class WindowView(Shape):
    """Calls that arrived in a window and are decided. Shares are null where it holds no call."""

    window: str = Field(examples=["24h"])
    since: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    until: datetime = Field(examples=["2026-11-22T02:00:00Z"])
    offered: int = Field(examples=[1840], description="来电")
    connected: int = Field(examples=[1802], description="人工接通")
    in_time: int = Field(examples=[1755], description="提示音结束后 15 秒内接通")
    at_once: int = Field(examples=[1711], description="我方应答后 15 秒内接通（含提示音）")
    left_early: int = Field(examples=[12], description="提示音播完前挂断")
    connected_share: float | None = Field(examples=[0.979])
    in_time_share: float | None = Field(examples=[0.954])


class AlarmView(Shape):
    """One measure: how its alarm stands, and the worst rolling 24 h that ended within the last day."""

    measure: str = Field(examples=["connected"])
    low: bool = Field(examples=[False])
    since: datetime | None = Field(examples=["2026-11-21T09:30:00Z"], description="of the last change")
    worst: WindowView | None


class MonitorView(Shape):
    """GB/T 33358 as it stands, of the calls within reach. Other media (within 3 minutes) are not measured yet.

    alarms: of the house as a whole; none for people of one place.
    """

    at: datetime = Field(examples=["2026-11-22T02:00:00Z"])
    target: float = Field(examples=[0.95], description="an alarm begins below this share")
    restored_at: float = Field(examples=[0.96], description="and ends at this one")
    windows: list[WindowView]
    alarms: list[AlarmView]


class HoursQuery(Given):
    """Which day."""

    day: str = Field("", pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", examples=["2026-11-22"])


class HoursView(Shape):
    """24 hours from `since` on."""

    since: datetime = Field(examples=["2026-11-21T16:00:00Z"])
    items: list[WindowView]


class DecisionView(Shape):
    """One routing decision. `won` false: another call took that seat in the same instant. `same`: whether the rule says so
    today of what was seen then; null where those rules are gone."""

    at: datetime = Field(examples=["2026-11-21T02:00:01Z"])
    won: bool = Field(examples=[True])
    same: bool | None = Field(examples=[True])
    explained: str = Field(examples=["接到 8001 号座席：空闲最久"])
    explained_now: str = Field(examples=["接到 8001 号座席：空闲最久"])
    situation: list[str] = Field(examples=[["已等 0.0 秒，前面 0 个来电，候选空闲座席 2 个"]])


class Decisions(Shape):
    """Oldest first; none for a call that never reached a queue."""

    items: list[DecisionView]


class DetailsView(Shape):
    """What Asterisk wrote of a call, by its own names; `talks` and `discrepancies` are computed from its bridge events."""

    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    cdr: list[dict[str, Any]] = Field(examples=[[{"channel": "PJSIP/carrier-00000001", "billsec": 31.2}]])
    cel: list[dict[str, Any]] = Field(examples=[[{"eventtype": "BRIDGE_ENTER", "channame": "PJSIP/8001-2"}]])
    talks: list[dict[str, Any]] = Field(
        examples=[[{"a": "PJSIP/8001-00000002", "b": "PJSIP/carrier-00000001", "seconds": 31.2}]]
    )
    discrepancies: list[str] = Field(examples=[["talk: we count 31.0 s, Asterisk's bridges 35.2 s"]])


@router.get("/monitor", tags=["system"], summary="接通率与 15 秒接听监测")
async def monitor(found: PartsDep, actor: Measuring) -> MonitorView:
    """Windows up to now, the worst rolling 24 h of the last day, and the alarms that stand."""
    now = datetime.now(UTC)
    minutes = await found.counted.minutes(found.database, now, actor.scope)
    windows = [view(name, window(minutes, now, length)) for name, length in WINDOWS.items()]
    whole = actor.scope.everything
    alarms = [await _alarm(found, measure, minutes, now) for measure in MEASURES if whole]
    return MonitorView(at=now, target=LOW, restored_at=WELL, windows=windows, alarms=alarms)


@router.get("/monitor/hours", tags=["system"], summary="逐小时来电与接通率")
async def hours_of(query: Annotated[HoursQuery, Query()], found: PartsDep, actor: Measuring) -> HoursView:
    """A day in China hour by hour; hours to come hold no call."""
    since, until = bounds(query.day, 1)
    async with found.database.reading() as session:
        minutes = await service_level.minutes(session, since, until, scope.calls(actor.scope))
    return HoursView(since=since, items=[view("1h", level) for level in hours(minutes, since, 24)])


async def _alarm(found: Parts, measure: Measure, minutes: list[Minute], now: datetime) -> AlarmView:
    async with found.database.reading() as session:
        stands = await service_level.standing(session, measure)
    lowest = worst(minutes, now, measure)
    return AlarmView(
        measure=measure,
        low=stands.low,
        since=stands.since,
        worst=view("24h", lowest) if lowest else None,
    )


def view(name: str, level: Level) -> WindowView:
    shares = {f"{measure}_share": _short(level.share(measure)) for measure in MEASURES}
    counts = {n: getattr(level, n) for n in ("offered", "connected", "in_time", "at_once", "left_early")}
    return WindowView(window=name, since=level.since, until=level.until, **counts, **shares)


def _short(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


@router.get("/calls/{call_id}/decisions", tags=["calls"], summary="派座决定重放", responses=Missing)
async def decisions_of(call_id: Id, found: PartsDep, actor: Measuring) -> Decisions:
    """Each decision with what was seen, why, and whether it comes out the same under the rules it was made under."""
    async with found.database.reading() as session:
        await queries.call(session, actor.scope, call_id)
    return Decisions.model_validate({"items": await found.house.decisions(call_id)})


@router.get("/calls/{call_id}/details", tags=["calls"], summary="交换机话单", responses=Missing)
async def call_details_of(call_id: Id, found: PartsDep, actor: Measuring) -> DetailsView:
    """CDR and CEL of a call with every number masked, who talked with whom, and where our rows do not agree."""
    async with found.database.reading() as session:
        call = await queries.call(session, actor.scope, call_id)
        cdr, cel = await call_details.cdr_of(session, call), await call_details.cel_of(session, call)
        parties = await legs.of_call(session, call_id)
    spoken = [
        {
            "a": t.a,
            "b": t.b,
            "began": t.span.began,
            "ended": t.span.ended,
            "seconds": round(t.span.seconds, 3),
        }
        for t in talks(cel)
    ]
    wrong = discrepancies(call, cel, parties) if call.ended_at else []
    return DetailsView(
        call_id=call_id,
        cdr=[_row(r) for r in cdr],
        cel=[_row(r) for r in cel],
        talks=spoken,
        discrepancies=wrong,
    )


_WHOLE = frozenset({"src", "dst", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid"})
_NAMES = frozenset({"uniqueid", "channel", "channame", "dstchannel", "peer", "linkedid"})
_HIDDEN = frozenset({"id", "cid_name", "clid"})


def _row(row: Cdr | Cel) -> dict[str, Any]:
    """Asterisk's columns, `extra` as JSON; numbers masked, names of people left out."""
    shown = {c.name: getattr(row, c.name) for c in row.__table__.columns if c.name not in _HIDDEN}
    if isinstance(row, Cel):
        shown["extra"] = dict(facts(row))
    return {name: _masked(name, value) for name, value in shown.items()}


def _masked(name: str, value: Any) -> Any:
    if name in _WHOLE:
        return mask_number(value)
    return value if name in _NAMES else masked(value, name)
