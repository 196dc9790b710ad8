"""The ways sound and calls go besides the page's own: through a relay, to somebody else's SIP, on a telephone beside the page, out to unit and citizen."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from app import seeding
from app.demo.audio import tone
from app.demo.phone import NO_ANSWER, Phone, answer_after
from app.instance import Instance, free_ports, private
from app.setup.tools import tool
from core.errors import PartMissing
from store import probes, seats, trunks
from store.database import Database
from tests.desk.sound import hears
from tests.desk.stage import (
    AGENT_HZ,
    CITIZEN_HZ,
    EXPERT_HZ,
    NUMBER,
    PAINTED,
    SPACED,
    Stage,
    answers,
    both_hear,
    calls_in,
    ends,
    heard,
    invites,
    keep,
    own_address,
    state,
)
from tests.need import missing
from tests.system.conftest import no_opening, nothing_left
from tests.system.traces import until

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(900),
    pytest.mark.asyncio(loop_scope="module"),
]
SECRET = "only-for-this-test"
CARRIER = "127.0.0.2"  # not ours: Asterisk knows the carrier by it
UNIT, UNITS_PHONE = "chenzhou.rsj", "07352222222"
UNIT_HZ = 620.0
OUTSIDE = "localStorage.setItem('hotline.phone.kind', 'outside')"
FAR_AWAY = """(() => { // a seat whose network lets sound out to the relay alone
  if (window.parent !== window) return
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(config) {
      super({ ...config, iceTransportPolicy: 'relay' })
      window.way = this
    }
  }
})()"""
HEAD = f"""Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:{NUMBER}@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
Call-ID: [call_id]
Max-Forwards: 70"""
CALLS_IN = f"""<?xml version="1.0" encoding="UTF-8"?>
<scenario name="a citizen calls until the hotline hangs up">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
{HEAD}
CSeq: 1 INVITE
Contact: <sip:{NUMBER}@[local_ip]:[local_port]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=citizen 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8
a=rtpmap:8 PCMA/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="183" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[
ACK [next_url] SIP/2.0
{HEAD}
CSeq: 1 ACK
[routes]
Content-Length: 0
]]></send>
<recv request="BYE"/>
<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0
]]></send>
</scenario>
"""
WENT_BY = """async () => {
  const seen = new Map([...(await window.way.getStats())])
  const pair = [...seen.values()].find((one) => one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded')
  return pair ? seen.get(pair.localCandidateId).candidateType : null
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relay() -> AsyncIterator[str]:
    """coturn as the operator guide sets it up, on this machine alone; its `turn:` address."""
    try:
        command = tool("turnserver")
    except PartMissing as error:
        missing(f"coturn ({error})")
    port, low = free_ports(2)
    process = await asyncio.create_subprocess_exec(
        *command.argv, "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=hotline",
        "--listening-ip=127.0.0.1", f"--listening-port={port}", f"--relay-ip={own_address()}", f"--min-port={low}", f"--max-port={low + 50}",
        "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--no-stdout-log", "--log-file=/dev/null", "--pidfile=", "--userdb=:memory:",
        env=os.environ | command.env, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    yield f"turn:127.0.0.1:{port}"
    process.kill()
    await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def carrier() -> AsyncIterator[Phone]:
    """All numbers beyond our trunk: who is rung, answers."""
    async with Phone("carrier", local_ip=CARRIER, on_ring=answer_after(0.2)) as phone:
        yield phone


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def instance(
    _whole_parts: None, relay: str, carrier: Phone, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Instance]:
    """One hotline for the file, without ears, with a trunk and a relay."""
    home = tmp_path_factory.mktemp("lines")
    (https,) = free_ports(1)
    given = private(
        home / "home", recognise_live="off", recognise_after="off", seats=2, wrap_up_s=1, wait_s=2, prompts=no_opening(home / "prompts"),
        https_port=https, turn_urls=(relay,), turn_secret=SECRET,
    )  # fmt: skip
    given.home.mkdir(mode=0o700)
    database = Database(given.database, seeding.keyring(given))
    try:
        await database.create_or_upgrade()
        await seeding.first_start(database, given)
        host, port = carrier.address
        async with database.session() as session:
            way = {"kind": "ip", "host": host, "port": port, "qualify_s": 0, "display_number": "12345"}
            await trunks.put(session, "city", **way)
            await probes.add_phone(session, UNIT, "fixed", UNITS_PHONE, "办公室", datetime.now(UTC))
    finally:
        await database.close()
    async with Instance(given) as found:
        yield found
    await nothing_left(given)


async def test_a_seat_that_reaches_us_through_a_relay_alone_talks_with_the_citizen(stage: Stage) -> None:
    agent = await stage.at_seat("8001", AGENT_HZ, FAR_AWAY)
    async with stage.calling() as leg:
        leg.say(tone(CITIZEN_HZ, 600.0))
        await answers(agent)
        await both_hear(agent, leg)
        assert await agent.evaluate(WENT_BY) == "relay"
        await ends(agent)
    await state(agent, "整理|示闲")


# --- another maker's SIP ---------------------------------------------------------------------------------------------


async def test_a_citizen_on_sipp_is_shown_at_once_and_hears_the_agent(stage: Stage, tmp_path: Path) -> None:
    """sipp sends back every packet of sound it gets: an agent who hears themselves was heard, and is heard by."""
    agent = await stage.at_seat("8001", AGENT_HZ)
    invited = invites(stage.instance)
    await agent.evaluate(PAINTED, SPACED)
    async with sipp(stage, tmp_path) as calling:
        async with asyncio.timeout(90):
            painted = await agent.evaluate("() => window.painted")
        await answers(agent)
        await hears(agent, AGENT_HZ)
        keep("sipp", pop_after_invite_ms=round(painted - invited()))
        await ends(agent)
        async with asyncio.timeout(60):
            assert await calling.wait() == 0  # it got its answer and our BYE
    await state(agent, "整理|示闲")


@asynccontextmanager
async def sipp(stage: Stage, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """One call to 12345; its sound comes back to whoever sends it."""
    try:
        command = tool("sipp")
    except PartMissing as error:
        missing(f"sipp ({error})")
    orders = folder / "citizen.xml"
    orders.write_text(CALLS_IN, encoding="utf-8")
    sip, media = free_ports(2)
    process = await asyncio.create_subprocess_exec(
        *command.argv, "-sf", str(orders), "-s", "12345", "-i", "127.0.0.1", "-p", str(sip), "-mp", str(media), "-rtp_echo",
        "-m", "1", "-nostdin", f"127.0.0.1:{stage.instance.settings.sip_port}",
        env=os.environ | command.env, cwd=folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


# --- a telephone beside the page -------------------------------------------------------------------------------------


async def test_beside_a_desk_phone_the_page_answers_holds_joins_three_and_wraps_up(stage: Stage) -> None:
    async with stage.as_person("banzhang") as boss:
        (
            await boss.patch("/seats/8002", json={"kind": "expert", "skills": ["line.12348"]})
        ).raise_for_status()
    expert = await stage.at_seat("8002", EXPERT_HZ)
    async with desk_phone(stage, "8001") as phone:
        agent = await stage.opened("", person="agent8001", script=OUTSIDE)
        await agent.locator("button.seat", has_text="8001").click()
        await state(agent, "示忙")
        await agent.keyboard.press("Alt+r")
        await state(agent, "示闲")
        async with stage.calling() as leg:
            leg.say(tone(CITIZEN_HZ, 600.0))
            await expect(agent.get_by_role("heading", name=SPACED)).to_be_visible()
            await agent.get_by_role("button", name="接听", exact=True).click()
            mine = await phone.wait_leg(60)
            mine.say(tone(AGENT_HZ, 600.0))
            await heard(mine, CITIZEN_HZ)
            await heard(leg, AGENT_HZ)
            await expect(agent.get_by_role("button", name="保持")).to_be_visible()
            await agent.keyboard.press("Alt+j")
            await expect(agent.get_by_role("button", name="取回")).to_be_visible()
            await until(
                lambda: mine.level(CITIZEN_HZ, mine.seconds() - 1.0) < -60.0, 60, "the citizen is not heard"
            )
            await agent.keyboard.press("Alt+j")
            await heard(mine, CITIZEN_HZ)
            await calls_in(agent, "Alt+y")
            dialog = agent.get_by_role("dialog", name="转接与三方通话")
            await dialog.get_by_role("button", name=re.compile("12348")).click()
            await answers(expert)
            await expect(agent.get_by_text("三方通话中")).to_be_visible()
            for one in (leg, mine):
                await heard(one, EXPERT_HZ)
            await hears(expert, CITIZEN_HZ)
            await hears(expert, AGENT_HZ)
            await expert.get_by_role("button", name="退出通话").click()
            await state(expert, "整理|示闲")
            await heard(leg, AGENT_HZ)
            await files(agent)
            await agent.keyboard.press("Alt+x")
            assert (await mine.wait_end(60)).who == "peer"
        await state(agent, "整理|示闲")


async def files(page: Page) -> None:
    await page.get_by_role("radio", name="求助").check(force=True)
    await page.get_by_role("textbox", name="标题").fill("小区停水三天")
    await page.get_by_role("textbox", name="内容").fill("小区停水三天，请派人来修")
    await page.keyboard.press("Alt+s")
    form = page.get_by_role("form", name="工单")
    await expect(form.get_by_text(re.compile("已登记 20"))).to_be_visible()


@asynccontextmanager
async def desk_phone(stage: Stage, seat: str) -> AsyncIterator[Phone]:
    """A telephone that rings until it is told to pick up."""
    settings = stage.instance.settings
    database = Database(settings.database, seeding.keyring(settings))
    try:
        async with database.reading() as session:
            secret = (await seats.get(session, seat)).sip_secret
    finally:
        await database.close()
    server = (settings.sip_host, settings.sip_port)
    async with Phone(seat, server, seat, secret, on_ring=NO_ANSWER, talks=True) as phone:
        await phone.register()
        yield phone


# --- out to unit and citizen -----------------------------------------------------------------------------------------


async def test_a_unit_phones_its_citizen_from_the_ticket_and_neither_sees_the_others_number(
    stage: Stage, carrier: Phone
) -> None:
    async with stage.as_person("rexianban") as office:
        draft = {
            "type": "help",
            "title": "工资拖欠两月",
            "body": "工地拖欠两个月工资",
            "caller": NUMBER,
            "unit": UNIT,
        }
        made = await office.post("/tickets", json=draft, headers={"Idempotency-Key": "phoned-01"})
        ticket = made.raise_for_status().json()
    page = await stage.opened(f"/unit?queue=sign&ticket={ticket['id']}", person="renshe")
    await page.get_by_role("button", name="签收").click()
    await page.get_by_role("toolbar").get_by_role("button", name="电话联系诉求人").click()
    phoning = page.get_by_role("region", name="经热线联系诉求人")
    await phoning.get_by_label("通话事由").fill("核实欠薪的工地")
    await phoning.get_by_role("button", name="呼叫").click()
    unit = await carrier.wait_leg(60)
    unit.say(tone(UNIT_HZ, 600.0))
    citizen = await carrier.wait_leg(60)
    citizen.say(tone(CITIZEN_HZ, 600.0))
    await heard(unit, CITIZEN_HZ)
    await heard(citizen, UNIT_HZ)
    called = [ring.callee for ring in carrier.rings]
    assert called == [UNITS_PHONE, NUMBER]
    assert {ring.caller for ring in carrier.rings} == {"12345"}
    await citizen.hangup()
    await expect(phoning.get_by_text("已通话")).to_be_visible()
