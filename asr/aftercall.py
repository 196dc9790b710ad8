"""After the call: the two-channel recording as one transcript."""

from dataclasses import dataclass
from pathlib import Path

from asr.audio import read_wav
from core.errors import BadInput
from core.ports import Recogniser, Speaker, Utterance

_CHANNELS: tuple[Speaker, Speaker] = ("citizen", "agent")  # left, right


@dataclass(frozen=True, slots=True)
class Said:
    """Who said what."""

    speaker: Speaker
    utterance: Utterance


def transcribe_recording(
    recogniser: Recogniser, path: Path, speakers: tuple[Speaker | None, ...] = _CHANNELS
) -> list[Said]:
    """What was said in the order it was spoken. `speakers`: of the left and the right channel, None for one to leave out;
    by default citizen and agent, and mono counts as the citizen.

    Blocking (run it in a thread or process). Raises BadInput for anything but a 16-bit WAV of one or two channels.
    """
    rate, samples = read_wav(path)
    if samples.shape[1] > 2:
        raise BadInput(f"{path}: {samples.shape[1]} channels; one or two are expected")
    said = [
        Said(speaker, utterance)
        for side, speaker in zip(range(samples.shape[1]), speakers, strict=False)
        if speaker is not None
        for utterance in recogniser.transcribe(samples[:, side].astype("<i2").tobytes(), rate)
    ]
    return sorted(said, key=lambda s: (s.utterance.start_s, s.utterance.end_s))
