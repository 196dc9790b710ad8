"""Webhooks and the signed POST under them, against a receiver that fails, is slow, redirects or hangs up."""

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from core.errors import BadInput
from core.events import Event, Suggested, TicketFiled
from core.notices import Notice, NotSent, Unsure
from notify.signed import signature
from notify.webhook import LONGEST_BODY, Webhook, payload
from tests.notify.receiver import SECRET, Receiver, answer, receiving

pytestmark = pytest.mark.service

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
EVENT = TicketFiled(AT, "tkt_1", "call_1", "help")


async def deliver(receiver: Receiver, event: Event = EVENT, timeout_s: float = 5.0) -> str:
    notice = Notice("ntc_1", "event", "", payload(event, "ntc_1"), {"event": event.name})
    async with Webhook(receiver.url, SECRET, timeout_s=timeout_s) as hook:
        return await hook.send(notice)


async def test_a_delivery_is_signed_and_names_its_event() -> None:
    async with receiving(answer("204 No Content")) as receiver:
        await deliver(receiver)
    head, body = receiver.heads[0], receiver.bodies[0]
    unix, given = (part.split("=")[1] for part in head["x-hotline-signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{unix}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(given, wanted)
    assert (head["x-hotline-event"], head["x-hotline-delivery"], head["idempotency-key"]) == (
        "ticket.filed", "ntc_1", "ntc_1",
    )  # fmt: skip
    assert json.loads(body) == {
        "delivery": "ntc_1", "event": "ticket.filed", "subject": "tkt_1", "at": "2026-11-21T02:00:00+00:00",
        "data": {
            "at": "2026-11-21T02:00:00+00:00", "ticket_id": "tkt_1", "call_id": "call_1", "type": "help", "unit": None,
            "late": False, "before": "intake", "state": "filed", "action": "file",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "again"),
    [("400 Bad", False), ("410 Gone", False), ("429 Slow", True), ("501 What", False), ("503 Busy", True)],
)
async def test_a_refusal_says_whether_trying_again_may_help(status: str, again: bool) -> None:
    async with receiving(answer(status)) as receiver:
        with pytest.raises(NotSent) as failure:
            await deliver(receiver)
    assert (failure.value.retryable, len(receiver.heads)) == (again, 1)


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "504 Gateway Timeout", "524 Timeout"])
async def test_an_error_of_the_server_does_not_say_that_it_was_not_taken(status: str) -> None:
    async with receiving(answer(status)) as receiver:
        with pytest.raises(Unsure, match=status[:3]):
            await deliver(receiver)


async def test_a_redirect_is_not_followed() -> None:
    async with (
        receiving(answer("200 OK")) as other,
        receiving(answer("307 There", f"Location: {other.url}")) as receiver,
    ):
        with pytest.raises(NotSent, match="不予跟随") as failure:
            await deliver(receiver)
    assert (other.heads, failure.value.retryable) == ([], False)


@pytest.mark.parametrize("silence", [None, b""])
async def test_a_receiver_that_hangs_up_or_says_nothing_may_have_taken_it(silence: bytes | None) -> None:
    async with receiving(silence) as receiver:
        with pytest.raises(Unsure):
            async with asyncio.timeout(10):
                await deliver(receiver, timeout_s=0.5)
    assert len(receiver.heads) == 1


async def test_an_endless_answer_does_not_hold_the_delivery() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 100_000
    async with receiving(endless) as receiver:
        async with asyncio.timeout(10):
            assert await deliver(receiver) == ""


async def test_with_nobody_listening_it_has_certainly_not_arrived() -> None:
    async with receiving(answer("200 OK")) as receiver:
        pass
    with pytest.raises(NotSent) as failure:
        await deliver(receiver)
    assert failure.value.retryable


async def test_a_receiver_may_ask_for_a_longer_wait() -> None:
    async with receiving(answer("429 Slow", "Retry-After: 7")) as receiver:
        with pytest.raises(NotSent) as failure:
            await deliver(receiver)
    assert failure.value.after_s == 7


def test_numbers_a_citizen_said_are_masked_and_ids_are_kept() -> None:
    made = Suggested(AT, "call_1", {"answers": [{"evidence": "我的电话是13812345678"}]})
    data = json.loads(payload(made, "ntc_1"))["data"]
    assert data["proposals"] == {"answers": [{"evidence": "我的电话是138****5678"}]}
    assert data["call_id"] == "call_1"


def test_an_event_too_large_is_told_without_its_data() -> None:
    body = payload(Suggested(AT, "call_1", {"answers": ["字" * LONGEST_BODY]}), "ntc_1")
    assert len(body) < 500
    assert json.loads(body)["data"] == {"too_large": True}


def test_a_signature_depends_on_body_time_and_secret() -> None:
    made = {signature(b"a" * 16, b"x", 1), signature(b"a" * 16, b"y", 1), signature(b"a" * 16, b"x", 2)}
    assert len(made | {signature(b"b" * 16, b"x", 1)}) == 4


@pytest.mark.parametrize(
    ("url", "secret"), [("ftp://host/x", SECRET), ("//host/x", SECRET), ("http://host/x", "short")]
)
def test_a_wrong_address_or_a_short_secret_is_refused(url: str, secret: str) -> None:
    with pytest.raises(BadInput):
        Webhook(url, secret)
