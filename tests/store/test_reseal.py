"""Keys turn while the service runs: rows follow, look-ups go on, and the old key goes."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from app.secrecy.keys import KeyTurning
from store import calls, reseal, tickets, utterances
from store.database import Database
from store.errors import KeyMissing, StoreUnavailable
from store.sealed import Keyring
from store.tables import Unit, UnitChange
from tests.store import make

pytestmark = pytest.mark.service


class KeyFile:
    """The key file as processes share it."""

    def __init__(self) -> None:
        self.text = Keyring.generate().dump()
        self.rings: list[Keyring] = []

    def ring(self) -> Keyring:
        ring = Keyring.parse(self.text)
        self.rings.append(Keyring(ring.secrets, ring.algorithm, ring.waiting, ring.kept, lambda: self.text))
        return self.rings[-1]

    def turn(self) -> None:
        """As `keys rotate` does it: the new key waits until every process has looked, then it is used."""
        self.text = Keyring.parse(self.text).with_new(waiting=True).dump()
        for ring in self.rings:
            ring.look()
        self.text = Keyring.parse(self.text).promoted().dump()

    def drop(self, name: str) -> None:
        self.text = Keyring.parse(self.text).without(name).dump()


@pytest.fixture
def keys() -> KeyFile:
    return KeyFile()


@pytest_asyncio.fixture
async def houses(database_url: str, keys: KeyFile) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes over one database and one key file."""
    one, other = Database(database_url, keys.ring()), Database(database_url, keys.ring())
    yield one, other
    await one.close()
    await other.close()


async def lived(database: Database, many: int, since: int = 0) -> None:
    async with database.session() as session:
        for n in range(since, since + many):
            await make.call(session, f"1700000000.{n}", caller=f"1381234{n:04d}")


async def turned(database: Database) -> KeyTurning:
    work = KeyTurning(database, lambda: make.AT)
    while await work.turn_keys():
        pass
    return work


async def found(database: Database, n: int) -> str:
    async with database.reading() as session:
        (call,) = (await calls.find(session, caller=f"+861381234{n:04d}")).items
    return call.caller


async def test_everything_is_under_the_new_key_and_found_as_before(
    houses: tuple[Database, Database], keys: KeyFile
) -> None:
    one, other = houses
    await lived(one, 250)
    async with one.session() as session:
        ticket, _ = await tickets.file(
            session, make.ticket(body="三天没有水了", citizen_name="张三"), [], "user_1"
        )
    keys.turn()
    work = await turned(one)
    assert (await reseal.uses(one, "k1"), "k1 下没有剩余" in await work.health()) == ({}, True)
    assert await found(other, 7) == "13812340007"
    keys.drop("k1")
    fresh = Database(one.url, keys.ring())
    assert "k1" not in fresh.keyring.secrets
    assert await found(fresh, 249) == "13812340249", "found by the look-up key that turned too"
    async with fresh.reading() as session:
        row = await tickets.get(session, ticket.id)
    assert (row.body, row.citizen_name, row.caller) == ("三天没有水了", "张三", make.CALLER)
    await lived(fresh, 1, since=900)
    assert await found(fresh, 900) == "13812340900"
    await fresh.close()


async def test_who_works_meanwhile_notices_nothing(houses: tuple[Database, Database], keys: KeyFile) -> None:
    one, other = houses
    await lived(one, 60)
    keys.turn()
    seen: list[str] = []

    async def work() -> None:
        for n in range(60, 90):
            await lived(other, 1, since=n)
            seen.append(await found(one, n))
            seen.append(await found(other, n - 60))

    async def turning() -> None:
        chore = KeyTurning(one, lambda: make.AT)
        while len(seen) < 60:
            await chore.turn_keys()
            await asyncio.sleep(0)

    await asyncio.gather(work(), turning())
    assert len(seen) == 60
    other.keyring.look()
    await turned(one)
    assert await reseal.uses(one, "k1") == {}
    assert [await found(one, n) for n in range(90)] == [f"1381234{n:04d}" for n in range(90)]


async def test_a_row_changed_between_reading_and_writing_keeps_the_change(
    houses: tuple[Database, Database], keys: KeyFile
) -> None:
    one, _ = houses
    await lived(one, 1)
    keys.turn()
    one.keyring.look()
    async with one.session() as session:
        call = (await calls.find(session)).items[0]
        sealed = one.keyring.seal("13800000000")
        row = (call.id, "sm4-gcm:k1:stale")
        await session.execute(
            text("UPDATE calls SET caller = :now WHERE id = :id"), {"now": sealed, "id": call.id}
        )
        assert row[1] != sealed
    await reseal.batch(one, next(t for t in reseal.tables() if t.name == "calls"), make.AT)
    async with one.reading() as session:
        assert (await calls.get(session, call.id)).caller == "13800000000"


async def test_append_only_words_are_sealed_anew_and_stay_guarded(
    houses: tuple[Database, Database], keys: KeyFile
) -> None:
    one, _ = houses
    async with one.session() as session:
        session.add(Unit(code="SW", name="市水务局"))
        await session.flush()
        session.add(
            UnitChange(
                id="chg_1", unit_code="SW", at=make.AT, by="user_1", what="handler", action="changed", before="张三",
                after="李四", why="调离",
            )
        )  # fmt: skip
    keys.turn()
    await turned(one)
    assert await reseal.uses(one, "k1") == {}
    async with one.reading() as session:
        row = await session.get_one(UnitChange, "chg_1")
        assert (row.before, row.after) == ("张三", "李四")
    for deed in ("UPDATE unit_changes SET why = ''", "DELETE FROM unit_changes"):
        with pytest.raises(Exception, match="append-only"):
            async with one.session() as session:
                await session.execute(text(deed))


async def test_a_process_that_has_not_looked_yet_opens_what_the_new_key_sealed(
    houses: tuple[Database, Database], keys: KeyFile
) -> None:
    one, other = houses
    keys.turn()
    one.keyring.look()
    await lived(one, 1)
    assert (one.keyring.current, other.keyring.current) == ("k2", "k1")
    assert await found(other, 0) == "13812340000"
    other.keyring.look()
    assert other.keyring.current == "k2"


def test_a_waiting_key_opens_but_does_not_seal() -> None:
    ring = Keyring.generate().with_new(waiting=True)
    again = Keyring.parse(ring.dump())
    assert (again.current, again.waiting, again.seal("张三")[:11]) == ("k1", frozenset({"k2"}), "sm4-gcm:k1:")
    assert again.promoted().current == "k2"
    assert again.open(again.promoted().seal("张三")) == "张三"


def test_a_key_never_gets_the_name_of_one_that_was_given_up() -> None:
    ring, named = Keyring.generate(), ["k1"]
    for _ in range(12):
        ring = ring.with_new().without(named[-1])
        named.append(ring.current)
    assert named == [f"k{n}" for n in range(1, 14)]


def test_a_process_forgets_what_it_derived_from_a_key_whose_secret_is_another_now() -> None:
    text = f"k1:{'11' * 32}"
    watching = Keyring.parse(text)
    watching = Keyring(watching.secrets, source=lambda: text)
    before = watching.lookup("13812345678"), watching.mark("水", "k1")
    text = f"k1:{'22' * 32}"
    assert watching.look()
    other = Keyring.parse(text)
    assert other.open(watching.seal("张三")) == "张三"
    assert (watching.lookup("13812345678"), watching.mark("水", "k1")) == (
        other.lookup("13812345678"),
        other.mark("水", "k1"),
    )
    assert before[0] != watching.lookup("13812345678")


def test_the_key_that_seals_can_not_be_given_up() -> None:
    ring = Keyring.generate().with_new()
    with pytest.raises(KeyMissing):
        ring.without("k2")
    with pytest.raises(KeyMissing):
        ring.without("k7")
    rest = ring.without("k1")
    assert rest.hashes("13812345678") == ring.hashes("13812345678")[:1]
    assert Keyring.parse(rest.dump()).lookup("13812345678") == ring.lookup("13812345678")
    with pytest.raises(KeyMissing):
        Keyring.parse(rest.dump()).open(Keyring.parse(f"k1:{os.urandom(32).hex()}").seal("x"))


async def test_what_an_older_version_kept_in_the_clear_is_read_and_sealed(database: Database) -> None:
    async with database.session() as session:
        row, _ = await tickets.file(session, make.ticket(), [], "user_1")
        plain = "CAST(:reply AS JSONB)" if database.dialect == "postgresql" else ":reply"
        reply = {"reply": '{"handler": "李四", "result": "已修复"}', "id": row.id}
        await session.execute(text(f"UPDATE tickets SET reply = {plain} WHERE id = :id"), reply)
        call = await make.call(session)
        await session.execute(
            text(
                "INSERT INTO utterances (id, call_id, speaker, text, start_s, end_s, source, engine, created_at)"
                " SELECT 'utt_1', id, 'citizen', '我叫张三', 0, 1, 'live', '', arrived_at FROM calls WHERE id = :id"
            ),
            {"id": call.id},
        )

    async def read() -> tuple[object, str]:
        async with database.reading() as session:
            (said,) = await utterances.of_call(session, call.id)
            return (await tickets.get(session, row.id)).reply, said.text

    before = await read()
    assert before == ({"handler": "李四", "result": "已修复"}, "我叫张三")
    await turned(database)
    assert await read() == before
    async with database.reading() as session:
        stored = [
            str(one)
            for one in (await session.execute(text("SELECT CAST(reply AS TEXT) FROM tickets"))).scalars()
        ]
        stored += [str(one) for one in (await session.execute(text("SELECT text FROM utterances"))).scalars()]
    assert all("sm4-gcm:" in one for one in stored)
    assert not any("李四" in one or "张三" in one for one in stored)
    assert await (await turned(database)).turn_keys() == 0


async def test_a_database_too_busy_to_look_at_skips_no_table(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.session() as session:
        row, _ = await tickets.file(session, make.ticket(), [], "user_1")
        plain = "CAST(:reply AS JSONB)" if database.dialect == "postgresql" else ":reply"
        given = {"reply": '{"handler": "李四"}', "id": row.id}
        await session.execute(text(f"UPDATE tickets SET reply = {plain} WHERE id = :id"), given)
    looked, busy = reseal.batch, {table.name for table in reseal.tables()}

    async def at_first_busy(opened: Database, table: Any, at: datetime, after: Any = None) -> reseal.Step:
        if table.name in busy:
            busy.remove(table.name)
            raise StoreUnavailable("the database did not answer in time")
        return await looked(opened, table, at, after)

    monkeypatch.setattr(reseal, "batch", at_first_busy)
    work = KeyTurning(database, lambda: make.AT)
    for _ in range(100):
        await work.turn_keys()
    async with database.reading() as session:
        kept = (await session.execute(text("SELECT CAST(reply AS TEXT) FROM tickets"))).scalar_one()
    assert "sm4-gcm:" in kept
    assert "李四" not in kept
