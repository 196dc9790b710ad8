"""`./hotline probes`: numbers in, a ruling in, the month out; what the service did is shown, and nothing rings from here."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from app.commands import probes as command
from app.opened import database
from app.settings import settings
from core.errors import BadInput, Conflict, NotFound
from core.reachability import KINDS, FairUse
from core.unit_register import KIND_NAMES
from store import probes
from store.tables import Unit
from tests.app.begun import begin

pytestmark = pytest.mark.service
Run = Callable[..., Any]
NUMBER = "07352871234"


async def _with(work: Callable[[Any], Any]) -> Any:
    async with database(settings()) as opened, opened.session() as session:
        return await work(session)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(command, "WAIT_S", 0.0)
    settings.cache_clear()
    begin()

    async def unit(session: Any) -> None:
        session.add(Unit(code="SW", name="市水务局"))

    asyncio.run(_with(unit))
    yield lambda *words: CliRunner().invoke(cli, ["probes", *words])
    settings.cache_clear()


def outage(phone: str) -> datetime:
    """Three test calls without an answer over half an hour."""
    begin = datetime.now(UTC) - timedelta(minutes=45)

    async def fail(session: Any) -> None:
        for n in range(3):
            at = begin + timedelta(minutes=15 * n)
            await probes.ask(session, phone, "clock", at, FairUse())
            claimed = await probes.claim(session, at)
            assert claimed is not None
            await probes.settle(session, claimed[0].id, "no_answer", 19, 20.0, at)

    asyncio.run(_with(fail))
    return begin


def test_a_number_a_bad_month_and_a_ruling(run: Run, tmp_path: Path) -> None:
    phone = json.loads(run("add", "SW", "leader", NUMBER, "--holder", "张三", "--json").stdout)["phone"]
    begin = outage(phone)
    month = (begin + timedelta(hours=8)).strftime("%Y-%m")
    (unit,) = json.loads(run("list", "--month", month, "--json").stdout)["units"]
    assert (unit["unit"], unit["calls"], unit["points_off"]) == ("SW", 3, 0.5)
    assert unit["name"] == "市水务局"
    told = run("list", "--month", month).stdout
    assert "市水务局（SW）" in told
    assert "扣 0.5 分" in told
    words = [(begin + timedelta(hours=h)).strftime("%Y-%m-%dT%H:%M:%S") for h in (7, 10)]  # China's clock
    assert json.loads(run("rule", *words, "光缆中断", "--unit", "SW", "--json").stdout)["ruling"]
    (unit,) = json.loads(run("list", "--month", month, "--json").stdout)["units"]
    assert (unit["points_off"], unit["outages"][0]["excused"]) == (0.0, True)
    kept = b"".join(p.read_bytes() for p in (tmp_path / "home").glob("hotline.sqlite*"))
    assert NUMBER.encode() not in kept
    assert "张三".encode() not in kept


def test_a_test_call_waits_for_the_service_and_is_not_asked_for_twice(run: Run) -> None:
    run("add", "SW", "leader", "13812345678")
    first = json.loads(run("run", "SW", "--json").stdout)
    assert first["results"] == [{"kind": "leader", "outcome": "waiting", "cause": None}]
    again = json.loads(run("run", "SW", "--json").stdout)
    assert (again["results"], len(again["refused"])) == ([], 1)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_number_the_help_names_is_entered_and_rung(run: Run, kind: str) -> None:
    assert kind in run("add", "--help").stdout
    assert "已登记 SW" in run("add", "SW", kind, NUMBER).stdout
    for _ in range(2):  # asked for, and refused since it is asked for already
        assert run("run", "SW").stdout.startswith(KIND_NAMES[kind])


def test_what_cannot_be_is_refused_by_name(run: Run) -> None:
    assert isinstance(run("add", "SW", "fixed", "PJSIP/1").exception, BadInput)
    assert isinstance(run("add", "NOBODY", "fixed", NUMBER).exception, NotFound)
    assert isinstance(run("run", "SW").exception, NotFound)
    assert isinstance(run("list", "--month", "November").exception, BadInput)
    assert not isinstance(run("list").exception, Conflict)


def test_an_operator_reads_words_not_codes(run: Run) -> None:
    assert "还没有登记单位号码" in run("list").stdout
    told = run("add", "SW", "leader", "13812345678").stdout
    assert "已登记 SW 分管领导手机 138" in told
    assert "13812345678" not in told
    assert run("run", "SW").stdout.startswith("分管领导手机：尚未拨出")
    assert run("run", "SW").stdout.startswith("分管领导手机：")  # and why not again
    ruled = run("rule", "2026-10-01T00:00:00", "2026-10-03T00:00:00", "光缆中断").stdout
    assert "全部单位，2026年9月30日24:00 至 2026年10月2日24:00，光缆中断" in ruled
