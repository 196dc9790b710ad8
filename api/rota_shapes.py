"""What the duty rota takes and gives over HTTP."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from api.field_words import refused
from api.shapes import Given, Id, Instant, Shape
from routing.rota import LineDuty, Span
from store import rota

_NUMBER = r"^\+?[0-9]{2,20}$"
_NUMBER_OR_NONE = r"^(\+?[0-9]{2,20})?$"
_DAY = r"^(20[0-9]{2}-[0-9]{2}-[0-9]{2})?$"


class ShiftGiven(Given):
    """A shift: a seat (whoever sits there) or a person (wherever they sit) is on duty for a line with people of its own."""

    line: str = Field(pattern=_NUMBER, examples=["12333"])
    seat_id: Id | None = Field(None, examples=["8003"])
    user_id: Id | None = Field(None, examples=[None])
    starts_at: Instant = Field(examples=["2026-11-23T08:00:00+08:00"])
    ends_at: Instant = Field(examples=["2026-11-23T12:00:00+08:00"])
    note: str = Field("", max_length=200, examples=["人社局选派"])

    @model_validator(mode="after")
    def _one_person_forward(self) -> Self:
        if (self.seat_id is None) == (self.user_id is None):
            raise refused("exactly_one", names="seat_id、user_id")
        if self.ends_at <= self.starts_at:
            raise refused("backward", start="starts_at", end="ends_at")
        return self

    def asked(self) -> rota.Given:
        """As the store takes it."""
        return rota.Given(self.line, self.starts_at, self.ends_at, self.seat_id, self.user_id, self.note)


class ShiftView(Shape):
    """A shift. `name`: of the person, or of the seat; `by`: who put it there last."""

    id: str = Field(examples=["shift_01KB3V5M2R8Q4T6W9Y0A"])
    line: str = Field(examples=["12333"])
    seat_id: str | None = Field(examples=["8003"])
    user_id: str | None = Field(examples=[None])
    name: str = Field(examples=["人社专家席"])
    starts_at: datetime = Field(examples=["2026-11-23T00:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T04:00:00Z"])
    note: str = Field(examples=["人社局选派"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    version: int = Field(examples=[1])


class DutyLine(Shape):
    """A line with people of its own."""

    number: str = Field(examples=["12333"])
    name: str = Field(examples=["人社服务热线"])


class DutySeat(Shape):
    """A seat somebody may be on duty at, whoever sits there."""

    id: str = Field(examples=["8003"])
    name: str = Field(examples=["人社专家席"])
    kind: str = Field(examples=["expert"])


class DutyUser(Shape):
    """Somebody who may be on duty, wherever they sit."""

    id: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["王专家"])
    role: str = Field(examples=["expert"])


class RotaChoices(Shape):
    """For which lines, and who."""

    lines: list[DutyLine]
    seats: list[DutySeat]
    people: list[DutyUser]


class MyShifts(Shape):
    """Somebody's own shifts, the next ones first."""

    items: list[ShiftView]


class SpanView(Shape):
    """A stretch of time without a shift."""

    starts_at: datetime = Field(examples=["2026-11-23T04:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T06:30:00Z"])


class LineShifts(Shape):
    """A line's shifts of the days asked for, and the holes between them."""

    line: str = Field(examples=["12333"])
    shifts: list[ShiftView]
    gaps: list[SpanView]

    @classmethod
    def of(cls, line: str, shifts: list[rota.Shift], holes: list[Span]) -> Self:
        """From the store and routing.rota.gaps."""
        return cls(
            line=line,
            shifts=[ShiftView.model_validate(shift) for shift in shifts],
            gaps=[SpanView(starts_at=begins, ends_at=ends) for begins, ends in holes],
        )


class RotaView(Shape):
    """Days of the rota, by line."""

    since: datetime = Field(examples=["2026-11-22T16:00:00Z"])
    until: datetime = Field(examples=["2026-11-23T16:00:00Z"])
    lines: list[LineShifts]


class RotaQuery(Given):
    """`day`: in China, today where empty; `days`: how many from there; `line`: only this one."""

    line: str = Field("", pattern=_NUMBER_OR_NONE, examples=["12333"])
    day: str = Field("", pattern=_DAY, examples=["2026-11-23"])
    days: int = Field(1, ge=1, le=31, examples=[7])


class OnDutyView(Shape):
    """Somebody whose shift is now. `seat` empty: not logged in; `skilled` false: that seat lacks the line's skill, so none
    of its calls come there."""

    shift_id: str = Field(examples=["shift_01KB3V5M2R8Q4T6W9Y0A"])
    name: str = Field(examples=["王专家"])
    seat: str = Field(examples=["8003"])
    state: str = Field(examples=["ready"])
    logged_in: bool = Field(examples=[True])
    skilled: bool = Field(examples=[True])
    starts_at: datetime = Field(examples=["2026-11-23T00:00:00Z"])
    ends_at: datetime = Field(examples=["2026-11-23T04:00:00Z"])


class LineDutyView(Shape):
    """`state`: covered, absent (on duty but nobody of them logged in) or empty (a line with a rota, but no shift now)."""

    line: str = Field(examples=["12333"])
    state: str = Field(examples=["covered"])
    people: list[OnDutyView]

    @classmethod
    def of(cls, duty: LineDuty) -> Self:
        """From routing.rota."""
        people = [OnDutyView.model_validate(one) for one in duty.people]
        return cls(line=duty.line, state=duty.state, people=people)


class DutyNow(Shape):
    """Every line with a shift within a week, back or ahead."""

    at: datetime = Field(examples=["2026-11-23T01:00:00Z"])
    items: list[LineDutyView]
