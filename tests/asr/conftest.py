import pytest

from asr.tts import MODEL as VOICE
from asr.tts import Kokoro
from asr.whisper import MODEL as WHISPER
from asr.whisper import WhisperRecogniser
from asr_models.manifest import load
from asr_models.places import folder, is_present
from tests.need import need


def installed(model_id: str) -> None:
    """The test needs this model."""
    (model,) = load().pick(model_id)
    need(f"speech model {model_id}", is_present(model, folder(model_id)), f"./hotline models get {model_id}")


@pytest.fixture(scope="session")
def whisper() -> WhisperRecogniser:
    installed(WHISPER)
    return WhisperRecogniser(threads=2).load()


@pytest.fixture(scope="session")
def kokoro() -> Kokoro:
    installed(VOICE)
    return Kokoro(threads=2)
