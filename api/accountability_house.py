"""What the HTTP edge asks about the accountability file: the deeds of api.house.House that judge cases."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from api.actor import Actor
from core.accountability import CaseAction, Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """A case that no event shows, reported by a person under the clause it falls under. `events`: what shows it."""

    unit: str
    clause: str
    happened_at: datetime
    why: str = field(repr=False)
    ticket_id: str | None = None
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case. `evidence`: what was looked at when verifying; `outcome`: what the authority decided."""

    action: CaseAction
    words: str = field(repr=False)
    evidence: tuple[str, ...] = ()
    outcome: Outcome | None = None


class AccountabilityDeeds(Protocol):
    """Each is one transaction with its event."""

    async def report(self, actor: Actor, given: Report, request_key: str) -> str:
        """The case's id; the same key reports once. Raises BadInput for a clause that names no such situation, UnknownUnit."""

    async def step(self, actor: Actor, case_id: str, version: int, given: Step) -> None:
        """Verify, dismiss, propose (another person than who verified), decide. Raises NotFound, NotAllowed, BadInput, Conflict."""

    def authority(self) -> str:
        """Who decides, in the words of the city's documents; '' where none says."""

    def open_to_people(self) -> list[dict[str, str]]:
        """Clauses (with `words`) under which a person may report what no event shows."""
