"""`./hotline lines` as an operator reads it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.commands.lines import MODES
from app.settings import settings
from core.errors import UnknownLine
from routing.lines import LinesInvalid
from tests.app.begun import begin

pytestmark = pytest.mark.service

LINE = '- {number: "%s", name: 试验热线, unit: chenzhou.kjj, mode: %s, clause: 市函〔2026〕1号%s}\n'


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines") / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    monkeypatch.setenv("HOTLINE_POLICY", "demo")
    monkeypatch.setenv("COLUMNS", "200")
    settings.cache_clear()
    begin()
    yield lambda *words: CliRunner().invoke(cli, ["lines", *words])
    settings.cache_clear()


def file_of(folder: Path, *lines: str, extends: str = "") -> str:
    path = folder / "lines.yaml"
    path.write_text(
        (f"extends: {extends}\n" if extends else "") + "lines:\n" + "".join(lines), encoding="utf-8"
    )
    return str(path)


def test_the_list_has_every_line_and_says_how_each_is_answered(run: Any) -> None:
    told = run("list").stdout
    assert "12331     整体并入 全国统一食品药品监督举报服务电话 → 12315 [已归并到12315]" in told
    assert "2912345   整体并入 北湖区区长公开电话 → 12345 [beihu 远端座席优先]" in told
    listed = json.loads(run("list", "--json").stdout)["lines"]
    assert len([one for one in listed if "附件" in one["clause"]]) == 44
    assert "共 6 条" in run("list", "--mode", "设分中心").stdout


def test_one_line_is_told_from_both_sides(run: Any) -> None:
    told = run("show", "12333").stdout
    assert "市民拨打  接到 12333（全国人力资源和社会保障服务电话）；line.12333 座席优先，其余座席兜底" in told
    assert "转接过去  专家座席（12333）：line.12333 座席" in told
    assert "转接过去  紧急热线（96119）：拨 119" in run("show", "96119").stdout
    assert "已暂停服务" in run("show", "12349").stdout
    assert "同时振铃 2388203" in run("show", "parallel").stdout
    told = json.loads(run("show", "from-110", "--json").stdout)
    assert (told["number"], told["reached"]["line"], told["reached"]["priority"]) == (
        "12345110",
        "12345110",
        20,
    )
    assert isinstance(run("show", "99999").exception, UnknownLine)


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (LINE % ("12388", "sideways", ""), "12388：mode"),
        (LINE % ("12388", "merged", ', target: "12399"'), "12388 归并到 12399，线路库中没有"),
        (LINE % ("12388", "merged", ', target: "12388"'), "12388 的归并绕回自身"),
        (LINE % ("12388", "dual_number", "") * 2, "12388 出现两次"),
        (LINE % ("12x88", "dual_number", ""), "12x88：number"),
        (LINE % ("12388", "dual_number", ", colour: red"), "12388：colour"),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_the_line_named(
    run: Any, tmp_path: Path, line: str, named: str
) -> None:
    refused = run("check", file_of(tmp_path, line)).exception
    assert isinstance(refused, LinesInvalid)
    assert named in str(refused)


def test_a_file_that_is_not_there_or_goes_in_a_circle_is_named(run: Any, tmp_path: Path) -> None:
    for given in (
        str(tmp_path / "none.yaml"),
        file_of(tmp_path, LINE % ("12388", "queue", ""), extends="atlantis"),
    ):
        refused = run("check", given).exception
        assert isinstance(refused, LinesInvalid)
        assert given in str(refused)


def test_checking_changes_nothing_importing_does_and_says_what(run: Any, tmp_path: Path) -> None:
    given = file_of(
        tmp_path,
        LINE % ("12388", "queue", ", answer: {skills: [night]}"),
        '- {number: "12316", name: 全国农业系统公益服务电话, unit: chenzhou.nyncj, mode: parallel, '
        'reach: {number: "2388777"}, clause: 郴政办发〔2021〕22号 附件二.6}\n',
    )
    told = run("check", given).stdout
    assert "新增 12388 试验热线" in told
    assert "mode: 'dual_number' → 'parallel'" in told
    assert "将变更 2 条" in told
    assert isinstance(run("show", "12388").exception, UnknownLine)
    done = json.loads(run("import", given, "--why", "年度更新", "--json").stdout)
    assert [(one["number"], one["what"]) for one in done["changes"]] == [
        ("12388", "added"),
        ("12316", "changed"),
    ]
    assert "同时振铃 2388777" in run("show", "12316").stdout
    assert "✓ 2 条线路，已变更 0 条" in run("import", given, "--why", "再来一次").stdout


def test_every_way_of_answering_a_line_is_explained_in_the_glossary() -> None:
    glossary = (Path(__file__).parents[2] / "docs/glossary.md").read_text(encoding="utf-8")
    terms = {
        word
        for row in glossary.splitlines()
        for word in row.partition(" | ")[0].removeprefix("| ").split("/")
    }
    assert set(MODES.values()) <= terms


def test_only_of_lines_that_others_answer_is_it_told_whether_they_do(run: Any) -> None:
    assert "通断  未知（近期没有呼叫或测试）" in run("show", "12366").stdout
    assert "通断" not in run("show", "12345").stdout


def test_the_list_of_scenes_has_one_line_each(run: Any) -> None:
    told = CliRunner().invoke(cli, ["demo", "--list"]).stdout.splitlines()
    named = json.loads(CliRunner().invoke(cli, ["demo", "--list", "--json"]).stdout)["scenarios"]
    assert [line.split()[0] for line in told] == [one["name"] for one in named]
    assert len(named) >= 35
