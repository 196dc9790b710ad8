"""Nothing leaves the house but by two persons of the hotline office, marked, and with every hand-over on record (001 26)."""

import csv
import hashlib
import io
import json
import math
import re
import struct
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.floor import now
from app.secrecy.in_words import FACT_NAMES, told
from app.secrecy.paper import digest
from app.secrecy.sound import words_in
from store import events, lookups, tickets
from store.tables import Article
from tests.api.conftest import CALLER, World
from tests.api.releasing import PURPOSE, approved, ask, second_office, vote
from tickets.clock import CHINA
from tickets.table import FACTS
from tickets.ticket import TicketStepped

pytestmark = pytest.mark.service
KEY = {"Idempotency-Key": "key-000001"}


async def ticket(world: World, key: str = "key-000001", **changes: Any) -> str:
    body = {
        "type": "report", "title": "工地夜间施工", "body": f"张三丰（{CALLER}）反映", "citizen_name": "张三丰",
        "caller": CALLER, "unit": "SW", **changes,
    }  # fmt: skip
    made = await world.post("li", "/tickets", body, **{"Idempotency-Key": key})
    assert made.status_code == 201, made.text
    found: str = made.json()["id"]
    return found


async def test_two_different_persons_of_the_office_approve_and_never_who_asked(world: World) -> None:
    await second_office(world)
    made = await ask(world, "office", "ticket", await ticket(world))
    assert (await vote(world, "office", made["id"])).status_code == 403
    assert (await vote(world, "boss", made["id"])).status_code == 403
    first = await vote(world, "office2", made["id"])
    assert (first.status_code, first.json()["state"]) == (200, "asked")
    assert (await vote(world, "office2", made["id"])).status_code == 409
    assert (await world.get("office", f"/releases/{made['id']}/file")).status_code == 409

    other = await ask(world, "boss", "ticket", made["object_id"])
    assert (await vote(world, "office", other["id"])).json()["state"] == "asked"
    assert (await vote(world, "office2", other["id"])).json()["state"] == "approved"
    assert (await vote(world, "office2", other["id"])).status_code == 409


async def test_one_refusal_ends_it(world: World) -> None:
    made = await ask(world, "boss", "ticket", await ticket(world))
    assert (await vote(world, "office", made["id"], "refuse")).json()["state"] == "refused"
    assert (await world.get("boss", f"/releases/{made['id']}/file")).status_code == 409


async def test_a_paper_carries_its_mark_and_its_hash_and_every_hand_over_is_kept(world: World) -> None:
    made = await ask(world, "boss", "ticket", await ticket(world))
    await approved(world, made["id"])
    path = f"/releases/{made['id']}/file"
    whole = (await world.get("boss", f"{path}?format=json")).json()
    assert (made["id"] in whole["watermark"], "市政府督查室" in whole["watermark"]) == (True, True)
    assert whole["sha256"] == digest(whole["content"])
    assert whole["content"][0]["号码"] == CALLER
    table = await world.get("boss", f"{path}?format=csv")
    lines = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert (lines[0][0].startswith("# 仅供"), lines[-1][0]) == (True, f"# sha256 {whole['sha256']}")
    paper = await world.get("boss", f"{path}?format=pdf")
    assert paper.content.startswith(b"%PDF")
    assert hashlib.sha256(paper.content).hexdigest() == paper.headers["x-content-sha256"]
    async with world.database.reading() as session:
        kept = [row for row in await events.of(session, made["id"])]
        looks = (await lookups.find(session, subject=made["id"])).items
    assert [row.payload["what"] for row in kept] == ["asked", "approve", "approve", *["downloaded"] * 3]
    assert kept[-1].payload["facts"]["sha256"] == paper.headers["x-content-sha256"]
    assert {(row.actor, row.action, row.purpose) for row in looks} == {
        (world.user_ids["boss"], "release.download", "专项督查调阅")
    }


async def test_a_tickets_paper_speaks_to_an_authority(world: World) -> None:
    ticket_id = await ticket(world, type="complaint")
    reply = {"result": "已整改", "handler": "李四", "told_how": "phone"}
    for who, action, facts in (("water", "sign", {}), ("water", "reply", reply)):
        path = f"/tickets/{ticket_id}"
        version = str((await world.get(who, path)).json()["version"])
        done = await world.post(
            who, f"{path}/actions", {"action": action, "facts": facts}, **{"If-Match": version}
        )
        assert done.status_code == 200, done.text
    made = await ask(world, "boss", "ticket", ticket_id)
    await approved(world, made["id"])
    whole = (await world.get("boss", f"/releases/{made['id']}/file?format=json")).json()
    head, *steps = whole["content"]
    assert (head["类型"], head["承办单位"]) == ("投诉", "市水务局")
    assert re.fullmatch(r"20\d\d年\d+月\d+日\d\d:\d\d", head["登记"])
    assert steps[0]["步骤"] == "登记"
    text = json.dumps(whole["content"], ensure_ascii=False)
    assert not re.search(r"None|null|\+00:00|T\d\d:|[a-z]{3,}|其他", text), text
    assert ("北京时间" in whole["watermark"], "+00:00" in whole["watermark"]) == (True, False)


def test_a_replys_facts_are_told_in_words() -> None:
    reply = {"result": "已整改", "told_how": "phone", "told_at": "2026-11-20T03:00:00+00:00", "law": None}
    assert told(reply, {}) == "办理结果：已整改；告知方式：电话；告知时间：2026年11月20日11:00"


def test_every_fact_a_step_takes_has_a_name_on_paper() -> None:
    assert not FACTS - FACT_NAMES.keys()


async def test_a_recording_leaves_with_tones_and_who_took_it_in_the_file(
    small_world: World, folder: Path
) -> None:
    quiet = 12 * 8000
    with wave.open(str(folder / "one.wav"), "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(struct.pack("<2h", 0, 0) * quiet)
    made = await ask(small_world, "li", "recording", small_world.recording_id)
    await approved(small_world, made["id"])
    answer = await small_world.get("li", f"/releases/{made['id']}/file")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/wav")
    assert made["id"] in words_in(answer.content)
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (2, 8000, quiet)
        samples = struct.unpack(f"<{quiet * 2}h", sound.readframes(quiet))
    loud = [max(abs(s) for s in samples[2 * a : 2 * b]) for a, b in ((0, 900), (4000, 5000), (80000, 80900))]
    assert (loud[0] > 3000, loud[1], loud[2] > 3000) == (True, 0, True), (
        "heard at the start and every ten seconds"
    )
    assert 20 * math.log10(loud[0] / 32767) < -15


async def test_what_may_not_be_known_of_can_not_be_asked_for(small_world: World) -> None:
    mine = await ticket(small_world)
    for login, kind, object_id in (
        ("roads", "ticket", mine), ("wang", "recording", small_world.recording_id), ("li", "ticket", "tkt_unknown"),
        ("boss", "knowledge", "art_unknown"),
    ):  # fmt: skip
        body = {"kind": kind, "object_id": object_id, "recipient": "某媒体", "purpose": "采访"}
        assert (await small_world.post(login, "/releases", body)).status_code == 404, (login, kind)
    body = {"kind": "statistics", "object_id": "2026-13", "recipient": "某媒体", "purpose": "采访"}
    assert (await small_world.post("boss", "/releases", body)).status_code == 422


async def test_others_requests_are_nobodys_business(small_world: World) -> None:
    made = await ask(small_world, "boss", "ticket", await ticket(small_world))
    seen = {
        login: (await small_world.get(login, f"/releases/{made['id']}")).status_code
        for login in ("boss", "office", "audit", "li", "water", "admin")
    }
    assert seen == {"boss": 200, "office": 200, "audit": 200, "li": 404, "water": 404, "admin": 403}
    assert (await small_world.get("li", "/releases")).json()["total"] == 0
    assert (await small_world.post("office", f"/releases/{made['id']}/withdraw")).status_code == 404
    assert (await small_world.post("boss", f"/releases/{made['id']}/withdraw")).json()["state"] == "withdrawn"


async def test_knowledge_is_its_units_to_give(world: World) -> None:
    made = await ask(world, "boss", "knowledge", "art_water")
    assert made["unit_code"] == "SW"
    assert (await vote(world, "roads", made["id"])).status_code == 404
    assert (await vote(world, "water", made["id"])).json()["state"] == "asked"
    assert (await vote(world, "head", made["id"])).json()["state"] == "approved"
    whole = (await world.get("boss", f"/releases/{made['id']}/file")).json()
    async with world.database.reading() as session:
        article = await session.get_one(Article, "art_water")
    assert whole["content"][0]["标题"] == article.title
    other = await ask(world, "boss", "ticket", await ticket(world))
    assert (await vote(world, "water", other["id"])).status_code == 404


async def test_figures_of_a_month_leave_without_a_citizen_in_them(world: World) -> None:
    await ticket(world)
    made = await ask(world, "boss", "statistics", f"{now().astimezone(CHINA):%Y-%m}")
    await approved(world, made["id"])
    answer = await world.get("boss", f"/releases/{made['id']}/file?format=json")
    assert {"项目": "工单", "单位": "市水务局", "分类": "已派单", "数量": 1} in answer.json()["content"]
    assert CALLER not in answer.text
    assert (await world.get("boss", f"/releases/{made['id']}/file?format=wav")).status_code == 422


async def test_an_approval_runs_out(world: World) -> None:
    made = await ask(world, "boss", "ticket", await ticket(world))
    await approved(world, made["id"])
    world.house.releases._clock = lambda: now() + timedelta(days=8)
    assert (await world.get("boss", f"/releases/{made['id']}/file")).status_code == 409


@pytest.mark.parametrize(
    "deed", ["UPDATE release_votes SET verdict = 'approve'", "DELETE FROM release_votes"]
)
async def test_what_was_said_can_not_be_taken_back(world: World, deed: str) -> None:
    made = await ask(world, "boss", "ticket", await ticket(world))
    await vote(world, "office", made["id"], "refuse")
    with pytest.raises(Exception, match="append-only"):
        async with world.database.session() as session:
            await session.execute(text(deed))


async def test_a_csv_can_not_smuggle_a_formula(small_world: World) -> None:
    made = await ask(small_world, "boss", "ticket", await ticket(small_world, title="=HYPERLINK(1)"))
    await approved(small_world, made["id"])
    answer = await small_world.get("boss", f"/releases/{made['id']}/file?format=csv")
    assert "'=HYPERLINK(1)" in answer.content.decode("utf-8-sig")


# --- 保密件 -----------------------------------------------------------------------------------------------------------


async def test_of_a_confidential_reporter_nobody_sees_a_digit_or_a_character(world: World) -> None:
    made = await ticket(world, confidential=True, call_id=world.call_id, caller="")
    for login in ("water", "head", "office", "boss", "audit", "li"):
        for path in (f"/tickets/{made}", f"/tickets/{made}/events", "/tickets"):
            answer = await world.get(login, path)
            assert answer.status_code == 200
            assert not any(part in answer.text for part in (CALLER, "5678", "张三丰", "张**")), (login, path)
    for login in ("office", "boss", "audit", "li"):
        for path in (f"/calls/{world.call_id}", f"/calls/{world.call_id}/utterances", "/calls"):
            answer = await world.get(login, path)
            assert "5678" not in answer.text, (login, path)
    listened = await world.get("boss", f"/recordings/{world.recording_id}/media", **{"X-Purpose": "qc"})
    assert listened.status_code == 403


async def test_who_it_is_opens_by_two_persons_and_never_to_the_unit(world: World) -> None:
    made = await ticket(world, confidential=True)
    body = {"kind": "identity", "object_id": made, "recipient": "市纪委监委", "purpose": "核查打击报复"}
    assert (await world.post("water", "/releases", body)).status_code == 403
    asked = (await world.post("boss", "/releases", body)).json()
    assert (await world.get("boss", f"/releases/{asked['id']}/file")).status_code == 409
    await approved(world, asked["id"])
    whole = (await world.get("boss", f"/releases/{asked['id']}/file")).json()
    assert whole["content"] == [{"工单": whole["content"][0]["工单"], "诉求人": "张三丰", "号码": CALLER}]
    plain = await ticket(world, key="key-000002")
    refused = await world.post("boss", "/releases", body | {"object_id": plain})
    assert refused.status_code == 422
    paper = await ask(world, "boss", "ticket", made)
    await approved(world, paper["id"])
    assert CALLER not in (await world.get("boss", f"/releases/{paper['id']}/file")).text


async def test_a_released_confidential_ticket_names_its_reporter_in_no_part_of_it(world: World) -> None:
    words = f"张女士来电（张三丰，{CALLER[:3]} {CALLER[3:7]} {CALLER[7:]}），举报工地夜间施工"
    made = await ticket(world, confidential=True, title=words, body=words)
    why = f"经核实，张三丰本人{CALLER}的举报不属我局，已答复张女士"
    step = TicketStepped(now(), made, "return", "returned", "u", facts={"reason": why}, unit="SW")
    async with world.database.session() as session:
        await events.append(session, step, "user_x")
        row = await tickets.get(session, made)
        reply = {"result": why, "handled_at": "2026-11-20T10:00:00+08:00"}
        await tickets.change(session, made, row.version, [], "user_x", reply=reply)
    paper = await ask(world, "boss", "ticket", made)
    await approved(world, paper["id"])
    told = (await world.get("boss", f"/releases/{paper['id']}/file")).text
    assert not any(part in told for part in ("张三丰", "张女士", "张**", "5678")), told
    assert "举报工地夜间施工" in told


# --- 查询留痕、保全 ---------------------------------------------------------------------------------------------------


async def test_an_auditor_sees_who_looked_at_what_and_why(world: World) -> None:
    made = await ticket(world)
    await world.get("water", f"/tickets/{made}", **{"X-Purpose": "%E8%81%94%E7%B3%BB%E5%B8%82%E6%B0%91"})
    await world.get("boss", f"/recordings/{world.recording_id}/media?purpose=qc")
    found = (await world.get("audit", f"/lookups?subject={made}")).json()
    assert [(one["actor"], one["action"], one["purpose"]) for one in found["items"]] == [
        (world.user_ids["water"], "ticket.citizen", "联系市民")
    ]
    heard = (await world.get("office", "/lookups?action=recording")).json()["items"]
    assert [one["action"] for one in heard] == ["recording.listen"]
    assert (await world.get("boss", "/lookups")).status_code == 403
    mine = (await world.get("audit", f"/lookups?actor={world.user_ids['audit']}")).json()["items"]
    assert [one["action"] for one in mine] == ["lookups.read"], "looking at the looks is a look"


async def test_a_hold_is_placed_once_and_lifted_with_a_reason(world: World) -> None:
    body = {"kind": "call", "object_id": world.call_id, "why": "公安机关调取"}
    made = await world.post("office", "/holds", body)
    assert (made.status_code, made.json()["gone"]) == (201, 0)
    assert (await world.post("office", "/holds", body)).status_code == 409
    assert (await world.post("office", "/holds", body | {"object_id": "call_x"})).status_code == 404
    assert [one["id"] for one in (await world.get("audit", "/holds")).json()["items"]] == [made.json()["id"]]
    path = f"/holds/{made.json()['id']}/lift"
    assert (await world.post("office", path, {"why": "案件终结"})).json()["lifted_why"] == "案件终结"
    assert (await world.post("office", path, {"why": "案件终结"})).status_code == 409
    assert (await world.get("audit", "/holds")).json()["items"] == []
    assert len((await world.get("audit", "/holds?which=all")).json()["items"]) == 1
    async with world.database.reading() as session:
        told = [row.payload["what"] for row in await events.of(session, made.json()["id"])]
    assert told == ["placed", "lifted"]


async def test_a_frozen_assessment_leaves_marked_by_two_persons_word(world: World) -> None:
    month = (now().astimezone(CHINA).replace(day=1) - timedelta(days=3)).strftime("%Y-%m")
    given = {"period": month, "unit": "SW", "why": "月通报"}
    (sheet,) = (await world.post("office", "/assessments/freeze", given)).json()["items"]
    stranger = {"kind": "assessment", "object_id": sheet, **PURPOSE}
    assert (await world.post("roads", "/releases", stranger)).status_code in (403, 404)
    made = await ask(world, "boss", "assessment", sheet)
    path = f"/releases/{made['id']}/file"
    assert (await world.get("boss", path)).status_code == 409
    await approved(world, made["id"])
    paper = await world.get("boss", path)
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.content.startswith(b"%PDF")
    whole = (await world.get("boss", f"{path}?format=json")).json()
    assert (made["id"] in whole["watermark"], whole["sha256"]) == (True, digest(whole["content"]))
    head, *rows = whole["content"]
    assert (head["被考核单位"], head["版本"]) == ("市水务局（SW）", "定稿第1版")
    assert {"及时签收", "满意率"} <= {row.get("项目", row.get("指标")) for row in rows}


async def test_a_month_of_the_audit_record_is_asked_for_by_who_proves_it(small_world: World) -> None:
    month = {"kind": "audit", "object_id": "2026-10", **PURPOSE}
    for login, status in (("boss", 403), ("water", 403), ("audit", 201), ("office", 201)):
        assert (await small_world.post(login, "/releases", month)).status_code == status, login
    assert (await small_world.post("audit", "/releases", month | {"object_id": "October"})).status_code == 422
    made = await ask(small_world, "audit", "audit", "2026-10")
    await approved(small_world, made["id"])
    assert (await small_world.get("audit", f"/releases/{made['id']}/file")).status_code == 422
