"""The demonstration's button: a scripted citizen calls over real SIP, one at a time, is answered, and leaves nothing behind."""

import asyncio

import httpx
import pytest

from app.settings import Settings
from tests.system.test_up import staffed, up

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


async def test_a_citizen_calls_at_the_press_of_a_button_and_only_one_at_a_time(settings: Settings) -> None:
    async with up(settings) as running, staffed(running) as (desk, phone):
        api = f"http://{settings.api_host}:{settings.api_port}/api/v1/demo/call"
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            called = await http.post(api)
            again = await http.post(api)
        assert (called.status_code, again.status_code) == (202, 409)
        theirs = await phone.wait_leg(60)
        call = (await desk.ask("GET", "/calls"))["items"][0]
        assert (call["caller"], call["line"]) == (called.json()["caller"], "12345")
        await theirs.hangup()

        async with asyncio.timeout(150):  # it says its words, waits a while and hangs up
            while (await desk.ask("GET", f"/calls/{call['id']}"))["ended_at"] is None:
                await asyncio.sleep(0.2)
