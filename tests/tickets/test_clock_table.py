"""Deadlines worked out by hand or from lists (deadlines.tsv), and any other against an oracle that works another way.

The table's days mean their 24:00; `-` means the clause gives none; an empty cell is not looked at. Each row cites its clause and
says how it was derived.
"""

import csv
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.policy_parts import StageName, TicketType
from core.policy_switches import ClockSwitches
from core.policy_switches import readings as readings_of
from tests.tickets.desk import CALENDAR, pairs, under
from tests.tickets.oracle import Question, answer
from tickets.clock import CHINA
from tickets.explain import Explanation, explain

pytestmark = pytest.mark.unit
steady = settings(deadline=None)  # a busy machine is no failure
TABLE = Path(__file__).parent / "deadlines.tsv"
with TABLE.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
UNPUBLISHED = datetime(2027, 1, 1, tzinfo=CHINA)


def ask(
    profile: str, stage: Any, type: Any, start: datetime, flags: str = "", switches: str = ""
) -> Explanation:
    return explain(
        under(profile, switches),
        stage,
        type,
        start,
        calendar=CALENDAR,
        multi_unit="--multi-unit" in flags,
        on_site="--on-site" in flags,
        complex="--complex" in flags,
    )


def moment(text: str) -> datetime:
    """Without an offset on China's clock."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def end_of(text: str) -> datetime | None:
    """A day means its 24:00; `-` none."""
    if text == "-":
        return None
    return moment(text) if "T" in text else moment(text) + timedelta(days=1)


def name_of(row: dict[str, str]) -> str:
    return " ".join(
        row[key]
        for key in ("clause", "profile", "switches", "stage", "type", "filed_at", "flags")
        if row[key]
    )


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_deadline_is_the_one_worked_out_beforehand(row: dict[str, str]) -> None:
    start = moment(row["filed_at"])
    found = ask(row["profile"], row["stage"], row["type"], start, row["flags"], row["switches"])
    assert found.due == end_of(row["due"])
    if row["cards"]:
        expected = () if row["cards"] == "-" else tuple(end_of(day) for day in row["cards"].split())
        assert tuple(card.at for card in found.cards) == expected
        assert [card.colour for card in found.cards] == ["warning", "yellow", "red"][: len(expected)]
    if row["deemed"]:
        assert found.deemed_accepted_at == end_of(row["deemed"])
    assert row["clause"] in found.clauses


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_the_oracle_finds_what_was_worked_out_by_hand(row: dict[str, str]) -> None:
    """Rows by hand and the oracle check each other; a slip in either shows here."""
    found = answer(
        Question(
            row["profile"],
            row["stage"],
            row["type"],
            moment(row["filed_at"]),
            row["flags"],
            pairs(row["switches"]),
        )
    )
    assert found.due == end_of(row["due"])
    if row["cards"] not in ("", "-"):
        assert found.cards == tuple(end_of(day) for day in row["cards"].split())
    if row["deemed"]:
        assert found.deemed == end_of(row["deemed"])


def test_the_table_covers_every_clause_year_and_both_readings_of_every_switch_that_moves_a_moment() -> None:
    assert len(ROWS) >= 200
    assert len({name_of(row) for row in ROWS}) == len(ROWS)
    assert all(row["derived"] for row in ROWS)
    readings = {pair for row in ROWS for pair in row["switches"].split()}
    elsewhere = {
        "handle_clock",
        "extension_ask",
        "extension_short_term",
        "rejected_clock",
    }  # need a ticket: test_lifecycle, test_extension
    for name in ClockSwitches.model_fields.keys() - elsewhere:
        assert {f"{name}={value}" for value in readings_of(name)} <= readings
    assert {"2024", "2025", "2026", "2027"} <= {row["due"][:4] for row in ROWS}


starts = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2028, 9, 30),  # noqa: DTZ001
    timezones=st.just(CHINA),
).map(lambda at: at.replace(second=0, microsecond=0))
types = st.sampled_from(["consult", "help", "complaint", "report", "suggestion", "economic"])
stages = st.sampled_from(["dispatch", "sign", "return", "handle", "supervise", "redo"])
flags = st.sampled_from(["", "--multi-unit", "--on-site", "--complex"])
readings = st.fixed_dictionaries(
    {},
    optional={
        "term_ends": st.sampled_from(["24:00", "close_of_business"]),
        "hour_terms": st.sampled_from(["7x24", "office_hours"]),
        "days": st.sampled_from(["calendar", "working"]),
        "economic": st.sampled_from(["own_term", "as_report"]),
        "card_moment": st.sampled_from(["end_of_day", "n_times_24h"]),
        "cards_after_deemed": st.sampled_from(["run", "stop"]),
    },
)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(["heyuan", "yanji"]), stages, types, starts, flags, readings)
def test_any_deadline_is_the_oracles(
    profile: str, stage: StageName, type: TicketType, start: datetime, flags: str, read: dict[str, str]
) -> None:
    if profile == "yanji":  # it knows neither cards nor deemed acceptance: the switch would be refused
        read.pop("cards_after_deemed", None)
    switches = " ".join(f"{name}={value}" for name, value in read.items())
    found = ask(profile, stage, type, start, flags, switches)
    expected = answer(Question(profile, stage, type, start, flags, read))
    assert found.due == expected.due
    assert tuple(card.at for card in found.cards) == expected.cards
    assert found.deemed_accepted_at == expected.deemed


@steady
@given(st.sampled_from(["heyuan", "yanji", "demo"]), stages, types, starts)
def test_a_deadline_is_provisional_exactly_where_it_needs_an_unpublished_year(
    profile: str, stage: StageName, type: TicketType, start: datetime
) -> None:
    found = ask(profile, stage, type, start)
    ends = [end for end in (found.due, found.deemed_accepted_at, *(card.at for card in found.cards)) if end]
    counted = not (profile == "yanji" and stage == "sign")  # hours run through the night and the holidays
    assert found.provisional == (counted and any(end > UNPUBLISHED for end in ends))


SILENT = [
    ("yanji", "dispatch", "help"),
    ("yanji", "handle", "economic"),
    ("yanji", "supervise", "help"),
    ("yanji", "redo", "complaint"),
    *((city, stage, "help") for city in ("henan", "chenzhou", "jiayuguan") for stage in ("dispatch", "sign", "return", "handle", "supervise", "redo")),
]  # fmt: skip


@pytest.mark.parametrize(("profile", "stage", "type"), SILENT)
def test_a_silent_policy_invents_no_deadline(profile: str, stage: StageName, type: TicketType) -> None:
    found = ask(profile, stage, type, moment("2026-11-10T10:00"))
    assert (found.due, found.cards, found.steps, found.silent) == (None, (), (), True)


@pytest.mark.parametrize(
    ("profile", "stage", "clause"),
    [("henan", "handle", "000 三(四)"), ("henan", "return", "000 三(五)"), ("chenzhou", "dispatch", "003 二.4"),
     ("chenzhou", "handle", "003 一"), ("jiayuguan", "handle", "004 一"), ("jiayuguan", "supervise", "004 二.3"),
     ("yanji", "supervise", "002 11"), ("henan", "redo", "000 三(五)")],
)  # fmt: skip
def test_where_a_clause_speaks_of_a_limit_and_gives_none_it_is_cited(
    profile: str, stage: StageName, clause: str
) -> None:
    found = ask(profile, stage, "help", moment("2026-11-10T10:00"))
    assert (found.silent, found.clauses) == (True, (clause,))


def test_the_usual_date_of_help_stands_beside_the_latest() -> None:
    found = ask("heyuan", "handle", "help", moment("2026-09-30T10:00"))
    assert (found.usual, found.latest) == (end_of("2026-10-10"), end_of("2026-10-13"))
    assert found.due == found.latest


def test_demo_rules_as_its_parent_where_it_says_nothing() -> None:
    for stage in ("dispatch", "handle", "sign"):
        start = moment("2026-09-30T10:00")
        one, other = ask("demo", stage, "help", start), ask("heyuan", stage, "help", start)
        assert (one.due, one.cards) == (other.due, other.cards)
