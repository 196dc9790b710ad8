"""Replies and their gate, the same matter again, and what a citizen does about a ticket of theirs."""

import re
from datetime import timedelta
from typing import Any

import pytest

from api import queries
from api.house import Actor, ChildDraft, TicketDraft
from api.ways_house import LikeAsk
from app import policies
from app.ways.citizen import TooSoon
from app.ways.codes import WrongCode
from app.ways.repeats import RepeatFound, RepeatRefused
from app.ways.reply import ReplyRefused
from core.errors import BadInput, NotAllowed, NotFound, WrongState
from core.policy import Policy
from core.rights import Scope
from store import events, grades, notices, orders, probes, replies, tickets
from store.tables import NoticeRow, Ticket
from tests.app.place import Place

pytestmark = pytest.mark.service
UNIT, OTHER = "chenzhou.rsj", "chenzhou.cgj"
CALLER, NEIGHBOUR = "13812345678", "13987654321"
BODY = "北湖区阳光工地拖欠三个月工资。要求发还工资。希望公布投诉电话。"
REPLY = {
    "handled_at": "2026-11-20", "section": "劳动监察科", "handler": "李工", "law": "《保障农民工工资支付条例》第五条",
    "basis": "湘人社发〔2020〕1号", "talk": "已电话告知诉求人",
    "result": "经核查，施工单位已于11月20日将拖欠工资全部发还工人，投诉电话已在工地公布。",
}  # fmt: skip


@pytest.fixture
async def office(place: Place) -> Actor:
    await place.registers()
    return await place.person("rexian", "office")


@pytest.fixture
async def agent(place: Place, office: Actor) -> Actor:
    return await place.person("li")


@pytest.fixture
async def unit(place: Place, office: Actor) -> Actor:
    return await place.person("renshe", "unit", UNIT)


def under(place: Place, name: str, **ways: Any) -> None:
    """The floor obeys this city's rules."""
    raw = policies.load(name).model_dump(mode="json", by_alias=True) | ({"ways": ways} if ways else {})
    place.floor.policy = Policy.model_validate(raw)


async def read(place: Place, ticket_id: str) -> Ticket:
    async with place.database.reading() as session:
        return await tickets.get(session, ticket_id)


async def filed(
    place: Place, who: Actor, key: str = "k1", caller: str = CALLER, body: str = BODY, **more: Any
) -> str:
    draft = TicketDraft("complaint", "拖欠工资", body, unit=UNIT, caller=caller, **more)
    return await place.house.file_ticket(who, draft, key)


async def do(place: Place, who: Actor, ticket_id: str, *deeds: str, **facts: Any) -> None:
    for deed in deeds:
        row = await read(place, ticket_id)
        given = REPLY | facts if deed == "reply" else facts
        await place.house.act_on_ticket(who, ticket_id, row.version, deed, given)


async def told(place: Place, kind: str) -> list[NoticeRow]:
    async with place.database.reading() as session:
        return [row for row in (await notices.find(session, kind=kind)).items][::-1]


async def of_kind(place: Place, ticket_id: str, name: str) -> list[dict[str, Any]]:
    async with place.database.reading() as session:
        return [row.payload for row in await events.of(session, ticket_id) if row.name == name]


# --- the gate ------------------------------------------------------------------------------------------------------------


async def test_a_reply_is_kept_with_what_the_gate_found(place: Place, office: Actor, unit: Actor) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    thin = {
        "result": "您反映的问题已收悉，我局高度重视，正在积极处理，感谢您的理解与支持",
        "law": "《劳动合同法》第九百条",
    }
    checked = await place.house.ways.check_reply(unit, ticket, REPLY | thin)
    kinds = {one["kind"] for one in checked["findings"]}
    assert kinds == {"unaddressed", "template", "law", "contact"}
    assert (checked["asked"], checked["unaddressed"]) == (2, 2)
    await do(place, unit, ticket, "contact", talk="已与诉求人通话核实")
    await do(place, unit, ticket, "reply")
    async with place.database.reading() as session:
        (kept,) = await replies.of_ticket(session, ticket)
    assert (kept.words, kept.findings, kept.asked, kept.unaddressed) == (REPLY["result"], [], 2, 0)
    (checked_event,) = await of_kind(place, ticket, "ticket.reply_checked")
    assert checked_event["findings"] in ([], ())


async def test_a_reply_copied_from_another_ticket_names_it(place: Place, office: Actor, unit: Actor) -> None:
    first = await filed(place, office)
    second = await filed(place, office, "k2", NEIGHBOUR, "桂阳县某厂不交社保，希望查处")
    for ticket in (first, second):
        await do(place, unit, ticket, "sign")
        await do(place, unit, ticket, "contact", talk="已联系")
        await do(place, unit, ticket, "reply")
    async with place.database.reading() as session:
        (kept,) = await replies.of_ticket(session, second)
    found = {one["kind"]: one["evidence"] for one in kept.findings}
    assert found["copied"][0] == (await read(place, first)).number
    assert "查处" in found["unaddressed"][0]


async def test_what_a_city_wants_refused_is_refused_and_nothing_changes(
    place: Place, office: Actor, unit: Actor
) -> None:
    under(place, "demo", gate={"refuse": ["fields", "contact"]})
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    with pytest.raises(ReplyRefused, match="没有联系诉求人"):
        await do(place, unit, ticket, "reply")
    assert (await read(place, ticket)).state == "signed"
    await do(place, unit, ticket, "contact", talk="已联系")
    await do(place, unit, ticket, "reply")
    assert (await read(place, ticket)).state == "replied"


async def test_telling_the_citizen_is_a_fact_and_our_text_does_it_when_asked(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    with pytest.raises(BadInput, match="told_at"):
        await do(place, unit, ticket, "reply", told_at=(place.clock() + timedelta(hours=1)).isoformat())
    at = place.clock()
    await do(place, unit, ticket, "reply", told_at=at.isoformat(), told_how="visit", tell=True)
    (event,) = await of_kind(place, ticket, "ticket.replied")
    assert (event["told"], event["told_late"], event["told_at"][:10]) == (True, False, f"{at:%Y-%m-%d}")
    (text,) = await told(place, "reply")
    assert text.recipient == CALLER
    assert REPLY["result"] in text.words


async def test_a_citizen_told_after_the_term_was_told_late(place: Place, office: Actor, unit: Actor) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    place.clock.pass_(timedelta(days=60).total_seconds())
    await do(place, unit, ticket, "reply", told_at=place.clock().isoformat(), told_how="phone")
    (event,) = await of_kind(place, ticket, "ticket.replied")
    assert (event["late"], event["told_late"]) == (True, True)


# --- repeats ---------------------------------------------------------------------------------------------------------------


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
    await place.house.ways.judge_repeat(office, third, False, "诉求已解决")
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


# --- what citizens do --------------------------------------------------------------------------------------------------------


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


async def code_of(place: Place, ticket_id: str) -> tuple[str, str]:
    number = (await read(place, ticket_id)).number
    await place.house.ways.send_code(number, CALLER)
    sent = (await told(place, "code"))[-1]
    found = re.search(r"验证码(\d{6})", sent.words)
    assert found
    return number, found[1]


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


# --- after the reply -----------------------------------------------------------------------------------------------------------


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
    assert (flag["unit"], flag["claimed"], flag["said"]) == (
        UNIT,
        "已电话告知诉求人",
        "根本没人联系我138****5678",
    )
    (back,) = await of_kind(place, ticket, "ticket.feedback")
    assert (back["grade"], "办理前联系诉求人" in back["advice"]) == ("very_dissatisfied", True)
    (text,) = await told(place, "feedback")
    assert "非常不满意" in text.words
    stepped = [one for one in await of_kind(place, ticket, "ticket.stepped") if one["action"] == "revisit"]
    assert (stepped[0]["facts"]["contacted"], stepped[0]["facts"]["solved"]) == (False, False)


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
