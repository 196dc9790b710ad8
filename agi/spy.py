"""A supervisor's own telephone, rung and joined to a talk by ChanSpy: heard by nobody, by the agent, or by all.

One leg per supervision; its unique id is the supervision's id, so it is found again after a restart. Changing the mode sends the
leg through `hl-spy` anew. In a room nobody has a peer to barge in on: there the leg becomes a member of the room.
"""

import asyncio
import re
from typing import Literal

from agi.ami import Ami
from agi.errors import ActionRefused, UnsafeText
from core.call import room_of

Mode = Literal["listen", "whisper", "barge"]
OPTIONS: dict[Mode, str] = {"listen": "uqsSE", "whisper": "uqsSEw", "barge": "uqsSEB"}
"""u: exactly this channel; q, s: no announcement; S, E: over with the channel; w: the spied party hears; B: both parties do."""
_PHONE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHANNEL = re.compile(r"[A-Za-z0-9_./@:;+-]{1,120}")


class Spies:
    """Orders about supervisors' legs. All raise SwitchSilent, ActionRefused (gone, nobody picked up), UnsafeText."""

    def __init__(self, ami: Ami) -> None:
        self._ami = ami

    async def join(self, leg: str, phone: str, agent: str, mode: Mode, ring_s: int) -> str:
        """Ring `phone` (a SIP user) for `ring_s` seconds; once picked up it hears the talk of the channel `agent`.

        Gives the leg's channel.
        """
        _check(_ID, leg)
        heard, exten = await self._heard(agent, mode)
        return await self._ami.ring_into(phone, "hl-spy", exten, heard, ring_s, leg=leg, name="supervision")

    async def change(self, leg: str, agent: str, mode: Mode) -> None:
        """Go on in another mode; a moment's gap is heard by the supervisor alone."""
        _check(_ID, leg)
        heard, exten = await self._heard(agent, mode)
        await self._set(leg, heard)
        await self._ami.order(
            {"Action": "Redirect", "Channel": leg, "Context": "hl-spy", "Exten": exten, "Priority": "1"}
        )

    async def take_over(self, leg: str, seat: str, call_id: str, citizen: str, agent: str) -> None:
        """The supervisor becomes the agent: the citizen and the leg meet in the call's room, the agent's leg is let go."""
        for shape, text in (
            (_ID, leg),
            (_PHONE, seat),
            (_ID, call_id),
            (_CHANNEL, citizen),
            (_CHANNEL, agent),
        ):
            _check(shape, text)
        own = {"HL_LEG": "agent", "HL_SEAT": seat, "HL_CALL": call_id, "HL_CITIZEN": citizen}
        await self._set(leg, own)
        to_room = {
            "Action": "Redirect",
            "Channel": leg,
            "Context": "hl-room",
            "Exten": room_of(call_id),
            "Priority": "1",
        }
        if await self._get(agent, "HL_STEP") == "room":
            await self._ami.order(to_room)
        else:
            extra = {"ExtraChannel": citizen, "ExtraContext": "hl-room", "ExtraExten": room_of(call_id)}
            await self._ami.order(to_room | extra | {"ExtraPriority": "1"})
        await self._hang_up(agent)

    async def leave(self, leg: str) -> None:
        """Hang the supervisor's leg up, also while it rings; nothing happens where it is gone."""
        _check(_ID, leg)
        await self._hang_up(leg)

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

    async def _heard(self, agent: str, mode: Mode) -> tuple[dict[str, str], str]:
        """Variables for `hl-spy`, and the extension there: `room` where the agent talks with several and we barge in."""
        _check(_CHANNEL, agent)
        values = {"HL_SPY": agent, "HL_SPY_HOW": OPTIONS[mode]}
        if mode != "barge" or await self._get(agent, "HL_STEP") != "room":
            return values, "s"
        return values | {"HL_SPY_ROOM": room_of(await self._get(agent, "HL_CALL"))}, "room"

    async def _get(self, channel: str, name: str) -> str:
        answer = await self._ami.order({"Action": "Getvar", "Channel": channel, "Variable": name})
        return str(answer[0].get("value", "") or "")

    async def _set(self, channel: str, values: dict[str, str]) -> None:
        for name, value in values.items():
            await self._ami.order({"Action": "Setvar", "Channel": channel, "Variable": name, "Value": value})

    async def _hang_up(self, channel: str) -> None:
        """Ordered by us, so that its end counts as ours; gone already is well."""
        try:
            await self._set(channel, {"HL_ENDED": "us"})
            await self._ami.order({"Action": "Hangup", "Channel": channel, "Cause": "16"})
        except ActionRefused:
            return


def _check(shape: re.Pattern[str], text: str) -> None:
    if not shape.fullmatch(text):
        raise UnsafeText("an order about a supervisor's leg has an impossible value")
