"""People of a system test: agents with a telephone and a desk that does not give up, citizens who call."""

import asyncio
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import httpx

from app import seeding
from app.demo.phone import NO_ANSWER, Phone
from app.demo.ring import Ring
from app.instance import Instance
from app.seeding import Account, kept_accounts
from store import seats
from store.database import Database

PATIENCE_S = 60.0  # how long a desk repeats what the service did not take
UNIT = "chenzhou.hotline"


class AgentDesk:
    """Asks the API again and again, as a page that lost its server does: with the same request key."""

    def __init__(self, url: str, account: Account) -> None:
        self.account = account
        self.health = f"{url}/health"
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=10, trust_env=False)

    async def open(self) -> None:
        """Log in, take the seat, be ready."""
        await self.log_in()
        await self.ask("POST", f"/seats/{self.account.seat}/login")
        await self.ask("POST", f"/seats/{self.account.seat}/ready")

    async def log_in(self) -> None:
        given = {"login": self.account.login, "password": self.account.password}
        token = (await self.ask("POST", "/token", json=given))["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        """The JSON answer. Tries for PATIENCE_S while nobody answers or the answer is 5xx; else AssertionError."""
        deadline, last = time.monotonic() + PATIENCE_S, ""
        while time.monotonic() < deadline:
            try:
                answer = await self._http.request(method, path, **more)
            except httpx.HTTPError as error:
                last = repr(error)
            else:
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                last = f"{answer.status_code} {answer.text[:300]}"
                assert answer.status_code >= 500, f"{method} {path}: {last}"
            await asyncio.sleep(0.2)
        raise AssertionError(f"{method} {path} not within {PATIENCE_S:g} s: {last}")

    async def my_last_call(self) -> str:
        """The call that rang here last: what the page shows when it is back."""
        found = (await self.ask("GET", "/calls", params={"limit": 100}))["items"]
        return str(next(call["id"] for call in found if call["seat_id"] == self.account.seat))

    async def file(self, call_id: str, title: str, key: str) -> str:
        """The ticket's id."""
        draft = {"type": "consult", "title": title, "body": title, "unit": UNIT, "call_id": call_id}
        return str((await self.ask("POST", "/tickets", json=draft, headers={"Idempotency-Key": key}))["id"])


class Town:
    """All seats of an instance staffed. Rings are handed to whoever waits for that caller; nobody answers by itself."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.settings = instance.settings
        self.server = (self.settings.sip_host, self.settings.sip_port)
        self.database = Database(self.settings.database, seeding.keyring(self.settings))
        self.desks: dict[str, AgentDesk] = {}
        self.phones: dict[str, Phone] = {}
        self._rings: defaultdict[str, asyncio.Queue[tuple[Ring, AgentDesk]]] = defaultdict(asyncio.Queue)
        self._listeners: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._stack.push_async_callback(self.database.close)
        for account in kept_accounts(self.settings):
            if account.seat:
                await self._seat(account)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._listeners:
            task.cancel()
        await asyncio.gather(*self._listeners, return_exceptions=True)
        await self._stack.aclose()

    def citizen(self, number: str) -> Phone:
        """A telephone that calls in; use as an async context manager."""
        return Phone(number, self.server)

    async def ring_of(self, number: str, timeout: float) -> tuple[Ring, AgentDesk]:
        """The next ring of this caller at any seat. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            return await self._rings[number].get()

    async def serving(self, seconds: float = 60.0) -> None:
        """Until the service says that it is well."""
        async with httpx.AsyncClient(timeout=5, trust_env=False) as http, asyncio.timeout(seconds):
            while True:
                try:
                    if (await http.get(f"{self.instance.url}/health")).status_code == 200:
                        return
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.1)

    async def registered(self, seconds: float = 30.0) -> None:
        """Every seat's telephone anew at the registrar."""
        async with asyncio.timeout(seconds):
            for phone in self.phones.values():
                await phone.register()

    async def at_rest(self, seconds: float = 40.0) -> None:
        """Until no channel is left and every seat is ready again. AssertionError with what is left after `seconds`."""
        for phone in self.phones.values():
            phone.on_ring = NO_ANSWER
        deadline, switch = time.monotonic() + seconds, self.instance.asterisk
        while time.monotonic() < deadline:
            away, channels = await self._away(), await asyncio.to_thread(switch.channels)
            if not away and not channels:
                return
            await asyncio.sleep(0.2)
        left = await asyncio.to_thread(switch.cli, "core show channels concise")
        await asyncio.to_thread(
            switch.cli, "channel request hangup all"
        )  # the next test has its own troubles
        raise AssertionError(f"seats not ready: {away}, channels:\n{left}")

    async def _away(self) -> dict[str, str]:
        """Seats that can take no call now, by state. Who pauses is asked to be ready."""
        desk = next(iter(self.desks.values()))
        states = {one["id"]: one["state"] for one in (await desk.ask("GET", "/seats"))["items"]}
        away = {seat: states[seat] for seat in self.desks if states[seat] != "ready"}
        for seat, state in away.items():
            if state == "paused":
                await self.desks[seat].ask("POST", f"/seats/{seat}/ready")
        return away

    async def _seat(self, account: Account) -> None:
        async with self.database.reading() as session:
            secret = (await seats.get(session, account.seat)).sip_secret
        phone = Phone(account.seat, self.server, account.seat, secret, on_ring=NO_ANSWER)
        await self._stack.enter_async_context(phone)
        await phone.register()
        desk = AgentDesk(self.instance.url, account)
        self._stack.push_async_callback(desk.close)
        await desk.open()
        self.phones[account.seat], self.desks[account.seat] = phone, desk
        self._listeners.append(asyncio.create_task(self._listen(phone, desk), name=f"seat {account.seat}"))

    async def _listen(self, phone: Phone, desk: AgentDesk) -> None:
        while True:
            ring = await phone.wait_ring(3600)
            self._rings[ring.caller].put_nowait((ring, desk))
