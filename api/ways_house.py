"""What the HTTP edge asks about people's ways to and from a ticket; app/ways fills it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from api.actor import Actor
from match.repeats import Verdict

CitizenDeed = Literal["supplement", "urge", "withdraw"]


@dataclass(frozen=True, slots=True)
class LikeAsk:
    """A matter about to be filed, to see whether it was raised before. `caller` '' takes the call's number."""

    title: str
    body: str
    caller: str = ""
    call_id: str | None = None
    unit: str | None = None
    place: str = ""
    new_facts: str = ""


@dataclass(frozen=True, slots=True)
class FilingAsk:
    """What a citizen files online. `place`: a division's code; `address`: in their words."""

    phone: str
    type: str
    title: str
    body: str
    name: str = ""
    place: str = ""
    address: str = ""
    confidential: bool = False


class WaysDeeds(Protocol):
    """Each is one transaction with its events."""

    async def check_reply(self, actor: Actor, ticket_id: str, facts: dict[str, Any]) -> dict[str, Any]:
        """What the gate would say of this reply; nothing is kept. Raises NotFound, NotAllowed."""

    async def options(self, actor: Actor, ticket_id: str) -> dict[str, Any]:
        """What the actor could do with a ticket now, and what each deed asks for. Raises NotFound."""

    async def alike(self, actor: Actor, ask: LikeAsk) -> dict[str, Any]:
        """Earlier tickets of the same matter within the actor's reach, and what the city's rules say of them. Raises NotFound.

        Confidential ones only at the seat that has the call.
        """

    async def refuse_repeat(
        self, actor: Actor, ticket_id: str, told: str, call_id: str | None, request_key: str
    ) -> str:
        """A matter that is not taken again: told to the citizen and counted; the refused ticket's id. Raises NotAllowed."""

    async def judge_repeat(self, actor: Actor, ticket_id: str, verdict: Verdict, why: str) -> None:
        """Whether a repeat's demand is reasonable (002 附五(一)8); a suspected one becomes one, or none. Raises NotAllowed, Conflict."""

    async def join(self, actor: Actor, ticket_id: str, ids: Sequence[str], reason: str) -> None:
        """并单: these tickets go into this one, all or none. Raises NotFound, NotAllowed, BadInput, Conflict."""

    async def answer_one(self, actor: Actor, ticket_id: str, child_id: str, words: str) -> None:
        """A reply for one citizen whose ticket went into this one. Raises NotFound, NotAllowed, BadInput."""

    async def attach(
        self, actor: Actor, ticket_id: str, kind: Literal["photo", "document"], name: str, body: bytes
    ) -> str:
        """A picture or a PDF beside a ticket; its id, '' where the same is there. Raises NotFound, BadInput, Conflict."""

    async def send_code(self, number: str, phone: str) -> None:
        """A code to the citizen's telephone where both belong together; silence tells nobody whether they do."""

    async def send_filing_code(self, phone: str) -> None:
        """A code to a mobile from which somebody wants to file. Raises BadInput."""

    async def file(self, ask: FilingAsk, code: str, key: str) -> dict[str, Any]:
        """A ticket for the desk to dispatch; how it stands. The same key files once. Raises NotAllowed, Conflict, NotFound."""

    async def add_photo(self, number: str, code: str, body: bytes) -> dict[str, Any]:
        """A picture, made anew without what it tells of its maker. Raises NotAllowed, BadInput, Conflict."""

    async def ticket_of(self, number: str, code: str) -> str:
        """The id of the ticket they open together. Raises NotAllowed."""

    async def opened(self, number: str, code: str) -> dict[str, Any]:
        """How a citizen's ticket stands. Raises NotAllowed."""

    async def by_citizen(self, number: str, code: str, deed: CitizenDeed, words: str) -> dict[str, Any]:
        """A deed of the citizen; how the ticket stands then. Raises NotAllowed, Conflict, BadInput."""

    async def call_citizen(self, actor: Actor, ticket_id: str, why: str, phone_id: str) -> str:
        """Ring the unit, then the citizen, and join them; the call's id. `phone_id` '' takes the unit's first telephone.

        Raises NotAllowed, NotFound, Conflict, SwitchElsewhere.
        """
