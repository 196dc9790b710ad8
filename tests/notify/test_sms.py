"""The text gateway over HTTP: signed, once per id, failures by name and never with the number."""

import json

import pytest

from core.notices import Notice, NotSent
from notify.sms import SmsGateway
from tests.notify.receiver import SECRET, answer, receiving

pytestmark = pytest.mark.service
TEXT = Notice("ntc_1", "grade", "13812345678", "请回复1至5评价")


async def test_a_text_carries_its_id_over_all_tries_and_gives_the_gateways_own() -> None:
    taken = answer("200 OK", body=b'{"id":"g-7"}')
    async with receiving(answer("503 Busy"), taken) as receiver, SmsGateway(receiver.url, SECRET) as gateway:
        with pytest.raises(NotSent) as failure:
            await gateway.send(TEXT)
        assert await gateway.send(TEXT) == "g-7"
    assert (failure.value.retryable, "138" in str(failure.value)) == (True, False)
    assert {head["idempotency-key"] for head in receiver.heads} == {"ntc_1"}
    assert all(head["x-hotline-signature"].startswith("t=") for head in receiver.heads)
    assert json.loads(receiver.bodies[1]) == {
        "id": "ntc_1", "kind": "grade", "to": "13812345678", "text": "请回复1至5评价", "facts": {},
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"OK", b"[1]", b'{"id": null}'])
async def test_a_gateway_need_not_name_an_id(body: bytes) -> None:
    async with (
        receiving(answer("200 OK", body=body)) as receiver,
        SmsGateway(receiver.url, SECRET) as gateway,
    ):
        assert await gateway.send(TEXT) == ""
