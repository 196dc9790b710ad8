"""The register of units in the store: whole entries go in, every change is kept for good, people are sealed, places bound."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from core.divisions import Division, Tree, UnknownDivision
from core.errors import BadInput, Conflict, UnknownUnit
from core.unit_register import LACKS, Person, Phone, UnitEntry
from store import events, probes, unit_changes, units, users
from store.database import Database
from store.errors import AppendOnly
from store.tables import Unit
from tests.store import make
from tests.store.make import AT, later

pytestmark = pytest.mark.service

TREE = Tree(
    [
        Division("431000", "郴州市", "city"),
        Division("431021", "桂阳县", "county", "431000"),
        Division("431022", "宜章县", "county", "431000"),
    ],
    "431000",
    {"GY": "431021"},
)
LEADER, HANDLER = Person("leader", "王局", "副局长"), Person("handler", "张三", "科员", "zhangsan")
PHONES = (Phone("fixed", "07352871234", "张三"), Phone("duty", "07352870000"))
ENTRY = UnitEntry("SW", "办公室", "431000", "ZF", (LEADER, HANDLER), PHONES)


@pytest.fixture
async def town(database: Database) -> Database:
    async with database.session() as session:
        for code, name in (("ZF", "市政府"), ("SW", "市水务局"), ("GY", "桂阳县人民政府")):
            await make.unit(session, code, name)
        await users.add(session, "zhangsan", "张三", "unit", "-", AT, "SW")
        await users.add(session, "lisi", "李四", "unit", "-", AT, "GY")
    return database


async def put(town: Database, entry: UnitEntry = ENTRY, version: int | None = None, seconds: int = 0) -> Any:
    async with town.session() as session:
        return await units.put(session, entry, version, "user_office", later(seconds), TREE, "换人")


async def kept(town: Database, code: str = "SW") -> units.Kept:
    async with town.reading() as session:
        return await units.kept(session, code)


async def test_a_whole_entry_reads_back_as_it_was_put_and_the_same_again_changes_nothing(
    town: Database,
) -> None:
    assert len(await put(town)) == 7
    now = await kept(town)
    assert (set(now.entry.people), set(now.entry.phones)) == ({LEADER, HANDLER}, set(PHONES))
    assert (now.entry.section, now.entry.parent, now.unit.version) == ("办公室", "ZF", 2)
    assert await put(town, seconds=60) == []
    assert (await kept(town)).unit.version == 2


async def test_a_change_of_people_is_kept_with_who_and_why_and_told_without_their_names(
    town: Database,
) -> None:
    await put(town)
    told = await put(town, replace(ENTRY, people=(LEADER, Person("handler", "李工"))), 2, 60)
    assert [(one.what, one.action, one.staff) for one in told] == [
        ("handler", "removed", True),
        ("handler", "added", True),
    ]
    async with town.reading() as session:
        found = (await unit_changes.find(session, unit="SW", what="handler", since=later(30))).items
        heard = [row for row in await events.of(session, "SW") if row.at == later(60)]
    assert {(one.action, one.before, one.after) for one in found} == {
        ("removed", "经办人 张三（科员，登录名 zhangsan）", None), ("added", None, "经办人 李工"),
    }  # fmt: skip
    assert {(one.by, one.why) for one in found} == {("user_office", "换人")}
    assert len(heard) == 2
    assert not any("李工" in str(row.payload) or "张三" in str(row.payload) for row in heard)


async def test_names_are_sealed_in_the_database_and_the_history_cannot_be_changed(town: Database) -> None:
    await put(town)
    async with town.reading() as session:
        raw = (await session.execute(text("SELECT name, post FROM unit_people"))).all()
        raw += (await session.execute(text("SELECT before, after FROM unit_changes"))).all()
    assert raw
    assert not any(word in str(row) for row in raw for word in ("张三", "王局", "副局长", "07352871234"))
    with pytest.raises(AppendOnly):
        async with town.session() as session:
            (await unit_changes.find(session, unit="SW")).items[0].why = "别的"
    with pytest.raises(Exception, match="append-only"):
        async with town.session() as session:
            await session.execute(text("DELETE FROM unit_changes"))


async def test_of_two_who_change_one_entry_one_wins(town: Database) -> None:
    await put(town, version=1)
    with pytest.raises(Conflict, match="第 2 版"):
        await put(town, replace(ENTRY, section="信访科"), version=1)
    assert (await kept(town)).entry.section == "办公室"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (replace(ENTRY, code="XX"), UnknownUnit),
        (replace(ENTRY, parent="XX"), UnknownUnit),
        (replace(ENTRY, division="999999"), UnknownDivision),
        (replace(ENTRY, people=(replace(HANDLER, login="lisi"),)), BadInput),
        (replace(ENTRY, people=(replace(HANDLER, login="nobody"),)), BadInput),
    ],
)
async def test_what_refers_to_nothing_is_refused_and_nothing_is_kept(
    town: Database, wrong: UnitEntry, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await put(town, wrong)
    async with town.reading() as session:
        assert (await unit_changes.find(session)).total == 0


async def test_a_way_up_that_goes_in_a_circle_is_refused(town: Database) -> None:
    await put(town)
    with pytest.raises(Conflict, match="绕回"):
        await put(town, UnitEntry("ZF", parent="SW"))
    async with town.reading() as session:
        assert [one.code for one in await units.above(session, "SW")] == ["ZF"]


async def test_units_without_a_place_get_the_one_the_city_says_and_chosen_ones_stay(town: Database) -> None:
    await put(town, replace(ENTRY, division="431022"))
    async with town.session() as session:
        await units.place(session, TREE)
    assert {code: (await kept(town, code)).unit.division for code in ("ZF", "SW", "GY")} == {
        "ZF": "431000", "SW": "431022", "GY": "431021",
    }  # fmt: skip


async def test_what_entries_lack_is_told_for_all_or_for_one_place(town: Database) -> None:
    await put(town)
    async with town.session() as session:
        await units.place(session, TREE)
    async with town.reading() as session:
        found = {one.code: one.lacks for one in await units.standings(session)}
        county = await units.standings(session, TREE.under("431021"))
        nowhere = await units.standings(session, frozenset())
        assert await units.serves(session, "SW", "handler", "张三")
        assert not await units.serves(session, "SW", "handler", "李四")
    assert found["SW"] == ("editor", "leader_phone", "handler_phone")
    assert found["GY"] == LACKS
    assert [one.code for one in county] == ["GY"]
    assert nowhere == []


async def test_a_number_entered_alone_is_a_change_too_and_one_taken_out_is_not_rung(town: Database) -> None:
    async with town.session() as session:
        row = await probes.add_phone(session, "SW", "fixed", "07352879999", "", AT, "user_office")
        await probes.add_phone(session, "SW", "fixed", "07352879999", "", AT, "user_office")
        await probes.drop_phone(session, row.id, later(60), "user_office")
        assert await units.numbers(session, "SW", "fixed") == []
        found = (await unit_changes.find(session, unit="SW")).items
    assert [(one.what, one.action) for one in found] == [("phone", "removed"), ("phone", "added")]


@pytest.mark.parametrize("deed", ["entered", "taken out"])
async def test_a_number_that_came_or_went_meanwhile_is_not_undone_by_who_did_not_see_it(
    town: Database, deed: str
) -> None:
    await put(town)
    seen = (await kept(town)).unit.version
    async with town.session() as session:
        if deed == "entered":
            await probes.add_phone(session, "SW", "editor", "07352870009", "采编", AT, "user_water")
        else:
            (duty,) = await units.numbers(session, "SW", "duty")
            await probes.drop_phone(session, duty.id, AT, "user_water")
    there = set((await kept(town)).entry.phones)
    with pytest.raises(Conflict):
        await put(town, replace(ENTRY, section="信访科"), seen)
    assert set((await kept(town)).entry.phones) == there != set(PHONES)
    async with town.session() as session:
        if deed == "entered":
            await probes.add_phone(session, "SW", "editor", "07352870009", "采编", AT, "user_water")
        else:
            await probes.drop_phone(session, duty.id, AT, "user_water")
    assert (await kept(town)).unit.version == seen + 1


async def test_inactive_units_are_asked_for_nothing(town: Database) -> None:
    async with town.session() as session:
        unit = await session.get(Unit, "GY")
        assert unit is not None
        unit.active = False
    async with town.reading() as session:
        assert [one.code for one in await units.standings(session, codes=["GY", "SW"])] == ["SW"]
