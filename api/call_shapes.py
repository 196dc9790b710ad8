"""What a call looks like from outside, and what may be asked and said about it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field, computed_field

from api.house import Decision, Outcome
from api.shapes import Given, Id, Number, Page, PageQuery, Shape
from core.entities import KIND_NAMES, entities


class CallView(Shape):
    """One citizen's call. `caller` is masked unless you are the agent who has the call now."""

    id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    linkedid: str = Field(examples=["1763690400.12"])
    line: str = Field(examples=["12345"])
    caller: str = Field(examples=["138****5678"])
    state: str = Field(examples=["talking"])
    arrived_at: datetime = Field(examples=["2026-11-21T02:00:00Z"])
    answered_at: datetime | None = Field(examples=["2026-11-21T02:00:01Z"])
    prompts_ended_at: datetime | None = Field(examples=["2026-11-21T02:00:08Z"])
    agent_answered_at: datetime | None = Field(examples=["2026-11-21T02:00:10Z"])
    ended_at: datetime | None = Field(examples=["2026-11-21T02:04:10Z"])
    ended_by: str | None = Field(examples=["citizen"])
    seat_id: str | None = Field(examples=["8001"])
    user_id: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    talk_seconds: float | None = Field(examples=[240.0])
    outcome: str | None = Field(examples=["ticket"])
    on_hold: bool = Field(
        False, examples=[False], description="by the desk; a telephone's own hold is not seen"
    )
    care: str = Field(
        "", examples=["elderly"], description="elderly or disabled; for whoever has the call and supervisors"
    )


class Calls(Page):
    """One page of calls."""

    items: list[CallView]


_ENTITIES = [{"kind": "mobile", "name": "手机号", "text": "13800138000", "start": 5, "end": 16}]


class EntityView(Shape):
    """Something in a text; `start` … `end` in characters."""

    kind: str = Field(examples=["mobile"])
    name: str = Field(examples=["手机号"])
    text: str = Field(examples=["13800138000"])
    start: int = Field(examples=[5])
    end: int = Field(examples=[16])


class UtteranceView(Shape):
    """One stretch of speech; seconds from the start of the recording."""

    id: str = Field(examples=["utt_01KB3V5M2R8Q4T6W9Y0A"])
    speaker: str = Field(examples=["citizen"])
    text: str = Field(examples=["我们小区停水两天了"])
    start_s: float = Field(examples=[3.2])
    end_s: float = Field(examples=[5.9])
    source: str = Field(examples=["live"])

    @computed_field(examples=[_ENTITIES])  # type: ignore[prop-decorator]
    @property
    def entities(self) -> list[EntityView]:
        """Numbers, dates, sums and addresses in the text; masked ones are none any more."""
        return [
            EntityView(kind=one.kind, name=KIND_NAMES[one.kind], text=one.text, start=one.start, end=one.end)
            for one in entities(self.text)
        ]


class Utterances(Shape):
    """What was said, in order; the after-call text once there is one."""

    items: list[UtteranceView]


class ProposalView(Shape):
    """An answer, a unit or a refusal ground with its evidence. `confident` false: we don't know, see for yourself."""

    id: str = Field(examples=["prop_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["unit"])
    ref: str = Field(examples=["SW"])
    title: str = Field(examples=["市水务局"])
    score: float = Field(examples=[0.87])
    confident: bool = Field(examples=[True])
    evidence: list[Any] = Field(examples=[["停水"]])
    rank: int = Field(examples=[1])
    round: int = Field(examples=[3])
    decision: str | None = Field(examples=["accepted"])
    decided_by: str | None = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    decided_at: datetime | None = Field(examples=["2026-11-21T02:00:45Z"])


class SureView(Shape):
    """From how many per cent a proposal of each kind is `confident`, as the city's rules say (`ways.sure`)."""

    answer: int = Field(examples=[60])
    unit: int = Field(examples=[50])
    refusal: int = Field(examples=[60])
    note: str = Field(examples=["把握多大才推荐，条文未载明，由热线办定"])


class Proposals(Shape):
    """The last round by kind and rank, or with `every_round` all of them."""

    items: list[ProposalView]
    sure: SureView


class EventView(Shape):
    """A fact that happened."""

    id: str = Field(examples=["ev_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["call.answered"])
    at: datetime = Field(examples=["2026-11-21T02:00:10Z"])
    actor: str = Field(examples=["switch"])
    by: str = Field(
        "", examples=["热线办"], description="the actor's name; of a unit's people only within that unit"
    )
    payload: dict[str, Any] = Field(examples=[{"seat": "8001"}])


class Events(Shape):
    """Facts, oldest first."""

    items: list[EventView]


class RecordingView(Shape):
    """A sound file: citizen left, agent right; with a `leg_id` what that leg said left, what it heard right. `state`: pending, ready or failed."""

    id: str = Field(examples=["rec_01KB3V5M2R8Q4T6W9Y0A"])
    call_id: str = Field(examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    state: str = Field(examples=["ready"])
    channels: int | None = Field(examples=[2])
    rate: int | None = Field(examples=[8000])
    seconds: float | None = Field(examples=[240.0])
    sha256: str | None = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    created_at: datetime = Field(examples=["2026-11-21T02:00:10Z"])
    leg_id: str | None = Field(examples=["leg_01KB3V5M2R8Q4T6W9Y0A"])


class RecordingList(Shape):
    """A call's sound files."""

    items: list[RecordingView]


class CallQuery(PageQuery):
    """Which calls. `search`: a caller's number in full; who asks for one is kept in the look-up log.

    `same_caller_as`: a call whose citizen's earlier calls are wanted, for whoever has it.
    """

    order: Literal["arrived_at"] = Field("arrived_at", examples=["arrived_at"])
    search: Number = Field("", examples=["13812345678"])
    same_caller_as: Id | None = Field(None, examples=["call_01KB3V5M2R8Q4T6W9Y0A"])
    line: Number = Field("", examples=["12345"])
    state: str = Field("", max_length=32, examples=["talking"])
    outcome: str = Field("", max_length=32, examples=["ticket"])


class DecisionGiven(Given):
    """What the agent made of the proposal."""

    decision: Decision = Field(examples=["accepted"])


class UnansweredGiven(Given):
    """A consult the agent can't answer. `unit`: who can; title and body are the ticket's, where it becomes one."""

    unit: Id = Field(examples=["chenzhou.rsj"])
    title: str = Field(min_length=1, max_length=200, examples=["工伤认定材料"])
    body: str = Field(min_length=1, max_length=5000, examples=["询问工伤认定需提交的材料及时限"])
    citizen_name: str = Field("", max_length=64, examples=["王女士"])


class HandedOnView(Shape):
    """Where it went. `way`: live (see the transfer) or ticket; `clause`, `words`: of the city's rules that say so."""

    way: Literal["live", "ticket"] = Field(examples=["ticket"])
    clause: str = Field(examples=["001 8(一)"])
    words: str = Field(examples=["对不能即时答复的事项，形成工单转派至承办单位予以办理"])
    transfer_id: str | None = Field(examples=[None])
    ticket_id: str | None = Field(examples=["tkt_01KB3V5M2R8Q4T6W9Y0A"])


class OutcomeGiven(Given):
    """How the matter ended within the call. `ref`: the article answered from, or the refusal ground's code."""

    outcome: Outcome = Field(examples=["answered"])
    ref: Id = Field(examples=["art_water_outage"])
