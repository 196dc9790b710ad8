"""Sounds made by code: the beep before a message and the music while waiting (our own melody, nobody's rights)."""

import numpy as np

from asr.audio import PHONE_RATE, Floats, Ints, to_ints

# Two slow phrases on a pentatonic scale (steps from A3), one note per beat, None rests. It ends on the note it begins with.
_PHRASE = (
    0,
    7,
    12,
    16,
    None,
    14,
    12,
    7,
    9,
    4,
    7,
    12,
    None,
    9,
    7,
    4,
    0,
    4,
    9,
    12,
    None,
    16,
    19,
    16,
    14,
    9,
    12,
    7,
    None,
    4,
    7,
    4,
)
_BASS = (0, -5, 4, 0)  # one long note per eight beats
_BEAT_S = 0.8
_ROOT_HZ = 220.0


def beep() -> Ints:
    """The tone after which a caller speaks: 1000 Hz, 0.4 s, soft edges."""
    t = np.arange(int(0.4 * PHONE_RATE)) / PHONE_RATE
    edge = np.minimum(1.0, np.minimum(t, t[::-1]) / 0.02)
    return to_ints((0.25 * edge * np.sin(2 * np.pi * 1000 * t)).astype(np.float32))


def hold_music() -> Ints:
    """About 26 s of quiet plucked notes at 8 kHz that loop without a seam: what still rings at the end sounds on at the beginning."""
    length = int(len(_PHRASE) * _BEAT_S * PHONE_RATE)
    music = np.zeros(length, np.float32)
    for beat, step in enumerate(_PHRASE):
        if step is not None:
            _add(music, beat, _pluck(step, seconds=2.4))
    for bar, step in enumerate(_BASS):
        _add(music, bar * 8, 0.5 * _pluck(step, seconds=6.0))
    return to_ints(music * np.float32(0.16 / np.abs(music).max()))


def _add(music: Floats, beat: int, note: Floats) -> None:
    at = (int(beat * _BEAT_S * PHONE_RATE) + np.arange(len(note))) % len(music)
    np.add.at(music, at, note)


def _pluck(step: int, seconds: float) -> Floats:
    """A soft bell-like note, `step` semitones above the root: three partials that fade at their own pace."""
    t = np.arange(int(seconds * PHONE_RATE)) / PHONE_RATE
    hertz = _ROOT_HZ * 2 ** (step / 12)
    partials = ((1, 1.0, 0.45), (2, 0.35, 0.3), (3, 0.12, 0.18))
    tone = sum(
        level * np.exp(-t / (seconds * fade)) * np.sin(2 * np.pi * hertz * n * t)
        for n, level, fade in partials
    )
    ends = np.minimum(1.0, t / 0.015) * np.minimum(1.0, t[::-1] / 0.2)
    return np.asarray(tone * ends, dtype=np.float32)
