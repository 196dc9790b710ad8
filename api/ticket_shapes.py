"""What a ticket looks like from outside, and what may be asked of and done to it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from api.call_shapes import EventView
from api.shapes import Given, Id, Instant, Number, Page, PageQuery, Shape, Word
from core.policy import TicketType
from tickets.ticket import Action, State

_RESERVED = frozenset(
    {"ticket", "ticket_id", "action", "deed", "actor", "at", "policy", "calendar", "version", "floor"}
)


def _no_reserved_names(facts: dict[str, Any]) -> dict[str, Any]:
    """A fact may not take the place of what the rules are given by us."""
    if taken := sorted(facts.keys() & _RESERVED):
        raise ValueError(f"not a fact: {', '.join(taken)}")
    return facts


FactText = Annotated[str, Field(max_length=20_000)]
Facts = Annotated[dict[Word, FactText | bool], Field(max_length=20), AfterValidator(_no_reserved_names)]


class TicketSummary(Shape):
    """A line of a list. `due_at`: end of the running term; `cards`: when its warning, yellow and red cards fall."""

    id: str = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])
    number: str = Field(examples=["20261121-048315"])
    type: str = Field(examples=["help"])
    title: str = Field(examples=["小区停水两天"])
    state: str = Field(examples=["dispatched"])
    state_name: str = Field(examples=["已派单"])
    unit_code: str | None = Field(examples=["SW"])
    call_id: str | None = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    filed_at: datetime = Field(examples=["2026-11-21T02:05:00Z"])
    due_at: datetime | None = Field(examples=["2026-11-26T16:00:00Z"])
    cards: list[Any] = Field(examples=[[{"colour": "warning", "at": "2026-11-25T00:00:00+08:00"}]])
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
    replied_at: datetime | None = Field(examples=["2026-11-24T03:00:00Z"])
    resolved_at: datetime | None = Field(examples=["2026-11-25T03:00:00Z"])
    reply: dict[str, Any] | None = Field(examples=[{"result": "已恢复供水"}])
    actions: list[Action] = Field([], examples=[["dispatch"]])
    history: list[EventView] = Field([], description="oldest first")


class TicketQuery(PageQuery):
    """Which tickets. `search`: part of the number or title; `same_caller_as`: a call whose citizen's tickets are wanted."""

    order: Literal["filed_at", "due_at"] = Field("filed_at", examples=["due_at"])
    state: list[State] = Field([], max_length=12, examples=[["dispatched"]])
    unit: str = Field("", max_length=64, examples=["SW"])
    type: TicketType | None = Field(None, examples=["help"])
    due_before: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
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


class ActionGiven(Given):
    """One step of the lifecycle table; `facts` are what the table and the policy's clause ask for."""

    action: Action = Field(examples=["dispatch"])
    facts: Facts = Field({}, examples=[{"unit": "SW", "note": "请尽快联系市民"}])
