"""Whether the menus and lines of the house do what the city's rules say of its telephone: `intake.menu`, `intake.county_calls`.

How calls are asked and who takes them is data of the operator's (ivr/menus, lines.yaml); the rules only say what it must be.
"""

from collections.abc import Sequence

from core.policy import Policy
from ivr import Menus
from routing.line import OUTSIDE, Line


def unmet(policy: Policy, menus: Menus, lines: Sequence[Line]) -> list[str]:
    """What is otherwise than the rules say, each with its clause; for people."""
    return [*_menu(policy, menus), *_counties(policy, lines)]


def _menu(policy: Policy, menus: Menus) -> list[str]:
    """自助语音 for grading only: nobody presses a key before a person answers (001 14; GB/T 33358)."""
    rule = policy.intake.menu
    asking = [name for name, menu in menus.menus.items() if menu.keys]
    if rule is None or rule.value == "any" or not asking:
        return []
    return [f"语音菜单 {'、'.join(asking)} 在人工接听前要求按键，而自助语音仅用于评价（{rule.clause}）"]


def _counties(policy: Policy, lines: Sequence[Line]) -> list[str]:
    """Who answers a county's own number: its remote seats where a line names its `region`, the city where it doesn't."""
    rule = policy.intake.county_calls
    theirs = [one for one in lines if one.answer.region]
    if rule is None:
        return []
    if rule.value == "county":
        return [] if theirs else [f"县区来电由本地远端座席受理，而没有线路写明 region（{rule.clause}）"]
    away = theirs if rule.value == "one_city" else [one for one in theirs if one.mode in OUTSIDE]
    why = (
        "本市不辖县，而线路写明 region" if rule.value == "one_city" else "县区来电统一接听，而线路由他处接听"
    )
    return [f"{why}：{'、'.join(one.number for one in away)}（{rule.clause}）"] if away else []
