"""The same matter again: refused, merged or escalated, and answered to everybody who joined."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy

from api import queries
from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from api.ways_house import FilingAsk, LikeAsk
from app.ways.repeats import RepeatFound, RepeatRefused
from core.errors import NotAllowed, NotFound
from core.policy import Policy
from core.rights import Scope
from store import events, orders, portal, probes, tickets
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
    under,
)
from tickets.assessment.fact import Fact
from tickets.assessment.view import is_repeat

pytestmark = pytest.mark.service


async def test_an_agent_sees_the_same_matter_before_filing_and_must_say_what_it_is(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office)
    again = "阳光工地拖欠我们三个月工资还没发，要求发还"
    ask = LikeAsk("工地欠薪", again, caller=CALLER, unit=UNIT)
    seen = await place.house.ways.alike(agent, ask)
    assert (seen["way"], seen["clause"]) == ("refuse", "001 11")
    assert [one["ticket_id"] for one in seen["candidates"]] == [first]
    assert "同一诉求人" in seen["candidates"][0]["evidence"]
    with pytest.raises(RepeatFound, match="repeat_of"):
        await filed(place, agent, "k2")
    with pytest.raises(RepeatRefused, match="001 11"):
        await filed(place, agent, "k2", repeat_of=first)
    other = await filed(place, agent, "k2", despite="是另一处工地")
    (event,) = await of_kind(place, other, "ticket.repeat")
    assert (event["way"], event["confirmed"], event["despite"]) == ("suspected", False, "是另一处工地")
    assert (await read(place, other)).relation is None


async def test_a_confidential_matter_is_told_to_nobody_who_asks_by_number_and_still_found_at_filing(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office, confidential=True)
    ask = LikeAsk("拖欠工资", BODY, caller=CALLER, unit=UNIT)
    for who in (agent, office):
        seen = await place.house.ways.alike(who, ask)
        assert (seen["way"], seen["of"], seen["candidates"]) == ("new", "", [])
    with pytest.raises(RepeatFound):
        await filed(place, agent, "k2")
    with pytest.raises(RepeatRefused, match="001 11"):
        await filed(place, agent, "k2", repeat_of=first)


async def test_a_county_is_told_of_the_like_in_its_own_tickets_only(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office)
    ask = LikeAsk("拖欠工资", BODY, caller=CALLER, unit=UNIT)
    county = replace(agent, division="431021", places=frozenset({"431021"}))
    assert (await place.house.ways.alike(county, ask))["candidates"] == []
    seen = await place.house.ways.alike(agent, ask)
    assert [one["ticket_id"] for one in seen["candidates"]] == [first]


async def test_new_facts_are_taken_and_the_third_repeat_is_refused_told_and_counted(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office)
    second = await filed(place, agent, "k2", repeat_of=first, new_facts="又欠了一个月")
    row = await read(place, second)
    assert (row.relation, row.parent_id, row.state) == ("repeat", first, "dispatched")
    refused = await place.house.ways.refuse_repeat(agent, first, "正在办理，请耐心等待", None, "key-r1")
    assert (await read(place, refused)).state == "refused"
    assert refused == await place.house.ways.refuse_repeat(agent, first, "正在办理", None, "key-r1")
    with pytest.raises(RepeatRefused, match="第3次重复反映，无新情况、新理由的不再受理"):
        await filed(place, agent, "k4", repeat_of=first)
    third = await place.house.ways.refuse_repeat(agent, first, "已反映三次，单位正在办理", None, "key-r2")
    row = await read(place, third)
    assert (row.state, row.parent_id) == ("refused", first)
    async with place.database.reading() as session:
        steps = [one.payload for one in await events.of(session, third)]
    (step,) = [one for one in steps if one.get("action") == "refuse"]
    kept = {"ground": "repeat", "told": "已反映三次，单位正在办理", "clause": "001 11"}
    assert step["facts"] == kept
    (event,) = await of_kind(place, third, "ticket.repeat")
    assert (event["way"], event["count"], event["unit"]) == ("refuse", 3, UNIT)
    await place.house.ways.judge_repeat(office, third, "unreasonable", "诉求已解决")
    assert (await of_kind(place, third, "ticket.repeat"))[-1]["reasonable"] is False


async def often(place: Place, office: Actor, agent: Actor, third: str) -> tuple[str, str]:
    """A matter raised for the third time under this reading: the first ticket and the last."""
    raw = place.floor.policy.model_dump(mode="json", by_alias=True)
    raw["switches"]["third_repeat"] = {"value": third}
    place.floor.policy = Policy.model_validate(raw)
    first = await filed(place, office)
    for n in (1, 2):
        await filed(place, agent, f"n{n}", repeat_of=first, new_facts=f"又欠了第{n}个月")
    return first, await filed(place, agent, "n3", repeat_of=first)


async def test_a_third_repeat_that_escalates_is_taken_and_its_first_ticket_supervised_at_once(
    place: Place, office: Actor, agent: Actor
) -> None:
    first, third = await often(place, office, agent, "escalate")
    row = await read(place, third)
    assert (row.relation, row.parent_id, row.state) == ("repeat", first, "dispatched")
    (event,) = await of_kind(place, third, "ticket.repeat")
    assert (event["way"], event["count"], event["clause"]) == ("escalate", 3, "001 19(七)")
    async with place.database.reading() as session:
        (order,) = (await orders.find(session, orders.OrderFilter(unit=UNIT), place.clock(), 9, 0)).items
        (child,) = [one for one in await tickets.children(session, first) if one.relation == "supervision"]
    assert (order.trigger, order.parent_id, order.clause) == ("repeated", first, "001 18(三)")
    assert child.due_at is not None
    await filed(place, agent, "n4", repeat_of=first)
    async with place.database.reading() as session:
        assert (await orders.find(session, orders.OrderFilter(unit=UNIT), place.clock(), 9, 0)).total == 1


async def test_a_third_repeat_that_merges_goes_into_the_open_first(
    place: Place, office: Actor, agent: Actor
) -> None:
    first, third = await often(place, office, agent, "merge")
    row = await read(place, third)
    assert (row.state, row.relation, row.parent_id) == ("merged", "merged", first)
    (event,) = await of_kind(place, third, "ticket.repeat")
    assert (event["way"], event["count"]) == ("merge", 3)


async def test_what_was_settled_in_a_confirmed_redo_is_never_taken_again_without_new_facts(
    place: Place, office: Actor, agent: Actor, unit: Actor
) -> None:
    first = await filed(place, office)
    await do(place, unit, first, "sign", "reply")
    await do(place, office, first, "review", "resolve")
    await place.house.after_call.grade_ticket(office, first, "dissatisfied")
    await do(place, office, first, "redo", cause="bad_grade", reason="仍未发", reasonable=True)
    await do(place, unit, first, "reply")
    await do(place, office, first, "resolve")
    for who in (agent, office):
        with pytest.raises(RepeatRefused, match="督办或重办"):
            await filed(place, who, "k2", repeat_of=first, despite="诉求人坚持")
    taken = await filed(place, agent, "k2", repeat_of=first, new_facts="又欠了一个月")
    assert (await read(place, taken)).state == "dispatched"


async def test_where_no_clause_refuses_an_open_matter_is_merged_and_each_citizen_is_told(
    place: Place, office: Actor, agent: Actor, unit: Actor
) -> None:
    under(place, "yanji")
    first = await filed(place, office)
    mine = await filed(place, agent, "k2", repeat_of=first)
    theirs = await filed(place, agent, "k3", NEIGHBOUR, repeat_of=first)
    loose = await filed(place, agent, "k4", "13700000001", "阳光工地欠薪")
    await place.house.ways.join(office, first, [loose], "多人反映同一工地")
    rows = [await read(place, one) for one in (mine, theirs, loose)]
    assert {(row.state, row.parent_id, row.next_alarm_at) for row in rows} == {("merged", first, None)}
    with pytest.raises(NotAllowed, match="其他诉求人"):
        await do(place, office, first, "withdraw", reason="已解决")
    await place.house.ways.answer_one(unit, first, theirs, "您的工资已于今日发到卡上")
    with pytest.raises(NotFound):
        await place.house.ways.answer_one(unit, first, first, "不在其中")
    await do(place, unit, first, "sign", "reply")
    await do(place, office, first, "resolve")
    texts = {row.recipient: row.words for row in await told(place, "reply")}
    assert set(texts) == {CALLER, NEIGHBOUR, "13700000001"}
    assert "发到卡上" in texts[NEIGHBOUR]
    assert REPLY["result"] in texts[CALLER]
    (event,) = await of_kind(place, theirs, "ticket.told")
    assert event["own"] is True


ROOM = "13500000009"


async def rang(place: Place, ticket_id: str) -> list[str]:
    """Which of the telephones of a ticket's alerts ring, each as often as it does."""
    alerts = [
        one for one in await told(place, "alert") if (one.ticket_id, one.channel) == (ticket_id, "voice")
    ]
    return [one.recipient for one in alerts if one.state == "due"]


async def with_a_duty_room(place: Place) -> None:
    under(place, "yanji")
    async with place.database.session() as session:
        await probes.add_phone(session, UNIT, "duty", ROOM, "值班室", place.clock())


async def test_an_urgent_repeat_rings_the_duty_room_of_the_unit_that_has_the_first_ticket(
    place: Place, office: Actor, agent: Actor
) -> None:
    await with_a_duty_room(place)
    first = await filed(place, office, body="南湖路路面塌陷了一个大坑")
    assert await rang(place, first) == []
    more = "南湖路路面塌陷，有人掉下去了"
    mine = await filed(place, agent, "k2", body=more, repeat_of=first, urgency="urgent")
    head, row = await read(place, first), await read(place, mine)
    assert (row.state, head.urgency, await rang(place, first), await rang(place, mine)) == (
        "merged",
        "urgent",
        [ROOM],
        [],
    )
    (text,) = [one for one in await told(place, "alert") if one.channel == "sms" and one.recipient == ROOM]
    assert f"突发事项工单{head.number}" in text.words
    (event,) = await of_kind(place, first, "ticket.urgent")
    assert (event["unit"], event["phones"], event["joined"]) == (UNIT, 1, row.number)
    assert await of_kind(place, mine, "ticket.urgent") == []
    await filed(place, agent, "k3", NEIGHBOUR, "路面大坑里有两个人", repeat_of=first, urgency="urgent")
    assert await rang(place, first) == [ROOM, ROOM], "what is new about danger is heard again"


@pytest.mark.parametrize("way", ["merge", "join"])
async def test_an_urgent_ticket_that_a_person_merges_rings_the_unit_it_went_to(
    place: Place, office: Actor, agent: Actor, way: str
) -> None:
    await with_a_duty_room(place)
    first = await filed(place, office, body="南湖路路面塌陷了一个大坑")
    draft = TicketDraft("help", "塌陷", "有人掉进坑里", caller=NEIGHBOUR, urgency="urgent")
    theirs = await place.house.file_ticket(agent, draft, "k2")
    if way == "merge":
        await do(place, office, theirs, "merge", into=first)
    else:
        await place.house.ways.join(office, first, [theirs], "同一处塌陷")
    assert ((await read(place, first)).urgency, await rang(place, first)) == ("urgent", [ROOM])
    draft = TicketDraft("help", "塌陷", "还在往下塌", unit=UNIT, caller=NEIGHBOUR, urgency="urgent")
    known = await place.house.file_ticket(agent, draft, "k3")
    await place.house.ways.join(office, first, [known], "同一处塌陷")
    assert (await rang(place, known), await rang(place, first)) == ([ROOM], [ROOM]), "rung for both already"


async def test_a_gravely_sensitive_repeat_is_told_to_the_unit_that_has_the_first_ticket(
    place: Place, office: Actor, agent: Actor
) -> None:
    await with_a_duty_room(place)
    first = await filed(place, office, body="南湖小区燃气灶打不着火")
    mine = await filed(place, agent, "k2", body="南湖小区燃气管道泄漏", repeat_of=first)
    assert ((await read(place, mine)).state, await rang(place, first), await rang(place, mine)) == (
        "merged",
        [ROOM],
        [],
    )
    other = await place.house.file_ticket(
        office, TicketDraft("help", "燃气", "楼下燃气也泄漏了", caller=NEIGHBOUR), "k3"
    )
    second = await filed(place, office, "k4", "13700000001", "南湖小区停气")
    await do(place, office, other, "merge", into=second)
    assert await rang(place, second) == [ROOM]


async def test_what_a_merge_asks_of_the_database_does_not_grow_with_those_before_it(
    place: Place, office: Actor
) -> None:
    first = await filed(place, office)
    matters = ("路灯不亮", "小区停水", "噪声扰民", "下水道堵了", "公交不停站", "社保断缴")
    people = [
        await filed(place, office, f"k{n}", f"1370000010{n}", words) for n, words in enumerate(matters, 2)
    ]
    asked: list[str] = []
    engine = place.database._writer.sync_engine
    sqlalchemy.event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
    await place.house.ways.join(office, first, people[:3], "同一工地")
    before = len(asked)
    await place.house.ways.join(office, first, people[3:], "同一工地")
    assert 0 < len(asked) - before == before


async def test_a_matter_that_went_into_others_is_under_way_while_the_last_of_them_is(
    place: Place, office: Actor, agent: Actor
) -> None:
    mine = await filed(place, office)
    second = await filed(place, office, "k2", NEIGHBOUR, "阳光工地欠薪")
    third = await filed(place, office, "k3", "13700000001", "工地不发工资")
    await place.house.ways.join(office, second, [mine], "同一工地")
    await place.house.ways.join(office, third, [second], "同一工地")
    seen = await place.house.ways.alike(agent, LikeAsk("拖欠工资", BODY, caller=CALLER, unit=UNIT))
    assert (seen["way"], "正在办理" in seen["words"]) == ("refuse", True)
    assert (seen["candidates"][0]["root_id"], seen["candidates"][0]["state"]) == (third, "open")


async def online(place: Place, key: str, body: str = BODY) -> str:
    """What a citizen files by themselves with a code from their telephone; its id."""
    at = place.clock()
    async with place.database.session() as session:
        await portal.add_code(session, CALLER, "123456", at, at + timedelta(minutes=10))
    ask = FilingAsk(CALLER, "complaint", "拖欠工资", body)
    made = await place.house.ways.file(ask, "123456", key)
    async with place.database.reading() as session:
        row = await tickets.by_number(session, made["number"])
    assert row is not None
    return row.id


async def counts(place: Place, of: str) -> list[bool]:
    """What is on record of a ticket as a repeat, and whether it counts."""
    facts = [
        Fact("evt", place.clock(), UNIT, "repeat", of, one)
        for one in await of_kind(place, of, "ticket.repeat")
    ]
    return [is_repeat(fact) for fact in facts]


async def test_a_citizen_who_files_again_online_is_taken_and_the_office_decides_whether_it_is_a_repeat(
    place: Place, office: Actor
) -> None:
    first = await filed(place, office)
    again = await online(place, "k2")
    other = await online(place, "k3", "南湖路路灯坏了两盏，夜里看不见，请修好。")
    (event,) = await of_kind(place, again, "ticket.repeat")
    assert (event["way"], event["of"], event["confirmed"], event["clause"]) == (
        "suspected",
        first,
        False,
        "001 11",
    )
    assert ((await read(place, again)).state, await of_kind(place, other, "ticket.repeat")) == ("filed", [])
    assert await counts(place, again) == [False]
    await place.house.ways.judge_repeat(office, again, "reasonable", "工资至今未发，诉求合理")
    row = await read(place, again)
    assert (row.relation, row.parent_id, row.state) == ("repeat", first, "filed")
    event = (await of_kind(place, again, "ticket.repeat"))[-1]
    assert (event["way"], event["unit"], event["count"], event["reasonable"]) == ("judged", UNIT, 1, True)
    assert await counts(place, again) == [False, True]
    with pytest.raises(NotAllowed, match="不是重复件"):
        await place.house.ways.judge_repeat(office, other, "reasonable", "是另一件事")


async def test_the_office_says_that_what_looked_like_a_repeat_is_another_matter_and_it_counts_nowhere(
    place: Place, office: Actor
) -> None:
    first = await filed(place, office)
    again = await online(place, "k2")
    await place.house.ways.judge_repeat(office, again, "other", "上次是工资，这次是押金")
    event = (await of_kind(place, again, "ticket.repeat"))[-1]
    assert (event["way"], event["of"], event["despite"], event["confirmed"], event["reasonable"]) == (
        "other", first, "上次是工资，这次是押金", False, None,
    )  # fmt: skip
    row = await read(place, again)
    assert (row.relation, row.parent_id, await counts(place, again)) == (None, None, [False, False])
    with pytest.raises(NotAllowed, match="不是重复件"):
        await place.house.ways.judge_repeat(office, again, "reasonable", "看错了")


async def test_what_was_taken_as_a_repeat_cannot_be_called_another_matter(
    place: Place, office: Actor
) -> None:
    await filed(place, office)
    again = await online(place, "k2")
    await place.house.ways.judge_repeat(office, again, "reasonable", "诉求合理")
    with pytest.raises(NotAllowed, match="已作为重复件处理"):
        await place.house.ways.judge_repeat(office, again, "other", "看错了")


@pytest.mark.parametrize("way", ["step", "join"])
async def test_what_the_office_merges_of_the_same_citizen_counts_as_a_repeat_once_a_strangers_never(
    place: Place, office: Actor, way: str
) -> None:
    first = await filed(place, office)
    again = await online(place, "k2")
    theirs = await filed(place, office, "k3", NEIGHBOUR)
    if way == "join":
        await place.house.ways.join(office, first, [again, theirs], "同一事项")
    else:
        for one in (again, theirs):
            await do(place, office, one, "merge", into=first)
    assert [await counts(place, one) for one in (again, theirs)] == [[False, True], []]
    event = (await of_kind(place, again, "ticket.repeat"))[-1]
    assert (event["way"], event["of"], event["unit"], event["count"]) == ("merge", first, UNIT, 1)
    await place.house.ways.judge_repeat(office, again, "reasonable", "诉求合理")
    assert await counts(place, again) == [False, True, False]


async def chain(place: Place, office: Actor, many: int) -> list[str]:
    """Tickets of as many citizens, each gone into the next; the last one leads."""
    ids = [
        await filed(place, office, f"c{n}", f"1370000000{n}", f"第{n}人：工地欠薪{n}个月")
        for n in range(many)
    ]
    for gone, into in pairwise(ids):
        await do(place, office, gone, "merge", into=into)
    return ids


async def test_every_citizen_hears_the_result_and_an_extension_however_often_theirs_went_into_another(
    place: Place, office: Actor, unit: Actor
) -> None:
    *gone, lead = await chain(place, office, 7)
    await do(place, unit, lead, "sign")
    await do(place, unit, lead, "ask_extension", reason="需现场核查")
    await do(place, office, lead, "grant_extension")
    await do(place, unit, lead, "reply")
    await place.house.ways.answer_one(unit, lead, gone[0], "您的工资已发到卡上")
    await do(place, office, lead, "resolve")
    theirs = {(await read(place, one)).caller for one in gone}
    assert {row.recipient for row in await told(place, "reply")} == theirs
    assert {row.recipient for row in await told(place, "extension")} == {
        *theirs,
        (await read(place, lead)).caller,
    }
    async with place.database.reading() as session:
        seen = {(await queries.ticket(session, Scope(unit=UNIT), one)).id for one in gone}
        assert (seen, (await tickets.leading(session, await read(place, gone[0]))).id) == ({*gone}, lead)


async def test_a_matter_is_not_withdrawn_over_a_citizen_whose_ticket_came_with_another(
    place: Place, office: Actor
) -> None:
    theirs = await filed(place, office, "k1", NEIGHBOUR)
    mine, lead = await filed(place, office, "k2"), await filed(place, office, "k3")
    await do(place, office, theirs, "merge", into=mine)
    await do(place, office, mine, "merge", into=lead)
    with pytest.raises(NotAllowed, match=(await read(place, theirs)).number):
        await do(place, office, lead, "withdraw", reason="不反映了")


async def test_what_no_unit_settled_does_not_close_the_door(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office)
    await do(place, agent, first, "withdraw", reason="以为已发")
    await filed(place, agent, "k2")
    again = await filed(place, agent, "k3", repeat_of=first)
    (event,) = await of_kind(place, again, "ticket.repeat")
    assert (event["way"], (await read(place, again)).parent_id) == ("take", first)


async def test_new_facts_stand_in_the_tickets_words_and_masked_on_the_record(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office)
    said = "又欠了一个月，联系13700000009"
    again = await filed(place, agent, "k2", repeat_of=first, new_facts=said)
    assert (await read(place, again)).body == f"{BODY}\n【新情况】{said}"
    (event,) = await of_kind(place, again, "ticket.repeat")
    assert (event["new_facts"], event["what_is_new"]) == (True, "又欠了一个月，联系137****0009")


async def test_the_unit_reads_those_who_joined_and_answers_each_of_them(
    place: Place, office: Actor, agent: Actor, unit: Actor
) -> None:
    under(place, "yanji")
    first = await filed(place, office)
    secret = "我是王小明13987654321，还欠三号工地的加班费"
    theirs = await filed(
        place, agent, "k2", NEIGHBOUR, secret, repeat_of=first, confidential=True, citizen_name="王小明"
    )
    deeper = await filed(place, office, "k3", "13700000001", "四号工地也没发工资")
    await place.house.ways.join(office, first, [deeper], "同一工地")
    body = (await read(place, first)).body
    assert f"【并入工单{(await read(place, theirs)).number}】" in body
    assert ("三号工地的加班费" in body, "王小明" in body, NEIGHBOUR in body) == (True, False, False)
    assert "四号工地也没发工资" in body
    reach, stranger = Scope(unit=UNIT), Scope(unit=OTHER)
    async with place.database.reading() as session:
        seen = await queries.tickets(session, reach, queries.TicketFilter(parent=first), 10, 0)
        assert {row.id for row in seen.items} == {theirs, deeper}
        assert {row.id for row in await queries.children(session, reach, first)} == {theirs, deeper}
        assert (await queries.ticket(session, reach, theirs)).id == theirs
        assert await queries.children(session, stranger, first) == []
        with pytest.raises(NotFound):
            await queries.ticket(session, stranger, theirs)
    await place.house.ways.answer_one(unit, first, theirs, "您的加班费已发")


async def test_who_helps_with_a_matter_reads_the_words_of_those_who_joined_it(
    place: Place, office: Actor
) -> None:
    first = await filed(place, office)
    helper = await place.house.add_child(office, first, ChildDraft("assist", OTHER), "c1")
    before = await read(place, helper)
    theirs = await filed(place, office, "k2", NEIGHBOUR, "二号工地也欠薪")
    await place.house.ways.join(office, first, [theirs], "同一工地")
    child, said = await read(place, helper), f"【并入工单{(await read(place, theirs)).number}】二号工地也欠薪"
    assert [said in one.body for one in (child, await read(place, first))] == [True, True]
    assert (child.state, child.due_at, child.next_alarm_at) == (
        before.state,
        before.due_at,
        before.next_alarm_at,
    )
    (joined,) = await of_kind(place, helper, "ticket.words_joined")
    assert (joined["unit"], joined["joined"]) == (OTHER, (await read(place, theirs)).number)


async def test_after_a_redo_every_citizen_hears_the_new_result_and_nobodys_number(
    place: Place, office: Actor, agent: Actor, unit: Actor
) -> None:
    first = await filed(place, office)
    theirs = await filed(place, office, "k2", NEIGHBOUR, "阳光工地欠薪")
    await place.house.ways.join(office, first, [theirs], "同一工地")
    await do(place, unit, first, "sign", "reply")
    await place.house.ways.answer_one(unit, first, theirs, "您的工资周五发")
    await do(place, office, first, "review", "resolve")
    await place.house.after_call.grade_ticket(office, first, "dissatisfied")
    await do(place, office, first, "redo", cause="bad_grade", reason="仍未发", reasonable=True)
    await do(place, unit, first, "reply", result="已联系张女士13812345678，工资全部发还")
    await do(place, office, first, "resolve")
    words = [row.words for row in await told(place, "reply") if row.recipient == NEIGHBOUR]
    assert ["您的工资周五发" in words[0], "工资全部发还" in words[1], len(words)] == [True, True, 2]
    assert CALLER not in words[1]
    assert [one["rounds"] for one in await of_kind(place, theirs, "ticket.told")] == [0, 1]


async def test_what_the_citizen_of_a_merged_ticket_does_is_done_to_the_leading_one(
    place: Place, office: Actor, agent: Actor
) -> None:
    first = await filed(place, office, caller=NEIGHBOUR)
    mine = await filed(place, office, "k2", body="阳光工地欠薪")
    await place.house.ways.join(office, first, [mine], "同一工地")
    number, code = await code_of(place, mine)
    seen = await place.house.ways.opened(number, code)
    assert set(seen["deeds"]) == {"supplement", "urge", "withdraw"}
    await place.house.ways.by_citizen(number, code, "supplement", "二号楼也欠")
    await do(place, agent, mine, "urge", words="快一点")
    await place.house.ways.by_citizen(number, code, "withdraw", "已经发了")
    row = await read(place, first)
    assert f"（工单{number}诉求人）二号楼也欠" in row.body
    assert f"（工单{number}诉求人）不再反映：已经发了" in row.body
    assert (row.state, (await read(place, mine)).state) == ("dispatched", "merged")
    deeds = [one["action"] for one in await of_kind(place, first, "ticket.stepped")]
    assert deeds == ["supplement", "supplement", "urge", "supplement"]
