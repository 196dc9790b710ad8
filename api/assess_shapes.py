"""Bodies of the assessment routes."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from api.field_words import refused
from api.shapes import Given, Id, Instant, Page, Shape
from core.assessment import FindingKind, Scope

PeriodName = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2])|-Q[1-4])?$")]
Profile = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,40})?$")]
Proof = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_SHEET: dict[str, Any] = {
    "profile": "yanji", "unit": "SW", "unit_name": "市水务局", "scheme": "hundred_points", "points": "71.50", "full": "72.00",
    "period": {"kind": "month", "name": "2026-10", "title": "2026年10月"},
    "items": [{
        "item": "sign", "title": "及时签收", "full": "3.00", "points": "2.50", "clause": "002 附五(一)1",
        "changes": [{"key": "sign:tkt_01KB", "points": "-0.50", "clause": "002 附五(一)1", "events": ["ev_01KA", "ev_01KB"]}],
    }],
}  # fmt: skip


class SheetQuery(Given):
    """`period`: 2026-10, 2026-Q4 or 2026. `profile` empty: the city's own rules; `as_of`: what happened later is not seen."""

    period: PeriodName = Field(examples=["2026-10"])
    profile: Profile = Field("", examples=["yanji"])
    unit: str = Field("", max_length=64, examples=["SW"])
    as_of: Instant | None = Field(None, examples=["2026-11-10T09:00:00+08:00"])


class Sheets(Shape):
    """Sheets as they come out now, by unit."""

    items: list[dict[str, Any]] = Field(examples=[[_SHEET]])


class SeatQuery(Given):
    """Which period."""

    period: PeriodName = Field(examples=["2026-10"])
    as_of: Instant | None = Field(None, examples=["2026-11-10T09:00:00+08:00"])


class SeatRow(Shape):
    """An agent, or the whole floor; `groups`: 服务质量, 业务能力, 工作效能 with their measures and misses."""

    agent: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    title: str = Field(examples=["李话务"])
    calls: int = Field(examples=[812])
    groups: list[dict[str, Any]] = Field(examples=[[
        {"name": "efficiency", "title": "工作效能", "measures": [{"name": "in_time", "title": "15秒内接起率", "good": 803, "of": 812}]},
    ]])  # fmt: skip


class SeatSheet(Shape):
    """Seats and the outsourcer that runs them (001 4(二), 22)."""

    period: dict[str, str] = Field(examples=[{"kind": "month", "name": "2026-10", "title": "2026年10月"}])
    as_of: datetime = Field(examples=["2026-11-10T01:00:00Z"])
    clause: str = Field(examples=["001 4(二)、22"])
    formula: str = Field(examples=["1"])
    outsourcer: SeatRow
    seats: list[SeatRow]
    notes: list[str] = Field(examples=[["分值条文未载明"]])
    told: list[Literal["open", "no_points"]] = Field(examples=[["no_points"]])


class FreezeGiven(Given):
    """Freeze a period that is over. `unit` empty: every unit in one's charge."""

    period: PeriodName = Field(examples=["2026-10"])
    profile: Profile = Field("", examples=["yanji"])
    unit: str = Field("", max_length=64, examples=["SW"])
    why: str = Field("", max_length=500, examples=["月通报"])


class DueView(Shape):
    """A period that is over and not frozen. `over_at`: the first moment after it."""

    period: PeriodName = Field(examples=["2026-10"])
    over_at: datetime = Field(examples=["2026-10-31T16:00:00Z"])


class DuePeriods(Shape):
    """The latest first."""

    items: list[DueView]


class FrozenIds(Shape):
    """The versions that stand now."""

    items: list[str] = Field(examples=[["asm_01KB3V5M2R8Q4T6W9Y0A"]])


class FrozenQuery(Given):
    """Which frozen sheets."""

    period: PeriodName | Literal[""] = Field("", examples=["2026-10"])
    profile: Profile = Field("", examples=["yanji"])
    unit: str = Field("", max_length=64, examples=["SW"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class FrozenView(Shape):
    """A frozen version. `changes`: what moved since the version before; it never changes itself."""

    id: str = Field(examples=["asm_01KB3V5M2R8Q4T6W9Y0A"])
    profile: str = Field(examples=["yanji"])
    period: str = Field(examples=["2026-10"])
    unit_code: str = Field(examples=["SW"])
    version: int = Field(examples=[1])
    as_of: datetime = Field(examples=["2026-11-10T01:00:00Z"])
    formula: str = Field(examples=["1"])
    policy_hash: str = Field(examples=["9f2c1e"])
    facts_hash: str = Field(examples=["41ab77"])
    points: str | None = Field(examples=["71.50"])
    changes: list[dict[str, Any]] = Field(
        examples=[[{"what": "item.sign", "before": "2.50", "after": "3.00"}]]
    )
    frozen_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    frozen_at: datetime = Field(examples=["2026-11-10T01:00:00Z"])
    why: str = Field(examples=["月通报"])


class FrozenPage(Page):
    """One page of frozen sheets, newest first."""

    items: list[FrozenView]


class FrozenSheetView(FrozenView):
    """With the sheet itself."""

    sheet: dict[str, Any] = Field(examples=[_SHEET])


class AgainView(Shape):
    """A frozen sheet scored again from its own facts and rules."""

    id: str = Field(examples=["asm_01KB3V5M2R8Q4T6W9Y0A"])
    same: bool = Field(examples=[True])
    intact: bool = Field(examples=[True], description="facts and rules are those that were frozen")
    differences: list[dict[str, Any]] = Field(examples=[[]])
    points: str | None = Field(examples=["71.50"])
    formula: str = Field(examples=["1"])
    formula_now: str = Field(examples=["1"])


class UnitFindingGiven(Given):
    """A fact about a unit that no event tells, with its evidence; a second person reviews it."""

    unit: Id = Field(examples=["SW"])
    kind: FindingKind = Field(examples=["praised"])
    happened_at: Instant = Field(examples=["2026-10-20T10:00:00+08:00"])
    what: str = Field(min_length=2, max_length=1000, examples=["延边日报报道抢修供水"])
    evidence: list[Proof] = Field(min_length=1, max_length=50, examples=[["延边日报2026-10-20第2版"]])
    ticket_id: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class ReviewGiven(Given):
    """Confirm or reject what another proposed, or withdraw it."""

    state: Literal["confirmed", "rejected", "withdrawn"] = Field(examples=["confirmed"])
    note: str = Field("", max_length=500, examples=["已核实报道"])


class UnitFindingView(Shape):
    """A finding and who stands for it."""

    id: str = Field(examples=["fnd_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    kind: str = Field(examples=["praised"])
    happened_at: datetime = Field(examples=["2026-10-20T02:00:00Z"])
    what: str = Field(examples=["延边日报报道抢修供水"])
    evidence: list[str] = Field(examples=[["延边日报2026-10-20第2版"]])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    state: str = Field(examples=["confirmed"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-10-21T02:00:00Z"])
    reviewed_by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0B"])
    reviewed_at: datetime | None = Field(examples=["2026-10-22T02:00:00Z"])
    note: str | None = Field(examples=["已核实报道"])


class UnitFindings(Page):
    """One page of findings."""

    items: list[UnitFindingView]


class UnitFindingQuery(Given):
    """Which findings; from and until by when it was so."""

    unit: str = Field("", max_length=64, examples=["SW"])
    kind: FindingKind | Literal[""] = Field("", examples=["praised"])
    state: Literal["", "proposed", "confirmed", "rejected", "withdrawn"] = Field("", examples=["proposed"])
    since: Instant | None = Field(None, alias="from", examples=["2026-10-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-01T00:00:00+08:00"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class AssessRulingGiven(Given):
    """系统故障或不可抗拒因素. `unit` empty: for all; scopes: what it excuses."""

    unit: str = Field("", max_length=64, examples=["SW"])
    scopes: list[Scope] = Field(min_length=1, max_length=3, examples=[["sign"]])
    starts_at: Instant = Field(examples=["2026-10-12T09:00:00+08:00"])
    ends_at: Instant = Field(examples=["2026-10-12T11:00:00+08:00"])
    reason: str = Field(min_length=2, max_length=500, examples=["平台升级中断"])

    @model_validator(mode="after")
    def _forward(self) -> "AssessRulingGiven":
        if self.ends_at <= self.starts_at:
            raise refused("backward", start="starts_at", end="ends_at")
        return self


class AssessRulingView(Shape):
    """A ruling: who, why, for when."""

    id: str = Field(examples=["rule_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str | None = Field(examples=["SW"])
    scopes: list[str] = Field(examples=[["sign"]])
    starts_at: datetime = Field(examples=["2026-10-12T01:00:00Z"])
    ends_at: datetime = Field(examples=["2026-10-12T03:00:00Z"])
    reason: str = Field(examples=["平台升级中断"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-10-13T01:00:00Z"])


class AssessRulings(Shape):
    """Rulings that touch a period."""

    items: list[AssessRulingView]


class RulingQuery(Given):
    """Which period."""

    period: PeriodName = Field(examples=["2026-10"])
    unit: str = Field("", max_length=64, examples=["SW"])


class AppealGiven(Given):
    """A unit's objection to one deduction: `key` as the sheet names it."""

    sheet_id: Id = Field(examples=["asm_01KB3V5M2R8Q4T6W9Y0A"])
    key: str = Field(min_length=3, max_length=200, examples=["sign:tkt_01KB3V5M2R8Q4T6W9Y0A"])
    reason: str = Field(min_length=2, max_length=1000, examples=["当日平台故障，见截图"])
    evidence: list[Proof] = Field([], max_length=50, examples=[["截图20261012.png"]])


class DecisionGiven(Given):
    """Grant (the deduction is struck in the next version) or refuse, with the reason."""

    state: Literal["granted", "refused"] = Field(examples=["granted"])
    why: str = Field(min_length=2, max_length=1000, examples=["故障属实"])


class AppealView(Shape):
    """An appeal and what became of it. `due_at`: until when it could be made."""

    id: str = Field(examples=["apl_01KB3V5M2R8Q4T6W9Y0A"])
    sheet_id: str = Field(examples=["asm_01KB3V5M2R8Q4T6W9Y0A"])
    profile: str = Field(examples=["yanji"])
    period: str = Field(examples=["2026-10"])
    unit_code: str = Field(examples=["SW"])
    key: str = Field(examples=["sign:tkt_01KB3V5M2R8Q4T6W9Y0A"])
    reason: str = Field(examples=["当日平台故障，见截图"])
    evidence: list[str] = Field(examples=[["截图20261012.png"]])
    state: str = Field(examples=["open"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    at: datetime = Field(examples=["2026-11-11T01:00:00Z"])
    due_at: datetime = Field(examples=["2026-11-17T16:00:00Z"])
    decided_by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0B"])
    decided_at: datetime | None = Field(examples=["2026-11-12T01:00:00Z"])
    why: str | None = Field(examples=["故障属实"])


class Appeals(Page):
    """One page of appeals, oldest first."""

    items: list[AppealView]


class AppealQuery(Given):
    """Which appeals."""

    period: PeriodName | Literal[""] = Field("", examples=["2026-10"])
    state: Literal["", "open", "granted", "refused"] = Field("", examples=["open"])
    unit: str = Field("", max_length=64, examples=["SW"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])
