"""`./hotline rota`: a week comes in from CSV or YAML, holes and missing people are named, bad input is one line and exit 2."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.opened import database
from app.settings import settings
from core.errors import BadInput, Conflict, NotFound, UnknownLine
from routing import Line
from store import lines, seats, users
from tests.app.begun import begin
from tickets.clock import CHINA

pytestmark = pytest.mark.service
Run = Callable[..., Any]
WEEK = """线路,座席,登录名,开始,结束,备注
12333,8003,,2026-11-23 08:00,2026-11-23 12:00,人社局选派
12333,,wang,2026-11-23 12:00,2026-11-23 24:00,
12348,8004,,2026-11-24 08:30,2026-11-24 17:30,
"""
YAML = """shifts:
  - {line: 12333, seat: 8003, from: 2026-11-23 08:00, to: 2026-11-23 12:00, note: 人社局选派}
  - {line: "12333", login: wang, from: 2026-11-23 12:00:00, to: "2026-11-24 00:00"}
"""


async def with_session(work: Callable[[Any], Any]) -> Any:
    async with database(settings()) as opened, opened.session() as session:
        return await work(session)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    begin()

    async def furnish(session: Any) -> None:
        at = datetime.now(CHINA)
        known = [Line("12345", "热线", "", "host", "一")]
        known += [Line(number, "专线", "", "dual_number", "附件二") for number in ("12333", "12348")]
        await lines.seed(session, known, at)
        for seat in ("8003", "8004"):
            await seats.add(session, seat, "secret", at, name=f"专家席{seat}", skills=["line.12333"])
        await users.add(session, "wang", "王专家", "agent", "-", at)

    asyncio.run(with_session(furnish))
    yield lambda *words: CliRunner().invoke(cli, ["rota", *words])
    settings.cache_clear()


def file_of(tmp_path: Path, text: str, name: str = "week.csv") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_week_from_a_spreadsheet_comes_in_once_and_is_shown_with_its_holes(
    run: Run, tmp_path: Path
) -> None:
    given = file_of(tmp_path, "\ufeff" + WEEK)
    first, again = [json.loads(run("import", given, "--json").stdout) for _ in range(2)]
    assert [(d["added"], d["same"], d["removed"]) for d in (first, again)] == [(3, 0, 0), (0, 3, 0)]
    told = json.loads(run("show", "--day", "2026-11-23", "--days", "2", "--json").stdout)
    law, work = {line["line"]: line for line in told["lines"]}["12348"], told["lines"][0]
    assert [(s["seat"], s["name"], s["to"]) for s in work["shifts"]] == [
        ("8003", "专家席8003", "2026-11-23T12:00:00+08:00"), (None, "王专家", "2026-11-24T00:00:00+08:00"),
    ]  # fmt: skip
    assert [(g["from"][5:16], g["to"][5:16]) for g in work["gaps"]] == [
        ("11-23T00:00", "11-23T08:00"), ("11-24T00:00", "11-25T00:00"),
    ]  # fmt: skip
    assert [(g["from"][5:16], g["to"][5:16]) for g in law["gaps"]] == [
        ("11-23T00:00", "11-24T08:30"), ("11-24T17:30", "11-25T00:00"),
    ]  # fmt: skip
    said = run("show", "--line", "12333", "--day", "2026-11-23", "--days", "1").stdout
    assert "12333  2 个班次，1 处空档" in said
    assert "周一 11月22日24:00 至 11月23日08:00  空档：无人值班" in said
    assert "8003 号座席 专家席8003 人社局选派" in said


def test_yaml_says_the_same_as_csv(run: Run, tmp_path: Path) -> None:
    run("import", file_of(tmp_path, WEEK))
    done = json.loads(run("import", file_of(tmp_path, YAML, "week.yaml"), "--json").stdout)
    assert (done["added"], done["same"]) == (0, 2)


def test_a_changed_week_replaces_only_its_own_lines_and_time(run: Run, tmp_path: Path) -> None:
    run("import", file_of(tmp_path, WEEK))
    moved = "line,seat,login,from,to\n12333,8003,,2026-11-23 09:00,2026-11-23 24:00\n"
    assert isinstance(run("import", file_of(tmp_path, moved)).exception, Conflict)
    late = "line,seat,login,from,to\n12333,8003,,2026-11-23 08:00,2026-11-23 24:00\n"
    done = json.loads(run("import", file_of(tmp_path, late), "--replace", "--json").stdout)
    assert (done["added"], done["removed"]) == (1, 2)
    told = json.loads(run("show", "--day", "2026-11-23", "--days", "2", "--json").stdout)
    assert [(line["line"], len(line["shifts"])) for line in told["lines"]] == [("12333", 1), ("12348", 1)]


ROW = "line,seat,login,from,to\n12333,8003,,2026-11-23 08:00,2026-11-23 12:00\n"


@pytest.mark.parametrize(
    ("text", "name", "refusal", "said"),
    [
        ("", "w.csv", BadInput, "应有 1 至 5000 个班次"),
        ("谁,何时\n1,2\n", "w.csv", BadInput, "不认识的列 '谁'"),
        (ROW + "12333,8003,wang,2026-11-24 08:00,2026-11-24 12:00\n", "w.csv", BadInput, "第 3 行：应填线路"),
        (ROW + "12333,8003,,8点,2026-11-24 12:00\n", "w.csv", BadInput, "第 3 行：时间写作"),
        (ROW + "12333,8003,,2026-02-30 08:00,2026-11-24 12:00\n", "w.csv", BadInput, "'2026-02-30 08:00'"),
        (ROW + "12333,8003,,2026-11-24 08:00,2026-11-24 12:00,x,y\n", "w.csv", BadInput, "第 3 行：比表头多"),
        (ROW + "12333,8003,,2026-11-23 11:00,2026-11-23 13:00\n", "w.csv", Conflict, "不能重叠"),
        (ROW + "12333,9999,,2026-11-24 08:00,2026-11-24 12:00\n", "w.csv", NotFound, "9999"),
        (ROW + "12333,,nobody,2026-11-24 08:00,2026-11-24 12:00\n", "w.csv", NotFound, "没有登录名 nobody"),
        (ROW + "99999,8003,,2026-11-24 08:00,2026-11-24 12:00\n", "w.csv", UnknownLine, "99999"),
        (ROW + "12345,8003,,2026-11-24 08:00,2026-11-24 12:00\n", "w.csv", BadInput, "没有自己的座席"),
        ("shifts: [", "w.yaml", BadInput, "不是有效的 YAML"),
        ("[]", "w.yaml", BadInput, "应有列表 shifts"),
        ("shifts: [{line: 12333, colour: red}]", "w.yaml", BadInput, "第 1 个班次：不认识的项 'colour'"),
        ("shifts: [{from: 2026-13-41 08:00:00}]", "w.yaml", BadInput, "不是有效的 YAML"),
    ],
)
def test_a_mistake_is_one_line_that_names_it_and_nothing_comes_in(
    run: Run, tmp_path: Path, text: str, name: str, refusal: type[Exception], said: str
) -> None:
    refused = run("import", file_of(tmp_path, text, name)).exception
    assert type(refused) is refusal
    assert said in str(refused)
    assert "\n" not in str(refused)
    assert refused.status < 500  # exit 2
    assert json.loads(run("show", "--day", "2026-11-23", "--json").stdout)["lines"] == []


def test_a_file_that_is_not_there_and_a_day_that_is_none_are_named(run: Run, tmp_path: Path) -> None:
    assert str(tmp_path / "none.csv") in str(run("import", str(tmp_path / "none.csv")).exception)
    for day in ("2026-02-30", "9999-12-31", "0001-01-01"):
        assert isinstance(run("show", "--day", day).exception, BadInput), day
    assert isinstance(run("show", "--line", "12345").exception, BadInput)
    assert "没有排班" in run("show").stdout
    assert "没有排班" in run("now").stdout


def test_who_is_on_duty_now_and_who_of_them_is_not_there(run: Run, tmp_path: Path) -> None:
    begins = datetime.now(CHINA) - timedelta(hours=1)
    times = [(begins + timedelta(hours=h)).strftime("%Y-%m-%d %H:%M") for h in (0, 2)]
    rows = [["12333", "", "wang", *times], ["12348", "8004", "", *times]]
    text = "line,seat,login,from,to\n" + "".join(",".join(row) + "\n" for row in rows)
    assert run("import", file_of(tmp_path, text)).exit_code == 0

    async def sit(session: Any) -> None:
        await seats.set_state(session, "8004", "ready", datetime.now(CHINA))

    asyncio.run(with_session(sit))
    told = json.loads(run("now", "--json").stdout)["lines"]
    assert [(line["line"], line["state"], line["people"][0]["skilled"]) for line in told] == [
        ("12333", "absent", False), ("12348", "covered", False),
    ]  # fmt: skip
    said = run("now").stdout
    assert "12333  值班人员未签入" in said
    assert "王专家（未签入）" in said
    assert "专家席8004（8004 号座席，座席没有本线路技能）" in said
