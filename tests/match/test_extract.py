"""The first form from the transcript (B6)."""

import pytest

from match import MatchIndex, Spoken, extract
from match.extract import Origin, id_card_ok

pytestmark = pytest.mark.unit


def _citizen(*said: str) -> list[Spoken]:
    return [Spoken("citizen", text) for text in said]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("我想咨询一下公积金怎么提取，需要什么材料", "consult"),
        ("请问结婚证在哪里办", "consult"),
        ("你好我要投诉，楼下烧烤店油烟扰民没人管", "complaint"),
        ("公交司机态度恶劣，还把我赶下车", "complaint"),
        ("我要举报有人非法采砂", "report"),
        ("小诊所无证行医，我想举报", "report"),
        ("我们小区停水两天了，请你们帮忙联系一下", "help"),
        ("老人走失了，求助", "help"),
        ("我有个建议，希望公交能延长到晚上十点", "suggestion"),
        ("提个意见，能不能增加几个垃圾桶", "suggestion"),
        ("我想咨询一下公司拖欠工资应该打哪个电话投诉", "consult"),
    ],
)
def test_the_type_follows_the_citizens_own_words(index: MatchIndex, said: str, kind: str) -> None:
    filled = extract(_citizen(said), index).type
    assert filled.value == kind
    assert 0 < filled.score <= 1
    assert all(origin.quote in said for origin in filled.origins)


def test_the_title_is_the_clause_with_the_matter_and_the_place(index: MatchIndex) -> None:
    draft = extract(_citizen("您好，我姓王", "我在北湖区上班，那个公司拖欠了我两个月工资，您说怎么办"), index)
    assert draft.title.value == "北湖区：公司拖欠了我两个月工资"
    assert draft.title.origins == (Origin(1, "那个公司拖欠了我两个月工资"),)


def test_a_title_from_unpunctuated_speech_is_cut_around_the_matter(index: MatchIndex) -> None:
    said = "我是北湖区这边的我在一个很大的厂里面上班上了好几年公司拖欠了我两个月工资一直都没有给我到现在也不知道怎么办"
    title = extract(_citizen(said), index).title
    assert "拖欠了我两个月工资" in title.value
    assert title.origins[0].quote in said


def test_the_body_keeps_the_citizens_words_without_greetings(index: MatchIndex) -> None:
    call = [*_citizen("您好，请问一下"), Spoken("agent", "请讲"), *_citizen("路灯坏了，三天没人修")]
    body = extract(call, index).body
    assert body.value == "路灯坏了，三天没人修。"
    assert [origin.utterance for origin in body.origins] == [2]


def test_nothing_said_fills_nothing(index: MatchIndex) -> None:
    draft = extract([Spoken("agent", "您好，公司拖欠工资吗")], index)
    assert (draft.type.value, draft.title.value, draft.body.value, draft.numbers) == ("", "", "", ())


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("我的电话是13800138000", "mobile", "13800138000"),
        ("幺三八零零一三八零零零", "mobile", "13800138000"),
        ("138 0013 8000打这个", "mobile", "13800138000"),
        ("座机0735-2368507", "landline", "07352368507"),
        ("打2912345没人接", "landline", "2912345"),
        ("身份证11010519491231002x", "id_card", "11010519491231002X"),
    ],
)
def test_numbers_are_found_as_digits_or_spoken(index: MatchIndex, said: str, kind: str, value: str) -> None:
    found = extract(_citizen(said), index).numbers
    assert [(n.kind, n.value, n.checked) for n in found] == [(kind, value, True)]
    assert found[0].origin.quote in said


def test_an_id_number_with_a_wrong_check_digit_is_marked(index: MatchIndex) -> None:
    found = extract(_citizen("身份证110105194912310021"), index).numbers
    assert [(n.kind, n.checked) for n in found] == [("id_card", False)]


@pytest.mark.parametrize(
    "said", ["12345", "打了12333三次", "十二月二十三号", "2026年11月21日", "99999999999999"]
)
def test_other_digits_are_not_numbers_of_people(index: MatchIndex, said: str) -> None:
    assert extract(_citizen(said), index).numbers == ()


def test_a_number_repeated_by_the_agent_is_listed_once(index: MatchIndex) -> None:
    call = [*_citizen("13800138000"), Spoken("agent", "您的电话是13800138000对吗")]
    assert len(extract(call, index).numbers) == 1


@pytest.mark.parametrize(("number", "ok"), [("11010519491231002X", True), ("110105194912310021", False)])
def test_check_digit_of_a_citizen_number(number: str, ok: bool) -> None:
    assert id_card_ok(number) is ok
