"""Those who handle a ticket put pictures and documents beside it: sealed, bounded, each look on record."""

import asyncio
import io

import httpx
import pytest
from PIL import Image
from sqlalchemy import text

from app.ways.attachments import MOST_BY_STAFF
from store import tickets
from tests.api.conftest import World
from tests.store import make

pytestmark = pytest.mark.service
PDF = b"%PDF-1.7\n1 0 obj\n<< /Title (13812345678) >>\nendobj\ntrailer\n%%EOF\n"


def jpeg(colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "PHONEMAKER"
    Image.new("RGB", (40, 30), colour).save(out, "JPEG", exif=exif.tobytes())
    return out.getvalue()


async def matter(world: World, **more: object) -> str:
    async with world.database.session() as session:
        new = make.ticket(state="signed", unit_code="SW", **more)
        row, _ = await tickets.file(session, new, [], "user_1")
    return row.id


async def attach(
    world: World, who: str, ticket_id: str, body: bytes, kind: str = "image/jpeg", name: str = ""
) -> httpx.Response:
    async with world.client(who) as client:
        return await client.post(
            f"/api/v1/tickets/{ticket_id}/attachments",
            content=body,
            params={"name": name} if name else {},
            headers={"Content-Type": kind},
        )


async def test_a_unit_and_the_office_attach_and_both_see_it(world: World) -> None:
    ticket_id = await matter(world)
    path = f"/tickets/{ticket_id}/attachments"
    added = await attach(world, "water", ticket_id, jpeg())
    assert (added.status_code, added.json()["fresh"]) == (201, True), added.text
    again = await attach(world, "water", ticket_id, jpeg())
    assert (again.status_code, again.json()["fresh"]) == (201, False), "the very same one is one"
    assert (
        await attach(world, "office", ticket_id, PDF, "application/pdf", "通知/../书.pdf")
    ).status_code == 201
    picture, paper = (await world.get("office", path)).json()["items"]
    assert (picture["kind"], picture["by"], picture["name"]) == ("photo", world.user_ids["water"], None)
    assert (paper["kind"], paper["name"], paper["by_name"]) == ("document", "通知..书.pdf", "Office")
    shown = await world.get("water", f"{path}/{picture['id']}")
    assert shown.content.startswith(b"\xff\xd8\xff")
    assert b"PHONEMAKER" not in shown.content
    kept = await world.get("water", f"{path}/{paper['id']}")
    assert kept.content == PDF, "a document's seal would not survive a change"
    assert kept.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9%80%9A")
    assert kept.headers["x-content-type-options"] == "nosniff"


async def test_it_is_sealed_and_on_the_tickets_record_and_each_look_is_kept(world: World) -> None:
    ticket_id = await matter(world)
    await attach(world, "water", ticket_id, PDF, "application/pdf", "张三的合同.pdf")
    path = f"/tickets/{ticket_id}/attachments"
    (paper,) = (await world.get("water", path)).json()["items"]
    await world.get("water", f"{path}/{paper['id']}", **{"X-Purpose": "%E5%8A%9E%E7%90%86"})
    history = (await world.get("office", f"/tickets/{ticket_id}")).json()["history"]
    (told,) = [one for one in history if one["name"] == "ticket.attached"]
    assert (told["actor"], told["payload"]["facts"]) == (world.user_ids["water"], {"attached": "document"})
    assert told["payload"]["unit"] == "SW"
    async with world.database.reading() as session:
        rows = (await session.execute(text("SELECT name, body FROM attachments"))).all()
        seen = "SELECT subject FROM lookups WHERE action = 'ticket.attachment'"
        looked = list((await session.execute(text(seen))).scalars())
    assert all("合同" not in row.name and "%PDF" not in row.body for row in rows)
    assert looked == [ticket_id]


async def test_screens_of_the_unit_and_the_office_hear_of_it(small_world: World) -> None:
    ticket_id = await matter(small_world)
    async with small_world.house.ways._floor.hints.subscribe("unit.SW") as heard:
        await attach(small_world, "water", ticket_id, jpeg())
        async with asyncio.timeout(10):
            _, told = await anext(heard)
    assert (told["event"], told["ticket_id"]) == ("ticket.attached", ticket_id)


async def test_only_who_handles_it_attaches_and_only_while_it_is_open(small_world: World) -> None:
    ticket_id = await matter(small_world)
    assert (await attach(small_world, "roads", ticket_id, jpeg())).status_code == 404
    assert (await attach(small_world, "audit", ticket_id, jpeg())).status_code == 403
    async with small_world.database.session() as session:
        (await tickets.get(session, ticket_id)).state = "archived"
    assert (await attach(small_world, "office", ticket_id, jpeg())).status_code == 409


async def test_what_may_be_attached_has_bounds(small_world: World) -> None:
    ticket_id = await matter(small_world)
    assert (await attach(small_world, "li", ticket_id, b"<svg/>", "image/svg+xml")).status_code == 415
    assert (await attach(small_world, "li", ticket_id, b"not a picture")).status_code == 422
    assert (await attach(small_world, "li", ticket_id, PDF[:-7], "application/pdf")).status_code == 422
    big = PDF[:9] + b" " * (4 << 20) + PDF[9:]
    assert (await attach(small_world, "li", ticket_id, big, "application/pdf")).status_code == 201
    too_big = PDF[:9] + b" " * (5 << 20) + PDF[9:]
    assert (await attach(small_world, "li", ticket_id, too_big, "application/pdf")).status_code == 413
    for n in range(MOST_BY_STAFF - 1):
        paper = PDF.replace(b"Title", b"Title%d" % n)
        assert (await attach(small_world, "li", ticket_id, paper, "application/pdf")).status_code == 201
    assert (await attach(small_world, "li", ticket_id, jpeg())).status_code == 409


async def test_of_a_confidential_matter_nothing_attached_is_shown(small_world: World) -> None:
    ticket_id = await matter(small_world, confidential=True)
    assert (await attach(small_world, "office", ticket_id, jpeg())).status_code == 201
    assert (await small_world.get("office", f"/tickets/{ticket_id}/attachments")).status_code == 403
