"""Calls we place: one Originate over one trunk, its result by the Q.850 cause of the channel that is gone."""

import asyncio
import re
from typing import Protocol

from agi.errors import UnsafeText
from agi.facts import ChannelGone, ChannelSeen
from core.after_call import Outgoing, Result, result_of
from core.errors import Conflict

ANSWER_LATE_S = 10.0
"""Asterisk tells of an unanswered call at the latest so long after its ringing time."""
CAUSE_S = 3.0
NO_ANSWER = 19
_SHAPES = {
    "number": r"\+?[0-9]{1,20}",
    "trunk": r"[A-Za-z][A-Za-z0-9_-]{0,39}",
    "display": r"(\+?[0-9]{1,20})?",
    "call_id": r"[A-Za-z0-9_-]{1,64}",
    "linkedid": r"[A-Za-z0-9_-]{1,120}",
    "line": r"\+?[0-9]{1,20}",
    "recording": r"([A-Za-z0-9][A-Za-z0-9_.-]{0,100})?",
}


class Exchange(Protocol):
    """What we need of the AMI link."""

    async def originate(self, fields: dict[str, str | list[str]], timeout_s: float) -> bool:
        """Place a call; True once it was answered. Raises SwitchSilent."""

    async def channels(self) -> tuple[ChannelSeen, ...]: ...


class DialOut:
    """core.after_call.Dialler over AMI. `heard` must be told of every ChannelGone."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._causes: dict[str, asyncio.Future[int]] = {}

    def heard(self, fact: ChannelGone) -> None:
        """A citizen's channel is gone; why, where it is one we are placing."""
        waiting = self._causes.get(fact.linkedid)
        if waiting is not None and not waiting.done():
            waiting.set_result(fact.cause)

    async def place(self, call: Outgoing) -> tuple[Result, int]:
        """Ring the citizen; answered, their channel asks the service by itself.

        Raises SwitchSilent, UnsafeText, and Conflict where this very call is under way: whoever placed it sees it through.
        """
        fields = order(call)
        if call.linkedid in await self.linkedids():
            raise Conflict(f"通话 {call.call_id} 正在拨出")
        gone: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._causes[call.linkedid] = gone
        try:
            if await self._exchange.originate(fields, call.ring_s + ANSWER_LATE_S):
                return "answered", 0
            cause = await self._cause(gone)
        finally:
            self._causes.pop(call.linkedid, None)
        return result_of(cause), cause

    async def linkedids(self) -> frozenset[str]:
        """Every call that has a channel now. Raises SwitchSilent."""
        return frozenset(seen.linkedid for seen in await self._exchange.channels())

    async def _cause(self, gone: "asyncio.Future[int]") -> int:
        try:
            async with asyncio.timeout(CAUSE_S):
                return await gone
        except TimeoutError:
            return 0


def order(call: Outgoing) -> dict[str, str | list[str]]:
    """The Originate of a call. Raises UnsafeText naming the field that has an impossible value, never the value."""
    for name, shape in _SHAPES.items():
        if not re.fullmatch(shape, getattr(call, name)):
            raise UnsafeText(f"a call's {name} has an impossible value")
    variables = {
        "HL_LEG": "citizen",
        "__HL_CALL": call.call_id,
        "HL_LINE": call.line,
        "HL_CALLER": call.number,
        "HL_TAPE": call.recording,
    }
    return {
        "Action": "Originate",
        "Async": "true",
        "Channel": f"PJSIP/{call.number}@{call.trunk}",
        "Context": "hl-called",
        "Exten": "listen" if call.listen else "s",
        "Priority": "1",
        "Timeout": str(call.ring_s * 1000),
        "ChannelId": call.linkedid,
        "CallerID": call.display or call.line,
        "Variable": [f"{name}={value}" for name, value in variables.items()],
    }
