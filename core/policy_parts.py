"""The parts of a policy profile: terms, cards and stages, each value beside the clause it comes from."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Unit = Literal["hours", "days", "working_days"]
TicketType = Literal["consult", "help", "complaint", "report", "suggestion", "economic"]
StageName = Literal["dispatch", "sign", "return", "handle", "supervise", "redo"]
Colour = Literal["warning", "yellow", "red"]
TYPES: tuple[TicketType, ...] = get_args(TicketType)
STAGES: tuple[StageName, ...] = get_args(StageName)

Clause = Annotated[str, Field(pattern=r"^\S+ \S+", max_length=80)]
"""`001 17(二)2`: the document's key in `documents`, a space, the article."""
Amount = Annotated[int, Field(strict=True, ge=1, le=366)]


class Frozen(BaseModel):
    """Read-only, and a key nobody knows is an error, not a rule silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class Cited(Frozen):
    """A value with its source; `words` quotes the clause, `note` says what was decided where it leaves a choice."""

    clause: Clause
    words: str = ""
    note: str = ""


class Term(Cited):
    """A length of time: hours (from the moment), days (日, calendar days) or working days (工作日)."""

    value: Amount
    unit: Unit


class Card(Cited):
    """`after` working days without the step the card is due; `notify` people by every way in `by`."""

    colour: Colour
    after: Amount
    unit: Literal["working_days"] = "working_days"
    notify: tuple[Literal["handler", "leader"], ...] = Field(min_length=1)
    by: tuple[Literal["phone", "sms"], ...] = Field(min_length=1)


def _rising(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    order = [get_args(Colour).index(card.colour) for card in cards]
    if order != sorted(set(order)) or [c.after for c in cards] != sorted({c.after for c in cards}):
        raise ValueError("cards must rise: warning before yellow before red, each on a later day")
    return cards


class Carded(Frozen):
    cards: tuple[Card, ...] = ()

    _cards_rise = field_validator("cards")(_rising)


class Dispatch(Frozen):
    term: Term | None = None
    multi_unit: Term | None = None


class Sign(Carded):
    """Without a term only the cards and deemed acceptance run."""

    term: Term | None = None
    deemed_acceptance: Term | None = None


class Return(Frozen):
    term: Term | None = None
    on_site: Term | None = None
    needs: tuple[Literal["reason", "basis"], ...] = ("reason",)


class Handle(Carded):
    """`usual`: the sooner date a clause names beside the latest one, shown; ruling where `help_due` says so."""

    term: Term | None = None
    usual: Term | None = None

    @model_validator(mode="after")
    def _usual_is_sooner(self) -> Self:
        if self.usual and not (
            self.term and self.usual.unit == self.term.unit and self.usual.value < self.term.value
        ):
            raise ValueError("`usual` must be sooner than `term`, in the same unit")
        return self


class Supervise(Frozen):
    term: Term | None = None
    opens_on: tuple[Literal["leader_note", "red_card", "repeated", "other"], ...] = ()
    clause: Clause | None = None


class Redo(Cited):
    """Sending back: `same_as` names the stage whose terms and cards run again; `times` None: no limit stated."""

    same_as: Literal["handle"] | None = None
    times: Amount | None = None
    extension: bool = True


class Stages(Frozen):
    dispatch: Dispatch = Dispatch()
    sign: Sign = Sign()
    return_: Return = Field(Return(), alias="return")
    handle: dict[TicketType, Handle] = {}
    supervise: Supervise = Supervise()
    redo: Redo | None = None


class Extension(Cited):
    """`length` None: the document names none, so whoever grants it must. `counts`: what `times` counts."""

    times: Amount
    counts: Literal["asked", "granted"]
    length: Term | None = None
    tell_citizen: bool = True
    refusal_needs_reason: bool = True


ReplyField = Literal["handled_at", "section", "handler", "result", "law", "basis", "talk"]


class Reply(Cited):
    """What a unit's reply must carry to be taken."""

    fields: tuple[ReplyField, ...] = Field(min_length=1)
