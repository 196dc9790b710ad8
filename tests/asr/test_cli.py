"""`hotline transcribe`."""

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from asr.audio import to_float, write_wav
from asr.cli import transcribe
from asr.scoring import cer
from asr.telephone import telephone
from asr.tts import Kokoro
from asr.whisper import WhisperRecogniser

app = typer.Typer()
app.command()(transcribe)


@pytest.mark.model
def test_a_call_becomes_one_json_object_with_both_voices(
    kokoro: Kokoro, whisper: WhisperRecogniser, tmp_path: Path
) -> None:
    agent = telephone(to_float(kokoro.say("您好，请问有什么可以帮您？", "zf_xiaoxiao")), 8000)
    citizen = telephone(to_float(kokoro.say("小区门口的路灯坏了好几天了。", "zm_yunxi")), 8000)
    left = np.concatenate([np.zeros(len(agent) + 8000, np.int16), citizen])
    right = np.pad(agent, (0, len(left) - len(agent)))
    write_wav(tmp_path / "call.wav", np.stack([left, right], axis=1), 8000)
    result = CliRunner().invoke(
        app, [str(tmp_path / "call.wav"), str(tmp_path / "gone.wav"), "--threads", "2", "--json"]
    )
    data = json.loads(result.stdout)
    assert result.exit_code == 2, "one of the two files is not there"
    assert data["model"] == "whisper-base"
    rows = data["files"][0]["utterances"]
    assert [r["speaker"] for r in rows] == ["agent", "citizen"]
    assert (
        cer(
            [
                ("您好，请问有什么可以帮您？", rows[0]["text"]),
                ("小区门口的路灯坏了好几天了。", rows[1]["text"]),
            ]
        )
        < 0.4
    )
    assert data["files"][1]["error"] == "bad_input"


@pytest.mark.service
def test_without_a_model_it_ends_with_two_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path))
    (tmp_path / "x.wav").touch()
    result = CliRunner().invoke(app, [str(tmp_path / "x.wav"), "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] == "model_missing"


@pytest.mark.service
def test_a_file_that_is_not_there_is_named_in_one_line_before_a_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path))
    result = CliRunner().invoke(app, [str(tmp_path / "gone.wav")])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"没有这个文件：{tmp_path / 'gone.wav'}\n"
