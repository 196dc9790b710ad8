"""保密件: neither a call about it nor a question by number or call tells who reported (000 三(三); 001 19(八), 26)."""

from datetime import UTC, datetime, timedelta

import pytest

from api.confidential import Veil
from api.notices import shown_words
from core.call import Arrival
from core.ports import Utterance
from store import calls, errands, grades, lookups, recordings, tickets, unit_calls, utterances
from store.tables import Errand, NoticeRow, Ticket
from tests.api.conftest import CALLER, SHA256, World, talking
from tests.store import make

pytestmark = pytest.mark.service
REPORTER = "张三丰"
TOLD = (CALLER, "5678", REPORTER, "张**")


async def secret(world: World, **facts: object) -> Ticket:
    """A confidential report, come in by the world's call."""
    told = {"call_id": world.call_id, "caller": CALLER, "citizen_name": REPORTER, "unit_code": "SW", **facts}
    async with world.database.session() as session:
        row, _ = await tickets.file(session, make.ticket(confidential=True, **told), [], "user_x")
    return row


async def placed(world: World, ticket: Ticket) -> list[str]:
    """The calls in which this reporter was rung: by the unit through us, to ask how it went, and because they were cut off."""
    at = datetime.now(UTC)
    async with world.database.session() as session:
        await unit_calls.begin(
            session, call_id="call_unit", linkedid="j1", ticket=ticket, unit="SW", phone_id="x", by="user_x", why="核实", at=at
        )  # fmt: skip
        made = ["call_unit"]
        wishes = (
            errands.Wish("revisit", ticket.id, CALLER, "12345", at, ticket_id=ticket.id),
            errands.Wish("cut_off", str(ticket.call_id), CALLER, "12345", at, call_id=ticket.call_id),
        )
        for n, wish in enumerate(wishes):
            errand_id = await errands.add(session, wish, at)
            errand = await session.get_one(Errand, errand_id)
            made.append(
                await errands.place_call(
                    session, errand, f"out{n}", at, step="", state="ended", menu_state={}
                )
            )
        for call_id in made:
            said = Utterance(f"我是{REPORTER}，就是我举报的，{CALLER}", 1.0, 3.0, True)
            await utterances.add_live(session, call_id, "citizen", [said], "fake", at)
            row = await recordings.add(session, call_id, f"of_{call_id}", at)
            done = ("one.wav", 2, 8000, 1.0, SHA256)
            await recordings.settle(session, [recordings.Outcome(row, call_id, "ready", None, *done)])
    return made


async def test_a_call_placed_to_a_confidential_reporter_tells_as_little_as_the_one_they_made(
    world: World,
) -> None:
    for call_id in await placed(world, await secret(world)):
        async with world.database.reading() as session:
            (sound,) = await recordings.of_call(session, call_id)
        for login in ("boss", "office", "audit"):
            for path in (f"/calls/{call_id}", f"/calls/{call_id}/utterances", "/calls"):
                answer = await world.get(login, path)
                assert answer.status_code == 200
                assert not any(part in answer.text for part in TOLD), (login, path)
            heard = await world.get(login, f"/recordings/{sound.id}/media", **{"X-Purpose": "qc"})
            assert heard.status_code == 403, (login, call_id)


async def test_the_call_that_was_cut_off_is_about_what_was_filed_in_its_call_back(world: World) -> None:
    at = datetime.now(UTC)
    async with world.database.session() as session:
        wish = errands.Wish("cut_off", world.call_id, CALLER, "12345", at, call_id=world.call_id)
        errand = await session.get_one(Errand, await errands.add(session, wish, at))
        later = await errands.place_call(session, errand, "out", at, step="", state="ended", menu_state={})
    assert (await world.get("boss", f"/calls/{world.call_id}")).json()["caller"] == "138****5678"
    await secret(world, call_id=later)
    assert (await world.get("boss", f"/calls/{world.call_id}")).json()["caller"] == "〔保密〕"


def test_a_ticket_and_a_notice_leave_no_surname_with_a_form_of_address() -> None:
    assert Veil("欧阳志远").text("欧阳女士举报李局长，我姓欧阳") == "诉求人举报李局长，我诉求人"
    notice = NoticeRow(kind="receipt", words="张女士，您的工单已办结")
    assert shown_words(notice, REPORTER) == "〔保密〕，您的工单已办结"


async def test_a_plain_tickets_calls_stay_as_they_were(world: World) -> None:
    async with world.database.session() as session:
        plain = make.ticket(call_id=world.call_id, caller=CALLER, unit_code="SW")
        row, _ = await tickets.file(session, plain, [], "user_x")
    for call_id in (world.call_id, *await placed(world, row)):
        assert (await world.get("boss", f"/calls/{call_id}")).json()["caller"] == "138****5678"
    async with world.database.reading() as session:
        assert (await calls.find(session, caller=CALLER)).total == 4


async def reported_before(world: World) -> tuple[Ticket, Ticket]:
    """Last week this citizen reported in confidence and was rung about it; today they raised a plain matter in the world's call."""
    at = datetime.now(UTC)
    async with world.database.session() as session:
        before = Arrival("old.1", "PJSIP/trunk-1", "12345", CALLER, at - timedelta(days=7))
        old, _ = await calls.add_call(session, before, answered_at=before.at)
        await calls.change(session, old, state="ended", ended_at=before.at, user_id=world.user_ids["li"])
    hidden = await secret(world, call_id=old, filed_at=at - timedelta(days=7))
    await placed(world, hidden)
    async with world.database.session() as session:
        await grades.add(session, "unit", "dissatisfied", "sms", at, ticket_id=hidden.id)
        plain = make.ticket(
            call_id=world.call_id, caller=CALLER, filed_at=at, title="路灯不亮", unit_code="SW"
        )
        row, _ = await tickets.file(session, plain, [], "user_x")
    return hidden, row


async def test_asking_by_number_or_by_call_shows_nothing_that_was_reported_in_confidence(
    world: World,
) -> None:
    _, plain = await reported_before(world)
    for login in ("boss", "office", "audit", "li"):
        found = (await world.get(login, f"/calls?search={CALLER}")).json()
        assert ([one["id"] for one in found["items"]], found["total"]) == ([world.call_id], 1), login
    for login in ("boss", "li"):  # li had the call, and has it no more
        same = f"same_caller_as={world.call_id}"
        assert [one["id"] for one in (await world.get(login, f"/calls?{same}")).json()["items"]] == [
            world.call_id
        ]
        assert [one["id"] for one in (await world.get(login, f"/tickets?{same}")).json()["items"]] == [
            plain.id
        ]
        pop = (await world.get(login, f"/calls/{world.call_id}/pop")).json()
        assert ([one["id"] for one in pop["tickets"]], pop["total"], pop["open"]) == ([plain.id], 1, 1)
        assert (pop["calls"], pop["called_at"], pop["grade"]) == (0, None, None)
    known = await world.post("boss", "/callers/lookup", {"number": CALLER, "why": "核查骚扰来电"})
    assert known.json()["calls"] == 1


async def test_the_seat_that_speaks_with_the_reporter_sees_what_they_reported(world: World) -> None:
    hidden, plain = await reported_before(world)
    await talking(world)
    same = f"same_caller_as={world.call_id}"
    assert (await world.get("li", f"/calls?{same}")).json()["total"] == 5
    seen = (await world.get("li", f"/tickets?{same}")).json()["items"]
    assert {one["id"] for one in seen} == {hidden.id, plain.id}
    pop = (await world.get("li", f"/calls/{world.call_id}/pop")).json()
    assert (pop["total"], pop["calls"], pop["grade"]["grade"]) == (2, 1, "dissatisfied")
    assert (await world.get("boss", f"/tickets?{same}")).json()["total"] == 1


async def test_a_trail_by_number_or_from_a_plain_ticket_leads_to_no_confidential_one_beside_it(
    world: World,
) -> None:
    hidden = await secret(world)
    called = await placed(world, hidden)
    async with world.database.session() as session:
        beside = make.ticket(call_id=world.call_id, caller=CALLER, title="路灯不亮", unit_code="SW")
        plain, _ = await tickets.file(session, beside, [], "user_x")
    for about in (CALLER, plain.id, plain.number):
        told = (await world.post("audit", "/audit/trail", {"about": about, "why": "投诉核查"})).json()
        assert (told["tickets"], told["calls"]) == ([plain.id], []), about
    whole = (await world.post("audit", "/audit/trail", {"about": hidden.id, "why": "投诉核查"})).json()
    assert whole["calls"] == [world.call_id]
    of_call = await world.post("audit", "/audit/trail", {"about": called[0], "why": "投诉核查"})
    assert not any(part in of_call.text for part in TOLD)


async def test_looking_for_duplicates_by_number_is_kept_and_tells_of_no_confidential_matter(
    world: World,
) -> None:
    now = datetime.now(UTC)
    hidden = await secret(world, filed_at=now)
    ask = {"title": "小区停水", "body": "三天没有水了", "caller": CALLER}
    for login in ("wang", "boss", "office"):
        seen = await world.post(login, "/tickets/duplicates", ask)
        assert (seen.status_code, seen.json()["candidates"], seen.json()["of"]) == (200, [], ""), login
        assert hidden.id not in seen.text
        async with world.database.reading() as session:
            (look,) = (await lookups.find(session, actor=world.user_ids[login])).items
        assert (look.action, look.subject) == ("tickets.search", "caller")
        assert look.purpose.startswith("登记前查找同一事项（按号码查询138****5678")
    async with world.database.session() as session:
        open_one = make.ticket(caller=CALLER, filed_at=now, unit_code="SW")
        plain, _ = await tickets.file(session, open_one, [], "user_x")
    seen = (await world.post("wang", "/tickets/duplicates", ask)).json()
    assert [one["ticket_id"] for one in seen["candidates"]] == [plain.id]


async def test_whoever_speaks_with_the_reporter_is_told_that_it_was_reported_before(world: World) -> None:
    hidden, _ = await reported_before(world)
    ask = {"title": "小区停水", "body": "三天没有水了", "call_id": world.call_id}
    assert (await world.post("li", "/tickets/duplicates", ask)).json()["candidates"] == []
    await talking(world)
    seen = (await world.post("li", "/tickets/duplicates", ask)).json()
    assert [one["ticket_id"] for one in seen["candidates"]] == [hidden.id]


async def test_the_enterprises_ledger_keeps_the_name_of_whoever_was_rung_in_confidence(world: World) -> None:
    called = await placed(world, await secret(world))
    item = {"enterprise": f"{REPORTER}商行", "matter": f"{REPORTER}问水价", "call_id": called[0]}
    assert (await world.post("boss", "/enterprise/ledger", item)).json()["enterprise"] == "诉求人"
    assert (await world.get("wang", f"/enterprise/ledger?search={REPORTER}")).json()["total"] == 0


async def test_a_confidential_enterprise_is_found_neither_by_its_code_nor_in_the_matters_words(
    world: World,
) -> None:
    await secret(world)
    code, firm = "91431000MA4L0A1B2C", "郴州某某科技有限公司"
    item = {"enterprise": firm, "credit_code": code, "matter": f"{firm}反映，郴州某某科技欠薪", "call_id": world.call_id}  # fmt: skip
    shown = (await world.post("boss", "/enterprise/ledger", item)).json()
    assert (shown["credit_code"], shown["matter"]) == ("", "诉求人反映，诉求人欠薪")
    await world.post("boss", f"/enterprise/ledger/{shown['id']}/close", {"version": 1, "result": f"已答复{firm}"})  # fmt: skip
    (line,) = (await world.get("wang", "/enterprise/ledger")).json()["items"]
    assert line["result"] == "已答复诉求人"
    for asked in (code, firm):
        assert (await world.get("office", f"/enterprise/ledger?search={asked}")).json()["total"] == 0
