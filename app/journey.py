"""Where a call stands between two questions of the dialplan, kept with the call so that any process can go on with it."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ivr import MenuState


@dataclass(frozen=True, slots=True)
class Journey:
    """`seat`: reserved or ringing; `tried`: seats that did not take the call; `announced_s`: position last spoken at.

    `asked`: how often a grade was asked for. `rings` counts, `rang_at` (Unix seconds) says when the last one was ordered. `care`: elderly or disabled, else '';
    `notice`: a prompt before the goodbye. `prefers`: the seat of the agent who spoke with the citizen lately; `priority`:
    0 … 100, over what its line says. `outside`: where a kept hotline's own seats ring or talk now; `rang_outside`: they were tried.

    Of a talk that was parted by a transfer: `talked_s` seconds before this stretch, which began at `since` (Unix seconds, 0:
    nobody talks with the citizen now). `again`: how often a lost agent's seat was rung again; `unsure`: looks taken while a
    leg's end was not told yet. `held`: the agent put the citizen on hold from the page; nobody else is in the talk.
    `returns`: how often the agent came back into a talk of three.
    """

    menu: str = ""
    tries: int = 0
    seat: str = ""
    tried: tuple[str, ...] = ()
    rings: int = 0
    rang_at: float = 0.0
    skill: str = ""
    callback_offered: bool = False
    announced_s: float = field(default=-1e9)
    hung_up_by: str = ""
    asked: int = 0
    care: str = ""
    notice: str = ""
    prefers: str = ""
    priority: int = 0
    outside: str = ""
    rang_outside: bool = False
    parted: bool = False
    talked_s: float = 0.0
    since: float = 0.0
    again: int = 0
    unsure: int = 0
    held: bool = False
    returns: int = 0

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Journey":
        """From the call's row; keys of an older program are left out."""
        known = {f.name for f in fields(cls)}
        given = {key: value for key, value in stored.items() if key in known}
        given["tried"] = tuple(given.get("tried", ()))
        return cls(**given)

    def write(self) -> dict[str, Any]:
        """For the call's row."""
        return asdict(self) | {"tried": list(self.tried)}

    @property
    def menu_state(self) -> MenuState:
        return MenuState(self.menu, self.tries)

    def recording(self, call_id: str) -> str:
        """File stem of the talk with the seat that rings now."""
        return f"{call_id}-{self.rings}"
