"""A city under its province: what it inherits, and whose word counts where both speak (Heyuan art. 10, 17)."""

import pytest

from app.policies import load
from core.policy import Policy, as_kept, silent
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


COUNTY = """name: county
title: 某县
extends: {parent}
documents: {{"901": 某县办法}}
valid: {{status: in_force, clause: 901 9}}
{rules}
"""


def county(parent: str, rules: str) -> Policy:
    return parse_policy(COUNTY.format(parent=parent, rules=rules), "county.yaml", load)


def refused(parent: str, rules: str) -> str:
    with pytest.raises(BadPolicy) as caught:
        county(parent, rules)
    return str(caught.value)


def test_one_value_of_its_own_leaves_a_document_the_others_with_the_clause_that_gives_them() -> None:
    redo = county("heyuan", "stages: {redo: {times: 2, clause: 901 3, words: 重办2次}}").stages.redo
    assert redo
    assert (redo.times, redo.same_as, redo.extension) == (2, "handle", False)
    assert (redo.causes, redo.needs) == (("bad_grade",), ("reasonable", "reviewed"))
    assert (redo.source("times"), redo.source("same_as"), redo.source("needs")) == (
        "901 3",
        "001 15",
        "001 15",
    )
    assert (redo.words, redo.note) == ("重办2次", ""), "the parent's words are said of the parent's clause"


def test_a_table_of_points_stays_where_a_document_sets_what_the_parent_leaves_open() -> None:
    rules = "assessment: {urging_each: {value: 1, clause: 901 3}, clause: 901 3}"
    policy, parent = county("yanji", rules), load("yanji")
    assert policy.assessment
    assert parent.assessment
    assert policy.assessment.table == parent.assessment.table
    assert policy.assessment.schemes == ("hundred_points",)
    assert policy.assessment.source("schemes") == "002 22"
    assert set(silent(parent)) - set(silent(policy)) == {"assessment.urging_each"}


def test_a_line_of_the_table_keeps_what_each_case_costs_with_its_clause() -> None:
    rules = "stages: {}\nassessment: {table: {on_time: {full: 29, tariff: {late: 2}, clause: 901 4}}}"
    found = county("yanji", rules).assessment
    assert found
    line = found.table["on_time"]
    assert {case: int(off) for case, off in line.tariff.items()} == {"late": 2, "undone": 2}
    assert line.source("tariff", "late") == line.source("full") == "901 4"
    assert line.source("tariff", "undone") == line.source("rule") == "002 附五(一)3"


def test_a_length_with_its_own_clause_is_inherited_with_it() -> None:
    found = county("demo", "extension: {times: 2, clause: 901 3}").extension
    assert found
    assert found.length
    assert (found.times, found.length.value, found.length.clause) == (2, 5, "演示 2")
    assert (found.source("times"), found.source("tell_citizen")) == ("901 3", "演示 2")


def test_a_value_with_its_own_clause_needs_none_of_the_part() -> None:
    found = county("heyuan", "extension: {length: {value: 3, unit: days, clause: 901 3}}").extension
    assert found
    assert found.length
    assert (found.length.clause, found.clause, found.clauses) == ("901 3", "001 10(五)", {})


def test_a_clause_alone_takes_no_value_away() -> None:
    found = county("heyuan", "extension: {clause: 901 3, words: 可以延期}").extension
    assert found
    assert (found.times, found.source("times"), found.words) == (1, "001 10(五)", "可以延期")


def test_a_part_may_be_drawn_from_two_clauses_by_hand() -> None:
    found = county("heyuan", "extension: {times: 2, clauses: {times: 901 3}}").extension
    assert found
    assert (found.times, found.source("times"), found.source("counts")) == (2, "901 3", "001 10(五)")


def test_what_was_inherited_is_handed_down_with_the_clause_that_gave_it_first() -> None:
    middle = county("heyuan", "extension: {times: 2, clause: 901 3}")
    text = COUNTY.replace("901", "902").format(
        parent="middle", rules="extension: {counts: asked, clause: 902 3}"
    )
    found = parse_policy(text, "town.yaml", lambda _: middle).extension
    assert found
    assert [found.source(one) for one in ("times", "counts", "tell_citizen")] == [
        "901 3",
        "902 3",
        "001 10(五)",
    ]


@pytest.mark.parametrize(
    "rules",
    [
        "stages: {return: {term: null}}",
        "stages: {return: null}",
        "stages: null",
        "extension: {times: null, clause: 901 3}",
        "reply: null",
    ],
)
def test_null_is_silence_and_inherits(rules: str) -> None:
    policy, parent = county("heyuan", rules), load("heyuan")
    assert (policy.stages, policy.reply, silent(policy)) == (parent.stages, parent.reply, silent(parent))


@pytest.mark.parametrize(
    ("rules", "line", "where"),
    [
        ("extension:\n  times: 2", 7, "extension.times"),
        ("extension:\n  words: 延期2次", 7, "extension.words"),
        ("stages:\n  redo:\n    needs: []", 8, "stages.redo.needs"),
        ("after:\n  grading:\n    intake: false", 8, "after.grading.intake"),
        ("stages:\n  return:\n    term: {unit: days, clause: 901 3}", 8, "stages.return.term"),
        ("after:\n  seat_number: {note: 不播报}", 7, "after.seat_number"),
    ],
)
def test_a_value_without_its_clause_is_refused_with_its_line(rules: str, line: int, where: str) -> None:
    assert refused("heyuan", rules).startswith(f"county.yaml:{line}: {where}: ")


@pytest.mark.parametrize(
    "rules",
    [
        "extension: {1: 2, clause: 901 3}",
        "extension: {clauses: [x]}",
        "extension: 5",
        "stages: {handle: [help]}",
    ],
)
def test_what_is_no_rule_at_all_is_refused_like_any_mistake(rules: str) -> None:
    assert refused("heyuan", rules).startswith("county.yaml:6: ")


def test_a_term_of_its_own_does_not_have_the_parents_usual_one_beside_it() -> None:
    rules = "stages: {handle: {help: {term: {value: 3, unit: working_days, clause: 901 3}}}}"
    found = county("heyuan", rules).stages.handle["help"]
    assert found.usual is None
    assert [card.after for card in found.cards] == [2, 5, 6]


def test_what_a_province_leaves_to_its_cities_is_cited_beside_the_citys_own_term() -> None:
    rules = "stages: {handle: {help: {term: {value: 4, unit: working_days, clause: 901 3}}}}"
    found = county("henan", rules).stages.handle["help"]
    assert found.term
    assert found.unstated
    assert (found.term.clause, found.unstated.clause) == ("901 3", "000 三(四)")


def test_a_part_that_rests_on_one_clause_is_kept_as_it_always_was() -> None:
    assert "clauses" not in str(load("heyuan").model_dump(mode="json", by_alias=True))
    mixed = county("heyuan", "extension: {times: 2, clause: 901 3}")
    assert as_kept(mixed.model_dump(mode="json", by_alias=True)).hash == mixed.hash
