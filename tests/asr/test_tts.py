"""The voice: it speaks what it was given, levelled, at the rate asked for."""

import numpy as np
import pytest

from asr import tts
from asr.audio import to_float
from asr.scoring import cer
from asr.telephone import telephone
from asr.tts import AGENT_VOICE, CITIZEN_VOICE, Kokoro
from asr.whisper import WhisperRecogniser
from core.errors import BadInput, ModelMissing

pytestmark = pytest.mark.model

TEXT = "您的留言已经收到，我们会尽快与您联系。"


@pytest.mark.parametrize("voice", [AGENT_VOICE, CITIZEN_VOICE])
def test_what_is_said_is_understood_over_the_telephone(
    kokoro: Kokoro, whisper: WhisperRecogniser, voice: str
) -> None:
    line = telephone(to_float(kokoro.say(TEXT, voice)), 8000)
    heard = "".join(u.text for u in whisper.transcribe(line.tobytes(), 8000))
    assert cer([(TEXT, heard)]) < 0.35


def test_speech_is_levelled_and_at_the_rate_asked_for(kokoro: Kokoro) -> None:
    short, long = kokoro.say("再见。", rate=8000), kokoro.say("再见。", rate=16000)
    assert abs(len(long) / 2 - len(short)) < 160
    loud = to_float(short)
    speech = loud[np.abs(loud) > 0.02]
    assert -24 < 20 * np.log10(float(np.sqrt(np.mean(speech**2)))) < -12
    assert np.abs(short).max() < 32000


def test_a_sentence_is_synthesised_once_however_often_it_is_said(
    kokoro: Kokoro, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, infer = [], tts._infer
    monkeypatch.setattr(tts, "_infer", lambda *how: made.append(how) or infer(*how))
    twice = kokoro.say("十七。十七。")
    once = kokoro.say("十七。")
    assert len(made) == 1
    assert len(twice) > 2 * len(once)
    kokoro.say("十七。", speed=1.2)
    assert len(made) == 2


def test_faster_is_shorter(kokoro: Kokoro) -> None:
    assert len(kokoro.say(TEXT, speed=1.3)) < 0.9 * len(kokoro.say(TEXT))


@pytest.mark.parametrize(
    ("text", "voice"), [("", AGENT_VOICE), ("  \n", AGENT_VOICE), ("你好", "nobody"), ("你好", "../x")]
)
def test_mistakes_are_named(kokoro: Kokoro, text: str, voice: str) -> None:
    with pytest.raises(BadInput):
        kokoro.say(text, voice)


def test_without_the_model_the_message_says_how_to_get_it(tmp_path: object) -> None:
    with pytest.raises(ModelMissing, match="hotline models get kokoro-zh"):
        Kokoro(str(tmp_path))
