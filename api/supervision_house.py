"""What the HTTP edge asks about supervision: the deeds of api.house.House that supervisors do to calls and seats."""

from typing import Literal, Protocol

from api.actor import Actor

SupervisionMode = Literal["listen", "whisper", "barge", "take_over"]
ForceDeed = Literal["force_pause", "force_logout"]


class SupervisionDeeds(Protocol):
    """Each is kept with who, why and when before it is done."""

    async def supervise(
        self, actor: Actor, call_id: str, seat_id: str, mode: SupervisionMode, why: str
    ) -> str:
        """Ring the telephone of the actor's own seat and join it to the talk; the supervision's id.

        Raises NotFound, NotAllowed (not their seat), Conflict (no talk, their own talk, they listen already).
        """

    async def change(self, actor: Actor, supervision_id: str, mode: SupervisionMode, why: str) -> None:
        """Another mode while it is on. Raises NotFound, NotAllowed, Conflict, SwitchSilent."""

    async def end(self, actor: Actor, supervision_id: str) -> None:
        """Leave the talk. Raises NotFound, NotAllowed, Conflict where the call was taken over."""

    async def force(self, actor: Actor, seat_id: str, deed: ForceDeed, why: str) -> bool:
        """Make a seat pause or log out; False where its talk must end first. Raises NotFound."""
