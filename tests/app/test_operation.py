"""What keeps an operator sleeping: logs within bounds, ports told apart, silent workers and old backlogs told."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from api.health import Health
from api.metrics import Metrics
from api.serve import serving
from api.settings import ApiSettings
from api.watch import create_watch
from app import log_files
from app.beats import SILENT_S, Beats
from app.commands.check import inspect
from app.commands.status import sip_state
from app.health_parts import OLD_S, backlog_part, redis_part
from app.instance import free_ports, private
from app.settings import Settings
from app.wire import running
from core.errors import PartMissing
from store.database import Database

pytestmark = pytest.mark.service

# --- logs ---


def test_a_log_beyond_its_bound_moves_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    with path.open("ab", buffering=0) as writer:
        for turn in range(4):
            writer.write(f"{turn}".encode() * 2000)
            assert log_files.rotate(path, 1000, keep=2)
            assert path.stat().st_size == 0
        writer.write(b"after")
    assert path.read_bytes() == b"after"
    assert [p.read_bytes()[:1] for p in (tmp_path / "service.log.1", tmp_path / "service.log.2")] == [
        b"3",
        b"2",
    ]
    assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / "service.log.1").stat().st_mode & 0o077 == 0


def test_a_small_or_missing_log_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert not log_files.rotate(tmp_path / "a", 1000, 3)
    assert not log_files.rotate(tmp_path / "b", 1000, 3)


async def test_a_process_that_writes_all_the_time_loses_next_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "busy.log"
    program = "import time\nfor n in range(10000): print(f'{n:06d}', flush=True); time.sleep(0.00005)"
    with path.open("ab") as output:
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=output)
    watch = asyncio.create_task(log_files.keep_small([path], 10_000, 50, every_s=0.005))
    try:
        async with asyncio.timeout(30):
            await child.wait()
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
    lines = b"".join(p.read_bytes() for p in tmp_path.glob("busy.log*")).split()
    assert len(list(tmp_path.glob("busy.log.*"))) > 1
    assert len(set(lines)) > 0.98 * 10_000


# --- health ---


async def test_a_chore_that_no_longer_ends_its_rounds_is_named() -> None:
    now = 0.0
    beats = Beats(lambda: now)

    async def good() -> int:
        return 0

    async def bad() -> int:
        raise PartMissing("broken")

    watched, broken = beats.watched(good), beats.watched(bad)
    assert watched.__name__ == "good"
    now = SILENT_S + 1
    await watched()
    with pytest.raises(PartMissing):
        await broken()
    with pytest.raises(PartMissing, match="bad") as told:
        await beats.health()
    assert "good" not in str(told.value)


async def test_redis_answers_or_is_told_without_its_address(redis_url: str) -> None:
    assert "应答" in await redis_part(redis_url)()
    with pytest.raises(PartMissing) as told:
        await redis_part("redis://:secret@127.0.0.1:1/0")()
    assert "secret" not in str(told.value)


async def test_a_backlog_is_counted_and_an_old_one_is_a_fault(tmp_path: Path) -> None:
    spool, log = tmp_path / "spool", tmp_path / "log"
    (spool / "bad").mkdir(parents=True)
    (log / "cel-custom").mkdir(parents=True)
    (spool / "bad" / "x.json").write_text("?")
    waiting = spool / "1.json"
    waiting.write_text("{}")
    (log / "cel-custom" / "cel.csv.1").write_text("")
    ask = backlog_part(spool, log)
    assert "待收 1 件，话单文件 1 个" in await ask()
    assert "1 件读不出" in await ask()
    old = time.time() - OLD_S - 5
    os.utime(waiting, (old, old))
    with pytest.raises(PartMissing):
        await ask()


async def test_a_process_without_the_api_tells_its_health_and_metrics(
    sqlite_database: Database, tmp_path: Path
) -> None:
    health, metrics = Health(), Metrics()
    metrics.asr_lag.observe(1.5)
    given = ApiSettings(token_key=SecretStr("k" * 48), recordings=tmp_path)
    watch = create_watch(sqlite_database, metrics, health, given)
    async with (
        serving(watch, "127.0.0.1", 0) as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", trust_env=False) as http,
    ):
        assert (await http.get("/health")).json()["parts"]["database"]["ok"]
        assert "hl_asr_lag_seconds_sum 1.5" in (await http.get("/metrics")).text
        assert (await http.get("/api/v1/calls")).status_code == 404


async def test_a_worker_alone_is_watched_on_its_own_port(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    given = private(tmp_path / "home", recognise_live="off", recognise_after="off", watch_port=port)
    async with running(given, ("worker",)), httpx.AsyncClient(trust_env=False, timeout=10) as http:
        parts = (await http.get(f"http://127.0.0.1:{port}/health")).json()["parts"]
        assert {"worker", "backlog", "database", "disk"} <= parts.keys()
        assert all(part["ok"] for part in parts.values()), parts
        assert "hl_queue_waiting" in (await http.get(f"http://127.0.0.1:{port}/metrics")).text


# --- check ---


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return private(tmp_path / "home", recognise_live="off", recognise_after="off")


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held


def found(settings: Settings, what: str) -> tuple[bool | None, str]:
    one = next(f for f in inspect(settings) if f.what == what)
    return one.ok, one.detail


def test_free_ports_are_well(settings: Settings) -> None:
    assert found(settings, "ports")[0] is True


def test_a_port_taken_by_a_stranger_fails(settings: Settings, stranger: socket.socket) -> None:
    taken = settings.model_copy(update={"api_port": stranger.getsockname()[1]})
    ok, detail = found(taken, "ports")
    assert ok is False
    assert f"api {taken.api_port}" in detail


def test_a_port_of_this_very_instance_is_well(settings: Settings) -> None:
    program = f"import socket, sys\ns = socket.create_server(('127.0.0.1', {settings.api_port}))\nprint('up', flush=True)\nsys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | {"HOTLINE_HOME": str(settings.home)},
    )  # fmt: skip
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        ok, detail = found(settings, "ports")
        assert (ok, "本实例" in detail) == (True, True)
    finally:
        child.kill()
        child.communicate()


def test_the_media_range_is_looked_at_too(settings: Settings) -> None:
    assert found(settings, "media")[0] is not False
    assert found(settings.model_copy(update={"sip_port": settings.rtp_start + 2}), "media")[0] is False
    assert found(settings.model_copy(update={"rtp_start": 65000, "rtp_ports": 800}), "media")[0] is False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", settings.rtp_start))
        narrow = settings.model_copy(update={"rtp_ports": 8})
        ok, detail = found(narrow, "media")
    assert (ok, "其他程序" in detail) == (False, True)


# --- status ---

REGISTRATIONS = """
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 telecom/sip:203.0.113.9:5060                            telecom                     Registered        (exp. 40s)
 mobile/sip:203.0.113.8:5060                             mobile                      Rejected

Objects found: 2
"""
CONTACTS = """
  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>
==========================================================================================

  Contact:  carrier/sip:198.51.100.2:5060                067c650437 Avail        12.345
  Contact:  telecom/sip:203.0.113.9:5060                 b3faf5755d Unavail        -nan
  Contact:  8001/sip:8001@10.0.0.5:59287                 38682d1604 NonQual        -nan

Objects found: 3
"""


def test_trunks_and_telephones_as_asterisk_tells_them() -> None:
    seen = sip_state(REGISTRATIONS, CONTACTS)
    assert seen["trunks"] == [
        {"name": "carrier", "registered": None, "reachable": True, "rtt_ms": 12.345},
        {"name": "mobile", "registered": False, "reachable": None, "rtt_ms": None},
        {"name": "telecom", "registered": True, "reachable": False, "rtt_ms": None},
    ]
    assert seen["phones"] == [{"seat": "8001", "reachable": None, "rtt_ms": None}]


def test_no_objects_are_no_trunks() -> None:
    assert sip_state("No objects found.\n", "No objects found.\n") == {"trunks": [], "phones": []}


def test_looking_at_a_fresh_home_leaves_it_as_it_is(tmp_path: Path) -> None:
    fresh = private(tmp_path / "home", recognise_live="off", recognise_after="off").model_copy(
        update={"home": tmp_path / "nowhere" / "home"}
    )
    assert {"disk", "database"} <= {one.what for one in inspect(fresh) if one.ok is not False}
    assert found(fresh, "database")[0] is None
    assert not (tmp_path / "nowhere").exists()
