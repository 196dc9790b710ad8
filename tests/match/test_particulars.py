"""Place, name, time, demands, danger and sensitive words, each with the words it was taken from."""

import pytest

from app.alert_rules import sensitive_words
from app.divisions import load
from match import MatchIndex, Spoken, extract
from match.particulars import Places, asked_for, citizen_name, urgent, when

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def places() -> Places:
    return Places(load("chenzhou"))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("我在北湖区上班", "431002"),
        ("我是桂阳县的", "431021"),
        ("我们郴州市苏仙区这边", "431003"),
        ("我在外地", ""),
    ],
)
def test_the_lowest_place_named_is_taken_with_its_words(places: Places, said: str, code: str) -> None:
    found = places.find([(0, "您好"), (3, said)])
    assert (found.value if found else "") == code
    if found:
        assert found.utterance == 3
        assert found.quote in said


def test_a_town_stands_before_its_county_and_with_it_is_surer(places: Places) -> None:
    tree = load("chenzhou")
    town = next(one for one in tree if one.level == "town" and one.parent == "431021")
    alone = places.find([(0, f"我在{town.name}")])
    both = places.find([(0, f"桂阳县{town.name}")])
    assert alone is not None
    assert both is not None
    assert (both.value, alone.value) == (town.code, town.code)
    assert both.score > alone.score


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("我叫王小明，住在城东", "王小明"),
        ("免贵姓李", "李"),
        ("我姓欧", "欧"),
        ("我叫外卖了", ""),
        ("路灯坏了", ""),
    ],
)
def test_a_name_is_what_the_citizen_says_they_are_called(said: str, name: str) -> None:
    found = citizen_name([(0, said)])
    assert (found.value if found else "") == name


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("11月3号晚上楼上漏水", "11月3号晚上"),
        ("昨天晚上开始停水", "昨天晚上"),
        ("已经三个月没发工资了", "已经三个月没"),
        ("昨天说过，是10月2日的事", "10月2日"),
        ("路灯坏了", ""),
    ],
)
def test_time_is_kept_in_the_words_said_the_most_exact_first(said: str, words: str) -> None:
    found = when([(0, said)])
    assert (found.value if found else "") == words


def test_each_demand_stands_by_itself_and_a_tale_has_none() -> None:
    found = asked_for([(0, "工地晚上施工。要求停止夜间施工；希望尽快答复"), (2, "路灯坏了")])
    assert [one.utterance for one in found] == [0, 0]
    assert "夜间施工" in found[0].value
    assert asked_for([(0, "路灯坏了三天")]) == ()


@pytest.mark.parametrize(
    ("said", "is_urgent"),
    [
        ("楼下着火了快来人", True),
        ("有人落水了", True),
        ("小区燃气泄漏味道很大", True),
        ("请问怎么预防着火", False),
        ("如果着火怎么办", False),
        ("路灯坏了", False),
    ],
)
def test_danger_to_life_is_urgent_a_question_about_it_is_not(said: str, is_urgent: bool) -> None:
    assert (urgent([(0, said)]) is not None) is is_urgent


def test_the_whole_form_says_where_each_part_comes_from(index: MatchIndex, places: Places) -> None:
    said = [
        Spoken("agent", "您好，请讲"),
        Spoken("citizen", "我叫王小明，我在北湖区"),
        Spoken("citizen", "公司已经三个月没发工资了，要求尽快发放，不然我们就集体上访"),
    ]
    draft = extract(said, index, places, sensitive_words())
    assert draft.place.value == "431002"
    assert draft.citizen.value == "王小明"
    assert draft.when.origins[0].utterance == 2
    assert draft.demands
    assert draft.sensitive
    assert draft.urgency.value == ""
    for part in (draft.place, draft.citizen, draft.when, *draft.demands, *draft.sensitive):
        assert 0 < part.score <= 1
        for origin in part.origins:
            assert origin.quote in said[origin.utterance].text
