"""Which recogniser listens: chosen by what is installed, never downloaded at run time."""

from dataclasses import dataclass
from pathlib import Path

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


def choose(name: str = "auto", models_dir: Path | str | None = None, *, language: str = "zh") -> Choice:
    """Engine and model for `name`: auto, an engine (whisper, vosk), or the id of a model (or a folder beside the others).

    auto: Whisper base, the only one measured here; else an installed Vosk model of `language`.
    Raises ModelMissing with the command that gets it; BadInput for a name that is neither.
    """
    if name in ("auto", "whisper") and _installed(WHISPER, models_dir):
        return Choice("whisper", WHISPER, "measured by this project" if name == "auto" else "asked for")
    if name in ("auto", "vosk"):
        for model in load().models:
            if model.engine == "vosk" and model.language == language and _installed(model.id, models_dir):
                return Choice(
                    "vosk", model.id, f"installed; {WHISPER} is not" if name == "auto" else "asked for"
                )
    return _named(name, models_dir)


def recogniser(
    name: str = "auto",
    models_dir: Path | str | None = None,
    *,
    threads: int = 0,
    workers: int = 1,
    partials: bool = False,
    language: str = "zh",
) -> Recogniser:
    """The recogniser for `name` (see `choose`). It loads at its first use, or by its `load()`; share one per process.

    threads: CPU threads of one decoding (0: the library's choice); workers: Whisper decodings at once.
    """
    choice = choose(name, models_dir, language=language)
    if choice.engine == "vosk":
        return VoskRecogniser(choice.model, models_dir)
    return WhisperRecogniser(
        models_dir, model=choice.model, threads=threads, workers=workers, partials=partials
    )


def _named(name: str, models_dir: Path | str | None) -> Choice:
    wanted = {"auto": WHISPER, "whisper": WHISPER, "vosk": "vosk-model-small-cn-0.22"}.get(name, name)
    known = {m.id: m for m in load().models if m.engine != "kokoro"}
    if wanted not in known:
        raise BadInput(f"no recogniser {name!r}: auto, whisper, vosk, or one of {', '.join(known)}")
    if not _installed(wanted, models_dir):
        raise ModelMissing(
            f"没有安装语音识别模型（{models_root(models_dir)}）。请运行：./hotline models get {wanted}"
            " (no speech model installed; calls go on without captions)"
        )
    return Choice(known[wanted].engine, wanted, "asked for")


def _installed(model_id: str, models_dir: Path | str | None) -> bool:
    (model,) = load().pick(model_id)
    return is_present(model, models_root(models_dir) / model_id)
