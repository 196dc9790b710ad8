"""The register of scenes: each a short script on a stage, found by its name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module

from app.demo.stage import Stage
from core.errors import NotFound

Script = Callable[[Stage], Awaitable[None]]
MODULES = ("spoken", "lines", "queue", "three_way", "care")
LONGEST_S = 60.0  # once set up


@dataclass(frozen=True, slots=True)
class Scene:
    """`spoken`: its people have voices and the house has ears; else each sends a tone of its own.

    number: of the citizen who calls.
    """

    name: str
    title: str
    play: Script
    spoken: bool
    number: str


REGISTER: dict[str, Scene] = {}


def scene(name: str, title: str, *, spoken: bool = False) -> Callable[[Script], Script]:
    """Register a script under its name."""

    def register(play: Script) -> Script:
        REGISTER[name] = Scene(name, title, play, spoken, f"1390735{1000 + 37 * len(REGISTER):04d}")
        return play

    return register


def scenes() -> dict[str, Scene]:
    """All of them by name."""
    for module in MODULES:
        import_module(f"app.demo.scenes_{module}")
    return REGISTER


def find(name: str) -> Scene:
    """Raises NotFound naming the scenes there are."""
    known = scenes()
    if name not in known:
        raise NotFound(f"no scenario {name!r}; there are: {', '.join(known)}")
    return known[name]
