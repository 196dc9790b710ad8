"""Lines, seats and trunks are added while people talk: nothing restarts, no talk ends (003 二(一)2, 004 三(一))."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.leg import CallFailed
from app.demo.phone import NO_ANSWER, Phone
from app.seeding import kept_accounts
from tests.system import command
from tests.system.floor import AgentDesk, Town

pytestmark = [pytest.mark.system, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]

LINES = """extends: demo
lines:
  - {number: "12388", name: 试验热线, unit: chenzhou.kjj, mode: merged, target: "12333", clause: 市函〔2026〕1号}
"""


async def _office(town: Town) -> httpx.AsyncClient:
    account = next(a for a in kept_accounts(town.settings) if a.role == "office")
    base = f"{town.instance.url}/api/v1"
    async with httpx.AsyncClient(base_url=base, timeout=10, trust_env=False) as door:
        told = await door.post("/token", json={"login": account.login, "password": account.password})
    token = {"Authorization": f"Bearer {told.json()['access_token']}"}
    return httpx.AsyncClient(base_url=base, timeout=10, trust_env=False, headers=token)


async def _talk(town: Town, citizen: Phone, number: str) -> tuple[Any, Any, AgentDesk]:
    leg = await citizen.call(number, from_number=citizen.user, timeout=20)
    ring, desk = await town.ring_of(citizen.user, 40)
    return leg, ring.answer(), desk


async def _change_over_the_api(town: Town) -> None:
    """A changed line decides the next call without a reload."""
    served = []
    async with town.citizen("13907350003") as citizen, await _office(town) as office:
        for _ in range(2):
            leg, theirs, desk = await _talk(town, citizen, "12300")
            told = await desk.ask("GET", f"/calls/{await desk.my_last_call()}/events")
            served += [one["payload"]["line"] for one in told["items"] if one["name"] == "call.arrived"]
            await leg.hangup()
            await theirs.wait_end(20)
            line = await office.get("/lines/12300")
            kept = {name: line.json()[name] for name in ("name", "clause", "level", "answer")}
            body = {**kept, "unit": line.json()["unit_code"], "mode": "dual_number", "why": "试验"}
            changed = await office.put("/lines/12300", json=body, headers={"If-Match": line.headers["etag"]})
            assert changed.status_code == 200, changed.text
    assert served == ["12345", "12300"]


async def test_a_line_a_seat_and_a_trunk_are_added_while_somebody_talks(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "lines.yaml"
    file.write_text(LINES, encoding="utf-8")
    env = command.env(town.settings)
    service, asterisk = town.instance.service.pid, town.instance.asterisk.pid()
    async with town.citizen("13907350001") as first, town.citizen("13907350002") as second:
        leg, theirs, _ = await _talk(town, first, "12345")
        with pytest.raises(CallFailed):
            await second.call("12388", from_number="13907350002", timeout=5)
        done = (
            await command.run("lines", "import", str(file), "--why", "市函〔2026〕1号", "--json", env=env)
        ).json()
        assert [(one["number"], one["what"]) for one in done["changes"]] == [("12388", "added")]
        seat = (await command.run("seats", "add", "8050", "--json", env=env)).json()
        await command.run("trunks", "set", "telecom", "10.1.2.3", "--qualify-s", "0", env=env)
        told = (await command.run("reload", "--json", env=env)).json()
        assert told["trunks"] == 1
        async with Phone("8050", town.server, "8050", seat["sip_secret"], on_ring=NO_ANSWER) as phone:
            await phone.register()
        other, their_other, desk = await _talk(town, second, "12388")
        call = await desk.ask("GET", f"/calls/{await desk.my_last_call()}")
        assert call["line"] == "12388"
        assert (leg.end, theirs.end) == (None, None)  # the talk that went on meanwhile
        assert (town.instance.service.pid, town.instance.asterisk.pid()) == (service, asterisk)
        for one in (other, leg):
            await one.hangup()
        for one in (their_other, theirs):
            await one.wait_end(20)
    await _change_over_the_api(town)
