"""The unit's desk: sign, speak with the citizen, reply through the gate, give back what is another's."""

import re

import pytest
from playwright.sync_api import FilePayload, expect

from tests.desk import work
from tests.desk.browsing import PHONE, WIDE, Open
from tests.desk.house import Standing
from tests.desk.test_portal import jpeg

pytestmark = pytest.mark.edge
PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n%%EOF\n"


def test_a_unit_signs_contacts_the_citizen_and_replies_through_the_gate(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资全程办理")
    one = visit(login="renshe")
    page = one.page
    page.goto(f"/unit?queue=sign&ticket={made['id']}")
    expect(page.get_by_role("heading", name="拖欠工资全程办理")).to_be_visible()
    page.get_by_role("button", name="签收").click()
    expect(page.get_by_role("toolbar").get_by_role("button", name="回复")).to_be_visible()
    page.get_by_role("button", name="联系诉求人", exact=True).click()
    contact = page.get_by_role("region", name="联系诉求人")
    contact.get_by_label("沟通情况").fill("已与诉求人通话，约定核实工资流水")
    contact.get_by_text("已联系到诉求人").click()
    contact.get_by_role("button", name="联系诉求人").click()
    expect(contact).to_have_count(0)

    page.get_by_role("toolbar").get_by_role("button", name="回复").click()
    reply = page.get_by_role("region", name="回复", exact=True)
    reply.get_by_label("办理结果").fill("已责令该公司支付拖欠的工资。")
    expect(reply.locator(".demand.open")).not_to_have_count(0)
    for fact, label in (
        ("law", "法律法规"),
        ("basis", "政策依据"),
        ("handled_at", "办理时间"),
        ("section", "业务部门"),
        ("handler", "经办人"),
        ("talk", "沟通情况"),
        ("result", "办理结果"),
    ):
        reply.get_by_label(label, exact=True).fill(work.REPLY[fact])
    expect(reply.locator(".demand.open")).to_have_count(0)
    expect(reply.locator(".demand.met")).not_to_have_count(0)
    one.accessible()
    one.shot("unit-reply-1440-zh-light")
    reply.get_by_role("button", name=re.compile("提交")).click()
    expect(page.get_by_text("已完成：回复")).to_be_visible()
    assert work.steps(house, made["id"])[-3:] == ["sign", "contact", "reply"]
    kept = work.seen(house, made["id"])
    assert (kept["state"], kept["reply"]["section"]) == ("replied", work.REPLY["section"])


def test_a_return_needs_reason_and_basis_and_is_asked_twice(visit: Open, house: Standing) -> None:
    made = work.filed(house, "拖欠工资应予退回")
    one = visit(login="renshe")
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    page.get_by_role("button", name="退回").click()
    form = page.get_by_role("region", name="退回")
    form.get_by_role("button", name="退回", exact=True).click()
    expect(form.get_by_text("必填").first).to_be_visible()
    form.get_by_label("理由").fill("该公司注册地在市外")
    form.get_by_label("法律、法规或“三定”依据").fill("《劳动保障监察条例》第十三条")
    form.get_by_role("button", name="退回", exact=True).click()
    assert work.seen(house, made["id"])["state"] == "dispatched"
    form.get_by_role("button", name="确定退回").click()
    expect(page.get_by_text("此件已不在您单位手里")).to_be_visible()
    assert work.seen(house, made["id"])["state"] == "returned"


def test_a_ticket_that_arrives_shows_in_the_queue_by_itself(visit: Open, house: Standing) -> None:
    one = visit(login="renshe")
    one.page.goto("/unit?queue=sign")
    expect(one.page.get_by_role("status").filter(has_text="实时消息正常")).to_have_count(1)
    work.filed(house, "拖欠工资新到一件")
    expect(one.page.get_by_role("link", name=re.compile("拖欠工资新到一件"))).to_be_visible()


@pytest.mark.parametrize(("size", "dark"), [(WIDE, True), (PHONE, False)])
def test_inbox_and_overview_fit_and_are_accessible(
    visit: Open, house: Standing, size: tuple[int, int], dark: bool
) -> None:
    work.filed(house, "拖欠工资待签收", urgency="urgent")
    one = visit(login="fenguan", size=size, dark=dark)
    for name, path in (("unit", "/unit"), ("unit-overview", "/unit/overview")):
        one.page.goto(path)
        expect(one.page.get_by_role("heading", level=1).first).to_be_attached()
        if path == "/unit" and size == WIDE:
            expect(one.page.get_by_role("article")).to_be_visible()
        one.page.wait_for_load_state("networkidle")
        one.fits()
        one.accessible()
        one.shot(f"{name}-{size[0]}-zh-{'dark' if dark else 'light'}", full=True)


def test_a_unit_asks_for_more_time_and_the_office_grants_it_and_the_citizen_is_told(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资需要延期")
    work.act(house, "renshe", made["id"], "sign")
    due = work.seen(house, made["id"])["due_at"]
    unit = visit(login="renshe").page
    unit.goto(f"/tickets/{made['id']}")
    unit.get_by_role("toolbar").get_by_role("button", name="申请延期").click()
    form = unit.get_by_role("region", name="申请延期")
    form.get_by_label("理由").fill("须调取三家银行的流水")
    form.get_by_role("button", name="申请延期", exact=True).click()
    expect(unit.get_by_text("已完成：申请延期")).to_be_visible()
    office = visit(login="rexianban").page
    office.goto(f"/office?queue=extension&ticket={made['id']}")
    office.get_by_role("toolbar", name="可办事项").get_by_role("button", name="同意延期", exact=True).click()
    grant = office.get_by_role("region", name="同意延期")
    grant.get_by_role("button", name="同意延期", exact=True).click()
    expect(office.get_by_text("已完成：同意延期")).to_be_visible()
    after = work.seen(house, made["id"])
    assert after["due_at"] > due
    assert after["state"] == "signed"
    expect(unit.get_by_text("已延长").or_(unit.get_by_text("期限已经延长或另定")).first).to_be_visible()


def test_a_unit_that_phones_the_citizen_says_why_and_hears_that_no_telephones_are_here(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资电话核实")
    work.act(house, "renshe", made["id"], "sign")
    one = visit(login="renshe")
    one.expect("503")  # no switch stands behind these pages; the call itself: tests/app/test_unit_calls.py
    page = one.page
    page.goto(f"/tickets/{made['id']}")
    page.get_by_role("button", name="电话联系诉求人").click()
    form = page.get_by_role("region", name="经热线联系诉求人")
    form.get_by_role("button", name="呼叫").click()
    expect(form.get_by_text("必填")).to_be_visible()
    form.get_by_label("通话事由").fill("核实工资流水")
    form.get_by_role("button", name="呼叫").click()
    expect(form.get_by_text("不连接电话交换机")).to_be_visible()
    one.accessible()


def test_a_unit_attaches_pictures_and_a_paper_and_the_office_sees_them_come(
    visit: Open, house: Standing
) -> None:
    made = work.filed(house, "拖欠工资附上凭据")
    office, unit = visit(login="rexianban"), visit(login="renshe")
    for one in (office, unit):
        one.page.goto(f"/tickets/{made['id']}")
    files: list[FilePayload] = [
        {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": jpeg()},
        {"name": "责令整改决定书.pdf", "mimeType": "application/pdf", "buffer": PDF},
        {"name": "记录.txt", "mimeType": "text/plain", "buffer": b"notes"},
    ]
    attached = unit.page.get_by_role("region", name=re.compile("附件"))
    with unit.page.expect_file_chooser() as chooser:
        attached.get_by_role("button", name="添加照片或 PDF").click()
    chooser.value.set_files(files)
    expect(unit.page.get_by_text("“记录.txt”不是可用的照片或 PDF，未添加")).to_be_visible()
    expect(unit.page.get_by_text("已添加 2 件")).to_be_visible()
    there = office.page.get_by_role("region", name="附件（2 件）")
    expect(there.get_by_text("责令整改决定书.pdf")).to_be_visible()
    expect(office.page.get_by_text("添加附件").first).to_be_visible()
    there.get_by_role("button", name="查看照片").click()
    expect(there.get_by_role("img", name="照片 1")).to_be_visible()
    with office.page.expect_download() as saved:
        there.get_by_role("button", name="下载 责令整改决定书.pdf").click()
    assert saved.value.suggested_filename == "责令整改决定书.pdf"
    assert saved.value.path().read_bytes() == PDF
    office.accessible()
    office.shot("ticket-attached-1440-zh-light", full=True)
    with house.client("rexianban") as api:
        kept = api.get("/lookups", params={"action": "ticket.attachment", "subject": made["id"]}).json()
    assert kept["total"] == 2
