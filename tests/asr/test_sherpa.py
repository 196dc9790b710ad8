"""sherpa-onnx by its protocol, with made-up networks: folders, streams, whole channels, words of the city. Says nothing about quality."""

from pathlib import Path

import numpy as np
import pytest

from asr.audio import Ints, to_float
from asr.registry import choose, recogniser
from asr.sherpa_engine import SherpaRecogniser
from asr.telephone import telephone
from asr.tts import Kokoro
from core.errors import BadInput, ModelMissing
from tests.asr import networks

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def speech(kokoro: Kokoro) -> Ints:
    """Two sentences with a second of silence after each."""
    line = telephone(to_float(kokoro.say("你好，请问有什么可以帮您", "zf_xiaoxiao")), 8000)
    return np.concatenate([line, np.zeros(8000, np.int16)] * 2)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    networks.sense_voice(tmp_path / "sense-voice-zh", "你好")
    networks.paraformer(tmp_path / "paraformer-zh", "工资")
    return tmp_path


def test_a_folder_beside_the_models_is_taken_by_its_name_or_the_engines(models: Path) -> None:
    assert (choose("sense-voice-zh", models).engine, choose("sherpa", models).model) == (
        "sherpa",
        "paraformer-zh",
    )
    with pytest.raises(ModelMissing):
        choose("auto", models)  # what nobody measured is never taken by itself


@pytest.mark.parametrize(("folder", "says"), [("sense-voice-zh", "你好"), ("paraformer-zh", "工资")])
def test_a_whole_channel_and_a_live_stream_are_read_stretch_by_stretch(
    models: Path, speech: Ints, folder: str, says: str
) -> None:
    ear = recogniser(folder, models, threads=1).load()
    assert (ear.name, ear.model) == ("sherpa", folder)
    whole = ear.transcribe(speech.astype("<i2").tobytes(), 8000)
    assert whole
    assert {one.text.rstrip("。") for one in whole} == {says}
    stream, packets = ear.stream(), speech.astype("<i2").tobytes()
    heard = [
        u for i in range(0, len(packets), 1600) for u in stream.feed(packets[i : i + 1600])
    ] + stream.finish()
    finals = [one for one in heard if one.final]
    assert len(finals) >= 2
    assert all(one.text.rstrip("。") == says and one.end_s > one.start_s for one in finals)


def test_silence_is_no_text(models: Path) -> None:
    assert recogniser("sherpa", models, threads=1).transcribe(bytes(16000 * 4), 8000) == []


def test_what_is_no_such_model_is_a_named_mistake(tmp_path: Path, speech: Ints) -> None:
    with pytest.raises(ModelMissing, match=r"tokens\.txt"):
        recogniser("sherpa", tmp_path)
    with pytest.raises(ModelMissing, match=r"tokens\.txt"):
        SherpaRecogniser("nowhere", tmp_path)
    networks.another(tmp_path / "zipformer")
    with pytest.raises(BadInput, match="zipformer2"):
        recogniser("zipformer", tmp_path).load()
    (tmp_path / "zipformer" / "model.onnx").write_bytes(b"no network")
    with pytest.raises(BadInput, match="ONNX"):
        recogniser("zipformer", tmp_path).load()
