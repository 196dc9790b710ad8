"""What an agent's desk does with a real telephone in the page: how much it fetches, which devices it uses, what its keys do, who joins in."""

import re
from collections import Counter

import pytest
from playwright.async_api import Page, expect

from app.demo.audio import tone
from tests.desk.sound import SLOW, hears, hums
from tests.desk.stage import (
    AGENT_HZ,
    CITIZEN_HZ,
    EXPERT_HZ,
    NOBODY_DB,
    Stage,
    answers,
    both_hear,
    ends,
    heard,
    keep,
    linked,
    state,
)
from tests.desk.test_sources import BUDGET
from tests.desk.test_story_troubles import because

pytestmark = [
    pytest.mark.system,
    pytest.mark.model,
    pytest.mark.timeout(600),
    pytest.mark.asyncio(loop_scope="module"),
]
DEVICES = """(() => {
  window.ways = []
  window.sinks = []
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) { super(...given); ways.push(this) }
  }
  const send = HTMLMediaElement.prototype.setSinkId
  HTMLMediaElement.prototype.setSinkId = function (id) { sinks.push(id); return send.call(this, id) }
})()"""
"""Which sound goes where; the page itself notices nothing."""
SENT = "() => ways.at(-1)?.getSenders().find((one) => one.track)?.track.getSettings().deviceId"
NAMED = """async ([kind, label]) => (await navigator.mediaDevices.enumerateDevices())
  .find((one) => one.kind === kind && one.label === label)?.deviceId"""
MIC, SPEAKER = "Fake Audio Input 2", "Fake Audio Output 2"


async def test_the_first_load_with_the_phone_stays_within_the_budget(stage: Stage) -> None:
    """From an empty browser at the log-in to the ready phone: bodies as they came over the wire, the API's answers aside."""
    page = await stage.opened("")
    wire = await page.context.new_cdp_session(page)
    asked: dict[str, str] = {}
    came: Counter[str] = Counter()
    wire.on(
        "Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]})
    )
    wire.on(
        "Network.dataReceived", lambda event: came.update({event["requestId"]: event["encodedDataLength"]})
    )
    await wire.send("Network.enable")
    await page.goto("/login")
    await page.get_by_role("button", name="agent8001").click()
    await page.locator("button.seat", has_text="8001").click()
    await linked(page)
    await page.wait_for_load_state("networkidle")
    ours = {asked[id]: size for id, size in came.items() if id in asked and "/api/" not in asked[id]}
    assert any("jssip" in url.lower() or "ua-" in url for url in ours), (
        f"the phone is not among {sorted(ours)}"
    )
    keep("first-load", bytes=sum(ours.values()), files=len(ours))
    assert 100_000 < sum(ours.values()) < BUDGET, sorted(ours.items(), key=lambda one: -one[1])


async def test_the_microphone_and_loudspeaker_that_are_chosen_are_used_and_remembered(stage: Stage) -> None:
    context = await stage.chromium.new_context(
        permissions=["microphone"], locale="zh-CN", base_url=stage.site, ignore_https_errors=True
    )
    context.set_default_timeout(SLOW)
    await context.add_init_script(DEVICES)
    agent = await context.new_page()
    stage.pages.append(agent)
    await agent.goto("/login")
    await agent.get_by_role("button", name="agent8001").click()
    await agent.locator("button.seat", has_text="8001").click()
    await linked(agent)
    await agent.keyboard.press("Alt+r")
    await state(agent, "示闲")
    async with stage.calling():
        await answers(agent)
        await agent.wait_for_function(SENT, timeout=SLOW)
        await agent.get_by_role("button", name="网页电话就绪").click()
        await agent.get_by_role("button", name="检查麦克风和扬声器").click()
        await pick(agent, "麦克风", MIC)
        await pick(agent, "扬声器", SPEAKER)
        mic = await agent.evaluate(NAMED, ["audioinput", MIC])
        speaker = await agent.evaluate(NAMED, ["audiooutput", SPEAKER])
        assert mic
        assert speaker
        await agent.wait_for_function(f"(id) => ({SENT})() === id", arg=mic, timeout=SLOW)
        await agent.wait_for_function("(id) => sinks.includes(id)", arg=speaker, timeout=SLOW)
        await agent.reload()  # this browser gives its devices other ids then
        await state(agent, "通话中")
        again = await agent.evaluate(NAMED, ["audioinput", MIC])
        await agent.wait_for_function(f"(id) => ({SENT})() === id", arg=again, timeout=SLOW)
        speaker = await agent.evaluate(NAMED, ["audiooutput", SPEAKER])
        await agent.wait_for_function("(id) => sinks.includes(id)", arg=speaker, timeout=SLOW)


async def pick(page: Page, what: str, name: str) -> None:
    """A device of this name, in the seat bar's menu, which stays open."""
    menu = page.locator(".devices:visible")
    box = menu.get_by_role("combobox", name=what)
    await box.press("ArrowDown")
    await menu.get_by_role("option", name=name, exact=True).click()
    # The box takes the focus back once something is chosen; a key pressed in another before that would be lost.
    await expect(box).to_have_attribute("aria-expanded", "false")
    await expect(box).to_be_focused()


async def test_a_key_refuses_a_ringing_call_and_a_supervisor_barges_in_and_listens_on_after_a_reload(
    stage: Stage,
) -> None:
    agent = await stage.at_seat("8001", AGENT_HZ)
    async with stage.calling() as leg:
        leg.say(tone(CITIZEN_HZ, 600.0))
        await expect(agent.get_by_role("button", name="拒接")).to_be_visible()
        await agent.keyboard.press("Alt+n")
        await expect(agent.get_by_role("button", name="拒接")).to_have_count(0)
        assert leg.end is None, "the citizen goes on waiting"
        await agent.keyboard.press("Alt+r")
        await expect(agent.get_by_role("button", name="拒接")).to_be_visible()
        await answers(agent)
        await both_hear(agent, leg)
        boss = await stage.opened("/floor", person="banzhang")
        await boss.get_by_role("button", name="座席 8001 的操作").click()
        await boss.get_by_role("menuitem", name="监听").click()
        await boss.get_by_role("dialog").get_by_role("combobox").click()
        await boss.get_by_role("option", name=re.compile("8002")).click()
        await because(boss, "监听", "新话务员带教")
        await hears(boss, CITIZEN_HZ)
        await boss.reload()
        await hears(boss, CITIZEN_HZ)
        await hears(boss, AGENT_HZ)
        await hums(boss, EXPERT_HZ)
        assert leg.level(EXPERT_HZ, leg.seconds() - 1.0) < NOBODY_DB
        await boss.get_by_role("region", name="正在监听").get_by_role("button", name="强插").click()
        await because(boss, "强插", "三方加入，当面答复")
        await heard(leg, EXPERT_HZ)
        await hears(agent, EXPERT_HZ)
        await hears(boss, CITIZEN_HZ)
        await hears(boss, AGENT_HZ)
        async with stage.as_person("banzhang") as api:
            (call,) = [one for one in (await api.get("/floor")).json()["calls"] if one["phase"] == "talking"]
            done = (await api.get(f"/calls/{call['id']}/supervision")).json()["steps"]
        assert [one["why"] for one in done if one["deed"] == "listen"] == [
            "新话务员带教",
            "页面重新载入，继续监听",
        ]
        await ends(agent)
    await state(agent, "整理|示闲")
