"""The citizen portal over HTTP: filing with a code, pictures without their maker, knowledge for everybody, and its bounds."""

import io
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from store import knowledge, notices
from tests.api.conftest import CALLER, World

pytestmark = pytest.mark.service
MATTER = {
    "phone": CALLER, "title": "小区停水两天", "body": "阳光小区二单元昨天早上起停水，物业电话没人接。", "place": "431021", "address": "阳光小区2栋",
    "name": "王女士", "agreed": True,
}  # fmt: skip


def jpeg(color: tuple[int, int, int] = (20, 120, 90)) -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F] = "PHONEMAKER"
    Image.new("RGB", (64, 48), color).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


async def code_for(world: World, phone: str = CALLER) -> str:
    answer = await world.post("", "/public/filing/code", {"phone": phone})
    assert answer.status_code == 202
    async with world.database.reading() as session:
        sent = (await notices.find(session, kind="code")).items
    found = re.search(r"验证码(\d{6})", sent[0].words)
    assert found
    return found[1]


async def filed(world: World, code: str, key: str = "key-000001", **more: Any) -> httpx.Response:
    return await world.post("", "/public/filing", MATTER | {"code": code} | more, **{"Idempotency-Key": key})


async def photo(
    world: World, number: str, code: str, body: bytes, kind: str = "image/jpeg"
) -> httpx.Response:
    async with world.client() as client:
        headers = {"X-Ticket-Code": code, "Content-Type": kind}
        return await client.post(f"/api/v1/public/tickets/{number}/photos", content=body, headers=headers)


async def test_a_citizen_files_with_a_code_and_follows_with_it(world: World) -> None:
    code = await code_for(world)
    made = await filed(world, code)
    assert made.status_code == 201, made.text
    number = made.json()["number"]
    assert (made.json()["state"], made.json()["photos"]) == ("filed", 0)
    again = await filed(world, code)
    assert again.json()["number"] == number, "the same key files once"
    other = await filed(world, code, "key-000002")
    assert (other.status_code, other.json()["code"]) == (403, "wrong_code"), "a code files one matter"
    seen = await world.get("", f"/public/tickets/{number}", **{"X-Ticket-Code": code})
    assert seen.json()["title"] == MATTER["title"]
    (ticket,) = (await world.get("office", "/tickets?state=filed")).json()["items"]
    assert (ticket["number"], ticket["place"]) == (number, "431021")
    async with world.database.reading() as session:
        kept = (await session.execute(text("SELECT phone_hash, code_hash FROM phone_codes"))).all()
    assert not any(code in part or CALLER in part for row in kept for part in row)


async def test_pictures_are_sealed_stripped_and_shown_to_whoever_may_read_the_ticket(world: World) -> None:
    code = await code_for(world)
    number = (await filed(world, code)).json()["number"]
    added = await photo(world, number, code, jpeg())
    assert (added.status_code, added.json()["photos"]) == (201, 1), added.text
    assert (await photo(world, number, code, jpeg())).json()["photos"] == 1, "the same picture is one"
    (ticket,) = (await world.get("office", "/tickets?state=filed")).json()["items"]
    path = f"/tickets/{ticket['id']}/attachments"
    (kept,) = (await world.get("office", path)).json()["items"]
    shown = await world.get("office", f"{path}/{kept['id']}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.content.startswith(b"\xff\xd8")
    assert b"PHONEMAKER" not in shown.content
    assert (await world.get("water", path)).status_code == 404, "another unit's matter"
    assert (await world.get("office", f"{path}/att_x")).status_code == 404
    async with world.database.reading() as session:
        (body,) = (await session.execute(text("SELECT body FROM attachments"))).scalars()
        looked = (
            await session.execute(text("SELECT subject FROM lookups WHERE action = 'ticket.attachment'"))
        ).scalars()
    assert not body.startswith("/9j/"), "sealed at rest"
    assert list(looked) == [ticket["id"]]


async def test_pictures_have_bounds(small_world: World) -> None:
    code = await code_for(small_world)
    number = (await filed(small_world, code)).json()["number"]
    assert (await photo(small_world, number, code, b"<svg/>", "image/svg+xml")).status_code == 415
    assert (await photo(small_world, number, code, b"not a picture")).status_code == 422
    assert (
        await photo(small_world, number, "000000" if code != "000000" else "111111", jpeg())
    ).status_code == 403
    assert (await photo(small_world, number, code, b"x" * (1 << 21))).status_code == 413
    for n in range(6):
        assert (await photo(small_world, number, code, jpeg((n * 30, 0, 0)))).status_code == 201
    assert (await photo(small_world, number, code, jpeg((255, 255, 255)))).status_code == 409


async def test_a_confidential_matters_pictures_are_shown_to_nobody(small_world: World) -> None:
    code = await code_for(small_world)
    number = (await filed(small_world, code, confidential=True)).json()["number"]
    await photo(small_world, number, code, jpeg())
    (ticket,) = (await small_world.get("office", "/tickets?state=filed")).json()["items"]
    assert (await small_world.get("office", f"/tickets/{ticket['id']}/attachments")).status_code == 403


async def test_guessing_and_flooding_end(small_world: World) -> None:
    await code_for(small_world)
    for _ in range(6):
        wrong = await filed(small_world, "000000")
        assert wrong.status_code == 403
    landline = await small_world.post("", "/public/filing/code", {"phone": "07352871234"})
    assert landline.status_code == 422
    for n in range(40):
        last = await small_world.post("", "/public/filing/code", {"phone": f"139000000{n:02}"})
    assert last.status_code == 429
    async with small_world.database.reading() as session:
        assert (await notices.find(session, kind="code")).total <= 31


async def test_what_is_missing_or_not_agreed_is_said_by_field(small_world: World) -> None:
    answer = await filed(small_world, "123456", agreed=False, title="停", body="短")
    assert answer.status_code == 422
    assert {one["where"] for one in answer.json()["errors"]} == {"body.agreed", "body.title", "body.body"}
    unknown = await filed(small_world, await code_for(small_world), place="999999")
    assert unknown.status_code == 404


async def test_everybody_may_search_what_we_answer_and_choose_a_place(world: World) -> None:
    found = (await world.get("", "/public/knowledge?search=停水")).json()
    assert found["total"] >= 1
    assert set(found["items"][0]) == {"id", "title", "answer", "kind", "unit", "clause", "valid_to"}
    places = (await world.get("", "/public/places")).json()
    assert [one["name"] for one in places["items"]] == ["桂阳县", "宜章县"]


async def test_a_portal_keeps_a_true_copy_of_what_we_answer(world: World) -> None:
    path = "/public/knowledge/changes"
    async with world.database.session() as session:
        await knowledge.keep_register(session, datetime(2026, 1, 1, tzinfo=UTC), "seed")
    first = (await world.get("", f"{path}?limit=1")).json()
    assert (first["more"], first["items"][0]["said"]) == (True, True)
    copy = {one["id"]: one["text"] for one in first["items"]}
    while first["items"]:
        first = (await world.get("", f"{path}?after={quote(first['after'])}")).json()
        copy |= {one["id"]: one["text"] for one in first["items"]}
    listed = (await world.get("", "/public/knowledge?limit=30")).json()
    assert listed["total"] == len(copy)
    for one in listed["items"]:
        assert copy[one["id"]]["answer"] == one["answer"]
    wrong = await world.get("", f"{path}?after=yesterday")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_input")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_mark_that_no_answer_gave_is_refused_and_no_fault_of_ours(
    small_world: World, moment: str
) -> None:
    answer = await small_world.get("", f"/public/knowledge/changes?after={quote(f'{moment} a')}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def test_a_settled_matter_is_graded_once_and_an_open_one_not(small_world: World) -> None:
    code = await code_for(small_world)
    number = (await filed(small_world, code)).json()["number"]
    given = {"code": code, "grade": "satisfied"}
    path = f"/public/tickets/{number}/grade"
    assert (await small_world.post("", path, given)).status_code == 409
    async with small_world.database.session() as session:
        await session.execute(text("UPDATE tickets SET state = 'resolved'"))
    taken = [(await small_world.post("", path, given)).json()["taken"] for _ in range(2)]
    assert taken == [True, False]
