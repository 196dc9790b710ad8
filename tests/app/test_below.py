"""Work that was handed down and the ticket above it: whoever gives back the one gives back the other."""

from datetime import timedelta
from typing import Any

import pytest

from api import queries
from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from app import flow
from core.errors import BadInput, NotAllowed, NotFound
from core.rights import Scope
from store import events, notices, probes, tickets
from store.tables import NoticeRow, Ticket, Unit
from tests.app.place import Place
from tickets.table import possible

pytestmark = pytest.mark.service
UNIT, OTHER, SQUAD, BOARD = "chenzhou.rsj", "chenzhou.cgj", "rsj.jdc", "rsj.zcs"
REPLY = dict.fromkeys(("handled_at", "section", "handler", "result", "law", "basis", "talk"), "已办理")
BACK = {"reason": "不属本单位职责", "basis": "三定方案"}


class Handed:
    """A ticket its unit signed for, handed down to a squad of its own; two handlers with telephones."""

    def __init__(self, place: Place, people: dict[str, Actor], lead: str, below: str) -> None:
        self.place, self.people, self.lead, self.below = place, people, lead, below

    async def do(self, who: str, ticket_id: str, *deeds: str, **facts: Any) -> None:
        for deed in deeds:
            row = await self.read(ticket_id)
            given = REPLY | facts if deed == "reply" else facts
            await self.place.house.act_on_ticket(self.people[who], ticket_id, row.version, deed, given)

    async def read(self, ticket_id: str) -> Ticket:
        async with self.place.database.reading() as session:
            return await tickets.get(session, ticket_id)

    async def told(self) -> list[NoticeRow]:
        async with self.place.database.reading() as session:
            return [*(await notices.find(session, kind="descent")).items][::-1]

    async def hand_down(self, unit: str, key: str) -> str:
        return await self.place.house.add_child(
            self.people["unit"], self.lead, ChildDraft("descent", unit), key
        )


@pytest.fixture
async def handed(place: Place) -> Handed:
    await place.registers()
    async with place.database.session() as session:
        for code, parent in ((SQUAD, UNIT), (BOARD, UNIT), ("rsj.jdc.1", SQUAD)):
            session.add(Unit(code=code, name=code, aliases=[], parent_code=parent))
            await session.flush()
        for code, number in ((UNIT, "13800000001"), (SQUAD, "13800000002")):
            await probes.add_phone(session, code, "handler", number, "", place.clock())
    people = {"office": await place.person("rexian", "office")}
    for who, code in (("unit", UNIT), ("other", OTHER), ("squad", SQUAD), ("board", BOARD)):
        people[who] = await place.person(who, "unit", code)
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT, caller="13812345678")
    lead = await place.house.file_ticket(people["office"], draft, "k1")
    found = Handed(place, people, lead, "")
    await found.do("unit", lead, "sign")
    found.below = await found.hand_down(SQUAD, "k2")
    return found


async def test_a_unit_that_gives_a_matter_back_takes_along_what_it_handed_down_and_the_next_one_replies(
    handed: Handed,
) -> None:
    people = handed.people
    deeper = await handed.place.house.add_child(
        people["squad"], handed.below, ChildDraft("descent", "rsj.jdc.1"), "k3"
    )
    helper = await handed.place.house.add_child(
        people["office"], handed.lead, ChildDraft("assist", "chenzhou.zjj"), "k4"
    )
    await handed.do("unit", handed.lead, "return", **BACK)
    rows = [await handed.read(one) for one in (handed.below, deeper, helper)]
    assert [row.state for row in rows] == ["withdrawn", "withdrawn", "dispatched"]
    (text,) = [row for row in await handed.told() if row.ticket_id == handed.below]
    assert (text.recipient, "下级不再承办" in text.words) == ("13800000002", True)
    async with handed.place.database.reading() as session:
        last = (await events.of(session, handed.below))[-1]
    assert (last.payload["action"], "已退回" in last.payload["facts"]["reason"]) == ("withdraw", True)
    await handed.do("office", handed.lead, "dispatch", unit=OTHER)
    await handed.do("other", handed.lead, "sign", "reply")
    handed.place.clock.pass_(20 * 86400)
    assert not (await flow.deadline_near(handed.place.floor, handed.below)).events


async def test_work_that_came_back_is_handed_to_another_by_the_unit_that_had_handed_it_down(
    handed: Handed,
) -> None:
    await handed.do("squad", handed.below, "return", **BACK)
    (text,) = await handed.told()
    assert (text.recipient, text.ticket_id, "改派" in text.words) == ("13800000001", handed.below, True)
    for who, unit, error in (
        ("other", BOARD, NotAllowed),
        ("squad", BOARD, NotAllowed),
        ("unit", OTHER, NotAllowed),
        ("unit", UNIT, BadInput),
        ("office", OTHER, NotAllowed),
    ):
        with pytest.raises(error):
            await handed.do(who, handed.below, "dispatch", unit=unit)
    with pytest.raises(NotAllowed, match="贵单位"):
        await handed.do("squad", handed.below, "withdraw", reason="不办了")
    await handed.do("unit", handed.below, "dispatch", unit=BOARD)
    await handed.do("board", handed.below, "sign", "reply")
    await handed.do("unit", handed.lead, "reply")


async def test_work_that_came_back_is_taken_back_and_the_unit_replies_itself(handed: Handed) -> None:
    with pytest.raises(NotAllowed):
        await handed.do("unit", handed.below, "withdraw", reason="我们自己办")  # somebody has it
    await handed.do("squad", handed.below, "return", **BACK)
    await handed.do("unit", handed.below, "withdraw", reason="我们自己办")
    await handed.do("unit", handed.lead, "reply")
    assert (await handed.read(handed.lead)).state == "replied"


async def test_only_the_unit_that_had_handed_it_down_sees_and_acts_on_what_came_back(handed: Handed) -> None:
    async def reached(unit: str) -> bool:
        async with handed.place.database.reading() as session:
            try:
                await queries.ticket(session, Scope(unit=unit), handed.below)
            except NotFound:
                return False
        return True

    async def deeds(who: str) -> set[str]:
        found = await handed.place.house.ways.options(handed.people[who], handed.below)
        return {one["action"] for one in found["options"]}

    assert [await reached(one) for one in (UNIT, SQUAD, BOARD)] == [False, True, False]
    await handed.do("squad", handed.below, "return", **BACK)
    assert [await reached(one) for one in (UNIT, SQUAD, OTHER)] == [True, False, False]
    assert [await deeds(one) for one in ("unit", "squad", "other")] == [
        {"dispatch", "withdraw"},
        set(),
        set(),
    ]
    assert possible("dispatched", "unit", "descent") == possible("dispatched", "unit")


async def test_an_assisting_ticket_that_came_back_never_goes_to_the_unit_it_assists(handed: Handed) -> None:
    helper = await handed.place.house.add_child(
        handed.people["office"], handed.lead, ChildDraft("assist", OTHER), "k5"
    )
    await handed.do("other", helper, "return", **BACK)
    with pytest.raises(BadInput, match="已是本工单的承办单位"):
        await handed.do("office", helper, "dispatch", unit=UNIT)
    await handed.do("office", helper, "dispute", question="由谁协办")
    with pytest.raises(BadInput, match="已是本工单的承办单位"):
        await handed.do("office", helper, "decide", unit=UNIT, basis="三定方案")
    await handed.do("office", helper, "decide", unit=OTHER, basis="三定方案")
    assert (await handed.read(helper)).unit_code == OTHER


LAW = {"term": "statutory", "term_basis": "《行政处罚法》第六十条"}


async def test_a_statutes_term_named_when_others_help_already_reaches_them_all(handed: Handed) -> None:
    place, people = handed.place, handed.people
    until = place.clock() + timedelta(days=60)
    helper = await place.house.add_child(people["office"], handed.lead, ChildDraft("assist", OTHER), "k3")
    deeper = await place.house.add_child(
        people["squad"], handed.below, ChildDraft("descent", "rsj.jdc.1"), "k4"
    )
    await handed.do("office", handed.lead, "set_term", until=until, **LAW)
    for one in (handed.lead, helper, handed.below, deeper):
        row = await handed.read(one)
        assert (row.due_at, row.clock["named"]) == (until, "statutory")
    later = until + timedelta(days=30)  # the office mends the moment: it follows
    await handed.do("office", handed.lead, "set_term", until=later, **LAW)
    assert [(await handed.read(one)).due_at for one in (helper, handed.below, deeper)] == [later] * 3


async def test_a_term_of_their_own_stays_with_those_who_help_and_a_shorter_one_binds_the_lead_alone(
    handed: Handed,
) -> None:
    place, people = handed.place, handed.people
    own, until = place.clock() + timedelta(days=90), place.clock() + timedelta(days=60)
    helper = await place.house.add_child(people["office"], handed.lead, ChildDraft("assist", OTHER), "k3")
    await handed.do("office", helper, "set_term", until=own, **LAW)
    await handed.do("office", handed.lead, "set_term", until=until, **LAW)
    await handed.do("unit", handed.lead, "set_term", until=place.clock() + timedelta(days=5), term="shorter")
    assert (await handed.read(helper)).due_at == own
    assert (await handed.read(handed.below)).due_at == until


async def test_whoever_helps_has_the_laws_own_term_and_follows_it_although_the_lead_shortened_its_own(
    handed: Handed,
) -> None:
    place, people = handed.place, handed.people
    until, sooner = place.clock() + timedelta(days=60), place.clock() + timedelta(days=5)
    await handed.do("office", handed.lead, "set_term", until=until, **LAW)
    await handed.do("unit", handed.lead, "set_term", until=sooner, term="shorter")
    assist = ChildDraft("assist", OTHER)
    helper = await place.house.add_child(people["office"], handed.lead, assist, "k3")
    deeper = await place.house.add_child(
        people["squad"], handed.below, ChildDraft("descent", "rsj.jdc.1"), "k4"
    )
    assert [(await handed.read(one)).due_at for one in (helper, handed.below, deeper)] == [until] * 3
    async with place.database.reading() as session:
        (sent,) = [one for one in await events.of(session, helper) if one.name == "ticket.dispatched"]
    assert sent.payload["facts"] == LAW | {"until": until.isoformat()}
    place.clock.pass_(6 * 86400)  # the lead's own is over, the law's is not
    late = await place.house.add_child(people["office"], handed.lead, assist, "k5")
    assert (await handed.read(late)).due_at == until
    later = until + timedelta(days=30)  # the office mends the law's moment: it follows
    await handed.do("office", handed.lead, "set_term", until=later, **LAW)
    assert [(await handed.read(one)).due_at for one in (helper, handed.below, deeper, late)] == [later] * 4
