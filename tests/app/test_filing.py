"""What agents confirm becomes tickets; every later step; the law's clock."""

import asyncio
from datetime import timedelta

import pytest

from api.actor import Actor
from api.house import TicketDraft
from app import flow
from app.filing import Order, past_matters
from core.errors import BadInput, Conflict, NotAllowed, NotFound, UnknownUnit
from core.ports import Utterance
from store import calls, events, messages, tickets, utterances
from store.tables import Ticket
from tests.app.invariants import broken_promises
from tests.app.place import Citizen, Place
from tests.store import make

pytestmark = pytest.mark.service
UNIT = "chenzhou.rsj"


async def read(place: Place, ticket_id: str) -> Ticket:
    async with place.database.reading() as session:
        return await tickets.get(session, ticket_id)


async def names(place: Place, subject: str) -> list[str]:
    async with place.database.reading() as session:
        return [event.name for event in await events.of(session, subject)]


@pytest.fixture
async def agent(place: Place) -> Actor:
    await place.registers()
    return await place.seat("8001")


@pytest.fixture
async def unit(place: Place) -> Actor:
    return await place.person("renshe", "unit", UNIT)


async def talked(place: Place) -> Citizen:
    citizen = place.citizen()
    await citizen.to_talk()
    await citizen.agent_hangs_up()
    await citizen.gone(by="us")
    return citizen


async def test_what_a_caller_reported_in_confidence_stands_in_no_proposals_of_a_later_call(
    place: Place, agent: Actor
) -> None:
    first = await talked(place)
    plain = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", first.id, UNIT)
    made = await place.house.file_ticket(agent, plain, "key-1")
    secret = TicketDraft("report", "举报偷排", "工厂夜间向河里排放污水", first.id, UNIT, confidential=True)
    await place.house.file_ticket(agent, secret, "key-2")
    async with place.database.session() as session:
        again = await make.call(session, caller=(await first.row()).caller)
        past = await past_matters(session, again)
    assert [one.ticket_id for one in past] == [made]


async def test_a_talk_becomes_a_dispatched_ticket_with_a_deadline(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", citizen.id, UNIT, "王女士")
    ticket = await read(place, await place.house.file_ticket(agent, draft, "key-1"))
    assert (ticket.state, ticket.unit_code, ticket.caller) == ("dispatched", UNIT, "13812345678")
    assert ticket.due_at is not None
    assert ticket.due_at > place.clock()
    assert ticket.steps
    assert (await citizen.row()).outcome == "ticket"
    assert await names(place, ticket.id) == ["ticket.filed", "ticket.dispatched"]
    assert await broken_promises(place.database) == []


async def test_a_ticket_without_a_unit_waits_to_be_dispatched(place: Place, agent: Actor) -> None:
    ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "停水", "停水三天"), "key-1")
    ticket = await read(place, ticket_id)
    assert (ticket.state, ticket.unit_code) == ("filed", None)
    await place.house.act_on_ticket(agent, ticket_id, ticket.version, "dispatch", {"unit": UNIT})
    assert (await read(place, ticket_id)).state == "dispatched"


async def test_the_same_request_key_gives_the_same_ticket_also_two_at_once(
    place: Place, agent: Actor
) -> None:
    citizen = await talked(place)
    order = Order("help", "停水", "停水三天", unit=UNIT, call_id=citizen.id)
    first, second = await asyncio.gather(
        *(flow.ticket_filed(place.floor, order, agent, "one-key") for _ in range(2))
    )
    third = await flow.ticket_filed(place.floor, order, agent, "one-key")
    assert first.id == second.id == third.id
    assert await names(place, first.id) == ["ticket.filed", "ticket.dispatched"]
    async with place.database.reading() as session:
        assert len(await tickets.of_call(session, citizen.id)) == 1


async def test_a_ticket_filed_later_takes_over_the_calls_message(place: Place, agent: Actor) -> None:
    await place.house.seat_pause(agent, "8001", "午餐")
    citizen = place.citizen()
    await citizen.dial()
    await citizen.done()
    await citizen.gone()
    ticket_id = await place.house.file_ticket(
        agent, TicketDraft("help", "停水", "回拨后登记", citizen.id, UNIT), "key-1"
    )
    async with place.database.reading() as session:
        message = await messages.of_call(session, citizen.id)
    assert message is not None
    assert (message.state, message.ticket_id) == ("ticketed", ticket_id)
    assert (await citizen.row()).outcome == "ticket"
    assert await broken_promises(place.database) == []


async def test_a_call_answered_from_an_article_is_closed_and_counted(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    article = place.floor.content.index.content.articles[0]
    await place.house.close_call(agent, citizen.id, "answered", article.id, "key-1")
    await place.house.close_call(agent, citizen.id, "answered", article.id, "key-1")
    async with place.database.reading() as session:
        (ticket,) = await tickets.of_call(session, citizen.id)
    assert (ticket.state, ticket.title, ticket.due_at) == ("answered", article.title, None)
    assert (await citizen.row()).outcome == "answered"
    assert await broken_promises(place.database) == []


async def test_a_refusal_says_its_ground_and_what_was_told(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    ground = next(one for one in place.floor.content.index.content.grounds if one.profile == "chenzhou")
    await place.house.close_call(agent, citizen.id, "refused", ground.code, "key-1")
    async with place.database.reading() as session:
        (ticket,) = await tickets.of_call(session, citizen.id)
        (stepped,) = await events.of(session, ticket.id)
    assert (ticket.state, ticket.title) == ("refused", ground.title)
    assert (await citizen.row()).outcome == "refused"
    assert stepped.payload["facts"] == {"ground": ground.code, "clause": ground.clause, "told": ground.words}
    assert ground.words


async def test_what_ends_within_the_call_is_kept_by_what_was_asked_not_by_how_it_was_closed(
    place: Place, agent: Actor
) -> None:
    citizen = await talked(place)
    ground = next(one for one in place.floor.content.index.content.grounds if one.profile == "chenzhou")
    async with place.database.session() as session:
        said = [Utterance("我要投诉，邻居打官司法院已经判了我不服", 1.0, 4.0, True)]
        await utterances.add_live(session, citizen.id, "citizen", said, "fake", place.clock())
    await place.house.close_call(agent, citizen.id, "refused", ground.code, "key-1")
    async with place.database.reading() as session:
        (ticket,) = await tickets.of_call(session, citizen.id)
    assert ticket.type == "complaint"
    assert "法院" in ticket.body


@pytest.mark.parametrize("outcome", ["answered", "refused"])
async def test_closing_with_what_nobody_knows_is_refused(place: Place, agent: Actor, outcome: str) -> None:
    citizen = await talked(place)
    with pytest.raises(NotFound):
        await place.house.close_call(agent, citizen.id, outcome, "nothing", "key-1")  # type: ignore[arg-type]
    assert (await citizen.row()).outcome is None


@pytest.mark.parametrize(
    ("draft", "refusal"),
    [
        (TicketDraft("gossip", "t", "b", unit=UNIT), BadInput),
        (TicketDraft("help", "t", "b", unit="nowhere"), UnknownUnit),
        (TicketDraft("help", "t", "b", call_id="call_unknown", unit=UNIT), NotFound),
    ],
    ids=["type", "unit", "call"],
)
async def test_a_ticket_that_cannot_be_is_refused_by_name_and_leaves_nothing(
    place: Place, agent: Actor, draft: TicketDraft, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await place.house.file_ticket(agent, draft, "key-1")
    async with place.database.reading() as session:
        assert (await tickets.find(session)).total == 0


async def test_another_agents_call_is_not_theirs_to_close(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    other = await place.person("other")
    article = place.floor.content.index.content.articles[0].id
    with pytest.raises(NotAllowed):
        await place.house.close_call(other, citizen.id, "answered", article, "key-1")
    with pytest.raises(NotAllowed):
        await place.house.file_ticket(other, TicketDraft("help", "t", "b", citizen.id, UNIT), "key-2")


async def test_two_people_who_decide_on_one_version_do_not_both_win(place: Place, agent: Actor) -> None:
    ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "停水", "停水三天"), "key-1")
    version = (await read(place, ticket_id)).version
    both = await asyncio.gather(
        *(place.house.act_on_ticket(agent, ticket_id, version, "dispatch", {"unit": UNIT}) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, Conflict) for one in both) == [False, True]
    assert None in both
    with pytest.raises(Conflict):
        await place.house.act_on_ticket(agent, ticket_id, version, "dispatch", {"unit": UNIT})


async def test_a_unit_signs_and_replies_to_its_own_tickets_only(
    place: Place, agent: Actor, unit: Actor
) -> None:
    ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "t", "b", unit=UNIT), "key-1")
    stranger = await place.person("other", "unit", "chenzhou.jtj")
    with pytest.raises(NotAllowed):
        await place.house.act_on_ticket(stranger, ticket_id, 1, "sign", {})
    with pytest.raises(NotAllowed):
        await place.house.act_on_ticket(agent, ticket_id, 1, "sign", {})
    await place.house.act_on_ticket(unit, ticket_id, 1, "sign", {})
    facts = {
        name: "已办理" for name in ("handled_at", "section", "handler", "result", "law", "basis", "talk")
    }
    await place.house.act_on_ticket(unit, ticket_id, 2, "reply", facts)
    done = await read(place, ticket_id)
    assert done.state == "replied"
    assert done.signed_at is not None
    assert done.reply is not None
    assert done.reply["result"] == "已办理"
    office = await place.person("office", "office")
    await place.house.act_on_ticket(office, ticket_id, 3, "resolve", {})
    assert (await read(place, ticket_id)).state == "resolved"


@pytest.mark.parametrize(("action", "facts"), [("burn", {}), ("sign", {"colour": "red"})])
async def test_steps_and_facts_nobody_knows_are_refused(
    place: Place, agent: Actor, unit: Actor, action: str, facts: dict[str, str]
) -> None:
    ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "t", "b", unit=UNIT), "key-1")
    with pytest.raises(BadInput):
        await place.house.act_on_ticket(unit, ticket_id, 1, action, facts)


async def test_each_card_falls_once_whatever_the_sweeps_rhythm(place: Place, agent: Actor) -> None:
    ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "t", "b", unit=UNIT), "key-1")
    told: list[str] = []
    for _ in range(60 * 4):
        place.clock.pass_(timedelta(hours=6).total_seconds())
        for _ in range(2):
            done = await flow.deadline_near(place.floor, ticket_id)
            told += [f"{event.stage} {event.colour}" for event in done.events if event.name == "ticket.card"]  # type: ignore[attr-defined]
    row = await read(place, ticket_id)
    assert len(told) == len(set(told)) > 2
    assert "handle overdue" in told
    assert row.next_alarm_at is None
    assert (await names(place, ticket_id)).count("ticket.card") == len(told)


async def test_silence_of_the_unit_is_acceptance_once(place: Place, agent: Actor, unit: Actor) -> None:
    ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "t", "b", unit=UNIT), "key-1")
    for _ in range(20):
        place.clock.pass_(timedelta(hours=12).total_seconds())
        await flow.deadline_near(place.floor, ticket_id)
    row = await read(place, ticket_id)
    assert row.state == "deemed"
    async with place.database.reading() as session:
        steps = [
            e.payload["action"] for e in await events.of(session, ticket_id) if e.name == "ticket.stepped"
        ]
    assert steps == ["deem_accepted"]
    await place.house.act_on_ticket(unit, ticket_id, row.version, "sign", {})
    assert (await read(place, ticket_id)).state == "signed"


async def test_screens_hear_of_a_ticket_after_it_is_kept(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    async with place.floor.hints.subscribe("tickets", f"call.{citizen.id}") as hints:
        order = Order("help", "t", "b", unit=UNIT, call_id=citizen.id)
        row = await flow.ticket_filed(place.floor, order, agent, "key-1")
        first = await anext(hints)
        second = await anext(hints)
    assert first == (
        "tickets",
        {"event": "ticket.dispatched", "ticket_id": row.id, "unit": UNIT, "state": "dispatched"},
    )
    assert second[1]["number"] == row.number


async def test_a_units_screen_hears_of_its_tickets_and_of_the_one_it_gives_back(
    place: Place, agent: Actor, unit: Actor
) -> None:
    async with place.floor.hints.subscribe(f"unit.{UNIT}") as hints:
        ticket_id = await place.house.file_ticket(agent, TicketDraft("help", "t", "b", unit=UNIT), "key-1")
        topic, told = await anext(hints)
        assert (topic, told["ticket_id"]) == (f"unit.{UNIT}", ticket_id)
        version = (await read(place, ticket_id)).version
        facts = {"reason": "不属本单位职责", "basis": "三定方案"}
        await place.house.act_on_ticket(unit, ticket_id, version, "return", facts)
        while told["state"] != "returned":
            _, told = await anext(hints)
    assert told["ticket_id"] == ticket_id


async def test_the_outcome_of_a_call_under_way_stands_when_it_ends(place: Place, agent: Actor) -> None:
    citizen = place.citizen()
    await citizen.to_talk()
    await place.house.file_ticket(agent, TicketDraft("help", "t", "b", citizen.id, UNIT), "key-1")
    await citizen.agent_hangs_up()
    await citizen.gone(by="us")
    async with place.database.reading() as session:
        assert (await calls.get(session, citizen.id)).outcome == "ticket"
        assert await messages.of_call(session, citizen.id) is None
    assert await broken_promises(place.database) == []


async def test_what_a_call_came_to_is_said_once_and_another_word_is_a_conflict_that_says_it(
    place: Place, agent: Actor
) -> None:
    citizen = await talked(place)
    article, other = place.floor.content.index.content.articles[:2]
    ground = next(one for one in place.floor.content.index.content.grounds if one.profile == "chenzhou")
    close = place.house.close_call
    await close(agent, citizen.id, "answered", article.id, "key-1")
    await close(agent, citizen.id, "answered", article.id, "key-2")  # the same, asked anew
    for outcome, ref in (("refused", ground.code), ("answered", other.id)):
        with pytest.raises(Conflict, match=f"已当场答复：{article.title}"):
            await close(agent, citizen.id, outcome, ref, f"key-{ref}")  # type: ignore[arg-type]
    async with place.database.reading() as session:
        (ticket,) = await tickets.of_call(session, citizen.id)
    assert ((await citizen.row()).outcome, ticket.state) == ("answered", "answered")
    assert await broken_promises(place.database) == []


async def test_a_call_with_a_ticket_is_not_closed_as_answered(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    await place.house.file_ticket(agent, TicketDraft("help", "停水", "停水三天", citizen.id, UNIT), "key-1")
    article = place.floor.content.index.content.articles[0]
    with pytest.raises(Conflict, match="已登记工单：停水"):
        await place.house.close_call(agent, citizen.id, "answered", article.id, "key-2")
    assert (await citizen.row()).outcome == "ticket"
    async with place.database.reading() as session:
        assert len(await tickets.of_call(session, citizen.id)) == 1


async def test_a_second_matter_of_an_answered_call_is_filed_and_counts(place: Place, agent: Actor) -> None:
    citizen = await talked(place)
    article = place.floor.content.index.content.articles[0]
    await place.house.close_call(agent, citizen.id, "answered", article.id, "key-1")
    await place.house.file_ticket(agent, TicketDraft("help", "停水", "停水三天", citizen.id, UNIT), "key-2")
    assert (await citizen.row()).outcome == "ticket"
    assert await broken_promises(place.database) == []
