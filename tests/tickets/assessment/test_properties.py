"""What holds of every sheet, whatever happened: bounds, monotony, no matter in which order or how often facts are told."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.assessment.make import CLOSED, KEPT, SW, Story, scored
from tests.tickets.desk import at
from tickets.assessment.breach import CASES
from tickets.assessment.fact import Fact

pytestmark = pytest.mark.unit
FIRST = at("2026-10-01T00:00")
HARMFUL = sorted(kind for kind in CASES if kind not in ("praised", "adopted"))
GRADES = ["very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied"]
hours = st.integers(0, 24 * 31 - 1).map(lambda n: FIRST + timedelta(hours=n))


@st.composite
def stories(draw: st.DrawFn, name: str = "T") -> list[Fact]:
    """A ticket with any history the lifecycle could give it."""
    now: datetime = draw(hours)
    story = Story(name)
    story.then(now, "dispatch", sign_due=None, due=None)
    due, sign_due = now + timedelta(hours=draw(st.integers(1, 80))), now + timedelta(hours=1)
    data = {"due": due.isoformat(), "sign_due": sign_due.isoformat(), "enforcement": draw(st.booleans())}
    story.facts[0] = Fact(f"{name}.1", now, SW, "dispatch", name, data, 0)
    for kind in draw(
        st.lists(
            st.sampled_from(["sign", "ask_extension", "press", "reply", "redo", "return", "grade", "reject"]),
            max_size=6,
        )
    ):
        now += timedelta(hours=draw(st.integers(0, 50)))
        extra = {"grade": draw(st.sampled_from(GRADES))} if kind == "grade" else {}
        story.then(now, kind, **extra)
        if kind == "redo":
            data = {"due": (now + timedelta(hours=24)).isoformat()}
            story.facts[-1] = Fact(story.facts[-1].id, now, SW, "redo", name, data, len(story.facts))
    return story.facts


@st.composite
def months(draw: st.DrawFn) -> list[Fact]:
    """A unit's month: some tickets, and facts that are about none."""
    facts = [fact for n in range(draw(st.integers(0, 5))) for fact in draw(stories(f"T{n}"))]
    alone = draw(st.lists(st.tuples(st.sampled_from(sorted(CASES)), hours), max_size=8))
    return facts + [Fact(f"f{n}", when, SW, kind) for n, (kind, when) in enumerate(alone)]


@settings(max_examples=60, deadline=None)
@given(
    months(),
    st.sampled_from(
        ["", "satisfaction_step=pro_rata satisfaction_of=rated", "matter_belongs=dispatch late_reply=once"]
    ),
)
def test_points_lie_between_nothing_and_full_and_are_what_the_changes_say(
    facts: list[Fact], switches: str
) -> None:
    for item in scored(facts, switches=switches).items:
        assert 0 <= item.points <= item.full
        total = item.full + sum((change.points for change in item.changes), Decimal(0))
        assert item.points == min(max(total, Decimal(0)), item.full)
        assert all(
            change.events
            for change in item.changes
            if change.points and item.name not in ("rules", "procedure")
        )


@settings(max_examples=40, deadline=None)
@given(months(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_facts_matters(facts: list[Fact], random: object) -> None:
    found = scored(facts).as_json()
    mixed = [*facts, *facts[: len(facts) // 2]]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert scored(mixed).as_json() == found


@settings(max_examples=60, deadline=None)
@given(months(), st.sampled_from(HARMFUL), hours)
def test_one_lapse_more_never_raises_any_item(facts: list[Fact], kind: str, when: datetime) -> None:
    before = {item.name: item.points for item in scored(facts).items}
    after = scored([*facts, Fact("more", when, SW, kind)])
    assert all(item.points <= before[item.name] for item in after.items)


@settings(max_examples=40, deadline=None)
@given(months(), stories("X"))
def test_a_ticket_that_was_never_touched_costs_and_never_helps_but_where_nothing_was_forwarded(
    facts: list[Fact], more: list[Fact]
) -> None:
    before = {item.name: item.points for item in scored(facts).items}
    after = scored([*facts, more[0]])
    assert all(item.points <= before[item.name] for item in after.items)


@settings(max_examples=30, deadline=None)
@given(months(), st.sampled_from(["2026-10", "2026-Q4", "2026"]))
def test_a_sheet_is_the_same_when_its_own_facts_are_read_back(facts: list[Fact], span: str) -> None:
    kept = [Fact.of_json(fact.as_json()) for fact in (*facts, *KEPT)]
    when = CLOSED.replace(year=2027)
    assert scored(kept, span, as_of=when, kept=False).as_json() == scored(facts, span, as_of=when).as_json()
