"""The look-up key turns too: every number is found at every moment, one citizen stays one, and the old key goes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from api import queries
from app.hot_issues import _person
from app.secrecy.keys import KeyTurning
from core.errors import Conflict
from core.rights import Scope
from core.unit_register import Phone
from store import between_keys, callers, codes, knowledge_gaps, portal, probes, reseal, tickets, users, wall
from store.database import Database
from store.errors import KeyMissing
from store.keys import MOST_HELD, Keyring, same_number
from store.tables import Block, Seat
from tests.store import make
from tests.store.test_reseal import KeyFile

pytestmark = pytest.mark.service
PROJECT = Path(__file__).resolve().parents[2]
MANY = 1500


@pytest.fixture
def keys() -> KeyFile:
    return KeyFile()


@pytest_asyncio.fixture
async def house(database_url: str, keys: KeyFile) -> AsyncIterator[Database]:
    opened = Database(database_url, keys.ring())
    yield opened
    await opened.close()


async def _turned(database: Database, after: timedelta = timedelta(0)) -> KeyTurning:
    work = KeyTurning(database, lambda: make.AT + after)
    while await work.turn_keys():
        pass
    return work


async def _filed(database: Database, many: int, since: int = 0) -> None:
    async with database.session() as session:
        for n in range(since, since + many):
            await tickets.file(session, make.ticket(caller=f"1390000{n:04d}", title=f"停水{n}"), [], "u")


async def _found(database: Database, n: int) -> int:
    async with database.reading() as session:
        return (await tickets.find(session, caller=f"0086 1390000{n:04d}")).total


async def _hashes(database: Database) -> set[str]:
    async with database.reading() as session:
        found = await session.execute(
            text("SELECT caller_hash FROM tickets UNION SELECT title_marks FROM tickets")
        )
    return {str(one).removeprefix("h-sm3:").partition(":")[0] for one in found.scalars()}


async def test_numbers_are_found_before_while_and_after_the_key_turns(house: Database, keys: KeyFile) -> None:
    await _filed(house, 12)
    keys.turn()
    assert [await _found(house, n) for n in range(12)] == [1] * 12
    house.keyring.look()
    await _filed(house, 6, since=6)  # the same citizens once more, under the new key
    assert await _hashes(house) == {"k1", "k2"}
    assert [await _found(house, n) for n in range(12)] == [1] * 6 + [2] * 6
    async with house.reading() as session:
        assert (await tickets.find(session, words="停水")).total == 18
    tickets_table = next(one for one in reseal.tables() if one.name == "tickets")
    step = await reseal.batch(house, tickets_table, make.AT, most=5)
    assert step.changed <= 5
    assert [await _found(house, n) for n in range(12)] == [1] * 6 + [2] * 6
    await _turned(house)
    assert await _hashes(house) == {"k2"}
    assert await reseal.uses(house, "k1") == {}
    keys.drop("k1")
    rest = Database(house.url, keys.ring())
    assert [await _found(rest, n) for n in range(12)] == [1] * 6 + [2] * 6
    async with rest.reading() as session:
        assert (await tickets.find(session, words="停水7")).total == 2
    await rest.close()


async def test_a_worker_killed_in_the_middle_loses_nobody_and_another_goes_on(
    house: Database, keys: KeyFile
) -> None:
    await _filed(house, MANY)
    keys.turn()
    house.keyring.look()
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.turner", str(house.url.render_as_string(hide_password=False)),
        cwd=PROJECT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        async with asyncio.timeout(60):
            worker.stdin.write(keys.text.strip().replace("\n", ",").encode() + b"\n")
            await worker.stdin.drain()
            assert (await worker.stdout.readline()).strip() == b"tickets"
    finally:
        worker.kill()
        async with asyncio.timeout(20):
            await worker.wait()
    assert await _hashes(house) == {"k1", "k2"}
    assert [await _found(house, n) for n in range(0, MANY, 50)] == [1] * (MANY // 50)
    await _turned(house)
    assert await _hashes(house) == {"k2"}
    assert await reseal.uses(house, "k1") == {}
    assert [await _found(house, n) for n in range(0, MANY, 50)] == [1] * (MANY // 50)


async def test_one_citizen_stays_one_where_only_one_row_may_be(house: Database, keys: KeyFile) -> None:
    async def register(session: Any) -> None:
        await callers.care_for(session, make.CALLER, "elderly", "本人说", "u", make.AT)
        await probes.keep_phone(session, "WATER", Phone("fixed", "0762-3388000", ""), make.AT)
        await knowledge_gaps.note_miss(session, "search", "停水找谁", "call_1/停水", make.AT.date())

    async with house.session() as session:
        await make.unit(session)
        await register(session)
    keys.turn()
    house.keyring.look()
    async with house.session() as session:
        with pytest.raises(Conflict):
            await callers.care_for(session, make.CALLER, "elderly", "本人说", "u", make.AT)
        await probes.keep_phone(session, "WATER", Phone("fixed", "07623388000", "王"), make.AT)
        assert not await knowledge_gaps.note_miss(
            session, "search", "停水找谁", "call_1/停水", make.AT.date()
        )
        (phone,) = await probes.phones(session, "WATER")
        assert phone.holder == "王"
        assert (await callers.care_register(session, number=make.CALLER)).total == 1
    await _turned(house)
    async with house.reading() as session:
        assert (await callers.care_register(session, number=make.CALLER)).total == 1


async def test_two_rows_that_became_one_citizen_twice_stop_nobody_elses_turn(
    house: Database, keys: KeyFile
) -> None:
    """As where two processes wrote in the same instant, each under its own key: one row stays as it is and is named."""
    async with house.session() as session:
        await callers.care_for(session, make.CALLER, "elderly", "本人说", "u", make.AT)
        for n in range(3):
            await callers.care_for(session, f"1390000000{n}", "elderly", "本人说", "u", make.AT)
    keys.turn()
    house.keyring.look()
    hashed = house.keyring.lookup(make.CALLER)
    async with house.session() as session:
        columns = "caller, kind, name, skill, note, basis, consent_at, by, at, ended_by, ended_at".replace(
            "by,", '"by",', 1
        )
        await session.execute(
            text(
                f"INSERT INTO care_callers (id, caller_hash, {columns}) SELECT 'care_twin', :hash, {columns} FROM care_callers"
                " WHERE caller_hash LIKE 'h-sm3:k1:%' AND id = (SELECT min(id) FROM care_callers WHERE caller_hash = :old)"
            ),
            {"hash": hashed, "old": house.keyring.hashes(make.CALLER)[-1]},
        )
    await _turned(house)
    assert await reseal.uses(house, "k1") == {"care_callers": 1}
    async with house.reading() as session:
        assert (await callers.care_register(session, number=make.CALLER)).total == 2
        assert (await callers.care_register(session, number="13900000002")).total == 1


async def test_codes_and_screens_go_on_and_nothing_is_left_of_those_that_are_over(
    house: Database, keys: KeyFile
) -> None:
    soon, long = make.AT + timedelta(minutes=10), make.AT + timedelta(days=300)
    async with house.session() as session:
        row, _ = await tickets.file(session, make.ticket(), [], "u")
        await codes.add(session, row.id, "123456", make.AT, soon)
        await portal.add_code(session, make.CALLER, "654321", make.AT, soon)
        await knowledge_gaps.note_miss(session, "search", "停水找谁", "call_1/停水", make.AT.date())
        screen = await wall.add(session, "大厅", "abcdefgh", "u", make.AT, long)
    keys.turn()
    house.keyring.look()
    assert "k1 下还有 4 行" in await (await _turned(house)).health()
    assert set(await reseal.uses(house, "k1")) == {
        "ticket_codes", "phone_codes", "knowledge_misses", "wall_screens",
    }  # fmt: skip
    async with house.session() as session:
        assert await codes.opens(session, row.id, "123456", make.AT, 3)
        assert (await portal.codes_since(session, make.CALLER, make.AT))[0] == 1
        assert await portal.use_code(session, make.CALLER, "654321", "req_1", make.AT, 3)
        found = await wall.of_token(session, "abcdefgh", make.AT)
        assert found is not None
        await wall.seen(session, screen.id, "abcdefgh", make.AT)
    assert "k1 下没有剩余" in await (await _turned(house, timedelta(days=4))).health()
    assert await reseal.uses(house, "k1") == {}
    async with house.reading() as session:
        assert await wall.of_token(session, "abcdefgh", make.AT) is not None


async def test_an_agent_sees_the_earlier_calls_of_whom_they_speak_with_while_keys_turn(
    house: Database, keys: KeyFile
) -> None:
    async with house.session() as session:
        earlier = await make.call(session, "1700000000.1")
        await tickets.file(session, make.ticket(call_id=earlier.id), [], "u")
    keys.turn()
    house.keyring.look()
    async with house.session() as session:
        now = await make.call(session, "1700000000.2")
        await make.ready_seat(session)
        li = (await users.add(session, "li", "李敏", "agent", "-", make.AT)).id
        seat = await session.get_one(Seat, "8001")
        seat.user_id, seat.call_id = li, now.id
    async with house.reading() as session:
        told = await between_keys.spoken_with(session, li)
        mine = Scope(user=li, citizen=True, callers=told)
        assert told == (make.CALLER,)
        assert (await queries.call(session, mine, earlier.id)).id == earlier.id
        assert (await queries.tickets(session, mine, queries.TicketFilter(), 10, 0)).total == 1
    await _turned(house)
    keys.drop("k1")
    house.keyring.look()
    async with house.reading() as session:
        assert await between_keys.spoken_with(session, li) == ()
        mine = Scope(user=li, citizen=True)
        assert (await queries.call(session, mine, earlier.id)).id == earlier.id


async def test_people_of_one_place_see_the_blocks_of_their_callers_while_keys_turn(
    house: Database, keys: KeyFile
) -> None:
    async with house.session() as session:
        await tickets.file(session, make.ticket(place="431021"), [], "u")
        await callers.block(session, make.CALLER, "abuse", "辱骂", "u", make.AT, make.later(9), make.later(9))
        await callers.block(
            session, "13900000000", "abuse", "辱骂", "u", make.AT, make.later(9), make.later(9)
        )
    keys.turn()
    house.keyring.look()
    county = Scope(places=frozenset({"431021"}))

    async def seen() -> list[str]:
        async with house.reading() as session:
            mine = await between_keys.callers(session, county, Block)
            return [one.caller for one in (await callers.blocks(session, make.AT, within=mine)).items]

    assert await seen() == [make.CALLER]
    await reseal.batch(house, next(one for one in reseal.tables() if one.name == "blocks"), make.AT)
    assert await seen() == [make.CALLER]
    await _turned(house)
    assert await seen() == [make.CALLER]
    keys.drop("k1")
    house.keyring.look()
    assert await seen() == [make.CALLER]


async def test_what_an_older_version_kept_of_its_first_key_still_finds_and_goes(database_url: str) -> None:
    """It hashed under the first key for good and left what it needed for that when the key itself went."""
    first = Keyring.generate()
    old = Database(database_url, first)
    await _filed(old, 3)
    await old.close()
    sealed = {**first.secrets, "k2": b"2" * 32}
    kept = {(f"lookup/{one}", "k1"): first._key(f"lookup/{one}", "k1", 32) for one in ("h-sm3", "h-sha256")}
    middle = Database(database_url, Keyring(sealed))
    await _turned(middle)
    async with middle.session() as session:  # as that version left it: sealed anew, hashed as before
        hashed = {f"h{n}": first.lookup(f"1390000{n:04d}") for n in range(3)}
        for n in range(3):
            await session.execute(
                text("UPDATE tickets SET caller_hash = :now WHERE caller_hash = :was"),
                {"now": hashed[f"h{n}"], "was": middle.keyring.lookup(f"1390000{n:04d}")},
            )
    await middle.close()
    ring = Keyring.parse(Keyring({"k2": b"2" * 32}, kept=kept).dump())
    house = Database(database_url, ring)
    assert ring.lookup_keys == ("k2", "k1")
    assert [await _found(house, n) for n in range(3)] == [1, 1, 1]
    assert await reseal.uses(house, "k1") == {"tickets": 3}
    await _turned(house)
    assert await reseal.uses(house, "k1") == {}
    rest = Database(database_url, ring.without("k1"))
    assert rest.keyring.kept == {}
    assert [await _found(rest, n) for n in range(3)] == [1, 1, 1]
    await house.close()
    await rest.close()


def test_so_many_keys_are_asked_and_no_more_are_taken() -> None:
    ring = Keyring.generate()
    while len(ring.lookup_keys) < MOST_HELD:
        ring = ring.with_new()
    assert len(ring.hashes(make.CALLER)) == MOST_HELD
    with pytest.raises(KeyMissing, match="k1"):
        ring.with_new()
    assert ring.without("k1").with_new().current not in ring.secrets


def test_people_are_told_apart_by_numbers_not_by_what_they_lie_under() -> None:
    assert same_number("+8613812345678", "13812345678")
    assert not same_number("13812345678", "13812345679")
    assert _person("+8613812345678") == _person("13812345678") != _person("13812345679")
    assert (_person(""), "138" in _person(make.CALLER)) == ("", False)
