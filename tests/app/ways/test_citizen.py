"""What a citizen does about a ticket of theirs: urges, adds, follows by a code, takes back, and says how it went."""

import pytest

from api.actor import Actor
from api.house import ChildDraft
from app.ways.citizen import TooSoon
from app.ways.codes import WrongCode
from core.errors import WrongState
from store import grades, probes
from tests.app.place import Place
from tests.app.ways.matter import (
    BODY,
    CALLER,
    NEIGHBOUR,
    OTHER,
    REPLY,
    UNIT,
    code_of,
    do,
    filed,
    of_kind,
    read,
    told,
)

pytestmark = pytest.mark.service


async def test_an_urge_is_counted_told_to_the_handler_and_not_repeated_at_once(
    place: Place, office: Actor, agent: Actor
) -> None:
    async with place.database.session() as session:
        await probes.add_phone(session, UNIT, "handler", "13500000001", "李工", place.clock())
    ticket = await filed(place, office)
    await do(place, agent, ticket, "urge", words="已经五天了")
    (text,) = await told(place, "urge")
    assert (text.recipient, text.state) == ("13500000001", "due")
    with pytest.raises(TooSoon):
        await do(place, agent, ticket, "urge")
    place.clock.pass_(3 * 3600)
    await do(place, agent, ticket, "urge")
    assert "第2次" in (await told(place, "urge"))[-1].words


async def test_a_supplement_stands_in_the_tickets_words(place: Place, office: Actor, agent: Actor) -> None:
    ticket = await filed(place, office)
    await do(place, agent, ticket, "supplement", words="二号工地也欠薪，要求一并处理")
    row = await read(place, ticket)
    assert row.body.startswith(BODY)
    assert "【补充 2026-11-20 10:00】二号工地也欠薪" in row.body


async def test_those_who_help_read_what_is_added_and_hear_that_it_is_urged(
    place: Place, office: Actor, agent: Actor
) -> None:
    ticket = await filed(place, office)
    helper = await place.house.add_child(office, ticket, ChildDraft("assist", OTHER), "c1")
    over = await place.house.add_child(office, ticket, ChildDraft("assist", "chenzhou.zjj"), "c2")
    await do(place, office, over, "withdraw", reason="不需要协办")
    await do(place, agent, ticket, "supplement", words="二号工地也欠薪")
    await do(place, agent, ticket, "urge", words="已经五天了")
    assert "】二号工地也欠薪" in (await read(place, helper)).body
    assert "二号工地" not in (await read(place, over)).body
    deeds = [one["action"] for one in await of_kind(place, helper, "ticket.stepped")]
    assert deeds == ["supplement", "urge"]
    assert {row.ticket_id for row in await told(place, "urge")} == {ticket, helper}


async def test_a_citizen_without_an_account_follows_adds_urges_and_takes_back(
    place: Place, office: Actor
) -> None:
    ticket = await filed(place, office)
    number, code = await code_of(place, ticket)
    ways = place.house.ways
    seen = await ways.opened(number, code)
    assert (seen["state"], seen["unit"], seen["result"]) == ("dispatched", "市人社局", "")
    assert set(seen["deeds"]) == {"supplement", "urge", "withdraw"}
    await ways.by_citizen(number, code, "supplement", "还欠加班费")
    await ways.by_citizen(number, code, "urge", "")
    done = await ways.by_citizen(number, code, "withdraw", "已经发了")
    row = await read(place, ticket)
    assert (done["state"], done["deeds"], row.next_alarm_at) == ("withdrawn", [], None)
    stepped = await of_kind(place, ticket, "ticket.stepped")
    assert [one["actor"] for one in stepped] == ["citizen"] * 3
    assert all(one["facts"]["via"] == "online" for one in stepped)


async def test_a_citizen_whose_matter_is_done_again_still_reads_the_earlier_reply(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign", "reply")
    await do(place, office, ticket, "review", "resolve")
    await place.house.after_call.grade_ticket(office, ticket, "dissatisfied")
    number, code = await code_of(place, ticket)
    ways = place.house.ways
    seen = await ways.opened(number, code)
    assert (seen["deeds"], seen["result"], seen["earlier_result"]) == ([], REPLY["result"], "")
    for _ in range(2):  # never "too soon": it can't be urged at all
        with pytest.raises(WrongState):
            await ways.by_citizen(number, code, "urge", "")
    await do(place, office, ticket, "redo", cause="bad_grade", reason="工资仍未发", reasonable=True)
    again = await ways.opened(number, code)
    assert (again["state"], again["result"], again["earlier_result"]) == ("redoing", "", REPLY["result"])
    await ways.by_citizen(number, code, "urge", "")
    place.clock.pass_(60)
    await do(place, unit, ticket, "reply", result="第二次办理：余款已于11月25日发还")
    assert (await ways.opened(number, code))["earlier_result"] == REPLY["result"]


async def test_a_code_is_sent_to_the_right_telephone_only_and_soon_void(place: Place, office: Actor) -> None:
    ticket = await filed(place, office)
    number = (await read(place, ticket)).number
    await place.house.ways.send_code(number, NEIGHBOUR)
    await place.house.ways.send_code("20260101-000000", CALLER)
    assert await told(place, "code") == []
    number, code = await code_of(place, ticket)
    await place.house.ways.send_code(number, CALLER)
    assert len(await told(place, "code")) == 1  # not again at once
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(4):
        with pytest.raises(WrongCode):
            await place.house.ways.opened(number, wrong)
    assert (await place.house.ways.opened(number, code))["number"] == number
    with pytest.raises(WrongCode):
        await place.house.ways.opened(number, wrong)
    with pytest.raises(WrongCode):
        await place.house.ways.opened(number, code)  # guessed at too often
    place.clock.pass_(120)
    number, code = await code_of(place, ticket)
    place.clock.pass_(601)
    with pytest.raises(WrongCode):
        await place.house.ways.opened(number, code)


async def test_a_citizen_who_says_nobody_called_flags_the_closure_and_the_unit_hears_the_grade(
    place: Place, office: Actor, unit: Actor
) -> None:
    async with place.database.session() as session:
        await probes.add_phone(session, UNIT, "handler", "13500000001", "李工", place.clock())
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign", "reply")
    await do(place, office, ticket, "review", "resolve")
    desk = place.house.after_call
    assert await desk.grade_ticket(
        office, ticket, "very_dissatisfied", False, "根本没人联系我13812345678", False
    )
    (flag,) = await of_kind(place, ticket, "ticket.false_closure")
    assert (flag["unit"], flag["claimed"], flag["said"], flag["noted"]) == (
        UNIT,
        "已电话告知诉求人",
        "根本没人联系我138****5678",
        True,
    )
    (back,) = await of_kind(place, ticket, "ticket.feedback")
    assert (back["grade"], "办理前联系诉求人" in back["advice"]) == ("very_dissatisfied", True)
    (text,) = await told(place, "feedback")
    assert "非常不满意" in text.words
    stepped = [one for one in await of_kind(place, ticket, "ticket.stepped") if one["action"] == "revisit"]
    assert (stepped[0]["facts"]["contacted"], stepped[0]["facts"]["solved"]) == (False, False)


async def test_a_person_who_asks_again_notes_what_a_machine_had_only_flagged(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign", "reply")
    await do(place, office, ticket, "resolve")
    desk = place.house.after_call
    assert await desk.grade_ticket(office, ticket, "dissatisfied", words="根本没人联系我")
    (flag,) = await of_kind(place, ticket, "ticket.false_closure")
    assert flag["noted"] is False
    for _ in range(2):
        assert not await desk.grade_ticket(office, ticket, "dissatisfied", False)
    assert [one["noted"] for one in await of_kind(place, ticket, "ticket.false_closure")] == [False, True]


async def test_a_satisfied_citizen_leaves_no_flag_and_no_text(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign", "reply")
    await do(place, office, ticket, "resolve")
    assert await place.house.after_call.grade_ticket(office, ticket, "satisfied", True, "联系了，办得好")
    assert await of_kind(place, ticket, "ticket.false_closure") == []
    (back,) = await of_kind(place, ticket, "ticket.feedback")
    assert back["advice"] == ""
    assert await told(place, "feedback") == []


async def test_a_revisit_entered_at_the_desk_says_the_same(place: Place, office: Actor, unit: Actor) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign", "reply")
    await do(place, office, ticket, "resolve")
    await do(place, office, ticket, "revisit", grade="dissatisfied", contacted=False, note="没人联系")
    assert len(await of_kind(place, ticket, "ticket.false_closure")) == 1
    (back,) = await of_kind(place, ticket, "ticket.feedback")
    assert (back["grade"], back["said"]) == ("dissatisfied", "没人联系")
    assert not await place.house.after_call.grade_ticket(office, ticket, "satisfied")
    async with place.database.reading() as session:
        (kept,) = await grades.of_ticket(session, ticket)
    assert (kept.grade, kept.via) == ("dissatisfied", "agent")
    assert len(await of_kind(place, ticket, "ticket.revisited")) == 1
