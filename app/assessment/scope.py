"""Whose assessment somebody may see: a unit its own, a county's hotline office its county's (001 4(三)), the city's office all."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.actor import Actor
from core.divisions import Tree
from store import assess_facts
from store.database import Database


@dataclass(frozen=True, slots=True)
class Who:
    """`names`: code -> name of the units in scope; `all`: these are all there are. sub_centres: those that are (004 二.3)."""

    names: Mapping[str, str]
    active: frozenset[str]
    sub_centres: frozenset[str]
    all: bool


async def in_scope(database: Database, tree: Tree, actor: Actor) -> Who:
    """The units the actor may look at."""
    async with database.reading() as session:
        found = await assess_facts.assessed(session)
    places = tree.under(actor.division) if actor.division else None
    of_a_unit = actor.of_a_unit or actor.unit is not None
    if of_a_unit:
        found = [one for one in found if one.code == actor.unit]
    elif places is not None:
        found = [one for one in found if one.division in places]
    return Who(
        {one.code: one.name for one in found},
        frozenset(one.code for one in found if one.active),
        frozenset(one.code for one in found if one.sub_centre),
        not of_a_unit and places is None,
    )
