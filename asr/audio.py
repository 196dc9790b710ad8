"""Plain PCM: reading, writing, resampling, levelling. Arrays are mono; float32 in -1..1 unless said otherwise."""

import struct
import wave
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.io import wavfile

from core.errors import BadInput

Floats = NDArray[np.float32]
Ints = NDArray[np.int16]

PHONE_RATE = 8000
EAR_RATE = 16000  # what Whisper and Silero listen at


def to_float(pcm: bytes | Ints) -> Floats:
    """16-bit little-endian PCM as floats; an odd last byte is dropped."""
    ints = (
        np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2")
        if isinstance(pcm, bytes | bytearray | memoryview)
        else pcm
    )
    return ints.astype(np.float32) / 32768.0


def to_ints(audio: Floats) -> Ints:
    return np.asarray(np.clip(np.rint(audio * 32768.0), -32768, 32767), dtype=np.int16)


def resample(audio: Floats, rate: int, to: int) -> Floats:
    """Band-limited resampling; rates in Hz."""
    if rate == to or not len(audio):
        return audio
    return np.asarray(soxr.resample(audio, rate, to, quality="HQ"), dtype=np.float32)


def read_wav(path: Path) -> tuple[int, Ints]:
    """Rate in Hz and 16-bit samples, shape (frames, channels), of any PCM or float WAV. Raises BadInput.

    A recording whose header promises more than is there (a switch that died) is read as far as it goes.
    """
    try:
        with wave.open(str(path), "rb") as file:
            if file.getsampwidth() == 2:
                raw, channels = file.readframes(file.getnframes()), file.getnchannels()
                whole = np.frombuffer(raw[: len(raw) // (2 * channels) * 2 * channels], dtype="<i2")
                return file.getframerate(), whole.reshape(-1, channels).astype(np.int16)
    except (wave.Error, EOFError):
        pass  # another encoding: the reader below knows more of them
    return _other_wav(path)


def _other_wav(path: Path) -> tuple[int, Ints]:
    """8, 24, 32-bit and float WAV."""
    try:
        rate, data = wavfile.read(path)
    except (
        ValueError,
        EOFError,
        struct.error,
        UnboundLocalError,
    ) as error:  # the last: scipy, on a bare header
        raise BadInput(f"{path}: not a readable WAV file ({error})") from error
    kind = data.dtype
    audio = data.astype(np.float32).reshape(len(data), -1)
    if kind == np.uint8:
        audio = (audio - 128.0) / 128.0
    elif kind.kind == "i":
        audio = audio / float(-int(np.iinfo(kind).min))
    return int(rate), to_ints(audio)


def any_wav(path: Path) -> tuple[int, Floats]:
    """Rate in Hz and mono audio of a WAV file. Raises BadInput, also for one without sound."""
    rate, samples = read_wav(path)
    if not samples.size:
        raise BadInput(f"{path}: holds no sound")
    return rate, mono(samples)


def write_wav(path: Path, samples: Ints, rate: int) -> Path:
    """Write 16-bit PCM (frames or frames × channels), whole or not at all."""
    fresh = path.with_name(f".{path.name}.new")
    with wave.open(str(fresh), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return fresh.replace(path)


def mono(samples: Ints) -> Floats:
    """All channels of (frames, channels) mixed to one."""
    return np.asarray(to_float(samples).mean(axis=1), dtype=np.float32)


def levelled(audio: Floats, rate: int, dbfs: float = -20.0, peak: float = 0.9) -> Floats:
    """Scale so that the speech (not its pauses) has an RMS of `dbfs`; peaks bent below `peak`.

    Speech level after ITU-T P.56 in spirit: frames of 20 ms more than 30 dB below the loudest don't count.
    """
    if not len(audio) or not float(np.abs(audio).max()):
        return audio
    size = rate // 50
    frames = audio[: len(audio) // size * size].reshape(-1, size) if len(audio) >= size else audio[None, :]
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    speech = float(np.sqrt(power[power >= power.max() / 1000.0].mean()))
    louder = audio * np.float32(10 ** (dbfs / 20) / speech)
    return np.asarray(_bent(louder, peak), dtype=np.float32)


def _bent(audio: Floats, peak: float) -> Floats:
    """Leave everything below 2/3 of `peak` alone, bend the rest softly under it."""
    knee = peak * 2 / 3
    over = np.maximum(np.abs(audio) - knee, 0.0)
    bent = knee + (peak - knee) * np.tanh(over / (peak - knee))
    return np.asarray(np.where(over > 0, np.sign(audio) * bent, audio), dtype=np.float32)
