"""A citizen calls, the phone in the page rings, both hear each other: real Asterisk, real Chromium, our way between them."""

import asyncio
import hashlib
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from app.demo.audio import save_wav, tone
from app.demo.phone import NO_ANSWER, Phone
from app.instance import Instance, install, private
from app.seeding import kept_accounts
from app.setup import desk, node, tools
from app.setup.folders import PROJECT, folders
from app.sip_accounts import sip_accounts
from core.errors import PartMissing
from tests.desk.browsing import FLAGS
from tests.desk.sound import SLOW
from tests.desk.stage import own_address, state
from tests.need import missing, need
from tests.system.traces import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(280)]
AGENT_HZ, CITIZEN_HZ = 880.0, 440.0
CITIZEN = "13800000007"
OUTSIDE = "localStorage.setItem('hotline.phone.kind', 'outside')"
"""The page's own phone keeps out of it: the newest one takes the seat's."""
OPEN = """async () => {
  const { ua, socket, pcConfig } = await HotlinePhone.openPhone('8001')
  Object.assign(window, { ua, calls: [], endings: [] })
  socket.onclosed = (code) => window.endings.push(code)
  ua.on('newRTCSession', ({ session }) => {
    window.calls.push(session)
    session.on('peerconnection', ({ peerconnection }) => (peerconnection.ontrack = ({ track }) => {
      const audio = new Audio()
      audio.srcObject = new MediaStream([track])
      audio.play()
    }))
    HotlinePhone.answersSoon(session)
    const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
    session.answer({ mediaConstraints: { audio: sound, video: false }, pcConfig })
  })
  ua.start()
  await new Promise((done, failed) => { ua.on('registered', done); ua.on('registrationFailed', (e) => failed(e.cause)) })
}"""
HEARD = """async () => {
  const stats = [...(await window.calls.at(-1).connection.getStats()).values()]
  const sound = stats.find((one) => one.type === 'inbound-rtp' && one.kind === 'audio')
  return sound ? { packets: sound.packetsReceived, level: sound.audioLevel ?? 0, codec: stats.find((one) => one.id === sound.codecId)?.mimeType } : null
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    where = folders()
    need("the built desk", desk.built(where), "./hotline setup desk")
    out = Path(tmp_path_factory.mktemp("bundle"))
    program = Path(node.npm(where)[0]).with_name("node")
    script = [program, PROJECT / "tests/desk/bundle.mjs", "phone/ua.ts", "HotlinePhone", out]
    done = subprocess.run(
        [str(word) for word in script], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return (out / "bundle.js").read_text(encoding="utf-8")


@pytest_asyncio.fixture
async def instance(tmp_path: Path) -> AsyncIterator[Instance]:
    try:
        install()
    except PartMissing as error:
        missing(f"Asterisk ({error})")
    need("an address besides loopback", bool(own_address()), "ip address add … dev …")
    given = private(tmp_path / "home", recognise_live="off", recognise_after="off", seats=2, wrap_up_s=1)
    async with Instance(given) as found:
        yield found


@pytest_asyncio.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """Its microphone says a tone."""
    try:
        command = tools.tool("chromium-headless-shell")
    except PartMissing:
        missing("chromium-headless-shell", "./hotline setup browser")
    save_wav(tmp_path / "agent.wav", tone(AGENT_HZ, 4.0))
    flags = [*FLAGS, f"--use-file-for-fake-audio-capture={tmp_path / 'agent.wav'}"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(
            executable_path=command.argv[0], args=flags, env={**os.environ, **command.env}, timeout=60_000
        )
        yield found
        await found.close()


@asynccontextmanager
async def seated(instance: Instance) -> AsyncIterator[httpx.AsyncClient]:
    """The agent of seat 8001, ready for calls."""
    account = next(one for one in kept_accounts(instance.settings) if one.seat == "8001")
    given = {"login": account.login, "password": account.password}
    async with httpx.AsyncClient(base_url=f"{instance.url}/api/v1", timeout=60) as client:
        pair = (await client.post("/token", json=given)).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {pair['access_token']}"
        for deed in ("login", "ready"):
            (await client.post(f"/seats/8001/{deed}")).raise_for_status()
        yield client


async def opened(browser: Browser, instance: Instance, bundle: str) -> Page:
    """The desk as the agent of seat 8001 sees it, its phone registered."""
    page = await browser.new_page(permissions=["microphone"])
    await page.add_init_script(OUTSIDE)
    await page.goto(f"{instance.url}/login")
    await page.get_by_role("button", name="话务员 agent8001").click()
    await expect(page.get_by_role("button", name=re.compile("当前用户"))).to_be_visible(timeout=60_000)
    await page.evaluate(bundle + ";window.HotlinePhone = HotlinePhone")
    await page.evaluate(OPEN)
    return page


async def test_a_call_rings_in_the_page_and_both_hear_each_other(
    instance: Instance, browser: Browser, bundle: str
) -> None:
    async with seated(instance):
        page = await opened(browser, instance, bundle)
        known = await page.evaluate("() => JSON.stringify(window.ua.configuration)")
        secret = next(one.secret for one in await sip_accounts(instance.settings) if one.seat == "8001")
        account = hashlib.md5(f"8001-web:asterisk:{secret}".encode(), usedforsecurity=False).hexdigest()
        assert secret not in known
        assert account not in known
        async with Phone("13800000001", ("127.0.0.1", instance.settings.sip_port)) as citizen:
            leg = await citizen.call("12345", timeout=60)
            leg.say(tone(CITIZEN_HZ, 600.0))
            await page.wait_for_function("() => window.calls.at(-1)?.isEstablished()", timeout=90_000)
            start = leg.seconds()
            await page.wait_for_function(
                f"async () => ((await ({HEARD})()) ?? {{}}).level > 0.01", timeout=30_000
            )
            await until(lambda: leg.level(AGENT_HZ, start) > -30.0, 30, "the citizen hears the agent's tone")
            heard: dict[str, Any] = await page.evaluate(HEARD)
            assert heard["codec"] == "audio/PCMA"
            await page.evaluate("() => window.calls.at(-1).terminate()")
            await page.wait_for_function("() => window.calls.at(-1).isEnded()", timeout=60_000)
            await leg.hangup()  # else the citizen would be asked how it was


async def test_another_window_takes_the_phone_and_leaving_the_seat_ends_it(
    instance: Instance, browser: Browser, bundle: str
) -> None:
    async with seated(instance) as agent:
        first = await opened(browser, instance, bundle)
        second = await opened(browser, instance, bundle)
        await first.wait_for_function("() => window.endings.includes(4409)", timeout=60_000)
        (await agent.post("/seats/8001/logout")).raise_for_status()
        await second.wait_for_function("() => window.endings.includes(4403)", timeout=60_000)


async def test_a_telephone_beside_the_page_picks_up_when_the_page_says_so(
    instance: Instance, browser: Browser
) -> None:
    server = ("127.0.0.1", instance.settings.sip_port)
    (account,) = [one for one in await sip_accounts(instance.settings) if one.seat == "8001"]
    async with Phone("8001", server, account.user, account.secret, on_ring=NO_ANSWER, talks=True) as beside:
        await beside.register(timeout=60)
        context = await browser.new_context(permissions=["microphone"])
        await context.add_init_script(OUTSIDE)
        page = await context.new_page()
        page.set_default_timeout(SLOW)
        await page.goto(f"{instance.url}/login")
        await page.get_by_role("button", name="话务员 agent8001").click()
        await page.locator("button.seat", has_text="8001").click()
        await state(page, "示忙")
        await page.keyboard.press("Alt+r")
        await state(page, "示闲")
        async with Phone(CITIZEN, server) as citizen:
            calling = asyncio.create_task(citizen.call("12345", from_number=CITIZEN, timeout=90))
            await page.get_by_role("button", name="接听").click()
            await state(page, "通话中")
            leg = await calling
            assert [ring.outcome for ring in beside.rings] == ["answered"]
            leg.say(tone(CITIZEN_HZ, 600.0))
            theirs = beside.rings[0].leg
            assert theirs is not None
            theirs.say(tone(AGENT_HZ, 600.0))
            await until(
                lambda: leg.level(AGENT_HZ, leg.seconds() - 1.0) > -30.0, 60, "the citizen hears the agent"
            )
            await page.keyboard.press("Alt+j")
            await expect(page.get_by_role("button", name="取回")).to_be_visible()
            await until(
                lambda: leg.level(AGENT_HZ, leg.seconds() - 1.0) < -60.0, 60, "the citizen is on hold"
            )
            await page.keyboard.press("Alt+j")
            await until(
                lambda: leg.level(AGENT_HZ, leg.seconds() - 1.0) > -30.0, 60, "the citizen is taken back"
            )
            await expect(page.get_by_role("button", name="保持")).to_be_visible()
            await leg.hangup()
