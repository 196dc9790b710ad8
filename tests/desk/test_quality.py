"""Quality: a call's findings heard where they show, judged by a person beside the machine; the rules a supervisor edits."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from app.quality.checks import QualityChecks
from core.ports import Utterance
from store import utterances
from store.tables import Recording
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tests.desk.morning import Morning, morning, on

pytestmark = pytest.mark.edge


@pytest.fixture(scope="module")
def boss(house: Standing) -> Iterator[httpx.Client]:
    with house.client("banzhang") as client:
        yield client


@pytest.fixture(scope="module")
def floor(house: Standing) -> Morning:
    """A talk in which the agent says what nobody should, and what the rules said of it."""
    with house.client("agent8001") as agent:
        who = agent.get("/users/me").json()["id"]
    found = on(house, morning(house, who))

    async def checked() -> None:
        at = datetime.now(UTC)
        async with house.database.session() as session:
            said = Utterance("这个不归我管。", 5.0, 5.9, True)
            await utterances.add_live(session, found.talked, "agent", [said], "test", at)
            heard = update(Recording).where(Recording.call_id == found.talked).values(transcribed_at=at)
            await session.execute(heard)
        assert await QualityChecks(house.floor).check_quality() == 1

    on(house, checked())
    return found


def test_a_finding_is_heard_where_it_shows_and_judged_by_a_person(
    visit: Open, floor: Morning, boss: httpx.Client
) -> None:
    one = visit(login="banzhang")
    page = one.page
    page.goto("/quality")
    page.get_by_role("combobox", name="规则", exact=True).press("Enter")
    page.get_by_role("option", name="服务忌语").click()
    page.get_by_role("combobox", name="结果", exact=True).press("Enter")
    page.get_by_role("option", name="未做到").click()
    row = page.locator(".plain tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("8001 号话务员")
    expect(row).to_contain_text("服务忌语")
    row.get_by_role("link").click()
    findings = page.get_by_role("region", name="检查结果")
    failed = findings.get_by_role("listitem").first
    expect(failed).to_contain_text("服务忌语未做到")
    failed.get_by_role("button", name=re.compile("0:05")).click()
    page.get_by_role("button", name=re.compile("收听")).click()
    expect(page.get_by_role("slider", name="播放位置")).to_have_attribute("aria-valuenow", re.compile("[56]"))
    expect(page.locator("li.marked").last).to_contain_text("不归我管")
    judge = page.get_by_role("region", name="人工质检")
    judge.get_by_role("button", name="都与规则一致").click()
    judge.get_by_role("group", name="开头问候").get_by_label("未做到").check()
    judge.get_by_label("评语").fill("没有报工号")
    one.accessible()
    one.shot("quality-call-1440-zh-light", full=True)
    judge.get_by_role("button", name="提交评判").click()
    expect(page.get_by_role("region", name="人工评判")).to_contain_text("没有报工号")
    kept = work.done(boss.get(f"/calls/{floor.talked}/quality"))["reviews"]
    assert [(one["marks"]["greeting"], one["words"], one["by_name"]) for one in kept] == [
        (False, "没有报工号", "值班班长")
    ]
    page.goto("/quality")
    expect(page.get_by_text(re.compile("与规则一致 \\d+ 项"))).to_be_visible()


def test_a_call_is_drawn_for_a_person_and_an_agent_sees_only_their_own(visit: Open, floor: Morning) -> None:
    agent = visit(login="agent8002")
    agent.page.goto("/quality")
    expect(agent.page.get_by_text("没有符合条件的通话")).to_be_visible()
    expect(agent.page.get_by_role("button", name=re.compile("抽检"))).to_have_count(0)
    own = visit(login="agent8001", size=PHONE)
    own.page.goto(f"/quality/calls/{floor.talked}")
    expect(own.page.get_by_role("region", name="检查结果")).to_contain_text("服务忌语")
    expect(own.page.get_by_role("region", name="人工质检")).to_have_count(0)
    own.fits()


def test_a_rule_is_changed_and_what_is_wrong_stands_at_its_field(
    visit: Open, floor: Morning, boss: httpx.Client
) -> None:
    one = visit(login="banzhang")
    one.expect("422 (Unprocessable")
    page = one.page
    page.goto("/quality/rules")
    rule = page.get_by_role("region", name="服务忌语")
    rule.get_by_role("button", name=re.compile("服务忌语")).click()
    words = rule.get_by_label("不得说的词句")
    before = words.input_value()
    words.fill("")
    page.get_by_label("修改原因").fill("增加服务忌语")
    page.get_by_role("button", name="保存规则").click()
    expect(rule.get_by_text("这类规则要有词句")).to_be_visible()
    one.shot("quality-rules-1440-zh-light", full=True)
    one.accessible()
    words.fill(f"{before}\n随便你")
    rule.get_by_label("依据").fill("没有的文件 1")
    page.get_by_role("button", name="保存规则").click()
    expect(rule.get_by_text("依据须以所列文件的编号开头")).to_be_visible()
    rule.get_by_label("依据").fill("003 二.13")
    page.get_by_role("button", name="保存规则").click()
    expect(page.get_by_text(re.compile("现行第 1 版，值班班长 .*增加服务忌语"))).to_be_visible()
    kept = work.done(boss.get("/quality/rules"))
    (banned,) = [each for each in kept["rules"]["rules"] if each["id"] == "banned"]
    assert (kept["version"], banned["words"][-1]) == (1, "随便你")
    auditor = visit(login="shenji")
    auditor.page.goto("/quality/rules")
    expect(auditor.page.get_by_role("region", name="服务忌语")).to_be_visible()
    expect(auditor.page.get_by_role("button", name="保存规则")).to_have_count(0)


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "en", True), (PHONE, "zh-CN", False)])
def test_every_page_of_quality_fits_and_is_accessible(
    visit: Open, floor: Morning, size: tuple[int, int], language: str, dark: bool
) -> None:
    one = visit(login="banzhang", size=size, language=language, dark=dark)
    for path in ("/quality", f"/quality/calls/{floor.talked}", "/quality/rules"):
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1).first).to_be_visible()
        if path.endswith("rules"):
            one.page.get_by_role("region").first.get_by_role("button").first.click()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        name = "-".join(path.strip("/").split("/")[:2])
        one.shot(f"{name}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}", full=True)
