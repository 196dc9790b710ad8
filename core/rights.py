"""Who may do what on which object, and whose: one table, data. The edge reads it, the queries obey it, a test tries it all.

Reach is how far a role's right goes: `all`; the `division` its people belong to, with everything below it (nobody's division: the
whole house); their `unit`; the `citizen` on their line now, with what that citizen said before; the calls they had (`own`).
Secrecy: 001 26; row-level rights by unit, level and role: 003 二.11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.errors import BadInput

Role = Literal["admin", "supervisor", "agent", "expert", "unit", "leader", "office", "auditor"]
Reach = Literal["all", "division", "unit", "citizen", "own"]
ROLES: tuple[Role, ...] = get_args(Role)
ROLE_NAMES: dict[Role, str] = {
    "admin": "管理员", "supervisor": "班长", "agent": "话务员", "expert": "专家座席", "unit": "承办单位经办人",
    "leader": "承办单位分管领导", "office": "热线办", "auditor": "审计员",
}  # fmt: skip
ALSO: dict[Role, Role] = {"expert": "agent", "leader": "unit"}
"""An expert works as an agent does, a leader sees what the unit's handlers see: where a route names only the second, both pass."""
OF_A_UNIT: tuple[Role, ...] = ("unit", "leader")
AT_A_SEAT: tuple[Role, ...] = ("agent", "expert")

Right = tuple[str, str]
"""(object, deed)."""

_DESK: dict[Role, Reach] = {"agent": "division", "supervisor": "division", "office": "division"}
_HOTLINE: dict[Role, Reach] = {"supervisor": "division", "office": "division"}
_WATCH: dict[Role, Reach] = {**_HOTLINE, "auditor": "division", "admin": "division"}
_UNIT: dict[Role, Reach] = {"unit": "unit", "leader": "unit"}
_KEEP: dict[Role, Reach] = {**_HOTLINE, "admin": "division"}
_TALK: dict[Role, Reach] = {"agent": "own", "expert": "own", "supervisor": "division"}

_OWN: dict[Role, Reach] = {
    "agent": "own", "expert": "own", "supervisor": "own", "office": "own", "auditor": "own", "unit": "own", "leader": "own",
}  # fmt: skip

TABLE: Mapping[Right, Mapping[Role, Reach]] = {
    ("call", "read"): {"agent": "citizen", "expert": "citizen", **_WATCH},
    ("call", "handle"): _TALK,
    ("call", "measure"): _WATCH,
    ("floor", "watch"): _KEEP,
    ("caller", "read"): {**_HOTLINE, "auditor": "division"},
    ("caller", "keep"): _HOTLINE,
    ("knowledge", "trace"): {**_HOTLINE, "auditor": "division"},
    ("call", "supervise"): {"supervisor": "division", "admin": "division"},
    ("call", "answer_for"): {"agent": "own", "expert": "own", **_WATCH},
    ("quality", "read"): {"agent": "own", "expert": "own", **_WATCH},
    ("quality", "review"): _HOTLINE,
    ("quality", "keep"): {"supervisor": "all", "office": "all"},
    ("recording", "listen"): {"agent": "own", "expert": "own", **_HOTLINE, "auditor": "division"},
    ("ticket", "read"): {"agent": "division", "expert": "citizen", **_WATCH, **_UNIT},
    ("ticket", "file"): {**_DESK, "expert": "own"},
    ("ticket", "act"): {**_DESK, "expert": "own", **_UNIT},
    ("ticket", "reply"): {**_HOTLINE, **_UNIT},
    ("ticket", "phone"): _UNIT,
    ("ticket", "join"): _HOTLINE,
    ("ticket", "judge"): {"office": "division"},
    ("ticket", "ask_grade"): {**_DESK, "expert": "own"},
    ("message", "read"): _DESK,
    ("message", "handle"): _DESK,
    ("errand", "read"): _DESK,
    ("errand", "cancel"): _HOTLINE,
    ("notice", "read"): _HOTLINE,
    ("notice", "resolve"): _HOTLINE,
    ("order", "read"): {**_WATCH, **_UNIT},
    ("order", "keep"): _HOTLINE,
    ("order", "publish"): {"office": "division"},
    ("precedent", "retire"): {"office": "division"},
    ("enterprise", "read"): {"agent": "division", "expert": "own", **_WATCH},
    ("enterprise", "keep"): _KEEP,
    ("warning", "read"): {**_WATCH, **_UNIT},
    ("accountability", "read"): {"office": "division", "auditor": "division"},
    ("accountability", "judge"): {"office": "division"},
    ("unit_people", "read"): {**_WATCH, **_UNIT},
    ("unit_people", "keep"): _KEEP,
    ("unit_people", "describe"): {"office": "division", "admin": "division", **_UNIT},
    ("lookup", "read"): {"auditor": "division", "office": "division"},
    ("event", "read"): {"auditor": "division", "office": "division"},
    ("audit", "verify"): {"auditor": "all", "office": "all"},
    ("user", "read"): {"admin": "division", "auditor": "division", "office": "division"},
    ("user", "keep"): {"admin": "all"},
    ("release", "ask"): _OWN,
    ("release", "read"): {**_OWN, "office": "division", "auditor": "division"},
    ("release", "decide"): {"office": "division", "unit": "own", "leader": "own"},
    ("release", "take"): {**_OWN, "office": "division"},
    ("hold", "read"): {"office": "division", "auditor": "division"},
    ("hold", "place"): {"office": "division"},
}


@dataclass(frozen=True, slots=True)
class Scope:
    """How far somebody's right goes, as a query needs it. Nothing set: nowhere.

    `places`: divisions (None: every one); `unit`: that unit's only; `user`: what is theirs; `citizen`: also of whom they speak with now.
    `callers`: the numbers of these, said where the calls themselves may lie under different look-up keys.
    """

    everything: bool = False
    places: frozenset[str] | None = None
    unit: str | None = None
    user: str | None = None
    citizen: bool = False
    callers: tuple[str, ...] = field(default=(), repr=False)


NOWHERE = Scope()
EVERYTHING = Scope(everything=True)


def check_account(role: str, unit: str | None, division: str | None) -> None:
    """Raises BadInput where a role, the unit somebody works for and the place they look after don't go together."""
    if role not in ROLES:
        raise BadInput(f"没有角色 {role!r}；可用：{'、'.join(ROLES)} (no such role)")
    if (role in OF_A_UNIT) != (unit is not None):
        raise BadInput("承办单位的人员须指明承办单位，其他角色不能带 (only people of a unit have one)")
    if division is not None and role in (*OF_A_UNIT, "admin"):
        raise BadInput(f"区划只用于管理单位的人员，不用于{ROLE_NAMES[role]} (no division for this role)")


def roles_of(right: Right) -> frozenset[Role]:
    """Who may at all."""
    return frozenset(TABLE[right])


def scope(
    right: Right,
    role: Role,
    user: str,
    unit: str | None = None,
    places: frozenset[str] | None = None,
    callers: tuple[str, ...] = (),
) -> Scope:
    """How far `role` may go. `places`: the divisions of this person, None where they belong to the whole house; `callers`: as in Scope."""
    reach = TABLE[right].get(role)
    match reach:
        case "all":
            return EVERYTHING
        case "division":
            return EVERYTHING if places is None else Scope(places=places)
        case "unit":
            return Scope(unit=unit or "-")
        case "citizen" | "own":
            citizen = reach == "citizen"
            return Scope(user=user, unit=unit, citizen=citizen, callers=callers if citizen else ())
        case _:
            return NOWHERE


def passes(role: Role, named: frozenset[Role] | tuple[Role, ...]) -> bool:
    """Whether a route that names these roles lets `role` in."""
    return role in named or ALSO.get(role) in named
