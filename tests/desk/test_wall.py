"""The hall's screen: lit by a link of its own, dark without one, itself again after the service was away and when other pages are served."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing

pytestmark = pytest.mark.edge

_INSIDE = "(one) => one.scrollWidth <= one.clientWidth + 1 && (innerWidth < 1200 || one.getBoundingClientRect().bottom <= innerHeight)"
HALL, LARGE = (1920, 1080), (3840, 2160)


def link(house: Standing, name: str) -> tuple[str, str]:
    """A screen's id and the address it opens."""
    with house.client("banzhang") as boss:
        made = boss.post("/wall/screens", json={"name": name}).json()
    return made["id"], f"/wall#{made['token']}"


def test_a_supervisor_makes_a_link_that_lights_a_screen_and_takes_it_back(
    visit: Open, house: Standing
) -> None:
    boss = visit(login="banzhang")
    boss.page.goto("/walls")
    boss.page.get_by_label("屏幕名称").fill("大厅南墙")
    boss.page.get_by_role("button", name="生成链接").click()
    address = boss.page.locator("code").inner_text()
    boss.fits()
    boss.accessible()
    boss.shot("walls-1440-zh", full=True)
    wall = visit(size=HALL)
    wall.expect("401 (Unauthorized)")
    wall.page.goto(address)
    expect(wall.page.get_by_text("接通率", exact=True)).to_be_visible()
    assert "#" not in wall.page.url, "the token is left nowhere to be photographed"
    wall.page.reload()
    expect(wall.page.get_by_text("接通率", exact=True)).to_be_visible()
    mine = boss.page.get_by_role("listitem").filter(has_text="大厅南墙")
    mine.get_by_role("button", name="收回").click()
    boss.page.get_by_role("dialog").get_by_role("button", name="收回").click()
    expect(mine).to_have_count(0)
    expect(wall.page.get_by_text("此屏幕尚未授权")).to_be_visible(timeout=60_000)


def test_without_a_right_it_says_so_and_shows_nothing(visit: Open) -> None:
    one = visit(size=HALL)
    one.page.goto("/wall")
    expect(one.page.get_by_text("此屏幕尚未授权")).to_be_visible()
    one.accessible()


def test_it_says_how_old_its_figures_are_and_comes_back_by_itself(visit: Open, house: Standing) -> None:
    one = visit(size=HALL)
    one.expect("503 (Service Unavailable)")
    one.page.goto(link(house, "中断")[1])
    expect(one.page.get_by_text("接通率", exact=True)).to_be_visible()
    one.page.route(
        "**/api/v1/wall", lambda route: route.fulfill(status=503, json={"code": "unavailable", "status": 503})
    )
    expect(one.page.get_by_text(re.compile("连接中断，数据为"))).to_be_visible(timeout=60_000)
    one.page.unroute("**/api/v1/wall")
    expect(one.page.get_by_text(re.compile("连接中断"))).to_have_count(0, timeout=60_000)


def test_it_begins_anew_when_other_pages_are_served(visit: Open, house: Standing) -> None:
    one = visit(size=HALL)
    one.page.goto(link(house, "新版")[1])
    expect(one.page.get_by_text("接通率", exact=True)).to_be_visible()

    def renewed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"build": "another"})

    one.page.route("**/api/v1/wall", renewed)
    with one.page.expect_event("load", timeout=60_000):
        pass
    one.page.unroute("**/api/v1/wall")
    expect(one.page.get_by_text("接通率", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("size", "language"), [(HALL, "zh-CN"), (LARGE, "zh-CN"), (WIDE, "en"), (PHONE, "zh-CN")]
)
def test_both_views_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], language: str
) -> None:
    one = visit(size=size, language=language)
    one.page.goto(link(house, "看")[1])
    rate = "接通率" if language == "zh-CN" else "Answer rate"
    expect(one.page.get_by_text(rate, exact=True)).to_be_visible()
    one.fits()
    one.accessible()
    one.shot(f"wall-hours-{size[0]}-{language[:2]}")
    for part in ("section.view", ".big > div"):
        inside = one.page.locator(part).first.evaluate(_INSIDE)
        assert inside, f"{part} is cut off"
    expect(one.page.locator(".cards")).to_be_visible(timeout=30_000)
    one.fits()
    one.accessible()
    one.shot(f"wall-tickets-{size[0]}-{language[:2]}")
    if size in (HALL, LARGE):
        tall = one.page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
        assert tall, "a screen on a wall is not scrolled"
        letters = one.page.locator("dd.digits").first.evaluate(
            "(one) => parseFloat(getComputedStyle(one).fontSize)"
        )
        assert letters / size[1] > 0.06, "read from ten metres"
