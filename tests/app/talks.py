"""Talks that are over, and the sound they leave on disk."""

import wave
from pathlib import Path

import numpy as np

from store import recordings
from store.tables import Recording
from tests.app.place import Citizen, Place

RATE = 8000


def write_raw(path: Path, seconds: float) -> None:
    """Two channels as MixMonitor leaves them."""
    path.write_bytes(np.full(int(seconds * RATE) * 2, 1000, "<i2").tobytes())


def write_wav(path: Path, seconds: float) -> None:
    with wave.open(str(path), "wb") as audio:
        audio.setparams((1, 2, RATE, 0, "NONE", ""))
        audio.writeframes(np.full(int(seconds * RATE), 1000, "<i2").tobytes())


async def talked(place: Place, talk_s: float = 30) -> Citizen:
    """A call that was answered and has ended."""
    await place.seat("8001")
    citizen = place.citizen()
    await citizen.to_talk()
    await citizen.agent_hangs_up(talk_s)
    await citizen.gone(by="us")
    return citizen


async def the_recording(place: Place, citizen: Citizen) -> Recording:
    async with place.database.reading() as session:
        (found,) = await recordings.of_call(session, citizen.id)
    return found
