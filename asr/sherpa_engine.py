"""sherpa-onnx: SenseVoice or Paraformer, for whoever has such a model; none is fetched, for none is published where this installs from.

A model is a folder beside the others that holds `tokens.txt` and one `model.onnx` (or `model.int8.onnx`). Which of the two kinds it is the
model says itself. Proven here with made-up networks that say always the same: loading, decoding and times are the library's own.
"""

import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from asr.audio import EAR_RATE, PHONE_RATE, Floats, levelled
from asr.choice import Guess, chosen
from asr.lexicon import Lexicon
from asr.segmented import Segmented
from asr.vad import Ending
from asr.words import Words
from asr_models.places import models_root
from core.errors import BadInput, ModelMissing, PartMissing
from core.ports import Capabilities

FILES = ("model.int8.onnx", "model.onnx")
TOKENS = "tokens.txt"
KINDS = {"sense_voice_ctc": "sense_voice", "paraformer": "paraformer"}
_LEVEL = -22.0  # dBFS, as for Whisper


def folders(models_dir: Path | str | None = None) -> list[str]:
    """Names of the folders beside the other models that hold one of these."""
    root = models_root(models_dir)
    found = (one for one in root.iterdir() if one.is_dir()) if root.is_dir() else ()
    return sorted(one.name for one in found if _network(one) and (one / TOKENS).is_file())


class SherpaRecogniser(Segmented):
    """One loaded model for all streams. Raises ModelMissing, PartMissing; BadInput for a model of another kind."""

    name = "sherpa"
    capabilities = Capabilities(
        streaming=True,
        partials=True,
        words=False,
        terms=False,
        languages=("zh",),
        sample_rates=(PHONE_RATE, EAR_RATE),
    )

    def __init__(
        self,
        model: str,
        models_dir: Path | str | None = None,
        *,
        threads: int = 0,
        partials: bool = False,
        ending: Ending | None = None,
    ) -> None:
        super().__init__(ending or Ending(), partials)
        if model not in folders(models_dir):
            raise ModelMissing(
                f"{models_root(models_dir) / model} 中没有 {TOKENS} 和 {FILES[1]} (no sherpa-onnx model in this folder)"
            )
        self.model = model
        self._folder = models_root(models_dir) / model
        self._threads = threads or int(os.environ.get("OMP_NUM_THREADS", "0") or 0) or 1
        self._told: tuple[Words, Lexicon] | None = None

    def load(self) -> "SherpaRecogniser":
        """Load now rather than at the first utterance; blocking."""
        _ = self._engine
        return self

    def know(self, terms: Iterable[str]) -> None:
        """These models take no hints: the city's words are put in afterwards, where they surely were said."""
        lexicon = Lexicon(terms)
        self._told = (Words(lexicon.terms), lexicon) if lexicon.terms else None

    def decode(self, audio: Floats) -> str:
        stream = self._engine.create_stream()
        stream.accept_waveform(EAR_RATE, levelled(audio, EAR_RATE, _LEVEL))
        self._engine.decode_stream(stream)
        text = str(stream.result.text)
        return chosen([Guess(text, 0.0)], *self._told) if text and self._told else text

    @cached_property
    def _engine(self) -> Any:
        try:
            import sherpa_onnx
        except ImportError as error:
            raise PartMissing("this recogniser needs the Python package sherpa-onnx") from error
        network, tokens = _network(self._folder), str(self._folder / TOKENS)
        make = sherpa_onnx.OfflineRecognizer
        if _kind(network) == "paraformer":
            return make.from_paraformer(paraformer=network, tokens=tokens, num_threads=self._threads)
        return make.from_sense_voice(
            model=network, tokens=tokens, num_threads=self._threads, language="zh", use_itn=False
        )


def _network(at: Path) -> str:
    return next((str(at / name) for name in FILES if (at / name).is_file()), "")


def _kind(network: str) -> str:
    """By the model's own description. Raises BadInput for a file that is none, or another's."""
    import onnxruntime

    quick = onnxruntime.SessionOptions()
    quick.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        meta = onnxruntime.InferenceSession(network, quick).get_modelmeta().custom_metadata_map
    except Exception as error:  # the runtime has no common class of its own
        raise BadInput(f"{network} 不是可用的 ONNX 模型 (not a usable ONNX model)") from error
    said = str(meta.get("model_type", ""))
    if said not in KINDS:
        raise BadInput(
            f"{network}: 只支持 SenseVoice 和 Paraformer，此模型为 {said or '未注明'} (another kind of model)"
        )
    return KINDS[said]
