"""A gap from its report to its proof, the term that runs meanwhile, and the questions that nobody could answer."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from api.knowledge_house import GapAsk, GapStepAsk, StepAsk
from app.filing import Order
from app.flow import ticket_filed
from app.knowledge.misses import forgotten, proposed
from app.rescheduling import reschedule
from core.errors import BadInput, Conflict, NotAllowed, NotFound, UnknownUnit
from store import knowledge_gaps, notices, probes
from store.tables import KnowledgeMiss, NoticeRow, Unit
from tests.app.knowledge.desk import RSJ, SLJ, House
from tests.app.place import Place
from tests.app.test_calendar_command import news
from tests.tickets.desk import at
from tickets.clock import words

pytestmark = pytest.mark.service
ASSIGN, FIX = GapStepAsk("assign"), "fix"


async def told(place: Place, gap_id: str) -> list[tuple[str, str, str]]:
    async with place.database.reading() as session:
        found = await notices.find(session, kind="knowledge", limit=200)
    rows: list[NoticeRow] = [one for one in found.items if one.subject == gap_id]
    return [(one.recipient, one.state, one.words) for one in reversed(rows)]


async def test_what_the_office_finds_is_the_owners_at_once_with_five_working_days(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    async with place.database.session() as session:
        await probes.add_phone(session, RSJ, "handler", "13907350001", "李工", place.clock())
        await probes.add_phone(session, RSJ, "fixed", "07352220000", "", place.clock())
    place.clock.now = at("2026-11-20T10:00")
    gap_id = await house.report(house.office)
    gap = await house.gap(gap_id)
    assert (gap.state, gap.unit_code, gap.number) == ("assigned", RSJ, 1)
    assert gap.due_at
    assert words(gap.due_at) == "11月27日24:00"
    assert gap.steps[0]["counts"] is False
    assert await told(place, gap_id) == [
        ("13907350001", "due", "【12345政府服务热线】知识库“参保窗口地址有误”被指出信息不准确，请于11月27日24:00前补正。"),
    ]  # fmt: skip


async def test_what_an_agent_finds_waits_for_the_office(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    gap_id = await house.report(house.agent)
    assert ((await house.gap(gap_id)).state, (await house.gap(gap_id)).due_at) == ("reported", None)
    for who in (house.agent, house.writer):
        with pytest.raises(NotAllowed):
            await house.gap_step(who, gap_id, ASSIGN)
    await house.gap_step(house.office, gap_id, ASSIGN)
    assert (await house.gap(gap_id)).state == "assigned"
    assert await house.names("social") == [
        "drafted", "submitted", "reviewed", "published", "in_force", "gap", "assigned",
    ]  # fmt: skip


async def test_a_unit_without_numbers_is_seen_as_not_told(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    gap_id = await house.report(house.office)
    ((recipient, state, _),) = await told(place, gap_id)
    assert (recipient, state) == ("", "not_sent")


async def test_a_term_that_runs_out_is_told_once(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    place.clock.now = at("2026-11-20T10:00")
    gap_id = await house.report(house.office)
    place.clock.now = at("2026-11-27T23:59")
    assert await house.watch.gaps_overdue() == 0
    place.clock.now = at("2026-11-28T00:00")
    assert [await house.watch.gaps_overdue() for _ in range(2)] == [1, 0]
    overdue = (await house.events("social"))[-1]
    assert overdue.name == "knowledge.overdue"
    assert {name: overdue.payload[name] for name in ("unit", "article", "late", "ref")} == {
        "unit": RSJ, "article": "social", "late": True, "ref": gap_id,
    }  # fmt: skip
    assert [state for _, state, _ in await told(place, gap_id)] == ["not_sent"] * 2
    await house.published(gap=gap_id, answer="新地址。")
    gap = await house.gap(gap_id)
    assert (gap.state, gap.fixed_late, gap.overdue_at) == ("verified", True, place.clock())


async def test_a_new_version_mends_it_and_its_publication_proves_it(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    gap_id = await house.report(house.office)
    number = await house.begin(house.writer, gap=gap_id, answer="新地址。")
    await house.step(house.writer, "social", number, StepAsk("submit", effective_from=place.clock()))
    row, gap = await house.version("social", number), await house.gap(gap_id)
    assert (gap.state, gap.fixed_number, gap.fixed_late, row.late) == ("fixed", number, False, False)
    await house.step(house.office, "social", number, StepAsk("review", "地址仍不对", agrees=False))
    gap = await house.gap(gap_id)
    assert (gap.state, gap.fixed_at, gap.note) == ("assigned", None, "地址仍不对")
    await house.step(house.writer, "social", number, StepAsk("submit"))
    await house.step(house.writer, "social", number, StepAsk("recall"))
    assert (await house.gap(gap_id)).state == "assigned"
    await house.step(house.writer, "social", number, StepAsk("submit"))
    await house.step(house.office, "social", number, StepAsk("review"))
    await house.step(house.office, "social", number, StepAsk("publish"))
    assert (await house.gap(gap_id)).state == "verified"
    assert (await house.names("social"))[5:] == [
        "gap", "assigned", "drafted", "submitted", "fixed", "reviewed", "reopened", "submitted", "fixed", "recalled",
        "reopened", "submitted", "fixed", "reviewed", "published", "in_force", "verified",
    ]  # fmt: skip


async def test_a_gap_without_an_article_is_mended_by_a_new_one(place: Place) -> None:
    house = await House(place).open()
    gap_id = await house.report(
        house.office, kind="gap", article=None, unit=RSJ, title="没有灵活就业参保指南"
    )
    for who, article, changes, error in (
        (house.other, "social", {"unit": SLJ}, BadInput), (house.office, "social", {"unit": SLJ}, BadInput),
    ):  # fmt: skip
        with pytest.raises(error):
            await house.begin(who, article, gap_id, **changes)
    await house.published(gap=gap_id)
    gap = await house.gap(gap_id)
    assert (gap.state, gap.article_id, gap.fixed_number) == ("verified", "social", 1)
    with pytest.raises(NotAllowed, match="不需补正"):
        await house.begin(house.writer, gap=gap_id)


async def test_a_version_that_is_in_force_already_can_be_named_as_the_fix(place: Place) -> None:
    house = await House(place).open()
    number = await house.published()
    gap_id = await house.report(house.office)
    with pytest.raises(BadInput):
        await house.gap_step(house.writer, gap_id, GapStepAsk("fix"))
    with pytest.raises(BadInput, match="已发布"):
        await house.gap_step(house.writer, gap_id, GapStepAsk("fix", article="cz-hours", number=1))
    with pytest.raises(NotAllowed):
        await house.gap_step(house.other, gap_id, GapStepAsk("fix", article="social", number=number))
    await house.gap_step(house.writer, gap_id, GapStepAsk("fix", article="social", number=number))
    await house.gap_step(house.office, gap_id, GapStepAsk("reject", "没有改"))
    await house.gap_step(house.writer, gap_id, GapStepAsk("fix", article="social", number=number))
    await house.gap_step(house.office, gap_id, GapStepAsk("verify"))
    assert (await house.gap(gap_id)).state == "verified"


async def test_reassigning_starts_the_other_units_term_and_dismissing_ends_it(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    place.clock.now = at("2026-11-20T10:00")
    gap_id = await house.report(house.office)
    place.clock.now = at("2026-11-28T10:00")
    assert await house.watch.gaps_overdue() == 1
    await house.gap_step(house.office, gap_id, GapStepAsk("assign", "属水利局", unit=SLJ))
    gap = await house.gap(gap_id)
    assert gap.due_at
    assert (gap.unit_code, words(gap.due_at), gap.overdue_at) == (SLJ, "12月4日24:00", None)
    await house.gap_step(house.office, gap_id, GapStepAsk("dismiss", "经核实无误"))
    place.clock.now = at("2026-12-20T10:00")
    assert await house.watch.gaps_overdue() == 0
    with pytest.raises(UnknownUnit):
        await house.report(house.office, article=None, unit="no.such")
    for unknown in ({"article": "none"}, {"call_id": "call_none"}, {"ticket_id": "tkt_none"}):
        with pytest.raises(NotFound):
            await house.report(house.office, **unknown)


async def test_without_a_number_in_the_rules_no_term_is_invented(place: Place) -> None:
    house = await House(place, "yanji").open()
    await house.published()
    gap_id = await house.report(house.office)
    gap = await house.gap(gap_id)
    assert (gap.state, gap.due_at, gap.steps) == ("assigned", None, [])
    assert "请及时补正" in (await told(place, gap_id))[0][2]


async def test_of_two_who_deal_with_a_gap_at_once_one_wins(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    gap_id = await house.report(house.agent)
    await house.desk.gaps.step(house.office, gap_id, 1, ASSIGN)
    with pytest.raises(Conflict):
        await house.desk.gaps.step(house.second, gap_id, 1, GapStepAsk("dismiss", "不成立"))


async def test_a_countys_office_neither_settles_nor_takes_another_countys_gap(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    async with place.database.session() as session:
        for unit, division in ((RSJ, "431022"), (SLJ, "431021")):
            await session.execute(update(Unit).where(Unit.code == unit).values(division=division))
    theirs = replace(await place.person("county", "office"), division="431021", places=frozenset({"431021"}))
    asked, nobodys = await house.report(house.agent), await house.report(house.agent, article=None)
    for ask in (
        GapStepAsk("dismiss", "不成立", unit=SLJ),
        GapStepAsk("assign", "改派", unit=SLJ),
        GapStepAsk("assign", unit=RSJ),
    ):
        with pytest.raises(NotAllowed, match="区划"):
            await house.gap_step(theirs, asked, ask)
    for ask in (GapStepAsk("dismiss", "不成立", unit=SLJ), GapStepAsk("assign", unit=RSJ)):
        with pytest.raises(NotAllowed, match="区划"):
            await house.gap_step(theirs, nobodys, ask)
    assert ((await house.gap(asked)).state, (await house.gap(asked)).unit_code) == ("reported", RSJ)
    await house.gap_step(theirs, nobodys, GapStepAsk("assign", unit=SLJ))
    await house.gap_step(theirs, nobodys, GapStepAsk("dismiss", "不成立", unit=RSJ))
    assert (await house.gap(nobodys)).state == "dismissed"


# --- questions nobody could answer ------------------------------------------------------------------------------------


async def test_searches_without_a_hit_and_unanswered_consults_become_proposed_gaps(place: Place) -> None:
    house = await House(place).open()
    for words_ in ("充电桩怎么报装", "充电桩怎么报装", "我叫张三丰，充电桩报装要什么材料"):
        await house.desk.articles.not_found(house.agent, words_)
    for n, title in enumerate(("王先生咨询小区充电桩报装", "咨询二手房过户税费")):
        order = Order("consult", title, "内容", unit=RSJ)
        await ticket_filed(place.floor, order, house.agent, f"key-miss-{n}")
    await ticket_filed(
        place.floor, Order("complaint", "投诉充电桩报装慢", "内容", unit=RSJ), house.agent, "key-other"
    )
    (group,) = await proposed(place.database, place.clock())
    assert (group.count, group.words) == (3, "充电桩报装")
    async with place.database.reading() as session:
        kept = await knowledge_gaps.misses(session, place.clock().date() - timedelta(days=3))
    assert not any(name in one.words for one in kept for name in ("张三丰", "王先生"))

    ask = GapAsk("gap", "没有充电桩报装指南", "市民多次询问", unit=RSJ)
    gap_id = await house.desk.gaps.take(house.office, group.members, ask)
    gap = await house.gap(gap_id)
    assert (gap.state, gap.asked) == ("assigned", 3)
    assert await proposed(place.database, place.clock()) == []
    with pytest.raises(Conflict, match="已经处理"):
        await house.desk.gaps.take(house.office, group.members, ask)


async def test_what_one_person_asked_alone_is_shown_to_nobody(place: Place) -> None:
    house = await House(place).open()
    await house.desk.articles.not_found(house.agent, "充电桩怎么报装")
    assert await proposed(place.database, place.clock(), least=0) == []


async def test_questions_are_dismissed_and_after_half_a_year_forgotten(place: Place) -> None:
    house = await House(place).open()
    for who in (house.agent, house.office):
        await house.desk.articles.not_found(who, "充电桩怎么报装")
    (group,) = await proposed(place.database, place.clock())
    assert [await house.desk.gaps.dismiss(house.office, group.members) for _ in range(2)] == [2, 0]
    (fact,) = await house.events("knowledge")
    assert (fact.name, fact.actor) == ("knowledge.questions_dismissed", house.office.id)
    assert sorted(fact.payload["ids"]) == sorted(group.members)
    assert await proposed(place.database, place.clock()) == []
    assert await house.watch.forget_questions() == 0
    place.clock.pass_(181 * 86400)
    assert forgotten(place.clock()) > at("2026-11-20T10:00").date()
    assert await house.watch.forget_questions() == 2
    assert KnowledgeMiss.__table__.c.keys() == ["id", "key", "source", "words", "day", "state", "gap_id"]


async def test_a_calendar_that_comes_moves_open_terms_and_tells_the_unit(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    async with place.database.session() as session:
        await probes.add_phone(session, RSJ, "handler", "13907350001", "李工", place.clock())
    place.clock.now = at("2026-12-30T10:00")
    gap_id = await house.report(house.office)
    assert words((await house.gap(gap_id)).due_at or place.clock(), 2027) == "1月7日24:00"
    for many in (1, 0):
        moved = [one async for one in reschedule(place.database, "heyuan", news())]
        assert [(one.number, one.unit) for one in moved] == [(gap_id, RSJ)] * many
    assert words((await house.gap(gap_id)).due_at or place.clock(), 2027) == "1月8日24:00"
    assert (await house.events("social"))[-1].name == "knowledge.dates_moved"
    async with place.database.reading() as session:
        assert (await notices.find(session, kind="dates_moved")).total == 1
