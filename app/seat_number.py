"""工号播报: the agent's number, spoken to both sides as they are joined; Asterisk wants it as one file."""

import wave
from collections.abc import Iterable
from pathlib import Path

import structlog

from core.policy_after import After

log = structlog.get_logger(__name__)

LONGEST = 8
BEFORE, AFTER_IT = "seat-number", "seat-serves"


def spoken(after: After, seat: str) -> str:
    """The prompt that says a seat's number digit by digit; '' where the city does not want it or the seat has none."""
    digits = "".join(c for c in seat if c.isascii() and c.isdigit())
    return f"seat-{digits}" if after.seat_number.value and 0 < len(digits) <= LONGEST else ""


def prepare(sounds: Path, after: After, seats: Iterable[str]) -> int:
    """Write each seat's prompt from those of its digits, where it is missing or they are newer; how many were written.

    Blocking. A digit without a prompt leaves its seat without one: Asterisk then joins both sides at once.
    """
    made = 0
    for name in sorted({spoken(after, seat) for seat in seats} - {""}):
        digits = name.removeprefix("seat-")
        parts = [sounds / f"{part}.wav" for part in (BEFORE, *(f"d{digit}" for digit in digits), AFTER_IT)]
        target = sounds / f"{name}.wav"
        if missing := [part.stem for part in parts if not part.is_file()]:
            log.warning("a seat's number can't be spoken", seat=digits, missing=missing)
        elif not target.is_file() or target.stat().st_mtime < max(part.stat().st_mtime for part in parts):
            _join(parts, target)
            made += 1
    return made


def _join(parts: list[Path], target: Path) -> None:
    """Whole or not at all."""
    fresh = target.with_name(f".{target.name}.new")
    with wave.open(str(fresh), "wb") as out:
        for number, part in enumerate(parts):
            with wave.open(str(part), "rb") as said:
                if number == 0:
                    out.setparams(said.getparams())
                out.writeframes(said.readframes(said.getnframes()))
    fresh.replace(target)
