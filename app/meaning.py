"""What texts mean, for matching: the installed embedding and its vectors in the home folder; new ones are made in the background."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import structlog
from numpy.typing import NDArray

from app.floor import Floor
from app.settings import Settings
from core.errors import HotlineError
from embedding.encoder import Encoder
from embedding.kept import Kept
from match.propose import MatchIndex

log = structlog.get_logger(__name__)
AT_ONCE: Final = 64
FOLDER: Final = "embedding"
LOOK_EVERY_S: Final = 2.0


class Meanings:
    """A `match.meaning.Meaning`: questions are computed when they are asked, passages only by `make`."""

    def __init__(self, home: Path, models: Path, *, threads: int = 1) -> None:
        """Vectors are kept in `home`. Raises ModelMissing, PartMissing, BadPack, OSError."""
        self._encoder = Encoder(models, threads=threads)
        self._kept = Kept(home / FOLDER / f"{self._encoder.name}.vectors")

    def asked(self, text: str) -> NDArray[np.float32]:
        return self._encoder.question(text)

    def known(self, texts: Sequence[str]) -> list[NDArray[Any] | None]:
        return list(self._kept.known(texts))

    def make(self, texts: Sequence[str]) -> int:
        """Compute and keep what is not known; blocking. How many were made."""
        known = self._kept.known(texts)
        new = list(dict.fromkeys(text for text, vector in zip(texts, known, strict=True) if vector is None))
        new.sort(key=len)
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            self._kept.add(part, self._encoder.passages(part))
        return len(new)


def installed(settings: Settings) -> Meanings | None:
    """The one the settings ask for."""
    return meanings(settings.home, settings.models) if settings.embedding == "auto" else None


def meanings(home: Path, models: Path, *, threads: int = 1) -> Meanings | None:
    """None, said plainly, where no embedding is installed or its file can't be used: matching goes by words and sounds."""
    try:
        return Meanings(home, models, threads=threads)
    except HotlineError as error:
        log.warning("no embedding: matching goes by words and sounds", reason=str(error))
    except OSError as error:
        log.warning("no embedding: its folder can't be used", reason=str(error))
    return None


async def follow(
    floor: Floor, meaning: Meanings, load: Callable[[], Awaitable[MatchIndex]], every_s: float = LOOK_EVERY_S
) -> None:
    """Until cancelled: matching is compiled with this meaning, and again once vectors it lacked are there."""
    floor.content = replace(floor.content, index=await load())
    while True:
        missing = floor.content.index.answers.missing
        if missing:
            try:
                made = await asyncio.to_thread(meaning.make, missing)
            except OSError as error:  # a full disk: matching goes on with what there is
                log.warning("vectors can't be kept", reason=str(error))
            else:
                log.info("vectors of new texts", made=made)
                floor.content = replace(floor.content, index=await load())
        await asyncio.sleep(every_s)
