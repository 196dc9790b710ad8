"""docs/conformance.md is what the tests say, and no clause a city's rules cite goes without a test."""

import re
from pathlib import Path

import pytest

from app.policies import load
from core.policy import cited
from tests.tickets.conformance import rules

pytestmark = pytest.mark.unit
CITIES = ("henan", "heyuan", "yanji", "chenzhou", "jiayuguan")


def test_the_document_is_what_the_tests_say() -> None:
    """To mend: PYTHONPATH=. python -m tests.tickets.conformance.rules."""
    assert rules.DOCUMENT.read_text(encoding="utf-8") == rules.written()


def test_every_clause_that_a_city_cites_has_its_test() -> None:
    tested = {rule.clause for rule in rules.collected()}
    assert {clause for city in CITIES for _, clause in cited(load(city))} <= tested


def test_every_test_is_named_by_a_clause_of_a_known_document() -> None:
    known = {key for city in CITIES for key in load(city).documents} | set(rules.TITLES)
    for rule in rules.collected():
        document, _, article = rule.clause.partition(" ")
        assert document in known
        assert rule.check.__name__.startswith((f"test_{document}_", "test_civil_code_", "test_statute_"))
        numbers = re.findall(r"\d+", article)
        assert all(number in rule.check.__name__ for number in numbers)


def test_every_test_of_the_folder_is_in_the_document() -> None:
    folder = Path(__file__).parent
    written = rules.DOCUMENT.read_text(encoding="utf-8")
    for module in rules.MODULES:
        names = re.findall(
            r"^def (test_\w+)", (folder / f"{module}.py").read_text(encoding="utf-8"), re.MULTILINE
        )
        assert names
        assert all(f"`{module}::{name}`" in written for name in names)
