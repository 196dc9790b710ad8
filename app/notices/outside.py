"""What the outside learns of a fact: the operator's webhook all about tickets, service level, units and lines without duty; mail the alarms."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api import queries
from api.confidential import Veil
from app.floor import now
from app.notices.manners import MANNERS
from app.settings import Settings
from core.events import Event, ServiceLow, ServiceRestored
from core.ids import new_id
from notify.webhook import payload
from store import notices
from store.events import Owed
from store.notices import NewNotice

TOLD = ("ticket.", "service.", "unit.", "rota.gap", "rota.filled", "knowledge.", "supervision.")
_MEASURES = {"connected": "接通率", "in_time": "15秒接通率"}


def owed_outside(s: Settings) -> Owed | None:
    """What facts make this instance owe the outside; None where nobody is to be told."""
    mail_to = s.mail_to if s.mail_host else ()
    return Outside(bool(s.notify_webhook), mail_to, now).owed if s.notify_webhook or mail_to else None


class Outside:
    """store.events.Owed: called in the transaction of each fact. `mail_to`: who gets alarms by mail."""

    def __init__(self, hook: bool, mail_to: Sequence[str], clock: Callable[[], datetime]) -> None:
        self._hook, self._mail_to, self._clock = hook, tuple(mail_to), clock

    async def owed(self, session: AsyncSession, facts: Sequence[tuple[str, Event]]) -> None:
        """Adds a notice per fact and receiver, once."""
        told = [(name, event) for name, event in facts if event.name.startswith(TOLD)]
        if not told:
            return
        at = self._clock()
        new = await self._webhooks(session, told, at) if self._hook else []
        new += [one for name, event in told for one in self._mails(name, event, at)]
        await notices.add_all(session, new, at)

    async def _webhooks(
        self, session: AsyncSession, told: Sequence[tuple[str, Event]], at: datetime
    ) -> list[NewNotice]:
        """Of a confidential ticket nothing goes out that tells who reported: words of units and people may name them."""
        secret = await queries.confidential(session, tickets=[event.subject for _, event in told])
        veils = {ticket_id: Veil(name).of for ticket_id, name in secret.items()}
        return [self._webhook(name, event, veils.get(event.subject), at) for name, event in told]

    def _webhook(self, name: str, event: Event, veil: Callable[[Any], Any] | None, at: datetime) -> NewNotice:
        delivery = new_id("ntc")
        return NewNotice(
            "event", "webhook", f"webhook/{name}", "", payload(event, delivery, veil), at,
            subject=event.subject, facts={"event": event.name}, within=MANNERS["webhook"].within, id=delivery,
        )  # fmt: skip

    def _mails(self, name: str, event: Event, at: datetime) -> list[NewNotice]:
        if not isinstance(event, ServiceLow | ServiceRestored):
            return []
        title, words = _alarm(event)
        return [
            NewNotice(
                "alarm",
                "mail",
                f"mail/{name}/{to}",
                to,
                words,
                at,
                subject=event.subject,
                facts={"title": title},
                within=MANNERS["mail"].within,
            )
            for to in self._mail_to
        ]


def _alarm(event: ServiceLow | ServiceRestored) -> tuple[str, str]:
    what = _MEASURES.get(event.measure, event.measure)
    share = f"{event.share:.1%}" if event.share is not None else "（没有来电）"
    if isinstance(event, ServiceLow):
        return (
            f"12345热线{what}过低",
            f"近24小时{what}为{share}（来电{event.offered}个），低于要求，请增加在岗话务员。",
        )
    return f"12345热线{what}已恢复", f"近24小时{what}为{share}（来电{event.offered}个），已恢复正常。"
