"""行政区划: a tree with parents written down; nobody is within what is not above them."""

import pytest

from app import divisions
from core.divisions import BadDivisions, Division, Tree, UnknownDivision
from core.divisions_text import parse_divisions

pytestmark = pytest.mark.unit

PROVINCE = Division("430000", "湖南省", "province")
CITY = Division("431000", "郴州市", "city", "430000")
COUNTY = Division("431021", "桂阳县", "county", "431000")
TOWN = Division("431021102", "仁义镇", "town", "431021")
VILLAGE = Division("431021102201", "某村", "village", "431021102")
SIDE = Division("431022", "宜章县", "county", "431000")
TREE = Tree([PROVINCE, CITY, COUNTY, TOWN, VILLAGE, SIDE], home="431000")


def test_a_village_is_within_its_town_county_city_and_province_and_within_no_other_county() -> None:
    assert all(TREE.within(VILLAGE.code, root) for root in ("431021102", "431021", "431000", "430000"))
    assert not TREE.within(VILLAGE.code, "431022")
    assert TREE.within("431021", "431021")
    assert not TREE.within("431000", "431021")


def test_what_is_not_in_the_tree_lies_nowhere() -> None:
    assert not TREE.within("999999", "430000")
    assert not TREE.within(None, "430000")
    assert not TREE.within("431021", "")
    assert TREE.under("999999") == frozenset()
    with pytest.raises(UnknownDivision):
        TREE.level("999999")


def test_the_way_down_is_read_from_the_top_and_upward_from_below() -> None:
    assert [one.name for one in TREE.path(TOWN.code)] == ["湖南省", "郴州市", "桂阳县", "仁义镇"]
    assert [one.name for one in TREE.ancestors(TOWN.code)] == ["桂阳县", "郴州市", "湖南省"]
    assert TREE.ancestors("430000") == ()
    assert TREE.level(TOWN.code) == "town"
    assert TREE.at_level(VILLAGE.code, "county") == COUNTY
    assert TREE.at_level("431000", "county") is None


def test_a_query_gets_the_root_and_everything_below_it() -> None:
    assert TREE.under("431021") == {"431021", "431021102", "431021102201"}
    assert {one.code for one in TREE.children("431000")} == {"431021", "431022"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ([CITY], "没有上级区划 430000"),
        ([PROVINCE, PROVINCE], "出现两次"),
        (
            [PROVINCE, Division("1", "甲", "county", "2"), Division("2", "乙", "town", "430000")],
            "不能在乡级之下",
        ),
        ([Division("1", "甲", "city", "2"), Division("2", "乙", "city", "1")], "不能在市级之下"),
    ],
)
def test_what_makes_no_tree_is_refused(wrong: list[Division], says: str) -> None:
    with pytest.raises(BadDivisions, match=says):
        Tree(wrong)


def test_chenzhou_has_its_eleven_counties_each_with_its_towns() -> None:
    tree = divisions.load("chenzhou")
    counties = tree.children(tree.home)
    assert {one.name for one in counties} == {
        "北湖区", "苏仙区", "桂阳县", "宜章县", "永兴县", "嘉禾县", "临武县", "汝城县", "桂东县", "安仁县", "资兴市",
    }  # fmt: skip
    assert len(tree) == 2 + 11 + 159
    assert all(tree.children(one.code) for one in counties)
    assert tree.get("431021102").name == "仁义镇"
    assert tree.within("431021102", "431021")
    assert all(one.code.startswith(one.parent or "") for one in tree if one.level == "town")


def test_a_city_without_places_of_its_own_has_an_empty_tree_or_the_one_it_is_told_to_use() -> None:
    assert len(divisions.load("jiayuguan")) == 0
    assert divisions.load("jiayuguan", "chenzhou").home == "431000"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("home: '431000'\n- x", "f.yaml:2: not YAML"),
        (
            "home: '431000'\nsources: {a: b}\ndivisions:\n  - {code: 1, name: x, level: city, source: a}",
            "f.yaml:4",
        ),
        (
            "home: '431000'\nsources: {a: b}\ndivisions:\n  - {code: '431000', name: x, level: city, source: z}",
            "f.yaml:4: 431000：sources 里没有 'z'",
        ),
        (
            "home: '431000'\nsources: {a: b}\ndivisions:\n  - {code: '431000', name: x, level: city, source: a}\n"
            "towns:\n  source: a\n  '431009': {'001': y}",
            "f.yaml:7: 431009001：没有上级区划 431009",
        ),
        ("home: '439999'\nsources: {a: b}\ndivisions: []", "f.yaml:1: home：没有区划 439999"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(BadDivisions) as caught:
        parse_divisions(text, "f.yaml")
    assert says in str(caught.value)
