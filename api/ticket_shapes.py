"""What a ticket looks like from outside, and what may be asked of and done to it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from api.call_shapes import EventView
from api.shapes import Given, Id, Instant, Number, Page, PageQuery, Shape, Word
from core.policy import TicketType
from core.policy_parts import Colour
from tickets.ticket import Action, Relation, State


class TicketSummary(Shape):
    """A line of a list. `due_at`: end of the running term; `cards`: when the warning, yellow and red cards of what runs fall."""

    id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    number: str = Field(examples=["20261121-048315"])
    type: str = Field(examples=["help"])
    title: str = Field(examples=["小区停水两天"])
    state: str = Field(examples=["dispatched"])
    state_name: str = Field(examples=["已派单"])
    unit_code: str | None = Field(examples=["SW"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    parent_id: str | None = Field(examples=[None])
    relation: Relation | None = Field(examples=[None])
    intake: str = Field(examples=["help"])
    urgency: Literal["normal", "urgent"] = Field(examples=["normal"])
    confidential: bool = Field(examples=[False])
    enforcement: bool = Field(examples=[False])
    place: str = Field(examples=["431002"])
    filed_at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    due_at: datetime | None = Field(examples=["2026-11-26T16:00:00Z"])
    replied_at: datetime | None = Field(
        examples=[None], description="of the last reply, also where it was sent back"
    )
    cards: list[Any] = Field(
        examples=[[{"colour": "warning", "at": "2026-11-25T00:00:00+08:00", "stage": "handle"}]]
    )
    version: int = Field(examples=[2])


class Tickets(Page):
    """One page of tickets."""

    items: list[TicketSummary]


class TicketView(TicketSummary):
    """A whole ticket. `steps`: how its deadline came about; `actions`: what you could do now.

    Name, number and words are in full for the responsible unit and the agent who has the call, masked for others.
    """

    body: str = Field(examples=["市民来电反映某小区自11月19日起停水。"])
    citizen_name: str | None = Field(examples=["张**"])
    caller: str = Field(examples=["138****5678"])
    policy: str = Field(examples=["heyuan"])
    policy_hash: str = Field(examples=["5f2b7c9d"])
    steps: list[Any] = Field(examples=[[{"date": "2026-11-23", "counts": True, "why": "工作日"}]])
    filed_by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    dispatched_at: datetime | None = Field(examples=["2026-11-21T02:05:00Z"])
    signed_at: datetime | None = Field(examples=["2026-11-21T03:00:00Z"])
    resolved_at: datetime | None = Field(examples=["2026-11-25T03:00:00Z"])
    reply: dict[str, Any] | None = Field(examples=[{"result": "已恢复供水"}])
    actions: list[Action] = Field([], examples=[["dispatch"]])
    children: list[TicketSummary] = Field(
        [], description="assisting units, supervision orders, work handed down, split off"
    )
    history: list[EventView] = Field([], description="oldest first")


class TicketQuery(PageQuery):
    """Which tickets. `search`: part of the number or title; `same_caller_as`: a call whose citizen's tickets are wanted."""

    order: Literal["filed_at", "due_at"] = Field("filed_at", examples=["due_at"])
    state: list[State] = Field([], max_length=20, examples=[["dispatched"]])
    unit: str = Field("", max_length=64, examples=["SW"])
    type: TicketType | None = Field(None, examples=["help"])
    due_before: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
    due_after: Instant | None = Field(None, examples=["2026-11-29T00:00:00+08:00"])
    replied: bool | None = Field(
        None, examples=[False], description="whether the unit replied before, also where that was sent back"
    )
    card: Colour | None = Field(None, examples=["red"], description="the gravest card that fell")
    relation: Relation | None = Field(None, examples=["supervision"])
    parent: Id | None = Field(None, examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    same_caller_as: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])


class TicketGiven(Given):
    """A ticket as the agent confirmed it. With a `unit` it is dispatched at once; `caller` empty: the call's number."""

    type: TicketType = Field(examples=["help"])
    title: str = Field(min_length=2, max_length=120, examples=["小区停水两天"])
    body: str = Field(min_length=2, max_length=20_000, examples=["市民来电反映某小区自11月19日起停水。"])
    call_id: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    unit: Id | None = Field(None, examples=["SW"])
    citizen_name: str = Field("", max_length=60, examples=["张三丰"])
    caller: Number = Field("", examples=["13812345678"])
    intake: Word | Literal[""] = Field(
        "", examples=["help"], description="kind of matter; '' for the type itself"
    )
    urgency: Literal["normal", "urgent"] = Field("normal", examples=["normal"])
    confidential: bool = Field(False, examples=[False], description="the unit never learns who spoke")
    enforcement: bool = Field(False, examples=[False], description="执法办案: satisfaction is not chased")
    place: Annotated[str, Field(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})?$")] = Field("", examples=["431002"])
    multi_unit: bool = Field(
        False, examples=[False], description="several units, or unclear whose duty it is"
    )
    on_site: bool = Field(False, examples=[False], description="whose duty it is must be seen on site")
    complex: bool = Field(False, examples=[False])
    until: Instant | None = Field(
        None, examples=[None], description="a deadline the office names, with `term`"
    )
    term: Literal["", "shorter", "statutory", "set"] = Field("", examples=[""])
    term_basis: str = Field("", max_length=200, examples=[""])
    repeat_of: Id | Literal[""] = Field(
        "", examples=[""], description="the ticket whose matter this is again"
    )
    new_facts: str = Field("", max_length=2000, examples=[""], description="新情况、新理由")
    despite: str = Field(
        "", max_length=300, examples=[""], description="why it is another matter than one alike"
    )


class ChildGiven(Given):
    """A ticket under this one. `title`, `body` empty: the parent's; `until` and `term` as when dispatching.

    `type` and `intake` are for `split` only; empty: the parent's.
    """

    relation: Literal["assist", "supervision", "descent", "split"] = Field(examples=["assist"])
    unit: Id | None = Field(None, examples=["SW"])
    title: str = Field("", max_length=120, examples=["【协办】小区停水两天"])
    body: str = Field("", max_length=20_000, examples=[""])
    type: TicketType | Literal[""] = Field(
        "", examples=[""], description="of a matter split off: its own clock"
    )
    intake: Word | Literal[""] = Field(
        "", examples=[""], description="kind of a matter split off; '' for the type itself"
    )
    until: Instant | None = Field(None, examples=[None])
    term: Literal["", "shorter", "statutory", "set"] = Field("", examples=[""])
    term_basis: str = Field("", max_length=200, examples=[""])


class LedgerView(Shape):
    """Whose court the ball was in. `held_s`: seconds by holder, `unit:CODE` for units; `returns`: how often it was given back."""

    spans: list[dict[str, str | None]] = Field(
        examples=[[{"holder": "unit", "unit": "SW", "since": "2026-11-21T02:05:00+00:00", "until": None}]]
    )
    held_s: dict[str, int] = Field(examples=[{"hotline": 300, "unit:SW": 86400}])
    returns: int = Field(examples=[0])


class PrecedentView(Shape):
    """What the board decided: tickets in which every word of `matter` stands are this unit's."""

    id: str = Field(examples=["prc_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    matter: str = Field(examples=["小区 供水管道"])
    basis: str = Field(examples=["三定方案"])
    rung: str = Field(examples=["office"])
    ticket_id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    decided_at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    retired_at: datetime | None = Field(examples=[None])
    retired_why: str | None = Field(examples=[None])


class Precedents(Page):
    """One page of precedents."""

    items: list[PrecedentView]


class PrecedentQuery(PageQuery):
    """Whose; '' for every unit's."""

    unit: str = Field("", max_length=64, examples=["SW"])


class Retired(Given):
    """Why a precedent no longer holds."""

    why: str = Field(min_length=2, max_length=300, examples=["机构改革后职责调整"])
