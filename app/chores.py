"""Work that can be read from the rows: each chore looks for what is still to do and does it once (ADR 4)."""

import asyncio
import contextlib
import shutil
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agi.recording import RATE, finish
from agi.spool import import_spool
from agi.spool_file import Entry, SpooledMessage
from app import flow, personal
from app.errands import words
from app.floor import Floor
from app.three_way import rows
from app.tidy import tidy
from asr.aftercall import Said, transcribe_recording
from core.call import Arrival
from core.errors import HotlineError
from core.ports import Recogniser
from store import calls, legs, messages, recordings, seats, taps, tickets, transfers, utterances
from store.tables import Recording

log = structlog.get_logger(__name__)

Chore = Callable[[], Awaitable[int]]
PAUSE_S = 2.0
BEGIN_AT_ONCE, BEGIN_S = 3, 10.0
"""First rounds side by side, and how long one waits for its turn: a start must leave calls and /health room."""
GATHER_S = 0.25  # hints that come together are one round
_WOKEN_BY = {"call.ended": ("free_seats", "finish_recordings"), "recording.ready": ("transcribe",)}
CLAIM = timedelta(
    seconds=90
)  # a process that died while it transcribed holds its recording no longer than this
RENEW_S = 30.0
TIDY_EVERY_S = 60.0
ALARMS, ALARMS_S = 100, 5.0
"""Tickets looked up at once whose alarm went off, and seconds until another round begins from the most overdue one."""
GRACE = timedelta(seconds=10)  # younger than this, a reserved or ringing seat is still being dealt with


class Chores:
    """One loop per chore; a hint on `chores` wakes those it is for, else they look every PAUSE_S seconds."""

    def __init__(
        self, floor: Floor, recordings_in: Path, spool: Path, recogniser: Recogniser | None = None
    ) -> None:
        self._floor = floor
        self._folder = recordings_in
        self._spool = spool
        self._recogniser = recogniser
        self._tidied = -TIDY_EVERY_S
        self._wake: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._begin = asyncio.Semaphore(BEGIN_AT_ONCE)

    async def run(self, which: Sequence[Chore]) -> None:
        """Until cancelled. A chore that fails is logged and tried again; the others go on."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            for chore in which:
                group.create_task(self._forever(chore))

    @property
    def floor_work(self) -> tuple[Chore, ...]:
        """What a worker does."""
        return (
            self.free_seats,
            self.finish_recordings,
            self.tidy_recordings,
            self.unfinished_calls,
            self.alarms,
            self.import_spool,
        )

    @property
    def speech_work(self) -> tuple[Chore, ...]:
        """What a machine with a recogniser does."""
        return (self.transcribe,) if self._recogniser else ()

    async def _listen(self) -> None:
        async with self._floor.hints.subscribe("chores") as incoming:
            async for _, hint in incoming:
                for chore in _WOKEN_BY.get(hint.get("event", ""), ()):
                    self._wake[chore].set()

    async def _forever(self, chore: Chore) -> None:
        name = getattr(chore, "__name__", "chore")
        wake = self._wake[name]
        my_turn = await self._turn() if chore not in self.speech_work else False
        while True:
            wake.clear()
            done = 0
            try:
                done = await chore()
            except HotlineError as error:
                log.warning("chore put off", chore=name, reason=str(error))
            except Exception as error:
                log.error("chore failed", chore=name, exc_info=error)
            finally:
                if my_turn:
                    self._begin.release()
                    my_turn = False
            if not done:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PAUSE_S):
                        await wake.wait()
            await asyncio.sleep(GATHER_S)

    async def _turn(self) -> bool:
        """Wait until a first round may begin; False where the others take too long: it begins all the same."""
        try:
            async with asyncio.timeout(BEGIN_S):
                await self._begin.acquire()
        except TimeoutError:
            return False
        return True

    # --- seats -------------------------------------------------------------------------------------------------------

    async def free_seats(self) -> int:
        """Wrap-up that is over makes a seat ready; a seat held by a call that has ended is given back."""
        at = self._floor.clock()
        wrap_up = timedelta(seconds=self._floor.times.wrap_up_s)
        async with self._floor.database.session() as session:
            freed = await seats.end_wrap_up(session, at - wrap_up, at)
            freed += await seats.take_back(session, at - GRACE, at)
            freed += await self._rung_in_vain(session, at)
            await seats.settle_forced(session, at)
        if freed:
            await self._floor.tell("queue", "seat.free")
        return freed

    async def _rung_in_vain(self, session: AsyncSession, at: datetime) -> int:
        """A ring longer than any may last: we were killed before its end was told."""
        longest = timedelta(seconds=self._floor.times.ring_s) + GRACE + GRACE
        gone = await transfers.rung_in_vain(session, at - longest)
        for leg in gone:
            if await transfers.not_answered(session, leg.id, at):
                await rows.let_seat_go(session, leg.number, leg.call_id, at)
        return len(gone)

    # --- recordings --------------------------------------------------------------------------------------------------

    async def finish_recordings(self) -> int:
        """Recordings of calls that have ended become whole files with their checksum, whatever happened meanwhile."""
        async with self._floor.database.reading() as session:
            over = await recordings.pending(session, self._floor.clock(), of_ended_calls=True)
        found = await asyncio.gather(*(self._finish(recording) for recording in over))
        outcomes = [outcome for outcome in found if outcome is not None]
        if not outcomes:
            return 0
        async with self._floor.database.session() as session:
            await recordings.settle(session, outcomes)
            await calls.talked(session, {o.call_id: o.seconds for o in outcomes if o.seconds is not None})
        await self._floor.tell("chores", "recording.ready")
        for done in outcomes:
            await self._floor.tell(f"call.{done.call_id}", "call.recorded", recording_id=done.id)
        return len(outcomes)

    async def tidy_recordings(self) -> int:
        """Once a minute: looking through the folder costs more than it brings oftener."""
        now = time.monotonic()
        if now < self._tidied + TIDY_EVERY_S:
            return 0
        self._tidied = now
        async with self._floor.database.session() as session:
            await taps.clear(session)
        return await tidy(self._floor, self._folder)

    async def _finish(self, recording: Recording) -> recordings.Outcome | None:
        """Make one file whole, on a thread. None where the disk refused: tried again later, the sound is still there."""
        raw, wav = (self._folder / f"{recording.stem}.{kind}" for kind in ("raw", "wav"))
        done, problem = None, "nothing was recorded"
        try:
            done = await asyncio.to_thread(finish, raw if raw.exists() else wav, wav)
        except (HotlineError, FileNotFoundError) as error:
            problem = str(error)
        except OSError as error:
            log.warning("a recording can't be finished yet", recording=recording.id, reason=str(error))
            return None
        if done is None:
            log.warning("no usable recording", recording=recording.id, reason=problem)
            return recordings.Outcome(recording.id, recording.call_id, "failed", problem)
        facts = (done.path.name, done.channels, RATE, done.seconds, done.sha256)
        return recordings.Outcome(recording.id, recording.call_id, "ready", None, *facts)

    async def transcribe(self) -> int:
        """One recording at a time: whole channels with the best settings replace the live captions."""
        at = self._floor.clock()
        async with self._floor.database.session() as session:
            recording = await recordings.claim(session, at, at + CLAIM)
        if recording is None:
            return 0
        try:
            said = await self._words(recording)
        except Exception as error:  # one bad file must not keep all later ones from being read
            log.error("a recording stays without its words", recording=recording.id, exc_info=error)
            said = []
        await self._keep(recording, said)
        return 1

    async def _words(self, recording: Recording) -> list[Said]:
        """Recognised on a thread; meanwhile the claim is kept, so that no other process does the same work."""
        assert self._recogniser is not None
        path = self._folder / recording.path
        async with self._floor.database.reading() as session:
            speakers = await transfers.speakers(session, recording)
        work = asyncio.create_task(asyncio.to_thread(transcribe_recording, self._recogniser, path, speakers))
        while not (await asyncio.wait({work}, timeout=RENEW_S))[0]:
            try:
                async with self._floor.database.session() as session:
                    await recordings.keep_claim(session, recording.id, self._floor.clock() + CLAIM)
            except (
                Exception
            ) as error:  # the work goes on: at worst another process does it too, and one of both counts
                log.error("a claim could not be kept", recording=recording.id, exc_info=error)
        return work.result()

    async def _keep(self, recording: Recording, said: list[Said]) -> None:
        assert self._recogniser is not None
        at, engine = self._floor.clock(), f"{self._recogniser.name}/{self._recogniser.model}"
        heard = [(one.speaker, personal.kept(self._floor.policy, one.utterance)) for one in said]
        async with self._floor.database.session() as session:
            if not await recordings.transcribed(session, recording.id, at, engine):
                return  # our claim had run out and somebody else was first
            if heard:
                began = await transfers.offset_s(session, recording)
                await utterances.replace_after_call(
                    session, recording.call_id, heard, engine, at, recording_id=recording.id, offset_s=began
                )
            text = "".join(u.text for _, u in heard)
            answer = await words.heard(self._floor, session, recording, text, at)
            message = None if answer else await messages.of_call(session, recording.call_id)
            if message is not None and heard:
                await messages.set_text(session, message.id, text)
        await self._floor.tell(f"call.{recording.call_id}", "call.transcribed", utterances=len(heard))

    # --- calls and tickets -------------------------------------------------------------------------------------------

    async def unfinished_calls(self) -> int:
        """A talk that ended and of which nobody said what came becomes a message that somebody must finish."""
        at = self._floor.clock()
        before = at - timedelta(seconds=self._floor.times.unfinished_after_s)
        async with self._floor.database.session() as session:
            left = await calls.without_outcome(session, before)
            for call in left:
                kind: messages.Kind = "unfinished" if call.agent_answered_at else "abandoned"
                await messages.add(session, kind, call.caller, at, call_id=call.id)
        return len(left)

    async def alarms(self) -> int:
        """Cards and deadlines that are due, most overdue first, for at most a while: at midnight thousands fall at once.

        Each is a transaction of its own, between which calls have their turn. One that can't be judged is passed by.
        """
        over, looked, done = time.monotonic() + ALARMS_S, 0, 0
        while True:
            async with self._floor.database.reading() as session:
                due = await tickets.due_for_alarm(session, self._floor.clock(), ALARMS, looked - done)
            for ticket_id in due:
                done += await self._alarm(ticket_id)
            looked += len(due)
            if len(due) < ALARMS or time.monotonic() > over:
                return done

    async def _alarm(self, ticket_id: str) -> bool:
        """Whether it is done with for now. One that can't be judged (its policy is gone, its row is broken) must not silence the others."""
        try:
            left = (await flow.deadline_near(self._floor, ticket_id)).ticket.next_alarm_at
            return left is None or left > self._floor.clock()
        except HotlineError as error:
            log.warning("an alarm is put off", ticket=ticket_id, reason=str(error))
        except Exception as error:  # a row nobody can read, whatever is wrong with it
            log.error("an alarm failed", ticket=ticket_id, exc_info=error)
        return False

    async def import_spool(self) -> int:
        """What the fallback script took down while we were away."""

        async def take(entry: Entry) -> None:
            await import_entry(self._floor, entry, self._folder)

        return (await import_spool(self._spool, take)).taken


async def import_entry(floor: Floor, entry: Entry, folder: Path) -> None:
    """One spooled fact into the rows; twice is the same as once, in any order."""
    if isinstance(entry, SpooledMessage):
        arrival = Arrival(entry.linkedid, "", entry.line, entry.caller, entry.at)
        async with floor.database.session() as session:
            call_id = await _known(session, entry.call_id, arrival, "fallback")
            stem = await _sound(session, call_id, entry, folder) if entry.audio is not None else None
            await messages.add(session, "voicemail", entry.caller, entry.at, call_id=call_id, recording=stem)
        return
    facts = entry.facts
    arrival = Arrival(facts.linkedid, "", entry.line, entry.caller, facts.at)
    async with floor.database.session() as session:
        call_id = await _known(session, facts.call_id, arrival, facts.step)
    await flow.ended(floor, replace(facts, call_id=call_id))


async def _known(session: AsyncSession, told: str, arrival: Arrival, step: str) -> str:
    """The call's id; one that never reached the service gets its row and its citizen's leg now.

    told: what we once called it, as the dialplan remembers it; empty where we never heard of it.
    """
    if told and await calls.is_known(session, told):
        return told
    call_id, fresh = await calls.add_call(session, arrival, step=step)
    if fresh:
        await legs.add(session, call_id, "citizen", arrival.at)
    return call_id


async def _sound(session: AsyncSession, call_id: str, entry: SpooledMessage, folder: Path) -> str:
    """The message's audio where recordings lie, unless an earlier import brought it there; gives its stem."""
    stem = f"{call_id}-spooled"
    known = await recordings.by_stem(session, stem)
    if entry.audio is not None and (known is None or known.state == "pending"):
        await asyncio.to_thread(_copy, entry.audio, folder / f"{stem}.wav")
    await recordings.add(session, call_id, stem, entry.at)
    return stem


def _copy(source: Path, target: Path) -> None:
    """Whole or not at all."""
    partial = target.with_name(f".{target.name}.part")
    shutil.copyfile(source, partial)
    partial.replace(target)
