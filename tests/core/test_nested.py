"""Mappings within mappings are looked at and changed by path, and what was given stays as it was."""

import pytest

from core.nested import at, put, without

pytestmark = pytest.mark.unit
GIVEN = {"stages": {"sign": {"term": 1, "cards": []}}, "title": "甲市"}


def test_what_is_not_there_is_none() -> None:
    assert at(GIVEN, ("stages", "sign", "term")) == 1
    assert at(GIVEN, ("stages", "return", "term")) is None
    assert at(GIVEN, ("title", "term")) is None


def test_a_value_is_put_where_nothing_was() -> None:
    assert at(put(GIVEN, ("stages", "return", "term"), 2), ("stages", "return")) == {"term": 2}
    assert put(GIVEN, ("title", "short"), "甲")["title"] == {"short": "甲"}


def test_only_what_is_named_goes() -> None:
    assert at(without(GIVEN, ("stages", "sign", "term")), ("stages", "sign")) == {"cards": []}
    assert without(GIVEN, ("stages", "return", "term")) == GIVEN


def test_nothing_given_is_altered() -> None:
    put(GIVEN, ("stages", "sign", "term"), 9)
    without(GIVEN, ("stages", "sign"))
    assert GIVEN == {"stages": {"sign": {"term": 1, "cards": []}}, "title": "甲市"}
