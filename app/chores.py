"""Work that can be read from the rows: each chore looks for what is still to do and does it once (ADR 4)."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from agi.recording import RATE, finish
from agi.spool import import_spool
from agi.spool_file import Entry, SpooledMessage
from app import flow
from app.floor import Floor
from asr.aftercall import Said, transcribe_recording
from core.call import Arrival
from core.errors import HotlineError
from core.ports import Recogniser
from store import calls, legs, messages, recordings, seats, tickets, utterances
from store.tables import Recording

log = structlog.get_logger(__name__)

Chore = Callable[[], Awaitable[int]]
PAUSE_S = 2.0
GRACE = timedelta(seconds=10)  # younger than this, a reserved or ringing seat is still being dealt with
MANY_CALLS = 10_000


class Chores:
    """One loop per chore; a hint on `chores` wakes them, else they look every PAUSE_S seconds."""

    def __init__(
        self, floor: Floor, recordings_in: Path, spool: Path, recogniser: Recogniser | None = None
    ) -> None:
        self._floor = floor
        self._folder = recordings_in
        self._spool = spool
        self._recogniser = recogniser
        self._wake = asyncio.Event()

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
            async for _ in incoming:
                self._wake.set()

    async def _forever(self, chore: Chore) -> None:
        name = getattr(chore, "__name__", "chore")
        while True:
            done = 0
            try:
                done = await chore()
            except HotlineError as error:
                log.warning("chore put off", chore=name, reason=str(error))
            except Exception as error:
                log.error("chore failed", chore=name, exc_info=error)
            if not done:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), PAUSE_S)
            await asyncio.sleep(0.05)
            self._wake.clear()

    # --- seats -------------------------------------------------------------------------------------------------------

    async def free_seats(self) -> int:
        """Wrap-up that is over makes a seat ready; a seat held by a call that has ended is given back."""
        at, freed = self._floor.clock(), 0
        wrap_up = timedelta(seconds=self._floor.times.wrap_up_s)
        async with self._floor.database.session() as session:
            for seat in await seats.stale(session, at - min(wrap_up, GRACE)):
                if seat.state == "wrap_up":
                    over = seat.updated_at <= at - wrap_up
                else:
                    over = (
                        seat.call_id is None or (await calls.get(session, seat.call_id)).ended_at is not None
                    )
                if over:
                    await seats.set_state(session, seat.id, "ready", at, call_id=seat.call_id)
                    freed += 1
        if freed:
            await self._floor.tell("queue", "seat.free")
        return freed

    # --- recordings --------------------------------------------------------------------------------------------------

    async def finish_recordings(self) -> int:
        """Recordings of calls that have ended become whole files with their checksum, whatever happened meanwhile."""
        async with self._floor.database.reading() as session:
            begun = await recordings.pending(session, self._floor.clock(), limit=MANY_CALLS)
            talking = {call.id for call in await calls.under_way(session, MANY_CALLS)} if begun else set()
        over = [recording for recording in begun if recording.call_id not in talking]
        return sum([await self._finish(recording) for recording in over])

    async def _finish(self, recording: Recording) -> bool:
        """False where the disk refused: tried again later, the sound is still there."""
        raw, wav = (self._folder / f"{recording.stem}.{kind}" for kind in ("raw", "wav"))
        whole = (
            self._folder / f"{recording.stem}.whole.wav"
        )  # `finish` removes its source, so a WAV needs another name
        try:
            done = await asyncio.to_thread(finish, *((raw, wav) if raw.exists() else (wav, whole)))
        except (HotlineError, FileNotFoundError) as error:
            await self._failed(recording, str(error))
            return True
        except OSError as error:
            log.warning("a recording can't be finished yet", recording=recording.id, reason=str(error))
            return False
        if done is None:
            await self._failed(recording, "nothing was recorded")
            return True
        facts = {"channels": done.channels, "rate": RATE, "seconds": done.seconds, "sha256": done.sha256}
        async with self._floor.database.session() as session:
            await recordings.ready(session, recording.id, done.path.name, **facts)  # type: ignore[arg-type]
            await self._talk_seconds(session, recording, done.seconds)
        await self._floor.tell("chores", "recording.ready", recording_id=recording.id)
        await self._floor.tell(f"call.{recording.call_id}", "call.recorded", recording_id=recording.id)
        return True

    async def _talk_seconds(self, session: AsyncSession, recording: Recording, seconds: float) -> None:
        """Where nobody saw the end of a talk its sound says how long it was."""
        call = await calls.get(session, recording.call_id)
        if call.agent_answered_at is not None and call.talk_seconds is None:
            await calls.change(session, call.id, talk_seconds=seconds)

    async def _failed(self, recording: Recording, problem: str) -> None:
        log.warning("no usable recording", recording=recording.id, reason=problem)
        async with self._floor.database.session() as session:
            await recordings.failed(session, recording.id, problem)

    async def transcribe(self) -> int:
        """One recording at a time: whole channels with the best settings replace the live captions."""
        assert self._recogniser is not None
        async with self._floor.database.reading() as session:
            waiting = await recordings.to_transcribe(session, limit=1)
        for recording in waiting:
            path = self._folder / recording.path
            try:
                said = await asyncio.to_thread(transcribe_recording, self._recogniser, path)
            except Exception as error:  # one bad file must not keep all later ones from being read
                log.error("a recording stays without its words", recording=recording.id, exc_info=error)
                said = []
            await self._keep(recording, said)
        return len(waiting)

    async def _keep(self, recording: Recording, said: list[Said]) -> None:
        assert self._recogniser is not None
        at, engine = self._floor.clock(), f"{self._recogniser.name}/{self._recogniser.model}"
        heard = [(one.speaker, one.utterance) for one in said]
        async with self._floor.database.session() as session:
            if heard:
                await utterances.replace_after_call(session, recording.call_id, heard, engine, at)
            await recordings.transcribed(session, recording.id, at, engine)
            message = await messages.of_call(session, recording.call_id)
            if message is not None and heard:
                await messages.set_text(session, message.id, "".join(u.text for _, u in heard))
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
        """Cards and deadlines that are due."""
        async with self._floor.database.reading() as session:
            due = [row.id for row in await tickets.due_for_alarm(session, self._floor.clock(), limit=50)]
        return sum([await self._alarm(ticket_id) for ticket_id in due])

    async def _alarm(self, ticket_id: str) -> bool:
        """One ticket that can't be judged (its policy is gone, somebody is changing it) must not silence the others."""
        try:
            return bool((await flow.deadline_near(self._floor, ticket_id)).events)
        except HotlineError as error:
            log.warning("an alarm is put off", ticket=ticket_id, reason=str(error))
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
            call_id = await _known(session, arrival, "fallback")
            stem = await _sound(session, call_id, entry, folder) if entry.audio is not None else None
            await messages.add(session, "voicemail", entry.caller, entry.at, call_id=call_id, recording=stem)
        return
    facts = entry.facts
    arrival = Arrival(facts.linkedid, "", entry.line, entry.caller, facts.at)
    async with floor.database.session() as session:
        call_id = await _known(session, arrival, facts.step)
    await flow.ended(floor, replace(facts, call_id=call_id))


async def _known(session: AsyncSession, arrival: Arrival, step: str) -> str:
    """The call's id; one that never reached the service gets its row and its citizen's leg now."""
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
