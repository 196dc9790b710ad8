"""A running hotline with people at it: agents in their pages, a citizen on the telephone, anybody in a browser of their own."""

import json
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from app import seeding
from app.demo.leg import Leg
from app.demo.phone import Phone
from app.instance import Instance
from app.seeding import kept_accounts
from app.setup.folders import folders
from store import notices
from store.database import Database
from tests.desk.sound import MOUTH_AND_EARS, SLOW, hears, hums
from tests.system.traces import until

NUMBER = "13800000007"
SPACED = "138 0000 0007"
CITIZEN_HZ, AGENT_HZ, EXPERT_HZ = 440.0, 880.0, 1320.0
NOBODY_DB = -60.0
AS_IT_SOUNDS = (
    "localStorage.setItem('hotline.devices', JSON.stringify({ mic: '', speaker: '', clean: false }))"
)

PAINTED = """(number) => {
  window.painted = new Promise((done) => {
    const look = () => {
      if ([...document.querySelectorAll('h2')].some((one) => one.textContent.trim() === number)) requestAnimationFrame(() => done(Date.now()))
      else requestAnimationFrame(look)
    }
    look()
  })
}"""
"""Every frame is looked at: as the one after the first with the number begins, that one has been painted."""


class Stage:
    """The instance with people at it. Whoever came with `opened` has left when the test ends."""

    def __init__(self, instance: Instance, chromium: Browser) -> None:
        self.instance, self.chromium = instance, chromium
        self.pages: list[Page] = []

    @property
    def site(self) -> str:
        """Where people open the desk: over HTTPS with the local authority's certificate, where the instance has it."""
        port = self.instance.settings.https_port
        return f"https://localhost:{port}" if port else self.instance.url

    async def opened(self, path: str, *, person: str = "", script: str = "") -> Page:
        """A browser of somebody's own; `person`: who is chosen at the log-in; `script` runs before the page's own."""
        context = await self.chromium.new_context(
            permissions=["microphone"], locale="zh-CN", base_url=self.site, ignore_https_errors=True
        )
        context.set_default_timeout(SLOW)
        await context.add_init_script(MOUTH_AND_EARS)
        await context.add_init_script(AS_IT_SOUNDS)
        if script:
            await context.add_init_script(script)
        page = await context.new_page()
        self.pages.append(page)
        if person:
            await page.goto("/login")
            await page.get_by_role("button", name=person).click()
            await expect(page).not_to_have_url(re.compile("/login"))
        if path:
            await page.goto(path)
        return page

    async def at_seat(self, seat: str, hertz: float, script: str = "") -> Page:
        """An agent's page: at their seat, its phone registered, ready; they hum."""
        page = await self.opened("", person=f"agent{seat}", script=script)
        await page.locator("button.seat", has_text=seat).click()
        await linked(page)
        await hums(page, hertz)
        await page.keyboard.press("Alt+r")
        await state(page, "示闲")
        return page

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[Leg]:
        """A citizen on the telephone; afterwards they have hung up."""
        async with Phone(NUMBER, ("127.0.0.1", self.instance.settings.sip_port)) as citizen:
            leg = await citizen.call("12345", from_number=NUMBER, timeout=90)
            yield leg
            await leg.hangup()

    @asynccontextmanager
    async def as_person(self, login: str) -> AsyncIterator[httpx.AsyncClient]:
        """The API as this person."""
        account = next(one for one in kept_accounts(self.instance.settings) if one.login == login)
        given = {"login": login, "password": account.password}
        async with httpx.AsyncClient(base_url=f"{self.instance.url}/api/v1", timeout=60) as client:
            pair = (await client.post("/token", json=given)).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {pair['access_token']}"
            yield client

    async def leave(self) -> None:
        for page in self.pages:
            await page.context.close()
        async with self.as_person("banzhang") as boss:
            for seat in ("8001", "8002"):
                await boss.post(f"/seats/{seat}/logout")


async def linked(page: Page) -> None:
    await expect(page.get_by_role("button", name="网页电话就绪")).to_be_visible()


async def state(page: Page, word: str) -> None:
    await expect(page.locator(".bar .state")).to_contain_text(re.compile(word))


async def answers(page: Page) -> None:
    await expect(page.get_by_role("button", name="接听")).to_be_visible()
    await page.keyboard.press("Alt+a")
    await state(page, "通话中")


async def calls_in(page: Page, key: str = "Alt+t") -> None:
    """Opens the list of whom one may call in; that key does nothing while somebody is being called."""
    await expect(page.get_by_role("button", name="咨询", exact=True)).to_be_enabled()
    await page.keyboard.press(key)


async def ends(page: Page) -> None:
    """Hang up where nothing was filed yet: it asks."""
    await page.keyboard.press("Alt+x")
    await page.get_by_role("dialog").get_by_role("button", name="挂断").click()


async def heard(leg: Leg, hertz: float) -> None:
    """Until the citizen hears this tone, counting what arrives from now on."""
    since = leg.seconds()
    await until(lambda: leg.level(hertz, since) > -30.0, 60, f"the citizen hears {hertz:g} Hz")


async def both_hear(page: Page, leg: Leg) -> None:
    await hears(page, CITIZEN_HZ)
    await heard(leg, AGENT_HZ)


async def texted(instance: Instance) -> str:
    """The code of the last text to the citizen."""
    database = Database(instance.settings.database, seeding.keyring(instance.settings))
    try:
        async with database.reading() as session:
            sent = (await notices.find(session, kind="code")).items
    finally:
        await database.close()
    found = re.search(r"验证码(\d{6})", next(one.words for one in sent if one.recipient == NUMBER))
    assert found
    return found[1]


def invites(instance: Instance) -> Any:
    """Asterisk notes from now on what it sends; gives a function for the moment (ms since 1970) of the first INVITE to the page's phone."""
    for command in (
        "module load res_pjsip_logger.so",
        "logger add channel sip.log verbose",
        "pjsip set logger on",
    ):
        instance.asterisk.cli(command)
    log = instance.settings.asterisk / "log" / "sip.log"

    def first() -> float:
        found = re.search(
            r"\[([^]]+)\][^\n]*Transmitting SIP request[^\n]* to WS:[^\n]*\nINVITE ",
            log.read_text(errors="replace"),
        )
        assert found, log.read_text(errors="replace")[-2000:]
        return datetime.fromisoformat(found[1]).astimezone().timestamp() * 1000

    return first


def keep(name: str, **figures: float) -> None:
    """Beside the pictures, for whoever wants to look; nothing is asserted of it."""
    folder = Path(os.environ.get("HOTLINE_SCREENSHOTS") or folders().parts / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    load_1, *_ = os.getloadavg()
    (folder / f"{name}.json").write_text(json.dumps(figures | {"load_average": round(load_1, 1)}))


def own_address() -> str:
    """This machine's address besides loopback, "" without one: ICE takes no 127.0.0.1. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        found = str(probe.getsockname()[0])
    return "" if found.startswith("127.") else found
