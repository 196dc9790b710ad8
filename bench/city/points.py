"""Assessment from the year's events: scored twice, from facts read anew and in another order, it comes out the same to the half point;
and what Yanji counts by cases is counted again from what people did."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import select

from bench.city.checks import Report
from bench.city.people import CODES, Done
from bench.city.year import Year
from store import assess_facts
from store.tables import EventRow
from tickets.assessment.compare import changed
from tickets.assessment.fact import EVERYBODY, Fact, Period, period
from tickets.assessment.sheet import sheet

PERIODS = ("2026-02", "2026-05", "2026-09", "2026-11", "2026-Q3", "2026")
_HOUR = timedelta(hours=1)
_MOMENT = timedelta(microseconds=1)
"""A term that is over at 00:00 ended with the day before."""


async def scored(year: Year, end: datetime, report: Report, periods: tuple[str, ...] = PERIODS) -> None:
    """Every unit's sheet of these periods; a city whose rules name no way of scoring has none."""
    rules = year.floor.policy.assessment
    if rules is None or not rules.schemes:
        return
    for span in map(period, periods):
        first, again = await _facts(year, span, end), await _facts(year, span, end)
        dice = Random(f"{year.seed}/{span.name}")
        for unit in CODES:
            one = _sheet(year, first, span, unit, end)
            mixed = [*again.get(unit, []), *again[EVERYBODY]]
            dice.shuffle(mixed)
            other = sheet(mixed, year.floor.policy, span, unit, end).as_json()
            report.seen["sheets"] += 1
            if changed(one, other) or one["facts_hash"] != other["facts_hash"]:
                report.fault("a sheet that comes out otherwise", f"{unit} {span.name} {changed(one, other)}")
            _adds_up(one, span, report)
            if year.floor.policy.name == "yanji" and span.kind == "month":
                _counted(year, one, unit, span, end, report)
        await _proven(year, [_sheet(year, first, span, unit, end) for unit in CODES[:20]], report)


async def _facts(year: Year, span: Period, end: datetime) -> dict[str, list[Fact]]:
    async with year.floor.database.reading() as session:
        return await assess_facts.gathered(session, year.floor.policy, year.floor.calendar, span, end)


def _sheet(
    year: Year, facts: dict[str, list[Fact]], span: Period, unit: str, end: datetime
) -> dict[str, Any]:
    return sheet([*facts.get(unit, []), *facts[EVERYBODY]], year.floor.policy, span, unit, end).as_json()


def _adds_up(one: dict[str, Any], span: Period, report: Report) -> None:
    """Each line of a month is its full points less its cases, never below nothing."""
    for item in one["items"] if span.kind == "month" else ():
        cases = [Decimal(case["points"]) for case in item["changes"] if not case["excused"]]
        report.seen["half points"] += int(-sum(case for case in cases if case < 0) * 2)
        if not cases or not item["configured"] or item["item"] in ("satisfaction", "service"):
            continue
        if Decimal(item["points"]) != max(Decimal(item["full"]) + sum(cases), Decimal(0)):
            report.fault(
                "a line that does not add up",
                f"{one['unit']} {span.name} {item['item']} {item['points']} {cases}",
            )


def _counted(year: Year, one: dict[str, Any], unit: str, span: Period, end: datetime, report: Report) -> None:
    """Signed after the hour (附五(一)1), sent back for redoing (附五(一)7) and received (转办件), counted from the deeds."""
    late, redone, received = set[str](), set[str](), set[str]()
    for ticket, done in year.done.items():
        relation = done[0].facts.get("relation")
        if relation == "supervision":
            continue
        if relation not in ("assist", "descent") and any(
            _sent_to(deed) == unit and span.holds(deed.at) and deed.at <= end for deed in done
        ):
            received.add(ticket)
        for due, acted in _rounds(done, unit, redone, span, ticket):
            if span.holds(due - _MOMENT) and due <= end and (acted is None or acted >= due):
                late.add(ticket)
    items = {item["item"]: item["changes"] for item in one["items"]}
    if {case["subject"] for case in items["sign"]} != late:
        said = {case["subject"] for case in items["sign"]}
        report.fault(
            "late signing counted otherwise",
            f"{unit} {span.name} only sheet {said - late} only deeds {late - said}",
        )
    if {case["subject"] for case in items["redo"]} != redone:
        report.fault("sent back counted otherwise", f"{unit} {span.name} {len(items['redo'])} {len(redone)}")
    told = next(tally["count"] for tally in one["tallies"] if tally["name"] == "forwarded")
    if told != len(received):
        report.fault("received counted otherwise", f"{unit} {span.name} {told} {len(received)}")


def _sent_to(deed: Done) -> str | None:
    """The unit that this deed brought the ticket to."""
    sent = deed.action in ("dispatch", "decide") or (
        deed.action == "raise" and deed.facts["exit"] == "dispatch"
    )
    return deed.facts["unit"] if sent else None


def _rounds(
    done: list[Done], unit: str, redone: set[str], span: Period, ticket: str
) -> Iterator[tuple[datetime, datetime | None]]:
    """When the unit had to sign, and when it first did something, for each time the ticket came to it."""
    due: datetime | None = None
    holder: str | None = None
    for deed in done:
        if due is not None and deed.action in (
            "sign",
            "return",
            "reply",
            "withdraw",
            "merge",
            "dispatch",
            "decide",
        ):
            yield due, deed.at
            due = None
        if (to := _sent_to(deed)) is not None:
            holder = to
            due = deed.at + _HOUR if holder == unit else None
        if deed.action == "return":
            holder = None
        if deed.action == "redo" and holder == unit and span.holds(deed.at):
            redone.add(ticket)
    if due is not None:
        yield due, None


async def _proven(year: Year, sheets: list[dict[str, Any]], report: Report) -> None:
    """The events named beside each case are in the record."""
    named = {
        event
        for one in sheets
        for item in one["items"]
        for case in item["changes"]
        for event in case["events"]
        if event.startswith("ev_")
    }
    ids, found = sorted(named), set[str]()
    async with year.floor.database.reading() as session:
        for start in range(0, len(ids), 500):
            found |= set(
                await session.scalars(select(EventRow.id).where(EventRow.id.in_(ids[start : start + 500])))
            )
    report.seen["proofs"] += len(ids)
    if named - found:
        report.fault("a case without its event", f"{sorted(named - found)[:3]}")
