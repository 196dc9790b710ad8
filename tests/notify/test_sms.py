"""The text gateway: signed, once per id, failures by name and never with the number."""

import hashlib
import hmac
import json

import pytest

from core.after_call import Sms, TextFailed
from core.errors import BadInput
from notify.sms import SmsGateway
from tests.notify.test_webhook import SECRET, answer, receiving

pytestmark = pytest.mark.service
SMS = Sms("txt_1", "grade", "13812345678", "请回复1至5评价")


async def test_a_text_is_signed_and_carries_its_id_over_all_tries() -> None:
    taken = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n{"id":"g-7"}'
    async with receiving(answer("503 Busy"), taken) as receiver, SmsGateway(receiver.url, SECRET) as gateway:
        with pytest.raises(TextFailed) as failure:
            await gateway.send(SMS)
        assert await gateway.send(SMS) == "g-7"
    assert (failure.value.retryable, "138" in str(failure.value)) == (True, False)
    assert {head["idempotency-key"] for head in receiver.heads} == {"txt_1"}
    head, body = receiver.heads[1], receiver.bodies[1]
    unix, given = (part.partition("=")[2] for part in head["x-hotline-signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{unix}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(given, wanted)
    assert json.loads(body) == {
        "id": "txt_1", "kind": "grade", "to": "13812345678", "text": "请回复1至5评价", "facts": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "again"), [("400 Bad", False), ("307 There", False), ("429 Slow", True), ("500 Oops", True)]
)
async def test_a_refusal_says_whether_trying_again_may_help(status: str, again: bool) -> None:
    async with receiving(answer(status)) as receiver, SmsGateway(receiver.url, SECRET) as gateway:
        with pytest.raises(TextFailed) as failure:
            await gateway.send(SMS)
    assert failure.value.retryable is again


@pytest.mark.parametrize("silence", [None, b""])
async def test_a_gateway_that_hangs_up_or_says_nothing_may_be_asked_again(silence: bytes | None) -> None:
    async with receiving(silence) as receiver, SmsGateway(receiver.url, SECRET, timeout_s=0.5) as gateway:
        with pytest.raises(TextFailed) as failure:
            await gateway.send(SMS)
    assert failure.value.retryable


@pytest.mark.parametrize(
    ("url", "secret"), [("ftp://x/y", SECRET), ("http://", SECRET), ("http://x/", "short")]
)
def test_a_gateway_without_an_address_or_a_secret_is_refused(url: str, secret: str) -> None:
    with pytest.raises(BadInput):
        SmsGateway(url, secret)
