"""What people do about assessments, as facts: findings entered and reviewed, rulings, frozen sheets, appeals and their decisions."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, get_args

from core.events import Event

FindingKind = Literal[
    "praised", "adopted", "attitude", "accountable", "criticised", "rules_document", "procedure_document", "network_outage",
    "notice_missed", "knowledge_late", "pressed_overdue", "notice_overdue", "on_site_undone", "leader_ordered", "shirking",
]  # fmt: skip
FINDING_KINDS: tuple[FindingKind, ...] = get_args(FindingKind)
FINDING_NAMES: dict[FindingKind, str] = {
    "praised": "被新闻媒体报道，反响良好", "adopted": "信息被热线工作通报、网站采用", "attitude": "态度生硬、推诿拒接、应付了事",
    "accountable": "被问责", "criticised": "被通报批评", "rules_document": "热线承办工作规定", "procedure_document": "工作程序和标准",
    "network_outage": "办理网络不畅", "notice_missed": "公告未及时上传", "knowledge_late": "知识库未及时更新",
    "pressed_overdue": "催办后仍超期未办结", "notice_overdue": "《督办通知》未按期落实", "on_site_undone": "现场督办或媒体曝光后仍未落实",
    "leader_ordered": "市领导批示督办", "shirking": "推诿扯皮等被责任追究",
}  # fmt: skip
FindingState = Literal["proposed", "confirmed", "rejected", "withdrawn"]
FINDING_STATES: tuple[FindingState, ...] = get_args(FindingState)
AppealState = Literal["open", "granted", "refused"]
APPEAL_STATES: tuple[AppealState, ...] = get_args(AppealState)
Scope = Literal["sign", "network", "phone"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class FindingStepped(Event):
    """A manual fact about a unit was entered, confirmed, rejected or withdrawn; what it says stands in its row."""

    name: ClassVar[str] = "assessment.finding"
    finding_id: str
    unit: str
    kind: str
    state: str

    @property
    def subject(self) -> str:
        return self.finding_id


@dataclass(frozen=True, slots=True)
class AssessmentRuled(Event):
    """System faults or force majeure in a period excuse units ('' for all) from these duties."""

    name: ClassVar[str] = "assessment.ruled"
    ruling_id: str
    unit: str
    scopes: tuple[Scope, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str

    @property
    def subject(self) -> str:
        return self.ruling_id


@dataclass(frozen=True, slots=True)
class SheetFrozen(Event):
    """A unit's sheet was frozen as `version`, by this formula and these rules."""

    name: ClassVar[str] = "assessment.frozen"
    sheet_id: str
    unit: str
    profile: str
    period: str
    version: int
    points: str | None
    policy_hash: str
    facts_hash: str

    @property
    def subject(self) -> str:
        return self.sheet_id


@dataclass(frozen=True, slots=True)
class PeriodOver(Event):
    """A month, quarter or year that the rules want scored has ended: its sheets can be frozen."""

    name: ClassVar[str] = "assessment.over"
    profile: str
    period: str
    title: str

    @property
    def subject(self) -> str:
        return f"assessment/{self.profile}/{self.period}"


@dataclass(frozen=True, slots=True)
class AppealStepped(Event):
    """A unit appealed against one deduction, or the office decided about it (`state`: open, granted, refused)."""

    name: ClassVar[str] = "assessment.appeal"
    appeal_id: str
    unit: str
    period: str
    key: str
    state: str

    @property
    def subject(self) -> str:
        return self.appeal_id
