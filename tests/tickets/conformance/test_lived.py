"""What the documents order of a question nobody at the desk can answer, lived in a house: a talk, a unit, a ticket to its reply."""

from dataclasses import replace

import pytest

from api.house import TicketDraft
from core.errors import BadInput, NotAllowed
from store import enterprise
from tests.tickets.conformance.living import PHONE, QUESTION, UNIT, House, lived
from tests.tickets.conformance.rules import clause
from tests.tickets.desk import REPLY
from tickets.clock import words
from tickets.lifecycle import MissingFact

pytestmark = pytest.mark.service
UNTIL = "2026-11-25T17:00:00+08:00"


async def becomes_a_ticket(house: House, ref: str) -> str:
    """The consult goes to the unit as a ticket, at once, and nobody is called; the ticket's id."""
    done = await house.unanswered()
    assert (done.way, done.clause, await house.transfers()) == ("ticket", ref, [])
    (ticket,) = await house.tickets()
    assert (ticket.id, ticket.type, ticket.unit_code) == (done.ticket_id, "consult", UNIT)
    assert (ticket.state, (await house.citizen.row()).outcome) == ("dispatched", "ticket")
    return ticket.id


async def rings_the_unit(house: House, ref: str) -> str:
    """The unit is called for a three-way talk while the citizen waits; not reached, it gets the ticket. The ticket's id."""
    done = await house.unanswered()
    (called,) = await house.transfers()
    assert (done.way, done.clause, done.transfer_id) == ("live", ref, called.id)
    assert (called.how, called.number, await house.tickets()) == ("three_way", PHONE, [])
    assert called.id is not None
    await house.not_reached(called.id)
    (ticket,) = await house.tickets()
    assert (ticket.unit_code, ticket.state, ticket.type) == (UNIT, "dispatched", "consult")
    assert QUESTION in ticket.body
    return ticket.id


@clause("001 8(一)", "不能即时答复的咨询形成工单转派承办单位，按咨询时限签收、回复")
def test_001_8_1_an_unanswered_consult_becomes_a_ticket_and_is_passed_on() -> None:
    async def story(house: House) -> None:
        ticket_id = await becomes_a_ticket(house, "001 8(一)")
        (ticket,) = await house.tickets()
        assert ticket.due_at
        assert words(ticket.due_at) == "11月24日24:00"
        await house.does(house.unit, ticket_id, "sign")
        replied = await house.does(house.unit, ticket_id, "reply", **REPLY)
        assert (replied.state, replied.replied_at is not None) == ("replied", True)

    lived("heyuan", story, PHONE)


@clause("002 9", "不能直接答复的咨询当场转接承办单位；未接通或无值班电话的形成工单，1个工作日办结")
def test_002_9_an_unanswered_consult_is_transferred_live_or_ticketed() -> None:
    async def reached_by_ticket(house: House) -> None:
        await rings_the_unit(house, "002 9")
        (ticket,) = await house.tickets()
        assert ticket.due_at
        assert words(ticket.due_at) == "11月23日24:00"

    async def without_telephone(house: House) -> None:
        await becomes_a_ticket(house, "002 9")

    lived("yanji", reached_by_ticket, PHONE)
    lived("yanji", without_telephone)


@clause("000 三(三)", "不能直接解答的咨询形成工单，转交成员单位答复")
def test_000_3_3_an_unanswered_consult_is_forwarded_as_a_ticket() -> None:
    async def story(house: House) -> None:
        ticket_id = await becomes_a_ticket(house, "000 三(三)")
        await house.does(house.unit, ticket_id, "sign")
        assert (await house.does(house.unit, ticket_id, "reply", **REPLY)).state == "replied"

    lived("henan", story, PHONE)


@clause("003 二.1", "专业问题三方转接承办单位或分中心，未接通的派发工单；诉求人不断线")
def test_003_2_1_three_way_and_where_nobody_answers_a_ticket() -> None:
    async def unit(house: House) -> None:
        await rings_the_unit(house, "003 二.1")
        assert (await house.citizen.row()).ended_at is None

    async def sub_centre(house: House) -> None:
        made = await house.place.house.transfer(house.agent, house.citizen.id, "line", "12366", "three_way")
        (called,) = await house.transfers()
        assert (called.kind, called.ref, called.state) == ("line", "12366", "ringing")
        await house.not_reached(made)
        (called,), (ticket,) = await house.transfers(), await house.tickets()
        assert (called.state, called.reason, called.ticket_id) == ("failed", "no_answer", ticket.id)
        assert ticket.unit_code == called.unit_code
        assert (await house.citizen.row()).ended_at is None

    lived("chenzhou", unit, PHONE)
    lived("chenzhou", sub_centre)


@clause("003 二.3", "县（市、区）号码的来电由市级座席接听，登记后交承办单位办理")
def test_003_2_3_a_countys_number_is_answered_by_the_city() -> None:
    async def story(house: House) -> None:
        call = await house.citizen.row()
        assert (call.line, call.state, call.seat_id) == ("2912345", "talking", "8001")
        await house.unanswered()
        (ticket,) = await house.tickets()
        assert (ticket.state, ticket.unit_code) == ("dispatched", UNIT)

    lived("chenzhou", story, line="2912345")


@clause("003 二.4", "受理、派单、办理、答复、督办、办结、回访评价闭环：一件走完，每一步在案")
def test_003_2_4_the_loop_is_closed() -> None:
    async def story(house: House) -> None:
        ticket_id = await becomes_a_ticket(house, "003 二.1")
        await house.does(house.unit, ticket_id, "sign")
        await house.does(house.office, ticket_id, "press", way="order", until=UNTIL)
        await house.does(house.unit, ticket_id, "reply", **REPLY)
        await house.does(house.office, ticket_id, "review")
        await house.does(house.office, ticket_id, "resolve")
        assert await house.place.house.after_call.grade_ticket(house.office, ticket_id, "satisfied", True)
        assert (await house.does(house.office, ticket_id, "archive")).state == "archived"
        done = [deed for deed in await house.deeds(ticket_id) if deed not in ("press", "file")]
        assert done == ["dispatch", "sign", "reply", "review", "resolve", "revisit", "archive"]
        assert "press" in await house.deeds(ticket_id)

    lived("chenzhou", story)


@clause("003 二.4", "行政执法案件、投诉举报第一时间转办：登记即派单；没有承办单位的即时预警热线办")
def test_003_2_4_enforcement_cases_go_on_at_once_or_warn() -> None:
    async def story(house: House) -> None:
        draft = TicketDraft("report", "无证经营", "无证经营", house.citizen.id, UNIT, intake="enforcement")
        passed_on = await house.place.house.file_ticket(house.agent, draft, "key-1")
        (ticket,) = await house.tickets()
        assert (ticket.enforcement, ticket.state, await house.warnings(passed_on)) == (True, "dispatched", [])
        loose = TicketDraft(
            "report", "无证经营", "桂阳县无证经营", caller="13900000001", intake="enforcement"
        )
        waits = await house.place.house.file_ticket(house.office, loose, "key-2")
        assert await house.warnings(waits) == ["enforcement_waits"]
        plain = replace(loose, body="路灯不亮", title="路灯", type="help", intake="help")
        assert await house.warnings(await house.place.house.file_ticket(house.office, plain, "key-3")) == []

    lived("chenzhou", story)


@clause("003 二.6", "安全生产有奖举报闭环：按执法案件办理，查实和奖励情况在案后方可归档")
def test_003_2_6_a_rewarded_report_is_archived_with_what_was_found_and_given() -> None:
    async def story(house: House) -> None:
        draft = TicketDraft(
            "report", "加油站违规动火", "加油站违规动火", house.citizen.id, UNIT, intake="safety_reward"
        )
        ticket_id = await house.place.house.file_ticket(house.agent, draft, "key-r")
        (ticket,) = await house.tickets()
        assert ticket.enforcement
        await house.does(house.unit, ticket_id, "sign")
        await house.does(house.unit, ticket_id, "reply", **REPLY)
        await house.does(house.office, ticket_id, "resolve")
        seen = (await house.place.house.ways.options(house.office, ticket_id))["options"]
        assert {"proven", "reward"} <= set(next(one for one in seen if one["action"] == "archive")["needs"])
        with pytest.raises(MissingFact, match="查实和奖励"):
            await house.does(house.office, ticket_id, "archive", proven="proven")
        found = {"proven": "proven", "reward": "奖励500元，11月28日发放"}
        assert (await house.does(house.office, ticket_id, "archive", **found)).state == "archived"
        assert (await house.facts(ticket_id))[-1] == found

    async def another(house: House) -> None:
        ticket_id = await becomes_a_ticket(house, "003 二.1")
        await house.does(house.unit, ticket_id, "sign")
        await house.does(house.unit, ticket_id, "reply", **REPLY)
        await house.does(house.office, ticket_id, "resolve")
        with pytest.raises(BadInput, match="仅用于有奖举报"):
            await house.does(house.office, ticket_id, "archive", reward="奖励500元")

    lived("chenzhou", story)
    lived("chenzhou", another)


@clause("003 二.7", "企业投诉举报登记即入台账并交办；工单办结后销号，谁、何时、结果在案，办结前不得销号")
def test_003_2_7_an_enterprises_complaint_is_assigned_and_struck_off_once_settled() -> None:
    async def story(house: House) -> None:
        draft = TicketDraft(
            "complaint", "某公司反映乱收费", "园区乱收费", house.citizen.id, UNIT, intake="enterprise"
        )
        ticket_id = await house.place.house.file_ticket(house.agent, draft, "key-e")
        async with house.place.database.reading() as session:
            (item,) = (await enterprise.ledger(session)).items
        assert (item.ticket_id, item.unit_code, item.state) == (ticket_id, UNIT, "assigned")
        strike = house.place.house.enterprise.close_item
        with pytest.raises(NotAllowed, match="尚未办结"):
            await strike(house.office, item.id, item.version, "已退还收费")
        await house.does(house.unit, ticket_id, "sign")
        await house.does(house.unit, ticket_id, "reply", **REPLY)
        await house.does(house.office, ticket_id, "resolve")
        await strike(house.office, item.id, item.version, "已退还收费")
        async with house.place.database.reading() as session:
            struck = await enterprise.get(session, item.id)
        assert (struck.state, struck.closed_by, struck.result) == ("closed", house.office.id, "已退还收费")
        assert struck.closed_at == house.place.clock()

    lived("chenzhou", story)


@clause("004 二.3", "专业问题三方转接或派发工单")
def test_004_2_3_three_way_or_a_ticket() -> None:
    async def story(house: House) -> None:
        await rings_the_unit(house, "004 二.3")

    async def without_telephone(house: House) -> None:
        await becomes_a_ticket(house, "004 二.3")

    lived("jiayuguan", story, PHONE)
    lived("jiayuguan", without_telephone)
