"""What the HTTP edge asks about callers: the deeds of api.house.House that have to do with nuisance, care and enterprises."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from api.actor import Actor

CareKind = Literal["elderly", "disabled"]
ReviewDeed = Literal["kept", "lifted"]


@dataclass(frozen=True, slots=True)
class BlockAsk:
    """A block asked for: a `number` or the caller of `call_id`, what for, how many days (None: the city's rule)."""

    tag: str
    reason: str
    number: str = ""
    call_id: str | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class CareAsk:
    """A caller to be cared for. `basis`: on what ground we know; `skill`: what their agent should speak."""

    number: str
    kind: CareKind
    basis: str
    skill: str = ""
    name: str | None = None
    note: str = ""
    consent_at: datetime | None = None


class CallerDeeds(Protocol):
    """Each is one transaction with its event."""

    def tags(self) -> Mapping[str, tuple[str, bool]]:
        """Code -> (name, whether a number may be blocked for it)."""

    async def tag(self, actor: Actor, call_id: str, tag: str, note: str) -> None:
        """Say what a call was. Raises BadInput for an unknown tag, NotFound."""

    async def untag(self, actor: Actor, call_id: str, tag: str) -> None:
        """Take it back. Raises NotFound."""

    async def block(self, actor: Actor, ask: BlockAsk) -> str:
        """Block a number; the block's id. Raises BadInput, NotFound, Conflict where it is blocked."""

    async def review(self, actor: Actor, block_id: str, deed: ReviewDeed, why: str, days: int | None) -> None:
        """Somebody looked again. Raises BadInput, NotFound, Conflict where it was lifted before."""

    async def care_for(self, actor: Actor, ask: CareAsk) -> str:
        """Enter a caller in the care register; the entry's id. Raises Conflict where they are in it."""

    async def end_care(self, actor: Actor, care_id: str) -> None:
        """Take them out. Raises NotFound, Conflict."""


class EnterpriseDeeds(Protocol):
    """政企通."""

    async def put_specialist(self, actor: Actor, specialist_id: str | None, facts: dict[str, Any]) -> str:
        """Add a policy specialist or change the one of this id. Raises NotFound, BadInput."""

    async def enter(self, actor: Actor, facts: dict[str, Any]) -> str:
        """交办: a matter enters the ledger; its id. Raises NotFound, Conflict where the call is in it."""

    async def close_item(self, actor: Actor, item_id: str, version: int, result: str) -> None:
        """销号. Raises NotFound, NotAllowed while its ticket is under way, Conflict where it was closed or changed meanwhile."""
