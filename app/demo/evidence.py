"""What came of a scene: legs with what they received, phases measured from that, and what the house wrote down."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from app.demo import audio
from app.demo.audio import Samples, load_wav, save_wav
from app.demo.measure import MUSIC, heard_by
from app.demo.party import Citizen, Stay
from app.demo.stage import Phase, Stage
from core.masking import mask_number
from store import legs as leg_rows
from store import recordings
from store.tables import Leg as LegRow
from store.tables import Recording
from tickets.clock import local

KINDS = (("answer", "answers"), ("unit", "units"), ("refusal", "refusals"))
OURS = "hotline"


async def legs(stage: Stage, folder: Path) -> list[dict[str, Any]]:
    """Every leg of the scene; its recording begins at second 0 of the phases."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows, files = await _kept(stage)
    found = []
    for stay in stage.stays():
        row = _row_of(stay, rows)
        path = folder / f"{stay.id}.wav"
        await asyncio.to_thread(save_wav, path, stay.recording(stage.clock.began))
        found.append(
            {
                "id": stay.id,
                "role": stay.party.role,
                "number": mask_number(stay.party.number),
                "tone_hz": stay.party.hertz,
                "outcome": stay.outcome,
                "started_s": round(stay.leg.opened - stage.clock.began, 2) if stay.leg else None,
                "ended_s": _ended(stay, stage.clock.began),
                "ended_by": ended_by(stay, row),
                "recording": str(path),
                "kept": [
                    str(stage.theatre.settings.recordings / one.path)
                    for one in files
                    if _is_of(one, row, stay)
                ],
            }
        )
    return found


def ended_by(stay: Stay, row: LegRow | None) -> str:
    """Its own role where this telephone hung up, else what the house wrote down, else `hotline`."""
    if stay.leg is None:
        return stay.party.role if stay.outcome in ("busy", "rejected") else OURS
    if stay.hung_up:
        return stay.party.role
    if stay.leg.end is None:
        return ""
    return (row.ended_by if row is not None else None) or OURS


def _ended(stay: Stay, zero: float) -> float | None:
    if stay.leg is None or stay.leg.end is None:
        return None
    return round(stay.leg.opened + stay.leg.end.at_s - zero, 2)


async def _kept(stage: Stage) -> tuple[list[LegRow], list[Recording]]:
    """Rows of all legs and sound files of the scene's calls."""
    rows: list[LegRow] = []
    files: list[Recording] = []
    async with stage.theatre.database.reading() as session:
        for call_id in stage.calls:
            rows += await leg_rows.of_call(session, call_id)
            files += [one for one in await recordings.of_call(session, call_id) if one.path]
    return rows, files


def _row_of(stay: Stay, rows: Sequence[LegRow]) -> LegRow | None:
    """The house's row of a leg: the n-th of that role at that number."""
    party = stay.party
    numbers = ("",) if isinstance(party, Citizen) else (party.number, mask_number(party.number))
    mine = [row for row in rows if row.role == party.role and row.number in numbers]
    nth = party.stays.index(stay)
    return mine[nth] if nth < len(mine) else None


def _is_of(file: Recording, row: LegRow | None, stay: Stay) -> bool:
    """Whether a sound file holds this leg: it is the leg's own, or one of the whole call."""
    leg_id = getattr(file, "leg_id", None)
    if leg_id:
        return row is not None and leg_id == row.id
    return row is not None and file.call_id == row.call_id and stay.leg is not None


def phases(stage: Stage) -> list[dict[str, Any]]:
    """What each leg heard in each phase, as measured; seconds as in the recordings."""
    music, zero = hold_music(stage), stage.clock.began
    return [_measured(stage, phase, music, zero) for phase in stage.phases]


def hold_music(stage: Stage) -> Samples:
    """The loop this instance plays."""
    found = sorted((stage.theatre.settings.asterisk / "moh").glob("*.wav"))
    return load_wav(found[0]) if found else audio.silence(0)


def _measured(stage: Stage, phase: Phase, music: Samples, zero: float) -> dict[str, Any]:
    there = [stay for stay in stage.stays() if stay.present(phase.since, phase.until)]
    sources = [stay.source(zero) for stay in there]
    start, end = phase.since - zero, phase.until - zero
    hears = {stay.id: heard_by(stay.recording(zero), start, end, sources, music) for stay in there}
    return {"name": phase.name, "start_s": round(start, 2), "end_s": round(end, 2), "hears": hears}


def differences(stage: Stage, measured: Sequence[dict[str, Any]]) -> list[str]:
    """Where what was heard is not what the scene says should be."""
    found = []
    for phase, fact in zip(stage.phases, measured, strict=True):
        for leg in sorted(set(fact["hears"]) | set(phase.wanted)):
            wanted, heard = sorted(phase.wanted.get(leg, [])), sorted(fact["hears"].get(leg, []))
            if leg not in fact["hears"]:
                found.append(f"{phase.name}: {leg} is not on the telephone")
            elif wanted != heard:
                found.append(f"{phase.name}: {leg} hears {_names(heard)}, not {_names(wanted)}")
    return found


def _names(ids: Sequence[str]) -> str:
    return " and ".join(ids) or "nobody"


def call_of(call: dict[str, Any]) -> dict[str, Any]:
    """The call as the demo tells it."""
    return {
        "id": call["id"],
        "linkedid": call["linkedid"],
        "line": call["line"],
        "caller_masked": mask_number(call["caller"]),
        "answered_after_ms": between(call["answered_at"], call["agent_answered_at"]),
        "answered_after_prompts_ms": between(call["prompts_ended_at"], call["agent_answered_at"]),
        "ended_by": call["ended_by"],
        "outcome": call["outcome"],
        "talk_s": call["talk_seconds"],
    }


def ticket_of(ticket: dict[str, Any]) -> dict[str, Any]:
    """The ticket as the demo tells it."""
    return {
        "id": ticket["id"],
        "number": ticket["number"],
        "type": ticket["type"],
        "state": ticket["state"],
        "unit": ticket["unit_code"],
        "due": in_china(ticket["due_at"]),
        "policy": ticket["policy"],
        "steps": ticket["steps"],
    }


async def transfers(stage: Stage) -> list[dict[str, Any]]:
    """The scene's transfers. result: merged (all talked), answered, blind (handed over), failed with its reason."""
    found = []
    for call_id in stage.calls:
        for one in (await stage.office.get(f"/calls/{call_id}/transfers"))["items"]:
            reached = "blind" if one["how"] == "blind" else "merged" if one["merged_at"] else "answered"
            found.append(
                {
                    "id": one["id"],
                    "to": one["to"]["ref"],
                    "kind": one["to"]["kind"],
                    "name": one["to"]["name"],
                    "how": one["how"],
                    "result": reached if one["answered_at"] else "failed",
                    "reason": one["reason"],
                    "ticket": one["ticket_id"],
                    "attitude": one["attitude"],
                }
            )
    return found


def candidate(proposal: dict[str, Any]) -> dict[str, Any]:
    """A proposal as the demo tells it."""
    return {key: proposal[key] for key in ("ref", "title", "score", "confident", "evidence", "decision")}


def in_china(moment: str | None) -> str | None:
    return local(datetime.fromisoformat(moment)).isoformat() if moment else None


def between(start: str | None, end: str | None) -> int | None:
    if not start or not end:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000)


__all__ = ["KINDS", "MUSIC", "call_of", "candidate", "differences", "legs", "phases", "ticket_of"]
