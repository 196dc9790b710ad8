"""A hotline behind the pages: the real API on a free port with a database as at first start, in a thread of its own; no Asterisk."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from app import seeding
from app.floor import Floor
from app.instance import free_ports
from app.settings import Settings
from app.wire import running
from store.database import Database

T = TypeVar("T")
START_S = 120.0
STOP_S = 30.0


@dataclass
class Standing:
    """The hotline under the pages. `database` may be used on `run`'s loop only."""

    url: str
    settings: Settings
    loop: asyncio.AbstractEventLoop
    database: Database
    floor: Floor
    accounts: dict[str, seeding.Account] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
        """Something of the house's own, on its loop: what Asterisk would have told it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def tokens(self, login: str) -> dict[str, str]:
        """A log-in's answer, for a page that need not show how one logs in."""
        given = {"login": login, "password": self.accounts[login].password}
        answer = httpx.post(f"{self.url}/api/v1/token", json=given, timeout=60)
        answer.raise_for_status()
        found: dict[str, str] = answer.json()
        return found

    def post(self, path: str, **body: str) -> httpx.Response:
        """Asked by nobody who is logged in."""
        return httpx.post(f"{self.url}/api/v1{path}", json=body, timeout=60)

    def client(self, login: str) -> httpx.Client:
        """The API as this person, to bring about what a page is to show."""
        headers = {"Authorization": f"Bearer {self.tokens(login)['access_token']}"}
        return httpx.Client(base_url=f"{self.url}/api/v1", headers=headers, timeout=60)


@contextmanager
def standing(home: Path, **more: object) -> Iterator[Standing]:
    """Start it, and end it at the end of the block."""
    (port,) = free_ports(1)
    given = {"home": home, "api_port": port, "database_url": "", "redis_url": "", "seats": 2, "recognise_live": "off",
             "recognise_after": "off", "https_port": 0, "ws_port": 0}  # fmt: skip
    settings = Settings(**(given | more))  # type: ignore[arg-type]
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    started: list[Standing] = []
    failed: list[BaseException] = []
    ready, stop = threading.Event(), asyncio.Event()

    async def live() -> None:
        database = Database(settings.database, seeding.keyring(settings))
        try:
            await database.create_or_upgrade()
            people = await seeding.first_start(database, settings)
            async with running(settings, ("api",)) as found:
                loop = asyncio.get_running_loop()
                url = f"http://127.0.0.1:{port}"
                started.append(
                    Standing(url, settings, loop, database, found.floor, {one.login: one for one in people})
                )
                ready.set()
                await stop.wait()
        finally:
            await database.close()

    def work() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="hotline under the pages", daemon=True)
    thread.start()
    assert ready.wait(START_S), "the hotline did not start in time"
    if failed:
        raise failed[0]
    try:
        yield started[0]
    finally:
        started[0].loop.call_soon_threadsafe(stop.set)
        thread.join(STOP_S)
