"""The people of a scene: each has a telephone, a tone or a voice of its own, and keeps all it hears."""

import asyncio
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from app.demo import audio
from app.demo.audio import Samples
from app.demo.desk import Desk
from app.demo.leg import CallFailed, Leg
from app.demo.measure import Source, begun
from app.demo.phone import NO_ANSWER, Phone
from app.demo.ring import Ring
from core.errors import HotlineError
from core.masking import mask_number

if TYPE_CHECKING:
    from app.demo.stage import Stage

TONE_S = 120.0
TRIFLE_S = 0.4  # as long as 喂 takes
PROMPT_HEAD_S = 1.6


class SceneFailed(HotlineError):
    """A step of a scene did not come about; the text says which."""

    code = "scene_failed"


@cache
def long_tone(hertz: float) -> Samples:
    """Two minutes: longer than any scene."""
    return audio.tone(hertz, TONE_S)


@dataclass(slots=True)
class Stay:
    """One leg of a party. `outcome`: answered, busy, rejected, no_answer, gone. Without `leg` it only rang."""

    id: str
    party: "Party"
    leg: Leg | None
    outcome: str = "answered"
    said: list[tuple[float, Samples]] = field(default_factory=list)
    hung_up: bool = False

    def source(self, zero: float) -> Source:
        """This leg as a speaker; what was said counts from `zero` on the monotonic clock."""
        return Source(self.id, self.party.hertz, [(at - zero, words) for at, words in self.said])

    def present(self, since: float, until: float) -> bool:
        """Whether the leg was up all the time between two moments of the monotonic clock."""
        if self.leg is None or self.leg.opened > since:
            return False
        return self.leg.end is None or self.leg.opened + self.leg.end.at_s >= until

    def recording(self, zero: float) -> Samples:
        """All this leg received, with silence before it so that second 0 is `zero` of the monotonic clock."""
        if self.leg is None:
            return audio.silence(0)
        return np.concatenate([audio.silence(max(0.0, self.leg.opened - zero)), self.leg.heard])


class Party:
    """Somebody with a telephone. `hertz` None: speaks with a voice instead of a tone."""

    def __init__(self, stage: "Stage", id: str, role: str, number: str, phone: Phone) -> None:
        self.stage, self.id, self.role, self.number, self.phone = stage, id, role, number, phone
        self.hertz: float | None = None
        self.stays: list[Stay] = []
        self._heard_up_to = 0.0  # leg seconds up to which prompts were looked for

    @property
    def leg(self) -> Leg:
        """The leg under way or last ended. Raises SceneFailed where there was none."""
        found = next((stay.leg for stay in reversed(self.stays) if stay.leg is not None), None)
        if found is None:
            raise SceneFailed(f"{self.id} has no call")
        return found

    @property
    def shown(self) -> str:
        return mask_number(self.number)

    def say(self, what: str) -> None:
        """One line of the timeline."""
        self.stage.say(self.id, what)

    def joins(self, leg: Leg | None, outcome: str = "answered", greeting_s: float = TONE_S) -> None:
        """A leg of this party began, or ended before it did; a tone of `greeting_s` begins at once."""
        count = len(self.stays)
        self.stays.append(Stay(self.id if not count else f"{self.id}-{count + 1}", self, leg, outcome))
        self._heard_up_to = 0.0
        if leg is not None and self.hertz:
            leg.say(long_tone(self.hertz)[: round(greeting_s * audio.RATE)])

    def speak(self, words: Samples) -> None:
        """Say something now; for parties with a voice."""
        stay, leg = self.stays[-1], self.leg
        stay.said.append((leg.opened + leg.seconds() + leg.queued_s, words))
        leg.say(words)

    async def hangs_up(self) -> None:
        """Replace the handset."""
        self.say("挂机")
        self.stays[-1].hung_up = True
        await self.leg.hangup()

    async def loses_line(self) -> None:
        """The telephone is dead: no BYE is sent, nobody is told."""
        self.say("话机断线（无信令）")
        self.stays[-1].hung_up = True
        await self.phone.vanish()

    async def ends(self, timeout: float = 20.0) -> None:
        """Until the other side has hung up. Raises SceneFailed."""
        try:
            await self.leg.wait_end(timeout)
        except TimeoutError:
            raise SceneFailed(f"{self.id}'s call did not end in {timeout:g} s") from None
        self.say("对方已挂机")

    def presses(self, keys: str) -> None:
        """Keys of the telephone; a tone under way goes on behind them."""
        self.say(f"按键 {keys}")
        leg = self.leg
        sounding = bool(self.hertz) and leg.queued_s > 0
        leg.hush()
        leg.dtmf(keys)
        if sounding:
            self.sounds()

    def sounds(self, seconds: float = TONE_S) -> None:
        """The tone, from now on."""
        if self.hertz:
            self.leg.say(long_tone(self.hertz)[: round(seconds * audio.RATE)])

    async def hears_prompt(self, name: str, timeout: float = 25.0) -> None:
        """Until a spoken prompt, by its name, has begun in what this party receives. Raises SceneFailed."""
        wanted = self.stage.prompt(name)[: round(PROMPT_HEAD_S * audio.RATE)]
        leg = self.leg
        deadline = leg.seconds() + timeout
        while leg.seconds() < deadline:
            if begun(leg.between(self._heard_up_to, leg.seconds()), wanted):
                self._heard_up_to = leg.seconds() - 0.2
                self.say(f"听到提示音「{self.stage.prompt_text(name)}」")
                return
            if leg.end is not None:
                break
            await asyncio.sleep(0.1)
        raise SceneFailed(f"{self.id} did not hear the prompt {name} in {timeout:g} s")


class Called(Party):
    """Somebody whose telephone rings: the next ring is taken up, refused or left to ring."""

    ring: Ring | None = None

    async def _next_ring(self, timeout: float) -> Ring:
        return await self.phone.wait_ring(timeout)

    async def rings(self, timeout: float = 30.0) -> Ring:
        """Until it rings. Raises SceneFailed."""
        try:
            self.ring = await self._next_ring(timeout)
        except TimeoutError:
            raise SceneFailed(f"{self.id}'s telephone did not ring in {timeout:g} s") from None
        self.say(f"{self.shown} 振铃")
        return self.ring

    async def answers(self, timeout: float = 30.0, after_s: float = 0.3, greeting_s: float = TONE_S) -> None:
        """Let it ring a moment, then pick up; a short greeting is that of somebody who says 喂. Raises SceneFailed."""
        ring = self.ring if self.ring is not None and not self.ring.outcome else await self.rings(timeout)
        await asyncio.sleep(after_s)
        try:
            leg = ring.answer()
        except CallFailed as error:
            raise SceneFailed(f"{self.id} could not answer: {error}") from error
        self.ring = None
        self.say("接听")
        self.joins(leg, greeting_s=greeting_s)

    async def refuses(self, code: int = 486, timeout: float = 30.0) -> None:
        """Turn the call away: 486 busy, 603 rejected."""
        ring = self.ring if self.ring is not None and not self.ring.outcome else await self.rings(timeout)
        ring.refuse(code)
        self.ring = None
        self.say("忙" if code == 486 else "拒接")
        self.joins(None, "busy" if code == 486 else "rejected")

    async def stops_ringing(self, timeout: float = 10.0) -> str:
        """How the ringing came to its end without us: `cancelled: …`. Raises SceneFailed."""
        try:
            outcome = await self.ring.wait_end(timeout) if self.ring else "did not ring"
        except TimeoutError:
            raise SceneFailed(f"{self.id} still rings") from None
        self.ring = None
        self.say("振铃停止")
        self.joins(None, "cancelled")
        return outcome

    async def lets_ring(self, timeout: float = 30.0) -> None:
        """Nobody picks up, until the caller gives up. Raises SceneFailed."""
        ring = self.ring or await self.rings(timeout)
        self.say("无人接听")
        try:
            await ring.wait_end(timeout)
        except TimeoutError:
            raise SceneFailed(f"{self.id} was rung longer than {timeout:g} s") from None
        self.ring = None
        self.joins(None, "no_answer")


class Outside(Called):
    """A number beyond the carrier's trunk: a sub-centre, 110, a unit's duty phone, a citizen who is called back."""

    def __init__(self, stage: "Stage", id: str, role: str, number: str, phone: Phone) -> None:
        super().__init__(stage, id, role, number, phone)
        self.incoming: asyncio.Queue[Ring] = asyncio.Queue(100)

    async def _next_ring(self, timeout: float) -> Ring:
        async with asyncio.timeout(timeout):
            return await self.incoming.get()


class Citizen(Outside):
    """Who calls; and is called back once `Stage.at_home` said so."""

    async def dials(self, number: str, timeout: float = 20.0) -> None:
        """Call a number until we answer. Raises SceneFailed."""
        self.stage.begins()
        self.say(f"{self.shown} 拨打 {number}")
        try:
            leg = await self.phone.call(number, from_number=self.number, timeout=timeout)
        except CallFailed as error:
            raise SceneFailed(f"{self.id} dialled {number} and got {error}") from error
        self.stage.clock.mark("citizen_answered")
        self.joins(leg)


class Agent(Called):
    """Somebody at a seat with a desk of their own: an agent, an expert, a remote seat."""

    def __init__(self, stage: "Stage", id: str, role: str, seat: str, phone: Phone, desk: Desk) -> None:
        phone.on_ring = NO_ANSWER
        super().__init__(stage, id, role, seat, phone)
        self.seat, self.desk = seat, desk
        self._answered: set[str] = set()

    async def answers(self, timeout: float = 30.0, after_s: float = 0.3, greeting_s: float = TONE_S) -> None:
        """Pick up. Raises SceneFailed."""
        await super().answers(timeout, after_s, greeting_s)
        self.stage.clock.mark("agent_answered")

    async def answered_call(self, timeout: float = 10.0) -> str:
        """The call's id, once the house knows that this seat has answered it; follows its live events."""
        event = await self.stage.event(
            lambda e: e.get("event") == "call.answered" and e["call_id"] not in self._answered,
            f"seat.{self.seat}",
            timeout,
        )
        call_id = str(event["call_id"])
        self._answered.add(call_id)
        await self.desk.follow(f"call.{call_id}")
        return call_id
