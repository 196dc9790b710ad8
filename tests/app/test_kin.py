"""Tickets that belong together, the duty-dispute board, and what a step leaves owed."""

from datetime import timedelta
from typing import Any

import pytest

from api.actor import Actor
from api.house import ChildDraft, TicketDraft
from app import filing, flow, policies
from app.disputes import Precedented, covers
from core.divisions import Division, Tree
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from store import events, grades, notices, precedents, tickets
from store.tables import Precedent, Ticket, Unit
from tests.app.place import Place

pytestmark = pytest.mark.service
UNIT, OTHER = "chenzhou.rsj", "chenzhou.cgj"
REPLY = dict.fromkeys(("handled_at", "section", "handler", "result", "law", "basis", "talk"), "已办理")


@pytest.fixture
async def office(place: Place) -> Actor:
    await place.registers()
    return await place.person("rexian", "office")


@pytest.fixture
async def unit(place: Place, office: Actor) -> Actor:
    return await place.person("renshe", "unit", UNIT)


@pytest.fixture
async def other(place: Place, office: Actor) -> Actor:
    return await place.person("chengguan", "unit", OTHER)


async def read(place: Place, ticket_id: str) -> Ticket:
    async with place.database.reading() as session:
        return await tickets.get(session, ticket_id)


async def family(place: Place, ticket_id: str) -> list[Ticket]:
    async with place.database.reading() as session:
        return list(await tickets.children(session, ticket_id))


async def filed(house: Place, office: Actor, key: str = "k1", **more: Any) -> str:
    given = {"caller": "13812345678"} | more
    draft = TicketDraft("help", "拖欠工资", "工地拖欠三个月工资", unit=UNIT, **given)
    return await house.house.file_ticket(office, draft, key)


async def do(place: Place, who: Actor, ticket_id: str, *deeds: str, **facts: Any) -> None:
    for deed in deeds:
        row = await read(place, ticket_id)
        given = REPLY | facts if deed == "reply" else facts
        await place.house.act_on_ticket(who, ticket_id, row.version, deed, given)


async def test_the_lead_is_not_resolved_while_an_assisting_unit_still_works(
    place: Place, office: Actor, unit: Actor, other: Actor
) -> None:
    lead = await filed(place, office)
    assist = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    assert assist == await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    await do(place, unit, lead, "sign", "reply")
    with pytest.raises(NotAllowed, match="协办"):
        await do(place, office, lead, "resolve")
    child = await read(place, assist)
    assert (child.parent_id, child.relation, child.state, child.unit_code) == (
        lead,
        "assist",
        "dispatched",
        OTHER,
    )
    assert child.due_at is not None
    await do(place, other, assist, "sign", "reply")
    await do(place, office, lead, "resolve")
    assert (await read(place, lead)).state == "resolved"


@pytest.mark.parametrize(
    ("relation", "unit_code", "error"),
    [("assist", UNIT, BadInput), ("assist", None, BadInput), ("descent", OTHER, NotAllowed)],
)
async def test_a_child_that_makes_no_sense_is_refused(
    place: Place, office: Actor, relation: Any, unit_code: str | None, error: type[Exception]
) -> None:
    lead = await filed(place, office)
    with pytest.raises(error):
        await place.house.add_child(office, lead, ChildDraft(relation, unit_code), "k2")
    assert await family(place, lead) == []


async def test_a_unit_hands_work_down_to_a_unit_of_its_own_and_waits_for_it(
    place: Place, office: Actor, unit: Actor
) -> None:
    async with place.database.session() as session:
        session.add(Unit(code="rsj.jdc", name="劳动监察大队", aliases=[], parent_code=UNIT))
    squad = await place.person("jianchadui", "unit", "rsj.jdc")
    lead = await filed(place, office)
    await do(place, unit, lead, "sign")
    below = await place.house.add_child(unit, lead, ChildDraft("descent", "rsj.jdc"), "k2")
    child = await read(place, below)
    assert (child.relation, child.state, child.unit_code) == ("descent", "dispatched", "rsj.jdc")
    assert child.due_at is not None
    with pytest.raises(NotAllowed, match="下级承办"):
        await do(place, unit, lead, "reply")
    await do(place, squad, below, "sign", "reply")
    await do(place, unit, lead, "reply")
    stranger = await place.person("chengguan", "unit", OTHER)
    with pytest.raises(NotAllowed):
        await place.house.add_child(stranger, lead, ChildDraft("descent", "rsj.jdc"), "k3")


async def test_work_handed_down_runs_under_the_rules_of_the_county_it_goes_to(
    place: Place, office: Actor, unit: Actor
) -> None:
    county = Division("431021", "桂阳县", "county", "431000", policy="yanji")
    place.floor.divisions = Tree([Division("431000", "郴州市", "city"), county])
    async with place.database.session() as session:
        session.add(Unit(code="gy.rsj", name="桂阳县人社局", aliases=[], parent_code=UNIT, division="431021"))
    lead = await filed(place, office)
    await do(place, unit, lead, "sign")
    child = await read(place, await place.house.add_child(unit, lead, ChildDraft("descent", "gy.rsj"), "k2"))
    assert (child.policy, (await read(place, lead)).policy) == ("yanji", "demo")


async def test_a_matter_split_off_alerts_and_its_citizen_is_told_its_number(
    place: Place, office: Actor
) -> None:
    lead = await filed(place, office)
    draft = ChildDraft("split", OTHER, "扬言轻生", "再不解决他就要跳楼")
    async with place.floor.hints.subscribe("tickets") as heard:
        split = await place.house.add_child(office, lead, draft, "k2")
        assert split == await place.house.add_child(office, lead, draft, "k2")
        assert [(await anext(heard))[1]["event"] for _ in range(2)] == ["ticket.filed", "ticket.sensitive"]
    row, whole = await read(place, split), await read(place, lead)
    async with place.database.reading() as session:
        found = [event.name for event in await events.of(session, split)]
        texts = await notices.due(session, "sms", place.clock())
    assert found.count("ticket.sensitive") == 1
    (number,) = [one for one in texts if one.kind == "ticket_number"]
    assert (number.ticket_id, number.recipient) == (split, "13812345678")
    assert row.number in number.words
    assert whole.number in number.words


async def test_a_consult_split_off_a_complaint_has_a_consults_term(place: Place, office: Actor) -> None:
    place.floor.policy = policies.load("heyuan")
    draft = TicketDraft("complaint", "拖欠工资", "拖欠工资；另问社保怎么转移", unit=UNIT, urgency="urgent")
    lead = await place.house.file_ticket(office, draft, "k1")
    split = ChildDraft("split", OTHER, "社保怎么转移", "社保转移手续", type="consult")
    asked = await read(place, await place.house.add_child(office, lead, split, "k2"))
    plain = await read(
        place, await place.house.file_ticket(office, TicketDraft("consult", "问", "问一下", unit=OTHER), "k3")
    )
    assert (asked.type, asked.intake, asked.urgency) == ("consult", "consult", "normal")
    assert asked.due_at == plain.due_at
    named = ChildDraft("split", OTHER, "欠税线索", "举报企业偷税", intake="report")
    assert (await read(place, await place.house.add_child(office, lead, named, "k4"))).type == "report"
    like = ChildDraft("split", OTHER, "另一家也欠薪", "另一家也拖欠工资")
    assert (await read(place, await place.house.add_child(office, lead, like, "k5"))).type == "complaint"
    with pytest.raises(BadInput, match="拆分"):
        await place.house.add_child(office, lead, ChildDraft("assist", OTHER, type="consult"), "k6")
    wrong = ChildDraft("split", OTHER, type="help", intake="report")
    with pytest.raises(BadInput, match="时限"):
        await place.house.add_child(office, lead, wrong, "k7")


async def test_agents_do_not_supervise_and_units_do_not_add(place: Place, office: Actor, unit: Actor) -> None:
    lead = await filed(place, office)
    agent = await place.person("li")
    for who, relation in ((agent, "supervision"), (unit, "assist")):
        with pytest.raises(NotAllowed):
            await place.house.add_child(who, lead, ChildDraft(relation, OTHER), "k2")  # type: ignore[arg-type]


async def test_a_red_card_opens_one_supervision_order_by_itself(
    place: Place, office: Actor, unit: Actor
) -> None:
    lead = await filed(place, office)
    await do(place, unit, lead, "sign")
    place.clock.pass_(timedelta(days=20).total_seconds())
    await flow.deadline_near(place.floor, lead)
    await flow.deadline_near(place.floor, lead)
    (order,) = await family(place, lead)
    assert (order.relation, order.unit_code, order.state) == ("supervision", UNIT, "dispatched")
    assert order.due_at is not None
    assert order.title == "【红牌督办】拖欠工资"
    await do(place, unit, order.id, "sign")
    await do(place, unit, order.id, "reply", result="已约谈用工单位")
    assert (await read(place, order.id)).state == "replied"


async def test_a_matter_withdrawn_leaves_nobody_working_on_it(place: Place, office: Actor) -> None:
    lead = await filed(place, office)
    assist = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    await do(place, office, lead, "withdraw", reason="已自行解决")
    assert [(await read(place, one)).state for one in (lead, assist)] == ["withdrawn", "withdrawn"]
    assert (await read(place, assist)).next_alarm_at is None


async def test_a_matter_withdrawn_is_nobodys_work_down_to_the_last_level(place: Place, office: Actor) -> None:
    async with place.database.session() as session:
        for code, parent in (("rsj.jdc", UNIT), ("rsj.jdc.1", "rsj.jdc")):
            session.add(Unit(code=code, name=code, aliases=[], parent_code=parent))
            await session.flush()
    lead = await filed(place, office)
    county = await place.house.add_child(office, lead, ChildDraft("descent", "rsj.jdc"), "k2")
    township = await place.house.add_child(office, county, ChildDraft("descent", "rsj.jdc.1"), "k3")
    split = await place.house.add_child(office, county, ChildDraft("split", None), "k4")
    await do(place, office, lead, "withdraw", reason="已自行解决")
    states = [(await read(place, one)).state for one in (lead, county, township, split)]
    assert states == ["withdrawn", "withdrawn", "withdrawn", "filed"]


async def test_merging_leads_to_the_other_ticket_and_never_in_a_circle(place: Place, office: Actor) -> None:
    first, second = await filed(place, office), await filed(place, office, "k3")
    for into, error in ((second, BadInput), ("tkt_unknown", NotFound)):
        with pytest.raises(error):
            await do(place, office, second, "merge", into=into)
    await do(place, office, second, "merge", into=first)
    merged = await read(place, second)
    assert (merged.state, merged.parent_id, merged.relation) == ("merged", first, "merged")
    with pytest.raises((NotAllowed, BadInput)):
        await do(place, office, first, "merge", into=second)


async def test_what_the_board_decided_binds_the_next_return(
    place: Place, office: Actor, unit: Actor, other: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "return", reason="不属本单位职责", basis="三定方案")
    await do(place, office, ticket, "dispute", question="工地欠薪由谁管")
    await do(place, office, ticket, "escalate", rung="office")
    await do(place, office, ticket, "decide", unit=UNIT, basis="保障农民工工资支付条例 7", matter="工地 拖欠")
    async with place.database.reading() as session:
        (one,) = await precedents.of_unit(session, UNIT)
    assert (one.rung, one.basis) == ("office", "保障农民工工资支付条例 7")
    again = await filed(place, office, "k9")
    with pytest.raises(Precedented, match="保障农民工工资支付条例"):
        await do(place, unit, again, "return", reason="不属本单位职责", basis="三定方案")
    await place.house.retire_precedent(office, one.id, "机构改革")
    with pytest.raises(Conflict):
        await place.house.retire_precedent(office, one.id, "机构改革")
    async with place.database.reading() as session:
        told = [row for row in await events.of(session, ticket) if row.name == "precedent.retired"]
    assert [(row.actor, row.payload["precedent_id"]) for row in told] == [(office.id, one.id)]
    assert "机构改革" not in str(told[0].payload)
    await do(place, unit, again, "return", reason="不属本单位职责", basis="三定方案")
    assert (await read(place, again)).state == "returned"


async def test_a_ticket_decided_anew_leaves_its_new_precedent_and_the_old_one_stays_on_record(
    place: Place, office: Actor, unit: Actor, other: Actor
) -> None:
    ticket = await filed(place, office)

    async def decided(by: Actor, to: str, matter: str) -> Precedent:
        await do(place, by, ticket, "return", reason="不属本单位职责", basis="三定方案")
        await do(place, office, ticket, "dispute", question="由谁管")
        await do(place, office, ticket, "decide", unit=to, basis="三定方案", matter=matter)
        async with place.database.reading() as session:
            (held,) = [
                one for unit in (UNIT, OTHER) for one in await precedents.of_unit(session, unit)
            ]  # of all of them one holds
        assert (held.unit_code, held.matter) == (to, matter)
        return held

    first = await decided(unit, UNIT, "工地 拖欠")
    await place.house.retire_precedent(office, first.id, "机构改革")
    second = await decided(unit, OTHER, "占道 经营")
    third = await decided(other, UNIT, "工地 工资")
    async with place.database.reading() as session:
        kept = (await precedents.find(session, "", 10, 0)).items
    assert {one.id: one.retired_why for one in kept} == {
        first.id: "机构改革", second.id: precedents.SUPERSEDED, third.id: None
    }  # fmt: skip


def test_a_precedent_covers_a_text_in_which_all_its_words_stand() -> None:
    assert covers("工地 拖欠", "某工地拖欠工资")
    assert not covers("工地 社保", "某工地拖欠工资")
    assert not covers("  ", "某工地拖欠工资")


async def test_a_granted_extension_is_told_to_the_citizen_and_a_refused_one_is_not(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    await do(place, unit, ticket, "ask_extension", reason="需现场核查")
    await do(place, office, ticket, "refuse_extension", reason="理由不足")
    await do(place, unit, ticket, "ask_extension", reason="需现场核查")
    await do(place, office, ticket, "grant_extension")
    async with place.database.reading() as session:
        told = [
            row for row in await notices.due(session, "sms", place.clock(), 50) if row.kind == "extension"
        ]
    assert [row.recipient for row in told] == ["13812345678"]
    assert "延至" in told[0].words


async def test_an_extension_is_told_to_those_who_joined_and_to_nobody_silently_not(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    await do(place, unit, ticket, "ask_extension", reason="需现场核查")
    for n, caller in enumerate(("13900000001", "07352345678")):
        draft = TicketDraft("complaint", "拖欠工资", "同一工地欠薪", caller=caller)
        joins = await place.house.file_ticket(office, draft, f"joins-{n}")
        await place.house.ways.join(office, ticket, [joins], "同一工地")
    await do(place, office, ticket, "grant_extension")
    async with place.database.reading() as session:
        told = (await notices.find(session, kind="extension")).items
    assert {(row.recipient, row.state) for row in told} == {
        ("13812345678", "due"), ("13900000001", "due"), ("", "not_sent"),
    }  # fmt: skip


async def test_who_was_told_of_their_own_extension_is_told_of_that_of_the_ticket_theirs_went_into(
    place: Place, office: Actor, unit: Actor
) -> None:
    lead = await filed(place, office)
    joins = await filed(place, office, "k2", caller="13900000001")
    for ticket in (lead, joins):
        await do(place, unit, ticket, "sign")
        await do(place, unit, ticket, "ask_extension", reason="需现场核查")
    await do(place, office, joins, "refuse_extension", reason="理由不足")
    await do(place, unit, joins, "ask_extension", reason="需现场核查")
    await do(place, office, joins, "grant_extension")
    before = (await read(place, joins)).version
    await do(place, office, joins, "merge", into=lead)
    await do(place, office, lead, "grant_extension")
    assert (await read(place, lead)).version == before, "the very number the other ticket had"
    async with place.database.reading() as session:
        told = (await notices.find(session, kind="extension")).items
    assert sorted(row.recipient for row in told) == ["13812345678", "13900000001", "13900000001"]


async def test_a_deadline_the_rules_leave_open_is_named_later_and_a_named_one_only_shortened(
    place: Place, office: Actor, unit: Actor, other: Actor
) -> None:
    ticket = await filed(place, office)
    due = (await read(place, ticket)).due_at
    assert due is not None
    sooner, later = due - timedelta(days=1), due + timedelta(days=1)
    for until, term in ((later, "shorter"), (sooner, "set")):
        with pytest.raises(BadInput, match="until"):
            await do(place, office, ticket, "set_term", until=until, term=term)
    await do(place, office, ticket, "set_term", until=sooner, term="shorter")
    assert (await read(place, ticket)).due_at == sooner
    urgent = sooner - timedelta(hours=3)
    await do(place, unit, ticket, "set_term", until=urgent, term="shorter")
    assert (await read(place, ticket)).due_at == urgent
    with pytest.raises(BadInput, match="只能短于"):
        await do(place, unit, ticket, "set_term", until=sooner, term="shorter")
    with pytest.raises(NotAllowed):
        await do(place, other, ticket, "set_term", until=urgent - timedelta(hours=1), term="shorter")
    place.floor.policy = policies.load("chenzhou")
    silent = await filed(place, office, "k9")
    assert (await read(place, silent)).due_at is None
    until = place.clock() + timedelta(days=5)
    for term in ("shorter", "set"):
        with pytest.raises(NotAllowed):
            await do(place, unit, silent, "set_term", until=until, term=term)
    await do(place, office, silent, "set_term", until=until, term="set")
    row = await read(place, silent)
    assert (row.due_at, row.next_alarm_at) == (until, until)


async def test_what_helps_with_a_matter_has_the_statutes_own_term_too(
    place: Place, office: Actor, other: Actor
) -> None:
    until = place.clock() + timedelta(days=90)
    lead = await filed(place, office, until=until, term="statutory", term_basis="《行政处罚法》第六十条")
    helps = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    row = await read(place, helps)
    assert (row.due_at, row.clock["named"]) == (until, "statutory")
    async with place.database.reading() as session:
        (sent,) = [one for one in await events.of(session, helps) if one.name == "ticket.dispatched"]
    assert sent.payload["facts"]["term_basis"] == "《行政处罚法》第六十条"
    place.clock.pass_(91 * 86400)  # over: who is called in now has the rules' own term
    late = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k3")
    row = await read(place, late)
    assert row.clock["named"] is None
    assert row.due_at is not None
    assert row.due_at > place.clock()


async def test_what_is_done_inside_is_never_written_to_the_citizen(
    place: Place, office: Actor, unit: Actor, other: Actor
) -> None:
    lead = await filed(place, office)
    assist = await place.house.add_child(office, lead, ChildDraft("assist", OTHER), "k2")
    order = await place.house.add_child(office, lead, ChildDraft("supervision", UNIT), "k3")
    await do(place, other, assist, "sign")
    await do(place, other, assist, "ask_extension", reason="需现场核查")
    await do(place, office, assist, "grant_extension")
    await do(place, unit, order, "sign")
    for who, child in ((other, assist), (unit, order)):
        with pytest.raises(BadInput, match="tell"):
            await do(place, who, child, "reply", tell=True)
    await do(place, unit, order, "reply")
    async with place.database.reading() as session:
        told = (await notices.find(session)).items
    assert not [row for row in told if row.recipient == "13812345678" and row.ticket_id != lead]
    assert not [row for row in told if row.kind in ("extension", "reply")]


async def test_a_grade_moves_the_ticket_on_and_after_a_redo_there_is_another(
    place: Place, office: Actor, unit: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign", "reply")
    await do(place, office, ticket, "review", "resolve")
    desk = place.house.after_call
    assert await desk.grade_ticket(office, ticket, "dissatisfied")
    assert not await desk.grade_ticket(office, ticket, "satisfied")
    assert (await read(place, ticket)).state == "revisited"
    await do(place, office, ticket, "redo", cause="bad_grade", reason="工资仍未发", reasonable=True)
    again = await read(place, ticket)
    assert (again.state, again.clock["redone"]) == ("redoing", 1)
    assert again.due_at is not None
    await do(place, unit, ticket, "reply")
    await do(place, office, ticket, "resolve")
    assert await desk.grade_ticket(office, ticket, "satisfied")
    await do(place, office, ticket, "archive")
    async with place.database.reading() as session:
        assert [row.grade for row in await grades.of_ticket(session, ticket)] == ["dissatisfied", "satisfied"]
        history = [row for row in await events.of(session, ticket) if "action" in row.payload]
    assert [row.payload["state"] for row in history][-3:] == ["resolved", "revisited", "archived"]
    assert all(row.payload["unit"] == UNIT for row in history[1:])


async def test_a_statutory_deadline_is_held_against_the_register_of_laws(
    place: Place, office: Actor, other: Actor
) -> None:
    agent, until = await place.person("huawu", "agent"), place.clock() + timedelta(days=90)
    named: dict[str, Any] = {"until": until, "term": "statutory"}
    with pytest.raises(NotAllowed, match="shorter"):
        await filed(place, agent, "a1", **named, term_basis="行政处罚法 60")
    lead = await filed(place, agent, "a2")
    draft = ChildDraft("assist", OTHER, **named, term_basis="行政处罚法 60")
    with pytest.raises(NotAllowed, match="shorter"):
        await place.house.add_child(agent, lead, draft, "a3")
    for basis, told in (
        ("行政处分法 60", "相近的有：.*行政"),
        ("《行政处罚法》第九百条", "没有第900条"),
        ("领导说的", "法规库"),
    ):
        with pytest.raises(BadInput, match=told):
            await filed(place, office, f"b-{basis}", **named, term_basis=basis)
    law = await filed(place, office, "c1", **named, term_basis="《行政处罚法》第六十条")
    own = await filed(place, office, "c2", **named, term_basis="《湖南省没有收录条例》第三条")
    assert [(await read(place, one)).due_at for one in (law, own)] == [until, until]
    async with place.database.reading() as session:
        doubted = [
            [
                row.payload["basis"]
                for row in await events.of(session, one)
                if row.name == "ticket.term_doubted"
            ]
            for one in (law, own)
        ]
    assert doubted == [[], ["湖南省没有收录条例"]]


async def test_an_urgent_confidential_matter_with_a_sooner_deadline_is_filed_as_such(
    place: Place, office: Actor
) -> None:
    until = place.clock() + timedelta(hours=20)
    ticket = await filed(
        place, office, urgency="urgent", confidential=True, place="431002", until=until, term="shorter"
    )
    row = await read(place, ticket)
    assert (row.urgency, row.confidential, row.place, row.due_at) == ("urgent", True, "431002", until)
    assert row.clock["named"] == "shorter"


async def test_the_unit_of_each_extension_stays_on_record_and_the_next_unit_begins_anew(
    place: Place, office: Actor, unit: Actor, other: Actor
) -> None:
    ticket = await filed(place, office)
    await do(place, unit, ticket, "sign")
    await do(place, unit, ticket, "ask_extension", reason="管材未到")
    await do(place, office, ticket, "grant_extension")
    await do(place, unit, ticket, "return", reason="不属本单位职责", basis="三定方案")
    await do(place, office, ticket, "dispatch", unit=OTHER)
    kept = filing.as_ticket(await read(place, ticket))
    assert (kept.asked, kept.granted) == (0, 0)
    assert (kept.asked_by, kept.granted_by) == ((UNIT,), (UNIT,))
    await do(place, other, ticket, "sign")
    await do(place, other, ticket, "ask_extension", reason="现场核查")
    assert filing.as_ticket(await read(place, ticket)).asked_by == (UNIT, OTHER)
