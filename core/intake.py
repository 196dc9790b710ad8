"""受理类型: what citizens bring, as data: which clock rules it, and what its clause wants done besides. Pure.

Source: Henan 二(二); Heyuan 2, 5, 8, 17; Yanji 6.2; Chenzhou 二.4-二.7 (B5).
"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from core import yaml_text
from core.errors import BadInput
from core.policy_parts import Clause, Frozen, TicketType

Trait = Literal["enforcement", "urgent", "reward", "enterprise", "conduct"]
ConductReading = Literal["conduct_only", "refuse_all"]
IntakeId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class UnknownIntake(BadInput):
    """No such kind of matter, or this city does not take it."""

    code = "unknown_intake"


class BadIntake(BadInput):
    """A file of kinds cannot be used; the text names file, line and reason."""

    code = "bad_intake"


class IntakeType(Frozen):
    """One kind of matter. `type`: whose clock rules it; `traits`: what besides; `clauses`: what it rests on."""

    id: IntakeId
    name: str = Field(min_length=1, max_length=40)
    type: TicketType
    clauses: tuple[Clause, ...] = Field(min_length=1)
    traits: tuple[Trait, ...] = ()
    note: str = ""

    @property
    def urgent(self) -> bool:
        """To the duty room at once."""
        return "urgent" in self.traits

    @property
    def enforcement(self) -> bool:
        """Passed on at once; satisfaction is not chased."""
        return "enforcement" in self.traits


class IntakeTypes(Frozen):
    """The kinds a city takes, in the order people choose from. `documents`: key used in clauses -> title."""

    documents: dict[str, str] = Field(default_factory=dict)
    types: tuple[IntakeType, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Errors begin with the path they are about."""
        seen = set[str]()
        for n, one in enumerate(self.types):
            if one.id in seen:
                raise ValueError(f"types.{n}.id: {one.id!r} stands twice")
            seen.add(one.id)
            for clause in one.clauses:
                if clause.split(" ")[0] not in self.documents:
                    raise ValueError(
                        f"types.{n}.clauses: {clause!r} cites a document that `documents` does not name"
                    )
        return self

    def __iter__(self) -> Iterator[IntakeType]:  # type: ignore[override]
        return iter(self.types)

    def __contains__(self, ident: object) -> bool:
        return any(one.id == ident for one in self.types)

    def get(self, ident: str) -> IntakeType:
        """Raises UnknownIntake naming those there are."""
        found = next((one for one in self.types if one.id == ident), None)
        if found is None:
            known = "、".join(f"{one.id}（{one.name}）" for one in self.types)
            raise UnknownIntake(f"不受理“{ident}”这类事项；可用：{known}")
        return found

    def traits_of(self, ident: str) -> tuple[Trait, ...]:
        """What is wanted besides of a kind; nothing of one this city has no more."""
        return next((one.traits for one in self.types if one.id == ident), ())

    def under(self, conduct: ConductReading) -> "IntakeTypes":
        """Those a city takes that refuses all complaints about conduct (Heyuan 6(七)), or takes those of manner and pace (5(四))."""
        if conduct == "conduct_only":
            return self
        return self.model_copy(
            update={"types": tuple(one for one in self.types if "conduct" not in one.traits)}
        )


class _Own(Frozen):
    """A city's own file: which of the house's kinds it takes, and kinds of its own."""

    documents: dict[str, str] = Field(default_factory=dict)
    only: tuple[IntakeId, ...] | None = None
    without: tuple[IntakeId, ...] = ()
    types: tuple[IntakeType, ...] = ()


def parse_intake(text: str, source: str) -> IntakeTypes:
    """The house's list. Raises BadIntake naming file, line and reason."""
    found = yaml_text.read(text, source, BadIntake, "a file of intake types")
    try:
        return IntakeTypes.model_validate(found.raw)
    except ValidationError as error:
        raise BadIntake("; ".join(found.reasons(error, "types"))) from error


def parse_own(text: str, source: str, house: IntakeTypes) -> IntakeTypes:
    """A city's file over the house's list: `only` or `without` some, `types` replaced by id or added.

    Raises BadIntake naming file, line and reason.
    """
    found = yaml_text.read(text, source, BadIntake, "a file of intake types")
    try:
        own = _Own.model_validate(found.raw)
    except ValidationError as error:
        raise BadIntake("; ".join(found.reasons(error, "types"))) from error
    if own.only is not None and own.without:
        raise BadIntake(f"{found.at('without')}: without: only 与 without 只能写一个")
    for key in ("only", "without"):
        for n, ident in enumerate(getattr(own, key) or ()):
            if ident not in house:
                raise BadIntake(f"{found.at(key, n)}: {key}: 没有受理类型 {ident!r}")
    kept = {one.id: one for one in house if _takes(own, one.id)} | {one.id: one for one in own.types}
    try:
        return IntakeTypes(documents={**house.documents, **own.documents}, types=tuple(kept.values()))
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadIntake(f"{found.at('types')}: {reason}") from error


def _takes(own: _Own, ident: str) -> bool:
    return ident in own.only if own.only is not None else ident not in own.without
