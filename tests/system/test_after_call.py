"""What happens after the call on a whole instance: machines, silence, a text through a gateway, a service killed while it rings."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import seeding
from app.demo import audio
from app.demo.phone import NO_ANSWER, Phone, answer_after
from app.instance import Instance, private
from app.seeding import kept_accounts
from app.settings import Settings
from store import errands, grades, notices, trunks
from store.database import Database
from store.tables import Errand
from tests.system.conftest import nothing_left
from tests.system.floor import AgentDesk

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

OUTSIDE = "127.0.0.2"
RING_S = 25  # long enough for a killed service to be back
UNIT = "chenzhou.rsj"
SECRET = "only-for-this-test"
POLICY = """
name: quick
title: 测试市
extends: demo
documents:
  "演示": 演示市12345热线运行规定（仅供演示）
valid: {status: in_force, from: 2020-01-01, clause: 演示 1}
after:
  revisit: {tries: 2, gap_s: 0, windows: [["00:00", "23:59"]], clause: 演示 3}
"""


@dataclass
class Gateway:
    """The operator's text gateway: keeps what it was sent, refuses the first try."""

    tries: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        given = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\r\n")[1:])}
        body = await reader.readexactly(int(given["content-length"]))
        self.tries += 1
        unix, digest = (part.partition("=")[2] for part in given["x-hotline-signature"].split(","))
        wanted = hmac.new(SECRET.encode(), f"{unix}.".encode() + body, hashlib.sha256).hexdigest()
        right = hmac.compare_digest(digest, wanted)
        status = "503 Busy" if self.tries == 1 else "200 OK" if right else "401 No"
        if status == "200 OK":
            self.taken.append(json.loads(body) | {"key": given["idempotency-key"]})
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@dataclass
class Outside:
    """The running instance, its one carrier and the people of the hotline."""

    instance: Instance
    phone: Phone
    gateway: Gateway
    database: Database
    unit: AgentDesk
    office: AgentDesk

    async def resolved(self, caller: str) -> str:
        """A ticket of this citizen, filed, signed, replied to and resolved; its id."""
        draft = {"type": "help", "title": "停水", "body": "三天没有水", "unit": UNIT, "caller": caller}
        made = await self.office.ask(
            "POST", "/tickets", json=draft, headers={"Idempotency-Key": f"key-{caller}"}
        )
        reply = dict.fromkeys(
            ("handled_at", "section", "handler", "result", "law", "basis", "talk"), "已处理"
        )
        steps: tuple[tuple[AgentDesk, str, dict[str, str]], ...] = (
            (self.unit, "sign", {}),
            (self.unit, "reply", reply),
            (self.office, "resolve", {}),
        )
        version = made["version"]
        for desk, action, facts in steps:
            done = await desk.ask(
                "POST", f"/tickets/{made['id']}/actions", json={"action": action, "facts": facts},
                headers={"If-Match": f'"{version}"'},
            )  # fmt: skip
            version = done["version"]
        return str(made["id"])

    async def errand(self, ticket_id: str) -> Errand:
        async with self.database.reading() as session:
            return (await errands.find(session, ticket_id=ticket_id)).items[0]

    async def until(self, ticket_id: str, *wanted: str, seconds: float = 40.0) -> Errand:
        """The errand of a ticket once its state is one of these."""
        async with asyncio.timeout(seconds):
            while (found := await self.errand(ticket_id)).state not in wanted:
                await asyncio.sleep(0.1)
        return found


async def desk_of(instance: Instance, role: str) -> AgentDesk:
    found = [one for one in kept_accounts(instance.settings) if one.role == role]
    account = next(one for one in found if one.unit in ("", UNIT))
    desk = AgentDesk(instance.url, account)
    await desk.log_in()
    return desk


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    server = await asyncio.start_server(made.talk, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()
    await server.wait_closed()


@pytest.fixture
async def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Outside]:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "quick.yaml").write_text(POLICY, encoding="utf-8")
    monkeypatch.setenv("HOTLINE_POLICIES", str(tmp_path / "policies"))
    async with gateway() as texter, Phone("city", local_ip=OUTSIDE) as phone:
        settings: Settings = private(
            tmp_path / "home", policy="quick", recognise_live="off", recognise_after="off", seats=1, dial_ring_s=RING_S,
            sms_url=f"http://127.0.0.1:{texter.port}/sms", sms_secret=SECRET,
        )  # fmt: skip
        settings.home.mkdir(mode=0o700)
        database = Database(settings.database, seeding.keyring(settings))
        try:
            await database.create_or_upgrade()
            await seeding.first_start(database, settings)
            async with database.session() as session:
                host, port = phone.address
                await trunks.put(
                    session, "city", kind="ip", host=host, port=port, qualify_s=0, display_number="12345"
                )
            async with Instance(settings) as instance:
                unit, office = await desk_of(instance, "unit"), await desk_of(instance, "office")
                yield Outside(instance, phone, texter, database, unit, office)
                await unit.close()
                await office.close()
        finally:
            await database.close()
    await nothing_left(settings)


async def test_revisits_meet_a_machine_nobody_and_somebody_while_the_service_is_killed(
    outside: Outside,
) -> None:
    first, second = "13907350101", "13907350102"
    ticket_id = await _a_machine_then_nobody(outside, first)
    await _killed_while_it_rings(outside, second)
    await _texted(outside, ticket_id, first)
    log = (outside.instance.settings.logs / "service.log").read_text()
    assert first not in log
    assert second not in log


async def _a_machine_then_nobody(outside: Outside, citizen: str) -> str:
    outside.phone.on_ring = answer_after(0.2)
    ticket_id = await outside.resolved(citizen)
    leg = await outside.phone.wait_leg(20)
    outside.phone.on_ring = NO_ANSWER
    leg.say(audio.tone(300, 12))
    await leg.wait_end(20)
    async with asyncio.timeout(20):
        while (await outside.errand(ticket_id)).result != "machine":
            await asyncio.sleep(0.1)
    ring = await outside.phone.wait_ring(20)
    assert (ring.caller, ring.callee) == ("12345", citizen)
    found = await outside.until(ticket_id, "given_up")
    assert (found.tries, found.result) == (2, "no_answer")
    return ticket_id


async def _texted(outside: Outside, ticket_id: str, citizen: str) -> None:
    async with asyncio.timeout(60):
        while not outside.gateway.taken:
            await asyncio.sleep(0.2)
    (sent,) = outside.gateway.taken
    assert (sent["to"], sent["kind"], sent["id"] == sent["key"]) == (citizen, "grade", True)
    async with outside.database.reading() as session:
        (text,) = (await notices.find(session, ticket_id=ticket_id)).items
    assert (text.id, text.tries) == (sent["id"], 2)


async def _killed_while_it_rings(outside: Outside, citizen: str) -> None:
    """The call rings on without the service that placed it; answered, the next one asks the citizen."""
    ticket_id = await outside.resolved(citizen)
    ring = await outside.phone.wait_ring(20)
    pid = outside.instance.service.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await _serving(outside, pid)
    if ring.outcome:  # the service was away for longer than it rang: that try is healed, the next one rings
        ring = await outside.phone.wait_ring(90)
    leg = ring.answer()
    async with asyncio.timeout(40):
        while await _unit_grade(outside, ticket_id) is None and leg.end is None:
            leg.dtmf("2")
            await asyncio.sleep(1.0)
    assert await _unit_grade(outside, ticket_id) == "satisfied"
    found = await outside.until(ticket_id, "done")
    assert (found.tries <= 2, found.reason) == (True, "已评价")


async def _serving(outside: Outside, killed: int) -> None:
    async with httpx.AsyncClient(timeout=2, trust_env=False) as http, asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await http.get(f"{outside.instance.url}/health")
                if answer.status_code == 200 and outside.instance.service.pid != killed:
                    return
            await asyncio.sleep(0.1)


async def _unit_grade(outside: Outside, ticket_id: str) -> str | None:
    async with outside.database.reading() as session:
        return next((one.grade for one in await grades.of_ticket(session, ticket_id)), None)
