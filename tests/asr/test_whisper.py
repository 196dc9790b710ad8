"""Whisper on synthetic speech through a telephone: it hears words, keeps times, and says nothing where nothing was said."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from asr.audio import EAR_RATE, Ints, to_float
from asr.scoring import cer
from asr.telephone import telephone
from asr.tts import Kokoro
from asr.whisper import WhisperRecogniser
from tests.asr.sounds import NOBODY_SPEAKS

pytestmark = pytest.mark.model

TEXT = "我家小区的路灯坏了三天了，晚上很黑，老人出门不安全。"


@pytest.fixture(scope="module")
def call(kokoro: Kokoro) -> Ints:
    """The sentence on the line, with a second of silence before and two after."""
    speech = telephone(to_float(kokoro.say(TEXT, "zm_yunxi", rate=EAR_RATE)), EAR_RATE)
    return np.concatenate([np.zeros(8000, np.int16), speech, np.zeros(16000, np.int16)])


def test_a_recording_becomes_text_with_times(whisper: WhisperRecogniser, call: Ints) -> None:
    heard = whisper.transcribe(call.tobytes(), 8000)
    assert cer([(TEXT, "".join(u.text for u in heard))]) < 0.35
    assert heard[0].start_s == pytest.approx(1.0, abs=0.5)
    assert heard[-1].end_s == pytest.approx(len(call) / 8000 - 2, abs=0.8)
    assert all(u.final for u in heard)


def test_a_live_stream_gives_the_sentence_once_it_is_over(whisper: WhisperRecogniser, call: Ints) -> None:
    stream, packets = whisper.stream(), call.tobytes()
    heard = [(i, u) for i in range(0, len(packets), 320) for u in stream.feed(packets[i : i + 320])]
    assert stream.finish() == []
    assert cer([(TEXT, "".join(u.text for _, u in heard))]) < 0.35
    byte, last = heard[-1]
    assert 0.5 < byte / 16000 - last.end_s < 1.2, "the endpoint comes about 0.85 s after the speech"


def test_provisional_text_comes_only_when_asked_for_and_not_under_load(
    whisper: WhisperRecogniser, call: Ints
) -> None:
    eager = WhisperRecogniser(threads=2, partials=True)
    packets = [call.tobytes()[i : i + 1600] for i in range(0, call.nbytes, 1600)]

    def provisional(hush: bool) -> int:
        stream = eager.stream()
        stream.hush = hush
        return sum(not u.final for p in packets[:40] for u in stream.feed(p))

    assert provisional(hush=False) >= 1
    assert provisional(hush=True) == 0


@pytest.mark.parametrize("name", NOBODY_SPEAKS)
def test_no_text_where_nobody_speaks(whisper: WhisperRecogniser, name: str) -> None:
    line = telephone(NOBODY_SPEAKS[name](), EAR_RATE).tobytes()
    assert whisper.transcribe(line, 8000) == []
    stream = whisper.stream()
    assert [*stream.feed(line), *stream.finish()] == []


def test_nothing_at_all_is_nothing(whisper: WhisperRecogniser) -> None:
    assert whisper.transcribe(b"", 8000) == []
    assert whisper.transcribe(b"\x00", 8000) == []
    assert whisper.stream().finish() == []


def test_several_threads_share_one_model(whisper: WhisperRecogniser, call: Ints) -> None:
    with ThreadPoolExecutor(3) as pool:
        texts = [
            f.result(60) for f in [pool.submit(whisper.transcribe, call.tobytes(), 8000) for _ in range(3)]
        ]
    assert texts[0] == texts[1] == texts[2]
