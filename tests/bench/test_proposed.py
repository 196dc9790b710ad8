"""What proposals' scores are said to be worth: on a small table one can count oneself."""

import pytest

from bench import memory_page, proposed
from bench.proposed import Proposed, Row, figures, measure, proposals

pytestmark = pytest.mark.unit

ENTRIES = [
    {"entry_id": "e1", "text": "公司拖欠工资怎么办"},
    {"entry_id": "e2", "text": "路灯坏了没人修找谁"},
    {"entry_id": "e3", "text": "医保报销比例是多少"},
]
QUERIES = [
    {"entry_id": "e1", "query": "公司拖欠工资怎么办呢", "query_asr20": "公司拖欠公资怎么办呢"},
    {"entry_id": "e2", "query": "路灯坏了没人修", "query_asr20": "路等坏了没人修"},
    {"entry_id": "e3", "query": "今天天气真好", "query_asr20": "今天天汽真好"},
]


def one(score: float, right: bool) -> list[Proposed]:
    return [Proposed(0, 1.0, 0.1, score, right)]


def test_entries_are_proposed_as_articles_are_in_a_call() -> None:
    found = proposals("faq_lcqmc", ENTRIES, QUERIES, None)
    assert list(found) == ["clean", "20 %"]
    for told in found.values():
        assert [[p.right for p in ranked][:1] for ranked in told[:2]] == [[True], [True]]
        assert all(p.score < proposed.SURE for p in told[2])
        assert [p.place for p in told[0]] == list(range(len(told[0])))


def test_figures_are_of_the_first_proposal_and_nothing_proposed_is_nothing_right() -> None:
    told = [one(0.9, True), one(0.9, True), one(0.7, False), []]
    found = figures(told)
    assert (found["n"], found["first"], found["put_forward"]) == (4, 0.5, 0.75)
    assert found["ece"][0] == pytest.approx(0.5 * 0.1 + 0.25 * 0.7)
    assert found["coverage_at_p90"][0] == 0.5
    assert found["right_then"][0] == pytest.approx(2 / 3)
    for name in ("ece", "coverage_at_p90", "right_then"):
        value, low, high = found[name]
        assert low <= value <= high


def test_a_set_is_a_row_for_each_share_of_noise_on_the_page() -> None:
    def rows(name: str, what: str) -> list[Row]:
        assert name == "faq_lcqmc"
        return ENTRIES if what == "entries" else QUERIES

    lines = memory_page.proposals(measure("faq_lcqmc", rows, None))
    assert len(lines) == 2 + len(proposed.COLUMNS)
    assert lines[2].startswith("| faq_lcqmc | words | clean | .667 / .667 |")
