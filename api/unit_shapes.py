"""What goes in and out about units' entries in the register: places, people, numbers, what changed, what is missing."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.shapes import Given, Id, Instant, Page, Shape
from core.divisions import Division, Level
from core.masking import mask_name, mask_number
from core.reachability import Kind
from core.unit_register import (
    CLAUSES,
    DUTY_NAMES,
    LACK_NAMES,
    Duty,
    EntryChange,
    Lack,
    Person,
    Phone,
    What,
)
from store.units import Kept, Standing

Digits = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")]
Place = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")]
Name = Annotated[str, Field(min_length=1, max_length=50)]
Purpose = Annotated[str, Field(min_length=2, max_length=200)]


_STAYS = "not sent or null: stays as it is; empty: taken out"


class PersonGiven(Given):
    """Somebody of a unit. `login`: what they log in with, '' where they do not."""

    duty: Duty = Field(examples=["handler"])
    name: Name = Field(examples=["张三"])
    post: str = Field("", max_length=50, examples=["科员"])
    login: str = Field("", max_length=64, examples=["zhangsan"])


class NumberGiven(Given):
    """A number of a unit."""

    kind: Kind = Field(examples=["fixed"])
    number: Digits = Field(examples=["07352871234"])
    holder: str = Field("", max_length=50, examples=["张三"])


class EntryGiven(Given):
    """What of a unit's entry changes, decided on `version`. What is not sent, or null, stays as it is.

    `people` and `phones` are whole lists: whoever is not in a list that is sent is taken out. "" or [] empties.
    """

    version: int = Field(ge=1, examples=[1])
    section: str | None = Field(None, max_length=100, description=_STAYS, examples=["办公室"])
    division: Place | Literal[""] | None = Field(None, description=_STAYS, examples=["431000"])
    parent: Id | Literal[""] | None = Field(None, description=_STAYS, examples=["chenzhou.hotline"])
    people: list[PersonGiven] | None = Field(
        None,
        max_length=100,
        description="all people of the unit; not sent or null: they stay as they are, []: nobody",
    )
    phones: list[NumberGiven] | None = Field(
        None,
        max_length=100,
        description="all numbers of the unit; not sent or null: they stay as they are, []: none",
    )
    why: str = Field("", max_length=500, examples=["经办人调离"])

    def change(self) -> EntryChange:
        """As the rules know it."""
        people, phones = self.people, self.phones
        return EntryChange(
            self.section, self.division, self.parent,
            None if people is None else tuple(Person(p.duty, p.name, p.post, p.login) for p in people),
            None if phones is None else tuple(Phone(p.kind, p.number, p.holder) for p in phones),
        )  # fmt: skip


class PersonView(Shape):
    """Somebody of a unit; masked, unless asked for in full with a purpose."""

    duty: str = Field(examples=["handler"])
    duty_name: str = Field(examples=["经办人"])
    name: str = Field(examples=["张*"])
    post: str = Field(examples=["*"])
    login: str = Field(examples=["zhangsan"])
    since: datetime = Field(examples=["2026-11-01T01:00:00Z"])


class NumberView(Shape):
    """A number in use; masked, unless asked for in full with a purpose."""

    id: str = Field(examples=["phone_01KB3V5M2R8Q4T6W9Y0A"])
    kind: str = Field(examples=["fixed"])
    number: str = Field(examples=["073****1234"])
    holder: str = Field(examples=["张*"])


class LackView(Shape):
    """Something an entry lacks, and the clause that wants it."""

    what: str = Field(examples=["editor"])
    name: str = Field(examples=["信息采编员"])
    clause: str = Field(examples=["001 25"])


class EntryView(Shape):
    """A unit's entry. `full`: names and numbers are shown as they are, and the look was kept."""

    code: str = Field(examples=["SW"])
    name: str = Field(examples=["市水务局"])
    section: str = Field(examples=["办公室"])
    division: str | None = Field(examples=["431000"])
    place: str = Field(examples=["湖南省郴州市"])
    parent: str | None = Field(examples=["chenzhou.hotline"])
    people: list[PersonView]
    phones: list[NumberView]
    lacks: list[LackView]
    full: bool = Field(examples=[False])
    version: int = Field(examples=[3])

    @classmethod
    def of(cls, kept: Kept, lacking: tuple[Lack, ...], place: str, full: bool) -> "EntryView":
        """As it may be shown."""
        unit, logins = kept.unit, {(one.duty, one.name): one.login for one in kept.entry.people}
        return cls(
            code=unit.code, name=unit.name, section=unit.section, division=unit.division, place=place,
            parent=unit.parent_code, full=full, version=unit.version, lacks=lacks_of(lacking),
            people=[
                PersonView(
                    duty=row.duty, duty_name=DUTY_NAMES[row.duty],  # type: ignore[index]
                    name=row.name if full else mask_name(row.name),
                    post=(row.post or "") if full else ("*" if row.post else ""),
                    login=logins[row.duty, row.name], since=row.since,  # type: ignore[index]
                )
                for row in kept.people
            ],
            phones=[
                NumberView(
                    id=row.id, kind=row.kind, number=row.number if full else mask_number(row.number),
                    holder=(row.holder or "") if full else mask_name(row.holder),
                )
                for row in kept.phones
            ],
        )  # fmt: skip


def lacks_of(lacking: tuple[Lack, ...]) -> list[LackView]:
    """Each with its name and clause."""
    return [LackView(what=one, name=LACK_NAMES[one], clause=CLAUSES[one]) for one in lacking]


class StandingView(Shape):
    """What a unit's entry lacks; nothing: it is complete."""

    code: str = Field(examples=["SW"])
    name: str = Field(examples=["市水务局"])
    division: str | None = Field(examples=["431000"])
    lacks: list[LackView]

    @classmethod
    def of(cls, one: Standing) -> "StandingView":
        return cls(code=one.code, name=one.name, division=one.division, lacks=lacks_of(one.lacks))


class Standings(Shape):
    """Units by code; `complete` of `total` lack nothing."""

    total: int = Field(examples=[44])
    complete: int = Field(examples=[12])
    items: list[StandingView]


class PurposeQuery(Given):
    """Why names and numbers are wanted in full."""

    purpose: Purpose = Field(examples=["联系经办人"])


class StandingQuery(Given):
    """Which units. `division`: of one place; `all` false leaves out the complete ones."""

    division: Place | Literal[""] = Field("", examples=["431021"])
    all: bool = Field(False, examples=[False])


class ChangeQuery(Given):
    """Which changes. `purpose`: says why names and numbers are wanted in full; the look is kept."""

    unit: str = Field("", max_length=64, examples=["SW"])
    what: What | Literal[""] = Field("", examples=["handler"])
    since: Instant | None = Field(None, alias="from", examples=["2026-11-01T00:00:00+08:00"])
    until: Instant | None = Field(None, examples=["2026-11-30T00:00:00+08:00"])
    purpose: Purpose | Literal[""] = Field("", examples=["核对人员变动"])
    limit: int = Field(50, ge=1, le=200, examples=[20])
    offset: int = Field(0, ge=0, le=1_000_000, examples=[0])


class ChangeView(Shape):
    """One change of an entry. `before`, `after`: in words where a purpose was given, else null."""

    id: str = Field(examples=["chg_01KB3V5M2R8Q4T6W9Y0A"])
    unit_code: str = Field(examples=["SW"])
    at: datetime = Field(examples=["2026-11-20T02:00:00Z"])
    by: str = Field(examples=["user_01KB3V5M2R8Q4T6W9Y0A"])
    what: str = Field(examples=["handler"])
    action: str = Field(examples=["changed"])
    before: str | None = Field(examples=["经办人 张三"])
    after: str | None = Field(examples=["经办人 李四"])
    why: str = Field(examples=["经办人调离"])

    @classmethod
    def of(cls, row: Any, full: bool) -> "ChangeView":
        view = cls.model_validate(row)
        return view if full else view.model_copy(update={"before": None, "after": None})


class Changes(Page):
    """One page of changes, newest first."""

    items: list[ChangeView]


class DivisionView(Shape):
    """行政区划: a place."""

    code: str = Field(examples=["431021"])
    name: str = Field(examples=["桂阳县"])
    level: Level = Field(examples=["county"])
    parent: str | None = Field(examples=["431000"])
    source: str = Field(examples=["GB/T 2260 中华人民共和国行政区划代码"])


class Divisions(Shape):
    """Places from the top down. `home`: whose hotline this is."""

    home: str = Field(examples=["431000"])
    items: list[DivisionView]

    @classmethod
    def of(cls, home: str, found: list[Division]) -> "Divisions":
        return cls(home=home, items=[DivisionView.model_validate(one) for one in found])


class DivisionQuery(Given):
    """Which places: of one level, and only those in `within` (and itself)."""

    level: Level | Literal[""] = Field("", examples=["county"])
    within: Place | Literal[""] = Field("", examples=["431000"])
