"""A city's rules as data: what a policy document orders, each value beside the clause it comes from.

`core.policy_text` reads it from YAML; `tickets.clock` computes with it. A value no clause gives is None (silent): never invented.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, time
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Unit = Literal["hours", "days", "working_days"]
TicketType = Literal["consult", "help", "complaint", "report", "suggestion", "economic"]
StageName = Literal["dispatch", "sign", "return", "handle", "supervise", "redo"]
Colour = Literal["warning", "yellow", "red"]
TYPES: tuple[TicketType, ...] = get_args(TicketType)
STAGES: tuple[StageName, ...] = get_args(StageName)
CIVIL_CODE = "民法典"

Clause = Annotated[str, Field(pattern=r"^\S+ \S+", max_length=80)]
"""`001 17(二)2`: the document's key in `documents`, a space, the article."""
Amount = Annotated[int, Field(strict=True, ge=1, le=366)]
Clock24 = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
T = TypeVar("T")


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


class Choice(Frozen, Generic[T]):
    """A switch: which of several readings of a clause rules here, and why."""

    value: T
    clause: Clause | None = None
    note: str = ""


class Switches(Frozen):
    """Named readings of what the documents leave open; the defaults are the product's, stated in the notes."""

    term_ends: Choice[Literal["24:00", "close_of_business"]] = Choice(
        value="24:00", clause="民法典 203", note="期间末日二十四时届满；有业务时间的可改为停止业务活动的时间"
    )
    hour_terms: Choice[Literal["7x24", "office_hours"]] = Choice(
        value="7x24", clause="民法典 201", note="按小时计算的，自规定的时间起连续计算，含夜间和节假日"
    )
    help_due: Choice[Literal["latest", "usual"]] = Choice(
        value="latest", note="条文给出通常期限和最迟期限时，以最迟期限为到期，通常期限并列显示"
    )
    extension_ask: Choice[Literal["before_due", "one_working_day_before", "last_working_day"]] = Choice(
        value="before_due", note="期限届满前均可申请延期"
    )


class OfficeHours(Frozen):
    """Half-open windows of a working day, e.g. 08:30-12:00 and 14:00-17:30; quote times in YAML."""

    windows: tuple[tuple[Clock24, Clock24], ...] = Field(min_length=1)
    clause: Clause | None = None

    @property
    def spans(self) -> tuple[tuple[time, time], ...]:
        return tuple((time.fromisoformat(a), time.fromisoformat(b)) for a, b in self.windows)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        moments = [moment for window in self.windows for moment in window]
        if moments != sorted(set(moments)):
            raise ValueError("office hours must run forward without overlap")
        return self


class Validity(Frozen):
    """`draft` documents still compute; so do expired ones: filing never stops."""

    status: Literal["draft", "in_force"]
    from_: date | None = Field(None, alias="from")
    to: date | None = None
    clause: Clause | None = None
    note: str = ""

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.from_ and self.to and self.from_ > self.to:
            raise ValueError("`from` is after `to`")
        return self


class Policy(Frozen):
    """One city's rules. `documents`: key used in clauses -> title; `extends`: the one parent already merged in."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    title: str = Field(min_length=1)
    hotline: str = ""
    extends: str | None = Field(None, pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    valid: Validity
    documents: dict[Annotated[str, Field(pattern=r"^\S+$")], str] = Field(min_length=1)
    switches: Switches = Switches()
    office_hours: OfficeHours | None = None
    stages: Stages
    extension: Extension | None = None
    reply: Reply | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for clause in clauses_in(self):
            if clause.split(" ")[0] not in {*self.documents, CIVIL_CODE}:
                raise ValueError(f"clause {clause!r} cites a document that `documents` does not name")
        switches = self.switches
        if not self.office_hours and (
            switches.term_ends.value == "close_of_business" or switches.hour_terms.value == "office_hours"
        ):
            raise ValueError("close_of_business and office_hours need `office_hours` to be set")
        if switches.help_due.value == "usual" and not any(h.usual for h in self.stages.handle.values()):
            raise ValueError("help_due: usual, but no type has a `usual` term")
        redo = self.stages.redo
        if redo and redo.same_as and not self.stages.handle:
            raise ValueError("redo: same_as handle, but `handle` is empty")
        return self

    @cached_property
    def hash(self) -> str:
        """sha256 of the canonical JSON, hex: which rules a ticket was filed under."""
        text = json.dumps(self.model_dump(mode="json", by_alias=True), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def validity(self, on: date) -> Literal["valid", "draft", "not_yet", "expired"]:
        """Whether the document ruled on that day; the clock computes all the same."""
        if self.valid.status == "draft":
            return "draft"
        if self.valid.from_ and on < self.valid.from_:
            return "not_yet"
        return "expired" if self.valid.to and on > self.valid.to else "valid"


def clauses_in(value: Any) -> Iterator[str]:
    """Every clause cited anywhere inside a model."""
    if isinstance(value, BaseModel):
        if clause := getattr(value, "clause", None):
            yield clause
        for name in type(value).model_fields:
            yield from clauses_in(getattr(value, name))
    elif isinstance(value, dict | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from clauses_in(item)


def silent(policy: Policy) -> list[str]:
    """Terms that neither this document nor its parent gives; they must be set by whoever decides, never invented."""
    stages = policy.stages
    found = {
        "dispatch": stages.dispatch.term,
        "sign": stages.sign.term or stages.sign.cards,
        "return": stages.return_.term,
        **{f"handle.{kind}": h.term if (h := stages.handle.get(kind)) else None for kind in TYPES},
        "supervise": stages.supervise.term,
        "redo": stages.redo and stages.redo.same_as,
        "extension": policy.extension,
        "extension.length": policy.extension and policy.extension.length,
    }
    return [name for name, value in found.items() if not value]
