"""The hotline's prompts and the demo's voices, rendered once into the user's cache so that `up` and `demo` start at once."""

from app.setup.files import digest, write_whole
from app.setup.folders import Folders
from app.setup.speech_models import ask

TEXTS = {"prompts": ("asr", "prompts.yaml"), "demo-speech": ("app", "demo", "scenarios.yaml")}


def has(where: Folders, name: str = "prompts") -> bool:
    """Was the speech rendered from the texts as they are now, and is the cache still there?"""
    try:
        rendered = (where.parts / "stamps" / name).read_text(encoding="utf-8")
    except OSError:
        return False
    return rendered == _key(where, name) and (where.cache / "speech").is_dir()


def has_demo(where: Folders) -> bool:
    """As `has`, of what the demo's people say."""
    return has(where, "demo-speech")


def bring(where: Folders) -> None:
    """Render them all (about 1.5 minutes of CPU the first time). Raises SetupFailed."""
    ask(where, "asr.prompts", "--to", str(where.parts / "prompts"))
    write_whole(where.parts / "stamps" / "prompts", _key(where, "prompts"))


def bring_demo(where: Folders) -> None:
    """Render what the demo's people say. Raises SetupFailed."""
    ask(where, "app.demo.voices")
    write_whole(where.parts / "stamps" / "demo-speech", _key(where, "demo-speech"))


def absent(where: Folders) -> float:
    """Rendering downloads nothing."""
    return 0.0


def _key(where: Folders, name: str) -> str:
    return digest(where.project.joinpath(*TEXTS[name]))
