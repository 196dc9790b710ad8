"""Texts over SMPP 3.4 to a real SMSC: what arrives, what is refused, and where nobody can know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.notices import Notice, NotSent, Unsure
from notify.smpp import SmppGateway, Smsc
from tests.notify import smsc as protocol
from tests.notify.smsc import smsc

pytestmark = pytest.mark.service
NUMBER = "13812345678"
WORDS = "【郴州12345】您的诉求已登记，工单编号20261121-048315。"


def text(words: str = WORDS, name: str = "ntc_1") -> Notice:
    return Notice(name, "ticket_number", NUMBER, words)


@asynccontextmanager
async def gateway_to(
    carrier: protocol.Smsc, password: str = "secret", timeout_s: float = 5.0, enquire_s: float = 30.0
) -> AsyncIterator[SmppGateway]:
    account = Smsc("127.0.0.1", carrier.port, "hotline", password, "10690012345")
    gateway = SmppGateway(account, timeout_s=timeout_s, enquire_s=enquire_s)
    try:
        yield gateway
    finally:
        await gateway.close()


async def test_a_chinese_text_arrives_and_the_session_is_kept() -> None:
    async with smsc() as carrier, gateway_to(carrier) as gateway:
        assert [await gateway.send(text(name=f"ntc_{n}")) for n in range(3)] == ["id-1", "id-2", "id-3"]
        assert carrier.binds == 1
    one = carrier.taken[0]
    assert (one.source, one.to, one.text, one.coding) == ("10690012345", NUMBER, WORDS, protocol.UCS2)
    assert (one.part, one.receipt) == (None, 0)
    assert carrier.unbinds == 1


async def test_texts_sent_side_by_side_each_get_their_own_answer() -> None:
    async with smsc() as carrier, gateway_to(carrier) as gateway:
        names = await asyncio.gather(*(gateway.send(text(f"第{n}条", f"ntc_{n}")) for n in range(4)))
        order = {one.text: f"id-{place}" for place, one in enumerate(carrier.taken, 1)}
    assert names == [order[f"第{n}条"] for n in range(4)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=400))
async def test_any_text_arrives_whole_in_parts_that_fit(words: str) -> None:
    async with smsc() as carrier, gateway_to(carrier) as gateway:
        await gateway.send(text(words))
    assert "".join(one.text for one in carrier.taken) == words
    many = len(carrier.taken)
    if many > 1:
        parts = [one.part for one in carrier.taken]
        assert [part[1:] for part in parts if part] == [(many, n) for n in range(1, many + 1)]
        assert len({part[0] for part in parts if part}) == 1


async def test_more_long_texts_than_the_library_has_numbers_for_are_all_answered() -> None:
    words = "长" * 100
    async with smsc() as carrier, gateway_to(carrier) as gateway:
        for number in range(300):
            assert await gateway.send(text(words, f"ntc_{number}"))
        assert (len(carrier.taken), carrier.binds) == (600, 2)


@pytest.mark.parametrize(("status", "again"), [(protocol.THROTTLED, True), (protocol.BAD_DEST, False)])
async def test_a_refusal_says_whether_trying_again_may_help(status: int, again: bool) -> None:
    async with smsc(statuses=[status]) as carrier, gateway_to(carrier) as gateway:
        with pytest.raises(NotSent) as failure:
            await gateway.send(text())
        assert (failure.value.retryable, NUMBER in str(failure.value)) == (again, False)
        assert await gateway.send(text()) == "id-2"


async def test_a_text_of_which_a_part_was_refused_is_in_doubt() -> None:
    async with smsc(statuses=[protocol.OK, protocol.BAD_DEST]) as carrier, gateway_to(carrier) as gateway:
        with pytest.raises(Unsure):
            await gateway.send(text("长" * 100))


@pytest.mark.parametrize("manner", ["silent", "hang_up"])
async def test_written_and_not_answered_is_in_doubt_and_the_next_text_goes(manner: protocol.Manner) -> None:
    async with smsc(manner=manner) as carrier, gateway_to(carrier, timeout_s=0.5) as gateway:
        with pytest.raises(Unsure):
            async with asyncio.timeout(10):
                await gateway.send(text())
        carrier.manner = "take"
        assert await gateway.send(text("又一条", "ntc_2")) == "id-2"
    assert [one.text for one in carrier.taken] == [WORDS, "又一条"], "nothing is sent twice"


async def test_a_session_lost_between_two_texts_is_opened_again() -> None:
    async with smsc() as carrier, gateway_to(carrier) as gateway:
        await gateway.send(text())
        carrier.drop_all()
        async with asyncio.timeout(10):
            while True:
                try:
                    await gateway.send(text("又一条", "ntc_2"))
                    break
                except (NotSent, Unsure):  # the loss is not noticed yet
                    await asyncio.sleep(0.05)
    assert carrier.binds >= 2
    assert carrier.taken[-1].text == "又一条"


async def test_no_session_is_left_running_and_no_log_holds_a_text(caplog: pytest.LogCaptureFixture) -> None:
    async with smsc() as carrier:
        before = asyncio.all_tasks()
        async with gateway_to(carrier, timeout_s=0.5) as gateway:
            carrier.manner = "hang_up"
            with pytest.raises(Unsure):
                await gateway.send(text())
        async with asyncio.timeout(10):
            while any(task.get_coro().__qualname__.startswith(("ESME", "Event")) for task in _new(before)):
                await asyncio.sleep(0.01)
    assert WORDS not in caplog.text
    assert NUMBER not in caplog.text


def _new(before: set[asyncio.Task[Any]]) -> list[Any]:
    return [task for task in asyncio.all_tasks() - before if not task.done()]


async def test_an_idle_session_is_kept_alive() -> None:
    async with smsc() as carrier, gateway_to(carrier, enquire_s=0.2) as gateway:
        await gateway.send(text())
        async with asyncio.timeout(10):
            while not carrier.enquiries:
                await asyncio.sleep(0.05)
        await gateway.send(text())
        assert carrier.binds == 1


async def test_who_does_not_know_us_or_is_not_there_has_certainly_taken_nothing() -> None:
    async with smsc() as carrier, gateway_to(carrier, password="wrong") as gateway:
        with pytest.raises(NotSent) as refused:
            await gateway.send(text())
    async with gateway_to(carrier) as gateway:
        with pytest.raises(NotSent) as absent:
            await gateway.send(text())
    assert (refused.value.retryable, absent.value.retryable) == (True, True)
    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize(
    "account",
    [
        Smsc("", 1, "hotline", "secret", "106"),
        Smsc("h", 1, "", "secret", "106"),
        Smsc("h", 1, "hotline", "nine char", "106"),
        Smsc("h", 1, "hotline", "secret", "一零六"),
    ],
)
def test_an_impossible_account_is_refused(account: Smsc) -> None:
    with pytest.raises(BadInput):
        SmppGateway(account)
