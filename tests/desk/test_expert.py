"""The expert's desk: called into a talk they read what is asked before they pick up, follow it, and find it again afterwards."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from api.actor import Actor
from app.call_desk import FloorDesk
from app.three_way.deeds import Deeds
from core.call import StaffEnd
from tests.app.place import FakeSwitch
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.calls import Caller
from tests.desk.house import Standing

pytestmark = pytest.mark.edge
expect.set_options(timeout=60_000)  # a loaded machine is slow, not wrong

AGENT, EXPERT = "agent8001", "zhuanjia"
THIRD = "PJSIP/8002-1"
ASK = "试用期没签合同，能否主张双倍工资"
OUTSIDE = "localStorage.setItem('hotline.phone.kind', 'outside')"
BEFORE = ("我要投诉，公司拖欠了我两个月的工资，上个月就说要发", "要求尽快发工资，我在北湖区上班")
AFTER = "试用期也没有签合同"


class Talk:
    """An agent's talk into which the expert at 8002 is called; the switch is the test's."""

    def __init__(self, house: Standing, number: str) -> None:
        self.house, self.caller = house, Caller(house, number)
        assert self.caller.rings() == "8001"
        self.caller.answered("8001")
        self.desk = FloorDesk(house.floor)

    def invites(self) -> None:
        with self.house.client(AGENT) as api:
            me = api.get("/users/me").json()
        agent = Actor(me["id"], me["login"], me["name"], "agent")
        deeds = Deeds(self.house.floor, FakeSwitch())
        self.id = self.house.run(deeds.begin(agent, self.caller.id, "seat", "8002", "three_way", ask=ASK))

    def expert_answers(self) -> None:
        at = self.house.floor.clock()
        self.house.run(self.desk.third_answered(self.caller.id, self.id, THIRD, at))

    def expert_goes(self) -> None:
        end = StaffEnd(
            self.caller.id, THIRD, "expert", "8002", self.id, "expert", 16, self.house.floor.clock()
        )
        self.house.run(self.desk.staff_ended(end))

    def over(self) -> None:
        self.caller.hangs_up()


def seat(house: Standing, login: str, number: str) -> None:
    with house.client(login) as api:
        api.post(f"/seats/{number}/login")
        api.post(f"/seats/{number}/ready")


@pytest.fixture(autouse=True)
def seated(house: Standing) -> Iterator[None]:
    """The expert sits at 8002, the agent at 8001."""
    with house.client("banzhang") as boss:
        boss.patch("/seats/8002", json={"kind": "expert", "skills": ["line.12348"], "name": "司法专家席"})
    seat(house, AGENT, "8001")
    seat(house, EXPERT, "8002")
    yield
    with house.client("banzhang") as boss:
        for number in ("8001", "8002"):
            boss.post(f"/seats/{number}/ready")
            boss.post(f"/seats/{number}/logout")


def test_an_expert_is_asked_follows_the_talk_and_finds_it_again(visit: Open, house: Standing) -> None:
    one = visit(login=EXPERT)
    one.expect("404 (Not Found)")  # once the talk is over it is no longer theirs to read
    one.context.add_init_script(OUTSIDE)
    one.page.goto("/")
    page = one.page
    expect(page).to_have_title(re.compile("^专家席"))
    past = page.get_by_role("region", name="受邀通话")
    asked_before = past.get_by_role("button", name=re.compile(ASK))
    expect(past.get_by_text("还没有受邀参加通话").or_(asked_before.first)).to_be_visible()
    before = asked_before.count()
    talk = Talk(house, "13907350011")
    try:
        for words in BEFORE:
            talk.caller.says(words)
        talk.invites()
        asked = page.get_by_role("region", name="通话邀请")
        expect(asked).to_contain_text(re.compile(r"8001 请您参加通话（三方）"))
        expect(asked).to_contain_text(ASK)
        expect(page.get_by_role("log", name="通话文字").locator("li.citizen")).to_have_count(2)
        matter = page.get_by_role("region", name="诉求", exact=True)
        expect(matter).to_contain_text("要求尽快发工资")
        expect(page.get_by_role("button", name="采纳")).to_have_count(0)  # the decision is the agent's
        expect(page.get_by_role("form", name="工单")).to_have_count(0)
        one.shot("expert-ringing-1440-zh-light")
        talk.expert_answers()
        expect(page.get_by_role("button", name="退出通话")).to_be_visible()
        talk.caller.said = 60.0
        with house.client(
            AGENT
        ) as api:  # their stretch is told by the clock: what was said before it is not theirs
            (mine,) = api.get(f"/calls/{talk.caller.id}/transfers").json()["items"]
        assert mine["state"] == "merged"
        talk.caller.says(AFTER)
        expect(page.get_by_role("log", name="通话文字").locator("li.citizen").last).to_contain_text(AFTER)
        one.accessible()
        talk.expert_goes()
        expect(page.locator(".bar .state")).to_contain_text("整理")
    finally:
        talk.over()
    expect(page.locator(".call .what")).to_contain_text("通话已结束")
    # What is being read of the call while the seat gives it up is refused: an expert sees a call while they have it.
    one.expect(f"404 (Not Found) {house.url}/api/v1/calls/{talk.caller.id}")
    page.keyboard.press("Alt+r")
    past = page.get_by_role("region", name="受邀通话")
    expect(asked_before).to_have_count(before + 1)
    expect(asked_before.first).to_contain_text("已参加")
    asked_before.first.click()
    expect(past).to_contain_text("邀请，三方")


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "en", True), (PHONE, "zh-CN", False)])
def test_it_fits_its_window_and_is_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str, dark: bool
) -> None:
    one = visit(login=EXPERT, size=size, language=language, dark=dark)
    one.expect("404 (Not Found)")
    one.context.add_init_script(OUTSIDE)
    one.page.goto("/agent")
    kind = f"{size[0]}-{language[:2]}-{'dark' if dark else 'light'}"
    expect(one.page.locator(".idle h2").first).to_be_visible()
    one.page.wait_for_load_state("networkidle")
    one.fits()
    one.accessible()
    one.shot(f"expert-idle-{kind}", full=True)
    talk = Talk(house, "13907350012")
    try:
        for words in BEFORE:
            talk.caller.says(words)
        talk.invites()
        expect(one.page.locator(".invitation blockquote")).to_have_text(ASK)
        expect(one.page.locator(".exit.unit li").first).to_be_visible()
        one.fits()
        one.accessible()
        one.shot(f"expert-ringing-{kind}", full=True)
    finally:
        talk.over()
