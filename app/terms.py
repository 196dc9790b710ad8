"""A deadline that rests on a law: the law is held against the register, as the reply gate holds what a reply cites.

A national law must be there, with the article named. A place's own rules can't all be in the register: such a name is taken, and
an event asks for somebody to look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from app import laws
from core.errors import BadInput
from core.events import Event
from core.laws import citations, doubts, lawlike, local
from store import events
from tickets.lifecycle import Applied


@dataclass(frozen=True, slots=True)
class TermDoubted(Event):
    """A statutory deadline rests on a place's own rules, which the register can't know."""

    name: ClassVar[str] = "ticket.term_doubted"
    ticket_id: str
    unit: str | None
    basis: str


async def of_laws(session: AsyncSession, ticket_id: str) -> list[dict[str, str]]:
    """The deadlines that laws gave a ticket, with their law, as the table's facts; the newest is last.

    What its unit shortened or was granted moves `due_at` alone: that is between it and the office, and no law's.
    """
    said = [one.payload.get("facts") or {} for one in await events.of(session, ticket_id)]
    return [
        {name: str(facts[name]) for name in ("until", "term", "term_basis")}
        for facts in said
        if facts.get("term") == "statutory" and facts.get("until") and facts.get("term_basis")
    ]


def held_to_law(done: Applied, facts: Mapping[str, Any], at: datetime) -> Applied:
    """The step, with what is in doubt of the law its deadline rests on. Raises BadInput, naming laws that are like it."""
    if facts.get("term") != "statutory":
        return done
    basis, (known, _) = str(facts.get("term_basis", "")).strip(), laws.register()
    cited = [one for one in citations(basis) if lawlike(one.name)]
    if not cited:
        if known.named_in(basis):
            return done
        if local(basis) and lawlike(basis.split(" ")[0]):
            return _doubted(done, at, basis)
        raise BadInput(f"term_basis: 须写明法规库中的法律法规{_like(known.nearby(basis))}")
    for one, words in doubts([basis], known):
        if known.get(one.name) is not None or not local(one.name):
            raise BadInput(f"term_basis: {words}{_like(known.nearby(one.name))}")
        done = _doubted(done, at, one.name)
    return done


def _doubted(done: Applied, at: datetime, basis: str) -> Applied:
    told = TermDoubted(at, done.ticket.id, done.ticket.unit, basis)
    return replace(done, events=(*done.events, told))


def _like(names: list[str]) -> str:
    return f"；相近的有：{'、'.join(names)}" if names else ""
