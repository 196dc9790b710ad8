"""What the HTTP edge asks of the house about quality; app.quality fills it."""

from collections.abc import Mapping
from typing import Any, Protocol

from api.actor import Actor
from core.quality import Rules


class QualityDeeds(Protocol):
    """Rules and reviews."""

    def first(self) -> Rules:
        """The rules an installation begins with: version 0."""

    async def change(self, actor: Actor, rules: dict[str, Any], version: int, why: str) -> int:
        """The next version after `version`. Raises BadQuality, NotAllowed, Conflict."""

    async def review(self, actor: Actor, call_id: str, marks: Mapping[str, bool], words: str) -> str:
        """A person's judgement; its id. Raises NotFound (not checked), BadInput."""
