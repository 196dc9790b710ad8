"""`./hotline units`: a register comes in from CSV or YAML whole or not at all, wrong files name the line, gaps are told."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.settings import settings
from core.divisions import UnknownDivision
from core.errors import BadInput
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., Any]
CSV = """单位代码,项目,内容,职务,登录名,持有人
chenzhou.guiyang,承办科室,县热线办,,,
chenzhou.guiyang,分管领导,王建国,副县长,,
chenzhou.guiyang,经办人,张三,科员,,
chenzhou.guiyang,采编员,李四,,,
chenzhou.guiyang,联线电话,07354450000,,,张三
chenzhou.guiyang,值班室,07354450001,,,
chenzhou.guiyang,分管领导手机,13800000001,,,王建国
chenzhou.guiyang,经办人手机,13800000002,,,张三
guiyang.renyi,名称,仁义镇人民政府,,,
guiyang.renyi,区划,431021102,,,
guiyang.renyi,上级单位,chenzhou.guiyang,,,
"""
YAML = """units:
  - code: chenzhou.guiyang
    section: 县热线办
    people:
      - {duty: leader, name: 王建国, post: 副县长}
      - {duty: handler, name: 赵六}
    phones:
      - {kind: duty, number: "07354450001"}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    begin()
    yield lambda *words: CliRunner().invoke(cli, ["units", *words])
    settings.cache_clear()


def file_of(tmp_path: Path, text: str, name: str = "units.csv") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def told(result: Any) -> Any:
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_a_spreadsheet_comes_in_with_a_new_town_below_its_county_and_the_same_again_changes_nothing(
    run: Run, tmp_path: Path
) -> None:
    path = file_of(tmp_path, CSV)
    assert told(run("check", path, "--json"))["applied"] is False
    assert told(run("show", "chenzhou.guiyang", "--json"))["people"] == []
    assert len(told(run("import", path, "--why", "首次登记", "--json"))["changes"]) == 11
    assert told(run("import", path, "--why", "再来", "--json"))["changes"] == []
    county = told(run("show", "chenzhou.guiyang", "--json"))
    assert (county["division"], county["section"], county["lacks"]) == ("431021", "县热线办", [])
    assert {one["name"] for one in county["people"]} == {"王**", "张*", "李*"}
    town = told(run("show", "guiyang.renyi", "--json"))
    assert (town["name"], town["division"], town["parent"]) == (
        "仁义镇人民政府",
        "431021102",
        "chenzhou.guiyang",
    )


def test_people_a_file_does_not_name_are_taken_out_and_its_place_stays(run: Run, tmp_path: Path) -> None:
    told(run("import", file_of(tmp_path, CSV), "--why", "首次登记", "--json"))
    told(run("import", file_of(tmp_path, YAML, "units.yaml"), "--why", "人员变动", "--json"))
    county = told(run("show", "chenzhou.guiyang", "--purpose", "核对", "--json"))
    assert {(one["duty"], one["name"]) for one in county["people"]} == {
        ("leader", "王建国"),
        ("handler", "赵六"),
    }
    assert [one["number"] for one in county["phones"]] == ["07354450001"]
    assert (county["division"], county["lacks"]) == (
        "431021",
        ["editor", "fixed_phone", "leader_phone", "handler_phone"],
    )


def test_what_entries_lack_is_listed_for_the_city_and_for_one_county(run: Run, tmp_path: Path) -> None:
    everywhere = told(run("check", "--json"))
    assert everywhere["complete"] == 0
    assert everywhere["total"] > 40
    told(run("import", file_of(tmp_path, CSV), "--why", "首次登记", "--json"))
    county = told(run("check", "--division", "431021", "--json"))
    assert (county["total"], county["complete"]) == (2, 1)
    assert [one["code"] for one in county["units"]] == ["guiyang.renyi"]
    assert "信息采编员（001 25）" in run("check").stdout
    assert "共 2 个单位" in run("list", "--division", "431021").stdout


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("单位代码,项目,内容\nchenzhou.guiyang,电报,1\n", "units.csv:2: 不认识的项目 '电报'"),
        ("单位代码,项目,内容\nchenzhou.guiyang,联线电话,abc\n", "units.csv:2: 号码应为"),
        ("单位代码,项目,内容\n,经办人,张三\n", "units.csv:2: 应填单位代码"),
        ("单位代码,项目,内容\nchenzhou.guiyang,经办人,\n", "units.csv:2: 经办人 没有内容"),
        ("单位代码,电报\nchenzhou.guiyang,1\n", "units.csv:1: 不认识的列 '电报'"),
        ("单位代码,项目,内容\nnobody,经办人,张三\n", "units.csv:2: 没有代码为 nobody 的承办单位"),
        (
            "单位代码,项目,内容\nchenzhou.gaj,经办人,甲\nchenzhou.guiyang,区划,999999\n",
            "units.csv:3: 没有区划 999999",
        ),
        (
            "单位代码,项目,内容\nchenzhou.guiyang,经办人,张三\nchenzhou.guiyang,经办人,张三\n",
            "units.csv:2: 单位 chenzhou.guiyang：经办人中同一人出现两次",
        ),
    ],
)
def test_a_wrong_spreadsheet_is_refused_with_its_line_and_nothing_of_it_comes_in(
    run: Run, tmp_path: Path, text: str, says: str
) -> None:
    result = run("import", file_of(tmp_path, text), "--why", "首次登记")
    assert isinstance(result.exception, BadInput)
    assert says in str(result.exception)
    assert told(run("show", "chenzhou.gaj", "--json"))["people"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("units:\n  - code: a\n    boss: x\n", "units.yaml:3: 不认识的项 'boss'"),
        (
            "units:\n  - code: chenzhou.gaj\n    people:\n      - {duty: handler, name: x, age: 3}\n",
            "units.yaml:4: 不认识的项 'age'",
        ),
        ("units:\n  - code: chenzhou.gaj\n    people: 张三\n", "units.yaml:3: people 应为列表"),
        ("units: []\n", "没有单位"),
        ("units: [\n", "units.yaml:2: not YAML"),
        ("units: []\nmore: 1\n", "应只有 units"),
    ],
)
def test_a_wrong_yaml_is_refused_with_its_line(run: Run, tmp_path: Path, text: str, says: str) -> None:
    result = run("check", file_of(tmp_path, text, "units.yaml"))
    assert isinstance(result.exception, BadInput)
    assert says in str(result.exception)


def test_a_place_that_is_not_there_is_refused(run: Run) -> None:
    assert isinstance(run("check", "--division", "999999").exception, UnknownDivision)
