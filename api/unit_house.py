"""What the HTTP edge asks about the register of units: one deed, checked against the city's places and the register itself."""

from typing import Protocol

from api.actor import Actor
from core.unit_register import EntryChange


class UnitDeeds(Protocol):
    """One transaction with its changes and events; screens of the hotline office learn of it."""

    async def put(self, actor: Actor, code: str, change: EntryChange, version: int, why: str) -> int:
        """Change what is given of a unit's entry, decided on `version`; gives how many things changed.

        Raises UnknownUnit, UnknownDivision, BadInput, Conflict, NotAllowed (a unit moves itself, or it is not the actor's).
        """
