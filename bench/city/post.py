"""Gateways of the simulated city: they take notices, lose some answers, refuse some, and know what arrived."""

from collections import Counter
from random import Random

from sqlalchemy import select

from bench.city.checks import Report
from core.notices import Notice, NotSent, Sender, Unsure
from store.database import Database
from store.tables import NoticeRow


class Gateway:
    """core.notices.Sender. `honours_key`: the same id twice arrives once."""

    at_once = 1
    most_s = 10.0

    def __init__(self, name: str, honours_key: bool, seed: int) -> None:
        self.name, self.honours_key = name, honours_key
        self.arrived: Counter[str] = Counter()
        self._dice = Random(f"{seed}/{name}")

    async def send(self, notice: Notice) -> str:
        luck = self._dice.random()
        if luck < 0.03:
            raise NotSent("busy", retryable=True)
        if not (self.honours_key and self.arrived[notice.id]):
            self.arrived[notice.id] += 1
        if luck < 0.05:
            raise Unsure("the answer was lost")
        return f"{self.name}-{self.arrived.total()}"


def gateways(seed: int) -> dict[str, Gateway]:
    """Texts go by a gateway that honours the key, calls do not."""
    return {"sms": Gateway("texts", True, seed), "voice": Gateway("calls", False, seed)}


def senders(found: dict[str, Gateway]) -> dict[str, Sender]:
    return dict(found)


async def delivered(database: Database, found: dict[str, Gateway], report: Report) -> None:
    """Nothing arrived twice; what is told as sent has arrived; what may have arrived is told as uncertain."""
    async with database.reading() as session:
        rows = (await session.execute(select(NoticeRow.id, NoticeRow.channel, NoticeRow.state))).all()
    for name, channel, state in rows:
        times = found[channel].arrived[name] if channel in found else 0
        report.seen[f"notices {state}"] += 1
        if times > 1:
            report.fault("a notice that arrived twice", f"{channel} {name} {state}")
        if state == "sent" and times != 1:
            report.fault("a notice told as sent that did not arrive", f"{channel} {name}")
        if state in ("due", "failed", "given_up", "not_sent") and times and channel == "voice":
            report.fault("a notice that arrived and is told as lost", f"{channel} {name} {state}")
