"""The ways out an instance has, from its settings, and what is told of them."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from api.metrics import Metrics
from app.settings import Settings
from core.errors import BadInput
from core.notices import Channel, NoticesStuck, NoticesUncertain, Sender, State
from notify.mail import Mailer, MailServer
from notify.smpp import SmppGateway, Smsc
from notify.sms import SmsGateway
from notify.webhook import Webhook
from store import notices
from store.database import Database

STUCK = timedelta(hours=1)
"""A notice due for so long means that nobody sends; a text may wait for the end of a long call."""


def ways(s: Settings, stack: AsyncExitStack) -> dict[Channel, Sender | None]:
    """What a worker sends by; None where nothing is configured. Closed with the stack. Raises BadInput."""
    return {"sms": _texts(s, stack), "mail": _mail(s), "webhook": _webhook(s, stack)}


def _texts(s: Settings, stack: AsyncExitStack) -> Sender | None:
    if s.sms_url and s.smpp_host:
        raise BadInput("短信网关只能设一个：HOTLINE_SMS_URL 或 HOTLINE_SMPP_HOST")
    if s.sms_url:
        gateway = SmsGateway(s.sms_url, s.sms_secret.get_secret_value())
        stack.push_async_callback(gateway.close)
        return gateway
    if not s.smpp_host:
        return None
    password = s.smpp_password.get_secret_value()
    smsc = Smsc(s.smpp_host, s.smpp_port, s.smpp_system_id, password, s.smpp_source, s.smpp_system_type)
    carrier = SmppGateway(smsc)
    stack.push_async_callback(carrier.close)
    return carrier


def _mail(s: Settings) -> Sender | None:
    if not s.mail_host:
        return None
    password = s.mail_password.get_secret_value()
    return Mailer(MailServer(s.mail_host, s.mail_port, s.mail_from, s.mail_tls, s.mail_user, password))


def _webhook(s: Settings, stack: AsyncExitStack) -> Sender | None:
    if not s.notify_webhook:
        return None
    hook = Webhook(s.notify_webhook, s.notify_secret.get_secret_value())
    stack.push_async_callback(hook.close)
    return hook


def counted(metrics: Metrics) -> Callable[[Channel, State], None]:
    """Counts each notice that went as far as it goes by itself."""

    def told(channel: Channel, state: State) -> None:
        metrics.notices_settled.labels(channel, state).inc()
        if channel == "webhook" and state in ("failed", "given_up", "uncertain"):
            metrics.webhook_failures.inc()

    return told


def notices_part(database: Database, clock: Callable[[], datetime]) -> Callable[[], Awaitable[str]]:
    """For /health: what waits. Raises NoticesUncertain where a person must decide, NoticesStuck where nobody sends."""

    async def ask() -> str:
        async with database.reading() as session:
            found = await notices.standing(session)
        said = ", ".join(f"{one.many} {one.channel} {one.state}" for one in found) or "nothing waits"
        if any(one.state == "due" and one.oldest and clock() - one.oldest > STUCK for one in found):
            raise NoticesStuck(said)
        if any(one.state == "uncertain" for one in found):
            raise NoticesUncertain(said)
        return said

    return ask
