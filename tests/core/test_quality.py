"""智能质检 on written talks: each kind of rule, and the moments that show it."""

import pytest

from app.quality.rules import first_rules
from core.quality import BadQuality, Finding, Rules, judge, parse_quality, read_quality, score
from core.speech_facts import Line, facts

pytestmark = pytest.mark.unit

TALK = (
    Line("agent", "您好，12345热线。", 0.5, 3.0),
    Line("citizen", "我家停水三天了，没人管。", 3.5, 8.0),
    Line("agent", "跟您核对一下，是停水三天，对吗？", 8.5, 13.0),
    Line("citizen", "对，就是这样。", 13.5, 15.0),
    Line("agent", "我们会给您回复，五个工作日内。", 50.0, 58.0),
    Line("citizen", "好。", 58.2, 58.8),
    Line("agent", "感谢您的来电，再见。", 70.0, 73.0),
)


def _judged(rules: Rules, *lines: Line) -> dict[str, Finding]:
    return {one.rule: one for one in judge(rules, lines, facts(lines))}


def _rules(**rule: object) -> Rules:
    base = {"id": "one", "name": "一条", "points": 10, "clause": "003 二.12", **rule}
    return read_quality({"documents": {"003": "方案"}, "rules": [base]})


def test_a_good_talk_keeps_all_rules_but_its_long_silence() -> None:
    found = _judged(first_rules(), *TALK)
    assert {name for name, one in found.items() if not one.passed} == {"long_silence"}
    assert found["long_silence"].moments == ((15.0, 50.0),)
    assert found["greeting"].moments == ((0.5, 3.0),)
    assert found["closing"].moments == ((70.0, 73.0),)
    assert score(tuple(found.values())) == 95


def test_a_banned_word_is_shown_where_it_was_said_and_only_by_the_side_it_binds() -> None:
    bad = Line("agent", "这个不归我管，你去投诉吧。", 20.0, 23.0)
    assert _judged(first_rules(), *TALK, bad)["banned"].moments == ((20.0, 23.0),)
    said_by_citizen = Line("citizen", "他们说不归我管", 20.0, 23.0)
    assert _judged(first_rules(), *TALK, said_by_citizen)["banned"].passed


def test_a_greeting_that_comes_late_does_not_count() -> None:
    rules = _rules(kind="says", words=["您好"], within_s=15)
    late = _judged(rules, Line("citizen", "喂喂喂", 0.0, 2.0), Line("agent", "您好", 30.0, 31.0))["one"]
    assert (late.passed, late.applied) == (False, True)


def test_a_promise_needs_its_term_only_where_one_was_made() -> None:
    rules = _rules(kind="says", words=["工作日"], after=["给您回复"])
    assert not _judged(rules, Line("agent", "我们给您回复。", 0, 3))["one"].passed
    assert _judged(rules, Line("agent", "我们五个工作日内给您回复。", 0, 3))["one"].passed
    assert not _judged(rules, Line("agent", "请打12348。", 0, 3))["one"].applied


def test_a_short_talk_is_not_asked_for_what_only_long_ones_need() -> None:
    rules = _rules(kind="says", words=["核对"], from_s=60)
    assert not _judged(rules, Line("agent", "您好。", 0, 3))["one"].applied


def test_who_barges_in_is_counted_a_yes_in_between_is_not() -> None:
    rules = _rules(kind="interrupts", most=1)
    citizen = [Line("citizen", "我要说的是这件事情", n * 10.0, n * 10.0 + 5) for n in range(3)]
    barged = [Line("agent", "你先听我说", n * 10.0 + 2, n * 10.0 + 6) for n in range(2)]
    yes = Line("agent", "嗯", 24.8, 25.0)
    assert not _judged(rules, *citizen, *barged)["one"].passed
    assert _judged(rules, *citizen, barged[0], yes)["one"].passed


def test_facts_are_counted_from_who_spoke_when() -> None:
    counted = facts(
        [
            Line("citizen", "一二三四五六七八九十", 0.0, 6.0),
            Line("agent", "好的", 5.0, 7.0),
            Line("expert", "是", 9.0, 10.0),
        ]
    )
    assert counted.citizen.talk_s == 6.0
    assert counted.citizen.speed == 100
    assert counted.agent.talk_s == 3.0
    assert counted.agent.speed == 0, "too little was said"
    assert (counted.talk_s, counted.silence_s, counted.overlap_s) == (10.0, 2.0, 1.0)
    assert counted.pauses == ((7.0, 9.0),)


def test_nothing_said_is_judged_by_nothing() -> None:
    found = judge(first_rules(), [], facts([]))
    assert not any(one.applied for one in found)
    assert score(found) == 100


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ({"kind": "says", "words": []}, "words"),
        ({"kind": "silence", "most": 0}, "most"),
        ({"kind": "never", "words": ["x"], "clause": "009 1"}, "009 1"),
        ({"kind": "guess"}, "kind"),
    ],
)
def test_rules_that_cannot_work_are_refused_by_name(broken: dict[str, object], named: str) -> None:
    with pytest.raises(BadQuality, match=named) as told:
        _rules(**broken)
    assert [str(step) for step in told.value.fields[0]["loc"][:2]] == ["rules", "0"]


def test_a_file_is_refused_with_its_line() -> None:
    with pytest.raises(BadQuality, match=r"rules\.yaml:3"):
        parse_quality(
            "documents: {'003': x}\nrules:\n  - {id: A, name: x, kind: silence, most: 1, points: 1, clause: 003 1}\n",
            "rules.yaml",
        )
