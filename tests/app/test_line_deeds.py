"""The register is changed as a whole, with who and why; what was withdrawn never comes back; calls under way go on."""

import asyncio
from dataclasses import replace

import pytest

from app import line_deeds
from core.call import Play
from core.errors import Conflict, NotAllowed, UnknownLine, UnknownUnit
from routing.line import Answer, Line, Reach
from routing.lines import LinesInvalid
from store import events, lines
from tests.app.place import Place

pytestmark = pytest.mark.service


@pytest.fixture
async def city(place: Place) -> Place:
    """With the city's register in the store, as after a first start."""
    await place.registers()
    async with place.database.session() as session:
        await lines.seed(session, list(place.floor.content.register), place.clock())
    return place


async def history(place: Place, number: str) -> list[tuple[str, str, str]]:
    async with place.database.reading() as session:
        told = await events.of(session, number)
    return [(one.payload["deed"], one.payload["why"], one.actor) for one in told]


async def test_a_change_counts_the_version_is_told_and_decides_the_next_call(city: Place) -> None:
    office = await city.person("office", "office")
    line = city.floor.content.register.get("12316")
    changed = replace(line, mode="parallel", reach=Reach("2388203"))
    async with city.floor.hints.subscribe(line_deeds.TOPIC) as hints:
        done = await city.house.line_put(office, changed, 1, "农业农村局来函")
        assert (await anext(hints))[1]["numbers"] == ["12316"]
    assert (done.what, done.version, set(done.fields)) == ("changed", 2, {"mode", "reach"})
    assert city.floor.content.register.reached("12316").also_ring == ("2388203",)
    assert await history(city, "12316") == [("changed", "农业农村局来函", office.id)]


async def test_asking_twice_changes_once_and_an_old_version_is_refused(city: Place) -> None:
    office = await city.person("office", "office")
    line = replace(city.floor.content.register.get("12316"), note="新址")
    await city.house.line_put(office, line, 1, "搬迁")
    assert (await city.house.line_put(office, line, 1, "搬迁")).what == "same"
    with pytest.raises(Conflict, match="第 2 版"):
        await city.house.line_put(office, replace(line, note="旧址"), 1, "又搬")
    assert len(await history(city, "12316")) == 1


async def test_a_call_under_way_keeps_what_it_was_told(city: Place) -> None:
    office = await city.person("office", "office")
    await city.seat("8001")
    citizen = replace(city.citizen(), line="12301")
    told = await citizen.dial()
    row = city.floor.content.register.get("12301")
    await city.house.line_put(office, replace(row, status="active", target="12315"), 1, "试")
    assert isinstance(told, Play)
    await citizen.done()
    assert await citizen.answered() == "8001"


async def test_a_change_that_makes_a_loop_or_names_no_unit_changes_nothing(city: Place) -> None:
    office = await city.person("office", "office")
    market = city.floor.content.register.get("12315")
    loop = replace(market, mode="merged", target="12331", expert_seat=False)
    with pytest.raises(LinesInvalid, match="12315"):
        await city.house.line_put(office, loop, 1, "错")
    with pytest.raises(UnknownUnit, match=r"12315.*nobody"):
        await city.house.line_put(office, replace(market, unit="nobody"), 1, "错")
    assert city.floor.content.register.get("12315") == market
    assert await history(city, "12315") == []


async def test_what_is_withdrawn_is_never_used_again(city: Place) -> None:
    office = await city.person("office", "office")
    gone = city.floor.content.register.get("12396")
    assert (await city.house.line_withdraw(office, "12396", 1, "号码收回")).what == "withdrawn"
    assert (await city.house.line_withdraw(office, "12396", 1, "号码收回")).what == "same"
    assert city.floor.content.register.reached("12396").line.number == "12345"
    assert "12396" not in city.floor.content.register
    with pytest.raises(LinesInvalid, match=r"12396 已取消，不再恢复（.*号码收回"):
        await city.house.line_put(office, gone, 0, "恢复")
    async with city.database.session() as session:  # nor does the next start bring it back
        await lines.seed(session, [gone], city.clock())
    async with city.database.reading() as session:
        assert "12396" not in {line.number for line in await lines.register(session)}
    assert [deed for deed, _, _ in await history(city, "12396")] == ["withdrawn"]


async def test_what_others_lead_to_and_12345_itself_stay(city: Place) -> None:
    office = await city.person("office", "office")
    with pytest.raises(LinesInvalid, match="归并到 12315"):
        await city.house.line_withdraw(office, "12315", 1, "错")
    with pytest.raises(NotAllowed):
        await city.house.line_withdraw(office, "12345", 1, "错")
    with pytest.raises(UnknownLine):
        await city.house.line_withdraw(office, "99999", 1, "错")
    with pytest.raises(Conflict):
        await city.house.line_withdraw(office, "12301", 7, "错")


async def test_an_import_is_all_or_nothing_and_says_what_it_would_do_first(city: Place) -> None:
    office = await city.person("office", "office")
    new = Line(
        "12388", "纪检举报电话", "chenzhou.hotline", "queue", "市函〔2026〕1号", answer=Answer(("night",))
    )
    same = city.floor.content.register.get("12333")
    bad = Line("12399", "坏", "chenzhou.hotline", "merged", "一", target="12388888")
    with pytest.raises(LinesInvalid, match="12399"):
        await city.house.lines_import(office, [new, bad], "试", False)
    dry = await city.house.lines_import(office, [new, same], "试", True)
    assert "12388" not in city.floor.content.register
    done = await city.house.lines_import(office, [new, same], "试", False)
    assert [one.what for one in dry] == [one.what for one in done] == ["added", "same"]
    assert city.floor.content.register.reached("12388").skills == ("night",)
    assert [one.what for one in await city.house.lines_import(office, [new, same], "试", False)] == [
        "same",
        "same",
    ]


async def test_two_who_change_the_register_at_once_both_see_a_sound_one(city: Place) -> None:
    """Each change alone is right, together they would be a loop: one of them must be refused."""
    office = await city.person("office", "office")
    register = city.floor.content.register
    to_other = [
        replace(register.get(number), mode="merged", target=target)
        for number, target in (("12316", "12318"), ("12318", "12316"))
    ]
    done = await asyncio.gather(
        *(city.house.line_put(office, line, 1, "并") for line in to_other), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["LineChange", "LinesInvalid"]


async def test_other_processes_take_up_what_changed(city: Place) -> None:
    following = asyncio.create_task(line_deeds.follow(city.floor))
    await asyncio.sleep(0)
    changed = replace(city.floor.content.register.get("12316"), note="别处改的")
    async with city.database.session() as session:
        await line_deeds.put(session, changed, 1, "cli:root", "试", city.clock())
    await city.floor.tell(line_deeds.TOPIC, "lines.changed", numbers=["12316"])
    async with asyncio.timeout(10):
        while city.floor.content.register.get("12316").note != "别处改的":
            await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_rows_of_an_older_program_are_brought_up_to_the_citys_file_but_not_what_people_changed(
    city: Place,
) -> None:
    office = await city.person("office", "office")
    shipped = city.floor.content.register.get("2912345")
    kept = replace(city.floor.content.register.get("2812345"), note="改过")
    await city.house.line_put(office, kept, 1, "改")
    async with city.database.session() as session:
        row = await lines.get(session, "2912345")
        row.version, row.answer, row.name = 0, {}, "旧名"
    async with city.database.session() as session:
        assert await lines.seed(session, [shipped, replace(kept, note="")], city.clock()) == 1
    async with city.database.reading() as session:
        now = {line.number: line for line in await lines.register(session)}
    assert (now["2912345"], now["2812345"]) == (shipped, kept)


async def test_a_suspended_line_says_so_before_the_greeting(city: Place) -> None:
    told = await replace(city.citizen(), line="12349").dial()
    assert isinstance(told, Play)
    assert told.prompts[:2] == ("line-suspended", "greeting")
