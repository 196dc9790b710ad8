"""Which test guards against which defect of panoramisk 1.4 and pyst2 0.5.1; those without one elsewhere are here.

Where it is cheap the bare library is made to stumble first: once it no longer does, our way around it can go.
"""

import asyncio
import importlib
import io
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asterisk.agi import AGI
from panoramisk import Manager
from panoramisk.message import Message

from agi.ami import Ami
from agi.ami_link import AmiSettings
from agi.errors import ActionRefused
from agi.facts import ChannelGone, Fact, LinkUp
from tests.agi.conftest import until
from tests.agi.fake_ami import FakeAmi, Fields, hangup, message

pytestmark = pytest.mark.service
ROOT = Path(__file__).resolve().parents[2]

# defect -> module of tests/agi and the test in it that fails where our wrapper doesn't close the defect off
GUARDS = {
    "panoramisk AMI: Originate without Async kills the connection": ("test_ami", "test_originate_is_always_async"),
    "panoramisk AMI: an exception in a callback kills the connection": (
        "test_ami", "test_fault_of_our_own_in_an_event_costs_that_event_not_the_link",
    ),
    "panoramisk AMI: each read is decoded by itself": ("test_ami", "test_character_split_over_two_reads_stays_whole"),
    "panoramisk AMI: no action timeout": ("test_ami", "test_order_without_answer_is_bounded"),
    "panoramisk AMI: Pong is never checked": ("test_ami", "test_asterisk_that_stops_answering_is_noticed"),
    "panoramisk AMI: pending actions are replayed": ("test_ami", "test_pending_orders_are_never_replayed"),
    "panoramisk AMI: CR and LF in values": ("test_ami", "test_a_second_action_in_a_value_is_refused"),
    "panoramisk AMI: a wrong password is silent": ("test_ami", "test_wrong_password_is_told_by_name_and_tried_again"),
    "panoramisk AMI: an event with a pending ActionID is swallowed": (
        "test_library_defects", "test_news_that_carries_the_id_of_a_pending_order_is_news_and_not_its_answer",
    ),
    "panoramisk FastAGI: end of file in the header loops for ever": ("test_fastagi", "test_connect_and_close_freezes_nothing"),
    "panoramisk FastAGI: HANGUP is taken for an answer": ("test_fastagi", "test_hangup_before_the_answer_is_not_the_answer"),
    "panoramisk FastAGI: a hangup shown as -1 is no hangup": ("test_fastagi", "test_hangup_shown_as_minus_one_is_a_hangup"),
    "panoramisk FastAGI: a usage text of many lines": ("test_fastagi", "test_usage_text_of_many_lines_is_one_answer"),
    "panoramisk FastAGI: end of file instead of an answer": ("test_fastagi", "test_end_of_file_instead_of_an_answer_is_a_hangup"),
    "panoramisk FastAGI: plain functions fail when called": ("test_fastagi", "test_plain_function_is_no_endpoint"),
    "panoramisk FastAGI: strict decoding": ("test_fastagi", "test_bytes_that_are_no_utf8_cost_characters_not_the_call"),
    "panoramisk FastAGI: CancelledError is swallowed": ("test_fastagi", "test_cancelled_handler_stays_cancelled"),
    "panoramisk FastAGI: no command timeout": ("test_fastagi", "test_silence_instead_of_an_answer_is_bounded"),
    "panoramisk FastAGI: CR and LF in commands": ("test_fastagi", "test_a_second_command_in_a_value_is_refused"),
    "panoramisk FastAGI: result -2 looks like success": ("test_fastagi", "test_exec_of_a_missing_application_is_a_refusal"),
    "Asterisk keeps a channel until the socket is closed": ("test_fastagi", "test_endpoint_that_fails_frees_the_channel"),
    "pyst2 agi: signals, so no threads": ("test_library_defects", "test_the_service_never_loads_what_only_works_in_a_main_thread"),
    "pyst2 agi: text to a binary file": ("test_library_defects", "test_the_script_speaks_utf8_whatever_the_locale_and_hears_anything"),
    "pyst2 agi: ValueError on HANGUP and end of file": ("test_fallback", "test_caller_who_hangs_up_while_recording_is_kept"),
    "pyst2 agi: 100 and 511 are unknown": ("test_fallback", "test_missing_prompt_is_no_reason_to_lose_the_message"),
    "pyst2 agi: quotes are not escaped": ("test_fallback", "test_text_that_would_break_a_command_is_refused"),
    "pyst2 manager and fastagi: fail on Python 3": (
        "test_library_defects", "test_the_service_never_loads_what_only_works_in_a_main_thread",
    ),
}  # fmt: skip


@pytest.mark.parametrize("defect", GUARDS)
def test_every_known_defect_has_its_guard(defect: str) -> None:
    module, name = GUARDS[defect]
    assert callable(getattr(importlib.import_module(f"tests.agi.{module}"), name))


@pytest.fixture
async def fake() -> AsyncIterator[FakeAmi]:
    fake = FakeAmi()
    await fake.start()
    yield fake
    await fake.stop()


def news_then_refusal(fields: Fields) -> str:
    """A hangup that carries the order's id, then the order's own answer."""
    news = hangup(fields["channel"], leg="citizen").replace(
        "\r\n", f"\r\nActionID: {fields['actionid']}\r\n", 1
    )
    return news + message("Response: Error", "ActionID: {id}", "Message: Channel does not exist")


async def test_bare_panoramisk_takes_news_for_the_answer_of_a_pending_order(fake: FakeAmi) -> None:
    fake.override["Redirect"] = news_then_refusal
    heard: list[Message] = []
    manager = Manager(
        host="127.0.0.1", port=fake.port, username="x", secret=fake.secret, loop=asyncio.get_running_loop()
    )
    manager.register_event("Hangup", lambda _manager, event: heard.append(event))
    manager.connect()
    await until(lambda: manager.authenticated, 30)
    try:
        async with asyncio.timeout(30):
            answer = await manager.send_action({"Action": "Redirect", "Channel": "PJSIP/c-1"})
        assert (answer.event, heard) == ("Hangup", [])
    finally:
        manager.on_disconnect = lambda *_: None
        manager.protocol.closed = True
        manager.protocol.transport.abort()
        manager.close()


async def test_news_that_carries_the_id_of_a_pending_order_is_news_and_not_its_answer(fake: FakeAmi) -> None:
    fake.override["Redirect"] = news_then_refusal
    facts: list[Fact] = []

    async def listen(fact: Fact) -> None:
        facts.append(fact)

    ami = Ami(AmiSettings(fake.port, fake.secret, action_s=2.0), listen)
    await ami.start()
    try:
        await until(lambda: any(isinstance(fact, LinkUp) for fact in facts), 30)
        with pytest.raises(ActionRefused, match="does not exist"):
            await ami.redirect("PJSIP/c-1", "hl-ask")
        await until(lambda: any(isinstance(fact, ChannelGone) for fact in facts), 30)
    finally:
        await ami.stop()


def test_the_service_never_loads_what_only_works_in_a_main_thread() -> None:
    """pyst2's AGI sets signal handlers; its manager calls dict.has_key, its fastagi imports SocketServer."""
    failed: list[BaseException] = []

    def bare() -> None:
        try:
            AGI(io.StringIO("\n"), io.StringIO(), io.StringIO())
        except ValueError as error:
            failed.append(error)

    thread = threading.Thread(target=bare)
    thread.start()
    thread.join(10)
    assert failed
    with pytest.raises(ImportError):
        importlib.import_module("asterisk.fastagi")
    code = "import sys, json, app.wire, app.instance; print(json.dumps([m for m in sys.modules if m.split('.')[0] == 'asterisk']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert json.loads(done.stdout) == []


def test_the_script_speaks_utf8_whatever_the_locale_and_hears_anything(tmp_path: Path) -> None:
    with pytest.raises(TypeError):  # as Asterisk's pipes come in Python 3
        AGI(io.StringIO("\n"), io.BytesIO(), io.StringIO()).send_command("NOOP")
    spool = tmp_path / "留言"
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    said = b"agi_calleridname: " + "张三".encode("gbk") + b"\nagi_callerid: 13800138000\n\n"
    said += b"200 result=0 (\xd5\xc5)\n200 result=0\n200 result=0\n"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "agi.fallback", str(spool), "3", "60", "message", "17.1", "c-1", "12345"],
        input=said, env=env, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert f'RECORD FILE "{spool}/taking/'.encode() in done.stdout
    assert len(list(spool.glob("*.json"))) == 1
