"""What a line carries when nobody speaks, made by code: 6 s each at 16 kHz."""

from collections.abc import Callable

import numpy as np

from asr.audio import EAR_RATE, Floats

_N = 6 * EAR_RATE
_T = np.arange(_N) / EAR_RATE


def _sines(*hertz: float, level: float = 0.2) -> Floats:
    return np.asarray(sum(level * np.sin(2 * np.pi * f * _T) for f in hertz), dtype=np.float32)


def _keyed(audio: Floats, on_s: float, every_s: float) -> Floats:
    return np.asarray(audio * (_T % every_s < on_s), dtype=np.float32)


def _noise(level: float, smooth: int) -> Floats:
    raw = np.random.default_rng(7).normal(size=_N + smooth)
    soft = np.convolve(raw, np.ones(smooth) / smooth, mode="same")[:_N]
    return np.asarray(level * soft / soft.std(), dtype=np.float32)


NOBODY_SPEAKS: dict[str, Callable[[], Floats]] = {
    "silence": lambda: np.zeros(_N, np.float32),
    "quiet line hiss": lambda: _noise(0.003, 1),
    "loud white noise": lambda: _noise(0.1, 1),
    "rumble": lambda: _noise(0.1, 40),
    "ringback 450 Hz": lambda: _keyed(_sines(450), 1.0, 5.0),
    "busy 450 Hz": lambda: _keyed(_sines(450), 0.35, 0.7),
    "tone 1 kHz": lambda: _sines(1000),
    "keys pressed": lambda: _keyed(_sines(770, 1336), 0.1, 0.4),
    "fax": lambda: _sines(2100),
    "mains hum": lambda: _sines(50, 150, 250, level=0.1),
}
