"""A year of 500 tickets under every profile: no ticket outside its state machine, no card missed or doubled, ledgers that add up."""

import itertools
from datetime import datetime, timedelta

import pytest

from bench.city import people
from bench.city.__main__ import PROFILES, live
from bench.city.oracle import Fall, Judge
from bench.city.people import CHINA, Done

# some minutes of computing, beside others who compute
pytestmark = [pytest.mark.service, pytest.mark.timeout(900)]
TICKETS = 500


@pytest.mark.parametrize(
    "profile", [one for one in PROFILES if one != "demo"]
)  # the demo city has Heyuan's terms and cards
async def test_a_year_of_a_city_leaves_nothing_wrong(profile: str, sqlite_url: str) -> None:
    await year(
        sqlite_url, profile, posts=profile == "heyuan"
    )  # the killed year sends its notices on both databases


@pytest.mark.parametrize("profile", ["heyuan", "yanji"])
async def test_the_same_on_postgresql(profile: str, emptied_postgres_url: str) -> None:
    await year(emptied_postgres_url, profile, posts=False)


async def year(url: str, profile: str, posts: bool) -> None:
    result = await live(url, profile, TICKETS, seed=7, posts=posts)
    assert result["wrong"] == {}
    seen, deeds = result["seen"], result["deeds"]
    assert seen["tickets"] >= TICKETS
    for deed in ("dispatch", "sign", "return", "reply", "review", "reject", "resolve", "revisit", "archive", "supplement", "urge",
                 "press", "contact", "withdraw", "dispute", "decide"):  # fmt: skip
        assert deeds[deed] > 0, deed
    assert sum(result["refused"].values()) > 20, "people try what the rules forbid"
    if profile == "heyuan":
        assert seen["red cards"] > 20
        assert seen["notices"] > 200
    if posts:
        assert seen["notices sent"] > 200


def test_the_city_has_sixty_units_of_every_manner() -> None:
    found = people.manners()
    assert len(found) == people.UNITS == 60
    assert set(found.values()) == set(people.MANNERS)


def test_the_same_seed_raises_the_same_matters_in_the_order_of_the_year() -> None:
    def asked(number: int) -> people.Asked:
        return people.raised(number, 900, 3, lambda type_: False)

    assert asked(5).order == asked(5).order
    moments = [asked(number).at for number in range(0, 900, 9)]
    assert all(a < b + timedelta(days=1) for a, b in itertools.pairwise(moments))


def test_the_oracle_sees_the_three_cards_of_a_silent_unit() -> None:
    at = datetime(2026, 11, 16, 10, tzinfo=CHINA)
    judge = Judge("heyuan", "help", {}, None)
    ruling = judge.rule([Done("raise", at, {"exit": "dispatch"})], datetime(2026, 11, 20, 1, tzinfo=CHINA))
    days = [(fall.stage, fall.sign, fall.at.day) for fall in ruling.falls if fall.stage == "sign"]
    assert days == [("sign", "warning", 18), ("sign", "yellow", 19), ("sign", "red", 20)]
    assert ruling.deemed == [datetime(2026, 11, 18, tzinfo=CHINA)]


def test_the_oracle_moves_the_cards_with_an_extension() -> None:
    at = datetime(2026, 11, 16, 10, tzinfo=CHINA)
    later = {"until": datetime(2026, 11, 28, tzinfo=CHINA).isoformat()}
    done = [
        Done("raise", at, {"exit": "dispatch"}),
        Done("sign", at + timedelta(hours=1)),
        Done("ask_extension", at + timedelta(days=1)),
        Done("grant_extension", at + timedelta(days=1, hours=1), later),
    ]
    ruling = Judge("heyuan", "help", {}, None).rule(done, datetime(2026, 12, 5, tzinfo=CHINA))
    assert [fall for fall in ruling.falls if fall.sign != "overdue"] == [
        Fall(datetime(2026, 11, 25, tzinfo=CHINA), "handle", "warning"),
        Fall(datetime(2026, 11, 28, tzinfo=CHINA), "handle", "yellow"),
        Fall(datetime(2026, 12, 1, tzinfo=CHINA), "handle", "red"),
    ]


def test_the_oracle_gives_back_the_working_days_a_reply_lay_with_the_office() -> None:
    at = datetime(2026, 11, 9, 10, tzinfo=CHINA)
    done = [
        Done("raise", at, {"exit": "dispatch"}),
        Done("sign", at + timedelta(hours=1)),
        Done("reply", datetime(2026, 11, 10, 10, tzinfo=CHINA)),
        Done("reject", datetime(2026, 11, 17, 16, tzinfo=CHINA)),
    ]
    ruling = Judge("heyuan", "consult", {}, None).rule(done, datetime(2026, 11, 17, 17, tzinfo=CHINA))
    assert ruling.due == datetime(2026, 11, 19, tzinfo=CHINA)
    assert [fall.sign for fall in ruling.falls] == []


def test_the_oracle_brings_back_a_card_that_lay_before_the_start_until_the_deadline_moved() -> None:
    at, rejected = datetime(2026, 1, 21, 9, tzinfo=CHINA), datetime(2026, 1, 23, 17, tzinfo=CHINA)
    done = [
        Done("raise", at, {"exit": "dispatch", "until": "2026-01-22T04:00:00+08:00"}),
        Done("sign", at + timedelta(minutes=30)),
        Done("reply", at + timedelta(minutes=31)),
        Done("reject", datetime(2026, 1, 22, 9, tzinfo=CHINA)),
        Done("reply", datetime(2026, 1, 22, 10, tzinfo=CHINA)),
        Done("reject", rejected),
    ]
    ruling = Judge("heyuan", "help", {}, None).rule(done, datetime(2026, 1, 23, 18, tzinfo=CHINA))
    assert ruling.due == datetime(2026, 1, 26, 4, tzinfo=CHINA)
    assert ruling.falls == [
        Fall(rejected, "handle", "warning")
    ]  # three working days before the new deadline is past


def test_the_oracle_lets_fall_at_the_reject_what_came_due_after_a_late_reply() -> None:
    at, rejected = datetime(2026, 11, 9, 10, tzinfo=CHINA), datetime(2026, 11, 13, 16, tzinfo=CHINA)
    done = [
        Done("raise", at, {"exit": "dispatch"}),
        Done("sign", at + timedelta(hours=1)),
        Done("reply", datetime(2026, 11, 12, 10, tzinfo=CHINA)),
        Done("reject", rejected),
    ]
    ruling = Judge("heyuan", "consult", {}, None).rule(done, datetime(2026, 11, 17, 17, tzinfo=CHINA))
    assert ruling.due == datetime(2026, 11, 12, tzinfo=CHINA)
    assert ruling.falls[-1] == Fall(rejected, "handle", "red")
    assert [fall.sign for fall in ruling.falls] == ["warning", "yellow", "overdue", "red"]


def test_the_oracle_warns_anew_of_a_deadline_extended_after_a_rejected_reply() -> None:
    done = [
        Done("raise", datetime(2026, 3, 2, 10, tzinfo=CHINA), {"exit": "dispatch"}),
        Done("sign", datetime(2026, 3, 2, 11, tzinfo=CHINA)),
        Done("reply", datetime(2026, 3, 14, 10, tzinfo=CHINA)),
        Done("reject", datetime(2026, 3, 14, 16, tzinfo=CHINA)),
        Done("ask_extension", datetime(2026, 3, 16, 9, tzinfo=CHINA)),
        Done("grant_extension", datetime(2026, 3, 16, 10, tzinfo=CHINA), {"until": "2026-04-01T00:00:00+08:00"}),
    ]  # fmt: skip
    ruling = Judge("heyuan", "complaint", {}, None).rule(done, datetime(2026, 3, 31, 1, tzinfo=CHINA))
    assert ruling.falls == [
        Fall(datetime(2026, 3, 14, tzinfo=CHINA), "handle", "warning"),
        Fall(datetime(2026, 3, 31, tzinfo=CHINA), "handle", "warning"),
    ]
