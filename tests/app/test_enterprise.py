"""政企通: specialists as whom a call is put through to, and the calls that wait for a line in the ledger."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.actor import Actor
from api.house import TicketDraft
from app.enterprise import EnterpriseDesk
from core.call import Reach
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from store import enterprise, events, lines, seats, transfers
from store.tables import EnterpriseItem
from tests.app.place import Place
from tests.app.test_kin import UNIT, do, read
from tests.app.three import Three

pytestmark = pytest.mark.service
BOSS = Actor("user_boss", "boss", "班长", "supervisor")


def desk(place: Place) -> EnterpriseDesk:
    return EnterpriseDesk(place.database, place.clock)


async def specialist(place: Place, **facts: object) -> str:
    given = {"name": "王专员", "topics": ["稳岗补贴"], "unit_code": "chenzhou.rsj", **facts}
    return await desk(place).put_specialist(BOSS, None, given)


async def test_a_specialist_is_called_at_their_number_which_stays_masked(three: Three) -> None:
    expert = await specialist(three.place, number="07352220000")
    row = await three.begin("specialist", expert)
    assert (row.kind, row.name, row.role, row.unit_code) == ("specialist", "王专员", "expert", "chenzhou.rsj")
    assert row.endpoint == "Local/07352220000@hl-out/n"
    told = await three.agent_asks()
    assert isinstance(told, Reach)
    assert "07352220000" not in str([leg.number for leg in await three.legs()])
    async with three.place.database.reading() as session:
        noted = [event.payload for event in await events.of(session, three.citizen.id)]
    assert "07352220000" not in str(noted)


async def test_a_specialist_with_a_seat_is_reserved_there(three: Three) -> None:
    await three.place.seat("8005")
    row = await three.begin("specialist", await specialist(three.place, seat_id="8005"))
    assert (row.third_seat, row.name, row.state) == ("8005", "王专员", "ringing")
    assert await three.place.seat_state("8005") == "ringing"


async def test_nobody_is_put_through_to_somebody_who_left(three: Three) -> None:
    expert = await specialist(three.place, number="07352220000")
    facts = {"name": "王专员", "topics": [], "number": "07352220000", "active": False}
    await desk(three.place).put_specialist(BOSS, expert, facts)
    with pytest.raises(NotFound):
        await three.begin("specialist", expert)
    async with three.place.database.reading() as session:
        assert await enterprise.specialists(session) == []
        assert await transfers.current(session, three.citizen.id) is None


async def test_a_specialist_needs_a_telephone_and_a_known_unit(place: Place) -> None:
    await place.registers()
    with pytest.raises(BadInput):
        await specialist(place)
    with pytest.raises(BadInput):
        await specialist(place, number="07352220000", unit_code="no.such")


async def test_calls_to_the_enterprises_line_wait_for_the_ledger_until_they_are_entered(place: Place) -> None:
    await place.registers()
    async with place.database.session() as session:
        await lines.seed(session, list(place.floor.content.register), place.clock())
        await seats.add(session, "8001", "secret", place.clock())
    own = replace(place.citizen("13907351234"), line="12345888")
    await own.dial()
    other = place.citizen("13907351235")
    await other.dial()
    since = place.clock() - timedelta(days=1)
    async with place.database.reading() as session:
        assert [call.id for call in await enterprise.not_entered(session, since)] == [own.id]
    item = {"enterprise": "郴州某某科技有限公司", "matter": "稳岗返还", "call_id": own.id}
    entered = await desk(place).enter(BOSS, item)
    async with place.database.reading() as session:
        assert await enterprise.not_entered(session, since) == []
    await desk(place).close_item(BOSS, entered, 1, "已返还到账")
    with pytest.raises(Conflict):
        await desk(place).close_item(BOSS, entered, 2, "再销一次")
    async with place.database.reading() as session:
        noted = [(event.name, event.payload["deed"]) for event in await events.of(session, entered)]
    assert noted == [("enterprise.item", "assigned"), ("enterprise.item", "closed")]


async def test_a_line_is_not_struck_off_while_the_ticket_its_matter_went_into_is_under_way(
    place: Place,
) -> None:
    await place.registers()
    office = await place.person("rexian", "office")
    ours, theirs = [
        await place.house.file_ticket(
            office,
            TicketDraft(
                "complaint", "企业投诉乱收费", f"园区乱收费{n}", unit=UNIT, caller=caller, intake=intake
            ),
            f"k{n}",
        )
        for n, (caller, intake) in enumerate((("13700000001", "enterprise"), ("13700000002", "")))
    ]
    async with place.database.reading() as session:
        (item,) = (await enterprise.ledger(session)).items
    await place.house.ways.join(office, theirs, [ours], "同一事项")
    with pytest.raises(NotAllowed, match=(await read(place, theirs)).number):
        await desk(place).close_item(BOSS, item.id, item.version, "已办结")
    unit = await place.person("renshe", "unit", UNIT)
    await do(place, unit, theirs, "sign", "reply")
    await do(place, office, theirs, "resolve")
    await desk(place).close_item(BOSS, item.id, item.version, "已办结")


async def ledger(place: Place) -> list[EnterpriseItem]:
    async with place.database.reading() as session:
        return list((await enterprise.ledger(session)).items)


async def test_each_enterprise_ticket_of_a_call_has_its_line_and_the_first_takes_the_one_entered_by_hand(
    place: Place,
) -> None:
    await place.registers()
    office = await place.person("rexian", "office")
    caller = place.citizen("13907351234")
    await caller.dial()
    item = {"enterprise": "郴州某某科技有限公司", "matter": "乱收费", "call_id": caller.id}
    by_hand = await desk(place).enter(BOSS, item)
    drafts = [
        TicketDraft("complaint", title, title, unit=UNIT, intake="enterprise", call_id=caller.id)
        for title in ("园区乱收费", "拖欠稳岗补贴")
    ]
    first, second = [await place.house.file_ticket(office, one, f"k{n}") for n, one in enumerate(drafts)]
    lines = {one.ticket_id: one for one in await ledger(place)}
    assert lines.keys() == {first, second}
    assert (lines[first].id, lines[first].enterprise) == (by_hand, item["enterprise"])
    assert (lines[second].call_id, lines[second].unit_code) == (caller.id, UNIT)
    for one in lines.values():
        with pytest.raises(NotAllowed):
            await desk(place).close_item(BOSS, one.id, one.version, "已办结")
    for again in (item, item | {"ticket_id": second}):
        with pytest.raises(Conflict):
            await desk(place).enter(BOSS, again)
    async with place.database.reading() as session:
        told = [(event.payload["deed"], event.actor) for event in await events.of(session, by_hand)]
    assert told == [("assigned", BOSS.id), ("ticket", office.id)]


async def test_a_line_struck_off_before_the_ticket_was_filed_is_not_the_tickets(place: Place) -> None:
    await place.registers()
    office = await place.person("rexian", "office")
    caller = place.citizen("13907351234")
    await caller.dial()
    item = {"enterprise": "郴州某某科技有限公司", "matter": "稳岗返还", "call_id": caller.id}
    done = await desk(place).enter(BOSS, item)
    await desk(place).close_item(BOSS, done, 1, "已返还到账")
    draft = TicketDraft(
        "complaint", "乱收费", "园区乱收费", unit=UNIT, intake="enterprise", call_id=caller.id
    )
    ticket = await place.house.file_ticket(office, draft, "k1")
    found = {one.ticket_id: (one.id == done, one.state) for one in await ledger(place)}
    assert found == {None: (True, "closed"), ticket: (False, "assigned")}
