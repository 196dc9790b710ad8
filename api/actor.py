"""Who asks: a person as the edge has recognised them, with how far their right reaches."""

from dataclasses import dataclass, field

from core.rights import AT_A_SEAT, NOWHERE, OF_A_UNIT, Scope
from core.rights import Role as Role


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `unit`: code of the unit for people of a unit, else None.

    `division`: the place whose units they look after, for people of a county's hotline office; None: all. `places`: it and those
    below it. `scope`: whose rows the right reaches under which a route let them in; `callers`: as in core.rights.Scope.
    """

    id: str
    login: str
    name: str
    role: Role
    unit: str | None = None
    division: str | None = None
    places: frozenset[str] | None = None
    scope: Scope = NOWHERE
    callers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def of_a_unit(self) -> bool:
        return self.role in OF_A_UNIT

    @property
    def at_a_seat(self) -> bool:
        return self.role in AT_A_SEAT
