"""Listening: ranges, a purpose, a kept look-up, and nothing outside the recordings folder."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from api.recordings import confined
from core.errors import NotFound
from store import lookups, recordings, tickets
from tests.api.conftest import SHA256, SOUND, World
from tests.store import make

pytestmark = pytest.mark.service
WHY = {"X-Purpose": quote("质检")}


def media(world: World) -> str:
    return f"/recordings/{world.recording_id}/media"


async def test_the_whole_file_with_its_tag(world: World) -> None:
    answer = await world.get("boss", media(world), **WHY)
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["etag"] == f'"{SHA256}"'
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("wanted", "content_range", "part"),
    [
        ("bytes=0-99", "bytes 0-99/10240", SOUND[:100]),
        ("bytes=10000-", "bytes 10000-10239/10240", SOUND[10000:]),
        ("bytes=-5", "bytes 10235-10239/10240", SOUND[-5:]),
    ],
)
async def test_a_range(small_world: World, wanted: str, content_range: str, part: bytes) -> None:
    answer = await small_world.get("boss", media(small_world), Range=wanted, **WHY)
    assert (answer.status_code, answer.headers["content-range"], answer.content) == (206, content_range, part)


async def test_a_range_beyond_the_end(small_world: World) -> None:
    answer = await small_world.get("boss", media(small_world), Range="bytes=99999-", **WHY)
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10240")
    assert answer.json()["code"] == "range_not_satisfiable"


async def test_a_range_of_a_file_that_has_changed_is_the_whole_file(small_world: World) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"', **WHY}
    assert (await small_world.get("boss", media(small_world), **headers)).status_code == 200
    headers["If-Range"] = f'"{SHA256}"'
    assert (await small_world.get("boss", media(small_world), **headers)).status_code == 206


async def test_an_unchanged_file_is_not_sent_again(small_world: World) -> None:
    answer = await small_world.get("boss", media(small_world), **{"If-None-Match": f'"{SHA256}"'}, **WHY)
    assert (answer.status_code, answer.content) == (304, b"")


async def test_what_the_browser_kept_is_heard_by_the_same_rules_as_the_file(small_world: World) -> None:
    again = {"If-None-Match": f'"{SHA256}"', **WHY}
    assert (await small_world.get("boss", media(small_world), **again)).status_code == 304
    async with small_world.database.session() as session:
        (look,) = (await lookups.find(session, subject=small_world.recording_id)).items
        await tickets.file(session, make.ticket(confidential=True, call_id=small_world.call_id), [], "user_x")
    assert (look.action, look.purpose) == ("recording.listen", "质检")
    assert (await small_world.get("boss", media(small_world), **again)).status_code == 403


async def test_listening_needs_a_purpose_and_is_kept(world: World) -> None:
    assert (await world.get("boss", media(world))).status_code == 428
    await world.get("boss", media(world), **WHY)
    await world.get("audit", f"{media(world)}?purpose={quote('抽查')}", Range="bytes=5-9")
    async with world.database.reading() as session:
        kept = (await lookups.find(session, subject=world.recording_id)).items
    noted = {(row.actor, row.action, row.purpose) for row in kept}
    boss, audit = world.user_ids["boss"], world.user_ids["audit"]
    assert noted == {(boss, "recording.listen", "质检"), (audit, "recording.listen", "抽查")}


async def test_agents_hear_the_calls_they_handled(small_world: World) -> None:
    assert (await small_world.get("li", media(small_world), **WHY)).status_code == 200
    assert (await small_world.get("wang", media(small_world), **WHY)).status_code == 404
    assert (await small_world.get("water", media(small_world), **WHY)).status_code == 403


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "gone.wav", "", ".", "link.wav", "a\0b"])
async def test_nothing_outside_the_folder_is_ever_sent(small_world: World, folder: Path, name: str) -> None:
    (folder / "link.wav").symlink_to(folder.parent / "secret.txt")
    async with small_world.database.session() as session:
        other = await recordings.add(session, small_world.call_id, "two", datetime.now(UTC))
        done = (name.replace("\0", ""), 2, 8000, 1.0, SHA256)
        await recordings.settle(
            session, [recordings.Outcome(other, small_world.call_id, "ready", None, *done)]
        )
    assert (await small_world.get("boss", f"/recordings/{other}/media", **WHY)).status_code == 404
    with pytest.raises(NotFound):
        confined(folder, name)


async def test_a_recording_not_finished_yet_has_no_sound_but_is_known(small_world: World) -> None:
    async with small_world.database.session() as session:
        other = await recordings.add(session, small_world.call_id, "three", datetime.now(UTC))
    assert (await small_world.get("boss", f"/recordings/{other}")).json()["state"] == "pending"
    assert (await small_world.get("boss", f"/recordings/{other}/media", **WHY)).status_code == 404
