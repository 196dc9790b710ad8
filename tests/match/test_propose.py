"""The whole proposal: the scripted calls, what always holds, and what is said when nothing is known."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.policy_ways import Sure
from match import CallContext, MatchIndex, PastMatter, Proposals, Spoken, extract, propose
from match.model import TOP, Calibration, leads
from match.text import tidy
from tests.match import fit

pytestmark = pytest.mark.unit

CONSULT = "您好，我想咨询一下，我在北湖区的工厂上班，公司拖欠了我两个月的工资，我应该打哪个电话投诉，还是要先去劳动仲裁？"
# What a recogniser makes of it over a telephone: homophones, dropped and added characters, commas anywhere.
MISHEARD = (
    "您好我想咨询一下我在北湖区的工厂上班公司脱欠了我两个月的公资我应该打哪个电话头诉还是要先去劳动中裁",
    "你好,我想自寻一下,我在北湖区的工厂上班,公司拖欠我两个月工资。我应该打那个店话投诉?还是先去劳动仲裁",
    "我想资询一下 我在被湖区的工厂上班 公司托欠了 两个月的工资 应该打哪个电话 投诉 还是要去老动仲裁",
)
AT_WORK = Spoken("agent", "您好，这里是12345政务服务热线，请问有什么可以帮您")


@pytest.mark.parametrize("said", [CONSULT, *MISHEARD])
def test_the_wage_call_gets_unit_answer_and_an_unsure_ground(index: MatchIndex, said: str) -> None:
    found = propose([AT_WORK, Spoken("citizen", said)], CallContext(), index)
    assert found.units[0].id == "chenzhou.rsj"
    assert found.units[0].confident
    assert "line-12333" in [answer.id for answer in found.answers]
    assert all(ground.id == "chenzhou.5.2" and not ground.confident for ground in found.refusals)


def test_the_wage_call_shows_the_district_and_the_ground_with_their_words(index: MatchIndex) -> None:
    found = propose([Spoken("citizen", CONSULT)], CallContext(), index)
    district = next(unit for unit in found.units if unit.id == "chenzhou.beihu")
    assert "北湖区" in district.evidence[0].quote
    assert found.refusals[0].score < 0.3
    assert "仲裁" in found.refusals[0].evidence[0].quote
    assert found.dont_know == {"answers": False, "units": False, "refusals": True}


def test_a_call_said_piece_by_piece_ends_where_the_whole_does(index: MatchIndex) -> None:
    pieces = [Spoken("citizen", piece) for piece in CONSULT.split("，")]
    found = [propose(pieces[: i + 1], CallContext(), index) for i in range(len(pieces))]
    whole = propose([Spoken("citizen", CONSULT)], CallContext(), index)
    assert [unit.id for unit in found[-1].units] == [unit.id for unit in whole.units]
    assert found[-1].answers[0].id == whole.answers[0].id
    assert found[0].dont_know == {"answers": True, "units": True, "refusals": True}


@pytest.mark.parametrize(
    "said",
    [
        "",
        "，。！？",
        "喂",
        "嗯嗯啊",
        "abc 123",
        "😀😀",
        "\u0000\ud800",
        "İstanbul ﬁ ㎏ ½",
        "的" * 5000,
        "12345",
        "*",
    ],
)
def test_nothing_said_means_we_do_not_know(index: MatchIndex, said: str) -> None:
    found = propose([Spoken("citizen", said)], CallContext(), index)
    assert found.dont_know == {"answers": True, "units": True, "refusals": True}
    extract([Spoken("citizen", said)], index)


def test_no_utterances_mean_no_proposals(index: MatchIndex) -> None:
    assert propose([], CallContext(), index) == Proposals()


words = st.text(max_size=40) | st.text(
    alphabet="公司拖欠工资北湖区法院已经没仲裁着火路灯，。的了吗12345", max_size=40
)
calls = st.lists(st.builds(Spoken, st.sampled_from(["citizen", "agent"]), words), max_size=6)
contexts = st.builds(
    CallContext,
    line=st.sampled_from(["12345", "12333", "2912345", "000", ""]),
    profile=st.sampled_from(["chenzhou", "heyuan", "henan", "", "x"]),
    on=st.none() | st.dates(date(2015, 1, 1), date(2035, 1, 1)),
    past=st.lists(st.builds(PastMatter, words, words, st.sampled_from(["open", "closed"])), max_size=2).map(
        tuple
    ),
)


@settings(max_examples=150, deadline=None)
@given(calls, contexts)
def test_whatever_is_said_proposals_are_few_sorted_and_honest(
    call: list[Spoken], context: CallContext
) -> None:
    index = _index()
    found = propose(call, context, index)
    assert found == propose(list(call), context, index)
    said = {"citizen": _all(call, "citizen"), "agent": _all(call, "agent")}
    for kind in fit.KINDS:
        some = fit.candidates(found, kind)
        assert len(some) <= TOP
        assert len({c.id for c in some}) == len(some)
        assert [c.score for c in some] == sorted((c.score for c in some), reverse=True)
        assert all(0 <= c.score <= 1 and c.evidence for c in some)
        for evidence in (e for c in some for e in c.evidence):
            if evidence.source in ("said", "sounds_like", "agent_said"):
                assert evidence.quote in said["agent" if evidence.source == "agent_said" else "citizen"]
    json.dumps(found.to_json(), ensure_ascii=False)
    json.dumps(extract(call, index).to_json(), ensure_ascii=False)


def _index() -> MatchIndex:
    if not _BUILT:
        _BUILT.append(MatchIndex(fit.content()))
    return _BUILT[0]


_BUILT: list[MatchIndex] = []


def _all(call: list[Spoken], speaker: str) -> str:
    return "，".join(tidy(one.text) for one in call if one.speaker == speaker)


def test_json_names_everything_a_screen_needs(index: MatchIndex) -> None:
    shown = json.loads(json.dumps(propose([Spoken("citizen", CONSULT)], CallContext(), index).to_json()))
    assert set(shown) == {"answers", "units", "refusals", "dont_know"}
    assert {"id", "title", "score", "confident", "evidence", "text"} <= set(shown["units"][0])
    assert set(shown["units"][0]["evidence"][0]) == {"source", "quote", "clause"}


def test_how_sure_is_sure_is_the_citys_to_say(index: MatchIndex) -> None:
    said = [Spoken("citizen", CONSULT)]
    best = propose(said, CallContext(), index).units[0]
    assert 0.5 < best.score < 1
    at_least = round(best.score * 100) + 1
    strict = propose(said, CallContext(sure=Sure(units=at_least)), index)
    assert best.confident
    assert strict.units[0] == replace(best, confident=False)
    assert strict.dont_know["units"]


@given(st.floats(0, 10), st.floats(-10, 10), st.floats(0, 5), st.floats(0, 5))
def test_scores_rise_with_evidence_and_with_the_lead(
    evidence: float, lead: float, more: float, ahead: float
) -> None:
    scale = Calibration(base=-2.0, evidence=1.5, lead=0.7)
    assert 0 <= scale.score(evidence, lead) <= scale.score(evidence + more, lead + ahead) <= 1


@pytest.mark.parametrize(
    ("weights", "ahead"),
    [([], []), ([2.0], [2.0]), ([3.0, 1.0, 2.0], [1.0, -2.0, -1.0]), ([1.0, 1.0], [0.0, 0.0])],
)
def test_the_lead_is_over_the_best_of_the_others(weights: list[float], ahead: list[float]) -> None:
    assert leads(weights) == ahead
