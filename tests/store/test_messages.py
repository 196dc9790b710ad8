"""A call ends in exactly one message or decision."""

import asyncio

import pytest

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
        assert await messages.done(session, message.id)
        assert not await messages.done(session, message.id)
        await messages.set_text(session, message.id, "请回电")
        assert (await messages.get(session, message.id)).text == "请回电"
        with pytest.raises(NotFound):
            await messages.done(session, "msg_none")
