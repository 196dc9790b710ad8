"""Deadlines worked out by hand on the printed calendar; each row cites the clause it serves.

State Council notice for 2026: off 1-3 Jan (4 Jan worked), 15-23 Feb (14 and 28 Feb worked), 4-6 Apr, 1-5 May (9 May worked),
19-21 Jun, 25-27 Sep, 1-7 Oct (20 Sep and 10 Oct worked). 2027 is not published: weekends and statutory holidays only.
"""

from datetime import datetime, timedelta

import pytest

from app.policies import load, load_calendar
from core.policy_parts import StageName, TicketType
from tickets.clock import CHINA
from tickets.explain import Explanation, explain

pytestmark = pytest.mark.unit
CALENDAR = load_calendar()
PROVISIONAL = "provisional"

ROWS: list[tuple[str, str, str, str, str, str, str]] = [
    # clause, profile, stage, type, clock starts, flags, due (day 24:00 unless a time is given)
    ("001 9", "heyuan", "dispatch", "help", "2026-11-09T10:00", "", "2026-11-10"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-09T00:00", "", "2026-11-10"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-13T17:59", "", "2026-11-16"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-14T09:00", "", "2026-11-16"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-15T23:59", "", "2026-11-16"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-30T10:00", "", "2026-10-08"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-18T10:00", "", "2026-09-20"),
    ("001 9", "heyuan", "dispatch", "help", "2026-10-09T10:00", "", "2026-10-10"),
    ("001 9", "heyuan", "dispatch", "help", "2026-10-10T10:00", "", "2026-10-12"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-24T10:00", "", "2026-09-28"),
    ("001 9", "heyuan", "dispatch", "help", "2026-02-13T10:00", "", "2026-02-14"),
    ("001 9", "heyuan", "dispatch", "help", "2026-02-14T10:00", "", "2026-02-24"),
    ("001 9", "heyuan", "dispatch", "help", "2026-02-17T10:00", "", "2026-02-24"),
    ("001 9", "heyuan", "dispatch", "help", "2026-02-27T10:00", "", "2026-02-28"),
    ("001 9", "heyuan", "dispatch", "help", "2026-04-30T10:00", "", "2026-05-06"),
    ("001 9", "heyuan", "dispatch", "help", "2026-05-08T10:00", "", "2026-05-09"),
    ("001 9", "heyuan", "dispatch", "help", "2026-04-03T10:00", "", "2026-04-07"),
    ("001 9", "heyuan", "dispatch", "help", "2026-06-18T10:00", "", "2026-06-22"),
    ("001 9", "heyuan", "dispatch", "help", "2025-12-31T10:00", "", "2026-01-04"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-09T16:30+00:00", "", "2026-11-11"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-09T15:59+00:00", "", "2026-11-10"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-09T23:30-05:00", "", "2026-11-11"),
    ("001 9", "heyuan", "dispatch", "help", "2026-12-31T10:00", PROVISIONAL, "2027-01-04"),
    ("001 9", "heyuan", "dispatch", "help", "2027-02-04T10:00", PROVISIONAL, "2027-02-09"),
    ("001 9", "heyuan", "dispatch", "help", "2027-04-02T10:00", PROVISIONAL, "2027-04-06"),
    ("001 9", "heyuan", "dispatch", "help", "2027-04-30T10:00", PROVISIONAL, "2027-05-03"),
    ("001 9", "heyuan", "dispatch", "help", "2027-06-08T10:00", PROVISIONAL, "2027-06-10"),
    ("001 9", "heyuan", "dispatch", "help", "2027-09-14T10:00", PROVISIONAL, "2027-09-16"),
    ("001 9", "heyuan", "dispatch", "help", "2027-09-30T10:00", PROVISIONAL, "2027-10-04"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-09T10:00", "--multi-unit", "2026-11-11"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-12T10:00", "--multi-unit", "2026-11-16"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-13T10:00", "--multi-unit", "2026-11-16"),
    ("001 9", "heyuan", "dispatch", "help", "2026-11-14T10:00", "--multi-unit", "2026-11-16"),
    ("001 9", "heyuan", "dispatch", "help", "2026-10-08T10:00", "--multi-unit", "2026-10-10"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-28T10:00", "--multi-unit", "2026-09-30"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-29T10:00", "--multi-unit", "2026-10-08"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-30T10:00", "--multi-unit", "2026-10-08"),
    ("001 9", "heyuan", "dispatch", "help", "2026-09-18T10:00", "--multi-unit", "2026-09-20"),
    ("001 9", "heyuan", "dispatch", "help", "2026-02-12T10:00", "--multi-unit", "2026-02-14"),
    ("001 9", "heyuan", "dispatch", "help", "2026-02-13T10:00", "--multi-unit", "2026-02-24"),
    ("001 9", "heyuan", "dispatch", "help", "2026-12-30T10:00", f"--multi-unit {PROVISIONAL}", "2027-01-04"),
    ("001 10(一)", "heyuan", "return", "help", "2026-11-10T10:00", "", "2026-11-11"),
    ("001 10(一)", "heyuan", "return", "help", "2026-10-03T10:00", "", "2026-10-08"),
    ("001 10(一)", "heyuan", "return", "help", "2026-10-03T10:00", "--on-site", "2026-10-08"),
    ("001 10(二)", "heyuan", "handle", "consult", "2026-09-18T10:00", "", "2026-09-21"),
    ("001 10(二)", "heyuan", "handle", "consult", "2026-11-12T10:00", "", "2026-11-16"),
    ("001 10(二)", "heyuan", "handle", "consult", "2026-12-28T10:00", "", "2026-12-30"),
    ("001 10(三)", "heyuan", "handle", "help", "2026-09-30T10:00", "", "2026-10-13"),
    ("001 10(三)", "heyuan", "handle", "help", "2026-09-21T10:00", "", "2026-09-29"),
    ("001 10(三)", "heyuan", "handle", "help", "2026-04-27T10:00", "", "2026-05-07"),
    ("001 10(三)", "heyuan", "handle", "help", "2026-05-06T10:00", "", "2026-05-12"),
    ("001 10(三)", "heyuan", "handle", "help", "2026-02-12T10:00", "", "2026-02-26"),
    ("001 10(四)", "heyuan", "handle", "complaint", "2026-09-30T10:00", "", "2026-10-20"),
    ("001 10(四)", "heyuan", "handle", "complaint", "2026-09-14T10:00", "", "2026-09-28"),
    ("001 10(四)", "heyuan", "handle", "report", "2026-02-12T10:00", "", "2026-03-04"),
    ("001 10(四)", "heyuan", "handle", "complaint", "2026-06-08T10:00", "", "2026-06-23"),
    ("001 10(四)", "heyuan", "handle", "suggestion", "2026-12-28T10:00", PROVISIONAL, "2027-01-12"),
    ("001 17(二)4", "heyuan", "handle", "economic", "2026-09-01T10:00", "", "2026-10-19"),
    ("001 17(二)4", "heyuan", "handle", "economic", "2026-01-26T10:00", "", "2026-03-13"),
    ("001 18", "heyuan", "supervise", "help", "2026-10-09T10:00", "", "2026-10-12"),
    ("001 18", "heyuan", "supervise", "help", "2026-09-30T10:00", "", "2026-10-09"),
    ("001 18", "heyuan", "supervise", "consult", "2026-02-13T10:00", "", "2026-02-24"),
    ("001 15", "heyuan", "redo", "help", "2026-09-30T10:00", "", "2026-10-13"),
    ("001 15", "heyuan", "redo", "consult", "2026-09-18T10:00", "", "2026-09-21"),
    ("001 15", "heyuan", "redo", "complaint", "2026-09-14T10:00", "", "2026-09-28"),
    ("002 附五(一)1", "yanji", "sign", "help", "2026-09-30T23:30", "", "2026-10-01T00:30"),
    ("002 附五(一)1", "yanji", "sign", "help", "2026-10-03T10:00", "", "2026-10-03T11:00"),
    ("002 附五(一)1", "yanji", "sign", "help", "2026-12-31T23:00", "", "2026-12-31"),
    ("002 附五(一)1", "yanji", "sign", "help", "2026-11-09T01:15:30+00:00", "", "2026-11-09T10:15:30"),
    ("002 附五(一)2", "yanji", "return", "help", "2026-09-18T10:00", "", "2026-09-20"),
    ("002 附五(一)2", "yanji", "return", "help", "2026-09-18T10:00", "--on-site", "2026-09-21"),
    ("002 附五(一)2", "yanji", "return", "help", "2026-09-30T10:00", "--on-site", "2026-10-09"),
    ("002 附五(一)2", "yanji", "return", "help", "2026-02-14T10:00", "", "2026-02-24"),
    ("002 附五(一)2", "yanji", "return", "help", "2026-02-14T10:00", "--on-site", "2026-02-25"),
    ("002 附五(一)3", "yanji", "handle", "consult", "2026-11-09T10:00", "", "2026-11-10"),
    ("002 附五(一)3", "yanji", "handle", "consult", "2026-05-08T10:00", "", "2026-05-09"),
    ("002 附五(一)3", "yanji", "handle", "help", "2026-09-30T10:00", "", "2026-10-10"),
    ("002 附五(一)3", "yanji", "handle", "help", "2026-04-02T10:00", "", "2026-04-08"),
    ("002 附五(一)3", "yanji", "handle", "complaint", "2026-05-08T10:00", "", "2026-05-12"),
    ("002 附五(一)3", "yanji", "handle", "suggestion", "2026-06-16T10:00", "", "2026-06-22"),
    ("002 附五(一)3", "yanji", "handle", "report", "2026-12-31T10:00", PROVISIONAL, "2027-01-06"),
    ("001 9", "demo", "dispatch", "help", "2026-09-30T10:00", "", "2026-10-08"),
    ("001 10(三)", "demo", "handle", "help", "2026-09-30T10:00", "", "2026-10-13"),
]  # fmt: skip

CARDS: list[tuple[str, str, str, str, tuple[str, str, str]]] = [
    # clause, stage, type, clock starts, (warning, yellow, red) each at 24:00
    ("001 17(一)", "sign", "help", "2026-10-03T10:00", ("2026-10-08", "2026-10-09", "2026-10-10")),
    ("001 17(一)", "sign", "consult", "2026-02-13T10:00", ("2026-02-14", "2026-02-24", "2026-02-25")),
    ("001 17(一)", "sign", "report", "2026-11-13T10:00", ("2026-11-16", "2026-11-17", "2026-11-18")),
    ("001 17(二)1", "handle", "consult", "2026-09-18T10:00", ("2026-09-20", "2026-09-21", "2026-09-22")),
    ("001 17(二)2", "handle", "help", "2026-09-30T10:00", ("2026-10-09", "2026-10-13", "2026-10-14")),
    ("001 17(二)3", "handle", "complaint", "2026-09-30T10:00", ("2026-10-19", "2026-10-20", "2026-10-21")),
    ("001 17(二)3", "handle", "report", "2026-02-12T10:00", ("2026-03-03", "2026-03-04", "2026-03-05")),
    ("001 17(二)3", "handle", "suggestion", "2026-12-28T10:00", ("2027-01-11", "2027-01-12", "2027-01-13")),
    ("001 17(二)4", "handle", "economic", "2026-09-01T10:00", ("2026-10-16", "2026-10-19", "2026-10-20")),
    ("001 15", "redo", "help", "2026-09-30T10:00", ("2026-10-09", "2026-10-13", "2026-10-14")),
]  # fmt: skip

DEEMED = [
    ("2026-11-10T10:00", "2026-11-11"),
    ("2026-11-13T10:00", "2026-11-16"),
    ("2026-09-30T10:00", "2026-10-08"),
    ("2026-10-09T10:00", "2026-10-10"),
    ("2026-02-14T10:00", "2026-02-24"),
]

SILENT = [
    ("yanji", "dispatch", "help"),
    ("yanji", "handle", "economic"),
    ("yanji", "supervise", "help"),
    ("yanji", "redo", "complaint"),
]


def ask(profile: str, stage: StageName, type: TicketType, start: str, flags: str = "") -> Explanation:
    at = datetime.fromisoformat(start)
    return explain(
        load(profile),
        stage,
        type,
        at if at.tzinfo else at.replace(tzinfo=CHINA),
        calendar=CALENDAR,
        multi_unit="--multi-unit" in flags,
        on_site="--on-site" in flags,
    )


def end_of(text: str) -> datetime:
    """A day means its 24:00."""
    at = datetime.fromisoformat(text).replace(tzinfo=CHINA)
    return at if "T" in text else at + timedelta(days=1)


@pytest.mark.parametrize(("clause", "profile", "stage", "type", "start", "flags", "due"), ROWS)
def test_deadline_is_the_one_worked_out_by_hand(
    clause: str, profile: str, stage: StageName, type: TicketType, start: str, flags: str, due: str
) -> None:
    found = ask(profile, stage, type, start, flags)
    assert found.due == end_of(due)
    assert clause in found.clauses
    assert found.provisional == (PROVISIONAL in flags)


@pytest.mark.parametrize(("clause", "stage", "type", "start", "days"), CARDS)
def test_cards_fall_on_the_days_worked_out_by_hand(
    clause: str, stage: StageName, type: TicketType, start: str, days: tuple[str, str, str]
) -> None:
    found = ask("heyuan", stage, type, start)
    assert [(card.colour, card.at) for card in found.cards] == list(
        zip(("warning", "yellow", "red"), map(end_of, days), strict=True)
    )
    assert clause in found.clauses


@pytest.mark.parametrize(("start", "day"), DEEMED)
def test_silence_is_acceptance_after_one_day_while_sign_has_no_deadline(start: str, day: str) -> None:
    found = ask("heyuan", "sign", "help", start)
    assert found.due is None
    assert found.deemed_accepted_at == end_of(day)
    assert "001 10(一)" in found.clauses


@pytest.mark.parametrize(("profile", "stage", "type"), SILENT)
def test_a_silent_policy_invents_no_deadline(profile: str, stage: StageName, type: TicketType) -> None:
    found = ask(profile, stage, type, "2026-11-10T10:00")
    assert (found.due, found.cards, found.steps, found.silent) == (None, (), (), True)


def test_the_usual_date_of_help_stands_beside_the_latest() -> None:
    found = ask("heyuan", "handle", "help", "2026-09-30T10:00")
    assert (found.usual, found.latest) == (end_of("2026-10-10"), end_of("2026-10-13"))
    assert found.due == found.latest


def test_a_card_in_an_unpublished_year_makes_the_answer_provisional() -> None:
    found = ask("heyuan", "handle", "consult", "2026-12-29T10:00")
    assert found.due == end_of("2026-12-31")
    assert found.cards[-1].at == end_of("2027-01-04")
    assert found.provisional
