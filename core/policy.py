"""A city's rules as data: what a policy document orders, with named switches where it can be read in more than one way.

`core.policy_text` reads it from YAML; `tickets.clock` computes with it. A value no clause gives is None (silent): never invented.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from core.policy_after import After, Clock24
from core.policy_city import Intake, Knowledge, Repeats
from core.policy_parts import (
    STAGES,
    TYPES,
    Card,
    Clause,
    Extension,
    Flag,
    Frozen,
    Gathered,
    Reply,
    StageName,
    Stages,
    Term,
    TicketType,
    accepts_too_soon,
    longer,
)
from core.policy_score import Assessment
from core.policy_switches import Choice, Switches
from core.policy_ways import Ways

__all__ = [
    "STAGES", "TYPES", "Card", "Choice", "Extension", "OfficeHours", "Policy", "Reply", "StageName", "Stages", "Switches",
    "Term", "TicketType", "Validity", "cited", "silent",
]  # fmt: skip

CIVIL_CODE = "民法典"


class OfficeHours(Gathered):
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
    """One city's rules. `documents`: key used in clauses -> title; `extends`: the one parent already merged in.

    replaces: earlier profiles of the same city, whose frozen sheets and granted appeals go on counting (the latest first).
    overruled: paths of this document's own values that its superior's replace; found by the reader, never written.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    title: str = Field(min_length=1)
    hotline: str = ""
    hotline_clause: Clause | None = None
    extends: str | None = Field(None, pattern=r"^[a-z][a-z0-9_-]{0,40}$")
    replaces: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")], ...] = ()
    valid: Validity
    documents: dict[Annotated[str, Field(pattern=r"^\S+$")], str] = Field(min_length=1)
    switches: Switches = Switches()
    office_hours: OfficeHours | None = None
    stages: Stages
    extension: Extension | None = None
    reply: Reply | None = None
    intake: Intake = Intake()
    repeats: Repeats = Repeats()
    knowledge: Knowledge = Knowledge()
    assessment: Assessment | None = None
    after: After = After()
    ways: Ways = Ways()
    overruled: tuple[str, ...] = Field((), exclude=True)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        """Errors begin with the path they are about, so that the reader can name the line."""
        for path, clause in cited(self):
            if clause.split(" ")[0] not in {*self.documents, CIVIL_CODE}:
                raise ValueError(f"{path}: {clause!r} cites a document that `documents` does not name")
        for name, reading in (("term_ends", "close_of_business"), ("hour_terms", "office_hours")):
            if getattr(self.switches, name).value == reading and not self.office_hours:
                raise ValueError(f"switches.{name}: {reading} needs `office_hours` to be set")
        if self.switches.help_due.value == "usual" and not any(h.usual for h in self.stages.handle.values()):
            raise ValueError("switches.help_due: usual, but no type has a `usual` term")
        sign = self.stages.sign
        if self.switches.cards_after_deemed.value == "stop" and not (sign.cards and sign.deemed_acceptance):
            raise ValueError(
                "switches.cards_after_deemed: stop, but `sign` has no cards or no deemed acceptance"
            )
        _check_stages(self.stages)
        return self

    @cached_property
    def hash(self) -> str:
        """sha256 of the canonical JSON, hex: which rules a ticket was filed under."""
        return hashed(self.model_dump(mode="json", by_alias=True))

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Those on which a term of these rules depends."""
        stages = self.stages
        counts: dict[Flag, bool] = {
            "multi_unit": stages.dispatch.multi_unit is not None,
            "on_site": stages.return_.on_site is not None,
            "complex": any(handle.complex for handle in stages.handle.values()),
        }
        return tuple(flag for flag, has_term in counts.items() if has_term)

    @property
    def profiles(self) -> tuple[str, ...]:
        """Under which names this city's assessments stand, the one that rules now first."""
        return (self.name, *self.replaces)

    def validity(self, on: date) -> "Standing":
        """Whether the document ruled on that day; the clock computes all the same."""
        if self.valid.status == "draft":
            return "draft"
        if self.valid.from_ and on < self.valid.from_:
            return "not_yet"
        return "expired" if self.valid.to and on > self.valid.to else "valid"


Standing = Literal["valid", "draft", "not_yet", "expired"]
VALIDITY_NAMES: dict[Standing, str] = {
    "valid": "现行有效", "draft": "为征求意见稿", "not_yet": "尚未施行", "expired": "已过有效期"
}  # fmt: skip


def hashed(body: Mapping[str, Any]) -> str:
    """The hash of a profile's JSON as it was kept, whatever switches have been added to the model since."""
    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def as_kept(body: Mapping[str, Any]) -> Policy:
    """A profile from its JSON as it was kept, though values have been retired from the model since. Raises ValidationError."""
    raw = json.loads(json.dumps(body))
    # what becomes of a late return stands in supervise.urging and the situations of accountability
    raw["stages"]["return"].pop("late", None)
    for one in (raw["stages"].get("redo"), raw.get("repeats"), raw.get("knowledge")):
        (one or {}).pop("deduct", None)  # the points of these clauses stand in the assessment's table
    grading = raw.get("after", {}).get("grading") or {}
    if grading.get("scale") == "survey":  # named no scale, and asked for five grades
        grading["scale"] = "five_grades"
    return Policy.model_validate(raw)


def _check_stages(stages: Stages) -> None:
    """What no stage can see alone."""
    if stages.redo and stages.redo.same_as and not stages.handle:
        raise ValueError("stages.redo.same_as: handle, but `handle` is empty")
    cards = (*stages.sign.cards, *(card for handle in stages.handle.values() for card in handle.cards))
    if "red_card" in stages.supervise.opens_on and not any(card.colour == "red" for card in cards):
        raise ValueError("stages.supervise.opens_on: red_card, but no stage has a red card")
    for kind, handle in stages.handle.items():
        if stages.sign.term and handle.term and longer(stages.sign.term, handle.term):
            raise ValueError(f"stages.sign.term: signing would be due after {kind} is to be settled")
    silence = stages.sign.deemed_acceptance
    due = [term for term in (stages.return_.term, stages.return_.on_site) if term]
    if silence and any(accepts_too_soon(silence, term) for term in due):
        raise ValueError("stages.sign.deemed_acceptance: silence would be acceptance before a return is due")


def cited(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, clause) of every clause cited anywhere inside a model; paths as they stand in YAML."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        inner = {field.alias or name: getattr(value, name) for name, field in fields}
    elif isinstance(value, dict | tuple):
        inner = value if isinstance(value, dict) else {str(n): item for n, item in enumerate(value)}
    else:
        return
    for key, item in inner.items():
        where = f"{path}.{key}" if path else str(key)
        if key in ("clause", "hotline_clause", "table_clause") and item:
            yield where, item
        elif key == "clauses":
            yield from ((f"{where}.{name}", clause) for name, clause in item.items())
        yield from cited(item, where)


def silent(policy: Policy) -> list[str]:
    """What neither this document nor its parent gives, terms and whether citizens are asked how it went; it must be set by
    whoever decides, never invented.
    """
    stages = policy.stages
    found = {
        "dispatch": stages.dispatch.term,
        "sign": stages.sign.term or stages.sign.cards,
        "return": stages.return_.term,
        **{f"handle.{kind}": h.term if (h := stages.handle.get(kind)) else None for kind in TYPES},
        "supervise": stages.supervise.term,
        "redo": stages.redo and stages.redo.same_as,
        "extension": policy.extension,
        "extension.times": not policy.extension or policy.extension.times,
        "extension.length": policy.extension and policy.extension.length,
        "after.revisit": policy.after.revisit,
        "assessment.urging_each": not _hundred_points(policy)
        or (policy.assessment and policy.assessment.urging_each),
        "assessment.appeal_within": not _hundred_points(policy)
        or (policy.assessment and policy.assessment.appeal_within),
    }
    return [name for name, value in found.items() if not value]


def _hundred_points(policy: Policy) -> bool:
    return policy.assessment is not None and "hundred_points" in policy.assessment.schemes
