"""A private instance with a city around it: seats, a carrier's trunk and all numbers beyond it. Scenes are played here."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from app import seeding
from app.demo.party import Outside, SceneFailed
from app.demo.phone import DEAD, NO_ANSWER, OnRing, Phone
from app.demo.stage import Say
from app.instance import Instance, private
from app.seeding import Account, kept_accounts
from app.settings import Settings
from routing.seats import SeatKind
from store import seats, trunks
from store.database import Database

CARRIER_IP = "127.0.0.2"  # not ours: Asterisk knows the carrier by it
SEATS = 8
NOT_FOUND = OnRing("refuse", code=404, reason="Not Found")


class Carrier:
    """The carrier beyond our trunk: rings whoever has the number called, says 404 for one nobody has."""

    ip = CARRIER_IP

    def __init__(self) -> None:
        self.phone = Phone("carrier", local_ip=self.ip, on_ring=self._policy)
        self.dead: set[str] = set()
        self._people: Mapping[str, Outside] = {}
        self._listening: asyncio.Task[None] | None = None

    def answer_for(self, people: Mapping[str, Outside]) -> None:
        """Whose numbers these are from now on; all are alive again."""
        self._people = people
        self.dead.clear()

    async def start(self) -> None:
        await self.phone.start()
        self._listening = asyncio.create_task(self._listen(), name="carrier")

    async def stop(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self.phone.close()

    def _policy(self, number: str) -> OnRing:
        if number in self.dead:
            return DEAD
        return NO_ANSWER if number in self._people else NOT_FOUND

    async def _listen(self) -> None:
        while True:
            ring = await self.phone.wait_ring(86_400)
            if ring.callee in self._people:
                self._people[ring.callee].incoming.put_nowait(ring)


class Theatre:
    """Use as an async context manager; `say(who, what)` is told what is done. Raises HotlineError where a part is missing.

    spoken: with speech recognition. prompts: folder of prompts that replace ours.
    """

    def __init__(self, home: Path, say: Say, *, spoken: bool = False, prompts: Path | None = None) -> None:
        ears = "auto" if spoken else "off"
        self.settings: Settings = private(
            home, unfinished_after_s=60, wrap_up_s=1, seats=SEATS, wait_s=2, ring_s=6,
            recognise_live=ears, recognise_after=ears, **({"prompts": prompts} if prompts else {}),
        )  # fmt: skip
        self.carrier = Carrier()
        self.instance = Instance(self.settings, lambda what: say("demo", what))
        self.database: Database
        self._stack = AsyncExitStack()

    @property
    def server(self) -> tuple[str, int]:
        """Where SIP goes."""
        return self.settings.sip_host, self.settings.sip_port

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _open(self) -> None:
        await self.carrier.start()
        self._stack.push_async_callback(self.carrier.stop)
        self.database = Database(self.settings.database, seeding.keyring(self.settings))
        self._stack.push_async_callback(self.database.close)
        furnishing = asyncio.ensure_future(self._furnish())
        try:
            await asyncio.shield(furnishing)
        except asyncio.CancelledError:  # a database is not left half opened
            await asyncio.wait({furnishing})
            raise
        await self._stack.enter_async_context(self.instance)

    async def _furnish(self) -> None:
        """What an operator would have set up: the registers and a trunk to the carrier."""
        self.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self.database.create_or_upgrade()
        await seeding.first_start(self.database, self.settings)
        async with self.database.session() as session:
            host, port = self.carrier.phone.address
            facts = {
                "kind": "ip",
                "host": host,
                "port": port,
                "qualify_s": 30,
                "failover_order": 1,
                "active": True,
            }
            await trunks.put(session, "carrier", **facts, assert_identity=True, early_media=False)

    # --- seats -------------------------------------------------------------------------------------------------------

    def account(self, login: str) -> Account:
        """Raises SceneFailed where there is nobody of that name."""
        found = next((one for one in kept_accounts(self.settings) if one.login == login), None)
        if found is None:
            raise SceneFailed(f"there is no account {login}")
        return found

    def free_seat(self, taken: set[str]) -> Account:
        """The first seat nobody in `taken` sits at. Raises SceneFailed."""
        agents = [one for one in kept_accounts(self.settings) if one.role == "agent"]
        found = next((one for one in agents if one.seat not in taken), None)
        if found is None:
            raise SceneFailed("there are not enough seats")
        return found

    async def describe(self, seat: str, kind: str, skills: Sequence[str]) -> None:
        """What the seat is and can do from now on; a county's seat sits in the county of its skill `region.…`."""
        region = next((one.removeprefix("region.") for one in skills if one.startswith("region.")), "")
        async with self.database.session() as session:
            await seats.describe(session, seat, kind=cast(SeatKind, kind), region=region, skills=skills)

    async def seat_secret(self, seat: str) -> str:
        async with self.database.reading() as session:
            return (await seats.get(session, seat)).sip_secret or ""
