"""The citizen's pages: filing with photos, following with a code, adding, urging, taking back, grading; large type, keyboard, screen reader."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import text

from store import notices
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tests.desk.morning import on

pytestmark = pytest.mark.edge


def jpeg() -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8825)[2] = (25.0, 46.0, 12.0)
    Image.new("RGB", (2400, 1800), (30, 110, 90)).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


def code_of(house: Standing, phone: str) -> str:
    async def sent() -> str:
        async with house.database.reading() as session:
            found = (await notices.find(session, kind="code")).items
        return next(one.words for one in found if one.recipient == phone)

    found = re.search(r"验证码(\d{6})", on(house, sent()))
    assert found
    return found[1]


def ask_code(page: Page, house: Standing, phone: str) -> str:
    page.get_by_label("手机号码").fill(phone)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text("验证码已发出")).to_be_visible()
    return code_of(house, phone)


def test_a_citizen_files_with_a_photo_and_the_office_sees_it_without_its_place(
    visit: Open, house: Standing
) -> None:
    one = visit(size=PHONE)
    one.page.goto("/portal")
    one.page.get_by_role("link", name=re.compile("反映诉求")).click()
    one.page.get_by_label("一句话说明").fill("阳光小区路灯不亮")
    one.page.get_by_label("详细情况").fill("阳光小区二单元门口的路灯一周不亮，老人出行不便。")
    one.page.get_by_label(re.compile("所在县")).select_option(label="桂阳县")
    one.page.get_by_label(re.compile("照片")).set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    )
    expect(one.page.get_by_role("img", name="照片 1")).to_be_visible()
    code = ask_code(one.page, house, "13811110001")
    one.page.get_by_label("短信验证码").fill(code)
    one.page.get_by_label(re.compile("我已阅读")).check()
    one.page.get_by_role("button", name="提交", exact=True).click()
    number = one.page.locator(".number")
    expect(number).to_have_text(re.compile(r"^\d{8}-\d{6}$"))
    with house.client("rexianban") as office:
        found = office.get("/tickets", params={"state": "filed"}).json()["items"]
        (ticket,) = [each for each in found if each["number"] == number.inner_text()]
        assert ticket["title"] == "阳光小区路灯不亮"
        (photo,) = office.get(f"/tickets/{ticket['id']}/attachments").json()["items"]
        shown = office.get(f"/tickets/{ticket['id']}/attachments/{photo['id']}")
    with Image.open(io.BytesIO(shown.content)) as seen:
        assert max(seen.size) <= 1600
        assert not seen.getexif()


def test_what_is_missing_is_said_at_the_top_and_at_the_field_and_nothing_is_lost(visit: Open) -> None:
    one = visit(size=PHONE)
    one.page.goto("/portal/new")
    one.page.get_by_label("一句话说明").fill("停水")
    one.page.get_by_role("button", name="提交", exact=True).click()
    told = one.page.get_by_role("alert")
    expect(told).to_be_focused()
    told.get_by_role("link", name="请用至少 4 个字说明").click()
    expect(one.page.get_by_label("一句话说明")).to_be_focused()
    expect(one.page.get_by_label("一句话说明")).to_have_attribute("aria-invalid", "true")
    one.accessible()
    one.page.reload()
    expect(one.page.get_by_label("一句话说明")).to_have_value("停水")


def test_a_citizen_follows_adds_urges_and_takes_it_back(visit: Open, house: Standing) -> None:
    filed = {
        "type": "help",
        "title": "小区停水",
        "body": "阳光小区停水两天",
        "unit": "chenzhou.slj",
        "caller": "13811110002",
    }
    with house.client("rexianban") as office:
        number = office.post("/tickets", json=filed, headers={"Idempotency-Key": "portal-000001"}).json()[
            "number"
        ]
    one = visit(size=PHONE)
    one.page.goto(f"/portal/follow?number={number}")
    code = ask_code(one.page, house, "13811110002")
    one.page.get_by_label("短信验证码").fill(code)
    one.page.get_by_role("button", name="查询", exact=True).click()
    expect(one.page.get_by_role("heading", name="小区停水")).to_be_focused()
    one.page.get_by_role("button", name="补充情况").click()
    one.page.get_by_label("要补充什么").fill("二单元也停水了")
    one.page.get_by_role("button", name="提交补充").click()
    expect(one.page.get_by_text("已补充")).to_be_visible()
    one.page.get_by_role("button", name="催办").click()
    one.page.locator("form").get_by_role("button", name="催办").click()
    expect(one.page.get_by_text("已催办")).to_be_visible()
    one.fits()
    one.accessible()
    one.shot("portal-mine-390-zh", full=True)
    one.page.get_by_role("button", name="撤回诉求").click()
    one.page.get_by_label(re.compile("撤回原因")).fill("已经来水了")
    one.page.get_by_role("button", name="确认撤回").click()
    expect(one.page.get_by_text("已撤回", exact=True)).to_be_visible()
    with house.client("rexianban") as office:
        (ticket,) = [
            each
            for each in office.get("/tickets", params={"search": number}).json()["items"]
            if each["number"] == number
        ]
    assert ticket["state"] == "withdrawn"


def test_a_wrong_code_is_told_clearly_and_a_settled_matter_is_graded(visit: Open, house: Standing) -> None:
    filed = {
        "type": "help",
        "title": "路面坑洼",
        "body": "人民路路面坑洼多日",
        "unit": "chenzhou.slj",
        "caller": "13811110003",
    }
    with house.client("rexianban") as office:
        made = office.post("/tickets", json=filed, headers={"Idempotency-Key": "portal-000002"}).json()

    async def settle() -> None:
        async with house.database.session() as session:
            await session.execute(
                text("UPDATE tickets SET state = 'resolved' WHERE id = :id"), {"id": made["id"]}
            )

    on(house, settle())
    one = visit(size=PHONE)
    one.expect("403 (Forbidden)")
    one.page.goto("/portal/follow")
    one.page.get_by_label("工单编号").fill(made["number"].replace("-", ""))
    code = ask_code(one.page, house, "13811110003")
    one.page.get_by_label("短信验证码").fill("000000" if code != "000000" else "111111")
    one.page.get_by_role("button", name="查询", exact=True).click()
    expect(one.page.get_by_role("alert")).to_contain_text("验证码不正确")
    one.page.get_by_label("短信验证码").fill(code)
    one.page.get_by_role("button", name="查询", exact=True).click()
    one.page.get_by_label("满意", exact=True).check()
    one.page.get_by_role("button", name="提交评价").click()
    expect(one.page.get_by_text("谢谢，评价已收到")).to_be_visible()
    with house.client("rexianban") as office:
        (grade,) = office.get(f"/tickets/{made['id']}/grades").json()["items"]
    assert (grade["grade"], grade["via"]) == ("satisfied", "online")


def test_an_answer_is_found_by_keyboard_alone(visit: Open) -> None:
    one = visit()
    one.page.goto("/portal")
    expect(one.page.get_by_role("heading", level=1)).to_be_focused()
    one.page.keyboard.press("Tab")
    expect(one.page.get_by_label("想问什么")).to_be_focused()
    one.page.keyboard.type("社保")
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_text(re.compile(r"找到 [1-9]\d* 条"))).to_be_visible()
    first = one.page.locator("summary").first
    first.focus()
    one.page.keyboard.press("Enter")
    expect(one.page.locator("details[open] .answer")).to_be_visible()


PAGES = (
    "/portal",
    "/portal/new",
    "/portal/follow",
    "/portal/answers?q=社保",
    "/portal/privacy",
    "/portal/grade/abcdefghij",
)


@pytest.mark.parametrize(
    ("size", "language", "dark", "large"),
    [(PHONE, "zh-CN", False, True), (PHONE, "en", True, False), (WIDE, "zh-CN", False, False)],
)
def test_every_page_fits_and_is_accessible(
    visit: Open, size: tuple[int, int], language: str, dark: bool, large: bool
) -> None:
    one = visit(size=size, language=language, dark=dark, large=large)
    for path in PAGES:
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1)).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        name = path.partition("?")[0].strip("/").replace("/", "-")
        one.shot(
            f"{name}-{size[0]}-{language[:2]}-{'large' if large else 'dark' if dark else 'light'}", full=True
        )
