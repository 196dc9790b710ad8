"""有奖举报闭环 (Chenzhou 二.6): a rewarded report is not put away before it says what was found and what was given for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.floor import Floor
from core.errors import BadInput
from store.tables import Ticket as Row
from tickets.lifecycle import MissingFact
from tickets.options import Option
from tickets.ticket import INSIDE, SETTLED, Action

PROVEN = ("proven", "partly", "unproven")
_FACTS = ("proven", "reward")


def rewarded(floor: Floor, row: Row) -> bool:
    """Whether a unit settled a report that is of a kind with a reward; work under it says nothing of its own."""
    kind = "reward" in floor.intake.traits_of(row.intake)
    return kind and row.state in SETTLED and row.relation not in INSIDE


def may(floor: Floor, row: Row, deed: Action, facts: Mapping[str, Any]) -> None:
    """Raises MissingFact where the outcome is not told, BadInput for one of another ticket or no such finding."""
    if deed != "archive":
        return
    if not rewarded(floor, row):
        if given := [one for one in _FACTS if one in facts]:
            raise BadInput(f"“归档”(archive)不接受：{'、'.join(given)}（仅用于有奖举报）")
        return
    if missing := [one for one in _FACTS if not str(facts.get(one, "")).strip()]:
        raise MissingFact(
            f"工单 {row.number} 是有奖举报，归档须写明查实和奖励情况，缺少：{'、'.join(missing)}（003 二.6）"
        )
    if facts["proven"] not in PROVEN:
        raise BadInput(f"proven: 须为 {'、'.join(PROVEN)} 之一")


def asked(floor: Floor, row: Row, option: Option) -> Option:
    """The deed as a form needs it for this ticket."""
    if option.action != "archive":
        return option
    others = tuple(one for one in option.may if one not in _FACTS)
    if not rewarded(floor, row):
        return replace(option, may=others)
    return replace(
        option, needs=(*option.needs, *_FACTS), may=others, choices={**option.choices, "proven": PROVEN}
    )
