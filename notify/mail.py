"""Mail through the operator's own server: smtplib in a thread, one connection per mail.

Up to the end of the addresses nothing was handed over; from DATA on only the server's answer tells (RFC 5321 4.2.5, 6.1).
"""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from core.errors import BadInput
from core.notices import Notice, NotSent, Unsure

Tls = Literal["none", "starttls", "tls"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `sender`: the From address; tls none is for a server on this machine."""

    host: str
    port: int
    sender: str
    tls: Tls = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


class Mailer:
    """core.notices.Sender of mail. timeout_s: bound of each step with the server. Raises BadInput."""

    name = "smtp"
    honours_key = False
    at_once = 2

    def __init__(self, server: MailServer, *, timeout_s: float = 10.0) -> None:
        if "@" not in server.sender or any(c in server.sender for c in "\r\n<>"):
            raise BadInput("发邮件须设定发件地址")
        self._server, self._timeout_s = server, timeout_s

    @property
    def most_s(self) -> float:
        return self._timeout_s * 8

    async def send(self, notice: Notice) -> str:
        """Hand one mail over. Raises NotSent, Unsure."""
        try:
            message = self._message(notice)
        except ValueError:
            raise NotSent("邮件地址无效", retryable=False) from None
        await asyncio.to_thread(self._hand_over, message, notice.to)
        return str(message["Message-ID"])

    def _message(self, notice: Notice) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._server.sender, notice.to
        message["Subject"] = str(notice.facts.get("title", "12345热线"))
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{notice.id}@{self._server.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.words)
        return message

    def _hand_over(self, message: EmailMessage, to: str) -> None:
        try:
            smtp = self._ready(to)
        except (OSError, smtplib.SMTPException) as error:
            raise _refused(error) from None
        try:
            code, _ = smtp.data(message.as_bytes())
        except smtplib.SMTPDataError as error:
            raise NotSent(f"SMTP {error.smtp_code}", retryable=400 <= error.smtp_code < 500) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Unsure(f"邮件已交出，没有应答（{type(error).__name__}）") from None
        finally:
            smtp.close()
        if not 200 <= code < 300:
            raise NotSent(f"SMTP {code}", retryable=400 <= code < 500)

    def _ready(self, to: str) -> smtplib.SMTP:
        """A connection on which sender and recipient were accepted."""
        s = self._server
        if s.tls == "tls":
            safe = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(s.host, s.port, timeout=self._timeout_s, context=safe)
        else:
            smtp = smtplib.SMTP(s.host, s.port, timeout=self._timeout_s)
        try:
            if s.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
            self._log_in(smtp)
            _accepted(smtp.mail(s.sender))
            _accepted(smtp.rcpt(to))
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        """A wrong password is mended by the operator, not by giving the mail up."""
        if not self._server.user:
            return
        try:
            smtp.login(self._server.user, self._server.password)
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"邮件服务器拒绝登录（{type(error).__name__}）", retryable=True) from None


def _accepted(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(*answer)


def _refused(error: Exception) -> NotSent:
    if isinstance(error, smtplib.SMTPResponseException):
        return NotSent(f"SMTP {error.smtp_code}", retryable=400 <= error.smtp_code < 500)
    broken = isinstance(error, smtplib.SMTPNotSupportedError | ssl.SSLCertVerificationError)
    return NotSent(f"连接失败（{type(error).__name__}）", retryable=not broken)
