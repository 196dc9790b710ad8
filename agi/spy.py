"""A supervisor's own telephone, rung and joined to a talk by ChanSpy: heard by nobody, by the agent, or by all.

One leg per supervision; its unique id is the supervision's id, so it is found again after a restart. Changing the mode sends the
leg through `hl-spy` anew. In a room nobody has a peer to barge in on: there the leg becomes a member of the room.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Literal

from agi.ami import Ami
from agi.errors import ActionRefused, UnsafeText

Mode = Literal["listen", "whisper", "barge"]
OPTIONS: dict[Mode, str] = {"listen": "uqsSE", "whisper": "uqsSEw", "barge": "uqsSEB"}
"""u: exactly this channel; q, s: no announcement; S, E: over with the channel; w: the spied party hears; B: both parties do."""
_PHONE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHANNEL = re.compile(r"[A-Za-z0-9_./@:;+-]{1,120}")
_ROOM = re.compile(r"[a-z0-9]{1,60}")
_SLACK_S = 2.0


@dataclass(frozen=True, slots=True)
class Spied:
    """What a supervisor's leg hears: the channel of the agent, or the `room` where they talk with several."""

    channel: str
    room: str = ""


class Spies:
    """Orders about supervisors' legs. All raise SwitchSilent, ActionRefused (gone, nobody picked up), UnsafeText."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    async def join(self, leg: str, phone: str, target: Spied, mode: Mode, ring_s: int) -> str:
        """Ring `phone` (a SIP user) for `ring_s` seconds; once picked up it hears. Gives the leg's channel."""
        _check(_PHONE, phone, _ID, leg)
        answer = await self._ami.order(
            {
                "Action": "Originate", "Async": "true", "Channel": f"PJSIP/{phone}", "ChannelId": leg,
                "Timeout": str(ring_s * 1000), "CallerID": '"supervision" <12345>', "Variable": _heard(target, mode),
                **_where(target, mode),
            },
            ring_s + _SLACK_S,
        )  # fmt: skip
        return next((str(m.channel) for m in answer if m.event == "OriginateResponse"), "")

    async def change(self, leg: str, target: Spied, mode: Mode) -> None:
        """Go on in another mode; a moment's gap is heard by the supervisor alone."""
        _check(_ID, leg)
        for pair in _heard(target, mode):
            name, _, value = pair.partition("=")
            await self._ami.order({"Action": "Setvar", "Channel": leg, "Variable": name, "Value": value})
        where = _where(target, mode)
        await self._ami.order({"Action": "Redirect", "Channel": leg, **where})

    async def take_over(self, leg: str, citizen: str, room: str) -> None:
        """Citizen and supervisor go to `room` together, in one order; the talk they leave ends for whoever stays there."""
        _check(_ID, leg, _CHANNEL, citizen, _ROOM, room)
        await self._ami.order({
            "Action": "Redirect", "Channel": citizen, "Context": "hl-room", "Exten": room, "Priority": "1",
            "ExtraChannel": leg, "ExtraContext": "hl-room", "ExtraExten": room, "ExtraPriority": "1",
        })  # fmt: skip

    async def leave(self, leg: str) -> None:
        """Hang the supervisor's leg up, also while it rings; nothing happens where it is gone."""
        _check(_ID, leg)
        try:
            await self._ami.order({"Action": "Hangup", "Channel": leg, "Cause": "16"})
        except ActionRefused:
            if await self.there(leg):
                raise

    async def there(self, leg: str) -> bool:
        """Whether this leg exists now."""
        found = await self._ami.order({"Action": "CoreShowChannels"})
        return any(m.event == "CoreShowChannel" and m.uniqueid == leg for m in found)

    async def gone(self, leg: str, look_every_s: float = 15.0) -> None:
        """Return once the leg is gone, however long that takes; a lost link is waited out."""
        ended = self._ami.watch(leg)
        try:
            while not ended.is_set():
                try:
                    async with asyncio.timeout(look_every_s):
                        await ended.wait()
                except TimeoutError:
                    if self._ami.connected and not await self.there(leg):
                        return
        finally:
            self._ami.unwatch(leg)


def _heard(target: Spied, mode: Mode) -> list[str]:
    _check(_CHANNEL, target.channel)
    return [f"HL_SPY={target.channel}", f"HL_SPY_HOW={OPTIONS[mode]}"]


def _where(target: Spied, mode: Mode) -> dict[str, str | list[str]]:
    if mode == "barge" and target.room:
        _check(_ROOM, target.room)
        return {"Context": "hl-room", "Exten": target.room, "Priority": "1"}
    return {"Context": "hl-spy", "Exten": "s", "Priority": "1"}


def _check(*pairs: object) -> None:
    """Shape, text, shape, text, …"""
    for shape, text in zip(pairs[::2], pairs[1::2], strict=True):
        assert isinstance(shape, re.Pattern)
        if not shape.fullmatch(str(text)):
            raise UnsafeText("an order about a supervisor's leg has an impossible value")
