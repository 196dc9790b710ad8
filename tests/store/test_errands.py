"""Errands, grades and texts as rows, on both databases: once each, one call-back a citizen, moved by whoever is first."""

import asyncio
from dataclasses import replace

import pytest

from core.errors import NotFound
from store import errands, grades, notices
from store.database import Database
from store.errands import Wish
from store.notices import NewNotice
from store.tables import Errand
from tests.store import make
from tests.store.make import AT, CALLER, later

pytestmark = pytest.mark.service
WISH = Wish("callback", "call_1", CALLER, "12345", AT, most=3, place=AT)


async def taken_on(database: Database, *wishes: Wish) -> list[str | None]:
    async with database.session() as session:
        return [await errands.add(session, wish, AT) for wish in wishes]


async def the_errand(database: Database) -> Errand:
    async with database.reading() as session:
        return (await errands.find(session)).items[0]


async def test_a_citizen_is_owed_one_call_back_at_a_time(database: Database) -> None:
    other, revisit = (
        replace(WISH, kind="abandoned", subject="call_2"),
        replace(WISH, kind="revisit", subject="tkt_1"),
    )
    first, second, third = await taken_on(database, WISH, other, revisit)
    assert (first is None, second is None, third is None) == (False, True, False)
    async with database.session() as session:
        owed = await errands.owed_to(session, CALLER)
        assert owed is not None
        assert await errands.step(session, owed, "done", later(60))
    assert await taken_on(database, WISH) == [None], "the same wish is fulfilled once"
    assert (await taken_on(database, other))[0] is not None


async def test_the_number_is_sealed_and_found_again(database: Database) -> None:
    await taken_on(database, WISH)
    row = await the_errand(database)
    assert (row.number, row.place, row.state) == (CALLER, AT, "due")
    async with database.reading() as session:
        assert (await errands.find(session, number=CALLER)).total == 1
        assert (await errands.find(session, number="13900000000")).total == 0


async def test_only_one_of_many_moves_an_errand(database: Database) -> None:
    await taken_on(database, WISH)
    row = await the_errand(database)

    async def claim() -> bool:
        async with database.session() as session:
            return await errands.step(session, row, "dialling", AT, tries=1, claimed_at=AT)

    assert sorted(await asyncio.gather(*(claim() for _ in range(8)))) == [False] * 7 + [True]


async def test_what_is_due_comes_in_order_and_what_is_over_never(database: Database) -> None:
    await taken_on(
        database,
        replace(WISH, due_at=later(30)),
        replace(WISH, kind="revisit", subject="tkt_1", due_at=later(10)),
        replace(WISH, kind="revisit", subject="tkt_2", due_at=later(90)),
    )
    async with database.session() as session:
        assert [one.subject for one in await errands.due(session, later(60))] == ["tkt_1", "call_1"]
        (first, _) = await errands.due(session, later(60))
        await errands.step(session, first, "cancelled", later(60))
    async with database.reading() as session:
        assert [one.subject for one in await errands.due(session, later(60))] == ["call_1"]
        assert await errands.counts(session) == {("callback", "due"): 1, ("revisit", "due"): 1}
        with pytest.raises(NotFound):
            await errands.get(session, "err_x")


async def test_whether_they_got_through_meanwhile(database: Database) -> None:
    from store import calls

    async with database.session() as session:
        call = await make.call(session)
    async with database.reading() as session:
        assert await errands.met_since(session, CALLER, later(5)) == "calling"
    async with database.session() as session:
        await calls.note(session, call.id, agent_answered_at=later(9), ended_at=later(20), ended_by="agent")
    async with database.reading() as session:
        assert await errands.met_since(session, CALLER, later(-5)) == "reached"
        assert await errands.met_since(session, CALLER, later(5)) == ""


async def test_the_first_grade_of_a_stage_stays(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        assert await grades.add(
            session, "intake", "satisfied", "phone_key", AT, call_id=call.id, clause="001 14"
        )
        assert not await grades.add(session, "intake", "dissatisfied", "sms", AT, call_id=call.id)
    async with database.reading() as session:
        assert await grades.counted(session, later(-1), later(1)) == {("intake", "satisfied"): 1}
        assert await grades.counted(session, later(1), later(2)) == {}


async def test_a_text_waits_for_its_calls_end_and_is_kept_once(database: Database) -> None:
    from store import calls

    new = NewNotice("ticket_number", "sms", "ticket/1", CALLER, "编号", AT, token="secret-token")
    async with database.session() as session:
        call = await make.call(session)
        new = replace(new, call_id=call.id)
        assert [await notices.add(session, new, AT) for _ in range(2)] == [True, False]
    async with database.session() as session:
        assert await notices.due(session, "sms", later(60)) == []
        await calls.ended(session, call.id, later(30), "citizen")
    async with database.reading() as session:
        (text,) = await notices.due(session, "sms", later(60))
        found = await notices.by_token(session, "secret-token")
        assert found is not None
        assert (found.id, text.recipient, text.token_hash == "secret-token") == (text.id, CALLER, False)
