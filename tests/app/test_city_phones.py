"""What the city's rules say of its telephone, held against the menus and lines there are."""

from dataclasses import replace
from typing import Any

import pytest

from app import policies
from app.city_phones import unmet
from app.commands.check import inspect
from app.seeding import city_lines
from app.settings import Settings
from app.wire import MENUS
from core.policy import Policy
from ivr import Menus, parse

pytestmark = pytest.mark.unit
CITIES = ("henan", "heyuan", "yanji", "chenzhou", "demo")
ASKING = parse("{start: a, menus: {a: {prompts: [greeting], keys: {'1': {go: queue}}, next: queue}}}")


def silent() -> Menus:
    return parse(MENUS.read_text(encoding="utf-8"))


def with_intake(city: str, **changes: Any) -> Policy:
    raw = policies.load(city).model_dump(mode="json", by_alias=True)
    raw["intake"] |= changes
    return Policy.model_validate(raw)


@pytest.mark.parametrize("city", CITIES)
def test_the_houses_own_menus_and_lines_are_as_the_cities_order(city: str) -> None:
    assert unmet(policies.load(city), silent(), city_lines(city)) == []


def test_a_key_before_a_person_is_told_where_the_menu_is_for_grades_only() -> None:
    (said,) = unmet(policies.load("heyuan"), ASKING, ())
    assert ("001 14" in said, "a " in said) == (True, True)
    any_menu = with_intake("heyuan", menu={"value": "any", "clause": "001 14"})
    assert unmet(any_menu, ASKING, ()) == []
    assert unmet(policies.load("chenzhou"), ASKING, ()) == []


def test_counties_that_answer_themselves_need_a_line_of_their_own() -> None:
    lines = [replace(one, answer=replace(one.answer, region="")) for one in city_lines("chenzhou")]
    (said,) = unmet(policies.load("henan"), silent(), lines)
    assert "000 二(三)" in said


def test_a_city_that_answers_for_its_counties_hands_no_such_number_away() -> None:
    lines = [
        replace(one, mode="sub_centre", target="") if one.number == "2912345" else one
        for one in city_lines("chenzhou")
    ]
    (said,) = unmet(policies.load("chenzhou"), silent(), lines)
    assert ("2912345" in said, "003 二.3" in said) == (True, True)


def test_a_city_without_counties_has_no_countys_number() -> None:
    (said,) = unmet(policies.load("jiayuguan"), silent(), city_lines("jiayuguan"))
    assert ("2912345" in said, "004 二.4" in said) == (True, True)


def test_the_check_tells_it_and_stops_nothing() -> None:
    (found,) = (one for one in inspect(Settings(policy="jiayuguan")) if one.what == "telephone")
    assert (found.ok, "004 二.4" in found.detail) == (None, True)
