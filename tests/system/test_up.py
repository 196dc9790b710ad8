"""`hotline up` as an operator runs it: starts, tells how to get in, survives its Asterisk, ends cleanly, keeps its data."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.demo import audio
from app.demo.phone import Phone, answer_after
from app.instance import private
from app.seeding import Account, kept_accounts
from app.settings import Settings
from core.rights import ROLES
from tests.system import command
from tests.system.conftest import nothing_left
from tests.system.floor import AgentDesk
from tests.system.traces import processes, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

READY_S = 90.0
RELINKED_S = 10.0


class Up:
    """A running `hotline up --json` and what it announced."""

    def __init__(self, process: asyncio.subprocess.Process, settings: Settings, told: dict[str, Any]) -> None:
        self.process, self.settings, self.told = process, settings, told
        self.env = command.env(settings)

    async def hotline(self, *args: str) -> command.Ended:
        return await command.run(*args, env=self.env)

    async def end(self) -> command.Ended:
        command.interrupt(self.process)
        return await command.finish(self.process, 40)

    @property
    def agent(self) -> tuple[Account, str]:
        """The first agent and the secret of the seat's telephone."""
        account = next(a for a in self.told["accounts"] if a["role"] == "agent")
        phone = next(s for s in self.told["seats"] if s["seat"] == account["seat"])
        return Account(account["login"], account["password"], "agent", "", account["seat"]), phone[
            "sip_secret"
        ]


@asynccontextmanager
async def up(settings: Settings) -> AsyncIterator[Up]:
    """Started and announced; ended by Ctrl-C where the test did not, and then nothing may be left."""
    process = await command.start("up", "--json", env=command.env(settings))
    assert process.stdout is not None
    try:
        told = json.loads(await command.line_with(process.stdout, '"api"', READY_S))
        running = Up(process, settings, told)
        yield running
        if process.returncode is None:
            done = await running.end()
            assert done.code == 0, done.err
            assert "Traceback" not in done.err
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await command.finish(process, 40)
    await nothing_left(settings)


@asynccontextmanager
async def staffed(running: Up) -> AsyncIterator[tuple[AgentDesk, Phone]]:
    """The first agent at the desk, the telephone picking up by itself."""
    account, secret = running.agent
    s = running.settings
    desk = AgentDesk(f"http://{s.api_host}:{s.api_port}", account)
    async with Phone(
        account.seat, (s.sip_host, s.sip_port), account.seat, secret, on_ring=answer_after(0.3)
    ) as phone:
        await phone.register()
        await desk.open()
        try:
            yield desk, phone
        finally:
            await desk.close()


async def one_call(running: Up, desk: AgentDesk, phone: Phone, number: str) -> str:
    """Both hear each other, the agent files; the ticket's id."""
    s = running.settings
    async with Phone(number, (s.sip_host, s.sip_port)) as citizen:
        leg = await citizen.call("12345", from_number=number, timeout=20)
        theirs = await phone.wait_leg(40)
        leg.say(audio.tone(700, 120))
        theirs.say(audio.tone(1100, 120))
        await asyncio.gather(leg.wait_tone(1100, 10), theirs.wait_tone(700, 10))
        await leg.hangup()
        await theirs.wait_end(10)
    return await desk.file(await desk.my_last_call(), f"来电 {number}", f"up-{number}")


async def seen(desk: AgentDesk) -> tuple[list[str], list[str]]:
    """Calls and tickets, by id."""
    calls = (await desk.ask("GET", "/calls"))["items"]
    tickets = (await desk.ask("GET", "/tickets"))["items"]
    return [one["id"] for one in calls], [one["id"] for one in tickets]


async def test_an_operators_day(settings: Settings, tmp_path: Path) -> None:
    async with up(settings) as running:
        await _tells_how_it_is(running)
        await _only_once(running)
        await _people_come_and_go(running)
        async with staffed(running) as (desk, phone):
            await one_call(running, desk, phone, "13907351111")
            before = await seen(desk)
        backup = tmp_path / "backup.tar"
        assert (await running.hotline("backup", str(backup))).code == 0
    async with up(settings) as again:
        assert again.told == running.told
        async with staffed(again) as (desk, _):
            assert await seen(desk) == before
    await _restored_elsewhere(settings, backup, tmp_path / "other", running, before)


async def _tells_how_it_is(running: Up) -> None:
    s = running.settings
    assert running.told["api"] == f"http://127.0.0.1:{s.api_port}/api/v1"
    assert running.told["sip"] == f"127.0.0.1:{s.sip_port}/udp"
    assert {a["role"] for a in running.told["accounts"]} == set(ROLES)
    assert running.told["desk"] == [f"http://127.0.0.1:{s.api_port}/"], "no HTTPS port was asked for"
    status = await running.hotline("status", "--json")
    found = status.json()
    assert (status.code, found["ok"]) == (0, True), found
    assert all(one["running"] for one in found["processes"].values())
    assert {name for name, one in found["ports"].items() if one["listening"]} == {"api", "agi", "ami"}
    check = await running.hotline("check", "--json")
    assert (check.code, check.json()["ok"]) == (0, True), check.out
    assert {f["what"]: f["ok"] for f in check.json()["findings"]}["ami"] is True


async def _only_once(running: Up) -> None:
    second = await running.hotline("up")
    assert second.code == 2
    assert len(second.err.strip().splitlines()) == 1
    assert (await running.hotline("status", "--json")).json()["processes"]["up"]["pid"] == running.process.pid


async def _people_come_and_go(running: Up) -> None:
    added = await running.hotline("users", "add", "xiaowang", "王小明", "--role", "supervisor", "--json")
    password = added.json()["password"]
    account = Account("xiaowang", password, "supervisor", "王小明")
    s = running.settings
    desk = AgentDesk(f"http://{s.api_host}:{s.api_port}", account)
    try:
        log_in = {"login": "xiaowang", "password": password}
        await desk.ask("POST", "/token", json=log_in)
        assert (await running.hotline("users", "disable", "xiaowang")).code == 0
        with pytest.raises(AssertionError, match="401"):
            await desk.ask("POST", "/token", json=log_in)
    finally:
        await desk.close()
    users = (await running.hotline("users", "list", "--json")).json()["users"]
    assert {u["login"]: u["active"] for u in users}["xiaowang"] is False
    again = await running.hotline("users", "add", "xiaowang", "王小明", "--role", "supervisor")
    assert again.code == 2
    assert len(again.err.strip().splitlines()) == 1


async def _restored_elsewhere(
    first: Settings, backup: Path, home: Path, was: Up, before: tuple[list[str], list[str]]
) -> None:
    """Another machine: an empty home that holds only the data key, kept elsewhere as the manual says."""
    other = private(home, recognise_live="off", recognise_after="off", seats=first.seats)
    (home / "secrets").mkdir(parents=True, mode=0o700)
    for name in ("data_key", "accounts.json"):
        (home / "secrets" / name).write_bytes((first.home / "secrets" / name).read_bytes())
    done = await command.run("restore", str(backup), env=command.env(other))
    assert done.code == 0, done.err
    async with up(other) as running:
        assert running.told["accounts"] == was.told["accounts"]
        async with staffed(running) as (desk, _):
            assert await seen(desk) == before
            call = before[0][0]
            sounds = (await desk.ask("GET", f"/calls/{call}/recordings"))["items"]
            assert [s["state"] for s in sounds] == ["ready"]
    assert list((home / "recordings").glob(f"{call}-*.wav"))


async def test_asterisk_that_dies_is_back_with_its_link_and_its_seats(settings: Settings) -> None:
    async with up(settings) as running, staffed(running) as (desk, phone):
        await one_call(running, desk, phone, "13907352221")
        pid = running_asterisk(settings)
        os.kill(pid, signal.SIGKILL)
        await until(lambda: running_asterisk(settings) not in (0, pid), 20, "Asterisk started again")
        await _linked(desk, RELINKED_S)
        await phone.register()
        await desk.ask("POST", f"/seats/{desk.account.seat}/ready")
        await one_call(running, desk, phone, "13907352222")


def running_asterisk(settings: Settings) -> int:
    """The pid of this instance's Asterisk; 0 where none runs."""
    found = [pid for pid, line in processes(settings.home).items() if "asterisk.conf -f" in line]
    return found[0] if found else 0


async def _linked(desk: AgentDesk, seconds: float) -> None:
    """The service says that Asterisk answers."""
    import httpx

    async with httpx.AsyncClient(timeout=5, trust_env=False) as http, asyncio.timeout(seconds):
        while (await http.get(desk.health)).json()["parts"]["switch"]["ok"] is not True:
            await asyncio.sleep(0.1)


async def test_it_tells_a_person_where_everything_is(settings: Settings) -> None:
    process = await command.start("up", env=command.env(settings))
    assert process.stderr is not None
    told = "".join(await command.lines_until(process.stderr, "Ctrl-C", READY_S))
    accounts = kept_accounts(settings)
    assert accounts
    for wanted in (f"http://127.0.0.1:{settings.api_port}", f"127.0.0.1:{settings.sip_port}/udp", "SIP"):
        assert wanted in told
    assert all(account.login in told and account.password in told for account in accounts)
    command.interrupt(process)
    done = await command.finish(process, 40)
    assert (done.code, done.out) == (0, ""), done.err
    await nothing_left(settings)


async def test_ctrl_c_while_it_starts_leaves_nothing(settings: Settings) -> None:
    process = await command.start("up", env=command.env(settings))
    assert process.stderr is not None
    await command.line_with(process.stderr, "Asterisk", READY_S)
    await asyncio.sleep(0.2)
    command.interrupt(process)
    done = await command.finish(process, 40)
    assert done.code == 0, done.err
    assert "Traceback" not in done.err
    await nothing_left(settings)
