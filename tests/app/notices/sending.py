"""A process that sends what is due and is killed after the answer came, before it is written down."""

import asyncio
import sys

from app.floor import now
from app.notices.worker import Notices
from core.notices import Notice, Sender
from notify.smpp import SmppGateway, Smsc
from notify.sms import SmsGateway
from store.database import Database
from store.sealed import Keyring
from tests.notify.receiver import SECRET


class Interrupted:
    """A real sender whose good answer is told to the test, and then nothing more happens."""

    def __init__(self, inner: Sender) -> None:
        self._inner = inner
        self.name, self.honours_key, self.at_once, self.most_s = inner.name, inner.honours_key, 1, 300.0

    async def send(self, notice: Notice) -> str:
        print(await self._inner.send(notice), flush=True)
        await asyncio.sleep(300)
        return ""


def sender(way: str, port: int) -> Sender:
    """Ours, to the test's own server."""
    if way == "smpp":
        return SmppGateway(Smsc("127.0.0.1", port, "hotline", "secret", "10690012345"))
    return SmsGateway(f"http://127.0.0.1:{port}/hook", SECRET)


async def work(url: str, key: str, way: str, port: int) -> None:
    database = Database(url, Keyring.parse(key))
    await Notices(database, now, {"sms": Interrupted(sender(way, port))}).round("sms")


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.stdin.readline(), sys.argv[2], int(sys.argv[3])))
