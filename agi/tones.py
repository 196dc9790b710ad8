"""Soft tones as WAV files: music on hold where the operator has none, and the beep."""

import math
import wave
from array import array
from pathlib import Path

RATE = 8000


def tone(parts: list[tuple[float, float]], level: float = 0.1) -> bytes:
    """16-bit mono PCM at 8 kHz. parts: (Hz, seconds) in order, 0 Hz is silence; ends fade to avoid clicks."""
    pcm = array("h")
    for hertz, seconds in parts:
        count = int(RATE * seconds)
        fade = max(1, min(count // 4, RATE // 20))
        for i in range(count):
            edge = min(1.0, i / fade, (count - i) / fade)
            pcm.append(int(32767 * level * edge * math.sin(2 * math.pi * hertz * i / RATE)))
    return pcm.tobytes()


def write_wav(path: Path, pcm: bytes, channels: int = 1) -> Path:
    """Write 16-bit PCM at 8 kHz as a WAV file."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm)
    return path


def soft_music(path: Path) -> Path:
    """Six seconds of quiet chimes: heard while waiting where no recording was put into the sounds folder."""
    notes = [523.25, 659.25, 783.99, 659.25]
    return write_wav(path, tone([p for n in notes for p in ((n, 0.6), (0.0, 0.9))], level=0.06))
