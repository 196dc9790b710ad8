"""Webhook deliveries against a local receiver that fails, is slow, redirects or hangs up."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from core.errors import BadInput
from core.events import Event, Suggested, TicketFiled
from notify.webhook import Receipt, Retry, Webhook, WebhookFailed, payload, signature

pytestmark = pytest.mark.service

AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
EVENT = TicketFiled(AT, "tkt_1", "call_1", "help")
SECRET = "0123456789abcdef"
QUICK = Retry(tries=3, first_s=0.001, longest_s=0.01)
Answer = bytes | None


class Receiver:
    """Plays one answer after the other, the last one for ever; None hangs up, b"" never answers."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.heads: list[httpx.Headers] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            pairs = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
            headers = httpx.Headers([(name, value) for name, _, value in pairs])
            self.bodies.append(await reader.readexactly(int(headers["content-length"])))
            self.heads.append(headers)
            answer = self.answers[min(len(self.heads), len(self.answers)) - 1]
            if answer == b"":
                await reader.read()
            elif answer is not None:
                writer.write(answer)
                await writer.drain()
        finally:
            writer.close()


def answer(status: str, *lines: str) -> bytes:
    head = [f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode()


@asynccontextmanager
async def receiving(*answers: Answer) -> AsyncIterator[Receiver]:
    receiver = Receiver(list(answers))
    server = await asyncio.start_server(receiver.talk, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()


async def deliver(
    receiver: Receiver, event: Event = EVENT, timeout_s: float = 5.0, **more: object
) -> Receipt:
    async with Webhook(receiver.url, SECRET, timeout_s=timeout_s, retry=QUICK, **more) as hook:  # type: ignore[arg-type]
        return await hook.deliver(event)


async def test_a_delivery_is_signed_and_names_its_event() -> None:
    async with receiving(answer("204 No Content")) as receiver:
        receipt = await deliver(receiver)
    head, body = receiver.heads[0], receiver.bodies[0]
    unix, given = (part.split("=")[1] for part in head["x-hotline-signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{unix}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(given, wanted)
    assert head["x-hotline-event"] == "ticket.filed"
    assert json.loads(body) == {
        "delivery": receipt.delivery, "event": "ticket.filed", "subject": "tkt_1", "at": "2026-11-21T02:00:00+00:00",
        "data": {"at": "2026-11-21T02:00:00+00:00", "ticket_id": "tkt_1", "call_id": "call_1", "type": "help"},
    }  # fmt: skip


async def test_a_failing_receiver_is_tried_again_under_the_same_delivery_id() -> None:
    async with receiving(answer("500 Oops"), None, answer("200 OK")) as receiver:
        receipt = await deliver(receiver)
    assert receipt.tries == 3
    assert {head["x-hotline-delivery"] for head in receiver.heads} == {receipt.delivery}


async def test_a_refusing_receiver_is_not_bothered_again() -> None:
    given_up: list[int] = []
    async with receiving(answer("410 Gone")) as receiver:
        with pytest.raises(WebhookFailed) as failure:
            await deliver(receiver, given_up=lambda: given_up.append(1))
    assert (failure.value.retryable, len(receiver.heads), given_up) == (False, 1, [1])


async def test_a_redirect_is_not_followed() -> None:
    async with (
        receiving(answer("200 OK")) as other,
        receiving(answer("307 There", f"Location: {other.url}")) as receiver,
    ):
        with pytest.raises(WebhookFailed, match="redirects"):
            await deliver(receiver)
    assert other.heads == []


async def test_a_silent_receiver_costs_a_bounded_time_and_stays_retryable() -> None:
    async with receiving(b"") as receiver:
        with pytest.raises(WebhookFailed, match=r"no answer within 0\.2 s") as failure:
            await asyncio.wait_for(deliver(receiver, timeout_s=0.2), 10)
    assert (failure.value.retryable, len(receiver.heads)) == (True, QUICK.tries)


async def test_an_endless_answer_does_not_hold_the_delivery() -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 1000
    async with receiving(endless) as receiver:
        receipt = await asyncio.wait_for(deliver(receiver), 10)
    assert receipt.status == 200


async def test_nobody_listening_is_retryable() -> None:
    async with receiving(answer("200 OK")) as receiver:
        pass
    with pytest.raises(WebhookFailed) as failure:
        await deliver(receiver)
    assert failure.value.retryable


async def test_a_receiver_may_ask_for_a_longer_wait() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    patient = Retry(tries=2, first_s=1, longest_s=60)
    async with receiving(answer("429 Slow", "Retry-After: 7"), answer("200 OK")) as receiver:
        async with Webhook(receiver.url, SECRET, retry=patient, sleep=sleep) as hook:
            await hook.deliver(EVENT)
    assert waited == [7.0]


def test_waits_double_up_to_the_longest() -> None:
    retry = Retry(tries=9, first_s=1, longest_s=60)
    for tried, full in ((1, 1), (2, 2), (3, 4), (7, 60), (8, 60)):
        assert full / 2 <= retry.wait_s(tried, None) <= full
    assert retry.wait_s(1, 3600) == 60


def test_numbers_a_citizen_said_are_masked_and_ids_are_kept() -> None:
    made = Suggested(AT, "call_1", {"answers": [{"evidence": "我的电话是13812345678"}]})
    data = json.loads(payload(made, "dlv_1"))["data"]
    assert data["proposals"] == {"answers": [{"evidence": "我的电话是138****5678"}]}
    assert data["call_id"] == "call_1"


def test_a_signature_depends_on_body_time_and_secret() -> None:
    made = {signature(b"a" * 16, b"x", 1), signature(b"a" * 16, b"y", 1), signature(b"a" * 16, b"x", 2)}
    assert len(made | {signature(b"b" * 16, b"x", 1)}) == 4


@pytest.mark.parametrize(
    ("url", "secret"), [("ftp://host/x", SECRET), ("//host/x", SECRET), ("http://host/x", "short")]
)
def test_a_wrong_address_or_a_short_secret_is_refused(url: str, secret: str) -> None:
    with pytest.raises(BadInput):
        Webhook(url, secret)
