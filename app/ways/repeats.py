"""The same matter again, at filing: what is found is shown, what the city's rules say is done, and it is on the record."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app import filing, kin, overdue
from app.floor import Floor
from app.ways import citizen
from core.errors import BadInput, Conflict, NotAllowed
from core.events import Event
from core.masking import mask_numbers
from match.alike import matter_alike
from match.repeats import Past, Ruling, Same, State, Verdict, ruling, same_matters, sure
from store import calls, events, tickets
from store.tables import Ticket as Row
from tickets.lifecycle import Applied
from tickets.table import HOTLINE
from tickets.ticket import AGAIN, INSIDE, OPEN, OVER, SETTLED, Actor, Person

RULE = Person("repeats", "office")
"""The hotline's rule that merges what repeats an open matter."""
SWARM = timedelta(days=14)
_UNHANDLED = ("intake", "answered", "refused", "withdrawn")
_ADDED = re.compile(r"\n【(?:补充 |并入工单|新情况】)")


class RepeatFound(Conflict):
    """The same citizen raised this matter before: say that it is that one, that it is not, or what is new."""

    code = "repeat_found"


class RepeatRefused(NotAllowed):
    """The rules do not take this matter again."""

    code = "repeat_refused"


@dataclass(frozen=True, slots=True)
class TicketRepeated(Event):
    """A matter raised again. `of`: the first ticket, `unit`: whose it was; `count`: which repeat this is.

    way: what was done (refuse, merge, take, escalate), or `suspected` where a person said that it is another matter (`despite`) or
    the citizen filed it online and nobody has looked yet; then `judged` where the office holds it for a repeat, `other` where it does not.
    what_is_new: the new facts in the citizen's words, numbers masked. reasonable: None until somebody judged it; `confirmed`: a person said it is the same.
    """

    name: ClassVar[str] = "ticket.repeat"
    ticket_id: str
    of: str
    unit: str | None
    count: int
    way: str
    score: float
    clause: str = ""
    new_facts: bool = False
    what_is_new: str = ""
    despite: str = ""
    confirmed: bool = True
    reasonable: bool | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says of earlier tickets: `of` the one this repeats, the `new_facts`, why it is none `despite` a likeness."""

    of: str = ""
    new_facts: str = ""
    despite: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is about to be filed."""

    text: str
    caller: str
    call_id: str | None = None
    unit: str | None = None
    place: str = ""
    said: Said = Said()


@dataclass(frozen=True, slots=True)
class Found:
    """The tickets of the same matter, likest first, and what the rules say of the first."""

    same: tuple[Same, ...]
    ruling: Ruling


async def found(
    floor: Floor,
    session: AsyncSession,
    matter: Matter,
    others: bool = True,
    told_of: ColumnElement[bool] | None = None,
) -> Found:
    """The citizen's own earlier tickets of this matter, then others' open ones where they are asked for.

    told_of: which tickets whoever asks may learn of; at filing there is none, so that no repeat is missed.
    """
    rules, third = floor.policy.repeats, floor.policy.switches.third_repeat.value
    past = await _own(floor, session, matter) if matter.caller else []
    past += await _others(floor, session, matter, {one.id for one in past}) if others else []
    past = past if told_of is None else await _told_of(session, past, told_of)
    same = await asyncio.to_thread(same_matters, matter.text, past, rules)
    if matter.said.of:
        named = next((one for one in same if matter.said.of in (one.past.id, one.past.root)), None)
        named = named or await _named(floor, session, matter)
        return Found(same, ruling(named, matter.said.new_facts, rules, third))
    mine = next((one for one in same if one.past.same_person), None)
    return Found(same, ruling(mine or next(iter(same), None), matter.said.new_facts, rules, third))


async def _own(floor: Floor, session: AsyncSession, matter: Matter) -> list[Past]:
    since = floor.clock() - timedelta(days=floor.policy.repeats.within_days)
    rows = await tickets.raised_by(session, matter.caller, since)
    kept = [row for row in rows if row.state not in ("withdrawn", "intake") and not _same_call(row, matter)]
    return [one for one in await _past(session, kept, same_person=True) if one.state != "unhandled"]


async def _others(floor: Floor, session: AsyncSession, matter: Matter, but: set[str]) -> list[Past]:
    """Where many raise one matter (集中反映) they are joined under the first."""
    if not (matter.unit or matter.place):
        return []
    rows = await tickets.open_near(session, OPEN, matter.unit, matter.place, floor.clock() - SWARM)
    kept = [row for row in rows if row.id not in but and not _same_call(row, matter)]
    return await _past(session, kept, same_person=False)


async def _told_of(session: AsyncSession, past: Sequence[Past], condition: ColumnElement[bool]) -> list[Past]:
    """Those that meet the condition, as does the ticket under which they are handled."""
    named = sorted({ticket_id for one in past for ticket_id in (one.id, one.root)})
    known = await tickets.many(session, named, condition)
    return [one for one in past if one.id in known and one.root in known]


def _same_call(row: Row, matter: Matter) -> bool:
    return matter.call_id is not None and row.call_id == matter.call_id


async def _past(session: AsyncSession, rows: Sequence[Row], same_person: bool) -> list[Past]:
    first = await _roots(session, rows)
    if not first:
        return []
    times = await tickets.how_often_raised(session, sorted({root.id for root in first.values()}))
    return [
        Past(
            row.id, row.number, root.id, _state(root, times[root.id][1]), _matter_of(row), row.filed_at,
            root.unit_code, same_person, times[root.id][0],
        )
        for row in rows
        for root in (first[row.id],)
    ]  # fmt: skip


def _matter_of(row: Row) -> str:
    """As it was first told: what was added since would make any matter unlike itself."""
    return f"{row.title}。{_ADDED.split(row.body, maxsplit=1)[0]}"


async def _roots(session: AsyncSession, rows: Sequence[Row]) -> dict[str, Row]:
    """By ticket the one under which its matter is handled, however often one went into another."""
    known = {row.id: row for row in rows}
    asked = set(known)
    while above := {one for row in known.values() if (one := _above(row))} - asked:
        known |= await tickets.many(session, sorted(above))
        asked |= above
    return {row.id: _first(row, known) for row in rows}


def _above(row: Row) -> str | None:
    return row.parent_id if row.relation in AGAIN else None


def _first(row: Row, known: dict[str, Row]) -> Row:
    seen = {row.id}
    while (above := known.get(_above(row) or "")) is not None and above.id not in seen:
        row = above
        seen.add(row.id)
    return row


def _state(root: Row, supervised: bool) -> State:
    if root.state in _UNHANDLED:
        return "unhandled"
    if root.state not in OVER:
        return "open"
    confirmed = root.state in SETTLED and (supervised or int(root.clock.get("redone", 0)) > 0)
    return "confirmed" if confirmed else "closed"


async def _named(floor: Floor, session: AsyncSession, matter: Matter) -> Same:
    """The agent says so, whatever the texts look like. Raises NotFound, BadInput."""
    row = await tickets.get(session, matter.said.of)
    if row.relation in INSIDE:
        raise BadInput(f"repeat_of: 工单 {row.number} 是子工单")
    own = (
        {one.id for one in await tickets.raised_by(session, matter.caller, row.filed_at)}
        if matter.caller
        else set()
    )
    (past,) = await _past(session, [row], same_person=row.id in own)
    return Same(past, matter_alike(matter.text, past.text).score, ("话务员确认为同一事项",))


async def at_filing(floor: Floor, session: AsyncSession, matter: Matter, actor: Actor) -> tuple[Ruling, str]:
    """What filing this comes to, and under which ticket ('' for none).

    Raises RepeatFound where an agent has not yet said whether it is the same, RepeatRefused where the rules do not take it.
    """
    seen = await found(floor, session, matter, others=False)
    rule, past = seen.ruling, seen.ruling.of
    if past is None or (rule.way == "new" and not matter.said.of):
        return Ruling("new"), ""
    if matter.said.of:
        return _as_named(rule, past, matter)
    first = next(one for one in seen.same if one.past is past)
    if not sure(first, floor.policy.repeats):
        return Ruling("new"), ""
    if matter.said.new_facts:
        return rule, past.root
    if (
        actor.role == "citizen"
    ):  # filed online: no machine turns anybody away, the office sees it on the ticket and decides
        return replace(rule, way="new"), ""
    if rule.never and not matter.said.despite:
        raise RepeatRefused(f"{rule.words}（{rule.clause}）")
    if not matter.said.despite and actor.role not in HOTLINE:
        raise RepeatFound(
            f"同一诉求人已有同一事项的工单 {past.number}：{rule.words}。"
            "确为同一事项的填 repeat_of，有新情况的填 new_facts，不是同一事项的填 despite 说明理由"
        )
    return replace(rule, way="new"), ""


def _as_named(rule: Ruling, past: Past, matter: Matter) -> tuple[Ruling, str]:
    """A person said which ticket it repeats."""
    if rule.never or (rule.way == "refuse" and not matter.said.despite):
        raise RepeatRefused(f"{rule.words}（{rule.clause}）；有新情况的请写明（new_facts）")
    if rule.way in ("refuse", "new"):
        rule = replace(rule, way="take")
    return rule, past.root


async def looked_for(
    floor: Floor, order: filing.Order, said: Said | None, actor: Actor, request_key: str
) -> tuple[Ruling, filing.Order]:
    """The order as the rules on repeats leave it: under the first ticket, and without a unit where it goes into that one.

    Read before anything is written: comparing texts must not keep others from writing. Raises RepeatFound, RepeatRefused.
    """
    if said is None or order.parent_id or order.exit not in ("dispatch", "file"):
        return Ruling("new"), order
    async with floor.database.reading() as session:
        if await tickets.by_request_key(session, request_key) is not None:
            return Ruling("new"), order  # it is filed, and no repeat of itself
        caller = (await calls.get(session, order.call_id)).caller if order.call_id else order.caller
        matter = Matter(f"{order.title}。{order.body}", caller, order.call_id, order.unit, order.place, said)
        told, under = await at_filing(floor, session, matter, actor)
    if under:
        order = replace(order, parent_id=under, relation="repeat")
    if said.new_facts.strip():
        order = replace(order, body=f"{order.body}\n【新情况】{said.new_facts.strip()}")
    return told, replace(order, exit="file", unit=None, named={}) if told.way == "merge" else order


async def noted(
    floor: Floor, session: AsyncSession, row: Row, told: Ruling, said: Said | None, actor: Actor
) -> list[Applied]:
    """After filing, in its transaction: the repeat on the record, and merged where the rules merge."""
    past = told.of
    if past is None or said is None:
        return []
    suspected = told.way == "new"
    happened = TicketRepeated(
        floor.clock(), row.id, past.root, past.unit, told.count, "suspected" if suspected else told.way, told.score, told.clause,
        new_facts=bool(said.new_facts), what_is_new=mask_numbers(said.new_facts), despite=mask_numbers(said.despite), confirmed=not suspected,
    )  # fmt: skip
    await events.append(session, happened, actor.id)
    if told.way != "merge" or (await tickets.get(session, past.root)).state in OVER:
        return []  # settled this moment: it waits to be dispatched by itself
    return await merge(floor, session, row, past.root, RULE, "同一事项并单办理")


async def counted(floor: Floor, session: AsyncSession, row: Row, into: str, actor: Actor) -> None:
    """A person merged what the same citizen raised before: that counts as a repeat (002 附五(一)8), once. `row` as it was before."""
    target = await tickets.get(session, into)
    root = (await _roots(session, [target]))[into]
    since = min(root.filed_at, floor.clock() - timedelta(days=floor.policy.repeats.within_days))
    own = (
        [one for one in await tickets.raised_by(session, row.caller, since) if one.id != row.id]
        if row.caller
        else []
    )
    if root.id not in {one.id for one in (await _roots(session, own)).values()} or await _on_record(
        session, row.id
    ):
        return
    (times, _), direct = (await tickets.how_often_raised(session, [root.id]))[root.id], into == root.id
    count = max(1, times + (not direct))
    happened = TicketRepeated(floor.clock(), row.id, root.id, root.unit_code, count, "merge", 1.0)
    await events.append(session, happened, actor.id)


async def _on_record(session: AsyncSession, ticket_id: str) -> bool:
    """Whether it counts as a repeat already."""
    told = [one.payload for one in await events.of(session, ticket_id) if one.name == TicketRepeated.name]
    return any(one.get("confirmed", True) and int(one.get("count") or 0) > 0 for one in told)


async def judged(
    floor: Floor, session: AsyncSession, row: Row, verdict: Verdict, why: str, actor: Actor
) -> None:
    """A repeat's demand is reasonable or not; one that was only suspected is a repeat from then on, or none. Raises NotAllowed."""
    known = row.relation in AGAIN and row.parent_id is not None
    root = (
        await tickets.get(session, row.parent_id)
        if known and row.parent_id
        else await _suspected_of(session, row)
    )
    if known and verdict == "other":
        raise NotAllowed(f"工单 {row.number} 已作为重复件处理，不能再改为另一事项")
    repeats = not known and verdict != "other"
    count = (await tickets.how_often_raised(session, [root.id]))[root.id][0] + 1 if repeats else 0
    happened = TicketRepeated(
        floor.clock(), row.id, root.id, root.unit_code, count, "other" if verdict == "other" else "judged", 1.0,
        despite=mask_numbers(why), confirmed=verdict != "other", reasonable=None if verdict == "other" else verdict == "reasonable",
    )  # fmt: skip
    if repeats:
        await tickets.change(
            session, row.id, row.version, [happened], actor.id, parent_id=root.id, relation="repeat"
        )
    else:
        await events.append(session, happened, actor.id)


async def _suspected_of(session: AsyncSession, row: Row) -> Row:
    """The first ticket of the matter that this one still seems to repeat. Raises NotAllowed."""
    told = [one.payload for one in await events.of(session, row.id) if one.name == TicketRepeated.name]
    if row.parent_id is None and told and told[-1].get("way") == "suspected":
        first = await tickets.get(session, str(told[-1]["of"]))
        root = (await _roots(session, [first]))[first.id]
        if root.id != row.id:
            return root
    raise NotAllowed(f"工单 {row.number} 不是重复件")


async def supervised(floor: Floor, session: AsyncSession, row: Row, told: Ruling) -> Row | None:
    """What was raised so often is supervised (Heyuan 18(三)): the first ticket while it is open, else the one just filed.

    None where the rules name no such ground or no term: then the office opens one itself; nor where the unit has one to answer.
    """
    if told.way != "escalate" or told.of is None:
        return None
    first = await tickets.get(session, told.of.root)
    about = row if first.state in OVER or first.unit_code is None else first
    return await kin.supervise(floor, session, about, "repeated", "多次反映", RULE, f"repeated/{row.id}")


async def merge(
    floor: Floor, session: AsyncSession, row: Row, into: str, actor: Actor, reason: str
) -> list[Applied]:
    """One ticket goes into another, its words too; whoever calls has checked that it may."""
    done = await overdue.step(floor, session, row, "merge", actor, into=into, reason=reason)
    return [*done, *await citizen.went_into(floor, session, into, row, actor)]


def as_json(seen: Found) -> dict[str, Any]:
    """For the desk."""
    rule = seen.ruling
    return {
        "way": rule.way, "words": rule.words, "clause": rule.clause, "count": rule.count, "never": rule.never,
        "rule": rule.rule, "of": rule.of.number if rule.of else "",
        "candidates": [
            {
                "ticket_id": one.past.id, "number": one.past.number, "root_id": one.past.root, "state": one.past.state,
                "unit_code": one.past.unit, "same_person": one.past.same_person, "raised": one.past.raised,
                "score": one.score, "evidence": list(one.evidence), "filed_at": one.past.filed_at,
                "places": list(one.places), "same_words": list(one.words),
            }
            for one in seen.same[:10]
        ],
    }  # fmt: skip
