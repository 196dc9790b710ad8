"""Speech rendered once per user: the same words in the same voice are never synthesised twice."""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TypeVar

from asr.audio import PHONE_RATE, write_wav
from asr.tts import AGENT_VOICE, MODEL, Kokoro
from asr_models.manifest import load
from asr_models.places import cache_root

_Made = TypeVar("_Made")
_MAKING = 1  # raise when the synthesis itself changes what it makes of the same text


def render(
    text: str,
    voice: str = AGENT_VOICE,
    *,
    speed: float = 1.0,
    rate: int = PHONE_RATE,
    models_dir: Path | str | None = None,
) -> Path:
    """A WAV file (16-bit mono, `rate` Hz) of `text` spoken by `voice`, from the cache or synthesised now (blocking).

    Raises BadInput (empty text, unknown voice) and, only when it must be synthesised, ModelMissing.
    """
    at = where(text, voice, speed=speed, rate=rate)
    if at.is_file():
        return at
    at.parent.mkdir(parents=True, exist_ok=True)
    with (at.parent / f".lock-{at.name[0]}").open("w") as lock:  # nobody else makes the same meanwhile
        fcntl.flock(lock, fcntl.LOCK_EX)
        if at.is_file():
            return at
        return write_wav(at, _kokoro(str(models_dir or "")).say(text, voice, rate, speed), rate)


def where(text: str, voice: str, *, speed: float = 1.0, rate: int = PHONE_RATE) -> Path:
    """The cache file of a rendering, there or not; its name is a hash of all that shapes the sound."""
    (model,) = load().pick(MODEL)
    parts = (text, voice, f"{speed:.3f}", str(rate), str(_MAKING), *(f.sha256 for f in model.files))
    return cache_root() / "speech" / f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}.wav"


def side_by_side(work: Iterable[Callable[[], _Made]]) -> Iterator[_Made]:
    """Carry out renderings on every core, each on one; what they give, in order. Raises what the first of them raises."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), "voice") as cores:
        for doing in [cores.submit(one) for one in work]:
            try:
                yield doing.result()
            except BaseException:
                cores.shutdown(cancel_futures=True)
                raise


_LOADING = threading.Lock()


def _kokoro(models_dir: str) -> Kokoro:
    with _LOADING:  # half a gigabyte: once a process
        return _loaded(models_dir)


@cache
def _loaded(models_dir: str) -> Kokoro:
    return Kokoro(models_dir or None, threads=1)
