"""Under every house profile, in force or not, speaking or silent, a ticket is filed and goes through its life."""

from datetime import timedelta
from typing import Any

import pytest

from app.policies import HOUSE, load
from core.policy import Policy, cited, silent
from core.policy_text import parse_policy
from tests.tickets.desk import CALENDAR, MONDAY, REPLY, WHO, at
from tickets.explain import explain
from tickets.lifecycle import apply, sweep
from tickets.ticket import Action, Ticket

pytestmark = pytest.mark.unit
CITIES = ("henan", "heyuan", "yanji", "chenzhou", "jiayuguan", "demo")
TYPES = ("consult", "help", "complaint", "report", "suggestion", "economic")
LIFE: tuple[tuple[Action, dict[str, Any]], ...] = (
    ("file", {}), ("dispatch", {"unit": "SW"}), ("sign", {}), ("reply", REPLY), ("resolve", {}),
)  # fmt: skip


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("city", CITIES)
def test_filing_never_stops_for_a_draft_an_expired_or_a_silent_document(city: str, type: Any) -> None:
    policy, ticket = load(city), Ticket("T1", type)
    for n, (action, facts) in enumerate(LIFE):
        moment = at(MONDAY) + timedelta(minutes=n)
        ticket = apply(ticket, action, WHO[action], moment, policy, CALENDAR, **facts).ticket
    assert ticket.state == "resolved"
    assert not any(entry.late for entry in ticket.history)


@pytest.mark.parametrize("city", CITIES)
def test_a_ticket_left_alone_under_any_profile_comes_to_rest(city: str) -> None:
    policy, ticket = load(city), Ticket("T1", "help")
    for action, facts in LIFE[:2]:
        ticket = apply(ticket, action, WHO[action], at(MONDAY), policy, CALENDAR, **facts).ticket
    done = sweep(ticket, policy, CALENDAR, at("2027-12-31T00:00"))
    assert done.ticket.next_alarm_at is None
    keys = [(e.payload().get("stage"), e.payload().get("colour")) for e in done.events]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("city", CITIES)
def test_every_value_cites_a_document_the_profile_names(city: str) -> None:
    policy = load(city)
    assert {clause.split(" ")[0] for _, clause in cited(policy)} <= {*policy.documents, "民法典"}
    assert policy.hotline_clause


CITY = """name: kaifeng
title: 某省辖市
extends: henan
documents: {"901": 某市实施办法}
valid: {status: in_force, from: 2026-01-01, clause: 901 9}
switches: {superior: {value: prevails, clause: 901 8, note: 省有规定的从其规定}}
stages:
  handle:
    help: {term: {value: 4, unit: working_days, clause: 901 3}}
"""


def city_of_henan() -> Policy:
    return parse_policy(CITY, "kaifeng.yaml", load)


def test_a_city_sets_what_its_province_leaves_to_it_and_both_are_cited() -> None:
    found = explain(city_of_henan(), "handle", "help", at(MONDAY), calendar=CALENDAR)
    assert found.due == at("2026-11-14T00:00")
    assert {"901 3", "000 三(四)"} <= set(found.clauses)
    assert "handle.help" not in silent(city_of_henan())


def test_what_neither_says_stays_silent_and_is_named() -> None:
    found = explain(city_of_henan(), "handle", "complaint", at(MONDAY), calendar=CALENDAR)
    assert (found.due, found.silent, found.clauses) == (None, True, ("000 三(四)",))
    assert {"handle.complaint", "dispatch", "extension.length"} <= set(silent(city_of_henan()))


def test_what_the_province_says_is_inherited_with_its_clause() -> None:
    policy = city_of_henan()
    assert policy.reply == load("henan").reply
    assert policy.intake.refusals == load("henan").intake.refusals
    assert policy.hotline == "12345政务服务热线"


def test_the_example_in_the_readme_is_a_profile_that_computes() -> None:
    text = (HOUSE / "README.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    policy = parse_policy(example, "README.md", load)
    found = explain(policy, "handle", "help", at(MONDAY), calendar=CALENDAR)
    assert (found.due, found.usual, len(found.cards)) == (at("2026-11-17T00:00"), at("2026-11-13T00:00"), 2)
    assert policy.overruled == ()
