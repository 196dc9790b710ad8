"""What the HTTP edge asks of the house after a call: errands, grades, replies to our texts."""

from collections.abc import Sequence
from typing import Protocol

from api.actor import Actor
from core.after_call import Grade


class AfterCallDeeds(Protocol):
    """Each is one transaction; twice is once."""

    async def call_back(self, actor: Actor, message_id: str) -> str:
        """Owe the citizen of a message a call, now; the errand's id. Raises NotFound, Conflict (owed already), BadInput."""

    async def cancel(self, actor: Actor, errand_id: str, why: str) -> None:
        """No longer owed. Raises NotFound, Conflict where it is under way or over."""

    async def grade_ticket(
        self,
        actor: Actor,
        ticket_id: str,
        grade: Grade,
        contacted: bool | None = None,
        words: str = "",
        solved: bool | None = None,
    ) -> bool:
        """What the citizen told a person; False where they graded before. Raises NotFound, Conflict (not resolved yet).

        contacted: whether the unit spoke with them; solved: whether the matter is solved; None where they were not asked.
        """

    async def grade_by_citizen(self, ticket_id: str, grade: Grade) -> bool:
        """The citizen of an opened ticket grades it; False where a grade was given before. Raises NotFound, Conflict."""

    async def grades_online(self, token: str) -> Sequence[Grade]:
        """What whoever holds a text's link chooses from, best first; for what is no link the house's own."""

    async def grade_online(self, token: str, grade: Grade) -> bool:
        """Whoever holds a text's link grades its ticket; False where they graded before. Raises NotFound."""

    async def text_reply(self, number: str, words: str, body: bytes, signed: str) -> bool:
        """A citizen answered a text; True where it was a grade. `body` as signed. Raises NotAllowed for a wrong signature."""
