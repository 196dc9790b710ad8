"""What the worker does with a notice, on both databases: sent once, tried again, given up, never sent again in doubt."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.notices.manners import MANNERS
from app.notices.worker import NO_WAY
from core.call import Arrival
from core.notices import NotSent, Unsure
from store import calls, events, notices
from tests.app.notices.senders import NUMBER, FakeSender, Worker, now, owing
from tests.app.place import Place

pytestmark = pytest.mark.service
BUSY = NotSent("status 503", retryable=True)


async def test_a_notice_is_sent_once_and_its_gateways_id_kept(place: Place) -> None:
    sender, notice_id = FakeSender(), await owing(place)
    worker = Worker(place, sender)
    assert [await worker.round("sms") for _ in range(2)] == [1, 0]
    row = await now(place, notice_id)
    assert (row.state, row.gateway_id, row.sent_at, row.tries) == ("sent", "gw-1", place.clock(), 1)
    assert [(one.id, one.to, one.words) for one in sender.taken] == [(notice_id, NUMBER, "请评价")]
    assert worker.told == [("sms", "sent")]


async def test_who_is_busy_is_tried_again_later_and_not_before(place: Place) -> None:
    sender, notice_id = FakeSender([BUSY]), await owing(place)
    worker = Worker(place, sender)
    await worker.round("sms")
    row = await now(place, notice_id)
    assert (row.state, row.tries, row.reason) == ("due", 1, "status 503")
    place.clock.pass_(9)
    assert await worker.round("sms") == 0
    place.clock.pass_(1)
    assert await worker.round("sms") == 1
    assert (await now(place, notice_id)).state == "sent"


async def test_a_receiver_that_asks_for_time_gets_it(place: Place) -> None:
    sender, notice_id = FakeSender([NotSent("status 429", retryable=True, after_s=600)]), await owing(place)
    await Worker(place, sender).round("sms")
    assert (await now(place, notice_id)).due_at == place.clock() + timedelta(seconds=600)


async def test_after_its_tries_it_is_given_up(place: Place) -> None:
    sender, notice_id = FakeSender([BUSY] * 99), await owing(place)
    worker = Worker(place, sender)
    for _ in range(20):
        await worker.round("sms")
        place.clock.pass_(3600)
    row = await now(place, notice_id)
    assert (row.state, row.tries, row.reason) == ("given_up", MANNERS["sms"].tries, "status 503")
    assert worker.told == [("sms", "given_up")]


async def test_old_news_is_not_sent(place: Place) -> None:
    sender, notice_id = FakeSender(), await owing(place, within=timedelta(hours=1))
    place.clock.pass_(3600)
    await Worker(place, sender).round("sms")
    row = await now(place, notice_id)
    assert (row.state, row.reason, sender.taken) == ("given_up", "未能及时发出", [])


async def test_what_is_refused_for_good_is_not_tried_again(place: Place) -> None:
    sender, notice_id = FakeSender([NotSent("status 400", retryable=False)]), await owing(place)
    await Worker(place, sender).round("sms")
    assert ((await now(place, notice_id)).state, sender.failures) == ("failed", [])


@pytest.mark.parametrize("failure", [Unsure("no answer"), RuntimeError("a defect of ours")])
async def test_in_doubt_it_is_shown_and_never_sent_again(place: Place, failure: Exception) -> None:
    sender = FakeSender([failure], name="smpp", honours_key=False)
    worker, notice_id = Worker(place, sender), await owing(place)
    for _ in range(3):
        await worker.round("sms")
        place.clock.pass_(7200)
    row = await now(place, notice_id)
    assert (row.state, row.tries, sender.taken) == ("uncertain", 1, [])
    assert worker.told == [("sms", "uncertain")]
    async with place.database.reading() as session:
        (event,) = await events.of(session, notice_id)
    assert (event.name, event.payload["channel"]) == ("notice.uncertain", "sms")
    assert NUMBER not in str(event.payload)


async def test_a_gateway_that_takes_an_id_once_is_asked_again_in_doubt(place: Place) -> None:
    sender, notice_id = FakeSender([Unsure("no answer"), BUSY]), await owing(place)
    worker, states = Worker(place, sender), []
    for _ in range(3):
        await worker.round("sms")
        states.append((await now(place, notice_id)).state)
        place.clock.pass_(600)
    assert states == ["sending", "sending", "sent"], "once handed over it stays so until an answer is known"
    assert [one.id for one in sender.taken] == [notice_id]


@pytest.mark.parametrize("last", [BUSY, NotSent("status 410", retryable=False), Unsure("no answer")])
async def test_what_was_handed_over_once_ends_in_doubt_not_as_failed(place: Place, last: Exception) -> None:
    sender, notice_id = FakeSender([Unsure("no answer"), *[last] * 99]), await owing(place)
    worker = Worker(place, sender)
    for _ in range(20):
        await worker.round("sms")
        place.clock.pass_(3600)
    assert (await now(place, notice_id)).state == "uncertain"


@pytest.mark.parametrize(
    ("sender", "state"),
    [
        (FakeSender(), "sent"),
        (FakeSender(honours_key=False), "uncertain"),
        (FakeSender(name="other"), "uncertain"),
        (None, "uncertain"),
    ],
)
async def test_a_process_that_died_over_it(place: Place, sender: FakeSender | None, state: str) -> None:
    notice_id = await owing(place)
    row = await now(place, notice_id)
    async with place.database.session() as session:
        lease = place.clock() + timedelta(seconds=60)
        assert await notices.step(session, row, "sending", tries=1, due_at=lease, via="http")
    worker = Worker(place, sender)
    assert await worker.round("sms") == 0, "it may be alive"
    place.clock.pass_(61)
    assert await worker.round("sms") == 1
    assert (await now(place, notice_id)).state == state


async def test_two_workers_send_once(place: Place) -> None:
    meet = asyncio.Barrier(2)
    senders = [FakeSender(), FakeSender()]
    notice_id = await owing(place)

    async def work(sender: FakeSender) -> None:
        await meet.wait()
        await Worker(place, sender).round("sms")

    await asyncio.gather(*(work(sender) for sender in senders))
    assert sum(len(sender.taken) for sender in senders) == 1
    assert (await now(place, notice_id)).state == "sent"


async def test_a_worker_asked_to_end_waits_for_the_answer_and_begins_nothing_new(place: Place) -> None:
    begun, answered = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        begun.set()
        await answered.wait()

    sender = FakeSender(honours_key=False, at_once=1, before=slow)
    under_way, waiting = await owing(place), await owing(place, key="k/2")
    work = asyncio.create_task(Worker(place, sender).round("sms"))
    async with asyncio.timeout(10):
        await begun.wait()
    work.cancel()
    await asyncio.sleep(0)
    answered.set()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(10):
            await work
    states = sorted([(await now(place, one)).state for one in (under_way, waiting)])
    assert states == ["due", "sent"]


async def test_a_sender_that_hangs_is_bounded(place: Place) -> None:
    sender = FakeSender(honours_key=False, most_s=0.1, before=asyncio.Event().wait)  # type: ignore[arg-type]
    notice_id = await owing(place)
    async with asyncio.timeout(10):
        await Worker(place, sender).round("sms")
    assert (await now(place, notice_id)).state == "uncertain"


async def test_no_more_are_sent_at_once_than_the_sender_takes(place: Place) -> None:
    busy, most = 0, 0

    async def count() -> None:
        nonlocal busy, most
        busy, most = busy + 1, max(most, busy + 1)
        await asyncio.sleep(0.01)
        busy -= 1

    for number in range(8):
        await owing(place, key=f"k/{number}")
    assert await Worker(place, FakeSender(before=count)).round("sms") == 8
    assert most == 2


async def test_without_a_way_every_notice_says_so(place: Place) -> None:
    notice_id = await owing(place)
    worker = Worker(place, None)
    await worker.round("sms")
    row = await now(place, notice_id)
    assert (row.state, row.reason) == ("not_sent", NO_WAY["sms"])


async def test_a_call_under_way_is_not_disturbed_by_its_text(place: Place) -> None:
    async with place.database.session() as session:
        call_id, _ = await calls.add_call(session, Arrival("c1", "c1", "12345", NUMBER, place.clock()))
    await owing(place, call_id=call_id)
    worker = Worker(place, FakeSender())
    assert await worker.round("sms") == 0
    async with place.database.session() as session:
        await calls.ended(session, call_id, place.clock(), "citizen")
    assert await worker.round("sms") == 1


async def test_nobody_is_rung_at_night(place: Place) -> None:
    china = ZoneInfo("Asia/Shanghai")
    place.clock.now = datetime(2026, 11, 20, 23, 0, tzinfo=china)
    sender, notice_id = FakeSender(), await owing(place, channel="voice", within=timedelta(days=1))
    worker = Worker(place, sender, "voice")
    await worker.round("voice")
    row = await now(place, notice_id)
    assert (row.state, row.tries, row.due_at) == ("due", 0, datetime(2026, 11, 21, 8, 0, tzinfo=china))
    place.clock.now = datetime(2026, 11, 21, 8, 0, tzinfo=china)
    await worker.round("voice")
    assert [one.id for one in sender.taken] == [notice_id]


async def test_webhooks_that_are_over_are_forgotten_after_a_month_and_nothing_else(place: Place) -> None:
    hook, text = await owing(place, channel="webhook"), await owing(place, key="k/2")
    worker = Worker(place, FakeSender(), "webhook")
    await worker.send_webhook()
    await Worker(place, FakeSender()).send_sms()
    place.clock.pass_(31 * 86400)
    await worker.send_webhook()
    async with place.database.reading() as session:
        left = [one.id for one in (await notices.find(session)).items]
    assert (left, hook in left) == ([text], False)
