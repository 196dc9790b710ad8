"""What was asked and not found: grouped by what it is about, and nobody's words on a screen."""

import pytest

from match.misses import Miss, common, grouped, private

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("咨询居住证办理", "居住证办理"),
        ("我叫张三丰，居住证怎么办理", "居住证怎么办理"),
        ("我住在北湖区人民路12号，电话13812345678，居住证在哪里办", "居住证在哪里办"),
        ("身份证号430102199001011234", ""),
        ("王女士咨询公积金提取", "公积金提取"),
        ("我的手机是一三八一二三四五六七八，公积金怎么取", "公积金怎么取"),
        ("", ""),
        ("，。", ""),
    ],
)  # fmt: skip
def test_nothing_of_who_asked_is_kept(said: str, kept: str) -> None:
    assert private(said) == kept


def test_like_questions_are_one_gap_the_most_asked_first() -> None:
    asked = [
        "新能源汽车充电桩怎么报装", "充电桩报装要什么材料", "小区充电桩怎么报装", "宠物狗要不要办养犬证", "养犬证在哪里办",
        "新能源汽车充电桩报装流程", "二手房过户交多少税",
    ]  # fmt: skip
    groups = grouped([Miss(f"m{n}", words) for n, words in enumerate(asked)])
    assert sorted(member for group in groups for member in group.members) == [
        f"m{n}" for n in range(len(asked))
    ]
    assert groups[0].count == 4
    assert groups[0].members == ("m0", "m1", "m2", "m5")
    assert "充电桩" in groups[0].words
    assert groups[-1].words == "" or groups[-1].count > 1


def test_what_sounds_alike_is_alike() -> None:
    groups = grouped([Miss("a", "新能源汽车充电桩怎么报装"), Miss("b", "新能园汽车充电庄报装")])
    assert [group.count for group in groups] == [2]


def test_only_words_that_two_have_in_common_are_shown() -> None:
    shown = common(["张三丰孩子上学要居住证吗", "孩子上学要居住证吗", "李四孩子上学是不是要居住证"])
    assert "孩子上学" in shown
    assert not any(name in shown for name in ("张三", "李四"))
    assert common(["张三丰的事"]) == ""


def test_nothing_asked_is_no_gap() -> None:
    assert grouped([]) == []
