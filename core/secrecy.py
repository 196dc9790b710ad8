"""What happened about secrecy, as facts: the audit chain's head, releases, holds, what was deleted, keys, rights."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from core.events import Event


@dataclass(frozen=True, slots=True)
class AuditSealed(Event):
    """Once a day: how far the audit chain is and its last hash; a webhook carries it to where we can't change it."""

    name: ClassVar[str] = "audit.sealed"
    n: int
    hash: str

    @property
    def subject(self) -> str:
        return "audit"


@dataclass(frozen=True, slots=True)
class ReleaseStep(Event):
    """A release was asked for, approved, refused, withdrawn or downloaded; `facts`: what, to whom and why, never the data."""

    name: ClassVar[str] = "release.step"
    release_id: str
    what: str
    facts: dict[str, Any]

    @property
    def subject(self) -> str:
        return self.release_id


@dataclass(frozen=True, slots=True)
class HoldStep(Event):
    """A legal hold was placed on an object or lifted, and why."""

    name: ClassVar[str] = "hold.step"
    hold_id: str
    what: str
    kind: str
    object_id: str
    why: str

    @property
    def subject(self) -> str:
        return self.hold_id


@dataclass(frozen=True, slots=True)
class RetentionRan(Event):
    """What the term of a kind ended for: how many, the newest of them, and the rule's words."""

    name: ClassVar[str] = "retention.ran"
    kind: str
    many: int
    before: datetime
    rule: str
    ids: list[str]

    @property
    def subject(self) -> str:
        return f"retention.{self.kind}"


@dataclass(frozen=True, slots=True)
class KeysTurned(Event):
    """A key that seals citizens' data was added, took over, or was removed; never the key itself."""

    name: ClassVar[str] = "keys.turned"
    what: str
    key: str

    @property
    def subject(self) -> str:
        return "keys"


@dataclass(frozen=True, slots=True)
class RightsChanged(Event):
    """Somebody's account was made, closed, opened again or given another password."""

    name: ClassVar[str] = "rights.changed"
    user_id: str
    what: str
    facts: dict[str, Any]

    @property
    def subject(self) -> str:
        return self.user_id
