"""Turn what Asterisk wrote into a proper WAV file, also after Asterisk or we died in the middle of it.

A talk is MixMonitor's headerless `.raw` (citizen left, agent right), which a crash can only shorten, or from an Asterisk
too old for that a pair `.in.sln` (citizen) and `.out.sln` (agent); a message is a `.wav` whose header a crash leaves at
length 0. All audio is 16-bit little-endian PCM at 8 kHz.
"""

import hashlib
import os
import secrets
import time
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from agi.errors import BadAudio

RATE = 8000
_CHUNK = 1 << 20
STALE_S = 600.0


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished WAV file. channels: 2 = citizen left, agent right; 1 = a message. sha256: of the whole file, hex."""

    path: Path
    channels: int
    seconds: float
    sha256: str


def finish(source: Path, target: Path) -> Recording | None:
    """Write `source` (.raw, or .wav; a pair is found under its stem) as the WAV file `target`, whole or not at all, then remove `source`.

    May be repeated after a crash at any point: an existing `target` without `source` is described as it is. None where
    no audio was ever written (nobody answered). Raises BadAudio, FileNotFoundError where neither file exists.
    """
    source = _joined(source)
    try:
        audio = source.open("rb")
    except FileNotFoundError:  # finished before, or by another worker this moment
        return describe(target)
    with audio:
        channels, length = (
            (2, os.fstat(audio.fileno()).st_size) if source.suffix == ".raw" else _wav_body(audio)
        )
        length -= length % (2 * channels)
        if length > 0:
            _write(audio, length, channels, target)
    if length == 0 or source != target:
        source.unlink(missing_ok=True)
    return describe(target) if length > 0 else None


def describe(path: Path) -> Recording:
    """Length and digest of a finished WAV file. Raises BadAudio, FileNotFoundError."""
    try:
        with wave.open(str(path), "rb") as audio:
            channels, seconds = audio.getnchannels(), audio.getnframes() / audio.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError) as error:
        raise BadAudio(f"{path.name} is not a WAV file: {error}") from None
    with path.open("rb") as whole:
        return Recording(path, channels, seconds, hashlib.file_digest(whole, "sha256").hexdigest())


def unfinished(folder: Path) -> list[Path]:
    """What still lies there to be finished, oldest first; leave out what a living channel is writing."""
    found = [p for suffix in ("*.raw", "*.wav", "*.in.sln") for p in folder.glob(suffix)]
    return sorted(found, key=lambda p: p.stat().st_mtime)


def _joined(source: Path) -> Path:
    """`source`, or the `.raw` made of the pair of that stem. The shorter side is filled up with silence."""
    raw, left, right = (source.with_suffix(suffix) for suffix in (".raw", ".in.sln", ".out.sln"))
    if not left.exists() and not right.exists():
        return source
    if not raw.exists():
        sides = [array("h", _whole_samples(path)) for path in (left, right)]
        both = array("h", bytes(4 * max(map(len, sides))))
        for place, side in enumerate(sides):
            both[place : 2 * len(side) : 2] = side
        partial = raw.with_name(f".{raw.name}.part")
        partial.write_bytes(both.tobytes())
        partial.replace(raw)
    left.unlink(missing_ok=True)
    right.unlink(missing_ok=True)
    return raw


def _whole_samples(path: Path) -> bytes:
    data = path.read_bytes() if path.exists() else b""
    return data[: len(data) - len(data) % 2]


def _write(audio: BinaryIO, length: int, channels: int, target: Path) -> None:
    _sweep(target)
    partial = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        with wave.open(raw, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.setnframes(length // (2 * channels))
            while length > 0 and (data := audio.read(min(_CHUNK, length))):
                out.writeframesraw(data)
                length -= len(data)
        raw.flush()
        os.fsync(raw.fileno())
    partial.replace(target)


def _sweep(target: Path) -> None:
    """Remove what a worker that died left half-written; another one's, being written now, is younger."""
    for left in target.parent.glob(f".{target.name}.*part"):
        try:
            if left.stat().st_mtime < time.time() - STALE_S:
                left.unlink()
        except FileNotFoundError:
            continue


def _wav_body(audio: BinaryIO) -> tuple[int, int]:
    """Stand at the first sample; give channels and bytes of audio. A length of 0 or past the end means: to the end."""
    size = os.fstat(audio.fileno()).st_size
    if size == 0:
        return 1, 0
    if audio.read(4) != b"RIFF" or audio.read(8)[4:] != b"WAVE":
        raise BadAudio("not a WAV file")
    channels = 0
    while len(head := audio.read(8)) == 8:
        name, length = head[:4], int.from_bytes(head[4:], "little")
        rest = size - audio.tell()
        if name == b"data" and channels:
            return channels, length if 0 < length <= rest else rest
        body = audio.read(length + length % 2) if length <= rest else b""
        if name == b"fmt ":
            channels = _checked_format(body)
    if channels:
        return channels, 0
    raise BadAudio("a WAV file without a format")


def _checked_format(body: bytes) -> int:
    numbers = [int.from_bytes(body[a:b], "little") for a, b in ((0, 2), (2, 4), (4, 8), (14, 16))]
    kind, channels, rate, bits = numbers
    if kind != 1 or channels not in (1, 2) or rate != RATE or bits != 16:
        raise BadAudio(f"expected 16-bit PCM at {RATE} Hz with one or two channels")
    return channels
