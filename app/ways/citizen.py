"""What a citizen does about a ticket of theirs: add to it, urge, take it back. The table says when; here is what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.confidential import Veil
from app import alerts, filing, overdue
from app.floor import Floor
from app.notices.people import Told, owe
from core.errors import Conflict, HotlineError, NotAllowed
from core.events import Event
from store import events, tickets
from store.sealed import same_number
from store.tables import Ticket as Row
from tickets.clock import local
from tickets.lifecycle import Applied
from tickets.table import PASSED_ON, RULES
from tickets.ticket import HELPING, OVER, REPLIED, Action, Actor

VIAS = {"online": "网上", "phone": "电话"}
_DONE = {"supplement": OVER, "urge": (*OVER, *REPLIED)}
MOST_CHARS = 60_000
"""A ticket's words with everything added to them."""


class TooSoon(HotlineError):
    """The citizen urged a short while ago; the unit knows."""

    code = "too_soon"
    status = 409


@dataclass(frozen=True, slots=True)
class WordsJoined(Event):
    """What the citizen of a ticket that joined the matter says stands in this one too, which helps with it. `joined`: its number."""

    name: ClassVar[str] = "ticket.words_joined"
    ticket_id: str
    unit: str | None
    joined: str


async def may_urge(floor: Floor, session: AsyncSession, row: Row) -> None:
    """Raises TooSoon: an urge that comes again at once tells nobody anything new. Where none is possible, the table says so."""
    if (row.state, "urge") not in RULES:
        return
    rule, at = filing.policy_of(floor, row).ways.urging, floor.clock()
    before = [event.at for event in await events.of(session, row.id) if event.payload.get("action") == "urge"]
    if before and at < before[-1] + timedelta(seconds=rule.again_after_s):
        raise TooSoon(f"工单 {row.number} 刚刚催过，请稍后再催")
    if sum(at - one < timedelta(days=1) for one in before) >= rule.most:
        raise TooSoon(f"工单 {row.number} 一天内已催{rule.most}次，承办单位已收到")


async def urged(
    floor: Floor, session: AsyncSession, row: Row, done: Applied, actor: Actor, facts: Mapping[str, Any]
) -> list[Applied]:
    """催单: whoever handles it is told, at the unit and at those that assist it or were handed the work."""
    await _urge_told(floor, session, row, done)
    return await _carried(floor, session, row, "urge", actor, facts)


async def _urge_told(floor: Floor, session: AsyncSession, row: Row, done: Applied) -> None:
    """By text to the handlers; who has nobody to tell is seen by the hotline office."""
    if done.ticket.unit is None:
        return
    at = floor.clock()
    count = sum(event.payload.get("action") == "urge" for event in await events.of(session, row.id))
    words = f"【{floor.policy.hotline}】诉求人催办工单{row.number}（第{count}次），请尽快办理并联系诉求人。"
    stem = f"urge/{row.id}/{done.ticket.version}"
    told = Told("urge", stem, done.ticket.unit, words, about=row.id)
    await owe(session, told, ("handler",), ("sms",), at)


async def supplemented(
    floor: Floor, session: AsyncSession, row: Row, done: Applied, actor: Actor, facts: Mapping[str, Any]
) -> list[Applied]:
    """What was added stands in the ticket's own words, where the unit reads it and its reply is held against it.

    Whoever assists or was handed the work reads it too.
    """
    at, via, words = local(floor.clock()), str(facts.get("via", "")), str(facts["words"])
    body = f"{row.body}\n【补充 {at:%Y-%m-%d %H:%M} {VIAS.get(via, via)}】{words}".replace(" 】", "】")
    if len(body) > MOST_CHARS:
        raise NotAllowed(f"工单 {row.number} 的补充内容过长")
    await tickets.change(session, row.id, done.ticket.version, [], "supplement", body=body)
    return await _carried(floor, session, row, "supplement", actor, facts)


async def _carried(
    floor: Floor, session: AsyncSession, row: Row, deed: Action, actor: Actor, facts: Mapping[str, Any]
) -> list[Applied]:
    """The same deed on every open ticket of those who help with this one, in the same transaction."""
    told: list[Applied] = []
    for child in await tickets.children(session, row.id):
        if child.relation not in HELPING or child.state in _DONE[deed]:
            continue
        done = await overdue.step(floor, session, child, deed, actor, **facts)
        after = supplemented if deed == "supplement" else urged
        told += [*done, *await after(floor, session, child, done[-1], actor, facts)]
    return told


async def went_into(floor: Floor, session: AsyncSession, into: str, row: Row, actor: Actor) -> list[Applied]:
    """The words of a ticket that was merged stand in the one it went into, and what is urgent in it is so there; nothing there
    tells a confidential reporter.
    """
    parent = await tickets.get(session, into)
    said = Veil(row).text(row.body or row.title) if row.confidential else row.body or row.title
    done = await overdue.step(floor, session, parent, "supplement", actor, words=f"工单{row.number}并入")
    words = f"\n【并入工单{row.number}】{said}"
    body = f"{parent.body}{words}"[:MOST_CHARS]
    changed: tickets.Changes = {"body": body}
    if row.urgency == "urgent":
        changed["urgency"] = "urgent"
    moved = done[-1].ticket
    version = await tickets.change(session, parent.id, moved.version, [], actor.id, **changed)
    alarms = await alerts.went_into(floor, session, parent, row, version)
    rang = [Applied(replace(moved, version=version), tuple(alarms))] if alarms else []
    return [*done, *rang, *await _read_by_helpers(floor, session, parent, actor, row.number, words)]


async def _read_by_helpers(
    floor: Floor, session: AsyncSession, parent: Row, actor: Actor, number: str, words: str
) -> list[Applied]:
    """Everybody below who still works on the matter reads what its new citizen says; nobody took a step on their tickets."""
    told: list[Applied] = []
    for child in await tickets.children(session, parent.id):
        if child.relation in HELPING and child.state not in OVER:
            happened = WordsJoined(floor.clock(), child.id, child.unit_code, number)
            body = f"{child.body}{words}"[:MOST_CHARS]
            version = await tickets.change(session, child.id, child.version, [happened], actor.id, body=body)
            told.append(Applied(replace(filing.as_ticket(child), version=version), (happened,)))
            told += await _read_by_helpers(floor, session, child, actor, number, words)
    return told


async def passed_on(
    session: AsyncSession, row: Row, deed: Action, version: int | None, facts: dict[str, Any]
) -> tuple[Row, Action, int | None, dict[str, Any]]:
    """What the citizen of a merged ticket does is done to the leading one, with the number it came from.

    Who takes back a matter that went into another citizen's leaves that one standing: it learns that they did.
    """
    if row.state != "merged" or deed not in PASSED_ON:
        return row, deed, version, facts
    if version not in (None, row.version):
        raise Conflict(f"工单 {row.number} 已被他人处理：现为版本 {row.version}")
    head, given = await tickets.leading(session, row), dict(facts)
    if deed == "withdraw" and row.caller and same_number(row.caller, head.caller):
        return head, deed, None, given
    said = str(given.pop("reason" if deed == "withdraw" else "words", "")).strip()
    said = Veil(row).text(said) if row.confidential else said
    took_back = "不再反映：" if deed == "withdraw" else ""
    words = {"words": f"（工单{row.number}诉求人）{took_back}{said}"} if said else {}
    return head, "supplement" if deed == "withdraw" else deed, None, given | words


async def may_withdraw(session: AsyncSession, row: Row) -> None:
    """A ticket that others' went into is theirs too, however often one went into another. Raises NotAllowed."""
    joined = [one for one in await tickets.joined(session, row.id) if not same_number(one.caller, row.caller)]
    if joined:
        named = "、".join(one.number for one in joined[:5])
        raise NotAllowed(
            f"工单 {row.number} 已并入其他诉求人的工单（{named}），不能撤回；不需要答复的请告知热线办"
        )
