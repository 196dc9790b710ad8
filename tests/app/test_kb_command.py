"""`./hotline kb`: files in and out, versions, what is due and what is missing; bad input is one line and exit 2."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from app.cli import cli
from app.opened import database
from app.settings import settings
from core.errors import BadInput, Conflict, NotFound, UnknownUnit
from store import events, knowledge_gaps
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., Any]
ARTICLE: dict[str, Any] = {
    "id": "rsj-flexible", "kind": "办事指南", "title": "灵活就业人员怎么参保", "questions": ["灵活就业怎么交社保", "个人怎么交社保", "自己交社保"],
    "answer": "带身份证到街道窗口办理。", "unit": "chenzhou.rsj", "clause": "社会保险法 10",
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOTLINE_POLICY", "heyuan")
    settings.cache_clear()
    begin()
    yield lambda *words: CliRunner().invoke(cli, ["kb", *words])
    settings.cache_clear()


def told(run: Run, *words: str) -> Any:
    done = run(*words, "--json")
    assert done.exception is None, done.exception
    return json.loads(done.stdout)


def file_of(tmp_path: Path, *articles: dict[str, Any], name: str = "kb.yaml") -> str:
    path = tmp_path / name
    path.write_text(yaml.safe_dump({"articles": list(articles)}, allow_unicode=True), encoding="utf-8")
    return str(path)


def test_a_file_comes_in_once_for_review_or_at_once(run: Run, tmp_path: Path) -> None:
    given = file_of(tmp_path, ARTICLE)
    first, again = [told(run, "import", given, "--why", "2026年新办法") for _ in range(2)]
    assert [(done["added"], done["changed"], done["same"]) for done in (first, again)] == [
        (1, 0, 0),
        (0, 0, 1),
    ]
    assert [one["article"] for one in told(run, "due")["to_review"]] == ["rsj-flexible"]
    assert told(run, "show", "rsj-flexible")["held"] is None
    other = file_of(tmp_path, ARTICLE | {"id": "rsj-card"}, name="card.yaml")
    told(run, "import", other, "--why", "2026年新办法", "--publish")
    newer = file_of(tmp_path, ARTICLE | {"id": "rsj-card", "answer": "网上办理。"}, name="new.yaml")
    done = told(run, "import", newer, "--why", "开通网办", "--publish")
    assert done["changes"] == [{"id": "rsj-card", "version": 2, "what": "changed", "late": False}]
    shown = told(run, "show", "rsj-card")
    assert (shown["held"], shown["text"]["answer"]) == (2, "网上办理。")
    assert [(one["state"], one["source"]) for one in shown["versions"]] == [
        ("published", "import:card.yaml"), ("published", "import:new.yaml"),
    ]  # fmt: skip
    assert "rsj-card" in [one["id"] for one in told(run, "list", "--unit", "chenzhou.rsj")["articles"]]


def test_a_late_file_is_taken_and_says_so(run: Run, tmp_path: Path) -> None:
    given = file_of(tmp_path, ARTICLE)
    done = told(
        run, "import", given, "--why", "新办法", "--effective", datetime.now(UTC).strftime("%Y-%m-%d")
    )
    assert (done["added"], done["late"]) == (1, ["rsj-flexible"])
    assert told(run, "show", "rsj-flexible")["versions"][0]["lead"]["clause"] == "001 25"

    async def facts() -> list[str]:
        async with database(settings()) as opened, opened.reading() as session:
            return [event.name for event in await events.of(session, "rsj-flexible")]

    assert asyncio.run(facts()) == ["knowledge.submitted", "knowledge.late"]
    assert isinstance(
        run("import", file_of(tmp_path, ARTICLE | {"title": "另题"}), "--why", "改题").exception, Conflict
    )


def test_what_goes_out_comes_back_the_same(run: Run, tmp_path: Path) -> None:
    out = str(tmp_path / "out.yaml")
    many = told(run, "export", out)["articles"]
    assert many > 50
    done = told(run, "import", out, "--why", "还原")
    assert (done["added"], done["changed"], done["same"]) == (0, 0, many)
    assert 0 < told(run, "export", out, "--unit", "chenzhou.hotline")["articles"] < many


def test_what_is_missing_is_listed_with_its_term(run: Run) -> None:
    run("list")

    async def gap() -> None:
        at = datetime.now(UTC)
        async with database(settings()) as opened, opened.session() as session:
            await knowledge_gaps.add(
                session, kind="gap", title="没有养犬证指南", words="", unit_code="chenzhou.rsj", state="assigned",
                reported_by="user", reported_at=at, assigned_at=at, due_at=at,
            )  # fmt: skip
            for n in range(2):
                await knowledge_gaps.note_miss(session, "search", "充电桩报装", f"key{n}", at.date())

    asyncio.run(gap())
    (due,) = told(run, "due")["gaps"]
    assert (due["unit"], due["late"]) == ("chenzhou.rsj", True)
    assert "cz-hours" in [one["id"] for one in told(run, "due")["lapsed"]]
    assert told(run, "gaps")["proposed"] == [{"words": "充电桩报装", "count": 2}]
    said = run("due").stdout + run("gaps").stdout
    assert "已逾期" in said
    assert "问到 2 次  充电桩报装" in said


@pytest.mark.parametrize(
    ("articles", "why", "refusal"),
    [
        ([ARTICLE], "", BadInput),
        ([], "新", BadInput),
        ([ARTICLE | {"questions": ["一"]}], "新办法", BadInput),
        ([ARTICLE | {"colour": "red"}], "新办法", BadInput),
        ([ARTICLE, ARTICLE], "新办法", BadInput),
        ([ARTICLE | {"unit": "no.such"}], "新办法", UnknownUnit),
    ],
)
def test_what_can_not_be_taken_is_refused_whole(
    run: Run, tmp_path: Path, articles: list[Any], why: str, refusal: type[Exception]
) -> None:
    given = (
        file_of(tmp_path, ARTICLE | {"id": "good"}, *articles)
        if len(articles) == 1 and why
        else file_of(tmp_path, *articles)
    )
    assert isinstance(run("import", given, "--why", why).exception, refusal)
    assert isinstance(run("show", "good").exception, NotFound)
    assert isinstance(run("import", str(tmp_path / "none.yaml"), "--why", "新办法").exception, BadInput)
