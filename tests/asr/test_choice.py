"""Sound and words together: what is made of words wins over what sounds a little likelier, and nothing is made from nothing."""

import pytest

from asr.choice import Guess, chosen
from asr.lexicon import Lexicon
from asr.words import Words

pytestmark = pytest.mark.unit
CITY = ("燕泉街道", "栖凤渡镇", "卜里坪街道", "山楼镇", "欧启铭")


@pytest.fixture(scope="module")
def words() -> Words:
    return Words()


@pytest.fixture(scope="module")
def city() -> tuple[Words, Lexicon]:
    return Words(CITY), Lexicon(CITY)


def test_a_guess_made_of_words_wins_where_both_sound_alike(words: Words) -> None:
    guesses = [Guess("再度拒织心肤发行改革", -0.50), Guess("再度聚焦新股发行改革", -0.55)]
    assert chosen(guesses, words, Lexicon()) == "再度聚焦新股发行改革"


def test_what_sounds_far_likelier_stays(words: Words) -> None:
    guesses = [Guess("我家住在杨楼村", -0.1), Guess("我家住在中国人", -3.0)]
    assert chosen(guesses, words, Lexicon()) == "我家住在杨楼村"


def test_a_homophone_makes_a_word_of_what_was_none(words: Words) -> None:
    assert chosen([Guess("公固房地产市场的成果", -0.4)], words, Lexicon()) == "巩固房地产市场的成果"


@pytest.mark.parametrize(
    "right", ["我要举报路灯坏了", "号码是一三三零七八零", "三百二十八万一千一百", "他在这里等了三天"]
)
def test_what_is_in_order_stays(words: Words, right: str) -> None:
    assert chosen([Guess(right, -0.4)], words, Lexicon()) == right


@pytest.mark.parametrize("nothing", [[], [Guess("", 0.0)], [Guess("…", -0.1)], [Guess("请不吝点赞", -0.1)]])
def test_nothing_comes_of_nothing(city: tuple[Words, Lexicon], nothing: list[Guess]) -> None:
    assert chosen(nothing, *city) == ""


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("我住在验全街道的", "我住在燕泉街道的"),
        ("西凤度镇停水三天了", "栖凤渡镇停水三天了"),
        ("我要找欧奇明局长", "我要找欧启铭局长"),
        ("不理平街道的路灯", "卜里坪街道的路灯"),
    ],
)
def test_the_citys_terms_are_put_in_where_they_were_said(
    city: tuple[Words, Lexicon], heard: str, said: str
) -> None:
    assert chosen([Guess(heard, -0.5)], *city) == said


@pytest.mark.parametrize(
    "other", ["我在三楼等了很久", "电视里的西风不错", "街道办事处几点上班", "言论自由", "我要找局长"]
)
def test_they_are_not_put_in_elsewhere(city: tuple[Words, Lexicon], other: str) -> None:
    assert chosen([Guess(other, -0.5)], *city) == other


def test_terms_that_are_no_chinese_words_are_left_out() -> None:
    assert Lexicon(["12345", "A栋", "县", "", "北湖区"]).terms == ("北湖区",)
