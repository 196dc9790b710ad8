"""Made-up networks of the shapes sherpa-onnx reads: whatever they hear, they say the same. They prove the way, never the quality."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES = 80 * 7  # seven frames of 80 bands at once, as both kinds take them
PROMPT = ("<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|woitn|>")  # what SenseVoice says before the words
SURE = 10.0


def sense_voice(at: Path, says: str) -> None:
    """A SenseVoice that says this, one character in two frames."""
    tokens = ["<blank>", *PROMPT, *dict.fromkeys(says)]
    path = [*range(1, 5)]
    for one in says:
        path += [tokens.index(one), 0]
    odds = _odds([*path, *[0] * 1000], len(tokens))
    whole = {"one": 1, "two": 2, "four": 4, "nought": 0}
    known = [numpy_helper.from_array(odds, "odds")]
    known += [numpy_helper.from_array(np.array([value], np.int64), name) for name, value in whole.items()]
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Slice", ["shape", "one", "two"], ["frames"]),
        helper.make_node("Add", ["frames", "four"], ["end"]),
        helper.make_node("Slice", ["odds", "nought", "end", "one"], ["logits"]),
    ]
    given = [_given("x", TensorProto.FLOAT, ["N", "T", FEATURES])]
    given += [_given(name, TensorProto.INT32, ["N"]) for name in ("x_length", "language", "text_norm")]
    told = [_given("logits", TensorProto.FLOAT, [1, "out", len(tokens)])]
    facts = {"normalize_samples": 0, "lang_auto": 0, "lang_zh": 3, "lang_en": 4, "lang_yue": 7, "lang_ja": 11, "lang_ko": 12,
             "lang_nospeech": 13, "with_itn": 14, "without_itn": 15, "version": 1}  # fmt: skip
    graph = helper.make_graph(nodes, "sense_voice", given, told, known)
    _write(at / "model.onnx", graph, "sense_voice_ctc", len(tokens), facts)
    _tokens(at, tokens)


def paraformer(at: Path, says: str) -> None:
    tokens = ["<blank>", "<s>", "</s>", *dict.fromkeys(says)]
    path = [*(tokens.index(one) for one in says), 2]
    known = [
        numpy_helper.from_array(_odds(path, len(tokens)), "odds"),
        numpy_helper.from_array(np.array([len(path)], np.int32), "count"),
    ]
    nodes = [
        helper.make_node("Identity", ["odds"], ["logits"]),
        helper.make_node("Identity", ["count"], ["token_num"]),
        helper.make_node("Identity", ["speech"], ["unused"]),
        helper.make_node("Identity", ["speech_lengths"], ["unused_too"]),
    ]
    given = [
        _given("speech", TensorProto.FLOAT, ["N", "T", FEATURES]),
        _given("speech_lengths", TensorProto.INT32, ["N"]),
    ]
    told = [
        _given("logits", TensorProto.FLOAT, [1, len(path), len(tokens)]),
        _given("token_num", TensorProto.INT32, [1]),
    ]
    graph = helper.make_graph(nodes, "paraformer", given, told, known)
    _write(at / "model.int8.onnx", graph, "paraformer", len(tokens), {})
    _tokens(at, tokens)


def another(at: Path) -> None:
    """A network of a kind we do not read."""
    given = [_given("x", TensorProto.FLOAT, [1])]
    told = [_given("y", TensorProto.FLOAT, [1])]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "another", given, told)
    _write(at / "model.onnx", graph, "zipformer2", 1, {})
    _tokens(at, ["<blank>"])


def _odds(path: Sequence[int], width: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    odds = np.full((1, len(path), width), -SURE, np.float32)
    odds[0, np.arange(len(path)), path] = SURE
    return odds


def _given(name: str, kind: int, shape: Sequence[int | str]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _write(path: Path, graph: onnx.GraphProto, kind: str, size: int, facts: Mapping[str, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    shared = {"model_type": kind, "vocab_size": size, "lfr_window_size": 7, "lfr_window_shift": 6}
    plain = {"neg_mean": ",".join(["0"] * FEATURES), "inv_stddev": ",".join(["1"] * FEATURES)}
    helper.set_model_props(model, {name: str(value) for name, value in {**shared, **plain, **facts}.items()})
    onnx.save(model, path)


def _tokens(at: Path, tokens: Sequence[str]) -> None:
    (at / "tokens.txt").write_text(
        "".join(f"{token} {number}\n" for number, token in enumerate(tokens)), encoding="utf-8"
    )
