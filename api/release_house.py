"""What the HTTP edge asks about releases: deeds that app fills."""

from dataclasses import dataclass
from typing import Protocol

from api.actor import Actor
from core.release import Format, Kind, State, Verdict


@dataclass(frozen=True, slots=True)
class ReleaseAsk:
    """What somebody wants to take out, for whom, why and until when at the latest."""

    kind: Kind
    object_id: str
    recipient: str
    purpose: str
    days: int


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked file. `sha256`: of the whole file, kept with the event."""

    name: str
    media: str
    body: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Used:
    """An approved release at work elsewhere. `mark`: to be written on what is made; `recipient`: who gets it."""

    object_id: str
    purpose: str
    mark: str
    recipient: str


class ReleaseDeeds(Protocol):
    """Each is one transaction with its event."""

    async def ask(self, actor: Actor, ask: ReleaseAsk) -> str:
        """A request; its id. Raises NotFound for what is not there or not the actor's, BadInput."""

    async def vote(self, actor: Actor, release_id: str, verdict: Verdict, why: str) -> State:
        """One of the two words. Raises NotFound, NotAllowed, Conflict."""

    async def withdraw(self, actor: Actor, release_id: str) -> None:
        """Raises NotFound, NotAllowed, Conflict."""

    async def file(self, actor: Actor, release_id: str, format: Format | None) -> Marked:
        """What was approved, marked, its hand-over kept first. Raises NotFound, BadInput, Conflict."""

    async def used(self, actor: Actor, release_id: str, kind: Kind) -> Used:
        """An approved release is used for something made elsewhere (an evidence pack). Raises NotFound, NotAllowed, Conflict."""
