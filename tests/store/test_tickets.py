"""Filing once, changing by version, closing what a call left open."""

import asyncio

import pytest

from core.errors import Conflict, NotFound, UnknownUnit
from core.events import Dispatched, TicketFiled
from store import calls, events, messages, tickets
from store.database import Database
from store.tickets import NewTicket
from tests.store import make

pytestmark = pytest.mark.service


def filed(new: NewTicket) -> TicketFiled:
    return TicketFiled(at=new.filed_at, ticket_id=new.id, call_id=new.call_id, type=new.type)


async def test_a_ticket_its_event_and_the_calls_outcome_come_together(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        new = make.ticket(call_id=call.id, body="身份证 440000199001011234", steps=[{"why": "工作日"}])
        ticket, created = await tickets.file(session, new, [filed(new)], "user_1")
    async with database.reading() as session:
        kept = await tickets.get(session, ticket.id)
        closed = await calls.get(session, call.id)
        history = await events.of(session, ticket.id)
    assert created
    assert kept.number.startswith("20261121-")
    assert (kept.body, kept.steps, kept.version) == (new.body, [{"why": "工作日"}], 1)
    assert (closed.outcome, closed.outcome_at) == ("ticket", make.AT)
    assert [(event.name, event.actor) for event in history] == [("ticket.filed", "user_1")]


async def test_the_same_request_key_files_once(database: Database) -> None:
    async def file() -> tuple[str, bool]:
        new = make.ticket(request_key="key-1")
        async with database.session() as session:
            ticket, created = await tickets.file(session, new, [filed(new)], "user_1")
            return ticket.id, created

    filings = await asyncio.gather(*(file() for _ in range(8)))
    async with database.reading() as session:
        page = await tickets.find(session)
        history = await events.of(session, filings[0][0])
    assert len({ticket_id for ticket_id, _ in filings}) == 1
    assert [created for _, created in filings].count(True) == 1
    assert (page.total, len(history)) == (1, 1)


async def test_a_ticket_for_a_call_closes_its_open_message(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await messages.add(session, "unfinished", make.CALLER, make.AT, call_id=call.id)
    async with database.session() as session:
        new = make.ticket(call_id=call.id)
        ticket, _ = await tickets.file(session, new, [], "user_1")
    async with database.reading() as session:
        message = await messages.of_call(session, call.id)
        assert message is not None
        assert (message.state, message.ticket_id) == ("ticketed", ticket.id)
        assert (await calls.get(session, call.id)).outcome == "ticket"


async def test_a_ticket_for_an_unknown_call_or_unit_is_refused(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(NotFound):
            await tickets.file(session, make.ticket(call_id="call_none"), [], "user_1")
        with pytest.raises(UnknownUnit):
            await tickets.file(session, make.ticket(unit_code="NOBODY"), [], "user_1")


async def test_of_two_who_decide_on_the_same_version_one_is_told(database: Database) -> None:
    async with database.session() as session:
        await make.unit(session)
        ticket, _ = await tickets.file(session, make.ticket(), [], "user_1")
    event = Dispatched(at=make.later(60), ticket_id=ticket.id, unit="WATER", due=None)
    async with database.session() as session:
        version = await tickets.change(
            session,
            ticket.id,
            1,
            [event],
            "user_2",
            state="dispatched",
            unit_code="WATER",
            dispatched_at=make.later(60),
        )
    with pytest.raises(Conflict, match="第 2 版"):
        async with database.session() as session:
            await tickets.change(session, ticket.id, 1, [event], "user_3", state="refused")
    async with database.reading() as session:
        kept = await tickets.get(session, ticket.id)
        history = await events.of(session, ticket.id)
    assert (version, kept.version, kept.state, kept.unit_code) == (2, 2, "dispatched", "WATER")
    assert len(history) == 1


async def test_the_clock_finds_what_is_due_most_overdue_first(database: Database) -> None:
    async with database.session() as session:
        made = [
            await tickets.file(session, make.ticket(next_alarm_at=at), [], "u")
            for at in (make.later(9), make.later(3))
        ]
        await tickets.file(session, make.ticket(next_alarm_at=make.later(99)), [], "u")
        await tickets.file(session, make.ticket(), [], "u")
        found = await tickets.due_for_alarm(session, make.later(10))
    assert list(found) == [made[1][0].id, made[0][0].id]


async def test_tickets_are_found_by_unit_state_words_and_caller(database: Database) -> None:
    async with database.session() as session:
        await make.unit(session)
        wanted, _ = await tickets.file(session, make.ticket(unit_code="WATER", title="路灯100%不亮"), [], "u")
        await tickets.file(session, make.ticket(caller="13900000000", title="噪音"), [], "u")
    async with database.reading() as session:
        assert [one.id for one in (await tickets.find(session, unit_code="WATER")).items] == [wanted.id]
        assert [one.id for one in (await tickets.find(session, words="100%不")).items] == [wanted.id]
        assert [one.id for one in (await tickets.find(session, caller=f"0{make.CALLER}")).items] == [
            wanted.id
        ]
        assert (await tickets.find(session, state=["filed", "resolved"])).total == 2
        assert (await tickets.find(session, words="100_不")).total == 0
