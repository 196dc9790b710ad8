"""Short calls to units and lines, to test them or to tell them something: one Originate, prompts to whoever answers."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Protocol

from agi.errors import UnsafeText
from agi.facts import ChannelGone
from core.reachability import Outcome

RING_S = 20
ANSWER_LATE_S = 10.0
CAUSE_S = 2.0
_BUSY, _REFUSED, _SILENT = 17, 21, frozenset({16, 18, 19, 26, 31, 102})
_GONE = frozenset({1, 20, 22, 27, 28, 29, 88})
"""The number is not assigned, switched off, out of order or barred: whoever holds it can't be reached."""


class Exchange(Protocol):
    """What we need of the AMI link."""

    async def originate(self, fields: dict[str, str | list[str]], timeout_s: float) -> bool:
        """Place a call; True once it was answered. Raises SwitchSilent."""


@dataclass(frozen=True, slots=True)
class ShortCall:
    """`id` becomes the channel's; `number` is dialled over `trunk`, shown as `display`. `says`: prompts; none: a test's sentence."""

    id: str
    number: str = field(repr=False)
    trunk: str
    display: str = ""
    ring_s: int = RING_S
    says: tuple[str, ...] = ()


class ShortCalls:
    """Places test calls. `heard` must be told of every ChannelGone; it takes those of test calls."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._causes: dict[str, asyncio.Future[int]] = {}

    def heard(self, fact: ChannelGone) -> bool:
        """Whether the channel that is gone was a test call's."""
        waiting = self._causes.get(fact.linkedid)
        if waiting is not None and not waiting.done():
            waiting.set_result(fact.cause)
        return fact.linkedid.startswith("probe_")

    async def place(self, call: ShortCall) -> tuple[Outcome, int]:
        """Ring, and the outcome with its Q.850 cause (0: unknown). Raises SwitchSilent, UnsafeText."""
        loop = asyncio.get_running_loop()
        fields, gone, began = order(call), loop.create_future(), loop.time()
        self._causes[call.id] = gone
        try:
            if await self._exchange.originate(fields, call.ring_s + ANSWER_LATE_S):
                return "answered", 0
            rang_out = loop.time() - began >= call.ring_s - 0.5
            cause = await self._cause(gone)
        finally:
            self._causes.pop(call.id, None)
        return ("no_answer" if rang_out else outcome_of(cause)), cause

    async def _cause(self, gone: "asyncio.Future[int]") -> int:
        try:
            async with asyncio.timeout(CAUSE_S):
                return await gone
        except TimeoutError:
            return 0


def outcome_of(cause: int) -> Outcome:
    """What a refused call says of the other side; whatever may be our carrier's trouble is never laid at their door.

    Source: ITU-T Q.850.
    """
    if cause == _BUSY:
        return "busy"
    if cause == _REFUSED:
        return "rejected"
    if cause in _SILENT:
        return "no_answer"
    return "unreachable" if cause in _GONE else "congestion"


_SHAPES = {
    "id": r"probe_[A-Za-z0-9_-]{1,64}",
    "number": r"\+?[0-9]{1,20}",
    "trunk": r"[A-Za-z][A-Za-z0-9_-]{0,39}",
    "display": r"(\+?[0-9]{1,20})?",
}
_PROMPT = r"[a-z0-9][a-z0-9-]{0,39}"


def order(call: ShortCall) -> dict[str, str | list[str]]:
    """The Originate of a test call. Raises UnsafeText naming the field, never the value."""
    for name, shape in _SHAPES.items():
        if not re.fullmatch(shape, getattr(call, name)):
            raise UnsafeText(f"a test call's {name} has an impossible value")
    if not all(re.fullmatch(_PROMPT, prompt) for prompt in call.says):
        raise UnsafeText("a short call's prompt has an impossible name")
    tells = {"Application": "Playback", "Data": "&".join(call.says)}
    return {
        "Action": "Originate",
        "Async": "true",
        "Channel": f"PJSIP/{call.number}@{call.trunk}",
        **(tells if call.says else {"Context": "hl-probe", "Exten": "s", "Priority": "1"}),
        "Timeout": str(call.ring_s * 1000),
        "ChannelId": call.id,
        "CallerID": call.display or "12345",
        "Variable": ["HL_LEG=citizen"],  # so that AMI tells of its end; hl-probe asks nobody
    }
