"""A notice that is spoken: a short call of our own over the trunks in their order, prompts to whoever answers."""

from collections.abc import Callable
from typing import Protocol

from agi.probe_call import ShortCall
from core.errors import HotlineError
from core.notices import Notice, NotSent, Unsure
from core.reachability import Outcome
from store import trunks
from store.database import Database

RING_S = 30
SAID: dict[Outcome, str] = {
    "answered": "已接听", "no_answer": "无人接听", "rejected": "对方拒接", "unreachable": "无法接通", "busy": "占线",
    "congestion": "线路忙", "not_placed": "未能拨出",
}  # fmt: skip


class Placer(Protocol):
    """Places one short call. Raises SwitchSilent."""

    async def place(self, call: ShortCall) -> tuple[Outcome, int]: ...


class SpokenCalls:
    """core.notices.Sender over our own telephone. `connected`: whether the link to Asterisk is up."""

    name = "telephone"
    honours_key = False
    at_once = 2
    most_s = 150.0

    def __init__(self, database: Database, placer: Placer, connected: Callable[[], bool]) -> None:
        self._database, self._placer, self._connected = database, placer, connected

    async def send(self, notice: Notice) -> str:
        """Ring and speak; somebody answered. Raises NotSent, Unsure."""
        async with self._database.reading() as session:
            ways = [one for one in await trunks.active(session) if one.host]
        if not ways or not self._connected():
            reason = "没有可外呼的中继" if not ways else "与电话交换机的连接中断"
            raise NotSent(reason, retryable=True)
        says = tuple(str(prompt) for prompt in notice.facts.get("says", ()))
        for number, way in enumerate(ways[:3]):
            call = ShortCall(
                f"probe_{notice.id}_{number}", notice.to, way.name, way.display_number or "", RING_S, says
            )
            outcome = await self._placed(call)
            if outcome == "answered":
                return call.id
            if outcome != "congestion":
                break
        raise NotSent(SAID[outcome], retryable=True)

    async def _placed(self, call: ShortCall) -> Outcome:
        try:
            outcome, _ = await self._placer.place(call)
        except HotlineError as error:
            if error.status < 500:  # what we asked for is impossible, and stays so
                raise NotSent(str(error), retryable=False) from None
            raise Unsure("电话交换机没有告知外呼结果") from None
        return outcome
