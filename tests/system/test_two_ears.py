"""Recognition as a role of its own: two processes share the talks, one is killed in mid-talk, the other hears the rest of all of them."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from sqlalchemy import select

from app.demo import audio
from app.demo.leg import Leg
from app.demo.scenario import load
from app.demo.voices import rehearse
from app.instance import Instance, environment, free_ports, private
from app.settings import PROJECT, Settings
from app.supervisor import child_env
from asr.registry import choose
from asr.scoring import cer
from core.errors import HotlineError
from store import calls, utterances
from store.tables import Utterance
from tests.need import missing
from tests.system.conftest import no_opening, nothing_left
from tests.system.floor import Town

pytestmark = [pytest.mark.system, pytest.mark.model, pytest.mark.timeout(400)]

TALKS = 3
MOST_CALLS = 12  # who hears a call is drawn by its id: so many at most until both hear one
FIRST, SECOND = (
    ("complaint", 1),
    ("refused", 1),
)  # turns of the demo's scenes: its renderings are kept already
WORST_CER = 0.4  # of a synthetic voice on a line; what is missed as a whole costs half


class Apart(Instance):
    """The service without ears."""

    def _command(self) -> list[str]:
        return [*super()._command()[:-2], *(f"--role={role}" for role in ("api", "agi", "worker"))]


@dataclass
class EarProcess:
    """One process that only recognises speech; nobody starts it again."""

    settings: Settings
    process: asyncio.subprocess.Process

    async def streams(self) -> int:
        """Legs it hears now, as its metrics tell."""
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            text = (await http.get(f"http://127.0.0.1:{self.settings.watch_port}/metrics")).text
        return int(float(re.findall(r'^hl_asr_live\{what="streams"\} (\S+)', text, re.MULTILINE)[0]))


@asynccontextmanager
async def ear(settings: Settings, port: int) -> AsyncIterator[EarProcess]:
    (watch,) = free_ports(1)
    own = settings.model_copy(update={"audio_port": port, "watch_port": watch})
    with (settings.logs / f"asr-{port}.log").open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "serve", "--role", "asr", stdout=out, stderr=out, cwd=PROJECT,
            env=child_env(PYTHONPATH=str(PROJECT), **environment(own)),
        )  # fmt: skip
    made = EarProcess(own, process)
    try:
        async with asyncio.timeout(120):
            while not await _listening(made):
                assert process.returncode is None, (settings.logs / f"asr-{port}.log").read_text()[-3000:]
                await asyncio.sleep(0.2)
        yield made
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listening(one: EarProcess) -> bool:
    try:
        await one.streams()
    except (httpx.HTTPError, IndexError):
        return False
    return True


@dataclass
class Talk:
    """A citizen and an agent, connected."""

    number: str
    citizen: Leg
    agent: Leg
    heard_by: EarProcess


class House:
    """The instance's people, its two ears, and the talks under way."""

    def __init__(self, town: Town, ears: list[EarProcess], people: AsyncExitStack) -> None:
        self.town, self.ears, self._people = town, ears, people
        self.talks: list[Talk] = []

    async def talk(self, number: str) -> Talk:
        """One more, once somebody hears both of its legs."""
        before = [await one.streams() for one in self.ears]
        phone = await self._people.enter_async_context(self.town.citizen(number))
        leg = await phone.call("12345", from_number=number, timeout=20)
        ring, _ = await self.town.ring_of(number, 40)
        theirs = ring.answer()
        async with asyncio.timeout(40):
            while True:
                for one, had in zip(self.ears, before, strict=True):
                    if await one.streams() == had + 2:
                        return Talk(number, leg, theirs, one)
                await asyncio.sleep(0.1)

    async def spread(self) -> None:
        """TALKS talks of which each ear hears at least one."""
        for count in range(MOST_CALLS):
            new = await self.talk(f"1390735{count:04d}")
            self.talks.append(new)
            if len(self.talks) < TALKS:
                continue
            if len({id(one.heard_by) for one in self.talks}) == len(self.ears):
                return
            self.talks.remove(new)
            await self._over(new)
        raise AssertionError(f"{MOST_CALLS} calls were all heard by one")

    async def _over(self, talk: Talk) -> None:
        had = await talk.heard_by.streams()
        await talk.citizen.hangup()
        async with asyncio.timeout(30):
            while await talk.heard_by.streams() > had - 2:
                await asyncio.sleep(0.1)

    async def captions(self, talk: Talk, source: str = "live") -> list[Utterance]:
        async with self.town.database.reading() as session:
            (call,) = (await calls.find(session, caller=talk.number)).items
            wanted = (Utterance.call_id == call.id, Utterance.source == source)
            found = await session.scalars(
                select(Utterance).where(*wanted).order_by(Utterance.created_at, Utterance.start_s)
            )
            return list(found)

    async def say(self, sound: audio.Samples) -> None:
        """Every citizen says this; until a caption came of each."""
        had = [len(await self.captions(one)) for one in self.talks]
        for one in self.talks:
            one.citizen.say(sound)
        async with asyncio.timeout(90):
            for one, before in zip(self.talks, had, strict=True):
                await one.citizen.said()
                while len(await self.captions(one)) <= before:
                    await asyncio.sleep(0.2)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    try:
        choose("whisper")
    except HotlineError as error:
        missing(f"a recogniser ({error})")
    ports = free_ports(2)
    settings: Settings = private(
        tmp_path / "home", recognise_live="whisper", recognise_after="whisper", seats=TALKS + 1, wrap_up_s=1, wait_s=2,
        ring_s=90, prompts=no_opening(tmp_path / "prompts"), ears=",".join(f"127.0.0.1:{port}" for port in ports),
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        instance = await stack.enter_async_context(Apart(settings))
        ears = [await stack.enter_async_context(ear(settings, port)) for port in ports]
        town = await stack.enter_async_context(Town(instance))
        yield House(town, ears, await stack.enter_async_context(AsyncExitStack()))
    await nothing_left(settings)


async def test_a_killed_recogniser_costs_no_call_and_the_other_hears_the_rest(house: House) -> None:
    said = await rehearsed(house.town.settings)
    await house.spread()
    await house.say(said[0])
    killed = house.talks[0].heard_by
    os.kill(killed.process.pid, signal.SIGKILL)
    (left,) = [one for one in house.ears if one is not killed]
    async with asyncio.timeout(60):
        while await left.streams() < 2 * TALKS:
            await asyncio.sleep(0.1)
    before = [one.agent.seconds() for one in house.talks]
    await house.say(said[1])
    for one, since in zip(house.talks, before, strict=True):
        assert (one.citizen.end, one.agent.end) == (None, None)
        assert np.abs(one.agent.between(since, one.agent.seconds())).max() > 1000, "the agent hears on"
        first, *_, last = await house.captions(one)
        assert last.start_s > first.end_s, "times go on where the first ears left off"
    await asyncio.gather(*(one.citizen.hangup() for one in house.talks))
    await whole_afterwards(house)


async def rehearsed(settings: Settings) -> list[audio.Samples]:
    found = []
    for name, turn in (FIRST, SECOND):
        scene = load(name)
        found.append((await rehearse(scene, settings.models))[scene.turns[turn].say])
    return found


async def whole_afterwards(house: House) -> None:
    """The after-call text of every talk holds both sentences; the captions are kept beside it."""
    wanted = "".join(load(name).turns[turn].say for name, turn in (FIRST, SECOND))
    async with asyncio.timeout(150):
        for one in house.talks:
            while not (after := await house.captions(one, "after_call")):
                await asyncio.sleep(0.3)
            text = "".join(u.text for u in after if u.speaker == "citizen")
            assert cer([(wanted, text)]) < WORST_CER, text
            assert await house.captions(one)
            async with house.town.database.reading() as session:
                shown = await utterances.of_call(session, after[0].call_id)
            assert {u.source for u in shown} == {"after_call"}
