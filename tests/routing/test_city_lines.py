"""The cities' own registers: what 郴政办发〔2021〕22号 lists, and Henan's three modes in the demonstration city."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from app.seeding import city_lines, house_content
from routing import LineRegister

pytestmark = pytest.mark.unit

REGIONS = "beihu suxian zixing guiyang yizhang yongxing jiahe linwu rucheng guidong anren".split()


@pytest.fixture(scope="module")
def chenzhou() -> LineRegister:
    return LineRegister(city_lines("chenzhou"))


def test_the_annex_has_44_lines_in_three_modes(chenzhou: LineRegister) -> None:
    modes = Counter(line.mode for line in chenzhou if "附件" in line.clause)
    assert modes == {"merged": 26, "dual_number": 12, "sub_centre": 6}


def test_every_entry_of_the_annex_is_cited_once(chenzhou: LineRegister) -> None:
    cited = sorted(line.clause.partition("附件")[2] for line in chenzhou if "附件" in line.clause)
    wanted = [
        f"{part}.{n}" for part, count in (("一", 26), ("二", 12), ("三", 6)) for n in range(1, count + 1)
    ]
    assert cited == sorted(wanted)


@pytest.mark.parametrize(
    ("number", "name", "unit"),
    [
        ("12396", "全国统一科技公益服务电话", "chenzhou.kjj"),
        ("12393", "医疗保障服务热线", "chenzhou.ybj"),
        ("96322", "河长制工作监督举报电话", "chenzhou.slj"),
        ("5212345", "安仁县县长公开电话", "chenzhou.anren"),
        ("12369", "环境保护投诉举报电话", "chenzhou.sthjj"),
        ("12385", "全国残疾人维权服务电话", "chenzhou.cl"),
        ("12366", "全国税务系统统一电话", "chenzhou.shuiwuj"),
        ("12329", "全国统一住房公积金热线服务电话", "hunan.12329"),
    ],
)
def test_a_line_has_its_name_and_unit(chenzhou: LineRegister, number: str, name: str, unit: str) -> None:
    line = chenzhou.get(number)
    assert (line.name, line.unit) == (name, unit)


def test_status_is_what_the_annex_remarks(chenzhou: LineRegister) -> None:
    by_status: dict[str, set[str]] = {}
    for line in chenzhou:
        by_status.setdefault(line.status, set()).add(line.number)
    assert by_status["suspended"] == {"12396", "12349", "12356", "12393"}
    assert by_status["merged_into_12345"] == {"12336", "12312", "12301"}
    assert by_status["merged_into_12315"] == {"12330", "12331", "12358", "12365"}
    assert by_status["part_time_119"] == {"96119"}


def test_four_lines_have_an_expert_seat_and_merges_into_them_reach_it(chenzhou: LineRegister) -> None:
    assert {line.number for line in chenzhou if line.expert_seat} == {"12348", "12333", "12320", "12315"}
    for number in ("12330", "12331", "12358", "12365"):
        assert chenzhou.reached(number).line.number == "12315"
        assert chenzhou.reached(number).skills == ("line.12315",)


def test_eleven_county_numbers_reach_12345_with_their_region(chenzhou: LineRegister) -> None:
    county = [line for line in chenzhou if line.answer.region]
    assert {line.number[-5:] for line in county} == {"12345"}
    assert [chenzhou.reached(line.number).region for line in county] == REGIONS
    assert {chenzhou.reached(line.number).line.number for line in county} == {"12345"}


def test_sub_centres_are_reached_at_their_own_number_and_only_tax_is_the_citys(
    chenzhou: LineRegister,
) -> None:
    centres = [line for line in chenzhou if line.mode == "sub_centre"]
    assert all(chenzhou.way(line.number).number == line.number for line in centres)
    assert [line.number for line in centres if line.level == "city"] == ["12366"]


def test_a_suspended_line_says_so_and_then_waits_for_nobody_in_particular(chenzhou: LineRegister) -> None:
    reached = chenzhou.reached("12349")
    assert (reached.prompts, reached.skills, reached.line.number) == (("line-suspended",), (), "12345")


def test_emergencies_come_before_everything_and_what_110_hands_over_before_the_rest(
    chenzhou: LineRegister,
) -> None:
    assert {chenzhou.reached(n).priority for n in ("110", "119", "120", "122")} == {100}
    assert chenzhou.get("from-110").mode == "intake"
    assert 0 < chenzhou.reached("12345110").priority < 100
    assert (
        "12345110" not in chenzhou.units()
    )  # else every matter 110 hands over would be proposed to the police


def test_water_power_gas_and_firms_are_lines_with_a_second_name(chenzhou: LineRegister) -> None:
    assert {chenzhou.way(key).party for key in ("water", "power", "gas")} == {"utility"}
    assert chenzhou.reached(chenzhou.get("enterprise").number).skills == ("enterprise",)


def test_the_demonstration_city_has_one_line_in_each_of_henans_modes_and_reaches_its_utilities() -> None:
    demo = LineRegister(city_lines("demo"))
    assert {line.mode for line in demo} >= {"direct_merge", "call_forward", "parallel"}
    assert demo.reached("2388101").line.number == "12345"
    assert demo.reached("2388102").forward == "2388202"
    assert demo.reached("2388103").also_ring == ("2388203",)
    assert all(demo.way(key).number for key in ("water", "power", "gas"))


def test_a_city_without_a_register_of_its_own_gets_the_houses(chenzhou: LineRegister) -> None:
    assert {line.number for line in city_lines("heyuan")} == {line.number for line in chenzhou}


def test_every_line_is_the_business_of_a_unit_in_the_register(chenzhou: LineRegister) -> None:
    units = {unit.code for unit in house_content().units}
    assert {line.unit for line in LineRegister(city_lines("demo"))} <= units


def test_every_prompt_a_line_speaks_is_one_we_have(chenzhou: LineRegister) -> None:
    have = yaml.safe_load(Path("asr/prompts.yaml").read_text(encoding="utf-8"))["prompts"]
    assert {name for line in chenzhou for name in line.answer.prompts} <= set(have)
