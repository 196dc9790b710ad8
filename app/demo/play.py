"""Plays one scene in a theatre and gives back what really happened, as the demo tells it."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.demo import evidence
from app.demo.audio import level, load_wav
from app.demo.measure import hears_tone
from app.demo.party import SceneFailed
from app.demo.scenario import load
from app.demo.scene import LONGEST_S, Scene
from app.demo.stage import Say, Stage
from app.demo.theatre import Theatre
from app.demo.voices import rehearse
from core.errors import HotlineError
from store import recordings
from store.tables import Recording, Ticket

SETTLE_S = 20.0
AFTER_CALL_S = 90.0
SPOKEN_S = 240.0


async def play(
    theatre: Theatre, scene: Scene, say: Say, folder: Path, own: Path | None = None
) -> dict[str, Any]:
    """The scene's JSON object; `problems` says what did not hold. `folder`: where the legs' recordings go.

    own: a recording that takes the place of all the citizen says. Raises HotlineError only where nothing can be told.
    """
    began = datetime.now(UTC)
    async with Stage(theatre, say, scene.number) as stage:
        stage.own = own
        if scene.spoken:  # speech made for the first time takes long; the call itself does not
            stage.speech = await rehearse(load(scene.name), theatre.settings.models, own)
        took = time.monotonic()
        try:
            async with asyncio.timeout(SPOKEN_S if scene.spoken else LONGEST_S):
                await scene.play(stage)
        except (SceneFailed, TimeoutError) as error:
            stage.problems.append(str(error) or f"the scene took longer than {LONGEST_S:g} s")
        except HotlineError as error:
            stage.problems.append(f"{error.code}: {error}")
        took = time.monotonic() - took
        await _hang_up(stage)
        stage.calls = await _calls(stage, began)
        await _settled(stage, spoken=scene.spoken)
        result = await _told(stage, scene, folder)
    result["timings_ms"]["whole_scene"] = round(took * 1000)
    if theatre.instance.asterisk.pid() is not None:
        await _nothing_left(stage)
    return result | {
        "problems": stage.problems + [wrong for check in stage.checks for wrong in check(result)]
    }


async def _hang_up(stage: Stage) -> None:
    """Whoever is still on the telephone, after a scene that broke off."""
    for stay in stage.stays():
        if stay.leg is not None and stay.leg.end is None:
            stay.hung_up = True
            await stay.leg.hangup()


async def _calls(stage: Stage, began: datetime) -> list[str]:
    """Ids of the scene's calls: those of its first citizen first, oldest first."""
    found: list[str] = []
    for number in dict.fromkeys(p.number for p in stage.parties if p.role == "citizen"):
        items = (await stage.office.get("/calls", search=number, limit=20, direction="asc"))["items"]
        found += [one["id"] for one in items if datetime.fromisoformat(one["arrived_at"]) >= began]
    return found


async def _settled(stage: Stage, spoken: bool) -> None:
    """Until every call is over, every sound file whole and, where people spoke, read."""
    deadline = time.monotonic() + (AFTER_CALL_S if spoken else SETTLE_S)
    while time.monotonic() < deadline:
        ended = [(await stage.office.get(f"/calls/{one}"))["ended_at"] for one in stage.calls]
        files = await _files(stage)
        whole = all(ended) and not any(one.state == "pending" for one in files)
        if whole:
            stage.clock.mark("recording_ready")
        if whole and not (spoken and any(one.state == "ready" and not one.transcribed_at for one in files)):
            stage.clock.mark("transcribed")
            return
        await asyncio.sleep(0.2)
    stage.problems.append("a call has not ended, or a recording is not whole or not read")


async def _files(stage: Stage) -> list[Recording]:
    async with stage.theatre.database.reading() as session:
        return [one for call_id in stage.calls for one in await recordings.of_call(session, call_id)]


async def _told(stage: Stage, scene: Scene, folder: Path) -> dict[str, Any]:
    """The JSON object but for what is only known at the very end."""
    legs = await evidence.legs(stage, folder)
    phases = await asyncio.to_thread(evidence.phases, stage)
    stage.problems += evidence.differences(stage, phases)
    stage.problems += await _kept_sound(stage)
    calls = [await stage.office.get(f"/calls/{one}") for one in stage.calls]
    first = stage.calls[0] if stage.calls else ""
    proposals = (await stage.office.get(f"/calls/{first}/proposals"))["items"] if first else []
    utterances = (await stage.office.get(f"/calls/{first}/utterances"))["items"] if first else []
    transfers = await evidence.transfers(stage)
    tickets = [evidence.ticket_of(one) for one in await _tickets(stage)]
    return {
        "scenario": scene.name,
        "title": scene.title,
        "call": evidence.call_of(calls[0]) if calls else None,
        "calls": [evidence.call_of(one) for one in calls],
        "recording": _recording(stage, await _files(stage)),
        "utterances": [
            {**{k: one[k] for k in ("speaker", "text", "start_s", "end_s")}, "final": True}
            for one in utterances
        ],
        "proposals": {
            name: [evidence.candidate(p) for p in proposals if p["kind"] == kind]
            for kind, name in evidence.KINDS
        },
        "ticket": tickets[0] if tickets else None,
        "tickets": tickets,
        "legs": legs,
        "phases": phases,
        "transfer": transfers[0] if transfers else None,
        "transfers": transfers,
        "pops": [
            {"seat": told.topic.removeprefix("seat."), "at_ms": told.at_ms, "call": told.event["call_id"]}
            for told in stage.told
            if told.topic.startswith("seat.") and told.event.get("event") == "call.ringing"
        ],
        **stage.facts,
        "timings_ms": stage.clock.marks,
    }


async def _tickets(stage: Stage) -> list[dict[str, Any]]:
    """The tickets of the scene's calls, whoever filed them."""
    async with stage.theatre.database.reading() as session:
        wanted = select(Ticket.id).where(Ticket.call_id.in_(stage.calls)).order_by(Ticket.filed_at)
        ids = (await session.scalars(wanted)).all()
    return [await stage.office.get(f"/tickets/{one}") for one in ids]


def _recording(stage: Stage, files: list[Recording]) -> dict[str, Any]:
    """The product's first recording of the first call."""
    whole = next((one for one in files if one.state == "ready"), None)
    path = stage.theatre.settings.recordings / whole.path if whole else ""
    return {
        "path": str(path),
        "channels": whole.channels if whole else 0,
        "seconds": whole.seconds if whole else 0.0,
        "sha256": whole.sha256 if whole else "",
    }


async def _kept_sound(stage: Stage) -> list[str]:
    """What is missing in the product's own recordings: every party to the talk must be in one of them."""
    files = [one for one in await _files(stage) if one.state == "ready"]
    sounds = [load_wav(stage.theatre.settings.recordings / one.path) for one in files]
    found = []
    for party in stage.parties:
        talked = any(s.leg is not None for s in party.stays) and any(
            stay.id in phase.wanted and any(stay.id in heard for heard in phase.wanted.values())
            for stay in party.stays for phase in stage.phases
        )  # fmt: skip
        if (
            talked
            and party.role != "supervisor"
            and party.hertz
            and not any(_sounds(sound, party.hertz) for sound in sounds)
        ):
            found.append(f"{party.id} talked and is in none of the product's recordings")
    return found


def _sounds(sound: Any, hertz: float) -> bool:
    """Whether a tone fills some second of a recording."""
    seconds = [sound[i : i + 8000] for i in range(0, max(1, sound.size - 7999), 4000)]
    return any(level(one) > -50 and hears_tone(one, hertz) for one in seconds)


async def _nothing_left(stage: Stage) -> None:
    """No channel outlives a scene."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        if await asyncio.to_thread(stage.theatre.instance.asterisk.channels) == 0:
            return
        await asyncio.sleep(0.2)
    stage.problems.append("channels are left over in Asterisk")
