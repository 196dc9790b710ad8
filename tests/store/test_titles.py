"""Titles are sealed and still found by any words that stand in them."""

import pytest
from sqlalchemy import text

from app.secrecy.keys import KeyTurning
from store import marks, precedents, proposals, tickets
from store.database import Database
from store.keys import Keyring, is_sealed
from tests.store import make

pytestmark = pytest.mark.service
TITLES = ("小区停水", "东门路灯100%不亮", "停电后小区又停水", "WiFi被断", "路", "张三_举报")
FOUND = {
    "停水": {0, 2},
    "区停": {0},
    "小区停水": {0},
    "路": {1, 4},
    "灯100%不": {1},
    "100_不": set[int](),
    "wifi": {3},
    "三_举": {5},
    "三举": set[int](),
    "水停": set[int](),
    "停": {0, 2},
    "一句很长的话里没有这样的标题也不会有这样的标题": set[int](),
}


async def _filed(database: Database) -> list[str]:
    async with database.session() as session:
        return [
            (await tickets.file(session, make.ticket(title=one, filed_at=make.later(n)), [], "u"))[0].id
            for n, one in enumerate(TITLES)
        ]


async def _found(database: Database, ids: list[str]) -> dict[str, set[int]]:
    async with database.reading() as session:
        return {
            words: {ids.index(one.id) for one in (await tickets.find(session, words=words)).items}
            for words in FOUND
        }


async def _stored(database: Database, what: str) -> list[str]:
    async with database.reading() as session:
        return [str(one) for one in (await session.execute(text(what))).scalars()]


async def _turned(database: Database) -> None:
    work = KeyTurning(database, lambda: make.AT)
    while await work.turn_keys():
        pass


async def test_a_ticket_is_found_by_words_of_its_sealed_title(database: Database) -> None:
    ids = await _filed(database)
    assert all(is_sealed(one) for one in await _stored(database, "SELECT title FROM tickets"))
    assert await _found(database, ids) == FOUND
    stored = await _stored(database, "SELECT title_marks FROM tickets")
    assert not any(char in one for one in stored for char in "小区停水路灯张三")
    async with database.reading() as session:
        assert [one.title for one in (await tickets.find(session)).items] == list(reversed(TITLES))


async def test_pages_and_order_are_as_without_words(database: Database) -> None:
    async with database.session() as session:
        for n in range(7):
            await tickets.file(session, make.ticket(title=f"停水{n}", filed_at=make.later(n)), [], "u")
    async with database.reading() as session:
        first = await tickets.find(session, words="停水", limit=3)
        second = await tickets.find(session, words="停水", limit=3, offset=3)
        none = await tickets.find(session, words="停水", limit=3, offset=9)
    assert [[one.title for one in page.items] for page in (first, second, none)] == [
        ["停水6", "停水5", "停水4"],
        ["停水3", "停水2", "停水1"],
        [],
    ]
    assert (first.total, second.total, none.total) == (7, 7, 7)


async def test_part_of_the_number_finds_it_too(database: Database) -> None:
    async with database.session() as session:
        row, _ = await tickets.file(session, make.ticket(), [], "u")
    async with database.reading() as session:
        assert [one.id for one in (await tickets.find(session, words=row.number[3:])).items] == [row.id]


async def test_a_title_changed_later_is_found_by_its_new_words_only(database: Database) -> None:
    async with database.session() as session:
        row, _ = await tickets.file(session, make.ticket(title="噪音"), [], "u")
        await tickets.change(session, row.id, row.version, [], "u", title="夜间施工")
    async with database.reading() as session:
        assert (await tickets.find(session, words="噪音")).total == 0
        assert (await tickets.find(session, words="施工")).total == 1


async def test_marks_tell_neither_order_nor_number_of_letters_and_need_the_key() -> None:
    one, other = Keyring.generate(), Keyring.generate()
    assert marks.made(one, "水水水") == marks.made(one, "水水")
    assert marks.made(one, "停水") != marks.made(other, "停水")
    assert marks.made(one, "WIFI") == marks.made(one, "wifi")


async def test_titles_of_an_older_version_are_found_in_the_clear_then_sealed_and_opened_again_when_undone(
    database: Database,
) -> None:
    ids = await _filed(database)
    await database.downgrade("0034")
    assert set(await _stored(database, "SELECT title FROM tickets")) == set(TITLES)
    await database.create_or_upgrade()
    assert await _found(database, ids) == FOUND
    await _turned(database)
    assert all(is_sealed(one) for one in await _stored(database, "SELECT title FROM tickets"))
    assert not await _stored(database, "SELECT id FROM tickets WHERE title_marks IS NULL")
    assert await _found(database, ids) == FOUND
    assert await database.drift() == []


async def test_what_was_made_from_citizens_words_is_sealed_and_opened_again_when_undone(
    database: Database,
) -> None:
    quoted = [{"source": "said", "quote": "我叫张三", "clause": ""}]
    async with database.session() as session:
        await make.unit(session)
        call = await make.call(session)
        row, _ = await tickets.file(session, make.ticket(unit_code="WATER"), [], "u")
        await precedents.add(session, "WATER", "三号楼 停水", "管道属物业", "meeting", row.id, "u", make.AT)
        proposed = proposals.Proposed("answer", "kb", "停水", 0.9, True, [*quoted])
        await proposals.add_round(session, call.id, [proposed], make.AT)

    async def kept() -> str:
        return "\n".join(
            [
                *await _stored(database, "SELECT matter FROM precedents"),
                *await _stored(database, "SELECT CAST(evidence AS TEXT) FROM proposals"),
            ]
        )

    assert "三号楼" not in await kept()
    assert "张三" not in await kept()
    async with database.reading() as session:
        assert [one.matter for one in await precedents.of_unit(session, "WATER")] == ["三号楼 停水"]
        assert [one.evidence for one in await proposals.of_call(session, call.id)] == [quoted]
    await database.downgrade("0034")
    assert "三号楼 停水" in await kept()
    assert "我叫张三" in await kept()
    await database.create_or_upgrade()
    async with database.reading() as session:
        assert [one.evidence for one in await proposals.of_call(session, call.id)] == [quoted]
