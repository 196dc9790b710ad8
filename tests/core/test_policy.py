"""The profile model: validity, what is silent, which clauses are cited, and that nobody changes it."""

from datetime import date

import pytest
from pydantic import ValidationError

from core.policy import Policy, as_kept, cited, hashed, silent
from core.policy_text import parse_policy

pytestmark = pytest.mark.unit

TEXT = """name: base
title: 甲市
documents: {"900": 甲市办法}
valid: {status: in_force, from: 2026-01-01, to: 2030-12-31, clause: 900 29}
stages:
  handle:
    consult:
      term: {value: 2, unit: working_days, clause: 900 10}
"""


@pytest.fixture
def policy() -> Policy:
    return parse_policy(TEXT, "base.yaml")


@pytest.mark.parametrize(
    ("day", "validity"),
    [("2025-12-31", "not_yet"), ("2026-01-01", "valid"), ("2030-12-31", "valid"), ("2031-01-01", "expired")],
)
def test_validity_follows_the_documents_own_dates(policy: Policy, day: str, validity: str) -> None:
    assert policy.validity(date.fromisoformat(day)) == validity


def test_a_draft_is_a_draft_on_any_day() -> None:
    draft = parse_policy(TEXT.replace("in_force", "draft"), "base.yaml")
    assert draft.validity(date(2028, 1, 1)) == "draft"


def test_what_no_clause_gives_is_listed_as_silent(policy: Policy) -> None:
    assert "handle.consult" not in silent(policy)
    assert {
        "dispatch",
        "sign",
        "return",
        "handle.help",
        "supervise",
        "redo",
        "extension",
        "after.revisit",
    } <= set(silent(policy))


def test_every_cited_clause_is_found_with_its_place(policy: Policy) -> None:
    assert ("stages.handle.consult.term.clause", "900 10") in set(cited(policy))
    assert {"900 29", "900 10", "民法典 203"} <= {clause for _, clause in cited(policy)}


def test_a_profile_cannot_be_changed(policy: Policy) -> None:
    with pytest.raises(ValidationError):
        setattr(policy, "name", "other")  # noqa: B010 - mypy knows it is frozen; the run time must know too


def test_a_profile_kept_with_values_that_have_been_retired_is_still_read(policy: Policy) -> None:
    kept = policy.model_dump(mode="json", by_alias=True)
    kept["stages"]["return"]["late"] = {"value": "warned", "clause": "900 5"}
    kept["after"]["grading"] = {"intake": False, "scale": "survey", "clause": "900 5"}
    before = hashed(kept)
    found = as_kept(kept)
    assert len(found.after.grades) == 5
    assert found.stages.return_ == policy.stages.return_
    assert hashed(kept) == before, "what was kept is looked at, not changed"
