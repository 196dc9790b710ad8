"""`./hotline replay`: what it says, and its exit code."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.opened import database
from app.settings import settings
from core.call import Arrival
from core.errors import NotFound
from routing import CallView, Route, RoutingPolicy, SeatView, Snapshot, decide
from store import calls, decisions

pytestmark = pytest.mark.service
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield lambda *words: CliRunner().invoke(cli, ["replay", *words])
    settings.cache_clear()


def a_call(*, tampered: bool = False, with_rules: bool = True) -> str:
    """A call with one decision."""

    async def make() -> str:
        async with database(settings()) as opened, opened.session() as session:
            arrival = Arrival("1.1", "PJSIP/x", "12345", "13800000000", AT)
            call_id, _ = await calls.add_call(session, arrival)
            call, rules = CallView(call_id, 3.0), RoutingPolicy(miss_limit=7)
            floor = Snapshot.of([SeatView("8001", "ready", AT, 1), SeatView("8002", "ready", AT, 1)])
            route = decide(call, floor, rules)
            shown = Route("seat", "longest_idle", floor.seats[1]) if tampered else route
            if with_rules:
                await decisions.keep_rules(session, rules, AT)
            await decisions.add(session, rules.hash, [(AT, call, floor, shown, True)])
            return call_id

    return asyncio.run(make())


def test_a_decision_is_told_in_plain_chinese_and_comes_out_the_same(run: Any) -> None:
    call = a_call()
    told = run(call)
    assert told.exit_code == 0
    assert "接到 8001 号座席：空闲座席中轮到它" in told.stdout
    assert "✓ 重算一致" in told.stdout
    found = json.loads(run(call, "--json").stdout)
    assert (found["call"], found["same"]) == (call, True)
    (one,) = found["decisions"]
    assert one["then"] == one["now"]
    assert one["seen"]["seats"][0][0] == "8001"


def test_one_that_comes_out_differently_is_exit_1(run: Any) -> None:
    told = run(a_call(tampered=True))
    assert told.exit_code == 1
    assert "✗ 重算不同，现在会接到 8001 号座席：" in told.stdout


def test_one_whose_rules_are_gone_is_exit_1(run: Any) -> None:
    told = run(a_call(with_rules=False))
    assert told.exit_code == 1
    assert "规则没有留存" in told.stdout


def test_an_unknown_call_is_named(run: Any) -> None:
    assert isinstance(run("call_unknown").exception, NotFound)
