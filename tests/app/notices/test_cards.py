"""A card tells the people its clause names (001 17), by telephone and text, once, together with the card itself."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agi.probe_call import order
from api.house import TicketDraft
from app import flow, policies
from app.notices.cards import says
from app.notices.voice import SAID, SpokenCalls
from app.notices.worker import Notices
from asr.prompts import load_table
from core.errors import Conflict, SwitchSilent
from core.notices import NotSent
from core.reachability import Outcome
from store import notices, probes, tickets, trunks
from store.notices import NewNotice
from store.tables import NoticeRow, Ticket
from tests.app.notices.senders import FakeSender, Worker, now, owing
from tests.app.place import Place

pytestmark = pytest.mark.service
CHINA = ZoneInfo("Asia/Shanghai")
UNIT = "chenzhou.rsj"
HANDLER, LEADER = "13800000001", "13800000002"


@pytest.fixture
async def city(place: Place) -> Place:
    """Heyuan's rules; a unit with its line, a handler and a leader in charge."""
    place.floor.policy = policies.load("heyuan")
    place.clock.now = datetime(2026, 11, 16, 10, tzinfo=CHINA)  # a Monday
    await place.registers()
    async with place.database.session() as session:
        for kind, number in (("handler", HANDLER), ("leader", LEADER), ("fixed", "07621234567")):
            await probes.add_phone(session, UNIT, kind, number, "", place.clock())
    return place


async def dispatched(city: Place) -> Ticket:
    agent = await city.person("li")
    draft = TicketDraft("help", "停水", "三天没有水", None, UNIT, "", "13912345678")
    ticket_id = await city.house.file_ticket(agent, draft, "key-1")
    async with city.database.reading() as session:
        return await tickets.get(session, ticket_id)


async def at(city: Place, day: int, ticket: Ticket) -> list[NoticeRow]:
    """The notices new since the last look, once the day of November has ended."""
    before = {row.id for row in await kept(city)}
    city.clock.now = datetime(2026, 11, day, 0, 0, 1, tzinfo=CHINA) + timedelta(days=1)
    await flow.deadline_near(city.floor, ticket.id)
    return [row for row in await kept(city) if row.id not in before]


async def kept(city: Place) -> list[NoticeRow]:
    async with city.database.reading() as session:
        return (await notices.find(session, kind="card")).items


def whom(rows: list[NoticeRow]) -> set[tuple[str, str]]:
    return {(row.channel, row.recipient) for row in rows}


async def test_the_handler_at_the_first_card_the_leader_too_from_yellow_on(city: Place) -> None:
    ticket = await dispatched(city)
    handler = {("sms", HANDLER), ("voice", HANDLER)}
    both = handler | {("sms", LEADER), ("voice", LEADER)}
    assert [whom(await at(city, day, ticket)) for day in (17, 18, 19)] == [handler, both, both]
    words = {row.words for row in await kept(city)}
    assert (
        f"【{city.floor.policy.hotline}】工单{ticket.number}受理环节已到红牌时限，请尽快登录平台办理。"
        in words
    )
    assert not any("停水" in text or "13912345678" in text for text in words)


async def test_looking_again_tells_nobody_again(city: Place) -> None:
    ticket = await dispatched(city)
    assert len(await at(city, 17, ticket)) == 2
    assert await at(city, 17, ticket) == []


async def test_texts_go_at_once_and_telephones_ring_by_day(city: Place) -> None:
    ticket = await dispatched(city)
    rows = {row.channel: row for row in await at(city, 17, ticket)}
    assert rows["sms"].due_at == city.clock()
    assert rows["voice"].due_at == datetime(2026, 11, 18, 8, tzinfo=CHINA)
    assert rows["voice"].facts["says"] == says("warning", ticket.number)


async def test_a_person_without_a_number_is_a_notice_that_says_so(city: Place) -> None:
    async with city.database.session() as session:
        for phone in await probes.phones(session, UNIT):
            if phone.kind == "leader":
                await probes.drop_phone(session, phone.id, city.clock())
    ticket = await dispatched(city)
    await at(city, 17, ticket)
    rows = [row for row in await at(city, 18, ticket) if row.state == "not_sent"]
    assert {(row.channel, row.recipient) for row in rows} == {("sms", ""), ("voice", "")}
    assert {row.reason for row in rows} == {f"单位 {UNIT} 没有登记分管领导的可用号码"}


async def again(city: Place, row: NoticeRow) -> NoticeRow:
    async with city.database.session() as session:
        return await notices.resolve(session, row.id, "send_again", "usr_1", "已补登记", city.clock())


async def test_sent_again_a_card_goes_to_whoever_was_entered_meanwhile_and_to_no_empty_number(
    city: Place,
) -> None:
    async with city.database.session() as session:
        (leader,) = [one for one in await probes.phones(session, UNIT) if one.kind == "leader"]
        await probes.drop_phone(session, leader.id, city.clock())
    ticket = await dispatched(city)
    await at(city, 17, ticket)
    rows = {row.channel: row for row in await at(city, 18, ticket) if row.state == "not_sent"}
    for row in rows.values():
        with pytest.raises(Conflict, match="没有登记分管领导的可用号码"):
            await again(city, row)
    async with city.database.session() as session:
        for number in ("13800000003", "13800000004", "076212345678"):
            await probes.add_phone(session, UNIT, "leader", number, "", city.clock())
    text, call = await again(city, rows["sms"]), await again(city, rows["voice"])
    assert (text.state, call.state) == ("due", "due")
    assert call.facts == {"says": says("yellow", ticket.number)}
    due = [row for row in await kept(city) if row.state == "due" and row.recipient != HANDLER]
    assert sorted((row.channel, row.recipient) for row in due) == [
        ("sms", "13800000003"), ("sms", "13800000004"),
        ("voice", "076212345678"), ("voice", "13800000003"), ("voice", "13800000004"),
    ]  # fmt: skip


async def test_what_no_register_says_whom_to_tell_is_not_sent_to_an_empty_number(city: Place) -> None:
    new = NewNotice(
        "grade", "sms", "grade/1", "", "请评价", city.clock(), state="not_sent", reason="来电未显示号码"
    )
    async with city.database.session() as session:
        await notices.add(session, new, city.clock())
    async with city.database.reading() as session:
        (row,) = (await notices.find(session, kind="grade")).items
    with pytest.raises(Conflict, match="来电未显示号码"):
        await again(city, row)


async def test_a_card_that_was_not_kept_tells_nobody(city: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = await dispatched(city)

    async def refuse(*_: object) -> None:
        raise SwitchSilent("something after the card failed")

    monkeypatch.setattr(notices, "add_all", refuse)
    with pytest.raises(SwitchSilent):
        await at(city, 17, ticket)
    monkeypatch.undo()
    async with city.database.reading() as session:
        assert (await tickets.get(session, ticket.id)).version == ticket.version
    assert len(await at(city, 17, ticket)) == 2


async def test_one_worker_texts_what_the_card_owes(city: Place) -> None:
    ticket, gateway = await dispatched(city), FakeSender()
    await at(city, 17, ticket)
    await Worker(city, gateway).round("sms")
    assert [(one.to, ticket.number in one.words) for one in gateway.taken] == [(HANDLER, True)]


# --- spoken -----------------------------------------------------------------------------------------------------------


class Placed:
    """app.notices.voice.Placer: what each call comes to; keeps what Asterisk would have been asked."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.outcomes, self.asked = list(outcomes), list[dict[str, object]]()

    async def place(self, call: object) -> tuple[Outcome, int]:
        self.asked.append(dict(order(call)))  # type: ignore[arg-type]
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome, 0


async def rung(
    place: Place, *outcomes: Outcome | Exception, connected: bool = True
) -> tuple[NoticeRow, Placed]:
    """A spoken card over two trunks, tried once."""
    async with place.database.session() as session:
        for name, number in (("first", "12345"), ("second", "12346")):
            await trunks.put(session, name, kind="ip", host="127.0.0.2", display_number=number)
    notice_id = await owing(place, "voice", facts={"says": says("red", "20261121-048315")})
    placed = Placed(*outcomes)
    sender = SpokenCalls(place.database, placed, lambda: connected)
    await Notices(place.database, place.clock, {"voice": sender}).round("voice")
    return await now(place, notice_id), placed


async def test_whoever_answers_hears_the_card_and_the_number_twice(place: Place) -> None:
    row, placed = await rung(place, "answered")
    (asked,) = placed.asked
    assert row.state == "sent"
    assert (asked["Application"], asked["Channel"]) == ("Playback", f"PJSIP/{row.recipient}@first")
    assert asked["Data"] == "&".join(["card-red", "d0", "d4", "d8", "d3", "d1", "d5"] * 2)
    assert "Context" not in asked


@pytest.mark.parametrize("outcome", ["no_answer", "busy", "rejected", "unreachable"])
async def test_who_does_not_answer_is_rung_again_later(place: Place, outcome: Outcome) -> None:
    row, placed = await rung(place, outcome)
    assert (row.state, row.reason, len(placed.asked)) == ("due", SAID[outcome], 1)
    assert row.due_at == place.clock() + timedelta(seconds=300)


async def test_a_trunk_in_trouble_is_passed_by(place: Place) -> None:
    row, placed = await rung(place, "congestion", "answered")
    assert (row.state, len(placed.asked)) == ("sent", 2)


async def test_a_call_whose_end_nobody_saw_is_in_doubt(place: Place) -> None:
    row, _ = await rung(place, SwitchSilent("the link broke"))
    assert row.state == "uncertain"


async def test_without_a_link_to_asterisk_nobody_was_rung(place: Place) -> None:
    row, placed = await rung(place, connected=False)
    assert (row.state, placed.asked) == ("due", [])


async def test_without_a_trunk_nobody_was_rung(place: Place) -> None:
    sender = SpokenCalls(place.database, Placed(), lambda: True)
    with pytest.raises(NotSent, match="中继"):
        await sender.send(FakeSender())  # type: ignore[arg-type]


def test_every_prompt_a_card_needs_is_spoken() -> None:
    known = {name for name, *_ in load_table().lines()}
    for colour in ("warning", "yellow", "red"):
        assert set(says(colour, "20261121-048315")) <= known
