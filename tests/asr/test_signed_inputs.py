"""Signed inputs: the same samples, on the processors that gain by them."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from asr.signed_inputs import _message, pays, signed_inputs
from asr.tts import Kokoro
from asr_models.places import require
from tests.asr.conftest import installed


@pytest.mark.model
def test_the_voice_says_sample_for_sample_what_the_model_as_published_says(
    kokoro: Kokoro, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 2, 3
    published = onnxruntime.InferenceSession(
        str(require("kokoro-zh") / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    ours = kokoro.say("三位。")
    monkeypatch.setitem(kokoro.__dict__, "_session", published)
    assert np.array_equal(ours, kokoro.say("三位。"))


@pytest.mark.model
def test_no_convolution_keeps_unsigned_inputs() -> None:
    installed("kokoro-zh")
    published = (require("kokoro-zh") / "model.onnx").read_bytes()
    fed, signed = _fed(published), _fed(signed_inputs(published))
    assert len(fed) > 50
    assert len(signed) == len(fed)
    assert set(fed) == {"DynamicQuantizeLinear"}
    assert set(signed) == {"QuantizeLinear"}


def _fed(model: bytes) -> list[str]:
    """What makes the input of each 8-bit convolution."""
    nodes = _message("Model").FromString(model).graph.node
    made = {output: node.op_type for node in nodes for output in node.output}
    return [made[node.input[0]] for node in nodes if node.op_type == "ConvInteger"]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("text", "gains"),
    [
        ("processor: 0\nflags\t\t: fpu avx2 avx512_vnni fma\n", True),
        ("flags\t\t: avx2 avx_vnni\n", True),
        ("flags\t\t: fpu avx2 fma\n", False),
        ("Features\t: fp asimd asimddp\n", False),
        ("", False),
    ],
)
def test_only_a_processor_with_the_instructions_gains(tmp_path: Path, text: str, gains: bool) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert pays(tmp_path / "cpuinfo") is gains


@pytest.mark.unit
def test_a_system_that_does_not_say_gains_nothing(tmp_path: Path) -> None:
    assert pays(tmp_path / "none") is False
