"""What may happen in a talk at the desk: somebody listens in, the sound breaks, the network goes, the switch restarts or dies. Nobody is hung up on by us."""

import asyncio
import os
import re
import signal

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
    linked,
    state,
)

pytestmark = [
    pytest.mark.system,
    pytest.mark.model,
    pytest.mark.timeout(900),
    pytest.mark.asyncio(loop_scope="module"),
]


async def test_a_supervisor_listens_whispers_and_takes_over_with_the_phone_in_the_page(stage: Stage) -> None:
    agent = await stage.at_seat("8001", AGENT_HZ)
    async with stage.calling() as leg:
        leg.say(tone(CITIZEN_HZ, 600.0))
        await answers(agent)
        boss = await stage.opened("/floor", person="banzhang")
        await boss.get_by_role("button", name="座席 8001 的操作").click()
        await boss.get_by_role("menuitem", name="监听").click()
        dialog = boss.get_by_role("dialog")
        await dialog.get_by_role("combobox").click()
        await boss.get_by_role("option", name=re.compile("8002")).click()
        await because(boss, "监听", "新话务员带教")
        await hears(boss, CITIZEN_HZ)
        await hears(boss, AGENT_HZ)
        await hums(boss, EXPERT_HZ)
        listening = boss.get_by_role("region", name="正在监听")
        await listening.get_by_role("button", name="密语").click()
        await because(boss, "密语", "提示答复口径")
        await hears(agent, EXPERT_HZ)
        assert leg.level(EXPERT_HZ, leg.seconds() - 1.0) < NOBODY_DB
        await listening.get_by_role("button", name="接管").click()
        await because(boss, "接管", "市民要求班长接听")
        await heard(leg, EXPERT_HZ)
        await hears(boss, CITIZEN_HZ)
        await state(agent, "整理|示闲")
        await boss.get_by_role("button", name="回到通话").click()
        await state(boss, "通话中")
        await ends(boss)
        await state(boss, "整理|示忙：督导")


async def because(page: Page, deed: str, why: str) -> None:
    """What a supervisor does is kept with its reason."""
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("原因（留痕）").fill(why)
    await dialog.get_by_role("button", name=deed, exact=True).click()
    await expect(dialog).to_have_count(0)


async def test_sound_that_breaks_or_never_came_and_another_page_drop_nobody_and_a_second_window_says_where_the_phone_is(
    stage: Stage,
) -> None:
    agent = await stage.at_seat("8001", AGENT_HZ)
    second = await agent.context.new_page()
    await second.goto("/agent")
    await expect(second.get_by_text("本座席的电话正在另一个窗口使用")).to_be_visible()
    async with stage.calling() as leg:
        leg.say(tone(CITIZEN_HZ, 600.0))
        await expect(second.get_by_text("请在使用电话的窗口接听")).to_be_visible()
        await expect(second.get_by_role("button", name="接听", exact=True)).to_have_count(0)
        await second.close()
        await agent.evaluate("() => window.sound.unheard(true)")
        await answers(agent)
        await agent.wait_for_function("() => window.sound.ways() === 2", timeout=SLOW)
        await agent.evaluate("() => window.sound.unheard(false)")
        await both_hear(agent, leg)
        await agent.evaluate("() => window.sound.breaks()")
        await agent.wait_for_function("() => window.sound.ways() === 3", timeout=SLOW)
        await both_hear(agent, leg)
        await agent.goto("/tickets")
        await hums(agent, AGENT_HZ)
        await expect(agent.get_by_text("通话中")).to_be_visible()
        await both_hear(agent, leg)
        await agent.get_by_role("button", name="回到通话").click()
        await expect(agent.get_by_role("button", name="静音")).to_be_visible()
        await leaves(agent)
        await expect(agent.get_by_text("请先结束通话再退出")).to_be_visible()
        await agent.context.set_offline(True)
        await expect(agent.get_by_role("button", name="网页电话断开")).to_be_visible()
        await both_hear(agent, leg)  # sound goes its own way
        await agent.context.set_offline(False)
        await linked(agent)
        await both_hear(agent, leg)
        assert leg.end is None
    await state(agent, "整理|示闲")
    await leaves(agent)
    await expect(agent).to_have_url(re.compile("/login"))
    async with stage.as_person("banzhang") as boss:
        seats = {one["id"]: one["state"] for one in (await boss.get("/seats")).json()["items"]}
    assert seats["8001"] == "logged_out"  # or calls would ring at nobody's


async def leaves(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("当前用户")).click()
    await page.get_by_role("button", name="退出登录").click()


async def test_after_a_restart_of_the_switch_the_phone_is_back_by_itself(stage: Stage) -> None:
    agent = await stage.at_seat("8001", AGENT_HZ)
    await asyncio.to_thread(stage.instance.asterisk.stop)
    await expect(agent.get_by_role("button", name="网页电话断开")).to_be_visible()
    await linked(agent)
    async with stage.calling() as leg:
        leg.say(tone(CITIZEN_HZ, 600.0))
        await answers(agent)
        await both_hear(agent, leg)


async def test_a_switch_that_dies_under_a_talk_costs_the_talk_and_nothing_that_was_written(
    stage: Stage,
) -> None:
    agent = await stage.at_seat("8001", AGENT_HZ)
    async with stage.calling() as leg:
        leg.say(tone(CITIZEN_HZ, 600.0))
        await answers(agent)
        await both_hear(agent, leg)
        title = agent.get_by_role("textbox", name="标题")
        await title.fill("停水三天")
        pid = stage.instance.asterisk.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await expect(agent.get_by_role("button", name="网页电话断开")).to_be_visible()
        await linked(agent)
        await state(agent, "整理|示闲")
        await expect(title).to_have_value("停水三天")
