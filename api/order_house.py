"""What the HTTP edge asks about supervision orders and accountability: the deeds of api.house.House that press units."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from api.actor import Actor
from core.orders import RecordKind
from core.policy_parts import OrderForm, Trigger
from tickets.bulletin import Line
from tickets.papers import Paper

PublicationDeed = Literal["ask", "approve", "refuse"]


@dataclass(frozen=True, slots=True)
class OrderAsk:
    """A supervision order about a ticket. `units`: several for a joint one, each gets its own; `form` None: a plain 督办单."""

    units: tuple[str, ...]
    trigger: Trigger = "other"
    form: OrderForm | None = None
    until: datetime | None = None
    words: str = field(default="", repr=False)
    leader: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RecordAsk:
    """What was done under an order. `people`: who was there; `evidence`: ids of recordings, documents with their digests."""

    kind: RecordKind
    happened_at: datetime
    words: str = field(repr=False)
    place: str = field(default="", repr=False)
    people: str = field(default="", repr=False)
    evidence: tuple[str, ...] = ()


class OrderDeeds(Protocol):
    """Each is one transaction with its event."""

    async def open(self, actor: Actor, ticket_id: str, ask: OrderAsk, request_key: str) -> list[str]:
        """The orders' ids, one per unit. Raises NotFound, UnknownUnit, NotAllowed and BadInput with the clause."""

    async def record(self, actor: Actor, order_id: str, ask: RecordAsk) -> str:
        """Keep what was done. Raises NotFound, BadInput (a visit without evidence), Conflict where it is closed."""

    async def publish(
        self, actor: Actor, order_id: str, version: int, deed: PublicationDeed, why: str
    ) -> None:
        """Ask to make it public, or decide as another person; nothing is sent. Raises NotFound, NotAllowed, Conflict."""

    async def close(self, actor: Actor, order_id: str, version: int, result: str) -> None:
        """The unit has answered and what the form asks for is on record. Raises NotFound, NotAllowed, Conflict."""

    async def bulletin(self, actor: Actor, month: str) -> Sequence[tuple[str, Line]]:
        """Each unit within the actor's places: its name and its month. Raises BadInput for what is no month."""

    async def paper(self, order_id: str) -> Paper:
        """督办单 to print. Raises NotFound."""

    async def urging_paper(self, number: str) -> Paper:
        """督办通知, 督办单, 警告通知 or the record of a call, by the urging's number. Raises NotFound."""
