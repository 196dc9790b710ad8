"""A storm of calls in which anything may happen: nobody is dropped, nothing is left, every record adds up."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from app.demo.audio import load_wav
from app.demo.phone import Phone
from app.demo.ring import Ring
from app.demo.theatre import Theatre
from app.seeding import kept_accounts
from core.discrepancies import discrepancies
from store import call_details, calls, legs
from store.tables import Call, Recording, Seat
from tests.system.conftest import nothing_left
from tests.system.crowd import TONE, Screen, Sitter, Tally, Visit, visits
from tests.system.traces import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

CALLS = int(os.environ.get("HOTLINE_TEST_STORM") or 40)  # 200 and more by hand: about eight minutes
AT_ONCE = 24
EXPERTS = 2
KILL_AFTER_S = (1.0, 30.0)  # seconds in which the service is well
SEED = 12345
RARE = ("expert answered", "merge", "leave", "swap", "blind", "logout")  # few calls may do without
GOODBYES = ("goodbye", "callback-confirmed", "message-thanks")
ALIKE = 0.5


class Outsiders:
    """Numbers beyond the trunk: who answers, who is busy, who lets it ring."""

    def __init__(self, theatre: Theatre, dice: random.Random) -> None:
        self._dice = dice
        self._tasks: set[asyncio.Task[None]] = set()
        self._queues = {number: _Taken() for number in ("12366", "12329", "12360", "110")}
        theatre.carrier.answer_for(self._queues)  # type: ignore[arg-type]  # all it needs is `incoming`

    async def live(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number, queue in self._queues.items():
                group.create_task(self._number(number, queue))

    async def _number(self, number: str, queue: "_Taken") -> None:
        while True:
            task = asyncio.create_task(self._ring(number, await queue.incoming.get()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _ring(self, number: str, ring: Ring) -> None:
        if number == "12329":
            ring.refuse(486)
        elif number != "12360":
            await asyncio.sleep(self._dice.uniform(0.1, 1.0))
            if ring.outcome:
                return
            leg = ring.answer()
            leg.say(TONE)
            try:
                await leg.wait_end(self._dice.uniform(1, 9))
            except TimeoutError:
                await leg.hangup()


class _Taken:
    """Whose number it is does not matter: only the rings do."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Ring] = asyncio.Queue(100)


@pytest_asyncio.fixture
async def theatre(tmp_path: Path) -> AsyncIterator[Theatre]:
    async with Theatre(tmp_path / "home", lambda who, what: None) as opened:
        yield opened
    await nothing_left(opened.settings)


async def test_nobody_is_dropped_nothing_is_left_and_every_record_adds_up(theatre: Theatre) -> None:
    tally, told = Tally(), [Visit(f"139{i:08d}") for i in range(CALLS)]
    async with AsyncExitStack() as stack:
        sitters = await _staff(theatre, stack, tally)
        people = [asyncio.create_task(one.work()) for one in sitters]
        people += [asyncio.create_task(Outsiders(theatre, random.Random(SEED)).live())]
        killer = asyncio.create_task(_restarts(theatre, tally))
        try:
            await _storm(theatre, told)
        finally:
            killer.cancel()
        await _at_rest(theatre)
        for task in people:
            task.cancel()
        ended = await asyncio.gather(*people, return_exceptions=True)
    print(tally, *told, sep="\n")
    assert [e for e in ended if isinstance(e, Exception)] == []
    assert tally.faults == []
    assert [v for v in told if not v.ended.startswith("us") and v.goodbye < ALIKE] == []
    await _nothing_held(theatre)
    await _records_add_up(theatre, told)
    for deed in ("agent answered", "killed", *(RARE if CALLS >= 200 else ())):
        assert tally.did.get(deed), f"the storm never saw: {deed}"


async def _staff(theatre: Theatre, stack: AsyncExitStack, tally: Tally) -> list[Sitter]:
    sitters = []
    accounts = [one for one in kept_accounts(theatre.settings) if one.role == "agent" and one.seat]
    for index, account in enumerate(accounts):
        expert = index < EXPERTS
        kind, skills = ("expert", ["line.12333"]) if expert else ("agent", [])
        await theatre.describe(account.seat, kind, skills)
        phone = Phone(account.seat, theatre.server, account.seat, await theatre.seat_secret(account.seat))
        await stack.enter_async_context(phone)
        await phone.register()
        screen = Screen(theatre.instance.url, account, tally)
        stack.push_async_callback(screen.close)
        await screen.open()
        sitters.append(Sitter(phone, screen, random.Random(SEED + index), tally, expert))
    return sitters


async def _storm(theatre: Theatre, told: Sequence[Visit]) -> None:
    goodbyes = [load_wav(theatre.settings.sounds / f"{name}.wav") for name in GOODBYES]
    room, dice = asyncio.Semaphore(AT_ONCE), random.Random(SEED)

    async def one(visit: Visit, own: random.Random) -> None:
        async with room, Phone(visit.number, theatre.server, local_ip=theatre.carrier.ip) as phone:
            await visits(phone, visit, own, goodbyes)

    async with asyncio.TaskGroup() as group:
        for visit in told:
            group.create_task(one(visit, random.Random(dice.random())))


async def _restarts(theatre: Theatre, tally: Tally) -> None:
    dice = random.Random(SEED)
    async with httpx.AsyncClient(timeout=5, trust_env=False) as http:
        while True:
            await _well(http, f"{theatre.instance.url}/health")
            await asyncio.sleep(dice.uniform(*KILL_AFTER_S))
            _kill(theatre, tally)


def _kill(theatre: Theatre, tally: Tally) -> None:
    pid = theatre.instance.service.pid
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        tally.count("killed")


async def _well(http: httpx.AsyncClient, url: str) -> None:
    """Until the service says that it serves; it may have been killed a moment ago."""
    while True:
        try:
            if (await http.get(url)).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.2)


async def _at_rest(theatre: Theatre, seconds: float = 60.0) -> None:
    """Until no call is under way and nothing more is to do."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        async with theatre.database.reading() as session:
            open_ = await session.scalar(select(func.count()).where(Call.ended_at.is_(None)))
            raw = await session.scalar(select(func.count()).where(Recording.state == "pending"))
        if not open_ and not raw and not theatre.instance.asterisk.channels():
            return
        await asyncio.sleep(0.5)
    channels = theatre.instance.asterisk.cli("core show channels concise")
    raise AssertionError(f"{open_} calls open, {raw} recordings pending, channels:\n{channels}")


async def _nothing_held(theatre: Theatre) -> None:
    assert "CBAnn" not in theatre.instance.asterisk.cli("core show channels concise")
    assert "hl" not in theatre.instance.asterisk.cli("confbridge list").lower().partition("=\n")[2]
    async with theatre.database.reading() as session:
        held = (
            await session.execute(select(Seat.id, Seat.state, Seat.call_id).where(Seat.call_id.is_not(None)))
        ).all()
    assert [one for one in held if one.state in ("reserved", "ringing", "talking")] == []
    await until(lambda: not list(theatre.settings.spool.rglob("*.json")), 20, "the spool is imported")
    folder = theatre.settings.recordings
    await until(
        lambda: not _unfinished(folder), 90, f"empty and unfinished sound is gone: {_unfinished(folder)}"
    )


def _unfinished(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".wav"]


async def _records_add_up(theatre: Theatre, told: Sequence[Visit]) -> None:
    """Within the seconds the call details need to be imported."""
    deadline, wrong = time.monotonic() + 60, ["not looked yet"]
    while wrong and time.monotonic() < deadline:
        await asyncio.sleep(1)
        wrong = [text for visit in told for text in await _wrong(theatre, visit)]
    assert wrong == []


async def _wrong(theatre: Theatre, visit: Visit) -> list[str]:
    async with theatre.database.reading() as session:
        found = (await calls.find(session, caller=visit.number)).items
        mine = [call for call in found if call.direction == "in"]
        if len(mine) != 1:
            return [f"{visit.number}: {len(mine)} calls on record"]
        call, sides = mine[0], await legs.of_call(session, mine[0].id)
        events = await call_details.cel_of(session, call)
    if not (call.ended_at and call.ended_by):
        return [f"{call.id}: its end is not on record"]
    still = [f"{call.id}: the {leg.role} leg never ended" for leg in sides if leg.ended_at is None]
    return still + [f"{call.id} {text}" for text in discrepancies(call, events, sides)]
