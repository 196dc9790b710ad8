"""The counter for citizens without an account, over HTTP: slow to guess, silent about who is known."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from store import notices
from store.notices import NewNotice
from tests.api.conftest import CALLER, World

pytestmark = pytest.mark.service
FILED = {"type": "help", "title": "小区停水", "body": "阳光小区停水两天", "unit": "SW", "caller": CALLER}


async def filed(world: World) -> str:
    answer = await world.post("li", "/tickets", FILED, **{"Idempotency-Key": "key-000001"})
    return str(answer.json()["number"])


async def code_for(world: World, number: str) -> str:
    answer = await world.post("", f"/public/tickets/{number}/code", {"phone": CALLER})
    assert (answer.status_code, answer.json()) == (202, {"sent_if_known": True})
    async with world.database.reading() as session:
        (sent,) = (await notices.find(session, kind="code")).items
    found = re.search(r"验证码(\d{6})", sent.words)
    assert found
    return found[1]


async def test_number_and_code_open_the_ticket_to_its_citizen(small_world: World) -> None:
    number = await filed(small_world)
    code = await code_for(small_world, number)
    path = f"/public/tickets/{number}"
    seen = await small_world.get("", path, **{"X-Ticket-Code": code})
    assert (seen.status_code, seen.json()["unit"], seen.json()["state"]) == (200, "市水务局", "dispatched")
    added = await small_world.post("", f"{path}/supplement", {"code": code, "words": "二单元也停水"})
    urged = await small_world.post("", f"{path}/urge", {"code": code})
    again = await small_world.post("", f"{path}/urge", {"code": code})
    assert (added.status_code, urged.status_code, again.status_code) == (200, 200, 409)
    assert again.json()["code"] == "too_soon"
    gone = await small_world.post("", f"{path}/withdraw", {"code": code, "reason": "来水了"})
    assert (gone.json()["state"], gone.json()["deeds"]) == ("withdrawn", [])


async def test_nobody_on_the_staff_reads_the_code_or_the_link_that_opens_a_ticket(world: World) -> None:
    number = await filed(world)
    code = await code_for(world, number)
    at, token = datetime.now(UTC), "bHhQ3s9aWc0vT1yZ"
    words = f"【热线】您反映的事项（工单{number}）已办结，请回复数字评价办理情况：1非常满意。也可在线评价：https://g.example/{token}"
    new = NewNotice("grade", "sms", "grade/1", CALLER, words, at, token=token)
    async with world.database.session() as session:
        assert await notices.add(session, new, at)
        kept = (await session.execute(text("SELECT words FROM notices"))).scalars().all()
    assert len(kept) >= 2
    assert not any(code in one or token in one for one in kept), "sealed in the row"
    for login in ("li", "boss", "office", "admin", "audit"):
        for path in ("/notices", "/notices?channel=sms", "/texts"):
            shown = await world.get(login, path)
            said = [one["words"] for one in shown.json().get("items", [])]
            assert not any(code in one or token in one for one in said), (login, path)
    said = [one["words"] for one in (await world.get("office", "/texts")).json()["items"]]
    assert any(f"工单{number}查询验证码〔不显示〕" in one for one in said)
    assert any(f"工单{number}" in one and one.endswith("在线评价：〔不显示〕") for one in said)
    (code_sent,) = [
        one for one in (await world.get("office", "/notices")).json()["items"] if one["kind"] == "code"
    ]
    again = await world.post(
        "office", f"/notices/{code_sent['id']}/resolve", {"verdict": "send_again", "why": "没有收到"}
    )
    assert code not in again.text


async def test_wrong_codes_and_unknown_numbers_look_the_same_and_run_out(small_world: World) -> None:
    number = await filed(small_world)
    for asked in (number, "20260101-000000"):
        unknown = await small_world.post("", f"/public/tickets/{asked}/code", {"phone": "13900000000"})
        assert unknown.json() == {"sent_if_known": True}
        wrong = await small_world.get("", f"/public/tickets/{asked}", **{"X-Ticket-Code": "000000"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_code")
    for _ in range(40):
        last = await small_world.get("", f"/public/tickets/{number}", **{"X-Ticket-Code": "000000"})
    assert last.status_code == 429


async def test_a_confidential_reporters_unit_sees_neither_name_nor_number_anywhere(
    small_world: World,
) -> None:
    secret = FILED | {
        "confidential": True, "citizen_name": "张三丰", "title": "张三丰举报偷水",
        "body": f"张女士（{CALLER}，身份证431002199001011234）举报邻居偷水",
    }  # fmt: skip
    answer = await small_world.post("li", "/tickets", secret, **{"Idempotency-Key": "key-000002"})
    ticket = answer.json()["id"]
    paths = (
        "/tickets",
        f"/tickets/{ticket}",
        f"/tickets/{ticket}/events",
        f"/tickets/{ticket}/replies",
        f"/tickets/{ticket}/unit-calls",
    )
    for login in ("water", "head"):
        for path in paths:
            shown = await small_world.get(login, path)
            assert shown.status_code == 200, path
            assert not re.search(rf"张|三丰|{CALLER[-4:]}|431002|1234", shown.text.replace(ticket, "")), path
    checked = await small_world.post(
        "water", f"/tickets/{ticket}/reply-check", {"facts": {"result": f"已联系{CALLER}"}}
    )
    assert CALLER[-4:] not in checked.text
    office = (await small_world.get("office", f"/tickets/{ticket}")).json()
    assert (office["caller"], office["citizen_name"]) == ("", None)  # opened by two persons only
    open_ = await small_world.post("li", "/tickets", FILED, **{"Idempotency-Key": "key-000003"})
    full = (await small_world.get("water", f"/tickets/{open_.json()['id']}")).json()
    assert full["caller"] == CALLER


async def test_a_unit_without_a_trunk_is_told_why_nobody_is_called(small_world: World) -> None:
    await filed(small_world)
    ticket = (await small_world.get("water", "/tickets")).json()["items"][0]["id"]
    answer = await small_world.post("water", f"/tickets/{ticket}/call-citizen", {"why": "核实楼栋"})
    assert (answer.status_code, answer.json()["detail"]) == (409, "没有可以呼出的中继")
    for login in ("li", "roads"):
        refused = await small_world.post(login, f"/tickets/{ticket}/call-citizen", {"why": "核实楼栋"})
        assert refused.status_code in (403, 404)
