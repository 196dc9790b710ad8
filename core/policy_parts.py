"""The parts of a policy profile: terms, cards and stages, each value beside the clause it comes from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

Unit = Literal["hours", "days", "working_days"]
TicketType = Literal["consult", "help", "complaint", "report", "suggestion", "economic"]
StageName = Literal["dispatch", "sign", "return", "handle", "supervise", "redo"]
Flag = Literal["multi_unit", "on_site", "complex"]
"""What of a matter gives a stage another term: several units (dispatch), a site check (return), complexity (handle)."""
Colour = Literal["warning", "yellow", "red"]
COLOURS: tuple[Colour, ...] = get_args(Colour)
"""The mildest first."""
TYPES: tuple[TicketType, ...] = get_args(TicketType)
STAGES: tuple[StageName, ...] = get_args(StageName)
FLAGS: tuple[Flag, ...] = get_args(Flag)

Clause = Annotated[str, Field(pattern=r"^\S+ \S+", max_length=80)]
"""`001 17(二)2`: the document's key in `documents`, a space, the article."""
Amount = Annotated[int, Field(strict=True, ge=1, le=366)]
PROSE = ("clause", "words", "note")
"""What stands beside a value: where it comes from, and what is said of it."""


class Frozen(BaseModel):
    """Read-only, and a key nobody knows is an error, not a rule silently ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)


class Cited(Frozen):
    """A value with its source; `words` quotes the clause, `note` says what was decided where it leaves a choice."""

    clause: Clause
    words: str = ""
    note: str = ""


class Gathered(Frozen):
    """A part of several values under one clause. `clauses`: those of its values that another clause gives, each with it.

    Found where a document inherits some of the values, and written where a part is drawn from two clauses. A value within a mapping
    of values is named `tariff.late`.
    """

    clauses: dict[str, Clause] = Field(default_factory=dict)

    def source(self, *path: str) -> str:
        """The clause that gives this value; '' where none is cited."""
        own = self.clauses.get(".".join(path)) or self.clauses.get(path[0])
        return own or getattr(self, "clause", None) or ""

    @model_validator(mode="after")
    def _clauses_of_values(self) -> Self:
        for name in self.clauses:
            if not self._rests_on_ours(name):
                raise ValueError(
                    f"`clauses`: {name!r} is no value of this part that has no clause of its own"
                )
        return self

    def _rests_on_ours(self, name: str) -> bool:
        first, *rest = name.split(".")
        if first in (*PROSE, "clauses") or first not in type(self).model_fields:
            return False
        value: Any = getattr(self, first)
        for key in rest:
            value = value.get(key) if isinstance(value, Mapping) else getattr(value, key, None)
        return value is not None and not isinstance(value, Cited)

    @model_serializer(mode="wrap")
    def _only_where_there_are_some(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A part that rests on one clause is written, and hashed, as it was before there were `clauses`."""
        body: dict[str, Any] = plain(self)
        if not body.get("clauses"):
            body.pop("clauses", None)
        return body


V = TypeVar("V")


class Said(Cited, Generic[V]):
    """One value that a clause names."""

    value: V


class Points(Cited):
    """Points taken off for one case."""

    value: Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]


class Term(Cited):
    """A length of time: hours (from the moment), days (日, calendar days) or working days (工作日)."""

    value: Amount
    unit: Unit


_HOURS: dict[Unit, float] = {"hours": 1, "days": 24, "working_days": 24 * 7 / 5}


def longer(one: Term, other: Term) -> bool:
    """Whether one term is surely the longer: exact within a unit, a working day counted as 7/5 of a day against other units."""
    return one.value * _HOURS[one.unit] > other.value * _HOURS[other.unit]


def sooner(one: Term, other: Term) -> bool:
    """Whether one term is surely the sooner: only within a unit, as a holiday may lie in working days."""
    return one.unit == other.unit and one.value < other.value


_AT_LEAST: dict[Unit, int] = {"hours": 1, "days": 24, "working_days": 24}


def accepts_too_soon(silence: Term, due: Term) -> bool:
    """Whether silence would be acceptance before a return is due; a working day is at least a day, and one of each may end together."""
    return silence.value * _AT_LEAST[silence.unit] < due.value * _AT_LEAST[due.unit]


class Card(Cited):
    """`after` working days without the step the card is due; `notify` people by every way in `by`."""

    colour: Colour
    after: Amount
    unit: Literal["working_days"] = "working_days"
    notify: tuple[Literal["handler", "leader"], ...] = Field(min_length=1)
    by: tuple[Literal["phone", "sms"], ...] = Field(min_length=1)


def card_before(card: Card, term: Term) -> bool:
    """Whether the card would fall before the term has ended. On its last day is late enough."""
    return longer(term, Term(value=card.after, unit=card.unit, clause=card.clause))


def _rising(cards: tuple[Card, ...]) -> tuple[Card, ...]:
    order = [get_args(Colour).index(card.colour) for card in cards]
    if order != sorted(set(order)) or [c.after for c in cards] != sorted({c.after for c in cards}):
        raise ValueError("cards must rise: warning before yellow before red, each on a later day")
    return cards


class Carded(Frozen):
    cards: tuple[Card, ...] = ()

    _cards_rise = field_validator("cards")(_rising)

    def red_before(self, *terms: Term | None) -> bool:
        """Whether the red card, which opens a supervision order by itself, would fall before one of these terms has ended.

        On its last day is late enough; earlier cards may fall when the clause likes (Heyuan 17(二): help is due on day 5, cards on 2, 5, 6).
        """
        red = [card for card in self.cards if card.colour == "red"]
        return any(card_before(card, term) for term in terms if term for card in red)


class Staged(Frozen):
    """`unstated`: the clause that speaks of a limit (规定时限) without giving one; whoever decides must set it.

    Beside a `term` it is that of another document: a province that leaves the limit to its cities, each with its own.
    """

    term: Term | None = None
    unstated: Cited | None = None


def _no_shorter(name: str, special: Term | None, term: Term | None) -> None:
    if special and term and longer(term, special):
        raise ValueError(f"`{name}` must not be shorter than `term`")


class Dispatch(Staged):
    multi_unit: Term | None = None

    @model_validator(mode="after")
    def _several_units_take_longer(self) -> Self:
        _no_shorter("multi_unit", self.multi_unit, self.term)
        return self


class Sign(Staged, Carded):
    """Without a term only the cards and deemed acceptance run."""

    deemed_acceptance: Term | None = None

    @model_validator(mode="after")
    def _red_is_after_the_term(self) -> Self:
        if self.red_before(self.term):
            raise ValueError("`cards`: the red card would fall before `term` has ended")
        return self


class Return(Staged):
    on_site: Term | None = None
    needs: tuple[Literal["reason", "basis"], ...] = ("reason",)

    @model_validator(mode="after")
    def _site_check_takes_longer(self) -> Self:
        _no_shorter("on_site", self.on_site, self.term)
        return self


class Handle(Staged, Carded):
    """`usual`: the sooner date a clause names beside the latest one, shown; ruling where `help_due` says so.

    complex: the term of a complex matter (复杂的事项) of this type.
    """

    usual: Term | None = None
    complex: Term | None = None

    @model_validator(mode="after")
    def _usual_is_sooner_and_complex_later(self) -> Self:
        if self.usual and not (self.term and sooner(self.usual, self.term)):
            raise ValueError("`usual` must be sooner than `term`, in the same unit")
        _no_shorter("complex", self.complex, self.term)
        if self.red_before(self.term, self.complex):
            raise ValueError("`cards`: the red card would fall before `term` has ended")
        return self


Trigger = Literal["leader_note", "red_card", "repeated", "overdue", "late_return", "other"]
"""What opens a supervision order: 批示或交办, 红牌, 多次或者集中反映, 逾期未办, 逾期退回, 其他."""
OrderForm = Literal["joint", "on_site", "listed", "summons", "special", "media"]
UrgingWay = Literal["phone", "order", "notice", "warning"]


class Supervise(Staged):
    """`urging`: how a unit is pressed before; `forms`: what else the office may do; `listed_cap`: 挂牌督办 at most so long.

    opens_on: what opens an order; none named: whatever the office finds.
    """

    opens_on: dict[Trigger, Cited] = {}
    urging: Said[tuple[UrgingWay, ...]] | None = None
    forms: dict[OrderForm, Cited] = {}
    listed_cap: Said[Literal["first_term"]] | None = None

    @model_validator(mode="after")
    def _cap_needs_listing(self) -> Self:
        if self.listed_cap and "listed" not in self.forms:
            raise ValueError("`listed_cap`, but `forms` names no `listed`")
        return self


RedoCause = Literal["bad_grade", "poor_quality", "against_policy", "perfunctory", "unsatisfied_complaint"]


class Redo(Cited, Gathered):
    """Sending back: `same_as` names the stage whose terms and cards run again; `times` None: no limit stated.

    causes: any of them; needs: all of them.
    """

    same_as: Literal["handle"] | None = None
    times: Amount | None = None
    extension: bool = True
    causes: tuple[RedoCause, ...] = ()
    needs: tuple[Literal["reasonable", "reviewed", "unit_at_fault"], ...] = ()


class Stages(Frozen):
    dispatch: Dispatch = Dispatch()
    sign: Sign = Sign()
    return_: Return = Field(Return(), alias="return")
    handle: dict[TicketType, Handle] = {}
    supervise: Supervise = Supervise()
    redo: Redo | None = None


class Extension(Cited, Gathered):
    """`length` None: the document names none, so whoever grants it must. `times` None: no number stated; `counts`: of what.

    refusal_needs_reason: our reading where no clause says so; a city that orders otherwise sets it to false.
    """

    times: Amount | None = None
    counts: Literal["asked", "granted"] = "granted"
    length: Term | None = None
    tell_citizen: bool = True
    refusal_needs_reason: bool = True


ReplyField = Literal["handled_at", "section", "handler", "result", "law", "basis", "talk"]


class Reply(Cited, Gathered):
    """What a unit's reply must carry to be taken."""

    fields: tuple[ReplyField, ...] = Field(min_length=1)
