"""Which live topics there are, and who may listen to which: a table, not branches."""

from api import queries
from api.actor import Actor
from api.parts import Parts
from api.rights import handles, note_reading, reach
from core.errors import NotAllowed, NotFound
from core.rights import Role, passes
from store import seats

EVERYBODY_AT_WORK: tuple[Role, ...] = ("agent", "supervisor", "office", "admin")

TOPICS: dict[str, tuple[Role, ...]] = {
    "floor": EVERYBODY_AT_WORK,  # presence, calls that arrive and end, the queue
    "supervision": ("supervisor", "admin"),  # who listens to whom; the agent learns of it afterwards
    "messages": ("agent", "supervisor"),
    "tickets": ("supervisor", "office"),
    "seat": ("agent", "supervisor"),  # seat.<id>: screen pops; an agent's own only
    "call": ("agent", "supervisor"),  # call.<id>: captions and proposals; an agent's own only
    "knowledge": EVERYBODY_AT_WORK,  # another text holds, a bulletin came or went
    "units": ("supervisor", "office"),  # what changed in the register of units
    "unit": ("unit", "supervisor", "office"),  # unit.<code>: that unit's tickets
}
WITH_SUBJECT = frozenset({"seat", "call", "unit"})


async def check(found: Parts, actor: Actor, topic: str) -> None:
    """Raises NotAllowed where this actor may not listen to this topic, or there is none of that name."""
    kind, _, subject = topic.partition(".")
    if not passes(actor.role, TOPICS.get(kind, ())) or bool(subject) != (kind in WITH_SUBJECT):
        raise NotAllowed(f"不能订阅 {topic}")
    if actor.of_a_unit and subject != actor.unit:
        raise NotAllowed(f"不能订阅 {topic}")
    if (
        actor.places is not None
        and kind in ("call", "unit")
        and not await _there(found, actor, kind, subject)
    ):
        raise NotAllowed(f"不能订阅 {topic}：不在您负责的区划内")
    if actor.at_a_seat and kind in ("seat", "call") and not await _own(found, actor, kind, subject):
        raise NotAllowed(f"不能订阅 {topic}：不是您的座席或通话")


async def keep(found: Parts, actor: Actor, topic: str) -> None:
    """Whoever reads a call's captions along without being in it stands in the look-up log."""
    kind, _, call_id = topic.partition(".")
    if kind == "call":
        await note_reading(found, actor, call_id[:64], "实时字幕")


async def _there(found: Parts, actor: Actor, kind: str, subject: str) -> bool:
    """Whether this call or unit is within what the actor's county reaches."""
    wanted, right = (queries.call, "call") if kind == "call" else (queries.unit, "unit_people")
    async with found.database.reading() as session:
        try:
            await wanted(session, reach(actor, right, "read"), subject)
        except NotFound:
            return False
    return True


async def _own(found: Parts, actor: Actor, kind: str, subject: str) -> bool:
    async with found.database.reading() as session:
        if kind == "call":
            return await handles(session, actor, subject)
        mine = await seats.of_user(session, actor.id)
    return mine is not None and mine.id == subject


def in_full(actor: Actor, topic: str) -> bool:
    """Whether this actor sees a citizen's number and name on this topic: only at the seat that has the call."""
    return actor.at_a_seat and topic.startswith(("seat.", "call."))
