"""A call's recording as one transcript."""

from pathlib import Path

import numpy as np
import pytest

from asr.aftercall import transcribe_recording
from asr.audio import write_wav
from core.errors import BadInput
from tests.asr.fakes import FakeRecogniser

pytestmark = pytest.mark.unit


def test_left_is_the_citizen_right_the_agent_in_the_order_of_speech(tmp_path: Path) -> None:
    stereo = np.zeros((1600, 2), np.int16)
    stereo[0] = (9, 4)  # the fake begins its utterance at this second
    said = transcribe_recording(FakeRecogniser(), write_wav(tmp_path / "call.wav", stereo, 8000))
    assert [(s.speaker, s.utterance.start_s, s.utterance.text) for s in said] == [
        ("agent", 4, "3200 at 8000"),
        ("citizen", 9, "3200 at 8000"),
    ]


def test_one_channel_is_the_citizen(tmp_path: Path) -> None:
    said = transcribe_recording(
        FakeRecogniser(), write_wav(tmp_path / "m.wav", np.ones(100, np.int16), 16000)
    )
    assert [s.speaker for s in said] == ["citizen"]


def test_more_than_two_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="3 channels"):
        transcribe_recording(
            FakeRecogniser(), write_wav(tmp_path / "x.wav", np.ones((10, 3), np.int16), 8000)
        )
