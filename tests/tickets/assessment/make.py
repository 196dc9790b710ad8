"""Facts that tests score: a unit's tickets step by step, with readable ids."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.policy import Policy
from tests.tickets.desk import at, under
from tickets.assessment.fact import Fact, Period, period
from tickets.assessment.sheet import Sheet, sheet

SW = "SW"
OCTOBER = period("2026-10")
CLOSED = at("2026-11-10T09:00")
"""When the October sheets are made."""
KEPT = (
    Fact("reg_1", at("2026-01-05T09:00"), SW, "register", data={"chief": True, "leader": True, "section": True, "handlers": 2}),
    Fact("doc_1", at("2026-01-05T09:00"), SW, "rules_document"),
    Fact("doc_2", at("2026-01-05T09:00"), SW, "procedure_document"),
)  # fmt: skip
"""What a unit that has its house in order has."""


class Story:
    """One ticket at a unit, told in steps; ids are `ticket.n`."""

    def __init__(self, ticket: str, unit: str = SW) -> None:
        self.ticket, self.unit = ticket, unit
        self.facts: list[Fact] = []

    def then(self, when: str | datetime, kind: str, **data: Any) -> "Story":
        moment = at(when) if isinstance(when, str) else when
        name = f"{self.ticket}.{len(self.facts) + 1}"
        given = {
            key: at(value).isoformat() if key.endswith("due") and value else value
            for key, value in data.items()
        }
        self.facts.append(Fact(name, moment, self.unit, kind, self.ticket, given, len(self.facts)))
        return self


def told(
    ticket: str = "T1", *, sent: str = "2026-10-12T09:00", due: str = "2026-10-16T00:00", **data: Any
) -> Story:
    """A help ticket sent on Monday 12 October: to be signed by 10:00, settled by the 15th 24:00."""
    sign_due = data.pop("sign_due", at(sent).replace(hour=at(sent).hour + 1).strftime("%Y-%m-%dT%H:%M"))
    return Story(ticket).then(sent, "dispatch", due=due, sign_due=sign_due, **data)


def well_done(ticket: str = "T1", grade: str = "satisfied", **data: Any) -> Story:
    """Signed, answered, closed and graded as it should be."""
    story = told(ticket, **data).then("2026-10-12T09:30", "sign").then("2026-10-13T09:00", "reply")
    story.then("2026-10-13T10:00", "resolve")
    return story.then("2026-10-14T09:00", "grade", grade=grade) if grade else story


def again(ticket: str = "T9", of: str = "T1", when: str = "2026-10-20T09:00", **said: Any) -> Fact:
    """`ticket` raises the matter of `of`, a ticket of SW, again."""
    data = {"of": of, "count": 1, "way": "take", "confirmed": True} | said
    return Fact(f"{ticket}.again{len(said)}", at(when), SW, "repeat", ticket, data)


def one(kind: str, when: str = "2026-10-20T10:00", name: str = "f1", unit: str = SW, **data: Any) -> Fact:
    """A fact that is about no ticket."""
    return Fact(name, at(when), unit, kind, data=data)


def scored(
    facts: Iterable[Fact | Story], span: Period | str = OCTOBER, policy: Policy | None = None, as_of: datetime = CLOSED,
    switches: str = "", kept: bool = True,
) -> Sheet:  # fmt: skip
    """Yanji's sheet of SW."""
    flat = [fact for item in facts for fact in (item.facts if isinstance(item, Story) else [item])]
    chosen = policy or (under("yanji", switches) if switches else under("yanji"))
    when = period(span) if isinstance(span, str) else span
    return sheet([*flat, *(KEPT if kept else ())], chosen, when, SW, as_of, "市水务局")


def points(found: Sheet) -> dict[str, str]:
    """Item -> points, of those that are not full."""
    return {item.name: str(item.points) for item in found.items if item.points != item.full}


def with_urging(value: str = "2.5") -> Policy:
    """Yanji, with a tariff for 催办督办 that its hotline office set."""
    raw = under("yanji").model_dump(mode="json", by_alias=True)
    raw["assessment"]["urging_each"] = {
        "value": value,
        "clause": "002 附五(二)",
        "note": "市热线管理办公室定",
    }
    return Policy.model_validate(raw)
