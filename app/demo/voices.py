"""What the demo's people say, in two voices of the same synthesiser, rendered once and kept in the user's cache."""

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from app.demo.audio import Samples, load_wav
from app.demo.scenario import Scenario, load_all
from asr.speech_cache import render, side_by_side
from asr.tts import AGENT_VOICE, CITIZEN_VOICE
from core.errors import HotlineError

VOICES = {"citizen": CITIZEN_VOICE, "agent": AGENT_VOICE}
OWN = "(own recording)"


def spoken(scenario: Scenario, models: Path | None = None) -> Iterator[tuple[str, Path]]:
    """(sentence, WAV file at 8 kHz) of every turn. Raises ModelMissing where it must be synthesised and can't."""
    for turn in scenario.turns:
        yield turn.say, render(turn.say, VOICES[turn.who], models_dir=models)


async def rehearse(scenario: Scenario, models: Path, own: Path | None = None) -> dict[str, Samples]:
    """Every sentence in its speaker's voice, and a person's own recording; once per user, then from the cache.

    Raises ModelMissing, BadInput.
    """
    said: dict[str, Samples] = {}
    sentences = spoken(scenario, models)
    while sentence := await asyncio.to_thread(next, sentences, None):  # Ctrl-C waits for one at most
        said[sentence[0]] = load_wav(sentence[1])
    if own is not None:
        said[OWN] = load_wav(own)
    return said


def main() -> int:
    """Render all scenarios: part of the set-up."""
    try:
        scenarios = load_all().values()
        turns = {(turn.say, VOICES[turn.who]) for scenario in scenarios for turn in scenario.turns}
        done = list(side_by_side(partial(render, *turn) for turn in sorted(turns)))
    except HotlineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stderr.write(f"{len(done)} sentences\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
