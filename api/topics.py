"""Which live topics there are, and who may listen to which: a table, not branches."""

from collections.abc import Mapping
from typing import Any

from api.house import Actor, Role
from api.masked import masked
from api.parts import Parts
from api.rights import handles
from core.errors import NotAllowed
from core.masking import mask_name, mask_number
from store import seats

EVERYBODY_AT_WORK: tuple[Role, ...] = ("agent", "supervisor", "office", "admin")

TOPICS: dict[str, tuple[Role, ...]] = {
    "floor": EVERYBODY_AT_WORK,  # presence, calls that arrive and end, the queue
    "supervision": ("supervisor", "admin"),  # who listens to whom; the agent learns of it afterwards
    "messages": ("agent", "supervisor"),
    "tickets": ("supervisor", "office"),
    "seat": ("agent", "supervisor"),  # seat.<id>: screen pops; an agent's own only
    "call": ("agent", "supervisor"),  # call.<id>: captions and proposals; an agent's own only
    "unit": ("unit", "supervisor", "office"),  # unit.<code>: that unit's tickets
}
WITH_SUBJECT = frozenset({"seat", "call", "unit"})
_SEALED = {"caller": mask_number, "phone": mask_number, "citizen_name": mask_name}


async def check(found: Parts, actor: Actor, topic: str) -> None:
    """Raises NotAllowed where this actor may not listen to this topic, or there is none of that name."""
    kind, _, subject = topic.partition(".")
    if actor.role not in TOPICS.get(kind, ()) or bool(subject) != (kind in WITH_SUBJECT):
        raise NotAllowed(f"不能订阅 {topic}")
    if actor.role == "unit" and subject != actor.unit:
        raise NotAllowed(f"不能订阅 {topic}")
    if actor.role == "agent" and kind in ("seat", "call") and not await _own(found, actor, kind, subject):
        raise NotAllowed(f"不能订阅 {topic}：不是您的座席或通话")


async def _own(found: Parts, actor: Actor, kind: str, subject: str) -> bool:
    async with found.database.reading() as session:
        if kind == "call":
            return await handles(session, actor, subject)
        mine = await seats.of_user(session, actor.id)
    return mine is not None and mine.id == subject


def shown(actor: Actor, topic: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The message as this actor may see it: a citizen's number and name in full only at the seat that has the call."""
    if actor.role == "agent" and topic.startswith(("seat.", "call.")):
        return dict(message)
    return {
        key: _SEALED[key](value) if key in _SEALED else masked(value, key) for key, value in message.items()
    }
