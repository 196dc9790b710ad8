"""What the demo's people say, in two voices of the same synthesiser, rendered once and kept in the user's cache."""

import sys
from collections.abc import Iterator
from pathlib import Path

from app.demo.scenario import Scenario, load_all
from asr.speech_cache import render
from asr.tts import AGENT_VOICE, CITIZEN_VOICE
from core.errors import HotlineError

VOICES = {"citizen": CITIZEN_VOICE, "agent": AGENT_VOICE}


def spoken(scenario: Scenario, models: Path | None = None) -> Iterator[tuple[str, Path]]:
    """(sentence, WAV file at 8 kHz) of every turn. Raises ModelMissing where it must be synthesised and can't."""
    for turn in scenario.turns:
        yield turn.say, render(turn.say, VOICES[turn.who], models_dir=models)


def main() -> int:
    """Render all scenarios: part of the set-up."""
    try:
        done = [text for scenario in load_all().values() for text, _ in spoken(scenario)]
    except HotlineError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stderr.write(f"{len(done)} sentences\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
