"""The text index ranks as BM25 says, hears homophones, and takes anything."""

from math import log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from match.index import K1, B, Space, TextIndex

pytestmark = pytest.mark.unit

TEXTS = ["公司拖欠工资", "路灯坏了没人修", "医保报销比例", "公司注销流程", "公积金提取"]


def _bm25(query: str, text: str, texts: list[str]) -> float:
    """The textbook formula over single characters and pairs, written out."""

    def grams(words: str) -> list[str]:
        return list(words) + [words[i : i + 2] for i in range(len(words) - 1)]

    mean = sum(len(grams(t)) for t in texts) / len(texts)
    norm = K1 * (1 - B + B * len(grams(text)) / mean)
    total = 0.0
    for gram in set(grams(query)):
        seen = sum(gram in grams(t) for t in texts)
        count = grams(text).count(gram)
        total += log(1 + (len(texts) - seen + 0.5) / (seen + 0.5)) * count * (K1 + 1) / (count + norm)
    return total


@pytest.mark.parametrize("query", ["公司拖欠", "路灯", "没有的字", "公公公司司", "医保报销比例医保"])
def test_scores_are_those_of_the_formula(query: str) -> None:
    scores = Space(TEXTS, singles=True).scores(query)
    assert [float(s) for s in scores] == pytest.approx([_bm25(query, t, TEXTS) for t in TEXTS], rel=1e-4)


@pytest.mark.parametrize(
    ("query", "best"), [("老板拖欠我的公资", 0), ("路等坏了", 1), ("衣保怎么报消", 2), ("公鸡金提取", 4)]
)
def test_homophones_still_find_the_entry(query: str, best: int) -> None:
    assert TextIndex(TEXTS).search(query, 3)[0].entry == best


def test_ties_come_in_the_order_of_entries() -> None:
    hits = TextIndex(["路灯", "井盖", "路灯", "路灯"]).search("路灯", 2)
    assert [hit.entry for hit in hits] == [0, 2]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.text("甲乙丙丁", min_size=1, max_size=8))
def test_the_best_of_many_entries_are_those_that_sorting_all_of_them_gives(seed: int, query: str) -> None:
    dice = Random(seed)
    texts = ["".join(dice.choices("甲乙丙丁戊己庚辛壬癸", k=dice.randint(1, 6))) for _ in range(3000)]
    index = TextIndex(texts)
    assert index.search(query, 10) == index.search(query, len(texts))[:10]


def test_entries_that_share_nothing_are_not_hits() -> None:
    assert TextIndex(TEXTS).search("xyz", 5) == []


@pytest.mark.parametrize("texts", [[], [""], ["", "，。"]])
def test_an_index_of_nothing_finds_nothing(texts: list[str]) -> None:
    assert TextIndex(texts).search("公司", 3) == []


def test_likeness_of_a_text_to_itself_is_one_and_to_a_stranger_zero() -> None:
    index = TextIndex(TEXTS)
    alike = index.similarity([TEXTS[0], "zzz"], [0, 1])
    assert alike[0][0] == pytest.approx(1.0, abs=1e-5)
    assert alike[1].tolist() == [0.0, 0.0]


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=30), st.integers(0, 10))
def test_any_texts_can_be_indexed_and_asked(texts: list[str], query: str, k: int) -> None:
    index = TextIndex(texts)
    hits = index.search(query, k)
    assert len(hits) <= k
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    if hits:
        alike = index.similarity([query], [h.entry for h in hits])
        assert ((alike >= 0) & (alike <= 1)).all()
