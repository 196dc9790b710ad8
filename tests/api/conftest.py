"""A small house behind the HTTP edge: users of every role, two units, a seat, a call with a recording."""

import functools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.metrics import Metrics
from api.passwords import hash_password
from api.server import create_edge, make_parts
from api.settings import ApiSettings
from api.tokens import Tokens
from app.floor import now
from app.secrecy.release_desk import ReleaseDesk
from core.call import Arrival
from core.divisions import Division, Tree
from core.ports import Utterance
from store import calls, messages, proposals, recordings, seats, users, utterances
from store.database import Database
from store.sealed import Keyring
from store.tables import Article, Line, Unit
from tests.api.fakes import FakeHints, FakeHouse

PASSWORD = "correct horse"
KEPT = hash_password(PASSWORD)
CALLER = "13812345678"
KEY = "k" * 48
SOUND = bytes(range(256)) * 40
SHA256 = "ab" * 32
PLACES = Tree(
    [
        Division("431000", "郴州市", "city"),
        Division("431021", "桂阳县", "county", "431000"),
        Division("431022", "宜章县", "county", "431000"),
    ],
    "431000",
)
LOGINS = {
    "admin": ("admin", None), "boss": ("supervisor", None), "li": ("agent", None), "wang": ("agent", None),
    "water": ("unit", "SW"), "roads": ("unit", "JT"), "office": ("office", None), "audit": ("auditor", None),
    "tax": ("expert", None), "head": ("leader", "SW"),
}  # fmt: skip


@dataclass
class World:
    """The application under test, and the ids of what is in its database."""

    app: FastAPI
    database: Database
    house: FakeHouse
    hints: FakeHints
    settings: ApiSettings
    metrics: Metrics
    user_ids: dict[str, str] = field(default_factory=dict)
    call_id: str = ""
    proposal_id: str = ""
    recording_id: str = ""
    message_id: str = ""

    def token(self, login: str) -> str:
        tokens = Tokens(KEY, self.settings.access_s, self.settings.shift_s)
        return tokens.issue(self.user_ids[login], KEPT, datetime.now(UTC)).access_token

    def client(self, login: str = "", peer: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
        """Speaks to the application in this process as `login`, from the address `peer`."""
        if login:
            headers["Authorization"] = f"Bearer {self.token(login)}"
        transport = httpx.ASGITransport(self.app, client=(peer, 40000), raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://hotline", headers=headers)

    async def get(self, login: str, path: str, **headers: str) -> httpx.Response:
        async with self.client(login) as client:
            return await client.get(f"/api/v1{path}", headers=headers)

    async def post(self, login: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        async with self.client(login) as client:
            return await client.post(f"/api/v1{path}", json=body, headers=headers)

    async def put(self, login: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        async with self.client(login) as client:
            return await client.put(f"/api/v1{path}", json=body, headers=headers)


def api_settings(folder: Path, **changes: Any) -> ApiSettings:
    patient = {"request_timeout_s": 90}  # the first question about a number reads the tables of all numbers
    values: dict[str, Any] = {"token_key": SecretStr(KEY), "recordings": folder, **patient, **changes}
    return ApiSettings(**values)


@functools.cache
def edge() -> FastAPI:
    """Built once: it takes longer than most tests. Every test puts parts of its own into it."""
    return create_edge(ApiSettings(token_key=SecretStr(KEY), recordings=Path()))


def build(database: Database, settings: ApiSettings) -> World:
    hints, metrics = FakeHints(), Metrics()
    house = FakeHouse(database, PLACES, hints)
    house.releases = ReleaseDesk(database, settings.recordings, now, house.assessment.frozen)
    app = edge()
    app.state.parts = make_parts(database, hints, house, settings, metrics, divisions=PLACES)
    return World(app, database, house, hints, settings, metrics)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "recordings"
    found.mkdir()
    (found / "one.wav").write_bytes(SOUND)
    (tmp_path / "secret.txt").write_text("outside")
    return found


@pytest_asyncio.fixture
async def world(database: Database, folder: Path) -> AsyncIterator[World]:
    """On each kind of database."""
    made = build(database, api_settings(folder))
    await furnish(made)
    yield made


@pytest_asyncio.fixture
async def small_world(sqlite_database: Database, folder: Path) -> AsyncIterator[World]:
    """On SQLite only, for what does not depend on the database."""
    made = build(sqlite_database, api_settings(folder))
    await furnish(made)
    yield made


@pytest_asyncio.fixture
async def strict_world(postgres_database_url: str, keyring: Keyring, folder: Path) -> AsyncIterator[World]:
    """On PostgreSQL only: it refuses more of what may be sent than SQLite does."""
    database = Database(postgres_database_url, keyring)
    made = build(database, api_settings(folder))
    await furnish(made)
    yield made
    await database.close()


async def furnish(world: World) -> None:
    at = datetime.now(UTC)
    async with world.database.session() as session:
        session.add(
            Unit(code="SW", name="市水务局", aliases=["水务局"], level="city", details={"does": "供水"})
        )
        session.add(Unit(code="JT", name="市交通运输局", aliases=[], level="city"))
        await session.flush()
        session.add(Line(number="12345", name="热线", mode="host", clause="一"))
        session.add(
            Line(
                number="12319",
                name="城建热线",
                unit_code="SW",
                mode="merged",
                target="12345",
                level="city",
                clause="附一",
            )
        )
        session.add(
            Article(
                id="art_water",
                title="停水怎么办",
                questions=["停水找谁"],
                answer="先看停水公告",
                kind="guide",
                unit_code="SW",
            )
        )
        for login, (role, unit) in LOGINS.items():
            user = await users.add(session, login, login.title(), role, KEPT, at, unit)
            world.user_ids[login] = user.id
        for seat_id in ("8001", "8002"):
            await seats.add(session, seat_id, "sip-secret", at, name=f"座席{seat_id}")
        world.call_id = await _call(session, world.user_ids["li"], at)
        said = Utterance("我们小区停水两天了", 1.0, 3.0, True)
        await utterances.add_live(session, world.call_id, "citizen", [said], "fake", at)
        proposed = proposals.Proposed("unit", "SW", "市水务局", 0.9, True, ["停水"])
        await proposals.add_round(session, world.call_id, [proposed], at)
        world.proposal_id = (await proposals.latest(session, world.call_id))[0].id
        world.recording_id = await recordings.add(session, world.call_id, "one", at)
        done = ("one.wav", 2, 8000, 1.0, SHA256)
        await recordings.settle(
            session, [recordings.Outcome(world.recording_id, world.call_id, "ready", None, *done)]
        )
        message = await messages.add(
            session, "voicemail", CALLER, at, spool_id="spool-1", text=f"请回电{CALLER}"
        )
        assert message is not None
        world.message_id = message.id


async def _call(session: AsyncSession, user_id: str, at: datetime) -> str:
    arrival = Arrival("171.1", "PJSIP/trunk-1", "12345", CALLER, at)
    await calls.add_call(session, arrival, answered_at=at)
    call = await calls.by_linkedid(session, arrival.linkedid)
    assert call is not None
    await calls.change(session, call.id, state="talking", seat_id="8001", user_id=user_id)
    return call.id


async def talking(world: World, login: str = "li", seat_id: str = "8001") -> None:
    """Put the call on this agent's seat, as while they talk."""
    at = datetime.now(UTC)
    async with world.database.session() as session:
        await seats.log_in(session, seat_id, world.user_ids[login], at)
        seat = await seats.get(session, seat_id)
        assert await seats.reserve(session, seat_id, seat.version, world.call_id, at)
        await seats.set_state(session, seat_id, "ringing", at, call_id=world.call_id)
        await seats.set_state(session, seat_id, "talking", at, call_id=world.call_id)
