"""A call's record from arrival to outcome."""

import pytest

from core.errors import NotFound
from store import calls, messages
from store.database import Database
from tests.store import make

pytestmark = pytest.mark.service


async def test_a_linkedid_asked_twice_is_one_call(database: Database) -> None:
    async with database.session() as session:
        first, created = await calls.add_call(session, make.arrival(), state="prompting", answered_at=make.AT)
    async with database.session() as session:
        again, created_again = await calls.add_call(session, make.arrival(at=make.later(2)))
        found = await calls.get(session, again)
    assert (created, created_again, again) == (True, False, first)
    assert (found.state, found.arrived_at, found.answered_at) == ("prompting", make.AT, make.AT)
    assert found.caller == make.CALLER


async def test_changes_are_noted_in_place_and_counted(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await calls.change(session, call.id, state="queued", queued_at=make.later(5), menu_state={"键": [1]})
    async with database.reading() as session:
        found = await calls.get(session, call.id)
    assert (found.state, found.queued_at, found.version) == ("queued", make.later(5), 2)
    assert found.menu_state == {"键": [1]}


async def test_a_change_of_an_unknown_call_is_refused(database: Database) -> None:
    with pytest.raises(NotFound):
        async with database.session() as session:
            await calls.change(session, "call_none", state="queued")


async def test_the_first_report_of_the_end_stays(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        assert await calls.ended(session, call.id, make.later(60), "citizen", 41.5)
    async with database.session() as session:
        assert not await calls.ended(session, call.id, make.later(90), "switch", 0.0)
        found = await calls.get(session, call.id)
    assert (found.ended_at, found.ended_by, found.talk_seconds) == (make.later(60), "citizen", 41.5)


async def test_the_queue_is_in_order_and_knows_who_is_ahead(database: Database) -> None:
    async with database.session() as session:
        made = [await make.call(session, f"1.{n}") for n in range(4)]
        for place, call in enumerate([made[2], made[0], made[1]]):
            await calls.change(session, call.id, state="queued", rank_at=make.later(place))
        await calls.ended(session, made[0].id, make.later(9), "citizen")
    async with database.reading() as session:
        assert [call.id for call in await calls.waiting(session)] == [made[2].id, made[1].id]
        assert await calls.ahead(session, make.later(2), made[1].id) == 1
        assert await calls.ahead(session, make.later(0), made[2].id) == 0


async def test_the_sweep_finds_calls_under_way_and_calls_without_outcome(database: Database) -> None:
    async with database.session() as session:
        running, undecided, recent, decided = [await make.call(session, f"1.{n}") for n in range(4)]
        for call, at in ((undecided, 10), (recent, 100), (decided, 5)):
            await calls.ended(session, call.id, make.later(at), "citizen")
        assert await calls.close(session, decided.id, "answered", make.later(6))
    async with database.reading() as session:
        assert [call.id for call in await calls.under_way(session)] == [running.id]
        found = await calls.without_outcome(session, ended_before=make.later(60))
    assert [call.id for call in found] == [undecided.id]


@pytest.mark.parametrize(
    ("before", "after", "stays"),
    [
        (None, "answered", "answered"),
        ("message", "refused", "refused"),
        ("abandoned", "answered", "answered"),
        ("answered", "refused", "answered"),
        ("answered", "abandoned", "answered"),
        ("ticket", "answered", "ticket"),
        ("refused", "ticket", "ticket"),
        ("message", "abandoned", "message"),
    ],
)
async def test_a_decision_outlasts_what_was_noted_without_one(
    database: Database, before: str | None, after: str, stays: str
) -> None:
    async with database.session() as session:
        call = await make.call(session)
        if before:
            await calls.close(session, call.id, before, make.later(1))
        changed = await calls.close(session, call.id, after, make.later(2))
        found = await calls.lock(session, call.id)
    assert (found.outcome, changed) == (stays, after == stays)


async def test_a_decision_closes_the_open_message(database: Database) -> None:
    async with database.session() as session:
        call = await make.call(session)
        await messages.add(session, "callback", make.CALLER, make.AT, call_id=call.id)
        await calls.close(session, call.id, "answered", make.later(9))
    async with database.reading() as session:
        kept = await messages.of_call(session, call.id)
    assert kept is not None
    assert kept.state == "done"


async def test_calls_are_found_by_number_however_it_is_written(database: Database) -> None:
    async with database.session() as session:
        mine = await make.call(session, "1.1", caller="013812345678")
        await make.call(session, "1.2", caller="13900000000")
    async with database.reading() as session:
        page = await calls.find(session, caller="+86 138-1234-5678", since=make.AT, until=make.later(1))
    assert ([call.id for call in page.items], page.total) == ([mine.id], 1)


async def test_a_list_is_paged_newest_first(database: Database) -> None:
    async with database.session() as session:
        made = [await make.call(session, f"1.{n}", at=make.later(n)) for n in range(5)]
    async with database.reading() as session:
        page = await calls.find(session, line="12345", limit=2, offset=1)
    assert ([call.id for call in page.items], page.total) == ([made[3].id, made[2].id], 5)
