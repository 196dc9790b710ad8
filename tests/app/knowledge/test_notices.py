"""公告 at the desk, and what the office finds of units' knowledge work."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.actor import Actor
from api.knowledge_house import BulletinAsk, FindingAsk
from app.filing import Order
from app.flow import ticket_filed
from core.errors import BadInput, Conflict, NotAllowed, NotFound, UnknownUnit
from store import bulletins, knowledge_findings
from store.assess_facts import gathered
from tests.app.knowledge.desk import RSJ, SLJ, House
from tests.app.place import Place
from tickets.assessment.fact import period
from tickets.clock import CHINA

pytestmark = pytest.mark.service
HOUR = timedelta(hours=1)


def ask(at: datetime, **changes: Any) -> BulletinAsk:
    given = {
        "kind": "emergency",
        "title": "主管爆裂停水",
        "text": "北湖路一带停水抢修。",
        "unit": SLJ,
        "since": at,
        "until": at + 12 * HOUR,
    }
    return BulletinAsk(**{**given, **changes})


async def test_a_unit_posts_its_own_and_the_office_anybodys(place: Place) -> None:
    house = await House(place).open()
    at = place.clock()
    posted = await house.desk.bulletins.post(house.other, ask(at, happens_at=at - HOUR))
    for who, changes in ((house.writer, {}), (house.agent, {}), (house.other, {"pinned": 1})):
        with pytest.raises(NotAllowed):
            await house.desk.bulletins.post(who, ask(at, **changes))
    await house.desk.bulletins.post(house.office, ask(at, pinned=1, unit=RSJ))
    for wrong in ({"until": at}, {"kind": "advance"}, {"since": at - 24 * HOUR, "until": at - HOUR}):
        with pytest.raises(BadInput):
            await house.desk.bulletins.post(house.office, ask(at, **wrong))
    with pytest.raises(UnknownUnit):
        await house.desk.bulletins.post(house.office, ask(at, unit="no.such"))
    (fact,) = await house.events(posted)
    assert fact.name == "knowledge.posted"
    assert {name: fact.payload[name] for name in ("unit", "late", "kind")} == {"unit": SLJ, "late": True, "kind": "emergency"}  # fmt: skip


async def test_agents_say_that_they_have_read_it_as_it_is(place: Place) -> None:
    house = await House(place).open()
    agent = await place.seat("8001")
    posted = await house.desk.bulletins.post(house.office, ask(place.clock()))
    for _ in range(2):
        await house.desk.bulletins.read(agent, posted)
    async with place.database.reading() as session:
        row = await bulletins.get(session, posted)
        readers = {user: when for user, _, when in await bulletins.readers(session, row)}
        assert await bulletins.read_by(session, agent.id, [posted]) == {posted: 1}
    assert readers == {agent.id: place.clock(), house.agent.id: None}
    with pytest.raises(NotFound):
        await house.desk.bulletins.read(agent, "bul_none")


async def test_a_withdrawn_bulletin_leaves_the_desk(place: Place) -> None:
    house = await House(place).open()
    posted = await house.desk.bulletins.post(house.other, ask(place.clock()))
    with pytest.raises(NotAllowed):
        await house.desk.bulletins.withdraw(house.writer, posted, 1, "不属实")
    await house.desk.bulletins.withdraw(house.other, posted, 1, "已恢复供水")
    with pytest.raises(Conflict):
        await house.desk.bulletins.withdraw(house.office, posted, 2, "已恢复供水")
    async with place.database.reading() as session:
        assert await bulletins.current(session, place.clock()) == []
        assert (await bulletins.find(session, unit=SLJ)).total == 1


async def test_a_missed_bulletin_is_a_fact_that_can_be_lifted(place: Place) -> None:
    house = await House(place).open()
    found = FindingAsk("12月1日停水未公告", "市民来电后方知", unit=SLJ, happened_at=place.clock() - 2 * HOUR)
    first = await house.desk.findings.notice_missed(house.office, found)
    assert await house.desk.findings.notice_missed(house.second, found) == first
    await house.desk.findings.lift(house.office, first, "单位已在前一日上传")
    with pytest.raises(Conflict):
        await house.desk.findings.lift(house.office, first, "又")
    facts = await house.events(first)
    assert [fact.name for fact in facts] == ["knowledge.notice_missed", "knowledge.lifted"]
    assert (facts[0].payload["unit"], facts[0].payload["late"]) == (SLJ, True)
    for wrong, error in (
        ({"unit": None}, BadInput),
        ({"happened_at": None}, BadInput),
        ({"unit": "no.such"}, UnknownUnit),
    ):
        given = {"title": "停水", "words": "", "unit": SLJ, "happened_at": place.clock()} | wrong
        with pytest.raises(error):
            await house.desk.findings.notice_missed(house.office, FindingAsk(**given))


async def test_an_advance_notice_posted_after_the_event_began_was_missed_once_and_can_be_lifted(
    place: Place,
) -> None:
    house = await House(place, "yanji").open()
    at, began = place.clock(), place.clock() - HOUR
    when = {"kind": "advance", "since": began - HOUR, "happens_at": began}
    for fine in ({"happens_at": at + HOUR}, {"kind": "emergency"}):
        await house.desk.bulletins.post(house.other, ask(at, **when | fine))
    await house.desk.bulletins.post(house.other, ask(at, **when))
    async with place.database.reading() as session:
        (missed,) = (await knowledge_findings.find(session, kind="notice_missed", unit=SLJ)).items
        span = period(f"{began.astimezone(CHINA):%Y-%m}")
        facts = await gathered(session, place.floor.policy, place.floor.calendar, span, place.clock())
    assert [(fact.kind, fact.at) for fact in facts[SLJ] if fact.kind == "notice_missed"] == [
        ("notice_missed", began)
    ]
    assert (missed.happened_at, missed.by) == (began, "clock")
    await house.desk.findings.lift(house.office, missed.id, "单位已先行电话报送")
    async with place.database.reading() as session:
        facts = await gathered(session, place.floor.policy, place.floor.calendar, span, place.clock())
    assert "notice_missed" not in {fact.kind for fact in facts[SLJ]}


async def test_a_notice_the_office_found_missing_is_not_missed_again_when_it_comes_late(place: Place) -> None:
    house = await House(place).open()
    at, began = place.clock(), place.clock() - HOUR
    found = FindingAsk("停水未公告", "市民来电后方知", unit=SLJ, happened_at=began)
    await house.desk.findings.notice_missed(house.office, found)
    late = ask(at, kind="advance", since=began - HOUR, happens_at=began)
    await house.desk.bulletins.post(house.other, late)
    async with place.database.reading() as session:
        assert (await knowledge_findings.find(session, kind="notice_missed", unit=SLJ)).total == 1


async def test_a_notice_posted_in_time_is_not_missed_when_it_is_corrected_after_the_event_began(
    place: Place,
) -> None:
    house = await House(place).open()
    at = place.clock()
    begins = at + HOUR
    notice = ask(at, kind="advance", happens_at=begins)
    for why in ("范围有误", "延长停水"):
        posted = await house.desk.bulletins.post(house.other, notice)
        place.clock.pass_(2 * 3600)
        await house.desk.bulletins.withdraw(house.other, posted, 1, why)
    await house.desk.bulletins.post(house.other, notice)
    async with place.database.reading() as session:
        assert (await knowledge_findings.find(session, kind="notice_missed")).total == 0
    await house.desk.bulletins.post(house.office, replace(notice, unit=RSJ))
    async with place.database.reading() as session:
        (missed,) = (await knowledge_findings.find(session, kind="notice_missed")).items
    assert (missed.unit_code, missed.happened_at) == (RSJ, begins)  # another unit's notice is none of its own


@pytest.mark.parametrize("lifted", [False, True])
async def test_a_late_notice_is_missed_once_though_it_is_posted_again_or_the_office_records_it_too(
    place: Place, lifted: bool
) -> None:
    house = await House(place).open()
    at, began = place.clock(), place.clock() - HOUR
    late = ask(at, kind="advance", since=began - HOUR, happens_at=began)
    posted = await house.desk.bulletins.post(house.other, late)
    async with place.database.reading() as session:
        (missed,) = (await knowledge_findings.find(session, kind="notice_missed")).items
    if lifted:
        await house.desk.findings.lift(house.office, missed.id, "单位已先行电话报送")
    await house.desk.bulletins.withdraw(house.other, posted, 1, "延长停水")
    place.clock.pass_(3600)
    await house.desk.bulletins.post(house.other, replace(late, title="停水延长"))
    found = FindingAsk("停水未公告", "市民来电后方知", unit=SLJ, happened_at=began)
    assert await house.desk.findings.notice_missed(house.office, found) == missed.id
    async with place.database.reading() as session:
        assert (await knowledge_findings.find(session, kind="notice_missed")).total == 1
    other = replace(found, happened_at=began - HOUR)
    assert await house.desk.findings.notice_missed(house.office, other) != missed.id


async def complained(house: House, who: Actor, key: str, kind: str = "complaint") -> str:
    order = Order(kind, "按你们说的地址跑空", "内容", unit=RSJ)
    return (await ticket_filed(house.place.floor, order, who, key)).id


async def test_a_complaint_leads_to_the_version_that_was_served_whatever_holds_today(place: Place) -> None:
    house = await House(place).open()
    agent = await place.seat("8001")
    await house.published()
    citizen = place.citizen()
    await citizen.to_talk()
    await place.house.close_call(agent, citizen.id, "answered", "social", "key-0001")
    told_at = place.clock()
    place.clock.pass_(3600)
    await house.published(answer="新地址。")
    tickets = [await complained(house, house.agent, f"key-{n}") for n in range(3)]
    asked = FindingAsk("地址过时", "市民白跑一趟", "social", call_id=citizen.id, ticket_id=tickets[0])
    first = await house.desk.findings.misled(house.office, asked)
    assert await house.desk.findings.misled(house.office, asked) == first
    second = FindingAsk("地址过时", "", "social", ticket_id=tickets[1], happened_at=told_at)
    await house.desk.findings.misled(house.office, second)
    now = FindingAsk("新地址也不对", "", "social", ticket_id=tickets[2], happened_at=place.clock())
    lifted = await house.desk.findings.misled(house.office, now)
    async with place.database.reading() as session:
        row = await knowledge_findings.get(session, first)
        counts = await knowledge_findings.misled(session)
    assert (row.number, row.unit_code, row.happened_at) == (1, RSJ, told_at)
    assert [(one.article_id, one.number, one.citizens) for one in counts] == [
        ("social", 1, 2),
        ("social", 2, 1),
    ]
    await house.desk.findings.lift(house.office, lifted, "市民记错")
    async with place.database.reading() as session:
        assert [one.number for one in await knowledge_findings.misled(session, RSJ)] == [1]
    facts = [event for event in await house.events("social") if event.name == "knowledge.misled"]
    assert [(one.payload["unit"], one.payload["number"]) for one in facts] == [(RSJ, 1), (RSJ, 1), (RSJ, 2)]


async def test_only_a_complaint_about_something_that_was_said_shows_a_misleading_text(place: Place) -> None:
    house = await House(place).open()
    await house.published()
    help_, complaint = [
        await complained(house, house.agent, f"key-{kind}", kind) for kind in ("help", "complaint")
    ]
    at = place.clock()
    for wrong, error in (
        ({"ticket_id": help_, "happened_at": at}, BadInput),
        ({"ticket_id": complaint}, BadInput),
        ({"ticket_id": complaint, "happened_at": at - 48 * HOUR}, BadInput),
        ({"ticket_id": complaint, "happened_at": at + HOUR}, BadInput),
        ({"ticket_id": None, "happened_at": at}, BadInput),
        ({"ticket_id": complaint, "article": "none", "happened_at": at}, NotFound),
        ({"ticket_id": "tkt_none", "happened_at": at}, NotFound),
        ({"ticket_id": complaint, "call_id": "call_none"}, NotFound),
    ):
        given = {"title": "地址过时", "words": "", "article": "social"} | wrong
        with pytest.raises(error):
            await house.desk.findings.misled(house.office, FindingAsk(**given))
