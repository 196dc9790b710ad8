"""What the outside is owed stands and falls with the fact: webhooks for tickets, units and the service level, mail for alarms."""

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from api.house import TicketDraft
from app.notices.outside import Outside
from app.notices.worker import Notices
from core.events import Ended, ServiceLow, ServiceRestored, TicketFiled
from notify.webhook import Webhook
from store import events, notices, tickets
from store.tables import NoticeRow
from tests.app.notices.senders import FakeSender
from tests.app.place import Place
from tests.notify.receiver import SECRET, answer, receiving
from tests.store import make
from tickets.ticket import TicketStepped

pytestmark = pytest.mark.service
AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
FILED = TicketFiled(AT, "tkt_1", "call_1", "help")


@pytest.fixture
def told(place: Place) -> Place:
    place.database.owed = Outside(True, ("office@city.example", "boss@city.example"), place.clock).owed
    return place


async def owed(place: Place, channel: str) -> list[NoticeRow]:
    async with place.database.reading() as session:
        return (await notices.find(session, channel=channel)).items


async def test_an_event_and_its_webhook_are_one_transaction(told: Place) -> None:
    with contextlib.suppress(ZeroDivisionError):
        async with told.database.session() as session:
            await events.append(session, FILED, "user_1")
            raise ZeroDivisionError
    assert await owed(told, "webhook") == []
    async with told.database.session() as session:
        event_id = await events.append(session, FILED, "user_1")
    (row,) = await owed(told, "webhook")
    assert (row.key, row.subject, row.facts) == (f"webhook/{event_id}", "tkt_1", {"event": "ticket.filed"})
    body = json.loads(row.words)
    assert (body["delivery"], body["event"], body["data"]["ticket_id"]) == (row.id, "ticket.filed", "tkt_1")


async def test_nothing_that_tells_who_reported_in_confidence_goes_out(told: Place) -> None:
    reason = "经核实，王小明本人13812345678的举报不属我局，已告知王女士"
    async with told.database.session() as session:
        made = []
        for confidential in (True, False):
            new = make.ticket(confidential=confidential, citizen_name="王小明", caller="13812345678")
            made.append((await tickets.file(session, new, [], "user_1"))[0].id)
        stepped = [
            TicketStepped(AT, one, "return", "returned", "u", facts={"reason": reason}, unit="SW")
            for one in made
        ]
        await events.append_all(session, stepped, "user_1")
    words = {
        row.subject: json.loads(row.words)["data"]["facts"]["reason"] for row in await owed(told, "webhook")
    }
    assert words == {
        made[0]: "经核实，诉求人本人******的举报不属我局，已告知诉求人",
        made[1]: "经核实，王小明本人138****5678的举报不属我局，已告知王女士",
    }


async def test_a_receiver_that_was_away_gets_everything_in_order_under_the_same_ids(told: Place) -> None:
    async with told.database.session() as session:
        for number in range(3):
            await events.append(session, TicketFiled(AT, f"tkt_{number}", "call_1", "help"), "user_1")
            told.clock.pass_(1)
    async with receiving(answer("503 Busy"), None, answer("503 Busy"), answer("200 OK")) as receiver:
        async with Webhook(receiver.url, SECRET) as hook:
            worker = Notices(told.database, told.clock, {"webhook": hook})
            for _ in range(2):
                await worker.send_webhook()
                told.clock.pass_(3600)
    subjects = [json.loads(body)["subject"] for body in receiver.bodies]
    assert subjects == ["tkt_0", "tkt_1", "tkt_2"] * 2
    assert [head["x-hotline-delivery"] for head in receiver.heads[:3]] == [
        head["x-hotline-delivery"] for head in receiver.heads[3:]
    ]
    assert {row.state for row in await owed(told, "webhook")} == {"sent"}


async def test_what_a_proxy_never_passed_an_answer_for_goes_again_under_its_id_and_ends_in_doubt(
    told: Place,
) -> None:
    async with told.database.session() as session:
        await events.append(session, TicketFiled(AT, "tkt_1", "call_1", "help"), "user_1")
    async with receiving(answer("504 Gateway Timeout")) as receiver:
        async with Webhook(receiver.url, SECRET) as hook:
            worker = Notices(told.database, told.clock, {"webhook": hook})
            for wait_s in (3600, 4 * 86400, 0):  # the last time nobody wants to know any more
                await worker.send_webhook()
                told.clock.pass_(wait_s)
    (row,) = await owed(told, "webhook")
    assert row.state == "uncertain"
    assert [head["idempotency-key"] for head in receiver.heads] == [row.id, row.id]


async def test_a_receiver_that_lost_an_hour_gets_it_again_in_order_under_the_same_ids(told: Place) -> None:
    sender = FakeSender(name="webhook", at_once=1)
    worker = Notices(told.database, told.clock, {"webhook": sender})
    for hour in range(3):
        async with told.database.session() as session:
            facts = [(TicketFiled(AT, f"tkt_{hour}{n}", "call_1", "help"), "user_1") for n in range(3)]
            await events.append_each(session, facts)
        await worker.send_webhook()
        told.clock.pass_(3600)
    end = told.clock()
    since, until = end - timedelta(hours=2), end - timedelta(hours=1)
    async with told.database.session() as session:
        assert await notices.replay(session, since, until, "cli", "对方数据丢失", end) == 3
    await worker.send_webhook()
    assert [one.id for one in sender.taken[9:]] == [one.id for one in sender.taken[3:6]]
    assert [json.loads(one.words)["subject"] for one in sender.taken[9:]] == ["tkt_10", "tkt_11", "tkt_12"]
    assert sum(row.why == "对方数据丢失" for row in await owed(told, "webhook")) == 3


async def test_what_happens_in_a_call_is_nobodys_business(told: Place) -> None:
    async with told.database.session() as session:
        await events.append(session, Ended(AT, "call_1", "citizen", 60.0), "switch")
    assert await owed(told, "webhook") == []


async def test_an_alarm_is_mailed_to_each_who_is_named(told: Place) -> None:
    async with told.database.session() as session:
        await events.append(session, ServiceLow(AT, "connected", 0.9, 40), "clock")
        await events.append(session, ServiceRestored(AT, "in_time", None, 0), "clock")
    mails = await owed(told, "mail")
    assert sorted((row.recipient, row.facts["title"]) for row in mails) == [
        ("boss@city.example", "12345热线15秒接通率已恢复"),
        ("boss@city.example", "12345热线接通率过低"),
        ("office@city.example", "12345热线15秒接通率已恢复"),
        ("office@city.example", "12345热线接通率过低"),
    ]
    assert any("90.0%" in row.words for row in mails)


async def test_every_step_of_a_real_ticket_is_told_and_nothing_of_the_citizen(told: Place) -> None:
    await told.registers()
    agent = await told.seat("8001")
    draft = TicketDraft("help", "停水", "我叫张三", None, "chenzhou.rsj", "张三", "13812345678")
    ticket_id = await told.house.file_ticket(agent, draft, "key-1")
    rows = await owed(told, "webhook")
    assert {row.facts["event"] for row in rows} >= {"ticket.filed", "ticket.dispatched"}
    assert {row.subject for row in rows} == {ticket_id}
    assert not any(secret in row.words for row in rows for secret in ("张三", "13812345678"))
