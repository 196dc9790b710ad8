"""How well telephone speech is understood, at what cost and how late: the recogniser and the ears that calls use."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from app.measuring.tables import BadTable
from asr.audio import EAR_RATE, PHONE_RATE, Ints, any_wav, resample, to_float, to_ints
from asr.live import LiveEars
from asr.scoring import cer, mistakes
from asr.telephone import telephone
from core.errors import BadInput, PartMissing
from core.ports import Recogniser, Speaker, Utterance

PACKET_S: Final = 0.02
PAUSE_S: Final = 1.5  # between two rows of a leg, as people leave it between two sentences
LEGS: Final[tuple[Speaker, Speaker]] = ("citizen", "agent")
LAST_WORDS_S: Final = 60.0
RESAMPLES: Final = 2000


@dataclass(slots=True)
class Heard:
    """What was understood of each row, before numbers are formatted; what it cost; how late final text was."""

    texts: list[str]
    audio_s: float
    cpu_s: float
    lags: list[float] = field(default_factory=list)


def sounds(manifest: Path, names: Sequence[str], rate: int) -> list[Ints]:
    """Each row's WAV beside the manifest; at 8000 Hz as a telephone line would bring it. Raises BadTable."""
    found = []
    for number, name in enumerate(names, 2):
        try:
            own, audio = any_wav(manifest.parent / name)
        except (OSError, BadInput) as error:
            raise BadTable(f"{manifest}：第 {number} 行：{error}") from error
        found.append(telephone(audio, own) if rate == PHONE_RATE else to_ints(resample(audio, own, rate)))
    return found


def after_call(recogniser: Recogniser, audio: Sequence[Ints], rate: int) -> Heard:
    """Row by row, each a channel of its own."""
    recogniser.load()
    recogniser.transcribe(bytes(rate), rate)  # what is loaded at the first use is not the rows' cost
    began = time.process_time()
    texts = ["".join(u.verbatim for u in recogniser.transcribe(one.tobytes(), rate)) for one in audio]
    return Heard(texts, sum(map(len, audio)) / rate, time.process_time() - began)


def live(recogniser: Recogniser, audio: Sequence[Ints], workers: int) -> Heard:
    """In real time through the ears of a call: two legs at once, a packet of 20 ms each, row after row with a pause between."""
    heard = Heard([""] * len(audio), 0.0, 0.0)
    rows: dict[Speaker, list[tuple[float, float, int]]] = {leg: [] for leg in LEGS}
    tracks = []
    for side, leg in enumerate(LEGS):
        track, at = [], 0
        for row in range(side, len(audio), 2):
            rows[leg].append((at / PHONE_RATE, (at + len(audio[row])) / PHONE_RATE + PAUSE_S, row))
            silence = np.zeros(int(PAUSE_S * PHONE_RATE), np.int16)
            track += [audio[row], silence]
            at += len(audio[row]) + len(silence)
        tracks.append(np.concatenate(track) if track else np.zeros(0, np.int16))
    lock = threading.Lock()

    def told(call: str, speaker: Speaker, said: Utterance) -> None:
        if said.final:
            middle = (said.start_s + said.end_s) / 2
            with lock:
                for begins, ends, row in rows[speaker]:
                    if begins <= middle < ends:
                        heard.texts[row] += said.verbatim

    recogniser.load()
    recogniser.transcribe(bytes(PHONE_RATE), PHONE_RATE)
    ears = LiveEars(recogniser, told, workers=workers, observe=lambda lag_s, rtf: heard.lags.append(lag_s))
    try:
        began = time.process_time()
        _play(ears.feed, tracks)
        ears.close("bench").result(LAST_WORDS_S)
        heard.cpu_s = time.process_time() - began
    finally:
        ears.stop()
    heard.audio_s = sum(map(len, tracks)) / PHONE_RATE
    return heard


def _play(feed: Callable[[str, Speaker, bytes], None], tracks: Sequence[Ints]) -> None:
    """Packets at the pace of a telephone; one that comes late is followed by the next at once."""
    size, began = int(PACKET_S * PHONE_RATE), time.monotonic()
    for at in range(0, max(map(len, tracks)), size):
        ahead = began + at / PHONE_RATE - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        for leg, track in zip(LEGS, tracks, strict=True):
            if at < len(track):
                feed("bench", leg, track[at : at + size].astype("<i2").tobytes())


def plain(folder: Path, audio: Sequence[Ints], rate: int) -> Heard:
    """The peer: faster-whisper's own pipeline over the same model, beam 5, one thread. Raises PartMissing."""
    try:
        from faster_whisper import WhisperModel
    except ImportError as error:
        raise PartMissing("this comparison needs the Python package faster-whisper") from error
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    began, texts = time.process_time(), []
    for one in audio:
        found, _ = model.transcribe(resample(to_float(one), rate, EAR_RATE), language="zh", beam_size=5)
        texts.append("".join(segment.text for segment in found).replace("\n", " "))
    return Heard(texts, sum(map(len, audio)) / rate, time.process_time() - began)


def figures(heard: Heard, said: Sequence[str] | None) -> dict[str, Any]:
    """cer (where what was said is known), cpu_s_per_audio_s, final_lag_p50_s, final_lag_p95_s (live only), n."""
    lags = [round(float(np.percentile(heard.lags, p)), 2) for p in (50, 95)] if heard.lags else [None, None]
    found: dict[str, Any] = {}
    if said is not None:
        found["cer"] = round(cer(list(zip(said, heard.texts, strict=True))), 4)
    return found | {
        "cpu_s_per_audio_s": round(heard.cpu_s / max(heard.audio_s, 1e-9), 4),
        "final_lag_p50_s": lags[0],
        "final_lag_p95_s": lags[1],
        "n": len(heard.texts),
    }


def apart(ours: Heard, theirs: Heard, said: Sequence[str]) -> list[float]:
    """Difference of the error rates with its 95 % interval, rows drawn anew together: [mean, low, high]."""
    counted = np.array(
        [
            (*mistakes(one, a), mistakes(one, b)[0])
            for one, a, b in zip(said, ours.texts, theirs.texts, strict=True)
        ],
        float,
    )
    draws = np.random.default_rng(0).integers(0, len(said), (RESAMPLES, len(said)))
    drawn = counted[draws].sum(axis=1)
    spread = (drawn[:, 0] - drawn[:, 2]) / np.maximum(drawn[:, 1], 1)
    whole = counted.sum(axis=0)
    middle = (whole[0] - whole[2]) / max(whole[1], 1)
    return [round(float(x), 4) for x in (middle, np.percentile(spread, 2.5), np.percentile(spread, 97.5))]
