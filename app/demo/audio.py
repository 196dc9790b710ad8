"""Telephone sound in numbers: load and save it, make tones, and measure what was heard.

Everything is mono, 8000 Hz, int16 (what G.711 carries). Levels are dBFS against a full-scale sine: its level is 0.
"""

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr
from scipy.io import wavfile

from core.errors import BadInput

RATE = 8000
FULL = 32767.0
QUIET_DB = -120.0
Samples = npt.NDArray[np.int16]


def load_wav(path: Path | str) -> Samples:
    """A WAV file of any rate, channels and sample width as telephone sound. Raises BadInput."""
    try:
        rate, data = wavfile.read(path)
    except (OSError, ValueError, EOFError, struct.error) as error:
        raise BadInput(f"not a readable WAV file: {path}: {error}") from error
    mono = _unit(np.asarray(data))
    if mono.ndim > 1:
        mono = mono.mean(axis=1)
    if mono.size == 0:
        raise BadInput(f"the WAV file holds no sound: {path}")
    if rate != RATE:
        mono = soxr.resample(mono, rate, RATE)
    return _int16(mono * FULL)


def save_wav(path: Path | str, samples: npt.NDArray[np.int16], rate: int = RATE) -> None:
    """Write int16 samples, shape (n,) or (n, channels)."""
    wavfile.write(path, rate, samples)


def tone(freq: float, seconds: float, level_db: float = -12.0) -> Samples:
    """A sine of `freq` Hz, with 5 ms ramps so that its edges do not click into other frequencies."""
    n = round(seconds * RATE)
    wave = np.sin(2 * np.pi * freq * np.arange(n) / RATE) * FULL * 10 ** (level_db / 20)
    ramp = min(n // 2, RATE // 200)
    if ramp:
        edge = np.linspace(0.0, 1.0, ramp)
        wave[:ramp] *= edge
        wave[-ramp:] *= edge[::-1]
    return _int16(wave)


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * RATE), dtype=np.int16)


def mix(*tracks: Samples) -> Samples:
    """Sum of tracks, as long as the longest, clipped as a telephone would."""
    total = np.zeros(max((t.size for t in tracks), default=0))
    for track in tracks:
        total[: track.size] += track
    return _int16(total)


def level(samples: Samples) -> float:
    """RMS level in dBFS; -120 for nothing."""
    if samples.size == 0:
        return QUIET_DB
    rms = float(np.sqrt(np.mean((samples / FULL) ** 2)))
    return _db(rms * np.sqrt(2))


def tone_level(samples: Samples, freq: float, width_hz: float = 30.0) -> float:
    """Level in dBFS of what lies within `width_hz` of `freq` (Hann window, FFT)."""
    freqs, power = _spectrum(samples)
    near = np.abs(freqs - freq) <= max(width_hz, 2 * RATE / max(samples.size, 1))
    return _db(float(np.sqrt(power[near].sum()))) if near.any() else QUIET_DB


def tones(samples: Samples, floor_db: float = -40.0, most: int = 6) -> list[tuple[float, float]]:
    """The strongest separate tones as (Hz, dBFS), strongest first, none below `floor_db`."""
    freqs, power = _spectrum(samples)
    left, found = power.copy(), list[tuple[float, float]]()
    while len(found) < most and left.size and left.max() > 0:
        peak = float(freqs[int(left.argmax())])
        near = np.abs(freqs - peak) <= 50.0
        strength = _db(float(np.sqrt(power[near].sum())))
        if strength < floor_db:
            break
        found.append((peak, strength))
        left[near] = 0
    return found


def spans(
    samples: Samples, freq: float, floor_db: float = -30.0, step_s: float = 0.02
) -> list[tuple[float, float]]:
    """When a tone of `freq` Hz sounds: [(start_s, end_s)], to within one step of 20 ms."""
    hop = round(step_s * RATE)
    on = [
        tone_level(samples[i : i + 2 * hop], freq) >= floor_db
        for i in range(0, samples.size - 2 * hop + 1, hop)
    ]
    edges = np.flatnonzero(np.diff(np.array([False, *on, False], dtype=np.int8)))
    return [
        (float(a * step_s), float((b + 1) * step_s)) for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]


def _spectrum(samples: Samples) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Frequencies and power such that a tone's bins sum to its squared peak amplitude (Parseval, Hann energy)."""
    if samples.size < 3:  # a window of two is nothing but its ends
        return np.zeros(0), np.zeros(0)
    window = np.hanning(samples.size)
    spectrum = np.abs(np.fft.rfft(samples / FULL * window)) ** 2
    freqs = np.asarray(np.fft.rfftfreq(samples.size, 1 / RATE), dtype=np.float64)
    return freqs, spectrum * 4 / (samples.size * np.sum(window**2))


def _unit(data: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Samples of any WAV type as floats in -1..1."""
    if data.dtype == np.uint8:
        return (data.astype(np.float64) - 128) / 128
    if np.issubdtype(data.dtype, np.integer):
        return np.asarray(data, dtype=np.float64) / 2.0 ** (8 * data.dtype.itemsize - 1)
    return data.astype(np.float64)


def _int16(wave: npt.NDArray[np.float64]) -> Samples:
    return np.clip(np.rint(wave), -32768, 32767).astype(np.int16)


def _db(amplitude: float) -> float:
    return max(QUIET_DB, 20 * float(np.log10(amplitude))) if amplitude > 0 else QUIET_DB
