"""What a city orders after the call: grades, revisits, call-backs, the agent's number spoken. Parts of `core.policy.Policy`."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.after_call import SCALES, Grade, Scale
from core.policy_parts import Cited, Clause, Frozen, Gathered

Clock24 = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Tries = Annotated[int, Field(strict=True, ge=1, le=10)]
Seconds = Annotated[int, Field(strict=True, ge=0, le=31 * 86400)]


class Grading(Cited, Gathered):
    """What citizens are asked. `intake`: asked by key when the agent has left the talk, beside the unit's work later.

    scale: the grades that are offered and taken, by whichever way.
    """

    intake: bool = True
    scale: Scale = "five_grades"

    @model_validator(mode="after")
    def _keys_are_grades(self) -> Self:
        if self.intake and self.scale != "five_grades":
            raise ValueError("`intake` is asked by key on five grades")
        return self


class Revisit(Cited, Gathered):
    """Calls after a ticket is resolved. `windows`: local hours in which we may ring; `days`: every day or working days.

    tries: calls at most, `gap_s` apart, then a text message. within_days: after that nobody is rung any more.
    `speech`: citizens may say why.
    """

    tries: Tries = 3
    gap_s: Seconds = 7200
    windows: tuple[tuple[Clock24, Clock24], ...] = Field(min_length=1)
    days: Literal["every_day", "working_days"] = "every_day"
    within_days: Annotated[int, Field(strict=True, ge=1, le=60)] = 7
    speech: bool = True

    @property
    def spans(self) -> tuple[tuple[time, time], ...]:
        return tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in self.windows)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        moments = [moment for window in self.windows for moment in window]
        if moments != sorted(set(moments)):
            raise ValueError("windows must run forward without overlap")
        return self


class CallBack(Frozen):
    """Calling back who waited, gave up or was cut off. No clause orders how often: these are the hotline's own numbers.

    abandoned: who hung up after waiting `abandoned_after_s` is called back, once. cut_off: a talk the network ended goes
    back to the same agent. within_s: older wishes are left to a person.
    """

    tries: Tries = 3
    gap_s: Seconds = 300
    abandoned: bool = True
    abandoned_after_s: Seconds = 10
    cut_off: bool = True
    within_s: Seconds = 4 * 3600
    note: str = ""


class SeatNumber(Frozen):
    """工号播报: both sides hear the agent's number as the talk begins."""

    value: bool = False
    clause: Clause | None = None
    note: str = ""


class After(Frozen):
    """Everything after the call; None where the documents are silent."""

    grading: Grading | None = None
    revisit: Revisit | None = None
    call_back: CallBack = CallBack()
    seat_number: SeatNumber = SeatNumber()

    @property
    def grades(self) -> tuple[Grade, ...]:
        """What citizens choose from, best first; five where the documents name no scale."""
        return SCALES[self.grading.scale if self.grading else "five_grades"]
