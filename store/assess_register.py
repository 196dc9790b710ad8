"""The unit register as facts that units are scored by (002 附一): how it stood at the end of a period and of every one inside it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Unit, UnitChange, UnitPerson
from tickets.assessment.fact import Fact, Period


async def register(session: AsyncSession, span: Period, as_of: datetime) -> list[Fact]:
    """Each unit's leaders, section and handlers at the end of each part, or `as_of` before it, proven by the last change.

    How it stood unchanged from one part to the next is one fact.
    """
    people = select(UnitPerson.unit_code, UnitPerson.duty, UnitPerson.since, UnitPerson.until)
    changes = select(
        UnitChange.unit_code,
        UnitChange.id,
        UnitChange.what,
        UnitChange.before,
        UnitChange.after,
        UnitChange.at,
    )
    serve = _by_unit((await session.execute(people)).all())
    changed = _by_unit((await session.execute(changes.order_by(UnitChange.at, UnitChange.id))).all())
    moments = sorted({min(as_of, part.end) for part in span.within if part.start < as_of})
    units = await session.execute(select(Unit.code, Unit.section).where(Unit.active.is_(True)))
    return [
        _stood(code, section, serve.get(code, ()), changed.get(code, ()), moment, span.start)
        for code, section in units
        for moment in moments
    ]


def _by_unit(rows: Sequence[Any]) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.unit_code, []).append(row)
    return found


def _stood(
    code: str,
    section: str | None,
    people: Sequence[Any],
    changes: Sequence[Any],
    moment: datetime,
    start: datetime,
) -> Fact:
    held = [one.duty for one in people if one.since < moment and (one.until is None or one.until >= moment)]
    last = next((one for one in reversed(changes) if one.at < moment), None)
    data = {
        "leader": "leader" in held,
        "section": bool(_section(section, changes, moment)),
        "handlers": held.count("handler"),
    }
    name, at = (last.id, last.at) if last else (f"register:{code}", start)
    return Fact(name, at, code, "register", data=data)


def _section(now: str | None, changes: Sequence[Any], moment: datetime) -> str | None:
    """What the last change before that moment made it; before its first change it was what that change replaced."""
    moves = [one for one in changes if one.what == "section"]
    before: Iterator[str | None] = (one.after for one in reversed(moves) if one.at < moment)
    return next(before, moves[0].before if moves else now)
