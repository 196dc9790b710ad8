"""Where speech begins and ends; that nothing else counts as speech."""

from itertools import pairwise

import numpy as np
import pytest

from asr.audio import EAR_RATE, Floats, resample, to_float
from asr.telephone import telephone
from asr.tts import Kokoro
from asr.vad import Ending, Segmenter, packed, segments
from tests.asr.sounds import NOBODY_SPEAKS

pytestmark = pytest.mark.model

PAUSE = np.zeros(2 * EAR_RATE, np.float32)


@pytest.fixture(scope="module")
def sentence(kokoro: Kokoro) -> Floats:
    """About 2.5 s of speech through a telephone, at 16 kHz."""
    wide = to_float(kokoro.say("我想咨询一下社保卡怎么补办", "zm_yunxi", rate=16000))
    return resample(to_float(telephone(wide, 16000)), 8000, EAR_RATE)


@pytest.mark.parametrize("name", NOBODY_SPEAKS)
@pytest.mark.parametrize("line", ["direct", "telephone"])
def test_where_nobody_speaks_there_is_no_segment(name: str, line: str) -> None:
    audio = NOBODY_SPEAKS[name]()
    if line == "telephone":
        audio = resample(to_float(telephone(audio, EAR_RATE)), 8000, EAR_RATE)
    assert segments(audio) == []


def test_two_sentences_with_a_pause_are_two_segments_with_true_times(sentence: Floats) -> None:
    audio = np.concatenate([PAUSE, sentence, PAUSE, sentence, PAUSE])
    first, second = segments(audio)
    assert first.start / EAR_RATE == pytest.approx(2.0, abs=0.45)
    assert first.end / EAR_RATE == pytest.approx(2 + len(sentence) / EAR_RATE, abs=0.45)
    assert second.start / EAR_RATE == pytest.approx(4 + len(sentence) / EAR_RATE, abs=0.45)
    for segment in (first, second):
        assert len(segment.audio) == segment.end - segment.start
        assert np.array_equal(segment.audio, audio[segment.start : segment.end])


def test_the_same_segments_whatever_the_packets_size(sentence: Floats) -> None:
    audio = np.concatenate([PAUSE, sentence, PAUSE])
    segmenter = Segmenter()
    found = [s for i in range(0, len(audio), 320) for s in segmenter.feed(audio[i : i + 320])]
    assert [(s.start, s.end) for s in found] == [(s.start, s.end) for s in segments(audio)]
    assert list(segmenter.finish()) == []


def test_someone_who_never_pauses_is_cut_into_bounded_pieces_without_loss(sentence: Floats) -> None:
    audio = np.concatenate([sentence] * 8)
    found = segments(audio, Ending(longest_s=6.0, silence_s=3.0))
    assert len(found) >= 3
    assert all(len(s.audio) <= 6.1 * EAR_RATE for s in found)
    assert all(a.end == b.start for a, b in pairwise(found))


def test_speech_under_way_is_visible_and_closed_by_the_end(sentence: Floats) -> None:
    segmenter = Segmenter()
    assert list(segmenter.feed(sentence)) == []
    assert segmenter.open is not None
    (segment,) = segmenter.finish()
    assert len(segment.audio) >= len(sentence) * 0.8


def test_neighbours_are_packed_up_to_the_length(sentence: Floats) -> None:
    audio = np.concatenate([PAUSE, *[sentence, PAUSE[: EAR_RATE * 8 // 10]] * 6])
    found = segments(audio, Ending(silence_s=0.4))
    joined = packed(found, audio, gap_s=1.0, longest_s=10.0)
    assert len(joined) < len(found)
    assert all(len(s.audio) <= 10 * EAR_RATE for s in joined)
    assert (joined[0].start, joined[-1].end) == (found[0].start, found[-1].end)
