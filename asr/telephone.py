"""What a telephone line does to a voice: 300–3400 Hz, 8 kHz, A-law (ITU-T G.711). For measuring and for the demo."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from asr.audio import Floats, Ints, resample, to_ints

_TAPS, _BETA = (
    313,
    12.27,
)  # at 16 kHz: 400 Hz of transition, 120 dB of rejection, as sox's `sinc 300-3400` has it


def telephone(audio: Floats, rate: int) -> Ints:
    """`audio` at `rate` Hz as it comes out of a G.711 A-law line: 16-bit, 8 kHz."""
    wide = resample(audio, rate, 16000)
    narrow = np.convolve(wide, _band_pass(), mode="same")[::2].astype(np.float32)
    return alaw_decode(alaw_encode(to_ints(narrow)))


@cache
def _band_pass() -> Floats:
    """Windowed-sinc 300–3400 Hz at 16 kHz."""
    n = np.arange(_TAPS) - (_TAPS - 1) / 2
    low, high = 300.0 / 16000, 3400.0 / 16000
    ideal = 2 * high * np.sinc(2 * high * n) - 2 * low * np.sinc(2 * low * n)
    return np.asarray(ideal * np.kaiser(_TAPS, _BETA), dtype=np.float32)


def alaw_encode(samples: Ints) -> NDArray[np.uint8]:
    """G.711 A-law octets of 16-bit samples."""
    wide = samples.astype(np.int32)
    sign = np.where(wide >= 0, 0x80, 0)
    size = np.minimum(np.where(wide >= 0, wide, -wide - 1) >> 3, 4095)
    segment = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 4, 0)
    step = np.where(segment > 1, size >> np.maximum(segment, 1), size >> 1) & 0x0F
    return np.asarray((sign | (segment << 4) | step) ^ 0x55, dtype=np.uint8)


def alaw_decode(octets: NDArray[np.uint8]) -> Ints:
    """16-bit samples of G.711 A-law octets."""
    return _alaw_table()[octets]


@cache
def _alaw_table() -> Ints:
    code = np.arange(256) ^ 0x55
    segment, step = (code >> 4) & 7, code & 0x0F
    size = np.where(segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment - 1, 0))
    return np.asarray(np.where(code & 0x80, size, -size), dtype=np.int16)
