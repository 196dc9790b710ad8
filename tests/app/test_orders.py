"""Units are pressed and supervised: who learns it, what is on record, what must be there before an order is closed."""

from datetime import timedelta

import pytest

from api.actor import Actor
from api.house import ChildDraft
from api.order_house import OrderAsk, RecordAsk
from app import flow, policies
from app.notices import pressing
from app.orders import watch_orders
from asr.prompts import load_table
from core.errors import BadInput, Conflict, NotAllowed
from store import events, notices, orders, probes, tickets
from store.tables import NoticeRow, SupervisionOrder
from tests.app.place import Place
from tests.app.test_kin import OTHER, UNIT, do, filed, read
from tests.store import make

pytestmark = pytest.mark.service
HANDLER, LEADER = "13800000001", "13800000002"


@pytest.fixture
async def office(place: Place) -> Actor:
    """Yanji's rules, which name most; a unit with a handler and a leader in charge."""
    place.floor.policy = policies.load("yanji")
    await place.registers()
    async with place.database.session() as session:
        for kind, number in (("handler", HANDLER), ("leader", LEADER)):
            await probes.add_phone(session, UNIT, kind, number, "", place.clock())
    return await place.person("rexian", "office")


@pytest.fixture
async def unit(place: Place, office: Actor) -> Actor:
    return await place.person("renshe", "unit", UNIT)


async def owed(place: Place, kind: str) -> list[NoticeRow]:
    async with place.database.reading() as session:
        return (await notices.find(session, kind=kind)).items


async def order(place: Place, order_id: str) -> SupervisionOrder:
    async with place.database.reading() as session:
        return await orders.get(session, order_id)


def ask(place: Place, *units: str, days: int = 3, **more: object) -> OrderAsk:
    until = place.clock() + timedelta(days=days)
    return OrderAsk(units or (UNIT,), **{"trigger": "overdue", "until": until, **more})  # type: ignore[arg-type]


async def opened(place: Place, office: Actor, key: str = "order-1", **more: object) -> tuple[str, str]:
    """A matter and its order."""
    ticket = await filed(place, office, f"t{key}")
    (found,) = await place.house.orders.open(office, ticket, ask(place, **more), key)  # type: ignore[arg-type]
    return ticket, found


async def test_pressing_by_telephone_rings_the_handler_and_a_paper_tells_the_leader_too(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    await do(place, office, ticket, "press", way="phone", words="请今日联系市民")
    (call,) = await owed(place, "press")
    assert (call.channel, call.recipient, call.facts["says"][0]) == ("voice", HANDLER, "press-notice")
    until = place.clock() + timedelta(days=2)
    await do(place, office, ticket, "press", way="notice", until=until.isoformat())
    texts = [row for row in await owed(place, "press") if row.channel == "sms"]
    assert {row.recipient for row in texts} == {HANDLER, LEADER}
    await do(place, office, ticket, "press", way="phone", rang=True)
    assert len(await owed(place, "press")) == 3  # a person rang: nobody is rung again
    async with place.database.reading() as session:
        kept = await orders.urgings(session, ticket)
    number = (await read(place, ticket)).number
    assert [row.number for row in kept] == [f"{number}-{n:02d}" for n in (1, 2, 3)]
    assert (kept[1].until_at, kept[2].rang) == (until, True)
    paper = await place.house.orders.urging_paper(kept[1].number)
    assert (paper.title, paper.to) == ("督办通知", "市人社局")


async def test_no_paper_to_a_unit_names_a_confidential_reporter(place: Place, office: Actor) -> None:
    title = "张三丰（13812345678）反映工地欠薪"
    at = place.clock()
    who = {"confidential": True, "citizen_name": "张三丰"}
    secret = make.ticket(title=title, state="signed", unit_code=UNIT, filed_at=at, policy="yanji", **who)
    async with place.database.session() as session:
        row, _ = await tickets.file(session, secret, [], office.id)
    (order_id,) = await place.house.orders.open(office, row.id, ask(place), "order-1")
    await do(place, office, row.id, "press", way="notice", until=(at + timedelta(days=2)).isoformat())
    async with place.database.reading() as session:
        (urging,) = await orders.urgings(session, row.id)
    papers = [
        await place.house.orders.paper(order_id),
        await place.house.orders.urging_paper(urging.number),
    ]
    assert [("事项", "诉求人（******）反映工地欠薪") in paper.lines for paper in papers] == [True, True]


async def test_a_term_the_rules_leave_open_must_be_named(place: Place, office: Actor) -> None:
    ticket = await filed(place, office)
    with pytest.raises(BadInput, match="限期办理"):
        await place.house.add_child(office, ticket, ChildDraft("supervision", UNIT), "k2")
    with pytest.raises(BadInput, match="限期办理"):
        await place.house.orders.open(office, ticket, OrderAsk((UNIT,), "overdue"), "k3")


async def test_each_unit_of_a_joint_order_has_its_own(place: Place, office: Actor) -> None:
    ticket = await filed(place, office)
    wanted = ask(place, UNIT, OTHER, form="joint")
    ids = await place.house.orders.open(office, ticket, wanted, "order-1")
    assert ids == await place.house.orders.open(office, ticket, wanted, "order-1")
    found = [await order(place, one) for one in ids]
    assert [one.unit_code for one in found] == [UNIT, OTHER]
    assert len({one.group_id for one in found}) == 1
    children = [await read(place, one.ticket_id) for one in found]
    assert [(one.relation, one.due_at) for one in children] == [("supervision", wanted.until)] * 2
    assert {row.recipient for row in await owed(place, "supervision")} >= {HANDLER, LEADER}
    told = [row for row in await happened(place, found[0].ticket_id) if row.startswith("supervision.")]
    assert told == ["supervision.opened"]


async def happened(place: Place, subject: str) -> list[str]:
    async with place.database.reading() as session:
        return [row.name for row in await events.of(session, subject)]


async def test_a_listed_order_is_capped_by_the_first(place: Place, office: Actor) -> None:
    ticket, _ = await opened(place, office)
    longer = ask(place, days=4, form="listed", leader="分管副市长")
    with pytest.raises(NotAllowed, match="002 18"):
        await place.house.orders.open(office, ticket, longer, "order-2")
    (listed,) = await place.house.orders.open(
        office, ticket, ask(place, form="listed", leader="分管副市长"), "order-3"
    )
    assert (await order(place, listed)).leader == "分管副市长"


async def test_the_first_order_caps_a_listed_one_though_its_ticket_is_gone(
    place: Place, office: Actor
) -> None:
    ticket, first = await opened(place, office)
    child = await read(place, (await order(place, first)).ticket_id)
    async with place.database.session() as session:
        await tickets.change(session, child.id, child.version, [], "clock", state="withdrawn", due_at=None)
    longer = ask(place, days=4, form="listed", leader="分管副市长")
    with pytest.raises(NotAllowed, match="002 18"):
        await place.house.orders.open(office, ticket, longer, "order-2")


async def test_an_order_on_site_is_closed_once_answered_and_visited(
    place: Place, office: Actor, unit: Actor
) -> None:
    _, order_id = await opened(place, office, form="on_site")
    desk, child = place.house.orders, (await order(place, order_id)).ticket_id
    with pytest.raises(NotAllowed, match="书面回复"):
        await desk.close(office, order_id, 1, "已落实")
    await do(place, unit, child, "sign", "reply")
    with pytest.raises(NotAllowed, match="现场核查"):
        await desk.close(office, order_id, 1, "已落实")
    with pytest.raises(BadInput, match="证据"):
        await desk.record(office, order_id, RecordAsk("visit", place.clock(), "已恢复", "工地"))
    await desk.record(
        office, order_id, RecordAsk("visit", place.clock(), "已恢复", "工地", "两人", ("照片-1",))
    )
    await desk.close(office, order_id, 1, "已落实")
    assert ((await order(place, order_id)).state, (await read(place, child)).state) == ("closed", "resolved")
    assert {"supervision.noted", "supervision.closed"} <= set(await happened(place, child))
    with pytest.raises(Conflict):
        await desk.close(office, order_id, 2, "又一次")
    async with (
        place.database.reading() as session
    ):  # the citizen is asked about the matter, not about the order
        assert [row.kind for row in (await notices.find(session, ticket_id=child)).items] == [
            "supervision"
        ] * 2


async def test_two_persons_decide_that_something_is_made_public(place: Place, office: Actor) -> None:
    other = await place.person("zhuren", "office")
    _, order_id = await opened(place, office, form="media")
    desk = place.house.orders
    assert (await order(place, order_id)).publication == "asked"
    with pytest.raises(NotAllowed, match="两人"):
        await desk.publish(office, order_id, 1, "approve", "造成不良影响")
    with pytest.raises(Conflict):
        await desk.publish(other, order_id, 9, "approve", "造成不良影响")
    await desk.publish(other, order_id, 1, "approve", "造成不良影响")
    found = await order(place, order_id)
    assert (found.publication, found.publish_by, found.decided_by) == ("approved", office.id, other.id)
    assert not [row for row in await owed(place, "") if row.channel in ("mail", "webhook")]
    _, plain = await opened(place, office, "order-9")
    with pytest.raises(NotAllowed, match="公开曝光限于"):
        await desk.publish(office, plain, 1, "ask", "造成不良影响")


async def test_the_office_is_told_once_of_an_order_that_is_overdue(
    place: Place, office: Actor, unit: Actor
) -> None:
    _, late = await opened(place, office)
    _, answered = await opened(place, office, "order-2")
    await do(place, unit, (await order(place, answered)).ticket_id, "sign", "reply")
    assert await watch_orders(place.floor) == 0
    place.clock.pass_(timedelta(days=3).total_seconds())
    assert (await watch_orders(place.floor), await watch_orders(place.floor)) == (1, 0)
    assert (await order(place, late)).alarmed_at == place.clock()
    told = await happened(place, (await order(place, late)).ticket_id)
    assert (told.count("supervision.overdue"), told.count("ticket.anomaly")) == (1, 1)
    async with place.database.reading() as session:
        found = await orders.find(session, orders.OrderFilter(overdue=True), place.clock(), 10, 0)
        rest = await orders.find(session, orders.OrderFilter(overdue=False, unit=UNIT), place.clock(), 10, 0)
    assert ([one.id for one in found.items], [one.id for one in rest.items]) == ([late], [answered])


@pytest.mark.parametrize("role", ["agent", "supervisor", "office"])
async def test_nobody_at_a_seat_makes_an_order_disappear(place: Place, office: Actor, role: str) -> None:
    _, order_id = await opened(place, office)
    child, who = (await order(place, order_id)).ticket_id, await place.person("seat", role)
    deeds = {
        "withdraw": {"reason": "误"},
        "urge": {},
        "supplement": {"words": "补充"},
        "revisit": {"grade": "satisfied"},
    }
    for deed, facts in deeds.items():
        with pytest.raises(NotAllowed):
            await do(place, who, child, deed, **facts)
    assert (await read(place, child)).state == "dispatched"


@pytest.mark.parametrize("deed", ["withdraw", "merge"])
async def test_an_order_outlives_its_matter_until_the_office_closes_it(
    place: Place, office: Actor, deed: str
) -> None:
    ticket, order_id = await opened(place, office)
    child = (await order(place, order_id)).ticket_id
    other = await filed(place, office, "other", caller="13900000000")
    with pytest.raises(NotAllowed, match="书面回复"):
        await place.house.orders.close(office, order_id, 1, "已落实")
    facts = {"reason": "已解决"} if deed == "withdraw" else {"into": other}
    await do(place, office, ticket, deed, **facts)
    assert ((await order(place, order_id)).state, (await read(place, child)).state) == ("open", "dispatched")
    place.clock.pass_(timedelta(days=4).total_seconds())
    assert await watch_orders(place.floor) == 1
    await place.house.orders.close(
        office, order_id, (await order(place, order_id)).version, "诉求人撤回，已核实"
    )
    assert ((await order(place, order_id)).state, (await read(place, child)).state) == ("closed", "withdrawn")
    async with place.database.reading() as session:
        (closed,) = [row for row in await events.of(session, child) if row.name == "supervision.closed"]
    assert (closed.payload["late"], closed.actor) == (True, office.id)


async def test_what_a_red_card_opens_says_on_which_clause_it_rests(place: Place, office: Actor) -> None:
    place.floor.policy = policies.load("heyuan")
    ticket = await filed(place, office, "red")
    await do(place, await place.person("rs", "unit", UNIT), ticket, "sign")
    place.clock.pass_(timedelta(days=20).total_seconds())
    await flow.deadline_near(place.floor, ticket)
    async with place.database.reading() as session:
        (found,) = await orders.about(session, ticket)
    assert (found.trigger, found.clause, found.form, found.opened_by) == (
        "red_card",
        "001 18(二)",
        None,
        "clock",
    )
    assert "001 18" not in (paper := await place.house.orders.paper(found.id)).text
    assert "《河源市12345政府服务热线管理办法（征求意见稿）》18(二)" in paper.text


def test_the_prompt_of_a_spoken_urging_is_there() -> None:
    assert {pressing.PROMPT, *(f"d{digit}" for digit in range(10))} <= set(load_table().prompts)
