"""敏感、突发事项: which words mark a matter, who is told at which level of response, as data; and what is said of it. Pure.

Source: Henan 三(八) (重大敏感性问题……及时向上级报告), 三(四), 二(五) (等级响应机制); Yanji 13, 17; Chenzhou 二.4 (E5, F11).
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, ValidationError, model_validator

from core import yaml_text
from core.errors import BadInput
from core.events import Event
from core.policy_parts import Clause, Frozen

Told = Literal["office", "superior", "duty_room"]
By = Literal["voice", "sms"]
LevelNumber = Annotated[int, Field(ge=1, le=9)]
Phrase = Annotated[str, Field(min_length=2, max_length=40)]
TOLD_NAMES: dict[Told, str] = {"office": "热线办值班", "superior": "上级", "duty_room": "承办单位值班室"}


class BadAlerts(BadInput):
    """A file of sensitive words cannot be used; the text names file, line and reason."""

    code = "bad_alerts"


class Level(Frozen):
    """How a level is answered: who is told, by what."""

    name: str = Field(min_length=1, max_length=20)
    tell: tuple[Told, ...] = Field(min_length=1)
    by: tuple[By, ...] = Field(min_length=1)
    clause: Clause


class Urgent(Frozen):
    """Of which level an urgent matter is."""

    level: LevelNumber
    clause: Clause
    words: str = ""


class Category(Frozen):
    """A kind of sensitive matter and the phrases that mark it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    name: str = Field(min_length=1, max_length=20)
    level: LevelNumber
    clause: Clause
    words: tuple[Phrase, ...] = Field(min_length=1)


class Alerts(Frozen):
    """The whole file. `levels`: number -> answer, the lowest number the gravest; `idioms`: what marks nothing."""

    documents: dict[str, str]
    levels: dict[LevelNumber, Level] = Field(min_length=1)
    urgent: Urgent
    idioms: tuple[Phrase, ...] = Field((), alias="not")
    categories: tuple[Category, ...]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Errors begin with the path they are about."""
        if self.urgent.level not in self.levels:
            raise ValueError(f"urgent.level: no level {self.urgent.level}")
        seen = set[str]()
        for n, one in enumerate(self.categories):
            if one.id in seen:
                raise ValueError(f"categories.{n}.id: {one.id!r} stands twice")
            seen.add(one.id)
            if one.level not in self.levels:
                raise ValueError(f"categories.{n}.level: no level {one.level}")
        cited = [
            ("urgent", self.urgent.clause),
            *((f"categories.{n}", one.clause) for n, one in enumerate(self.categories)),
        ]
        for where, clause in [*cited, *((f"levels.{n}", one.clause) for n, one in self.levels.items())]:
            if clause.split(" ")[0] not in self.documents:
                raise ValueError(
                    f"{where}.clause: {clause!r} cites a document that `documents` does not name"
                )
        return self


@dataclass(frozen=True, slots=True)
class Sensitive(Event):
    """A filed matter is sensitive: which kinds, how grave; the citizen's words stay in the ticket."""

    name: ClassVar[str] = "ticket.sensitive"
    ticket_id: str
    unit: str | None
    categories: tuple[str, ...]
    level: int


@dataclass(frozen=True, slots=True)
class DutyRoomTold(Event):
    """An urgent matter went to a duty room at once: whose, and how many of its telephones are rung and texted.

    joined: the number of the urgent ticket that went into this one, '' where it is urgent by itself.
    """

    name: ClassVar[str] = "ticket.urgent"
    ticket_id: str
    unit: str | None
    duty_unit: str | None
    level: int
    phones: int
    joined: str = ""


def parse_alerts(text: str, source: str) -> Alerts:
    """One file. Raises BadAlerts naming file, line and reason."""
    found = yaml_text.read(text, source, BadAlerts, "a file of sensitive words")
    try:
        return Alerts.model_validate(found.raw)
    except ValidationError as error:
        raise BadAlerts("; ".join(found.reasons(error, "alerts"))) from error
