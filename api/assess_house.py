"""What the HTTP edge asks about assessment. Each deed is one transaction with its event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from api.actor import Actor
from core.assessment import FindingKind, Scope


@dataclass(frozen=True, slots=True)
class FindingAsk:
    """A fact about a unit that no event tells. `happened_at`: when it was so."""

    unit: str
    kind: FindingKind
    happened_at: datetime
    what: str
    evidence: tuple[str, ...]
    ticket_id: str | None = None


@dataclass(frozen=True, slots=True)
class RulingAsk:
    """System fault or force majeure; `unit` '' for all."""

    unit: str
    scopes: tuple[Scope, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sheets: `profile` '' is the city's own; `unit` '' are all the actor may see; `as_of` None is now."""

    period: str
    profile: str = ""
    unit: str = ""
    as_of: datetime | None = None


class AssessDeeds(Protocol):
    """Sheets are JSON as tickets.assessment.sheet makes it. All raise NotFound for units and sheets the actor may not see."""

    async def sheets(self, actor: Actor, asked: Asked) -> list[dict[str, Any]]:
        """Scored now. Raises BadInput (no such period, no scheme), UnknownPolicy."""

    async def seats(self, actor: Actor, period: str, as_of: datetime | None) -> dict[str, Any]:
        """Seats and the outsourcer, of the calls within `actor.scope`, as app.assessment.seats makes it. Raises BadInput."""

    async def due(self, actor: Actor) -> list[dict[str, Any]]:
        """Periods that the rules' rhythm wants scored, that are over and of which no sheet in their charge is frozen: name, end."""

    async def freeze(self, actor: Actor, asked: Asked, why: str) -> list[str]:
        """Freeze them; ids of the versions that stand. The same facts give the same version. Raises BadInput before the period's end,
        NotAllowed where a county's office would sign by other rules than its own."""

    async def again(self, actor: Actor, sheet_id: str) -> dict[str, Any]:
        """Score a frozen sheet again from its own facts and rules: `same` and what differs."""

    async def scope(self, actor: Actor) -> Sequence[str] | None:
        """Units whose assessment the actor may see; None: all."""

    async def enter(self, actor: Actor, ask: FindingAsk) -> str:
        """Propose a finding; its id."""

    async def review(
        self, actor: Actor, finding_id: str, state: Literal["confirmed", "rejected", "withdrawn"], note: str
    ) -> None:
        """Raises NotAllowed where the second person is the first, Conflict."""

    async def rule(self, actor: Actor, ask: RulingAsk) -> str:
        """What excuses units; the ruling's id."""

    async def appeal(
        self, actor: Actor, sheet_id: str, key: str, reason: str, evidence: Sequence[str]
    ) -> str:
        """A unit objects to one deduction; the appeal's id. Raises NotAllowed outside the window or where none is set, Conflict."""

    async def decide(
        self, actor: Actor, appeal_id: str, state: Literal["granted", "refused"], why: str
    ) -> None:
        """Raises Conflict where it was decided."""
