"""From a draft to what matching serves, and which version a citizen was told."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from api.knowledge_house import GapAsk, StepAsk
from app.filing import Order
from app.flow import ticket_filed
from app.knowledge.watch import follow, stamp, take_up
from core.errors import BadInput, Conflict, NotAllowed, UnknownUnit
from match.propose import MatchIndex
from store import knowledge, notices, proposals
from store.content import load_content
from store.tables import Article, ArticleVersion, Unit
from tests.app.knowledge.desk import RSJ, SLJ, House
from tests.app.place import Place
from tests.tickets.desk import at

pytestmark = pytest.mark.service


async def test_what_was_known_is_version_one_with_where_it_came_from(place: Place) -> None:
    house = await House(place).open()
    first = await house.version("cz-hours", 1)
    assert (first.state, first.source, first.author) == ("published", "seed", "seed")
    assert first.why == "依据：郴政办发〔2021〕22号 一"
    assert await house.held("cz-hours", place.clock()) == 1
    await place.registers(None)
    async with place.database.reading() as session:
        assert len(await knowledge.chain(session, "cz-hours")) == 1


async def test_a_new_text_is_served_once_everybody_agreed_and_not_before(place: Place) -> None:
    house = await House(place).open()
    number = await house.begin(house.writer)
    assert number == 1
    assert not (await house.article("social")).active
    for who, ask in (
        (house.writer, StepAsk("submit")), (house.office, StepAsk("review", "属实")), (house.office, StepAsk("publish")),
    ):  # fmt: skip
        async with place.database.reading() as session:
            assert "social" not in {one.id for one in (await load_content(session)).articles}
        place.clock.pass_(60)
        await house.step(who, "social", number, ask)
    article = await house.article("social")
    assert (article.active, article.version, article.title) == (True, 1, "灵活就业人员怎么参保")
    assert await house.names("social") == ["drafted", "submitted", "reviewed", "published", "in_force"]
    for event in await house.events("social"):
        assert {"unit", "article", "late"} <= event.payload.keys()
        assert event.payload["unit"] == RSJ


async def test_the_version_that_held_at_the_moment_is_what_was_told(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    before = place.clock()
    later = before + timedelta(days=20)
    assert await house.published(effective=later, answer="带身份证到政务服务中心办理。") == 2
    assert (await house.article("social")).version == 1
    assert await house.watch.take_effect() == 0
    place.clock.now = later
    assert await house.held("social", later) == 2
    assert (await house.article("social")).version == 1
    assert await house.watch.take_effect() == 1
    assert await house.watch.take_effect() == 0
    article = await house.article("social")
    assert (article.version, article.answer) == (2, "带身份证到政务服务中心办理。")
    assert [await house.held("social", when) for when in (before, later - timedelta(seconds=1), later)] == [
        1,
        1,
        2,
    ]
    assert (await house.names("social"))[-1] == "in_force"


async def test_an_answered_consult_keeps_the_version_it_was_answered_from(place: Place) -> None:
    house = await House(place).open()
    agent = await place.seat("8001")
    await house.published()
    citizen = place.citizen()
    await citizen.to_talk()
    await place.house.close_call(agent, citizen.id, "answered", "social", "key-0001")
    await house.published(answer="另一个答案。")
    async with place.database.reading() as session:
        (use,) = await knowledge.uses(session, call_id=citizen.id)
        assert (use.article_id, use.number, use.call_id, use.at) == ("social", 1, citizen.id, use.at)
        assert use.ticket_id
        assert [one.id for one in await knowledge.uses(session, ticket_id=use.ticket_id)] == [use.id]


async def test_an_answer_taken_from_what_was_proposed_was_told_whatever_became_of_the_call(
    place: Place,
) -> None:
    house = await House(place).open()
    agent = await place.seat("8001")
    await house.published()
    citizen = place.citizen()
    await citizen.to_talk()
    async with place.database.session() as session:
        rows = [
            proposals.Proposed(kind, ref, "题", 0.9, True)
            for kind, ref in (("answer", "social"), ("unit", RSJ))
        ]
        await proposals.add_round(session, citizen.id, rows, place.clock())
        shown = {one.kind: one.id for one in await proposals.latest(session, citizen.id)}
    for kind in ("unit", "answer"):
        await place.house.decide_proposal(agent, citizen.id, shown[kind], "accepted")
    async with place.database.reading() as session:
        found = await knowledge.uses(session, call_id=citizen.id)
    assert [(one.article_id, one.number, one.ticket_id) for one in found] == [("social", 1, None)]


async def test_matching_is_compiled_anew_where_another_text_holds(sqlite_place: Place) -> None:
    place = sqlite_place
    house = await House(place).open()
    known = await stamp(place.database)
    loads = []

    async def load() -> MatchIndex:
        loads.append(1)
        async with place.database.reading() as session:
            return MatchIndex(await load_content(session))

    assert await take_up(place.floor, load, known) == known
    await house.published(questions=["量子社保怎么交", "量子社保去哪里", "量子社保"], title="量子社保")
    fresh = await take_up(place.floor, load, known)
    assert fresh != known
    assert await take_up(place.floor, load, fresh) == fresh
    assert loads == [1]
    assert "social" in {one.id for one in place.floor.content.index.content.articles}


async def test_a_hint_makes_every_process_take_it_up_without_waiting(sqlite_place: Place) -> None:
    place = sqlite_place
    house = await House(place).open()

    async def load() -> MatchIndex:
        async with place.database.reading() as session:
            return MatchIndex(await load_content(session))

    known = await stamp(place.database)
    task = asyncio.create_task(follow(place.floor, load, known, every_s=60))
    try:
        await asyncio.sleep(0)
        await house.published()
        async with asyncio.timeout(20):
            while "social" not in {one.id for one in place.floor.content.index.content.articles}:
                await asyncio.sleep(0.02)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_late_upload_is_taken_and_marked_with_its_reason(place: Place) -> None:
    house = await House(place).open()
    place.clock.now = at("2026-11-03T09:00")
    number = await house.begin(house.writer)
    await house.step(house.writer, "social", number, StepAsk("submit", effective_from=at("2026-11-12T00:00")))
    row = await house.version("social", number)
    assert (row.state, row.late) == ("submitted", True)
    assert row.lead
    assert row.lead["clause"] == "001 25"
    assert row.lead["words"] == "11月12日00:00起实施，11月3日09:00上传，迟于最晚的11月2日24:00"
    told = {event.name: event.payload for event in await house.events("social")}
    assert told["knowledge.late"]["late"] is told["knowledge.submitted"]["late"] is True
    assert told["knowledge.late"]["upload_by"] == "2026-11-03T00:00:00+08:00"


async def test_an_upload_in_time_is_not_late_and_cities_without_a_number_count_nothing(place: Place) -> None:
    for policy, article in (("heyuan", "one"), ("yanji", "two")):
        house = House(place, policy)
        if policy == "heyuan":
            await house.open()
            people = house
        house.writer = people.writer
        place.clock.now = at("2026-11-02T09:00")
        number = await house.begin(people.writer, article)
        effect = at("2026-11-12T00:00") if policy == "heyuan" else at("2026-11-03T00:00")
        await house.step(people.writer, article, number, StepAsk("submit", effective_from=effect))
        row = await house.version(article, number)
        assert (row.late, bool(row.lead)) == (False, policy == "heyuan")


async def test_a_text_handed_in_without_its_day_of_effect_is_judged_by_the_first_day_it_names(
    place: Place,
) -> None:
    house = await House(place).open()
    place.clock.now = at("2026-11-03T09:00")
    await house.published(valid_from=date(2026, 11, 12))
    row = await house.version("social", 1)
    assert (row.late, row.effective_from) == (True, at("2026-11-12T00:00"))
    assert row.serves_from == row.effective_from
    told = {event.name: event.payload for event in await house.events("social")}
    assert told["knowledge.late"]["upload_by"] == "2026-11-03T00:00:00+08:00"
    place.clock.now = at("2026-11-13T09:00")  # another wording of what has begun long since
    await house.published(valid_from=date(2026, 11, 12), answer="带身份证到街道窗口或网上办理。")
    row = await house.version("social", 2)
    assert (row.late, row.lead, row.effective_from) == (False, None, None)


async def test_chenzhou_has_several_parties_check(place: Place) -> None:
    house = await House(place, "chenzhou").open()
    number = await house.begin(house.writer)
    await house.step(house.writer, "social", number, StepAsk("submit", parties=(f"unit:{SLJ}",)))
    assert (await house.version("social", number)).parties == ["leader", "office", f"unit:{SLJ}"]
    with pytest.raises(NotAllowed):
        await house.step(house.writer, "social", number, StepAsk("review"))
    with pytest.raises(NotAllowed):
        await house.step(house.colleague, "social", number, StepAsk("review"))
    for who in (house.office, house.leader, house.other):
        with pytest.raises(NotAllowed):
            await house.step(house.second, "social", number, StepAsk("publish"))
        await house.step(who, "social", number, StepAsk("review"))
    await house.step(house.second, "social", number, StepAsk("publish"))
    assert (await house.article("social")).version == number


async def test_a_unit_without_a_leader_waits_and_the_office_is_told(place: Place) -> None:
    house = await House(place, "chenzhou").open(led=False)
    number = await house.begin(house.writer)
    await house.step(house.writer, "social", number, StepAsk("submit"))
    await house.step(house.office, "social", number, StepAsk("review"))
    row = await house.version("social", number)
    assert (row.state, "leader_missing" in await house.names("social")) == ("submitted", True)
    async with place.database.reading() as session:
        told = [
            one for one in (await notices.find(session, kind="knowledge")).items if one.subject == "social"
        ]
    (one,) = told
    assert "没有可校核的分管领导账号" in one.words
    assert one.recipient or str(place.floor.content.register.office) in (one.reason or "")
    late = await place.person("leader", "leader", RSJ)
    await house.step(late, "social", number, StepAsk("review"))
    assert (await house.version("social", number)).state == "reviewed"


async def test_a_unit_with_a_leader_tells_nobody(place: Place) -> None:
    house = await House(place, "chenzhou").open()
    number = await house.begin(house.writer)
    await house.step(house.writer, "social", number, StepAsk("submit"))
    assert "leader_missing" not in await house.names("social")


async def test_an_objection_sends_it_back_and_it_is_reviewed_anew(place: Place) -> None:
    house = await House(place, "chenzhou").open()
    number = await house.begin(house.writer)
    await house.step(house.writer, "social", number, StepAsk("submit"))
    await house.step(house.leader, "social", number, StepAsk("review"))
    await house.step(house.office, "social", number, StepAsk("review", "依据已废止", agrees=False))
    row = await house.version("social", number)
    assert row.state == "draft"
    await house.desk.articles.edit(
        house.writer, "social", number, row.version, {**_text(row), "clause": "社会保险法 58"}, ""
    )
    await house.step(house.writer, "social", number, StepAsk("submit"))
    for who in (house.office, house.leader):
        await house.step(who, "social", number, StepAsk("review"))
    row = await house.version("social", number)
    assert (row.state, row.clause, row.round) == ("reviewed", "社会保险法 58", 2)
    async with place.database.reading() as session:
        said = await knowledge.reviews(session, "social", number)
    assert [(one.round, one.party, one.agrees) for one in said] == [
        (1, "leader", True), (1, "office", False), (2, "office", True), (2, "leader", True),
    ]  # fmt: skip


async def test_nobody_else_writes_a_units_article_nor_gives_it_away(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    for who, changes in (
        (house.other, {}),
        (house.agent, {}),
        (house.writer, {"unit": SLJ}),
        (house.other, {"unit": SLJ}),
    ):
        with pytest.raises(NotAllowed, match="001 26"):
            await house.begin(who, **changes)
    assert await house.begin(house.office, unit=SLJ) == 2
    with pytest.raises(Conflict, match="正在编写"):
        await house.begin(house.office)
    with pytest.raises(UnknownUnit):
        await house.begin(house.office, "new", unit="no.such")
    with pytest.raises(BadInput, match="questions"):
        await house.begin(house.writer, "new", questions=["一"])


async def test_of_two_who_decide_on_the_same_version_one_wins(place: Place) -> None:
    house = await House(place).open()
    number = await house.begin(house.writer)
    row = await house.version("social", number)
    await house.desk.articles.step(house.writer, "social", number, row.version, StepAsk("submit"))
    with pytest.raises((Conflict, NotAllowed)):
        await house.desk.articles.step(house.colleague, "social", number, row.version, StepAsk("submit"))
    with pytest.raises(Conflict):
        await house.desk.articles.step(house.office, "social", number, row.version, StepAsk("review"))


async def test_a_withdrawn_text_is_served_no_more_and_the_older_one_does_not_come_back(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    second = await house.published(answer="新答案。")
    with pytest.raises(BadInput, match="理由"):
        await house.step(house.writer, "social", second, StepAsk("withdraw"))
    place.clock.pass_(3600)
    await house.step(house.writer, "social", second, StepAsk("withdraw", "政策废止"))
    assert not (await house.article("social")).active
    assert await house.held("social", place.clock()) is None
    assert await house.held("social", place.clock() - timedelta(seconds=1)) == second
    assert (await house.names("social"))[-1] == "withdrawn"
    third = await house.published(answer="再新。")
    assert ((await house.article("social")).active, third) == (True, 3)


async def test_whoever_keeps_a_copy_learns_of_each_change_once_in_order(place: Place) -> None:
    house = await House(place).open()
    place.clock.now = datetime.now(UTC) + timedelta(minutes=1)  # the seeds came in by the true clock
    mark: tuple[datetime, str] | None = None
    seen: list[str] = []

    async def news(limit: int = 1000) -> list[tuple[str, int, bool]]:
        nonlocal mark
        async with place.database.reading() as session:
            found = await knowledge.changes(session, mark, place.clock() + timedelta(seconds=1), limit)
        mark = (found[-1][0], found[-1][1].id) if found else mark
        return [(row.id, row.version, row.active) for _, row in found]

    while page := await news(2):
        seen += [article_id for article_id, _, _ in page]
    async with place.database.reading() as session:
        assert sorted(seen) == sorted(await session.scalars(select(Article.id).where(Article.active)))
    place.clock.pass_(60)
    await house.published()
    place.clock.pass_(60)
    second = await house.published(answer="新答案。")
    assert await news() == [("social", 2, True)]
    place.clock.pass_(60)
    await house.step(house.writer, "social", second, StepAsk("withdraw", "政策废止"))
    assert await news() == [("social", 2, False)]
    assert await news() == []


async def test_a_text_withdrawn_before_its_day_leaves_the_one_in_force(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    day = place.clock() + timedelta(days=30)
    second = await house.published(effective=day)
    await house.step(house.office, "social", second, StepAsk("withdraw", "暂缓实施"))
    place.clock.now = day
    assert await house.watch.take_effect() == 0
    assert (await house.article("social")).version == 1
    assert await house.held("social", day) == 1


async def test_an_editor_is_somebody_of_the_owner_unit(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    await house.desk.articles.name_editor(house.office, "social", house.writer.id)
    assert (await house.article("social")).editor_id == house.writer.id
    for somebody in (house.other.id, house.office.id, "user_none"):
        with pytest.raises(BadInput):
            await house.desk.articles.name_editor(house.writer, "social", somebody)
    with pytest.raises(NotAllowed):
        await house.desk.articles.name_editor(house.other, "social", house.other.id)


async def test_a_refused_consult_tells_no_article(place: Place) -> None:
    house = await House(place).open()
    order = Order("consult", "咨询", "咨询", "refuse", ref="cz-1", told="请拨打110")
    row = await ticket_filed(place.floor, order, house.agent, "key-0002")
    async with place.database.reading() as session:
        assert await knowledge.uses(session, ticket_id=row.id) == []


def _text(row: Article | ArticleVersion) -> dict[str, object]:
    shown = knowledge.seen(row)
    return {name: value for name, value in shown.items() if value is not None}


async def test_a_countys_office_keeps_its_own_countys_units(sqlite_place: Place) -> None:
    house = await House(sqlite_place).open()
    county = replace(house.second, places=frozenset({"431081"}))
    with pytest.raises(NotAllowed, match="区划"):
        await house.begin(county)
    async with sqlite_place.database.session() as session:
        (await session.get_one(Unit, RSJ)).division = "431081"
    number = await house.begin(house.writer)
    await house.step(house.writer, "social", number, StepAsk("submit"))
    await house.step(county, "social", number, StepAsk("review"))
    with pytest.raises(NotAllowed):
        await house.desk.gaps.report(county, GapAsk("gap", "缺指南", "", unit=SLJ))


async def renewed(place: Place) -> tuple[House, datetime]:
    """An article whose second version begins to hold in ten minutes, and that moment."""
    house = await House(place).open()
    await house.published()
    soon = place.clock() + timedelta(minutes=10)
    await house.published(effective=soon, answer="改到新窗口办理。")
    return house, soon


async def said(place: Place, call_id: str) -> list[tuple[int, datetime]]:
    async with place.database.reading() as session:
        return [(one.number, one.at) for one in await knowledge.uses(session, call_id=call_id)]


@pytest.mark.parametrize("taken_up", [False, True])
@pytest.mark.parametrize("way", ["closed", "accepted"])
async def test_what_is_written_down_after_the_call_is_the_version_the_citizen_heard(
    place: Place, way: str, taken_up: bool
) -> None:
    house, soon = await renewed(place)
    agent, citizen = await place.seat("8001"), place.citizen()
    await citizen.to_talk()
    place.clock.pass_(60)
    await citizen.gone(by="citizen", talk_s=30, status="ANSWER")
    ended = (await citizen.row()).ended_at
    place.clock.now = soon + timedelta(minutes=1)
    if taken_up:
        assert await house.watch.take_effect() == 1
    if way == "closed":
        await place.house.close_call(agent, citizen.id, "answered", "social", "key-after")
    else:
        async with place.database.session() as session:
            one = proposals.Proposed("answer", "social", "灵活就业", 0.9, True)
            await proposals.add_round(session, citizen.id, [one], place.clock())
            (row,) = await proposals.latest(session, citizen.id)
        await place.house.decide_proposal(agent, citizen.id, row.id, "accepted")
    assert await said(place, citizen.id) == [(1, ended)]


async def test_while_the_call_runs_what_is_served_counts_and_not_what_the_clock_says(place: Place) -> None:
    house, soon = await renewed(place)
    agent, first, second = await place.seat("8001"), place.citizen(), place.citizen()
    await first.to_talk()
    place.clock.now = soon + timedelta(seconds=3)
    assert (await house.article("social")).version == 1
    await place.house.close_call(agent, first.id, "answered", "social", "key-one")
    assert await said(place, first.id) == [(1, place.clock())]
    await first.gone(by="citizen", talk_s=30, status="ANSWER")
    assert await house.watch.take_effect() == 1
    await place.house.seat_ready(agent, "8001")
    await second.to_talk()
    await place.house.close_call(agent, second.id, "answered", "social", "key-two")
    assert await said(place, second.id) == [(2, place.clock())]
