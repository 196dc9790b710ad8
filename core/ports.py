"""The ports that adapters fill. Rules and handlers see these, never the adapter."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Speaker = Literal[
    "citizen", "agent", "expert", "sub_centre", "unit", "emergency", "utility", "supervisor", "county"
]
"""Who a leg belongs to; each leg's voice is its own speaker."""
Place = tuple[str, str]
"""Context and extension of the dialplan."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech as text. `start_s`/`end_s`: seconds from the start of the recording or stream.

    `verbatim`: the words as they were spoken, before numbers and punctuation were put in; empty where an engine gives none.
    """

    text: str
    start_s: float
    end_s: float
    final: bool
    verbatim: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a recogniser can do; callers choose by it, never by its name.

    `words`: times of single words; `terms`: a city's own words (`know`) weigh in while it listens, else they are put in afterwards.
    """

    streaming: bool
    partials: bool
    words: bool
    terms: bool
    languages: tuple[str, ...]
    sample_rates: tuple[int, ...]


class RecogniserStream(Protocol):
    """One speaker's live audio. Not thread-safe: one stream belongs to one thread at a time."""

    def feed(self, pcm: bytes) -> list[Utterance]:
        """Take 16-bit mono little-endian PCM at 8 kHz, give the utterances that became known."""

    def finish(self) -> list[Utterance]:
        """Close the stream; give what was still pending, all final."""


class Recogniser(Protocol):
    """Speech to text, offline. Raises ModelMissing where its model is not installed."""

    name: str
    model: str
    capabilities: Capabilities

    def load(self) -> "Recogniser":
        """Load the model now rather than at the first use; blocking."""

    def know(self, terms: Iterable[str]) -> None:
        """The city's own words (units, places, people) from now on, instead of those known before; blocking, short."""

    def stream(self) -> RecogniserStream: ...

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        """A whole channel after the call; 16-bit mono PCM at `rate` Hz; blocking, run it in a thread."""


class Hints(Protocol):
    """Wake-ups and captions on their way to a screen. May lose messages; never carries facts."""

    async def publish(self, topic: str, message: Mapping[str, Any]) -> None: ...

    def subscribe(
        self, *topics: str
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[str, dict[str, Any]]]]: ...

    async def close(self) -> None: ...


class Switch(Protocol):
    """What we ask of the telephone switch. Every call is bounded and raises SwitchSilent."""

    async def redirect(self, channel: str, context: str, exten: str = "s", priority: int = 1) -> None: ...

    async def part(self, one: str, place: Place, other: str, other_place: Place) -> None:
        """Send the two ends of a talk elsewhere in one order."""

    async def hangup(self, channel: str) -> None: ...

    async def ring_into(
        self, phone: str, context: str, exten: str, variables: dict[str, str], ring_s: int
    ) -> str:
        """Ring a seat's telephone; picked up it goes there. Gives its channel; raises ActionRefused where nobody picks up."""

    async def pick_up(self, phone: str) -> bool:
        """Ask this SIP user's telephone to answer what it rings with; False where nothing rings there."""

    async def tap(self, channel: str, stream_id: str, host: str, port: int) -> None:
        """Send a copy of what `channel` hears *in* (its own speaker's voice) to an AudioSocket server."""

    async def exists(self, channel: str) -> bool:
        """Whether there is such a channel now."""


Clock = Callable[[], Any]
