"""A worker collects what the facts propose, once; people verify, propose and record, each step an event that scoring can read."""

from datetime import timedelta

import pytest

from api.accountability_house import Report, Step
from api.actor import Actor
from api.order_house import OrderAsk
from app import policies
from app.accountability.collect import collect
from core.errors import BadInput, Conflict, NotAllowed
from store import accountability, events, orders
from store.assess_facts import gathered
from store.tables import AccountabilityCase
from tests.app.place import Place
from tests.app.test_kin import UNIT, do, filed
from tickets.assessment.fact import period

pytestmark = pytest.mark.service
DAY = timedelta(days=1).total_seconds()


@pytest.fixture
async def office(place: Place) -> Actor:
    place.floor.policy = policies.load("yanji")
    await place.registers()
    return await place.person("rexian", "office")


@pytest.fixture
async def other(place: Place, office: Actor) -> Actor:
    return await place.person("zhuren", "office")


@pytest.fixture
async def unit(place: Place, office: Actor) -> Actor:
    return await place.person("renshe", "unit", UNIT)


async def all_of_it(place: Place) -> list[AccountabilityCase]:
    """Until nothing is left to look at."""
    place.clock.pass_(120)
    for _ in range(20):
        if not await collect(place.floor):
            break
    async with place.database.reading() as session:
        return (await accountability.find(session)).items


async def test_a_deadline_that_passes_is_a_case_and_what_follows_lets_it_grow(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    assert await all_of_it(place) == []
    place.clock.pass_(10 * DAY)
    (case,) = await all_of_it(place)
    assert (case.situation, case.state, case.unit_code, case.ticket_id) == (
        "overdue",
        "candidate",
        UNIT,
        ticket,
    )
    assert [one["clause"] for one in case.clauses] == ["002 16", "002 18"]
    await do(place, office, ticket, "press", way="notice")
    (grown,) = await all_of_it(place)
    assert (grown.id, grown.situation) == (case.id, "notice_overdue")
    assert [one["clause"] for one in grown.clauses] == ["002 16", "002 18", "002 附五(二)3"]
    assert set(case.events) < set(grown.events)
    (same,) = await all_of_it(place)
    assert same.version == grown.version
    async with place.database.reading() as session:
        assert [row.name for row in await events.of(session, case.id)] == ["accountability.found"] * 2


async def test_a_case_is_verified_proposed_by_another_and_decided(
    place: Place, office: Actor, other: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    place.clock.pass_(10 * DAY)
    (case,) = await all_of_it(place)
    desk = place.house.accountability
    verify = Step("verify", "经核实属实", ("rec_1",))
    with pytest.raises(Conflict):
        await desk.step(office, case.id, 9, verify)
    await desk.step(office, case.id, 1, verify)
    with pytest.raises(NotAllowed, match="两人"):
        await desk.step(office, case.id, 2, Step("propose", "提请追究"))
    await desk.step(other, case.id, 2, Step("propose", "提请追究"))
    await desk.step(office, case.id, 3, Step("decide", "予以通报批评", outcome="criticised"))
    async with place.database.reading() as session:
        done = await accountability.get(session, case.id)
        last = [row for row in await events.of(session, case.id)][-1]
    assert (done.state, done.outcome, done.verified_by, done.proposed_by) == (
        "decided",
        "criticised",
        office.id,
        other.id,
    )
    told = {name: last.payload[name] for name in ("unit", "situation", "state", "outcome", "before")}
    assert told == {
        "unit": UNIT, "situation": "overdue", "state": "decided", "outcome": "criticised", "before": "proposed"
    }  # fmt: skip
    assert last.payload["events"] == case.events
    month = period(f"{place.clock():%Y-%m}")
    async with place.database.reading() as session:
        scored = await gathered(session, place.floor.policy, place.floor.calendar, month, place.clock())
    assert [fact.data["events"][0] for fact in scored[UNIT] if fact.kind == "criticised"] == [case.id]
    await do(place, unit, ticket, "reply")  # the same lateness, told by another event, is no second case
    assert [one.id for one in await all_of_it(place)] == [case.id]


async def test_what_no_event_shows_is_reported_under_a_clause_that_names_it(
    place: Place, office: Actor
) -> None:
    desk, at = place.house.accountability, place.clock()
    given = Report(UNIT, "002 附五(二)6", at, "推诿扯皮，经查证")
    first = await desk.report(office, given, "report-1")
    assert first == await desk.report(office, given, "report-1")
    with pytest.raises(BadInput, match="002 16"):
        await desk.report(office, Report(UNIT, "002 附五(二)1", at, "延期又超期"), "report-2")
    (case,) = await all_of_it(place)
    assert (case.id, case.kinds, case.found_by) == (first, ["reported"], office.id)


async def test_a_late_supervision_order_and_a_leaders_note_are_cases_of_their_own(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    until = place.clock() + timedelta(days=1)
    await place.house.orders.open(office, ticket, OrderAsk((UNIT,), "leader_note", until=until), "order-1")
    assert [case.situation for case in await all_of_it(place)] == ["leader_ordered"]
    place.clock.pass_(2 * DAY)
    assert sorted(case.situation for case in await all_of_it(place)) == ["leader_ordered", "order_overdue"]


async def test_a_matter_still_undone_though_its_order_was_answered_was_pressed_in_vain(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    ask = OrderAsk((UNIT,), "other", until=place.clock() + timedelta(days=1))
    (made,) = await place.house.orders.open(office, ticket, ask, "order-1")
    async with place.database.reading() as session:
        order = (await orders.get(session, made)).ticket_id
    await do(place, unit, order, "sign", "reply")
    place.clock.pass_(20 * DAY)
    (case,) = await all_of_it(place)
    assert (case.ticket_id, case.situation, case.unit_code) == (ticket, "pressed_overdue", UNIT)
