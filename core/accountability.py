"""责任追究 as data and facts: situations of the documents, what is found, and the steps of a case by two persons.

Source: Heyuan 19, 21; Yanji 16, 18, annex 五(二), 六; Chenzhou 二.9; Henan 三(五)(七).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, get_args

from pydantic import Field

from core.events import Event
from core.policy_parts import Cited, Frozen

Found = Literal[
    "overdue", "extended_overdue", "pressed_overdue", "notice_overdue", "order_overdue", "redo_overdue", "on_site_undone",
    "shared_slack", "shirked", "late_return", "redo", "not_told", "repeated", "leader_ordered", "knowledge_late", "misled",
    "attitude", "reported",
]  # fmt: skip
FOUND: tuple[Found, ...] = get_args(Found)
FOUND_NAMES: dict[Found, str] = {
    "overdue": "逾期未办结", "extended_overdue": "经延期而又超期", "pressed_overdue": "催办后仍超期",
    "notice_overdue": "《督办通知》后未按期落实", "order_overdue": "督办工单逾期", "redo_overdue": "重办逾期",
    "on_site_undone": "现场督办或曝光后仍未落实", "shared_slack": "主办或协办不力引起投诉", "shirked": "退回后仍审定由其承办",
    "late_return": "逾期退回", "redo": "发回重办", "not_told": "未向诉求人回复结果", "repeated": "重复投诉未解决",
    "leader_ordered": "市领导批示督办", "knowledge_late": "知识库未按规定提供、更新", "misled": "知识库误导市民",
    "attitude": "态度生硬、推诿拒接、应付了事", "reported": "由人员提出",
}  # fmt: skip
CaseState = Literal["candidate", "verified", "dismissed", "proposed", "decided"]
CASE_STATES: tuple[CaseState, ...] = get_args(CaseState)
CaseAction = Literal["verify", "dismiss", "propose", "decide"]
CASE_ACTIONS: tuple[CaseAction, ...] = get_args(CaseAction)
Outcome = Literal["accountable", "criticised", "summoned", "warned", "rectified", "none"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
OUTCOME_NAMES: dict[Outcome, str] = {
    "accountable": "问责", "criticised": "通报批评", "summoned": "约谈", "warned": "警告", "rectified": "责令整改",
    "none": "不予追究",
}  # fmt: skip


class Situation(Cited):
    """One situation of a document: `words` quotes it, `found`: which facts propose a case."""

    found: tuple[Found, ...] = Field(min_length=1)


class Document(Frozen):
    """A document's situations; who proposes and who decides, where it says so."""

    proposed_by: Cited | None = None
    authority: Cited | None = None
    situations: tuple[Situation, ...] = Field(min_length=1)


class Situations(Frozen):
    """The whole file."""

    documents: dict[str, Document]

    def of(self, documents: Collection[str]) -> list[Situation]:
        """Those of a city's documents, in their order."""
        return [one for key, found in self.documents.items() if key in documents for one in found.situations]

    def grounds(self, kinds: Collection[str], documents: Collection[str]) -> list[Situation]:
        """What the city's documents say of these facts; none: it is no case there."""
        return [one for one in self.of(documents) if set(one.found) & set(kinds)]

    def authority(self, documents: Collection[str]) -> str:
        """Who decides, in the document's words; '' where none says."""
        said = (found.authority for key, found in self.documents.items() if key in documents)
        return next((f"{one.words}（{one.clause}）" for one in said if one), "")


@dataclass(frozen=True, slots=True)
class CaseStep:
    """`needs`: what must be said with it."""

    after: CaseState
    needs: tuple[str, ...]


STEPS: Mapping[tuple[CaseState, CaseAction], CaseStep] = {
    ("candidate", "verify"): CaseStep("verified", ("evidence", "words")),
    ("candidate", "dismiss"): CaseStep("dismissed", ("words",)),
    ("verified", "dismiss"): CaseStep("dismissed", ("words",)),
    ("verified", "propose"): CaseStep("proposed", ("words",)),
    ("proposed", "decide"): CaseStep("decided", ("outcome", "words")),
}
"""经查证属实的, 由市热线办提出, and what the authority decided is recorded (Heyuan 19)."""


@dataclass(frozen=True, slots=True)
class CaseFound(Event):
    """A candidate: facts that the documents name. `situation`: the kind of facts; `events`: what shows it."""

    name: ClassVar[str] = "accountability.found"
    case_id: str
    unit: str
    situation: str
    situations: Sequence[str]
    clauses: Sequence[str]
    events: Sequence[str]
    ticket: str
    happened_at: datetime

    @property
    def subject(self) -> str:
        return self.case_id


@dataclass(frozen=True, slots=True)
class CaseStepped(Event):
    """Verified, dismissed, proposed or decided (`state`); `outcome` once it is decided."""

    name: ClassVar[str] = "accountability.stepped"
    case_id: str
    unit: str
    situation: str
    clauses: Sequence[str]
    events: Sequence[str]
    ticket: str
    happened_at: datetime
    step: str
    before: str
    state: str
    outcome: str

    @property
    def subject(self) -> str:
        return self.case_id
