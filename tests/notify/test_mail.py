"""Mail to a real SMTP server: what arrives, what is refused at which step, and where nobody can know."""

import asyncio
import email
import email.policy
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from core.errors import BadInput
from core.notices import Notice, NotSent, Unsure
from notify.mail import Mailer, MailServer

pytestmark = [pytest.mark.service, pytest.mark.filterwarnings("ignore:Requiring AUTH")]
MAIL = Notice(
    "ntc_1", "alarm", "office@city.example", "近24小时接通率为90.0%。", {"title": "12345热线接通率过低"}
)


class Box:
    """aiosmtpd's handler: keeps what it takes; answers RCPT and DATA as told."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.rcpt, self.data, self.taken = rcpt, data, list[EmailMessage]()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, options: Any) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data == "hang up":
            server.transport.abort()
        if self.data == "silent":
            await asyncio.sleep(30)
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return self.data


@contextmanager
def server(box: Box, **how: Any) -> Iterator[int]:
    """A server on a free port of this machine; it runs on a thread of its own."""
    controller = Controller(box, hostname="127.0.0.1", port=0, ready_timeout=20, **how)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        controller.port = free.getsockname()[1]
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def mailer(port: int, **more: Any) -> Mailer:
    return Mailer(MailServer("127.0.0.1", port, "hotline@city.example", "none", **more), timeout_s=1.0)


async def test_a_mail_arrives_in_chinese_under_the_notices_id() -> None:
    box = Box()
    with server(box) as port:
        assert await mailer(port).send(MAIL) == "<ntc_1@city.example>"
    (taken,) = box.taken
    assert (taken["To"], taken["From"], taken["Subject"]) == (
        "office@city.example",
        "hotline@city.example",
        "12345热线接通率过低",
    )
    assert taken.get_content().strip() == MAIL.words
    assert (taken["Message-ID"], taken["Auto-Submitted"]) == ("<ntc_1@city.example>", "auto-generated")


@pytest.mark.parametrize(
    ("box", "again"),
    [
        (Box(rcpt="450 later"), True),
        (Box(rcpt="550 nobody"), False),
        (Box(data="451 later"), True),
        (Box(data="554 no"), False),
    ],
)
async def test_a_refusal_says_whether_trying_again_may_help(box: Box, again: bool) -> None:
    with server(box) as port, pytest.raises(NotSent) as failure:
        await mailer(port).send(MAIL)
    assert (failure.value.retryable, "office" in str(failure.value)) == (again, False)


@pytest.mark.parametrize("data", ["hang up", "silent"])
async def test_handed_over_and_not_answered_is_in_doubt(data: str) -> None:
    with server(Box(data=data)) as port, pytest.raises(Unsure):
        async with asyncio.timeout(15):
            await mailer(port).send(MAIL)


async def test_a_server_that_is_not_there_or_says_nothing_has_certainly_taken_nothing() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        port = mute.getsockname()[1]
        with pytest.raises(NotSent) as absent:
            await mailer(port).send(MAIL)
        mute.listen()
        with pytest.raises(NotSent) as silent:
            async with asyncio.timeout(15):
                await mailer(port).send(MAIL)
    assert (absent.value.retryable, silent.value.retryable) == (True, True)


async def test_we_log_in_where_we_have_an_account_and_a_wrong_password_is_said() -> None:
    box = Box()

    def known(_server: Any, _session: Any, _envelope: Any, _way: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"hotline", b"secret"))

    how = {"authenticator": known, "auth_required": True, "auth_require_tls": False}
    with server(box, **how) as port:
        await mailer(port, user="hotline", password="secret").send(MAIL)
        with pytest.raises(NotSent) as failure:
            await mailer(port, user="hotline", password="wrong").send(MAIL)
    assert (len(box.taken), failure.value.retryable, "wrong" in str(failure.value)) == (1, True, False)


async def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    box = Box()
    with server(box) as port, pytest.raises(NotSent) as failure:
        await Mailer(MailServer("127.0.0.1", port, "hotline@city.example"), timeout_s=1.0).send(MAIL)
    assert (box.taken, failure.value.retryable) == ([], False)


async def test_an_address_with_a_line_break_is_refused() -> None:
    with pytest.raises(NotSent) as failure:
        await mailer(1).send(Notice("ntc_1", "alarm", "a@b\r\nBcc: c@d", "x"))
    assert not failure.value.retryable


@pytest.mark.parametrize("sender", ["", "hotline", "a@b\r\nX: y"])
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(BadInput):
        Mailer(MailServer("h", 25, sender))


async def test_no_thread_stays_behind() -> None:
    before = threading.active_count()
    with server(Box()) as port:
        await mailer(port).send(MAIL)
    assert threading.active_count() <= before + 1, "asyncio keeps its own worker"
