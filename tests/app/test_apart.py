"""`serve --role api` in a process of its own: what needs the switch is refused plainly, everything else works."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.instance import private
from app.seeding import kept_accounts
from app.wire import running
from core.call import Arrival
from store import calls

pytestmark = pytest.mark.service


async def test_transfers_supervision_and_hanging_up_are_503_where_another_process_has_the_switch(
    tmp_path: Path,
) -> None:
    given = private(tmp_path / "home", recognise_live="off", recognise_after="off")
    async with running(given, ("api",)) as house:
        arrival = Arrival("17.1", "PJSIP/c-1", "12345", "13812345678", datetime.now(UTC))
        async with house.floor.database.session() as session:
            call_id, _ = await calls.add_call(session, arrival, state="talking")
        api = f"http://127.0.0.1:{given.api_port}/api/v1"
        async with httpx.AsyncClient(base_url=api, trust_env=False, timeout=30) as http:
            boss = next(one for one in kept_accounts(given) if one.role == "supervisor")
            login = {"login": boss.login, "password": boss.password}
            token = (await http.post("/token", json=login)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            asked = {
                "transfers": {"to": {"kind": "line", "ref": "12366"}},
                "supervise": {"seat": "8001", "mode": "listen", "why": "质检抽听"},
                "hangup": None,
            }
            for path, body in asked.items():
                answer = await http.post(f"/calls/{call_id}/{path}", json=body)
                assert (answer.status_code, answer.json()["code"]) == (503, "switch_elsewhere"), answer.text
                assert answer.headers["content-type"] == "application/problem+json"
                assert "不连接电话交换机" in answer.json()["detail"]
                assert answer.json()["retryable"] is False
            assert (await http.get(f"/calls/{call_id}")).json()["state"] == "talking"


async def test_one_process_with_api_and_agi_asks_its_own_switch(tmp_path: Path) -> None:
    given = private(tmp_path / "home", recognise_live="off", recognise_after="off")
    async with running(given, ("api", "agi")) as house:
        arrival = Arrival("17.1", "PJSIP/c-1", "12345", "13812345678", datetime.now(UTC))
        async with house.floor.database.session() as session:
            call_id, _ = await calls.add_call(session, arrival, state="talking")
        api = f"http://127.0.0.1:{given.api_port}/api/v1"
        async with httpx.AsyncClient(base_url=api, trust_env=False, timeout=30) as http:
            boss = next(one for one in kept_accounts(given) if one.role == "supervisor")
            login = {"login": boss.login, "password": boss.password}
            token = (await http.post("/token", json=login)).json()["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            answer = await http.post(f"/calls/{call_id}/hangup")
    assert (answer.status_code, answer.json()["code"]) == (503, "switch_silent")  # no Asterisk runs here
