"""Sensitive words: what marks a matter, what only looks like it, and how grave it is; the file is checked with its lines."""

import pytest

from app.alert_rules import sensitive_words
from core.alerts import BadAlerts, parse_alerts
from match.sensitive import SensitiveWords, gravest

pytestmark = pytest.mark.unit

WORDS = sensitive_words()


def kinds(text: str, words: SensitiveWords = WORDS) -> list[str]:
    return [one.category.id for one in words.find(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("他站在楼顶说要跳楼", ["self_harm"]),
        ("我真的不想活了", ["self_harm"]),
        ("村口化学品仓库发生泄漏", ["public_danger"]),
        ("化学品发生了泄漏，很多人拉横幅", ["public_danger", "crowd"]),
        ("拖欠了我们几十个工友半年的工资", ["wages"]),
        ("学校食堂的学生集体中毒", ["food_poisoning"]),
        ("健身房老板跑路了", ["investors"]),
        ("工友的工资没发，几百人 堵 路 了", ["crowd", "wages"]),
        ("扬言要报复", ["conflict"]),
    ],
)  # fmt: skip
def test_what_marks_a_matter_is_found_the_gravest_first(text: str, found: list[str]) -> None:
    assert kinds(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "小区停水三天了",
        "楼下炸鸡店油烟大",
        "商场跳楼价虚假宣传",
        "单位拖欠我的工资",
        "路灯不亮",
        "",
        "，。！",
        "公交车司机态度不好",
    ],
)
def test_everyday_matters_and_idioms_mark_nothing(text: str) -> None:
    assert kinds(text) == []


def test_an_idiom_hides_no_real_word_beside_it() -> None:
    assert kinds("商场跳楼价，顾客要跳楼") == ["self_harm"]


def test_the_gravest_decides_the_level() -> None:
    assert gravest(WORDS.find("扬言要报复，要自焚")) == 1
    assert gravest(WORDS.find("扬言要报复")) == 3


def test_every_level_is_answered_and_urgent_matters_reach_a_duty_room_by_voice_and_text() -> None:
    rules = WORDS.alerts
    assert {one.level for one in rules.categories} <= set(rules.levels)
    urgent = rules.levels[rules.urgent.level]
    assert "duty_room" in urgent.tell
    assert set(urgent.by) == {"voice", "sms"}
    assert all({"office"} <= set(one.tell) for one in rules.levels.values())


GOOD = """documents: {"000": x}
levels:
  1: {name: 一级, tell: [office], by: [sms], clause: 000 1}
urgent: {level: 1, clause: 000 1}
categories:
  - {id: a, name: 甲, level: 1, clause: 000 1, words: [爆炸]}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "level: 1, clause: 000 1}\ncat",
            "level: 2, clause: 000 1}\ncat",
            "f.yaml:4: urgent.level: no level 2",
        ),
        ("甲, level: 1", "甲, level: 7", "f.yaml:6: categories.0.level: no level 7"),
        ("[爆炸]", "[炸]", "f.yaml:6: categories.0.words.0"),
        ("[office]", "[mayor]", "f.yaml:3: levels.1.tell.0"),
        ("000 1, words", "777 1, words", "cites a document"),
        ("categories", "kinds", "f.yaml:"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    assert kinds("爆炸", SensitiveWords(parse_alerts(GOOD, "f.yaml"))) == ["a"]
    with pytest.raises(BadAlerts) as caught:
        parse_alerts(GOOD.replace(old, new), "f.yaml")
    assert says in str(caught.value)
