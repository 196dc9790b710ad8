"""A recogniser whose work the test controls."""

from collections.abc import Iterable
from threading import Event

from core.ports import Capabilities, Utterance


class FakeStream:
    def __init__(self, owner: "FakeRecogniser") -> None:
        self.hush = False
        self.owner, self.heard = owner, 0

    def feed(self, pcm: bytes) -> list[Utterance]:
        assert self.owner.go.wait(10), "the test never let the decoder go"
        if self.owner.fails_on and self.owner.fails_on in pcm:
            raise RuntimeError("engine broke")
        began, self.heard = self.heard, self.heard + len(pcm)
        self.owner.hushed.append(self.hush)
        return [Utterance(f"{len(pcm)}", began / 16000, self.heard / 16000, final=True)]

    def finish(self) -> list[Utterance]:
        return [Utterance("end", self.heard / 16000, self.heard / 16000, final=True)]


class FakeRecogniser:
    """Each block fed is one utterance naming its bytes; `go` holds all decoding back; bytes `fails_on` break the engine."""

    name = "fake"
    model = "none"
    capabilities = Capabilities(
        streaming=True, partials=False, words=False, terms=False, languages=("zh",), sample_rates=(8000,)
    )

    def __init__(self) -> None:
        self.go = Event()
        self.go.set()
        self.fails_on = b""
        self.hushed: list[bool] = []

    def load(self) -> "FakeRecogniser":
        return self

    def know(self, terms: Iterable[str]) -> None:
        self.known = tuple(terms)

    def stream(self) -> FakeStream:
        return FakeStream(self)

    def transcribe(self, pcm: bytes, rate: int) -> list[Utterance]:
        return [Utterance(f"{len(pcm)} at {rate}", pcm[0], pcm[0] + 1.0, final=True)] if any(pcm) else []
