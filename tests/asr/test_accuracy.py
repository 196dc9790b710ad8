"""How well real people are understood over a (simulated) telephone. Bounds are loose; the figures are printed."""

import time

import pytest

from asr.scoring import cer
from asr.whisper import WhisperRecogniser
from tests.asr.real_speech import real_speech
from tests.need import measuring_data

pytestmark = pytest.mark.model


def _report(what: str, error: float, began: float, seconds: float) -> None:
    print(
        f"\n{what}: CER {error:.3f}, {(time.process_time() - began) / seconds:.2f} CPU-s per second of audio"
    )


def test_after_the_call_two_thirds_and_more_of_the_characters_are_right(whisper: WhisperRecogniser) -> None:
    spoken = real_speech(measuring_data() / "speech", every=2)
    began, seconds = time.process_time(), sum(len(a) for _, a in spoken) / 8000
    pairs = [(said, "".join(u.text for u in whisper.transcribe(a.tobytes(), 8000))) for said, a in spoken]
    _report(f"after the call, {len(pairs)} utterances", error := cer(pairs), began, seconds)
    assert 0.0 < error < 0.35
    assert sum(not heard for _, heard in pairs) <= 1


def test_live_it_is_little_worse(whisper: WhisperRecogniser) -> None:
    spoken = real_speech(measuring_data() / "speech", every=5)
    began, seconds = time.process_time(), sum(len(a) / 8000 + 1.5 for _, a in spoken)
    pairs = []
    for said, audio in spoken:
        stream, packets = whisper.stream(), audio.tobytes() + bytes(24000)
        heard = [u for i in range(0, len(packets), 320) for u in stream.feed(packets[i : i + 320])]
        pairs.append((said, "".join(u.text for u in [*heard, *stream.finish()])))
    _report(f"live, {len(pairs)} utterances", error := cer(pairs), began, seconds)
    assert 0.0 < error < 0.45
