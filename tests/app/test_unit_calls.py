"""A unit phones the citizen of a ticket through us: who may, what is kept, and that the unit never learns who it is."""

from dataclasses import dataclass, field

import pytest

from agi.joined_call import JoinedCall, JoinedOver
from api.actor import Actor
from api.house import TicketDraft
from app.ways.reply import contacted
from app.ways.unit_calls import UnitCalls
from core.after_call import Result
from core.errors import Conflict, NotAllowed, SwitchElsewhere
from store import calls, events, probes, tickets, trunks, unit_calls
from store.tables import Ticket
from tests.app.errands.town import TRUNK
from tests.app.place import Place

pytestmark = pytest.mark.service
UNIT, CALLER, FIXED = "chenzhou.rsj", "13812345678", "07352222222"


@dataclass
class FakePlacer:
    """Notes whom it was to ring; `results` in their order, then answered."""

    asked: list[JoinedCall] = field(default_factory=list)
    results: list[tuple[Result, int]] = field(default_factory=list)

    async def place(self, call: JoinedCall) -> tuple[Result, int]:
        self.asked.append(call)
        return self.results.pop(0) if self.results else ("answered", 0)


@pytest.fixture
async def unit(place: Place) -> Actor:
    await place.registers()
    async with place.database.session() as session:
        await trunks.put(session, "city", **TRUNK)
        await probes.add_phone(session, UNIT, "handler", "13500000001", "李工", place.clock())
        await probes.add_phone(session, UNIT, "fixed", FIXED, "办公室", place.clock())
    return await place.person("renshe", "unit", UNIT)


async def filed(place: Place, **more: bool) -> Ticket:
    office = await place.person("rexian", "office")
    draft = TicketDraft("report", "举报欠薪", "工地拖欠三个月工资", unit=UNIT, caller=CALLER, **more)  # type: ignore[arg-type]
    ticket_id = await place.house.file_ticket(office, draft, "k1")
    async with place.database.reading() as session:
        return await tickets.get(session, ticket_id)


def desk(place: Place, placer: FakePlacer) -> UnitCalls:
    made = UnitCalls(place.floor, placer)
    place.house.ways.calls = made
    return made


async def test_the_talk_is_the_units_contact_with_the_citizen(place: Place, unit: Actor) -> None:
    ticket, placer = await filed(place, confidential=True), FakePlacer()
    joining = desk(place, placer)
    call_id = await place.house.ways.call_citizen(unit, ticket.id, "核实欠薪工地", "")
    with pytest.raises(Conflict):
        await place.house.ways.call_citizen(unit, ticket.id, "再打一次", "")
    await joining.settled()
    (asked,) = placer.asked
    assert (asked.unit, asked.citizen, asked.trunk, asked.display) == (
        FIXED,
        CALLER,
        "city",
        TRUNK["display_number"],
    )
    await joining.over(JoinedOver(call_id, "ANSWER", 95, 16))
    await joining.over(JoinedOver(call_id, "ANSWER", 95, 16))
    async with place.database.reading() as session:
        (kept,) = await unit_calls.of_ticket(session, ticket.id)
        call = await calls.get(session, call_id)
        steps = [
            row.payload
            for row in await events.of(session, ticket.id)
            if row.payload.get("action") == "contact"
        ]
        assert await contacted(session, ticket.id) is not None
    assert (kept.state, kept.result, kept.talk_seconds) == ("over", "talked", 95)
    assert (call.direction, call.outcome, call.talk_seconds, call.ended_at is not None) == (
        "out",
        "ticket",
        95.0,
        True,
    )
    assert len(steps) == 1
    assert steps[0]["facts"] == {
        "talk": "经热线转接与诉求人通话95秒：核实欠薪工地",
        "how": "through_us",
        "reached": True,
    }


async def test_a_citizen_who_does_not_answer_was_not_contacted(place: Place, unit: Actor) -> None:
    ticket, placer = await filed(place), FakePlacer()
    joining = desk(place, placer)
    call_id = await place.house.ways.call_citizen(unit, ticket.id, "核实", "")
    await joining.settled()
    await joining.over(JoinedOver(call_id, "NOANSWER", 0, 19))
    async with place.database.reading() as session:
        (kept,) = await unit_calls.of_ticket(session, ticket.id)
        assert await contacted(session, ticket.id) is None
        assert (await calls.get(session, call_id)).outcome == "not_reached"
    assert kept.result == "citizen_noanswer"


async def test_a_unit_that_does_not_pick_up_leaves_no_contact(place: Place, unit: Actor) -> None:
    ticket, placer = await filed(place), FakePlacer(results=[("busy", 17)])
    joining = desk(place, placer)
    await place.house.ways.call_citizen(unit, ticket.id, "核实", "")
    await joining.settled()
    async with place.database.reading() as session:
        (kept,) = await unit_calls.of_ticket(session, ticket.id)
    assert (kept.state, kept.result) == ("over", "unit_busy")
    await place.house.ways.call_citizen(unit, ticket.id, "再试", "")
    await joining.settled()


async def test_only_the_responsible_unit_and_only_where_there_is_a_telephone(
    place: Place, unit: Actor
) -> None:
    ticket = await filed(place)
    with pytest.raises(SwitchElsewhere):
        await place.house.ways.call_citizen(unit, ticket.id, "核实", "")
    desk(place, FakePlacer())
    other = await place.person("chengguan", "unit", "chenzhou.cgj")
    with pytest.raises(NotAllowed):
        await place.house.ways.call_citizen(other, ticket.id, "核实", "")
    async with place.database.session() as session:
        for trunk in await trunks.active(session):
            trunk.host = ""
    with pytest.raises(Conflict, match="中继"):
        await place.house.ways.call_citizen(unit, ticket.id, "核实", "")
