"""What the HTTP edge asks about the rules. Reading only; JSON-able dicts as app.policy_desk makes them."""

from datetime import datetime
from typing import Any, Protocol

from core.policy_parts import StageName, TicketType


class PolicyDeeds(Protocol):
    """A profile that nobody knows raises UnknownPolicy."""

    async def profiles(self) -> list[dict[str, Any]]:
        """Every profile that can be read, by name."""

    async def profile(self, name: str) -> dict[str, Any]:
        """One with its values, readings and what it leaves unsaid. Raises BadPolicy."""

    async def explain(
        self, name: str, stage: StageName, type: TicketType, at: datetime, flags: dict[str, bool]
    ) -> dict[str, Any]:
        """A stage's deadline day by day; flags: multi_unit, on_site, complex. Raises BadInput, BadPolicy."""

    async def year(self, year: int) -> dict[str, Any]:
        """Days off that are no plain weekend, weekends that are worked, and where that is from."""
