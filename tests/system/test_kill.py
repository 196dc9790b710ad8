"""`kill -9` of the service, at a random moment of every call: nobody is dropped, nothing is lost, nothing is doubled."""

import asyncio
import hashlib
import itertools
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from scipy.io import wavfile
from sqlalchemy import select

from app.demo import audio
from app.demo.leg import Leg
from app.demo.ring import Ring
from store import calls, legs, recordings
from store.tables import Call, Message, Recording, Ticket
from tests.system.floor import AgentDesk, Town
from tests.system.traces import until

pytestmark = [pytest.mark.system, pytest.mark.timeout(1500), pytest.mark.asyncio(loop_scope="module")]

OPENING_IN_FULL = True  # so that the service can be killed in it
CALLS = int(os.environ.get("HOTLINE_TEST_KILLS") or (20 if os.environ.get("CI") else 10))
AT_ONCE = 5
SEED = 12345
CITIZEN_HZ, AGENT_HZ = 700, 1100
LOUD_DB = -30.0
MESSAGE_BYTES = 3 * 16_000  # seconds of 16-bit sound at 8 kHz
PHASES: tuple["Phase", ...] = ("prompts", "ringing", "talking", "hung up", "filing")
Phase = Literal["prompts", "ringing", "talking", "hung up", "filing"]
LATEST_S = {"prompts": 7.0, "ringing": 1.5, "talking": 2.0, "hung up": 0.4, "filing": 0.15}


class Killer:
    """Kills the service once per call. Turns are taken, so that every kill meets a service that had come back."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._turn = asyncio.Lock()
        self.kills = 0

    async def turn(self) -> None:
        """Wait for a turn; it ends with the kill."""
        await self._turn.acquire()
        await self._town.serving()

    async def strike(self, after_s: float) -> None:
        await asyncio.sleep(after_s)
        pid = self._town.instance.service.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        async with asyncio.timeout(60):
            while self._town.instance.service.pid == pid:
                await asyncio.sleep(0.01)
        self._turn.release()


@dataclass
class Story:
    """What one call is to go through and what its people saw."""

    number: str
    phase: Phase
    delay: float
    talk_s: float
    who_ends: str
    saw: list[str] = field(default_factory=list)
    talked_s: float = 0.0
    ticket: str = ""
    left_message: bool = False
    blow: "asyncio.Task[None] | None" = None


def stories(count: int) -> list[Story]:
    """The same ones every time: a call for each phase in turn, the moment within the phase at random."""
    dice = random.Random(SEED)
    return [
        Story(f"1390735{i:04d}", phase, dice.uniform(0, LATEST_S[phase]), dice.uniform(2, 5), dice.choice(["citizen", "agent"]))
        for i, phase in zip(range(count), itertools.cycle(PHASES))
    ]  # fmt: skip


class Acted:
    """Plays one story. `others_rang`: opens once the calls beside this one are past their prompts."""

    def __init__(self, town: Town, killer: Killer, story: Story, others_rang: asyncio.Event) -> None:
        self.town, self.killer, self.story, self.others_rang = town, killer, story, others_rang
        self.rang = asyncio.Event()

    async def play(self) -> None:
        story = self.story
        async with self.town.citizen(story.number) as citizen:
            if (
                story.phase == "prompts"
            ):  # a service killed here can send a caller to the fallback: only this one
                await self.others_rang.wait()
            await self._enter("prompts")
            leg = await citizen.call("12345", from_number=story.number, timeout=20)
            leg.say(audio.tone(CITIZEN_HZ, 600))
            reached = await self.reached(leg)
            self.rang.set()
            if reached is None:
                await self.leave_message(leg)
            else:
                await self._talk(leg, *reached)
        if story.blow:
            await story.blow

    async def _enter(self, phase: Phase) -> None:
        mine = phase == self.story.phase
        if mine:
            await (
                self.others_rang.wait()
            )  # a kill may send callers in their prompts to the fallback: only this one
            await self.killer.turn()
            self.story.blow = asyncio.create_task(self.killer.strike(self.story.delay))
        self.story.saw.append(phase)

    async def _struck(self) -> None:
        """Stay where we are until this call's kill came, if it was to come here."""
        if self.story.blow:
            await asyncio.wait({self.story.blow}, timeout=60)

    async def reached(self, leg: Leg) -> tuple[Ring, AgentDesk] | None:
        """A seat that rings for this citizen, or None where the fallback takes a message; never silence, never dropped."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            assert leg.end is None, f"{self.story}: the caller was dropped: {leg.end}"
            try:
                ring, desk = await self.town.ring_of(self.story.number, 0.2)
            except TimeoutError:
                if self._taken():
                    return None
                continue
            if not ring.outcome:
                return ring, desk
        raise AssertionError(f"{self.story}: neither an agent nor the fallback in 90 s")

    def _taken(self) -> list[Path]:
        """The note the fallback makes for this citizen before its first word; the sound will stand beside it."""
        notes = (self.town.settings.spool / "taking").glob("*.json")
        return [note for note in notes if self.story.number in note.read_text()]

    async def leave_message(self, leg: Leg) -> None:
        """Hear the apology out, speak for some seconds after the beep, hang up."""
        self.story.saw.append("message")
        self.story.left_message = True
        (note,) = self._taken()
        sound = note.with_suffix(".wav")
        await until(
            lambda: sound.exists() and sound.stat().st_size > MESSAGE_BYTES, 30, "the message's sound"
        )
        await leg.hangup()

    async def _talk(self, leg: Leg, ring: Ring, desk: AgentDesk) -> None:
        story = self.story
        await self._enter("ringing")
        await self._struck()
        theirs = ring.answer()
        theirs.say(audio.tone(AGENT_HZ, 600))
        await asyncio.gather(leg.wait_tone(AGENT_HZ, 10), theirs.wait_tone(CITIZEN_HZ, 10))
        began, mine, his = time.monotonic(), leg.seconds(), theirs.seconds()
        await asyncio.sleep(story.talk_s)
        await self._enter("talking")
        await self._struck()
        await asyncio.sleep(1.0)
        await self._enter("hung up")
        heard = await asyncio.gather(
            self._still_connected(leg, AGENT_HZ, mine), self._still_connected(theirs, CITIZEN_HZ, his)
        )
        story.talked_s = min(time.monotonic() - began, *heard)
        await (leg if story.who_ends == "citizen" else theirs).hangup()
        await self._struck()
        await asyncio.sleep(1.0)
        await leg.hangup()
        await theirs.wait_end(10)
        call_id = await desk.my_last_call()
        await self._enter("filing")
        story.ticket = await desk.file(call_id, f"来电 {story.number}", f"kill-{story.number}")

    async def _still_connected(self, leg: Leg, hertz: float, since: float) -> float:
        """The seconds of the other's voice that came here; on a busy machine telephones send a little less than they should."""
        assert leg.end is None, f"{self.story}: dropped: {leg.end}"
        await until(
            lambda: leg.level(hertz, leg.seconds() - 0.6) > LOUD_DB, 10, f"{self.story}: their voice, now"
        )
        now = leg.seconds()
        heard = sum(end - start for start, end in audio.spans(leg.between(since, now), hertz))
        least = 0.75 * (now - since) - leg.late_s  # while this process stood still, neither telephone sent
        assert heard > least, (
            f"{self.story}: heard {heard:.1f} of {now - since:.1f} s, stood still {leg.late_s:.1f} s"
        )
        return heard


async def test_a_killed_service_drops_nobody_and_loses_and_doubles_nothing(town: Town) -> None:
    killer, told = Killer(town), stories(CALLS)
    for first in range(0, CALLS, AT_ONCE):
        await town.serving()
        await _together(town, killer, told[first : first + AT_ONCE])
    await town.serving()
    assert killer.kills == CALLS
    for story in told:
        assert story.phase in story.saw
        await _settled(town, story)


async def _together(town: Town, killer: Killer, told: list[Story]) -> None:
    """These calls at once: all but those to be met in their prompts are past theirs before the first kill."""
    past = asyncio.Event()
    acted = [Acted(town, killer, story, past) for story in told]
    async with asyncio.TaskGroup() as group:
        for one in acted:
            group.create_task(one.play())
        for one in acted:
            if one.story.phase != "prompts":
                await one.rang.wait()
        past.set()


async def test_a_call_while_the_service_is_dead_leaves_a_message_that_is_imported(town: Town) -> None:
    story = Story("13807350001", "prompts", 0, 0, "citizen")
    async with _dead(town), town.citizen(story.number) as citizen:
        leg = await citizen.call("12345", from_number=story.number, timeout=20)
        leg.say(audio.tone(CITIZEN_HZ, 600))
        acted = Acted(town, Killer(town), story, asyncio.Event())
        assert await acted.reached(leg) is None
        await acted.leave_message(leg)
    await _settled(town, story)


async def test_a_talk_that_began_and_ended_while_the_service_was_dead_is_whole(town: Town) -> None:
    story = Story("13807350002", "ringing", 0, 3, "citizen")
    async with town.citizen(story.number) as citizen:
        leg = await citizen.call("12345", from_number=story.number, timeout=20)
        leg.say(audio.tone(CITIZEN_HZ, 600))
        ring, desk = await town.ring_of(story.number, 40)
        async with _dead(town):
            theirs = ring.answer()
            theirs.say(audio.tone(AGENT_HZ, 600))
            await asyncio.gather(leg.wait_tone(AGENT_HZ, 10), theirs.wait_tone(CITIZEN_HZ, 10))
            await asyncio.sleep(story.talk_s)
            story.talked_s = story.talk_s
            await leg.hangup()
            await theirs.wait_end(10)
            spool, aside = town.settings.spool, town.settings.home / "aside"
            await until(lambda: list(spool.glob("*-ended.json")), 10, "the end is in the spool")
            spool.rename(
                aside
            )  # the worst order: the service misses the channel before it reads what became of it
        await _noted(town, story.number, "ended_at")
        for file in aside.glob("*.json"):
            file.rename(spool / file.name)
        await _noted(town, story.number, "user_id")
    story.ticket = await desk.file(await desk.my_last_call(), f"来电 {story.number}", f"kill-{story.number}")
    await _settled(town, story)


async def _noted(town: Town, number: str, what: str) -> None:
    """Until this fact of the caller's call is on record."""
    async with asyncio.timeout(40):
        while True:
            async with town.database.reading() as session:
                if any(getattr(call, what) for call in (await calls.find(session, caller=number)).items):
                    return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _dead(town: Town) -> AsyncIterator[None]:
    """Killed, and not started again before the end of the block; serving after it."""
    service = town.instance.service
    assert service.pid is not None
    os.kill(service.pid, signal.SIGKILL)
    await service.stop()
    try:
        yield
    finally:
        await service.start()
    await town.serving()


# --- what must be in the database -------------------------------------------------------------------------------------


async def _settled(town: Town, story: Story, seconds: float = 40.0) -> None:
    """Everything about this call is on record, within `seconds`."""
    deadline, problem = time.monotonic() + seconds, "not looked yet"
    while time.monotonic() < deadline:
        problem = await _missing(town, story)
        if not problem:
            return
        await asyncio.sleep(0.3)
    raise AssertionError(f"{story}: {problem}")


async def _missing(town: Town, story: Story) -> str:
    """What is not as it should be; empty when all is."""
    async with town.database.reading() as session:
        found = (await calls.find(session, caller=story.number)).items
        if len(found) != 1:
            return f"{len(found)} calls on record"
        call = found[0]
        sides = await legs.of_call(session, call.id)
        sounds = await recordings.of_call(session, call.id)
        tickets = (await session.scalars(select(Ticket).where(Ticket.call_id == call.id))).all()
        messages = (await session.scalars(select(Message).where(Message.call_id == call.id))).all()
    if not (call.ended_at and call.ended_by and call.arrived_at < call.ended_at):
        return f"the end is not on record: {call.state} {call.ended_at} {call.ended_by}"
    if story.left_message:
        return _message_missing(list(messages), list(tickets), list(sounds))
    if [leg for leg in sides if leg.ended_at is None]:
        return "a leg never ended"
    if not {"citizen", "agent"} <= {leg.role for leg in sides}:
        return f"legs: {[leg.role for leg in sides]}"
    return _talk_missing(town, story, call, list(sounds)) or _filed_missing(
        story, list(tickets), list(messages)
    )


def _message_missing(messages: list[Message], tickets: list[Ticket], sounds: list[Recording]) -> str:
    if len(messages) != 1 or tickets:
        return f"{len(messages)} messages, {len(tickets)} tickets"
    if messages[0].kind != "voicemail":
        return f"the message is of kind {messages[0].kind}"
    if [s.state for s in sounds] != ["ready"]:
        return f"the message's sound: {[(s.state, s.problem) for s in sounds]}"
    return ""


def _talk_missing(town: Town, story: Story, call: Call, sounds: list[Recording]) -> str:
    if not (call.agent_answered_at and call.answered_at and call.answered_at <= call.agent_answered_at <= (call.ended_at or call.arrived_at)):  # fmt: skip
        return f"answered {call.answered_at}, by the agent {call.agent_answered_at}, ended {call.ended_at}"
    whole = [s for s in sounds if s.state == "ready"]
    if len(whole) != 1 or whole[0].channels != 2:
        return f"recordings: {[(s.state, s.channels, s.problem) for s in sounds]}"
    path = town.settings.recordings / whole[0].path
    if hashlib.sha256(path.read_bytes()).hexdigest() != whole[0].sha256:
        return "the recording is not the one its checksum says"
    _, both = wavfile.read(path)
    heard = [sum(b - a for a, b in audio.spans(np.asarray(both[:, i]), hz)) for i, hz in enumerate((CITIZEN_HZ, AGENT_HZ))]  # fmt: skip
    if min(heard) < 0.9 * story.talked_s:
        return f"the recording holds {heard} s of {story.talked_s:.1f} s of each voice"
    return ""


def _filed_missing(story: Story, tickets: list[Ticket], messages: list[Message]) -> str:
    if [ticket.id for ticket in tickets] != [story.ticket] or story.number not in tickets[0].title:
        return f"tickets {[t.id for t in tickets]}, filed {story.ticket}"
    if [message for message in messages if message.state == "open"]:
        return "a message beside the ticket"
    return ""
