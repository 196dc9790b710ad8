"""The responsible unit, from what citizens say, the line they dialled and the place they name (E3)."""

import pytest

from match import CallContext, Candidate, MatchIndex, Spoken, propose
from tests.match import fit

pytestmark = pytest.mark.unit

WITH_UNIT = [one for one in fit.sentences("heldout.tsv") if one.right["units"]]


def _units(index: MatchIndex, *said: str, line: str = "12345", agent: str = "") -> tuple[Candidate, ...]:
    words = [Spoken("citizen", text) for text in said] + ([Spoken("agent", agent)] if agent else [])
    return propose(words, CallContext(line=line), index).units


@pytest.mark.parametrize("one", WITH_UNIT, ids=lambda one: one.said)
def test_the_right_unit_is_among_the_three(index: MatchIndex, one: fit.Sentence) -> None:
    assert one.right["units"] & {unit.id for unit in _units(index, one.said)}


def test_the_right_unit_comes_first_nearly_always(index: MatchIndex) -> None:
    first = [_units(index, one.said)[0].id in one.right["units"] for one in WITH_UNIT]
    assert sum(first) / len(first) >= 0.95


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        ("厂里脱欠我们工资三个月了", "chenzhou.rsj"),
        ("我的社宝断教了怎么补", "chenzhou.rsj"),
        ("路灯不亮，警盖也没了", "chenzhou.cgj"),
        ("出租车司机据载还骂人", "chenzhou.jtj"),
        ("衣保卡异地救医怎么报销", "chenzhou.ybj"),
        ("住房公鸡金怎么提取", "hunan.12329"),
        ("有人飞法占地盖房子", "chenzhou.zrzyj"),
        ("消房通道被堵死了", "chenzhou.xfzd"),
        ("小区物夜费乱涨", "chenzhou.zjj"),
        ("营业直照怎么办", "chenzhou.scjgj"),
    ],
)
def test_misheard_words_still_lead_to_the_unit(index: MatchIndex, said: str, unit: str) -> None:
    assert _units(index, said)[0].id == unit


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("12333", "chenzhou.rsj"),
        ("12331", "chenzhou.scjgj"),
        ("2912345", "chenzhou.beihu"),
        ("12366", "chenzhou.shuiwuj"),
    ],
)
def test_the_line_dialled_speaks_for_its_unit(index: MatchIndex, line: str, unit: str) -> None:
    best = _units(index, "我想问点事", line=line)[0]
    assert best.id == unit
    assert best.evidence[0].source == "line"
    assert best.evidence[0].quote == line


def test_what_is_said_outweighs_the_line_dialled(index: MatchIndex) -> None:
    said = ("公司拖欠工资还不交社保", "劳动合同也没签")
    assert _units(index, *said, line="12369")[0].id == "chenzhou.rsj"


def test_place_and_department_are_both_proposed(index: MatchIndex) -> None:
    found = {unit.id: unit for unit in _units(index, "桂阳县有人占用耕地盖厂房")}
    assert {"chenzhou.guiyang", "chenzhou.zrzyj"} <= set(found)
    assert found["chenzhou.guiyang"].evidence[0].source == "place"
    assert "属地管理优先" in found["chenzhou.guiyang"].evidence[0].clause


def test_a_place_without_a_departments_matter_leads_to_the_county(index: MatchIndex) -> None:
    best = _units(index, "我是宜章县这边的，村里有点事情想反映")[0]
    assert best.id == "chenzhou.yizhang"
    assert best.confident


def test_the_unit_a_citizen_names_is_proposed_with_the_words(index: MatchIndex) -> None:
    best = _units(index, "我要找环保局的人")[0]
    assert best.id == "chenzhou.sthjj"
    assert "环保局" in best.evidence[0].quote
    assert best.evidence[0].source == "said"


def test_the_agents_words_count_less_than_the_citizens(index: MatchIndex) -> None:
    by_citizen = _units(index, "拖欠工资", agent="您好")[0]
    by_agent = _units(index, "您好", agent="您是说拖欠工资吗")[0]
    assert by_citizen.id == by_agent.id == "chenzhou.rsj"
    assert by_agent.score < by_citizen.score
    assert by_agent.evidence[0].source == "agent_said"


@pytest.mark.parametrize("said", ["喂，你好", "今天天气不错", "我姓王，等一下", "好的谢谢再见", "嗯嗯对对"])
def test_small_talk_leads_to_no_unit_confidently(index: MatchIndex, said: str) -> None:
    assert not any(unit.confident for unit in _units(index, said))


def test_saying_the_same_thing_twice_adds_nothing(index: MatchIndex) -> None:
    once, twice = _units(index, "公司拖欠工资")[0], _units(index, "公司拖欠工资", "公司拖欠工资")[0]
    assert twice.weight == pytest.approx(once.weight, abs=0.1)
