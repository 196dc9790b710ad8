"""Which recogniser listens: chosen by what is installed, never downloaded at run time."""

from dataclasses import dataclass
from pathlib import Path

from asr.sherpa_engine import SherpaRecogniser, folders
from asr.vosk_engine import VoskRecogniser
from asr.whisper import MODEL as WHISPER
from asr.whisper import WhisperRecogniser
from asr_models.manifest import load
from asr_models.places import is_present, models_root
from core.errors import BadInput, ModelMissing
from core.ports import Recogniser


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine with its model, and why it was taken."""

    engine: str
    model: str
    reason: str


def choose(
    name: str = "auto", models_dir: Path | str | None = None, *, language: str = "zh", live: bool = False
) -> Choice:
    """Engine and model for `name`: auto, an engine (whisper, vosk, sherpa), or the id of a model (sherpa: the name of its folder).

    auto: while people talk an installed Vosk model of `language`, which streams; after the call Whisper base, measured here;
    each the other where it is missing. Raises ModelMissing with the command that gets it; BadInput for a name that is neither.
    """
    whisper = WHISPER if _installed(WHISPER, models_dir) else ""
    vosk = next((m for m in _vosk_models(language) if _installed(m, models_dir)), "")
    if name == "vosk" and vosk:
        return Choice("vosk", vosk, "按设置")
    if name == "whisper" and whisper:
        return Choice("whisper", whisper, "按设置")
    if name == "auto" and vosk and (live or not whisper):
        return Choice("vosk", vosk, "通话中边说边出" if whisper else f"{WHISPER} 未安装")
    if name == "auto" and whisper:
        why = "没有安装该语言的流式模型" if live else "经本项目实测"
        return Choice("whisper", whisper, why)
    brought = folders(models_dir)
    if name in brought or (name == "sherpa" and brought):
        return Choice("sherpa", brought[0] if name == "sherpa" else name, "按设置")
    return _named(name, models_dir)


def _vosk_models(language: str) -> list[str]:
    """Largest first."""
    fitting = [m for m in load().models if m.engine == "vosk" and m.language == language]
    return [m.id for m in sorted(fitting, key=lambda m: -m.fetch_mb)]


def recogniser(
    name: str = "auto",
    models_dir: Path | str | None = None,
    *,
    threads: int = 0,
    workers: int = 1,
    partials: bool = False,
    language: str = "zh",
    live: bool = False,
) -> Recogniser:
    """The recogniser for `name` (see `choose`). It loads at its first use, or by its `load()`; share one per process.

    threads: CPU threads of one decoding (0: the library's choice); workers: Whisper decodings at once; live: for captions.
    """
    choice = choose(name, models_dir, language=language, live=live)
    if choice.engine == "vosk":
        return VoskRecogniser(choice.model, models_dir)
    if choice.engine == "sherpa":
        return SherpaRecogniser(choice.model, models_dir, threads=threads, partials=partials)
    return WhisperRecogniser(
        models_dir, model=choice.model, threads=threads, workers=workers, partials=partials
    )


def _named(name: str, models_dir: Path | str | None) -> Choice:
    if name == "sherpa":
        raise ModelMissing(
            f"没有 sherpa-onnx 模型：请把 SenseVoice 或 Paraformer 的文件夹（model.onnx、tokens.txt）放到 {models_root(models_dir)}"
            " (no sherpa-onnx model: put its folder beside the others)"
        )
    wanted = {"auto": WHISPER, "whisper": WHISPER, "vosk": "vosk-model-small-cn-0.22"}.get(name, name)
    known = {m.id: m for m in load().models if m.engine != "kokoro"}
    if wanted not in known:
        raise BadInput(f"没有识别引擎 {name}；可用：auto、whisper、vosk、sherpa、{'、'.join(known)}")
    if not _installed(wanted, models_dir):
        raise ModelMissing(
            f"没有安装语音识别模型（{models_root(models_dir)}）。请运行：./hotline models get {wanted}"
            " (no speech model installed; calls go on without captions)"
        )
    return Choice(known[wanted].engine, wanted, "按设置")


def _installed(model_id: str, models_dir: Path | str | None) -> bool:
    (model,) = load().pick(model_id)
    return is_present(model, models_root(models_dir) / model_id)
