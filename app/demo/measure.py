"""Who hears whom, found in what each party recorded: tones by their narrow line, voices and music by their waveform.

Nothing here knows what a scenario expects. Sound is mono, 8 kHz, int16.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import fftconvolve

from app.demo.audio import FULL, RATE, Samples, level, tone_level

MUSIC = "music"
# 130 Hz apart and more, none within 45 Hz of another's 2nd to 5th harmonic nor on a note of the music on hold.
TONES_HZ = (
    1077.0,
    1370.0,
    1794.0,
    2232.0,
    2692.0,
    857.0,
    1504.0,
    1938.0,
    2376.0,
    1236.0,
    2098.0,
    2520.0,
    2912.0,
    715.0,
)

FRAME_S = 0.2
TONE_FLOOR_DB = -36.0
STANDS_OUT_DB = 9.0
MOST_OF = 0.5
ALIKE = 0.5
PROMPT_ALIKE = 0.6
PARTS, PART_ALIKE = (
    4,
    0.8,
)  # other prompts' parts reach 0.77 (a spoken digit of half a second), 0.62 for longer ones
CHUNK_S = 1.0
QUIET_DB = -55.0
LATEST_S = 1.2  # no sound is longer than this on its way through the switch


@dataclass(frozen=True, slots=True)
class Source:
    """One party's leg as a speaker: its tone in Hz, or what it said and when, in the scene's seconds."""

    id: str
    tone_hz: float | None = None
    said: Sequence[tuple[float, Samples]] = field(default=(), repr=False)


def share_of_tone(sound: Samples, hertz: float) -> float:
    """The share of `sound`, in frames of 0.2 s, in which a line of `hertz` Hz stands out from its neighbours."""
    hop = round(FRAME_S * RATE)
    frames = [sound[i : i + hop] for i in range(0, sound.size - hop + 1, hop)]
    return float(np.mean([_has_line(frame, hertz) for frame in frames])) if frames else 0.0


def _has_line(frame: Samples, hertz: float) -> bool:
    strength = tone_level(frame, hertz, 15)
    around = max(tone_level(frame, hertz + off, 15) for off in (-90.0, 90.0))
    return strength >= TONE_FLOOR_DB and strength - around >= STANDS_OUT_DB


def hears_tone(sound: Samples, hertz: float) -> bool:
    """Whether a tone sounds in at least half of what was received."""
    return share_of_tone(sound, hertz) >= MOST_OF


def begun(sound: Samples, prompt: Samples) -> bool:
    """Whether a prompt's beginning is in what was received; a switch short of time leaves a gap in it: then all its parts but one are there."""
    if likeness(sound, prompt) >= PROMPT_ALIKE:
        return True
    there = [likeness(sound, part) >= PART_ALIKE for part in np.array_split(prompt, PARTS)]
    return sum(there) >= PARTS - 1


def likeness(sound: Samples, wanted: Samples) -> float:
    """The best normalised correlation (0..1) of the whole of `wanted` with a stretch of `sound`, at any delay."""
    heard, said = (np.asarray(one, dtype=np.float64) / FULL for one in (sound, wanted))
    if said.size == 0 or heard.size < said.size:
        return 0.0
    across = fftconvolve(heard, said[::-1], mode="valid")
    sums = np.concatenate([[0.0], np.cumsum(heard**2)])
    energy = (sums[said.size :] - sums[: -said.size]) * float(np.sum(said**2))
    floor = (10 ** (QUIET_DB / 20)) ** 2 * said.size * max(float(np.sum(said**2)), 1e-12)
    return float(np.max(np.abs(across) / np.sqrt(np.maximum(energy, floor))))


def hears_speech(sound: Samples, said: Samples) -> bool:
    """Whether at least half of what was said, second by second where it is not silent, is in what was received."""
    size = min(round(CHUNK_S * RATE), said.size)
    chunks = [said[i : i + size] for i in range(0, said.size - size + 1, size)] if size else []
    loud = [chunk for chunk in chunks if level(chunk) > QUIET_DB + 10]
    found = [likeness(sound, chunk) >= ALIKE for chunk in loud]
    return bool(found) and sum(found) >= MOST_OF * len(found)


def hears_music(sound: Samples, loop: Samples, tones: Iterable[float] = ()) -> bool:
    """Whether the loop of music, entered anywhere, is in what was received once the parties' tones are taken out."""
    if sound.size < RATE // 2 or loop.size == 0:
        return False
    out = tuple(tones)
    heard = _without(sound, out)
    if level(heard) < QUIET_DB:
        return False
    turns = -(-(sound.size + loop.size) // loop.size)
    return likeness(_without(np.tile(loop, turns), out), heard) >= ALIKE


def _without(sound: Samples, tones: Sequence[float]) -> Samples:
    """Sound with narrow bands around `tones` removed."""
    spectrum = np.fft.rfft(sound.astype(np.float64))
    hertz = np.fft.rfftfreq(sound.size, 1 / RATE)
    for one in tones:
        spectrum[np.abs(hertz - one) <= 12] = 0
    return np.rint(np.fft.irfft(spectrum, sound.size)).clip(-32768, 32767).astype(np.int16)


def heard_by(
    recording: Samples, start_s: float, end_s: float, sources: Sequence[Source], music: Samples
) -> list[str]:
    """The ids of the sources that are in a recording between two of its seconds; "music" where the music on hold is."""
    window = _cut(recording, start_s, end_s)
    tones = [one.tone_hz for one in sources if one.tone_hz]
    voices = _without(recording, tones) if tones and len(tones) < len(sources) else recording
    found = [
        one.id
        for one in sources
        if (hears_tone(window, one.tone_hz) if one.tone_hz else _hears(voices, start_s, end_s, one))
    ]
    return [*found, MUSIC] if hears_music(window, music, tones) else found


def _hears(recording: Samples, start_s: float, end_s: float, source: Source) -> bool:
    """Whether most of what a voice said within these seconds is in a recording."""
    found = []
    for at_s, words in source.said:
        part = _cut(words, start_s - at_s, end_s - at_s)
        if part.size >= RATE // 4 and level(part) > QUIET_DB:
            begins = max(at_s, start_s)
            heard = _cut(recording, begins - 0.1, begins + part.size / RATE + LATEST_S)
            found.append(hears_speech(heard, part))
    return bool(found) and sum(found) >= MOST_OF * len(found)


def _cut(sound: Samples, start_s: float, end_s: float) -> Samples:
    return sound[max(0, round(start_s * RATE)) : max(0, round(end_s * RATE))]
