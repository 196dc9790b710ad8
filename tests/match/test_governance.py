"""Who may do what with a version of an article, and that nothing is published that not everybody asked has agreed to."""

import pytest

from core.errors import BadInput, NotAllowed
from match import gap_table, governance
from match.governance import (
    ACTIONS,
    RULES,
    STATES,
    Version,
    Who,
    keeps,
    party_of,
    possible,
    review,
    step,
    submit,
)

pytestmark = pytest.mark.unit

WRITER = Who("u1", "unit", "SW")
LEADER = Who("u2", "leader", "SW")
COLLEAGUE = Who("u3", "unit", "SW")
OTHER = Who("u4", "unit", "JT")
OFFICE = Who("o1", "office")
SECOND = Who("o2", "office")
AGENT = Who("a1", "agent")
BOTH = ("leader", "office")


def draft(state: governance.State = "draft") -> Version:
    return Version("water", 2, "SW", state, frozenset({"u1"}))


def test_only_the_owner_and_the_office_keep_an_article() -> None:
    assert [keeps(one, "SW") for one in (WRITER, LEADER, OFFICE)] == [True] * 3
    assert [keeps(one, "SW") for one in (OTHER, AGENT, Who("s1", "supervisor"), Who("x", "unit"))] == [
        False
    ] * 4


@pytest.mark.parametrize("somebody", [OTHER, AGENT])
@pytest.mark.parametrize("action", ["edit", "submit", "withdraw"])
def test_nobody_else_can_change_it(action: governance.Action, somebody: Who) -> None:
    with pytest.raises(NotAllowed, match="归 SW 所有"):
        step(draft(), action, somebody)


def test_every_party_agrees_before_the_office_publishes() -> None:
    handed_in = submit(draft(), WRITER, ["unit:JT"], BOTH)
    assert handed_in.parties == ("leader", "office", "unit:JT")
    with pytest.raises(NotAllowed):
        step(handed_in, "publish", OFFICE)
    one = review(handed_in, LEADER, True)
    two = review(one, OTHER, True)
    assert (two.state, two.waits_for) == ("submitted", ("office",))
    with pytest.raises(NotAllowed):
        step(two, "publish", OFFICE)
    whole = review(two, OFFICE, True)
    assert whole.state == "reviewed"
    with pytest.raises(NotAllowed):
        step(whole, "publish", WRITER)
    assert step(whole, "publish", OFFICE).state == "published"


def test_a_writer_reviews_nothing_of_their_own_and_nobody_speaks_twice() -> None:
    handed_in = submit(draft(), WRITER, [], BOTH)
    assert party_of(WRITER, handed_in) is None
    assert party_of(COLLEAGUE, handed_in) is None
    with pytest.raises(NotAllowed, match="未参与编写"):
        review(handed_in, WRITER, True)
    with pytest.raises(NotAllowed):
        review(review(handed_in, OFFICE, True), OFFICE, True)
    assert party_of(SECOND, review(handed_in, OFFICE, True)) is None
    rewritten = step(draft(), "edit", OFFICE)
    assert party_of(OFFICE, submit(rewritten, WRITER, ["office"])) is None
    assert party_of(SECOND, submit(rewritten, WRITER, ["office"])) == "office"


def test_only_the_owners_leader_speaks_for_the_unit_and_never_of_their_own_text() -> None:
    handed_in = submit(draft(), WRITER, [], BOTH)
    assert party_of(LEADER, handed_in) == "leader"
    assert party_of(Who("u5", "leader", "JT"), handed_in) is None
    with pytest.raises(NotAllowed):
        review(handed_in, COLLEAGUE, True)
    assert party_of(LEADER, submit(draft(), LEADER, [], BOTH)) is None
    assert (handed_in.needs_leader, review(handed_in, LEADER, True).needs_leader) == (True, False)


def test_without_a_rule_the_side_that_did_not_write_it_checks() -> None:
    assert submit(draft(), WRITER, []).parties == ("office",)
    assert submit(draft(), OFFICE, []).parties == ("unit:SW",)
    assert party_of(COLLEAGUE, submit(draft(), OFFICE, [])) == "unit:SW"


def test_an_objection_has_a_reason_and_sends_it_back() -> None:
    handed_in = review(submit(draft(), WRITER, [], BOTH), LEADER, True)
    with pytest.raises(BadInput, match="理由"):
        review(handed_in, OFFICE, False, " ")
    back = review(handed_in, OFFICE, False, "依据已废止")
    assert (back.state, back.opinions) == ("draft", ())


def test_what_is_published_is_never_changed_only_withdrawn_with_a_reason() -> None:
    assert possible(draft("published"), WRITER) == ("withdraw",)
    with pytest.raises(BadInput):
        step(draft("published"), "withdraw", WRITER)
    with pytest.raises(NotAllowed, match="已发布"):
        step(draft("published"), "edit", OFFICE)
    assert possible(draft("withdrawn"), OFFICE) == ()


@pytest.mark.parametrize("party", ["unit:", "everybody", ""])
def test_an_unknown_party_is_refused(party: str) -> None:
    with pytest.raises(BadInput):
        submit(draft(), WRITER, [party])


def test_whatever_the_table_has_no_row_for_is_refused() -> None:
    for state in STATES:
        for action in ACTIONS:
            if (state, action) not in RULES:
                with pytest.raises(NotAllowed):
                    step(draft(state), action, OFFICE)


def test_drafts_are_shown_to_their_keepers_and_to_those_who_are_asked() -> None:
    asked = Version("water", 2, "SW", "submitted", parties=("unit:JT",))
    assert [governance.sees_drafts(one, asked) for one in (WRITER, OFFICE, OTHER, AGENT)] == [
        True,
        True,
        True,
        False,
    ]
    assert not governance.sees_drafts(OTHER, draft())


def test_a_gap_goes_from_its_report_to_its_proof() -> None:
    way: list[tuple[gap_table.Action, Who]] = [("assign", OFFICE), ("fix", WRITER), ("reject", OFFICE), ("fix", WRITER), ("verify", OFFICE)]  # fmt: skip
    state: gap_table.State = "reported"
    seen = []
    for action, who in way:
        state = gap_table.step(state, action, who, "SW", "缺少办理地点")
        seen.append(state)
    assert seen == ["assigned", "fixed", "assigned", "fixed", "verified"]
    assert gap_table.possible("verified", OFFICE, "SW") == ()


def test_only_the_office_assigns_verifies_and_dismisses_a_gap() -> None:
    for state, action in gap_table.RULES:
        allowed = action == "fix"
        for who in (WRITER, OTHER, AGENT):
            if who is WRITER and allowed:
                continue
            with pytest.raises(NotAllowed):
                gap_table.step(state, action, who, "SW", "理由")
    with pytest.raises(BadInput):
        gap_table.step("reported", "dismiss", OFFICE, "", "")
    with pytest.raises(NotAllowed):
        gap_table.step("verified", "fix", OFFICE, "SW")
