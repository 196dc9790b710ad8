"""异常预警: every rule over a step, what is worth looking at, and limits that come from a file with its lines."""

from datetime import timedelta

import pytest

from app.anomalies import limits
from tests.store.make import AT
from tickets.anomalies import (
    COUNTED,
    KIND_NAMES,
    KINDS,
    RULES,
    STILL,
    BadAnomalies,
    Step,
    disputed_too_long,
    found,
    looked_at,
    parse_limits,
)

pytestmark = pytest.mark.unit

FILED = ("file", "dispatch")


@pytest.mark.parametrize(
    ("step", "kinds"),
    [
        (Step("sign", False, None, FILED), []),
        (Step("sign", True, None, FILED), ["late_sign"]),
        (Step("dispatch", True, None, ("file",)), ["late_dispatch"]),
        (Step("decide", True, None, ("file", "dispute")), ["late_dispatch"]),
        (Step("return", False, None, FILED), []),
        (Step("return", True, None, FILED), ["late_return"]),
        (Step("return", False, None, (*FILED, "return", "dispatch")), ["returned_again"]),
        (Step("return", True, None, (*FILED, "return", "dispatch")), ["late_return", "returned_again"]),
        (Step("deem_accepted", False, None, FILED), ["silence"]),
        (Step("reply", False, None, (*FILED, "sign")), []),
        (Step("reply", True, None, (*FILED, "sign")), ["late_reply"]),
        (Step("reply", True, None, (*FILED, "sign", "reply", "redo")), ["late_redo"]),
        (Step("reply", True, "supervision", (*FILED, "sign")), ["late_supervision"]),
        (
            Step("reply", True, None, (*FILED, "sign", "ask_extension", "refuse_extension")),
            ["late_reply", "late_after_refusal"],
        ),
        (
            Step(
                "reply", True, None, (*FILED, "sign", "refuse_extension", "ask_extension", "grant_extension")
            ),
            ["late_reply"],
        ),
        (Step("urge", False, None, (*FILED, "urge")), []),
        (Step("urge", False, None, (*FILED, "urge", "urge")), ["urged_often"]),
        (Step("urge", False, None, (*FILED, "urge", "urge", "urge")), []),
        (Step("redo", False, None, (*FILED, "reply", "redo", "reply")), ["redone_again"]),
    ],
)
def test_a_step_out_of_the_ordinary_is_named(step: Step, kinds: list[str]) -> None:
    assert found(step, limits()) == kinds
    assert not kinds or looked_at(step.action, step.late)


def test_every_kind_has_a_name_and_steps_in_time_are_not_worth_their_history() -> None:
    assert set(KIND_NAMES) == set(KINDS)
    assert {rule.kind for rule in RULES} == set(KINDS) - {
        *STILL.values(), "dispute_long", "unit_overdue", "enforcement_waits", "hot", "concentrated", "sudden", "lasting", "emerging",
    }  # fmt: skip
    assert not any(looked_at(action, False) for action in ("sign", "reply", "dispatch", "contact"))
    assert all(looked_at(action, False) for action in COUNTED)


def test_a_dispute_is_long_only_after_its_days() -> None:
    assert not disputed_too_long(AT, AT + timedelta(days=2), limits())
    assert disputed_too_long(AT, AT + timedelta(days=2, seconds=1), limits())


GOOD = """documents: {"001": x}
returned_again: {from: 2, clause: 001 1}
redone_again: {from: 2, clause: 001 1}
urged_often: {from: 3, clause: 001 1}
unit_overdue: {from: 5, clause: 001 1}
dispute_long: {days: 2, clause: 001 1}
hot: {people: 20, hours: 168, clause: 001 20}
concentrated: {people: 5, hours: 72, clause: 001 20}
sudden: {people: 5, hours: 6, clause: 001 20}
emerging: {people: 3, hours: 48, clause: 001 20}
lasting: {weeks: 4, of: 6, clause: 001 20}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("from: 3", "from: 0", "f.yaml:4: urged_often.from"),
        (
            "{days: 2, clause: 001 1}",
            "{days: 2, clause: 777 1}",
            "f.yaml:6: dispute_long.clause: '777 1' cites a document",
        ),
        ("redone_again", "redone", "f.yaml:3: redone"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    assert parse_limits(GOOD, "f.yaml").unit_overdue.from_ == 5
    with pytest.raises(BadAnomalies) as caught:
        parse_limits(GOOD.replace(old, new), "f.yaml")
    assert says in str(caught.value)
