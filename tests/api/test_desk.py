"""The desk's pages over HTTP: only what was built, under a strict policy, and never in the way of the API."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from api.pages import Pages
from tests.api.conftest import World

pytestmark = pytest.mark.service
INDEX = "<!doctype html><title>12345</title>"
SCRIPT = "console.info('a')\n" * 200


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX)
    (folder / "assets" / "index-Abc_12-9.js").write_text(SCRIPT)
    (folder / "assets" / "index-Abc_12-9.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "notes.txt").write_text("not a page")
    (tmp_path / "secret.js").write_text("outside")
    return folder


@pytest.fixture
def built(small_world: World, dist: Path) -> World:
    parts = small_world.app.state.parts
    small_world.app.state.parts = replace(parts, pages=Pages.load(dist))
    return small_world


@pytest.mark.parametrize("path", ["/", "/login", "/tickets/tkt_01", "/index.html"])
async def test_every_page_of_the_desk_begins_with_its_frame_under_a_strict_policy(
    built: World, path: str
) -> None:
    async with built.client() as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.text) == (200, INDEX)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_named_by_its_hash_is_kept_for_good_and_sent_packed(built: World) -> None:
    async with built.client() as client:
        packed = await client.get("/assets/index-Abc_12-9.js", headers={"Accept-Encoding": "br, gzip"})
        plain = await client.get("/assets/index-Abc_12-9.js", headers={"Accept-Encoding": "identity"})
    assert packed.text == plain.text == SCRIPT
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(SCRIPT) == int(plain.headers["content-length"])
    assert "content-encoding" not in plain.headers
    assert "immutable" in plain.headers["cache-control"]
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"


async def test_what_the_browser_has_already_is_not_sent_again(built: World) -> None:
    async with built.client() as client:
        tag = (await client.get("/")).headers["etag"]
        again = await client.get("/", headers={"If-None-Match": tag})
        head = await client.head("/")
    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    "path",
    ["/notes.txt", "/secret.js", "/../secret.js", "/assets/..%2f..%2fsecret.js", "/assets/gone-12345678.js", "/api/v1/nothing", "/api/x"],
)  # fmt: skip
async def test_what_was_not_built_is_not_there(built: World, path: str) -> None:
    async with built.client() as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_routes_keep_their_own_answers(built: World) -> None:
    async with built.client() as client:
        wrong_method = await client.get("/api/v1/token")
        posted = await client.post("/login")
        health = await client.get("/health")
    assert (wrong_method.status_code, posted.status_code, health.status_code) == (405, 404, 200)
    assert health.headers["content-type"] == "application/json"


async def test_without_a_built_desk_the_first_page_says_how_to_build_it(small_world: World) -> None:
    async with small_world.client() as client:
        answer = await client.get("/")
        other = await client.get("/login")
    assert answer.status_code == 503
    assert "./hotline setup desk" in answer.text
    assert other.status_code == 404


def test_a_spoilt_packed_file_is_left_out(dist: Path) -> None:
    (dist / "assets" / "index-Abc_12-9.js.gz").write_bytes(gzip.compress(b"something else"))
    assert Pages.load(dist).files["assets/index-Abc_12-9.js"].packed == b""
    assert Pages.load(dist / "nowhere").files == {}
