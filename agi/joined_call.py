"""A unit phones a citizen through us: the unit's telephone first, the citizen's when it answers; each sees our number only."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from agi.dial_out import ANSWER_LATE_S, CAUSE_S, Exchange
from agi.errors import UnsafeText
from agi.facts import ChannelGone, whole
from agi.fastagi import FastAgi, Session
from core.after_call import Result, result_of
from core.errors import HotlineError

log = structlog.get_logger(__name__)
ROUTE = "joined"
END_S = 15.0
_SHAPES = {
    "call_id": r"[A-Za-z0-9_-]{1,64}",
    "linkedid": r"joined_[A-Za-z0-9_-]{1,100}",
    "unit": r"\+?[0-9]{1,20}",
    "citizen": r"\+?[0-9]{1,20}",
    "trunk": r"[A-Za-z][A-Za-z0-9_-]{0,39}",
    "display": r"(\+?[0-9]{1,20})?",
    "recording": r"[A-Za-z0-9][A-Za-z0-9_.-]{0,100}",
}


@dataclass(frozen=True, slots=True)
class JoinedCall:
    """`unit` is rung over `trunk`, then `citizen` over whichever trunk leads outside; both see `display`. ring_s: each of them."""

    call_id: str
    linkedid: str
    unit: str = field(repr=False)
    citizen: str = field(repr=False)
    trunk: str = ""
    display: str = ""
    ring_s: int = 30
    recording: str = ""


@dataclass(frozen=True, slots=True)
class JoinedOver:
    """Both telephones are free again. `status`: of ringing the citizen (a Dial status, '' where nobody was rung); `talk_s`: they spoke."""

    call_id: str
    status: str
    talk_s: int
    cause: int


class JoinedCalls:
    """Places them. `heard` must be told of every ChannelGone; `over` is awaited with each end Asterisk tells of."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._causes: dict[str, asyncio.Future[int]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.over: Callable[[JoinedOver], Awaitable[None]] | None = None

    def attach(self, server: FastAgi) -> None:
        """Add the route on which the dialplan tells of ends."""
        server.add_route(ROUTE, self._ended)

    def heard(self, fact: ChannelGone) -> bool:
        """Whether the channel that is gone was a unit's."""
        waiting = self._causes.get(fact.linkedid)
        if waiting is not None and not waiting.done():
            waiting.set_result(fact.cause)
        return fact.linkedid.startswith("joined_")

    async def place(self, call: JoinedCall) -> tuple[Result, int]:
        """Ring the unit; answered, the dialplan rings the citizen by itself. Raises SwitchSilent, UnsafeText."""
        fields = order(call)
        gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._causes[call.linkedid] = gone
        try:
            if await self._exchange.originate(fields, call.ring_s + ANSWER_LATE_S):
                return "answered", 0
            try:
                async with asyncio.timeout(CAUSE_S):
                    cause = await gone
            except TimeoutError:
                cause = 0
        finally:
            self._causes.pop(call.linkedid, None)
        return result_of(cause), cause

    async def _ended(self, session: Session) -> None:
        call_id, status, talk_s, cause = (*session.args(), "", "", "", "")[:4]
        if self.over is None or not re.fullmatch(_SHAPES["call_id"], call_id):
            return
        task = asyncio.ensure_future(self._told(JoinedOver(call_id, status, whole(talk_s), whole(cause))))
        self._ending.add(task)  # to its end, though the channel that told it is gone
        task.add_done_callback(self._ending.discard)
        await asyncio.shield(task)

    async def _told(self, end: JoinedOver) -> None:
        assert self.over is not None
        try:
            async with asyncio.timeout(END_S):
                await self.over(end)
        except (TimeoutError, HotlineError) as error:
            log.error("the end of a joined call was not kept", call=end.call_id, error=type(error).__name__)


def order(call: JoinedCall) -> dict[str, str | list[str]]:
    """The Originate. Raises UnsafeText naming the field that has an impossible value, never the value."""
    for name, shape in _SHAPES.items():
        if not re.fullmatch(shape, getattr(call, name)):
            raise UnsafeText(f"a joined call's {name} has an impossible value")
    shown = call.display or "12345"
    variables = {
        "HL_LEG": "citizen",  # so that AMI tells of its end
        "HL_JOIN": call.call_id,
        "HL_TO": call.citizen,
        "HL_SHOWN": shown,
        "HL_SECS": str(call.ring_s),
        "HL_TAPE": call.recording,
    }
    return {
        "Action": "Originate",
        "Async": "true",
        "Channel": f"PJSIP/{call.unit}@{call.trunk}",
        "Context": "hl-joined",
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(call.ring_s * 1000),
        "ChannelId": call.linkedid,
        "CallerID": shown,
        "Variable": [f"{name}={value}" for name, value in variables.items()],
    }
