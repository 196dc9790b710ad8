"""The real rules of Heyuan under a province that rules otherwise: what cannot stand beside its terms is left out and named."""

import pytest

from app.policies import HOUSE, load
from core.policy import Policy
from core.policy_parts import Handle
from core.policy_text import BadPolicy, parse_policy
from core.policy_values import values

pytestmark = pytest.mark.unit
HEYUAN = (HOUSE / "heyuan.yaml").read_text(encoding="utf-8")
PROVINCE = """name: province
title: 某省
documents: {{"801": 某省办法}}
valid: {{status: in_force, clause: 801 9}}
{rules}
"""
HELP, CONSULT, COMPLAINT = ("stages.handle." + kind for kind in ("help", "consult", "complaint"))
SILENCE = "stages.sign.deemed_acceptance"


def city(rules: str, *changes: tuple[str, str]) -> Policy:
    """Heyuan under such a province, some of its own words changed."""
    text = HEYUAN.replace("documents:", "extends: province\ndocuments:", 1)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return parse_policy(
        text, "heyuan.yaml", lambda name: parse_policy(PROVINCE.format(rules=rules), f"{name}.yaml")
    )


def handling(kind: str, value: int, unit: str = "working_days") -> str:
    return f"stages: {{handle: {{{kind}: {{term: {{value: {value}, unit: {unit}, clause: 801 5}}}}}}}}"


def returning(value: int, unit: str, name: str = "term") -> str:
    return f"stages: {{return: {{{name}: {{value: {value}, unit: {unit}, clause: 801 6}}}}}}"


ROOM = [
    (handling("help", 3), {f"{HELP}.term", f"{HELP}.usual"}),
    (handling("help", 2), {f"{HELP}.term", f"{HELP}.usual"}),
    (handling("help", 4), {f"{HELP}.term"}),
    (handling("help", 5, "days"), {f"{HELP}.term", f"{HELP}.usual"}),
    (handling("help", 7), {f"{HELP}.term", f"{HELP}.cards.yellow", f"{HELP}.cards.red"}),
    (handling("consult", 1), {f"{CONSULT}.term"}),
    (handling("consult", 5), {f"{CONSULT}.term", f"{CONSULT}.cards.yellow", f"{CONSULT}.cards.red"}),
    (handling("complaint", 15), {f"{COMPLAINT}.term", f"{COMPLAINT}.cards.yellow", f"{COMPLAINT}.cards.red"}),
    (returning(2, "days"), {"stages.return.term", SILENCE}),
    (returning(2, "working_days"), {"stages.return.term", SILENCE}),
    (returning(1, "days"), {"stages.return.term"}),
    (returning(3, "working_days", "on_site"), {SILENCE}),
    ("stages: {sign: {term: {value: 1, unit: hours, clause: 801 4}}}", set()),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "overruled"), ROOM)
def test_what_leaves_no_room_for_a_superiors_term_is_left_out_and_named(
    rules: str, overruled: set[str]
) -> None:
    policy = city(rules)
    assert set(policy.overruled) == overruled
    held = {one.path for one in values(policy)}
    assert not held & {path for path in overruled if not path.endswith(".term")}


def cards(handle: Handle) -> list[tuple[str, int]]:
    return [(card.colour, card.after) for card in handle.cards]


def test_a_warning_before_a_longer_term_ends_is_still_given() -> None:
    assert cards(city(handling("help", 7)).stages.handle["help"]) == [("warning", 2)]


def test_no_date_is_moved_and_other_types_are_as_they_were() -> None:
    found, own = city(handling("complaint", 15)), load("heyuan")
    term = found.stages.handle["complaint"].term
    assert term
    assert (term.value, term.clause) == (15, "801 5")
    assert found.stages.handle["report"] == own.stages.handle["report"]
    assert found.stages.sign == own.stages.sign


def test_a_superiors_own_cards_take_the_place_of_all_the_citys() -> None:
    rules = "stages: {handle: {consult: {cards: [{colour: red, after: 5, clause: 801 5, notify: [handler], by: [sms]}]}}}"
    policy = city(rules)
    assert policy.overruled == (f"{CONSULT}.cards",)
    assert cards(policy.stages.handle["consult"]) == [("red", 5)]


def test_cards_of_signing_make_room_for_a_term_of_signing() -> None:
    rules = "stages: {sign: {term: {value: 3, unit: working_days, clause: 801 4}}}"
    policy = city(
        rules,
        (
            "{value: 2, unit: working_days, clause: 001 10(二)",
            "{value: 3, unit: working_days, clause: 001 10(二)",
        ),
    )
    assert policy.overruled == ("stages.sign.cards.yellow",)
    assert [card.after for card in policy.stages.sign.cards] == [1, 3]


def test_a_site_check_and_a_complex_matter_are_not_shorter_than_the_superiors_term() -> None:
    policy = city(
        "stages: {return: {term: {value: 3, unit: working_days, clause: 801 6}}, handle: {economic: {term: {value: 31, unit: working_days, clause: 801 7}}}}",
        ("    needs: [reason, basis]", "    on_site: {value: 2, unit: working_days, clause: 001 10(一)}\n    needs: [reason, basis]"),
        ("    economic:\n", "    economic:\n      complex: {value: 30, unit: working_days, clause: 001 17(二)4}\n"),
    )  # fmt: skip
    assert {"stages.return.on_site", "stages.handle.economic.complex"} <= set(policy.overruled)
    assert (policy.stages.return_.on_site, policy.stages.handle["economic"].complex) == (None, None)


def test_a_reading_of_what_was_left_out_goes_with_it() -> None:
    usual = city(handling("help", 3), ("value: latest", "value: usual"))
    assert "switches.help_due" in usual.overruled
    assert usual.switches.help_due.value == "latest"
    stop = city(returning(2, "days"), ("value: run", "value: stop"))
    assert "switches.cards_after_deemed" in stop.overruled
    assert stop.switches.cards_after_deemed.value == "run"


def test_a_reading_that_still_rules_something_stays() -> None:
    assert city(handling("consult", 5), ("value: latest", "value: usual")).switches.help_due.value == "usual"


def test_supervision_does_not_open_on_red_cards_when_the_last_one_is_gone() -> None:
    kinds = ("consult", "help", "complaint", "report", "suggestion", "economic")
    terms = ", ".join(f"{kind}: {{term: {{value: 60, unit: working_days, clause: 801 5}}}}" for kind in kinds)
    sign = "sign: {term: {value: 10, unit: working_days, clause: 801 4}}"
    policy = city(f"stages: {{handle: {{{terms}}}, {sign}}}")
    assert "stages.supervise.opens_on.red_card" in policy.overruled
    assert set(policy.stages.supervise.opens_on) == {"leader_note", "repeated", "other"}


def test_a_citys_own_mistake_is_still_refused_under_a_superior() -> None:
    with pytest.raises(BadPolicy, match="usual"):
        city("stages: {}", ("usual: {value: 3,", "usual: {value: 8,"))


def test_under_henan_each_value_of_an_extension_is_told_with_the_clause_that_gives_it() -> None:
    text = HEYUAN.replace("documents:", "extends: henan\ndocuments:", 1)
    policy = parse_policy(text, "heyuan.yaml", load)
    found = {one.path: one for one in values(policy)}
    assert (found["extension.times"].value, found["extension.times"].clause) == (1, "001 10(五)")
    assert found["extension.times"].words == "", "henan's words say nothing of how often"
    assert found["extension.counts"].clause == "000 三(四)"
    assert policy.overruled == ()
    assert policy.extension
    assert policy.extension.words.startswith("确不能按时办结的")


def test_a_superiors_number_is_told_with_the_superiors_clause() -> None:
    rules = "stages: {}\nextension: {times: 2, clause: 801 7}"
    policy = city(rules)
    assert policy.overruled == ("extension.times",)
    assert policy.extension
    assert (policy.extension.times, policy.extension.source("times")) == (2, "801 7")
    assert policy.extension.source("refusal_needs_reason") == "001 10(五)"
