"""What cases of the accountability file look like from outside, and what may be asked of and done to them."""

from datetime import datetime

from pydantic import Field

from api.shapes import Given, Id, Instant, Page, PageQuery, Shape
from core.accountability import CaseAction, CaseState, Found, Outcome


class Clause(Shape):
    """What a document says."""

    clause: str = Field(examples=["002 附五(二)2"])
    words: str = Field(examples=["被电话、督办单等形式催办而又超期未办结的"])


class CaseView(Shape):
    """One case. `kinds`: what was found, gravest first; `clauses`: what the city's documents say of it; `events`: what shows it."""

    id: str = Field(examples=["acc_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    situation: Found = Field(examples=["pressed_overdue"])
    kinds: list[Found] = Field(examples=[["pressed_overdue"]])
    clauses: list[Clause]
    happened_at: datetime = Field(examples=["2026-11-28T16:00:00Z"])
    events: list[str] = Field(examples=[["ev_01KB3V5M2R8Q4T6W9Y0A"]])
    why: str = Field(examples=["应于11月28日24:00前办结，尚未办结：催办后仍超期"])
    found_by: str = Field(examples=["clock"])
    found_at: datetime = Field(examples=["2026-11-28T16:01:00Z"])
    state: CaseState = Field(examples=["candidate"])
    evidence: list[str] = Field(examples=[[]])
    verified_by: str | None = Field(examples=[None])
    verified_at: datetime | None = Field(examples=[None])
    verified_words: str | None = Field(examples=[None])
    dismissed_by: str | None = Field(examples=[None])
    dismissed_at: datetime | None = Field(examples=[None])
    dismissed_words: str | None = Field(examples=[None])
    proposed_by: str | None = Field(examples=[None])
    proposed_at: datetime | None = Field(examples=[None])
    proposed_words: str | None = Field(examples=[None])
    outcome: Outcome | None = Field(examples=[None])
    decided_by: str | None = Field(examples=[None])
    decided_at: datetime | None = Field(examples=[None])
    decided_words: str | None = Field(examples=[None])
    version: int = Field(examples=[1])


class Cases(Page):
    """One page of cases. `authority`: who decides, in the words of the city's documents; `open_to_people`: clauses a person may report under."""

    authority: str = Field(
        examples=["由市纪委监委（市委巡察办）、市委组织部追究责任单位、责任人责任（001 19）"]
    )
    open_to_people: list[Clause]
    items: list[CaseView]


class CaseQuery(PageQuery):
    """Which cases, by when they happened."""

    unit: str = Field("", max_length=64, examples=["SW"])
    state: CaseState | None = Field(None, examples=["candidate"])
    situation: Found | None = Field(None, examples=["overdue"])


class ReportGiven(Given):
    """A case that no event shows, under the clause it falls under."""

    unit: Id = Field(examples=["SW"])
    clause: str = Field(min_length=3, max_length=80, examples=["001 19(八)"])
    happened_at: Instant = Field(examples=["2026-11-20T10:00:00+08:00"])
    why: str = Field(min_length=2, max_length=4000, examples=["向被投诉人透露诉求人信息"])
    ticket_id: Id | None = Field(None, examples=[None])
    events: list[Id] = Field([], max_length=100, examples=[[]])


class StepGiven(Given):
    """verify (with `evidence`), dismiss, propose (by another person), decide (with `outcome`)."""

    action: CaseAction = Field(examples=["verify"])
    words: str = Field(min_length=2, max_length=4000, examples=["经调阅录音和工单，情况属实"])
    evidence: list[str] = Field([], max_length=50, examples=[["rec_01KB3V5M2R8Q4T6W9Y0A"]])
    outcome: Outcome | None = Field(None, examples=[None])
