"""The knowledge base: looked up by everybody, written by its owner, checked and published, its gaps mended, its errors found."""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from store import knowledge
from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.calls import Caller
from tests.desk.house import Standing
from tests.desk.morning import on
from tickets.clock import local

pytestmark = pytest.mark.edge
As = Callable[[str], httpx.Client]
TEXT = {
    "kind": "办事指南", "title": "高温津贴怎么领", "questions": ["高温津贴多少钱", "高温补贴怎么发", "夏天有没有高温费"],
    "answer": "高温津贴由用人单位按月发放。未发放的可向劳动保障监察部门投诉。", "unit": work.RSJ, "clause": "防暑降温措施管理办法 17",
}  # fmt: skip


@pytest.fixture(scope="module")
def api(house: Standing) -> Iterator[As]:
    """The API as this person, logged in once: hashing a password takes long."""
    with ExitStack() as opened:
        yield functools.cache(lambda login: opened.enter_context(house.client(login)))


def article(api: As, name: str, **changes: Any) -> str:
    """An article that is in force: written by its owner, checked and published by the office."""
    work.done(api("renshe").post("/articles", json={"id": name, "text": TEXT | changes, "why": "新规定"}))
    step(api, "renshe", name, 1, "submit")
    checked_and_published(api, name, 1)
    return name


def checked_and_published(api: As, name: str, number: int) -> None:
    for action in ("review", "publish"):
        step(api, "rexianban", name, number, action)


def step(api: As, login: str, name: str, number: int, action: str) -> None:
    path = f"/articles/{name}/versions/{number}"
    headers = {"If-Match": f'"{work.done(api(login).get(path))["version"]}"'}
    work.done(api(login).post(f"{path}/actions", json={"action": action}, headers=headers))


def deed(page: Page, name: str) -> None:
    """One step of a version, and its confirmation."""
    box = page.get_by_role("region", name="下一步")
    box.get_by_role("button", name=name, exact=True).click()
    box.get_by_role("button", name=f"确定{name}").click()
    expect(page.get_by_text(f"已完成：{name}").first).to_be_visible()


def test_an_editor_revises_compares_and_hands_in_and_the_office_publishes(
    visit: Open, house: Standing, api: As
) -> None:
    name = article(api, "heat-allowance")
    last_day = (local(datetime.now(UTC)) + timedelta(days=12)).date().isoformat()
    one = visit(login="renshe")
    page = one.page
    page.goto("/knowledge?q=高温津贴")
    page.get_by_role("article", name="高温津贴怎么领").get_by_role("link", name="查看和维护").click()
    page.get_by_role("button", name="修订", exact=True).click()
    page.get_by_label("答复内容").fill(TEXT["answer"].replace("按月", "在6月至10月按月"))
    page.get_by_label("常见问法").fill("高温津贴多少钱")
    page.get_by_label("有效期止").fill(last_day)
    page.get_by_label("有效期止").press("Enter")
    page.get_by_role("button", name="保存草稿").click()
    expect(page.get_by_text("至少 3 种问法")).to_be_visible()
    page.get_by_label("常见问法").fill("高温津贴多少钱\n高温补贴怎么发\n夏天有没有高温费\n高温津贴几月发")
    one.accessible()
    one.shot("knowledge-write-1440-zh-light", full=True)
    page.get_by_role("button", name="保存草稿").click()
    expect(page.locator("ins mark", has_text="在6月至10月")).to_be_visible()
    one.shot("knowledge-diff-1440-zh-light", full=True)
    box = page.get_by_role("region", name="下一步")
    box.get_by_role("button", name="报送校核").click()
    box.get_by_text("本单位分管领导").click()
    box.get_by_text("热线办", exact=True).click()
    box.get_by_role("button", name="确定报送校核").click()
    expect(page.get_by_text("等待校核：本单位分管领导、热线办")).to_be_visible()
    step(api, "fenguan", name, 2, "review")
    office = visit(login="rexianban")
    office.page.goto("/knowledge/versions")
    office.page.get_by_role("link", name="高温津贴怎么领").click()
    deed(office.page, "校核同意")
    deed(office.page, "发布")
    due = office.page.get_by_role("region", name="期限")
    expect(due).to_contain_text("有效期将满，须更新")
    expect(due).to_contain_text("还有 12 天到期")
    expect(office.page.get_by_role("region", name="历次版本").get_by_text("现行")).to_be_visible()
    office.accessible()
    office.shot("knowledge-article-1440-zh-light", full=True)
    served = work.done(api("agent8001").get(f"/articles/{name}"))
    assert (served["version"], served["valid_to"]) == (2, last_day)
    assert "6月至10月" in served["answer"]
    office.page.goto("/knowledge/versions?queue=due")
    expect(office.page.get_by_role("row", name=re.compile("高温津贴怎么领"))).to_contain_text(
        "还有 12 天到期"
    )


def test_what_held_at_a_moment_and_who_was_told_it_is_found_and_becomes_a_finding(
    visit: Open, house: Standing, api: As
) -> None:
    name = article(api, "old-window", title="失业金在哪里办", answer="到旧政务大厅三楼办理失业金。")
    complaint = work.filed(house, "失业金地址过时白跑一趟")
    citizen = Caller(house, "13600001212")
    api("agent8001").post("/seats/8001/login")
    api("agent8001").post("/seats/8001/ready")
    citizen.answered(citizen.rings())

    async def told() -> None:
        async with house.database.session() as session:
            await knowledge.told(
                session, name, "agent8001", datetime.now(UTC), call_id=citizen.id, ticket_id=None
            )

    on(house, told())
    one = visit(login="rexianban")
    page = one.page
    page.goto(f"/knowledge/articles/{name}")
    held = page.get_by_label("查某一时刻有效的版本").last
    held.fill("2020-01-01 08:00")
    held.press("Enter")
    one.expect("404 (Not Found)")
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_text("那时没有生效的版本")).to_be_visible()
    uses = page.get_by_role("region", name=re.compile("据此答复过"))
    expect(uses.get_by_role("link", name="查看通话")).to_be_visible()
    uses.get_by_role("link", name="认定误导").click()
    form = page.get_by_role("region", name="认定误导市民")
    expect(form.get_by_text("失业金在哪里办")).to_be_visible()
    field = form.get_by_role("combobox", name="市民反映的工单")
    field.click()
    field.press_sequentially("失业金地址")
    page.get_by_role("option", name=re.compile("白跑一趟")).click()
    form.get_by_label("认定事项").fill("地址过时，市民白跑一趟")
    form.get_by_role("button", name="认定", exact=True).click()
    found = page.get_by_role("listitem").filter(has_text="地址过时，市民白跑一趟")
    expect(found).to_contain_text("当时的第 1 版")
    one.accessible()
    one.shot("knowledge-findings-1440-zh-light", full=True)
    (kept,) = api("renshe").get("/knowledge/findings").json()["items"]
    assert (kept["ticket_id"], kept["number"], kept["call_id"]) == (complaint["id"], 1, citizen.id)
    found.get_by_role("button", name="撤销认定").click()
    found.get_by_label("理由").fill("市民去的是另一处")
    found.get_by_role("button", name="撤销认定").click()
    expect(page.get_by_text("认定已撤销", exact=True)).to_be_visible()


def test_an_error_is_reported_handed_on_mended_and_verified(visit: Open, house: Standing, api: As) -> None:
    name = article(api, "wage-claim", title="欠薪线索去哪里反映", answer="拨打0735-2870000反映欠薪线索。")
    agent = visit(login="agent8002", size=PHONE)
    agent.page.goto("/knowledge?q=欠薪线索")
    agent.page.get_by_role("link", name=re.compile("欠薪线索去哪里反映")).click()
    agent.page.get_by_role("button", name="报告错误").click()
    asked = agent.page.get_by_role("dialog")
    asked.get_by_label("缺什么或错在哪里").fill("欠薪反映电话是空号")
    asked.get_by_role("button", name="报告", exact=True).click()
    expect(agent.page.get_by_text("已报告")).to_be_visible()
    office = visit(login="rexianban")
    office.page.goto("/knowledge/gaps")
    card = office.page.get_by_role("article", name="欠薪反映电话是空号")
    card.get_by_role("button", name="转办").click()
    card.get_by_role("button", name="确定转办").click()
    expect(card).to_contain_text("待补正")
    unit = visit(login="renshe")
    unit.page.goto("/knowledge/gaps")
    unit.page.get_by_role("article", name="欠薪反映电话是空号").get_by_role(
        "button", name="写新版补正"
    ).click()
    unit.page.get_by_label("答复内容").fill("拨打12333反映欠薪线索。")
    unit.page.get_by_role("button", name="保存草稿").click()
    deed(unit.page, "报送校核")
    checked_and_published(api, name, 2)
    (gap,) = api("rexianban").get("/knowledge/gaps", params={"article": name}).json()["items"]
    assert (gap["state"], gap["fixed_number"]) == ("verified", 2)


def test_what_several_asked_and_nobody_found_becomes_a_gap(visit: Open, house: Standing, api: As) -> None:
    for login in ("agent8001", "agent8002", "banzhang"):
        api(login).get("/articles", params={"search": "充电桩报装"})
    one = visit(login="rexianban")
    one.page.goto("/knowledge/gaps")
    proposed = one.page.get_by_role("region", name="问到而没有找到的")
    expect(proposed).to_contain_text("问过 3 次")
    proposed.get_by_role("button", name="列为缺漏").click()
    one.page.get_by_role("dialog").get_by_role("button", name="报告", exact=True).click()
    expect(one.page.get_by_role("article", name="充电桩报装")).to_contain_text("待转办")
    expect(proposed).to_have_count(0)


PAGES = (
    "/knowledge",
    "/knowledge?q=工伤",
    "/knowledge/articles/sheltered",
    "/knowledge/versions?queue=all",
    "/knowledge/gaps",
    "/knowledge/findings",
    "/knowledge/write",
)


@pytest.mark.parametrize(("size", "language", "dark"), [(WIDE, "en", True), (PHONE, "zh-CN", False)])
def test_every_page_of_knowledge_fits_and_is_accessible(
    visit: Open, house: Standing, api: As, size: tuple[int, int], language: str, dark: bool
) -> None:
    if api("rexianban").get("/articles/sheltered").status_code == 404:
        article(api, "sheltered", title="工伤认定找谁", questions=["工伤找谁", "工伤怎么认定", "工伤谁管"])
        gap = {"kind": "error", "title": "工伤认定材料有变", "article": "sheltered"}
        work.done(api("rexianban").post("/knowledge/gaps", json=gap))
    one = visit(login="rexianban", size=size, language=language, dark=dark)
    for path in PAGES:
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1).first).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        name = re.sub(r"\W+", "-", path.strip("/"), flags=re.ASCII).strip("-")
        one.shot(f"{name}-{size[0]}-{language[:2]}-{'dark' if dark else 'light'}", full=True)
