"""A call ends in exactly one message or decision."""

import asyncio

import pytest
from sqlalchemy import text

from core.errors import NotFound
from store import calls, messages, tickets
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service


async def test_a_call_asked_twice_has_one_message(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        first = await messages.add(session, "unfinished", make.CALLER, make.AT, call_id=call.id)
    async with database.session() as session:
        again = await messages.add(session, "voicemail", make.CALLER, make.later(5), call_id=call.id)
        assert (await calls.get(session, call.id)).outcome == "message"
    assert first is not None
    assert again is not None
    assert (again.id, again.kind) == (first.id, "unfinished")


async def test_a_spool_file_imported_twice_is_one_message(database: Database) -> None:
    for _ in range(2):
        async with database.session() as session:
            await messages.add(
                session, "voicemail", make.CALLER, make.AT, spool_id="20261121-1", recording="a.wav"
            )
    async with database.reading() as session:
        page = await messages.find(session, state="open", caller=make.CALLER)
    assert page.total == 1


@pytest.mark.parametrize("outcome", ["ticket", "answered", "refused"])
async def test_a_decided_call_gets_no_message(database: Database, outcome: str) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await calls.close(session, call.id, outcome, make.AT)
        assert await messages.add(session, "unfinished", make.CALLER, make.AT, call_id=call.id) is None
        assert await messages.of_call(session, call.id) is None


@pytest.mark.parametrize("outcome", ["ticket", "answered"])
async def test_a_voice_that_comes_late_is_kept_even_after_a_decision(
    database: Database, outcome: str
) -> None:
    async with database.session() as session:
        call = await make.call(session)
        ticket, _ = await tickets.file(session, make.ticket(call_id=call.id), [], "user_1")
        if outcome == "ticket":
            wanted = ("ticketed", ticket.id)
        else:  # a call of its own without a ticket
            call, wanted = await make.call(session, "2.1"), ("open", None)
            await calls.close(session, call.id, outcome, make.AT)
    for _ in range(2):
        async with database.session() as session:
            kept = await messages.add(
                session, "voicemail", make.CALLER, make.AT, call_id=call.id, recording="late"
            )
            assert kept is not None
            assert (kept.state, kept.ticket_id, kept.recording) == (*wanted, "late")
            assert (await calls.get(session, call.id)).outcome == outcome


async def test_a_voice_that_comes_late_goes_to_the_message_that_was_there(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        first = await messages.add(session, "abandoned", make.CALLER, make.AT, call_id=call.id)
        late = await messages.add(
            session, "voicemail", make.CALLER, make.AT, call_id=call.id, recording="late"
        )
        other = await messages.add(
            session, "voicemail", make.CALLER, make.AT, call_id=call.id, recording="other"
        )
    assert first is not None
    assert late is not None
    assert other is not None
    assert (late.id, late.kind, late.recording) == (first.id, "voicemail", "late")
    assert other.recording == "late"


async def test_sweep_and_agent_at_once_leave_one_ticket_and_no_open_message(database: Database) -> None:
    async with database.session() as session:
        made = [await make.call(session, f"1.{n}") for n in range(6)]

    async def sweep(call_id: str) -> None:
        async with database.session() as session:
            await messages.add(session, "unfinished", make.CALLER, make.AT, call_id=call_id)

    async def file(call_id: str) -> None:
        async with database.session() as session:
            await tickets.file(session, make.ticket(call_id=call_id, request_key=call_id), [], "u")

    await asyncio.gather(*(work(call.id) for call in made for work in (sweep, file)))
    async with database.reading() as session:
        assert (await messages.find(session, state="open")).total == 0
        assert (await tickets.find(session)).total == len(made)
        assert {(await calls.get(session, call.id)).outcome for call in made} == {"ticket"}


async def test_a_message_is_done_once(database: Database) -> None:
    async with database.session() as session:
        message = await messages.add(session, "voicemail", make.CALLER, make.AT, spool_id="s")
        assert message is not None
        assert await messages.done(session, message.id, "user_1", "已回电 13812345678", make.later(5))
        assert not await messages.done(session, message.id, "user_2", "再次", make.later(9))
        await messages.set_text(session, message.id, "请回电")
        assert (await messages.get(session, message.id)).text == "请回电"
        with pytest.raises(NotFound):
            await messages.done(session, "msg_none", "user_1", "", make.AT)
        found = await messages.get(session, message.id)
        assert (found.done_by, found.note, found.done_at) == ("user_1", "已回电 13812345678", make.later(5))
        stored = await session.scalar(text("SELECT note FROM messages"))
    assert stored is not None
    assert "138" not in stored
