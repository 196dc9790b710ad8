"""A city's routing rules: what they say, how they are read, what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from routing.policy import RoutingInvalid, RoutingPolicy, of_json, parse

pytestmark = pytest.mark.unit
T0 = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def test_a_skills_patience_is_that_of_the_longest_key_it_begins_with():
    rules = parse('patience_s: {"": 5, lang.: 30, lang.yue: 60}')
    assert [rules.patience(s) for s in ("subject.tax", "lang.min", "lang.yue")] == [5, 30, 60]
    assert parse("patience_s: {lang.: 30}").patience("subject.tax") == 0


def test_waiting_makes_up_for_priority_so_that_nobody_starves():
    rules = RoutingPolicy()
    waiting_long, urgent_now = rules.rank_at(T0, 0), rules.rank_at(T0 + timedelta(minutes=13), 20)
    assert waiting_long < urgent_now  # 20 points are worth 12 minutes
    assert rules.rank_at(T0 + timedelta(minutes=11), 20) < waiting_long


def test_a_call_stops_insisting_when_its_longest_patience_ends():
    rules = RoutingPolicy()
    assert rules.widens_at(T0, ()) is None
    assert rules.widens_at(T0, ("region.beihu", "lang.yue")) == T0 + timedelta(seconds=45)
    assert rules.widens_at(T0, ("line.12333",), 20) == T0 + timedelta(seconds=20)


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (3, True), (7, False), (12, False)])
def test_the_night_runs_over_midnight(hour: int, night: bool):
    assert parse('night: ["22:00", "07:00"]').is_night(T0.replace(hour=hour)) is night


def test_a_city_without_a_night_roster_has_no_night():
    assert not RoutingPolicy().is_night(T0.replace(hour=3))


def test_rules_go_through_json_unchanged_and_are_named_by_what_they_say():
    rules = parse('{miss_limit: 5, night: ["23:00", "06:30"]}')
    again = of_json(rules.as_json())
    assert again == rules
    assert again.hash == rules.hash != RoutingPolicy().hash


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("miss_limit: 0", "city.yaml: miss_limit"),
        ("patience: 5", "city.yaml: patience"),
        ("[", "city.yaml"),
        ("affinity_days: soon", "affinity_days"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(text: str, named: str):
    with pytest.raises(RoutingInvalid, match=named):
        parse(text, "city.yaml")
