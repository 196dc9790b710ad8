"""How the index weighs its grams: by the length of its entries, at no cost to a query."""

import numpy as np
import pytest

from match.index import LONG, SHORT, Blend, Space, TextIndex

pytestmark = pytest.mark.unit

TEXTS = ["公司拖欠工资", "路灯坏了没人修", "医保报销比例", "公司注销流程", "公积金提取"]


def test_a_blend_is_the_weighted_sum_of_bm25_and_of_the_cosine() -> None:
    query = "公司拖欠"
    plain = Space(TEXTS, singles=False).scores(query)
    alike = Space(TEXTS, singles=False, blends=(Blend(0.0, 1.0), Blend(0.0, 1.0))).scores(query)
    both = Space(TEXTS, singles=False, blends=(Blend(2.0, 3.0), Blend(2.0, 3.0))).scores(query)
    assert np.allclose(both, 2 * plain + 3 * alike, rtol=1e-4)
    assert alike.argmax() == 0
    assert alike[1] == 0


def test_between_two_blends_lies_their_mean() -> None:
    assert Blend(0.0, 1.0).toward(Blend(1.0, 0.0), 0.25) == Blend(0.25, 0.75)


def test_among_short_questions_the_closest_in_whole_is_first_among_long_texts_the_one_that_has_the_words() -> (
    None
):
    questions = ["怎么提取公积金", "公积金", "怎么提取公积金买房还贷款的钱款"]
    assert TextIndex(questions).search("公积金", 1)[0].entry == 1
    padding = "，".join(f"第{i}条其他规定事项按照原办法继续执行不作改变" for i in range(8))
    assert (
        TextIndex([padding, padding + "提取公积金", "路灯" + padding]).search("提取公积金", 1)[0].entry == 1
    )


def test_no_weight_is_negative() -> None:
    assert all(blend.okapi >= 0 and blend.cosine >= 0 for blend in (*SHORT, *LONG))
