"""The hotline's spoken prompts, rendered once into the user's cache so that `up` and `demo` start at once."""

from app.setup.files import digest, write_whole
from app.setup.folders import Folders
from app.setup.speech_models import ask


def has(where: Folders) -> bool:
    """Were the prompts rendered from the texts as they are now, and is the cache still there?"""
    try:
        rendered = (where.parts / "stamps" / "prompts").read_text(encoding="utf-8")
    except OSError:
        return False
    return rendered == _key(where) and (where.cache / "speech").is_dir()


def bring(where: Folders) -> None:
    """Render them all (about 1.5 minutes of CPU the first time). Raises SetupFailed."""
    ask(where, "asr.prompts", "--to", str(where.parts / "prompts"))
    write_whole(where.parts / "stamps" / "prompts", _key(where))


def absent(where: Folders) -> float:
    """Rendering downloads nothing."""
    return 0.0


def _key(where: Folders) -> str:
    return digest(where.project / "asr" / "prompts.yaml")
