"""A city under its province: what it inherits, and whose word counts where both speak (Heyuan art. 10, 17)."""

import pytest

from core.policy import Policy
from core.policy_text import BadPolicy, parse_policy

pytestmark = pytest.mark.unit

PROVINCE = """name: province
title: 某省
documents: {"800": 某省办法}
valid: {status: in_force, from: 2026-01-01}
switches:
  superior: {value: prevails, clause: 800 9}
stages:
  dispatch:
    term: {value: 3, unit: working_days, clause: 800 1}
  handle:
    help:
      term: {value: 4, unit: working_days, clause: 800 2}
extension: {times: 2, counts: granted, clause: 800 3}
"""
CITY = """name: city
title: 某市
extends: province
documents: {"801": 某市办法}
valid: {status: in_force, from: 2026-01-01}
switches:
  superior: {value: WORD, clause: 801 10}
stages:
  dispatch:
    term: {value: 1, unit: working_days, clause: 801 9}
  handle:
    consult:
      term: {value: 2, unit: working_days, clause: 801 10}
    help:
      term: {value: 7, unit: working_days, clause: 801 10}
      cards:
        - {colour: warning, after: 6, clause: 801 17, notify: [handler], by: [sms]}
extension: {times: 1, counts: asked, length: {value: 3, unit: working_days, clause: 801 11}, clause: 801 11}
"""


def province(name: str = "province") -> Policy:
    return parse_policy(PROVINCE, "province.yaml")


def city(word: str) -> Policy:
    return parse_policy(CITY.replace("WORD", word), "city.yaml", province)


def help_days(policy: Policy) -> tuple[int, str]:
    term = policy.stages.handle["help"].term
    assert term
    return term.value, term.clause


def test_a_city_that_says_so_yields_to_its_province_with_the_provinces_clause() -> None:
    assert help_days(city("prevails")) == (4, "800 2")


def test_a_city_that_does_not_keeps_its_own_word() -> None:
    assert help_days(city("yields")) == (7, "801 10")
    assert city("yields").overruled == ()


def test_only_terms_and_cards_yield_as_articles_10_and_17_say() -> None:
    term = city("prevails").stages.dispatch.term
    assert term
    assert term.value == 1


def test_what_the_province_does_not_say_stays_the_citys() -> None:
    policy = city("prevails")
    consult, cards = policy.stages.handle["consult"].term, policy.stages.handle["help"].cards
    assert consult
    assert consult.value == 2
    assert [card.after for card in cards] == [6]
    assert policy.extension
    assert policy.extension.length
    assert (policy.extension.times, policy.extension.counts, policy.extension.length.value) == (
        2,
        "granted",
        3,
    )


def test_the_citys_values_without_effect_are_named() -> None:
    assert set(city("prevails").overruled) == {
        "stages.handle.help.term", "extension.times", "extension.counts",
    }  # fmt: skip


def test_how_a_province_stands_to_the_state_binds_no_city() -> None:
    silent = CITY.replace("  superior: {value: WORD, clause: 801 10}\n", "  days: {value: working}\n")
    policy = parse_policy(silent, "city.yaml", province)
    assert policy.switches.superior.value == "yields"
    assert help_days(policy) == (7, "801 10")


def test_nobody_writes_what_is_found() -> None:
    with pytest.raises(BadPolicy, match=r"province\.yaml:\d+: overruled"):
        parse_policy(PROVINCE + "overruled: [stages]\n", "province.yaml")


def test_being_overruled_changes_the_hash_only_through_the_rules_themselves() -> None:
    same = CITY.replace("WORD", "prevails").replace("value: 7,", "value: 8,")
    assert city("prevails").hash == parse_policy(same, "city.yaml", province).hash
    assert city("prevails").hash != city("yields").hash
