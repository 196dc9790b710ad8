"""A profile as a list: each value once, beside its clause, as it stands in the file."""

import pytest

from app import policies
from core.policy_values import Value, values

pytestmark = pytest.mark.unit
HEYUAN = {one.path: one for one in values(policies.load("heyuan"))}


def test_a_term_stands_with_its_clause_and_what_the_clause_says() -> None:
    found = HEYUAN["stages.dispatch.multi_unit"]
    assert (found.value, found.clause) == ({"value": 2, "unit": "days"}, "001 9")
    assert found.words.startswith("涉及多个承办单位")
    assert found.note.startswith("条文写“日”")


def test_a_card_is_one_value() -> None:
    found = HEYUAN["stages.sign.cards.red"]
    assert (found.value["after"], found.clause) == (3, "001 17(一)")


def test_what_a_clause_orders_without_a_value_is_none_and_keeps_its_words() -> None:
    unstated = {one.path: one for one in values(policies.load("chenzhou"))}["stages.handle.help.unstated"]
    assert unstated == Value(
        "stages.handle.help.unstated", None, "003 一", "限时办结",
        "各类事项的时限均未载明，须由市政府办公室（市长公开电话办公室）定",
    )  # fmt: skip


def test_a_plain_value_rests_on_the_clause_of_what_it_is_part_of() -> None:
    found = {one.path: one for one in values(policies.load("yanji"))}["stages.redo.causes"]
    assert (found.value[0], found.clause) == ("poor_quality", "002 11")
