"""Knowledge answers for what citizens ask (E2)."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from app.meaning import meanings
from asr_models.places import models_root
from core.policy_ways import Sure
from match import CallContext, Candidate, MatchIndex, Spoken, propose
from match.calibration import ANSWERS, ANSWERS_MEANT
from match.content import parse
from match.figures import calibration_error
from tests.match import fit
from tests.match.test_meaning import Three
from tests.need import need

pytestmark = pytest.mark.unit

WITH_ANSWER = [one for one in fit.sentences("heldout.tsv") if one.right["answers"]]
FIRST_MEANT = 0.85
IN_FORCE = date(2025, 6, 1)


def _answers(index: MatchIndex, said: str, context: CallContext | None = None) -> tuple[Candidate, ...]:
    return propose([Spoken("citizen", said)], context or CallContext(), index).answers


def test_the_right_answer_is_nearly_always_among_the_three_and_mostly_first(index: MatchIndex) -> None:
    found = [(one.right["answers"], [c.id for c in _answers(index, one.said)]) for one in WITH_ANSWER]
    third = sum(bool(right & set(ids)) for right, ids in found) / len(found)
    first = sum(ids[0] in right for right, ids in found if ids) / len(found)
    assert third >= 0.92
    assert first >= 0.88


@pytest.mark.parametrize(
    ("said", "article"),
    [
        ("老板欠薪不给应该打哪个电话", "line-12333"),
        ("公司拖欠公资打哪个店话", "line-12333"),
        ("想找劳动方面的专家问一下", "line-12333-expert"),
        ("晚上十二点打你们电话有人接吗", "cz-hours"),
        ("北湖区区长的公开电话是多少", "counties-merged"),
        ("食品药品举报的12331打不通了", "line-into-12315"),
        ("整体并入跟双号并行有啥区别", "merge-three-ways"),
        ("能不能三方通话转给税务的人", "three-way"),
        ("我是做企业的，想找政企通", "gov-business"),
        ("着火了要打哪个号码", "urgent-numbers"),
        ("12356和12396怎么都停了", "line-suspended"),
        ("河里的垃圾归哪个电话管", "line-96322"),
    ],
)
def test_plain_questions_get_their_answer_first(index: MatchIndex, said: str, article: str) -> None:
    assert _answers(index, said)[0].id == article


@pytest.mark.parametrize(
    ("profile", "said", "article"),
    [
        ("heyuan", "投诉多久能有结果", "hy-complaint"),
        ("heyuan", "咨询几天能答复", "hy-consult"),
        ("heyuan", "延期可以延几次", "hy-extension"),
        ("yanji", "投诉多久能有结果", "yj-terms"),
        ("yanji", "工单能延期几次", "yj-extension"),
    ],
)
def test_each_city_gets_its_own_terms(index: MatchIndex, profile: str, said: str, article: str) -> None:
    assert _answers(index, said, CallContext(profile=profile))[0].id == article


def test_another_citys_rule_is_shown_but_never_confident(index: MatchIndex) -> None:
    foreign = [
        c
        for c in _answers(index, "投诉多久能有结果", CallContext(profile="chenzhou"))
        if c.id.startswith("hy-")
    ]
    assert foreign
    assert not any(c.confident for c in foreign)
    assert foreign[0].evidence[-1].source == "city"


def test_an_answer_past_its_validity_is_shown_but_never_confident(index: MatchIndex) -> None:
    said = "晚上打12345有人接吗"
    now = _answers(index, said, CallContext(on=IN_FORCE))[0]
    later = _answers(index, said, CallContext(on=date(2026, 9, 30)))[0]
    assert now.id == later.id == "cz-hours"
    assert now.confident
    assert not later.confident
    assert later.evidence[-1].source == "validity"
    assert later.score < now.score


@pytest.mark.parametrize("day", [date(2021, 9, 29), date(2026, 9, 29)])
def test_the_first_and_last_day_of_validity_count(index: MatchIndex, day: date) -> None:
    assert _answers(index, "晚上打12345有人接吗", CallContext(on=day))[0].confident


@pytest.mark.parametrize(
    "said", ["今天天气真好", "喂听得到吗", "好的谢谢你再见", "我等一下再打来", "我家在三楼"]
)
def test_small_talk_gets_no_confident_answer(index: MatchIndex, said: str) -> None:
    assert not any(c.confident for c in _answers(index, said))


def test_an_answer_brings_its_text_the_question_it_matched_and_its_source(index: MatchIndex) -> None:
    best = _answers(index, "公积金贷款问哪个电话")[0]
    assert "12329" in best.text
    assert [e.source for e in best.evidence] == ["said", "question"]
    assert best.evidence[0].quote == "公积金贷款问哪个电话"
    assert best.evidence[0].clause == "郴政办发〔2021〕22号 附件三.6"


def test_a_question_early_in_a_long_call_is_still_answered(index: MatchIndex) -> None:
    said = [Spoken("citizen", "我想问公积金怎么提取")]
    said += [Spoken("citizen", text) for text in ("对", "是的", "我住在城里", "好", "嗯，我记一下", "你说")]
    assert propose(said, CallContext(), index).answers[0].id == "line-12329"


# --- by meaning -------------------------------------------------------------------------------------------------------

ARTICLES = [
    {
        "id": ident, "kind": "常见问题", "title": title, "questions": questions, "answer": answer, "unit": "hotline", "clause": "甲",
    }
    for ident, title, questions, answer in (
        ("wages", "拖欠工资找谁", ["工资不发", "欠薪怎么办", "老板不给钱"], "拨打12333。"),
        ("lamps", "路灯不亮找谁", ["路灯坏了", "路灯一直闪", "路灯白天亮着"], "由城管局修。"),
    )
]  # fmt: skip
OTHER_WORDS = "小区里面照明设施出了毛病"


@pytest.fixture(scope="module")
def by_meaning() -> MatchIndex:
    return MatchIndex(parse({"test": {"articles": ARTICLES}}), meaning=Three())


def test_an_answer_found_by_its_meaning_is_as_probable_as_the_scale_of_meanings_says(
    by_meaning: MatchIndex,
) -> None:
    by_words = MatchIndex(parse({"test": {"articles": ARTICLES}}))
    best = _answers(by_meaning, OTHER_WORDS)[0]
    assert best.id == "lamps"
    assert best.score == ANSWERS_MEANT.score(best.weight, best.lead)
    assert best.score > 0.6
    assert all(one.score < 0.3 for one in _answers(by_words, OTHER_WORDS))
    plain = _answers(by_words, "路灯坏了")[0]
    assert plain.score == ANSWERS.score(plain.weight, plain.lead)


def test_below_what_the_city_asks_for_nobody_knows_whatever_the_way(by_meaning: MatchIndex) -> None:
    score = _answers(by_meaning, OTHER_WORDS)[0].score
    for asked, known in ((int(score * 100), True), (int(score * 100) + 1, False)):
        found = propose([Spoken("citizen", OTHER_WORDS)], CallContext(sure=Sure(answers=asked)), by_meaning)
        assert found.answers[0].confident is known
        assert found.dont_know["answers"] is not known


@pytest.mark.model
@pytest.mark.timeout(300)
def test_with_the_embedding_held_out_questions_are_answered_better_and_scores_mean_what_they_say(
    index: MatchIndex, tmp_path: Path
) -> None:
    meaning = meanings(tmp_path, models_root())
    need("the model e5-small", meaning)
    assert meaning is not None
    meaning.make(MatchIndex(index.content, meaning=meaning).answers.missing)
    first, said, right = [], [], []
    for one, share, found in fit.runs(
        MatchIndex(index.content, meaning=meaning), fit.sentences("heldout.tsv")
    ):
        hit = bool(found.answers) and found.answers[0].id in one.right["answers"]
        said.append(found.answers[0].score if found.answers else 0.0)
        right.append(float(hit))
        if one.right["answers"] and share == fit.NOISE[-1]:
            first.append(hit)
    sure = np.array(said) >= 0.6
    ece, precision = calibration_error(np.array(said), np.array(right)), np.array(right)[sure].mean()
    print(
        f"first {np.mean(first):.3f}, ECE {ece:.3f}, put forward {sure.mean():.3f}, right then {precision:.3f}"
    )
    assert np.mean(first) >= FIRST_MEANT
    assert ece <= 0.15
    assert precision >= 0.8
