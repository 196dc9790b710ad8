"""`./hotline notices`: what stands, and a person's word about it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.floor import now
from app.opened import database
from app.settings import settings
from core.errors import BadInput, Conflict, NotFound
from core.notices import State
from store import notices
from store.notices import NewNotice
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., Any]
NUMBER = "13812345678"


async def _with(work: Callable[[Any], Any]) -> Any:
    async with database(settings()) as opened, opened.session() as session:
        return await work(session)


def kept(state: State) -> str:
    new = NewNotice("card", "sms", f"k/{state}", NUMBER, "黄牌", now(), state=state, reason="没有应答")
    asyncio.run(_with(lambda session: notices.add(session, new, now())))
    return new.id


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    begin()
    yield lambda *words: CliRunner().invoke(cli, ["notices", *words])
    settings.cache_clear()


def test_what_stands_is_told_in_words_without_the_number(run: Run) -> None:
    assert "没有这样的通知" in run("list").stdout
    doubtful = kept("uncertain")
    kept("sent")
    told = run("list").stdout
    assert len(told.splitlines()) == 2
    assert "短信 亮牌  138****5678  存疑（没有应答）" in told
    assert NUMBER not in told
    found = json.loads(run("list", "--state", "uncertain", "--json").stdout)
    assert (found["total"], [one["id"] for one in found["notices"]]) == (1, [doubtful])


def test_a_doubtful_one_is_decided_with_a_reason(run: Run) -> None:
    doubtful, failed = kept("uncertain"), kept("failed")
    assert "已确认送达" in run("resolve", doubtful, "arrived", "--why", "已电话确认").stdout
    one = json.loads(run("resolve", failed, "again", "--why", "号码已更正", "--json").stdout)
    assert (one["state"], one["resolved_by"], one["why"]) == ("due", "cli", "号码已更正")


def test_webhooks_of_a_time_are_replayed(run: Run) -> None:
    new = NewNotice("event", "webhook", "webhook/1", "", "{}", now(), state="sent")
    asyncio.run(_with(lambda session: notices.add(session, new, now())))
    kept("sent")
    told = run("replay", "2020-01-01", "2099-01-01", "--why", "对方数据丢失", "--json")
    assert json.loads(told.stdout) == {"replayed": 1}
    assert isinstance(run("replay", "2020-01-01", "2099-01-01").exception, BadInput)


def test_bad_input_is_named(run: Run) -> None:
    sent = kept("sent")
    for words, error in (
        (("list", "--state", "lost"), BadInput),
        (("list", "--channel", "pigeon"), BadInput),
        (("resolve", sent, "arrived"), BadInput),
        (("resolve", sent, "maybe", "--why", "不清楚"), BadInput),
        (("resolve", "ntc_none", "again", "--why", "试试看"), NotFound),
        (("resolve", sent, "again", "--why", "试试看"), Conflict),
    ):
        assert isinstance(run(*words).exception, error), words
