"""Anything in any order: many calls at once, answers lost, repeated and late, agents coming and going."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.actor import Actor
from app.chores import Chores
from app.floor import Content
from core.call import Bye, Play, Ring, TakeMessage
from core.errors import Conflict, NotAllowed
from store.database import Database
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place

pytestmark = pytest.mark.service
MENUS = """
start: welcome
menus:
  welcome:
    prompts: [greeting, recording-notice]
    keys:
      "1": {go: queue}
      "2": {go: queue, skill: social}
      "3": {go: message}
      "9": {go: goodbye}
    tries: 2
    timeout_s: 3
    next: queue
"""
SEATS = tuple(str(8001 + n) for n in range(4))
MOST = 10
STEPS = 220


@dataclass
class Storm:
    """One seeded run; `log` retells it when a promise is broken."""

    place: Place
    chance: random.Random
    agents: dict[str, Actor] = field(default_factory=dict)
    here: list[Citizen] = field(default_factory=list)
    talking: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        for seat in SEATS:
            self.agents[seat] = await self.place.seat(seat)

    async def step(self) -> None:
        self.place.clock.pass_(self.chance.choice((0.2, 1, 5, 20)))
        deeds = [self.arrive] if not self.here else [self.arrive, self.agent, *[self.citizen] * 6]
        await self.chance.choice(deeds)()

    async def arrive(self) -> None:
        if len(self.here) < MOST:
            citizen = self.place.citizen(self.chance.choice(("13812345678", "")))
            self.log.append(f"{citizen.linkedid} arrives")
            await citizen.dial()
            self.here.append(citizen)

    async def agent(self) -> None:
        seat = self.chance.choice(SEATS)
        house, who = self.place.house, self.agents[seat]
        deed = self.chance.choice(
            (house.seat_ready, house.seat_ready, house.seat_login, house.seat_logout, self.pause)
        )
        self.log.append(f"{seat} {deed.__name__}")
        try:
            await deed(who, seat)
        except (NotAllowed, Conflict) as refused:
            self.log.append(f"  refused: {refused}")

    async def pause(self, who: Actor, seat: str) -> None:
        await self.place.house.seat_pause(who, seat, "")

    async def citizen(self) -> None:
        citizen = self.chance.choice(self.here)
        self.log.append(f"{citizen.linkedid} at {citizen.told}")
        if self.chance.random() < 0.12:
            await self.lose_an_answer(citizen)
        elif self.chance.random() < 0.12:
            await self.leave(citizen)
        else:
            await self.go_on(citizen)

    async def lose_an_answer(self, citizen: Citizen) -> None:
        """Our last answer reached nobody: asked again, in two processes at once if chance will have it."""
        self.log.append("  asks again")
        if citizen.last is None or citizen.id in self.talking:
            await citizen.dial()
        elif self.chance.random() < 0.5:
            await citizen.ask_again()
        else:
            await asyncio.gather(self.place.desk.next(citizen.last), citizen.ask_again())

    async def leave(self, citizen: Citizen) -> None:
        talking = citizen.id in self.talking
        self.log.append("  hangs up")
        facts = await citizen.gone(status="ANSWER" if talking else "CANCEL", talk_s=9 if talking else None)
        if self.chance.random() < 0.3:
            await self.place.desk.ended(facts)
        self.here.remove(citizen)
        self.talking.discard(citizen.id)

    async def go_on(self, citizen: Citizen) -> None:
        match citizen.told:
            case Play():
                await citizen.done(digits=self.chance.choice(("", "", "", "1", "2", "3", "9", "7")))
            case Ring():
                await self.ring(citizen)
            case Bye():
                await citizen.gone(by="us", status="DONE")
                self.here.remove(citizen)
            case TakeMessage():
                await citizen.done(self.chance.choice(("DONE", "FAILED")))
            case _:
                await citizen.done(self.chance.choice(("DONE", "WOKEN")))

    async def ring(self, citizen: Citizen) -> None:
        if citizen.id in self.talking:
            self.talking.discard(citizen.id)
            await citizen.agent_hangs_up(self.chance.choice((0, 30)))
            return
        result = self.chance.choice(
            ("answered", "answered", "answered", "unseen", "NOANSWER", "BUSY", "CHANUNAVAIL", "WOKEN")
        )
        self.log.append(f"  {result}")
        if result == "answered":
            await citizen.answered()
            self.talking.add(citizen.id)
        elif result == "unseen":
            await citizen.agent_hangs_up(15)
        else:
            await citizen.no_answer(result, after_s=20 if result == "NOANSWER" else 1)

    async def end(self, chores: Chores) -> None:
        for citizen in list(self.here):
            await self.leave(citizen)
        await self.look_after(chores)

    async def look_after(self, chores: Chores) -> None:
        self.place.clock.pass_(1000)
        for chore in (chores.free_seats, chores.finish_recordings, chores.unfinished_calls, chores.alarms):
            await chore()


@pytest.fixture
async def storm_on(sqlite_database: Database, content: Content, request: pytest.FixtureRequest) -> Storm:
    storm = Storm(Place(sqlite_database, content, MENUS), random.Random(request.param))
    await storm.begin()
    return storm


@pytest.mark.parametrize("storm_on", range(6), indirect=True, ids=lambda seed: f"seed {seed}")
async def test_whatever_happens_in_whatever_order_every_promise_is_kept(
    storm_on: Storm, tmp_path: Path
) -> None:
    storm, database = storm_on, storm_on.place.database
    for number in range(STEPS):
        await storm.step()
        if number % 10 == 0:
            broken = await broken_promises(database, chores_ran=False)
            assert broken == [], "\n".join([*broken, *storm.log[-40:]])
    await storm.end(Chores(storm.place.floor, tmp_path, tmp_path / "spool"))
    broken = await broken_promises(database)
    assert broken == [], "\n".join([*broken, *storm.log[-40:]])
    for seat in SEATS:
        assert await storm.place.seat_state(seat) in ("ready", "paused", "logged_out")


async def test_lives_side_by_side_neither_block_nor_cross_each_other(place: Place, tmp_path: Path) -> None:
    floor = Storm(place, random.Random(0))
    await floor.begin()

    async def life(seed: int) -> None:
        storm = Storm(place, random.Random(seed), floor.agents)
        for _ in range(30):
            await (storm.citizen() if storm.here else storm.arrive())
            await asyncio.sleep(0)
        for citizen in list(storm.here):
            await storm.leave(citizen)

    async def shift() -> None:
        for _ in range(60):
            await floor.agent()
            await asyncio.sleep(0.01)

    async with asyncio.timeout(60):
        await asyncio.gather(shift(), *(life(seed) for seed in range(10)))
    await floor.look_after(Chores(place.floor, tmp_path, tmp_path / "spool"))
    assert await broken_promises(place.database) == []


async def test_one_citizen_asked_by_two_processes_at_once_gets_one_seat(place: Place) -> None:
    for seat in SEATS:
        await place.seat(seat, "paused")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    for seat, who in [(seat, await place.person(f"chief{seat}", "supervisor")) for seat in SEATS]:
        await place.house.seat_ready(who, seat)
    told = await asyncio.gather(*(citizen.done("DONE") for _ in range(3)))
    assert len({str(one) for one in told}) == 1
    assert isinstance(told[0], Ring)
    assert [await place.seat_state(seat) for seat in SEATS].count("ringing") == 1
    assert await broken_promises(place.database, chores_ran=False) == []


async def test_many_citizens_at_once_never_share_a_seat(place: Place) -> None:
    for seat in SEATS:
        await place.seat(seat)
    citizens = [place.citizen() for _ in range(12)]
    await asyncio.gather(*(citizen.dial() for citizen in citizens))
    place.clock.pass_(6)
    told = await asyncio.gather(*(citizen.done() for citizen in citizens))
    rung = [one.seat for one in told if isinstance(one, Ring)]
    assert sorted(rung) == list(SEATS)
    await asyncio.gather(*(citizen.gone(status="CANCEL") for citizen in citizens))
    assert await broken_promises(place.database) == []
