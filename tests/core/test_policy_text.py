"""Profiles are refused with file, line and reason; a child inherits what it does not say."""

import re

import pytest

from core.errors import NotFound
from core.policy import Policy
from core.policy_text import BadPolicy, parse_policy

pytestmark = pytest.mark.unit

BASE = """name: base
title: 甲市
documents:
  "900": 甲市办法
valid:
  status: in_force
  from: 2026-01-01
stages:
  dispatch:
    term: {value: 1, unit: working_days, clause: 900 1, words: 一个工作日}
  handle:
    help:
      term: {value: 5, unit: working_days, clause: 900 2}
      usual: {value: 3, unit: working_days, clause: 900 2}
      cards:
        - {colour: warning, after: 2, clause: 900 3, notify: [handler], by: [phone]}
        - {colour: red, after: 6, clause: 900 3, notify: [handler, leader], by: [phone, sms]}
"""
CHILD = """name: child
title: 乙县
extends: base
documents:
  "901": 乙县办法
valid:
  status: draft
stages:
  dispatch:
    term: {value: 4, unit: hours, clause: 901 1}
"""


def base(name: str = "base") -> Policy:
    assert name == "base"
    return parse_policy(BASE, "base.yaml")


WRONG: list[tuple[str, str, str, int, str]] = [
    # what, text replaced, by, line, reason
    ("unknown key", "title: 甲市", "title: 甲市\ncolour: red", 3, "colour"),
    ("unknown nested key", "words: 一个工作日", "word: 一个工作日", 10, "word"),
    ("wrong unit", "unit: working_days, clause: 900 1", "unit: weeks, clause: 900 1", 10, "unit"),
    ("cards count working days", "after: 2, clause", "after: 2, unit: hours, clause", 16, "unit"),
    ("no clause", ", clause: 900 1, words", ", words", 10, "clause"),
    ("clause of an unnamed document", "clause: 900 1,", "clause: 777 1,", 10, "777"),
    ("clause without an article", "clause: 900 1,", 'clause: "900",', 10, "clause"),
    ("zero", "value: 1,", "value: 0,", 10, "value"),
    ("text for a number", "value: 1,", 'value: "1",', 10, "value"),
    ("truth for a number", "value: 1,", "value: yes,", 10, "value"),
    ("fraction", "value: 1,", "value: 1.5,", 10, "value"),
    ("usual later than latest", "value: 3,", "value: 7,", 12, "usual"),
    ("usual in another unit", "value: 3, unit: working_days", "value: 3, unit: days", 12, "usual"),
    ("cards out of order", "colour: warning", "colour: red", 15, "rise"),
    ("cards on one day", "after: 6", "after: 2", 15, "rise"),
    ("card for nobody", "notify: [handler]", "notify: []", 16, "notify"),
    ("unknown type of ticket", "    help:", "    helping:", 12, "helping"),
    ("validity backwards", "from: 2026-01-01", "from: 2026-01-01\n  to: 2025-01-01", 5, "from"),
    ("no such date", "2026-01-01", "2026-13-01", 7, "month"),
    ("a day that year did not have", "2026-01-01", "2026-02-29", 7, "day"),
    ("a truth that is none", "title: 甲市", "title: !!bool 也许", 2, "bool"),
    ("a date that is none", "title: 甲市", "title: !!timestamp 明日", 2, "timestamp"),
    ("repeated key", "title: 甲市", "title: 甲市\ntitle: 丙市", 3, "title"),
    ("not YAML", "title: 甲市", "title: [甲市", 3, "YAML"),
    ("a tag that builds objects", "title: 甲市", "title: !!python/object:os.system 甲市", 2, "tag"),
    ("close of business without hours", "stages:", "switches: {term_ends: {value: close_of_business}}\nstages:", 8, "office_hours"),
    ("office hours without hours", "stages:", "switches: {hour_terms: {value: office_hours}}\nstages:", 8, "office_hours"),
    ("unknown reading", "stages:", 'switches: {term_ends: {value: "23:59"}}\nstages:', 8, "term_ends"),
    ("unknown switch", "stages:", "switches: {term_end: {value: 1}}\nstages:", 8, "term_end"),
    ("hours overlap", "stages:", 'office_hours: {windows: [["08:30", "12:00"], ["11:00", "17:30"]]}\nstages:', 8, "overlap"),
    ("unquoted time", "stages:", "office_hours: {windows: [[08:30, 17:30]]}\nstages:", 8, "string"),
    ("site check shorter than without", "  handle:", "  return: {term: {value: 2, unit: days, clause: 900 4}, on_site: {value: 1, unit: days, clause: 900 4}}\n  handle:", 11, "on_site"),
    ("several units sooner than one", "    term: {value: 1, unit: working_days, clause: 900 1, words: 一个工作日}", "    term: {value: 3, unit: days, clause: 900 1}\n    multi_unit: {value: 2, unit: days, clause: 900 1}", 9, "multi_unit"),
    ("several units within the hour", "words: 一个工作日}", "words: 一个工作日}\n    multi_unit: {value: 1, unit: hours, clause: 900 1}", 9, "multi_unit"),
    ("site check within the hour", "  handle:", "  return: {term: {value: 5, unit: working_days, clause: 900 4}, on_site: {value: 1, unit: hours, clause: 900 4}}\n  handle:", 11, "on_site"),
    ("a complex matter within the hour", "      usual:", "      complex: {value: 1, unit: hours, clause: 900 2}\n      usual:", 12, "complex"),
    ("accepted by silence within the hour", "  handle:", "  return: {term: {value: 10, unit: working_days, clause: 900 4}}\n  sign: {deemed_acceptance: {value: 1, unit: hours, clause: 900 4}}\n  handle:", 12, "silence"),
    ("accepted by silence before working days are over", "  handle:", "  return: {term: {value: 2, unit: working_days, clause: 900 4}}\n  sign: {deemed_acceptance: {value: 1, unit: days, clause: 900 4}}\n  handle:", 12, "silence"),
    ("accepted by silence while the site is looked at", "  handle:", "  return: {term: {value: 1, unit: days, clause: 900 4}, on_site: {value: 5, unit: days, clause: 900 4}}\n  sign: {deemed_acceptance: {value: 1, unit: days, clause: 900 4}}\n  handle:", 12, "silence"),
    ("a limit given and called unstated", "    term: {value: 1,", "    unstated: {clause: 900 1}\n    term: {value: 1,", 10, "unstated"),
    ("a type's limit given and called unstated", "      usual:", "      unstated: {clause: 900 2}\n      usual:", 14, "unstated"),
    ("a clause for a value nobody knows", "stages:", "extension: {times: 1, clause: 900 5, clauses: {time: 900 6}}\nstages:", 8, "time"),
    ("a clause for a value that has its own", "stages:", "extension: {length: {value: 5, unit: days, clause: 900 6}, clause: 900 5, clauses: {length: 900 7}}\nstages:", 8, "length"),
    ("a value's clause of an unnamed document", "stages:", "extension: {times: 1, clause: 900 5, clauses: {times: 777 6}}\nstages:", 8, "777"),
    ("a complex matter sooner than a plain one", "      usual:", "      complex: {value: 4, unit: working_days, clause: 900 2}\n      usual:", 12, "complex"),
    ("supervision on a card nobody gets", "        - {colour: red, after: 6, clause: 900 3, notify: [handler, leader], by: [phone, sms]}", "  supervise: {opens_on: {red_card: {clause: 900 3}}}", 17, "red card"),
    ("accepted by silence before a return is due", "  handle:", "  return: {term: {value: 3, unit: days, clause: 900 4}}\n  sign: {deemed_acceptance: {value: 1, unit: days, clause: 900 4}}\n  handle:", 12, "silence"),
    ("a red card before its term has ended", "after: 6", "after: 4", 12, "red card"),
    ("a red card before a complex matter's term", "      usual:", "      complex: {value: 7, unit: working_days, clause: 900 2}\n      usual:", 12, "red card"),
    ("a red card before a term of calendar days", "      term: {value: 5, unit: working_days, clause: 900 2}\n      usual: {value: 3, unit: working_days, clause: 900 2}", "      term: {value: 12, unit: days, clause: 900 2}", 12, "red card"),
    ("signing is due after settling", "  handle:", "  sign: {term: {value: 300, unit: hours, clause: 900 4}}\n  handle:", 11, "signing"),
    ("a red card before signing is due", "  handle:", "  sign: {term: {value: 2, unit: working_days, clause: 900 4}, cards: [{colour: red, after: 1, clause: 900 4, notify: [handler], by: [sms]}]}\n  handle:", 11, "red card"),
    ("cards stop at an acceptance that never comes", "stages:", "switches: {cards_after_deemed: {value: stop}}\nstages:", 8, "deemed"),
    ("a cap on nothing", "  handle:", "  supervise: {listed_cap: {value: first_term, clause: 900 4}}\n  handle:", 11, "listed"),
    ("a way of scoring nobody knows", "stages:", "assessment: {schemes: [by_mood], clause: 900 5}\nstages:", 8, "schemes"),
    ("points below nothing", "stages:", "assessment: {urging_each: {value: -1, clause: 900 5}, clause: 900 5}\nstages:", 8, "urging_each"),
    ("points beside the table's own", "stages:", "repeats: {deduct: {value: 0.5, clause: 900 5}}\nstages:", 8, "deduct"),
    ("points of a redo", "stages:", "stages:\n  redo: {deduct: {value: 0.5, clause: 900 5}, clause: 900 5}", 9, "deduct"),
    ("points of a late article", "stages:", "knowledge: {deduct: {value: 3, clause: 900 5}}\nstages:", 8, "deduct"),
    ("a lead in hours of mood", "stages:", "knowledge: {lead: {value: 7, unit: workdays, clause: 900 5}}\nstages:", 8, "unit"),
    ("grades by key on no grades", "stages:", "after: {grading: {scale: satisfied_or_not, clause: 900 5}}\nstages:", 8, "five grades"),
    ("a scale nobody knows", "stages:", "after: {grading: {intake: false, scale: survey, clause: 900 5}}\nstages:", 8, "scale"),
    ("bad name", "name: base", "name: ../base", 1, "name"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "old", "new", "line", "reason"), WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_profile_is_refused_with_file_line_and_reason(
    what: str, old: str, new: str, line: int, reason: str
) -> None:
    assert old in BASE
    with pytest.raises(BadPolicy) as caught:
        parse_policy(BASE.replace(old, new, 1), "base.yaml")
    assert re.match(rf"base\.yaml:{line}: ", str(caught.value))
    assert reason in str(caught.value)


@pytest.mark.parametrize("red", [5, 6])
def test_a_red_card_on_the_last_day_of_its_term_or_later_is_what_clauses_order(red: int) -> None:
    policy = parse_policy(BASE.replace("after: 6", f"after: {red}"), "base.yaml")
    assert [card.after for card in policy.stages.handle["help"].cards] == [2, red]


def test_every_mistake_is_named_at_once() -> None:
    text = BASE.replace("value: 1,", "value: 0,").replace("value: 5,", "value: five,")
    with pytest.raises(BadPolicy) as caught:
        parse_policy(text, "base.yaml")
    lines = [reason.split(":")[1] for reason in caught.value.reasons]
    assert lines == ["10", "13"]


def test_one_working_day_to_return_and_one_day_of_silence_may_end_together() -> None:
    rules = "  return: {term: {value: 1, unit: working_days, clause: 900 4}}\n  sign: {deemed_acceptance: {value: 1, unit: days, clause: 900 4}}\n"
    policy = parse_policy(BASE + rules, "base.yaml")
    assert policy.stages.sign.deemed_acceptance


def test_a_warning_after_the_term_is_what_a_clause_may_order() -> None:
    policy = parse_policy(
        BASE.replace("after: 2", "after: 6").replace("red, after: 6", "red, after: 7"), "base.yaml"
    )
    assert [card.after for card in policy.stages.handle["help"].cards] == [6, 7]


@pytest.mark.parametrize("text", ["", "- a", "just words", "a: " + "[" * 5000, "x" * 300_000, "\x00"])
def test_text_that_is_no_profile_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadPolicy):
        parse_policy(text, "base.yaml")


def test_aliases_that_unfold_without_end_are_refused() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(BadPolicy, match="more than"):
        parse_policy(bomb, "base.yaml")


def test_a_child_inherits_what_it_does_not_say() -> None:
    child = parse_policy(CHILD, "child.yaml", base)
    assert child.stages.handle["help"] == base().stages.handle["help"]
    assert child.documents == {"900": "甲市办法", "901": "乙县办法"}


def test_a_childs_value_replaces_the_parents_with_its_clause_and_words() -> None:
    term = parse_policy(CHILD, "child.yaml", base).stages.dispatch.term
    assert term
    assert (term.value, term.unit, term.clause, term.words) == (4, "hours", "901 1", "")


def test_name_and_validity_are_never_inherited() -> None:
    child = parse_policy(CHILD, "child.yaml", base)
    assert (child.name, child.title, child.valid.status, child.valid.from_) == (
        "child",
        "乙县",
        "draft",
        None,
    )
    with pytest.raises(BadPolicy, match="valid"):
        parse_policy(CHILD.replace("valid:\n  status: draft\n", ""), "child.yaml", base)


def test_a_contradiction_with_an_inherited_value_is_reported_in_the_child() -> None:
    text = CHILD.replace(
        "    term: {value: 4, unit: hours, clause: 901 1}",
        "    multi_unit: {value: 4, unit: moons, clause: 901 1}",
    )
    with pytest.raises(BadPolicy, match=r"child\.yaml:10: "):
        parse_policy(text, "child.yaml", base)


def test_a_profile_that_extends_nothing_known_is_refused() -> None:
    with pytest.raises(BadPolicy, match=r"child\.yaml:3: "):
        parse_policy(CHILD, "child.yaml")


def test_a_parent_that_is_not_there_is_named_with_the_line_that_names_it() -> None:
    def nobody(name: str) -> Policy:
        raise NotFound(f"no profile {name}")

    with pytest.raises(BadPolicy, match=r"child\.yaml:3: extends: no profile base"):
        parse_policy(CHILD, "child.yaml", nobody)


def test_what_cannot_be_inherited_is_named_beside_every_other_mistake() -> None:
    text = CHILD.replace(
        "clause: 901 1}", "clause: 901 1}\n  handle: {help: {term: {unit: days, clause: 901 1}}}\ncolour: red"
    )
    with pytest.raises(BadPolicy) as caught:
        parse_policy(text, "child.yaml", base)
    assert {reason.split(": ")[0] for reason in caught.value.reasons} == {"child.yaml:11", "child.yaml:12"}


def test_the_hash_changes_with_the_rules_and_only_with_them() -> None:
    same = parse_policy("# a remark\n" + BASE, "elsewhere.yaml")
    other = parse_policy(BASE.replace("value: 5,", "value: 6,"), "base.yaml")
    assert base().hash == same.hash
    assert base().hash != other.hash
    assert re.fullmatch("[0-9a-f]{64}", base().hash)
