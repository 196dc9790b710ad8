"""People who do as their dice say: agents, experts and citizens of a storm of calls. The same seed, the same dice."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.demo import audio
from app.demo.leg import CallFailed, Leg
from app.demo.measure import likeness
from app.demo.phone import NO_ANSWER, Phone
from app.demo.ring import Ring
from app.seeding import Account

TONE = audio.tone(1077.0, 120.0)
PATIENCE_S = 60.0
SHORT_CALL_S = 30.0
PIECE_S = 0.6
TARGETS = (
    {"kind": "line", "ref": "12333"},  # expert seats of ours
    {"kind": "line", "ref": "12366"},  # a sub-centre that answers
    {"kind": "line", "ref": "12329"},  # one that is busy
    {"kind": "line", "ref": "12360"},  # one that never answers
    {"kind": "emergency", "ref": "110"},
    {"kind": "number", "ref": "99999999"},  # nobody has it
)


@dataclass(slots=True)
class Tally:
    """What people did, for the test to see that everything was really tried."""

    did: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def count(self, what: str) -> None:
        self.did[what] = self.did.get(what, 0) + 1


class Screen:
    """A desk that asks again while the service is away, and takes no for an answer: the call may be over by then."""

    def __init__(self, url: str, account: Account, tally: Tally) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v1", timeout=10, trust_env=False)
        self._account, self._tally = account, tally

    async def open(self) -> None:
        """Log in, sit down, be ready."""
        given = {"login": self._account.login, "password": self._account.password}
        token = (await self.ask("POST", "/token", given))["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"
        await self.ask("POST", f"/seats/{self._account.seat}/login")
        await self.be_ready()

    async def close(self) -> None:
        await self._http.aclose()

    async def be_ready(self) -> None:
        """Until the seat takes calls again, however it lost that."""
        for _ in range(60):
            state = next(
                s for s in (await self.ask("GET", "/seats"))["items"] if s["id"] == self._account.seat
            )
            if state["state"] == "logged_out":
                await self.ask("POST", f"/seats/{self._account.seat}/login")
            elif state["state"] not in ("paused", "wrap_up"):
                return
            await self.ask("POST", f"/seats/{self._account.seat}/ready")
            await asyncio.sleep(0.3)

    async def leave_for(self, seconds: float, how: str) -> None:
        """Pause or log out, and come back."""
        given = {"reason": "休息"} if how == "pause" else None
        await self.ask("POST", f"/seats/{self._account.seat}/{how}", given)
        await asyncio.sleep(seconds)
        await self.be_ready()

    async def ask(self, method: str, path: str, given: Any = None, **query: Any) -> Any:
        """The answer; None where the house said no. Repeated for a minute while nobody answers."""
        for _ in range(240):
            try:
                answer = await self._http.request(method, path, json=given, params=query or None)
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code < 500:
                if answer.status_code < 400:
                    return answer.json() if answer.content else {}
                self._tally.refused[f"{answer.status_code} {path.rsplit('/', 1)[-1]}"] = (
                    self._tally.refused.get(f"{answer.status_code} {path.rsplit('/', 1)[-1]}", 0) + 1
                )
                return None
            await asyncio.sleep(0.25)
        self._tally.faults.append(f"{method} {path}: nobody answered for a minute")
        return None

    async def my_call(self) -> str | None:
        """The call this seat talks in."""
        state = next(s for s in (await self.ask("GET", "/seats"))["items"] if s["id"] == self._account.seat)
        return state.get("call_id")


class Sitter:
    """Somebody at a seat. An expert only answers, stays a while and leaves; an agent also calls others in."""

    def __init__(self, phone: Phone, screen: Screen, dice: random.Random, tally: Tally, expert: bool) -> None:
        self.phone, self.screen, self.dice, self.tally, self.expert = phone, screen, dice, tally, expert
        phone.on_ring = NO_ANSWER

    async def work(self) -> None:
        """Ring after ring, until cancelled."""
        while True:
            ring = await self.phone.wait_ring(3600)
            try:
                async with asyncio.timeout(120):
                    await self._take(ring)
            except (TimeoutError, CallFailed):
                self.tally.count("gone while answering")
            if self.dice.random() < 0.15:
                how = self.dice.choice(["pause", "logout"])
                self.tally.count(how)
                await self.screen.leave_for(self.dice.uniform(0.5, 3), how)
            else:
                await self.screen.be_ready()

    async def _take(self, ring: Ring) -> None:
        fate = self.dice.random()
        if fate < 0.08:
            self.tally.count("did not answer")
            await ring.wait_end(30)
            return
        if fate < 0.15:
            self.tally.count("was busy")
            ring.refuse(486)
            return
        await asyncio.sleep(self.dice.uniform(0.1, 1.2))
        leg = ring.answer()
        leg.say(TONE)
        self.tally.count("expert answered" if self.expert else "agent answered")
        if self.expert:
            await self._stay(leg, self.dice.uniform(1, 8))
        else:
            await self._serve(leg)
        await leg.hangup()

    async def _stay(self, leg: Leg, seconds: float) -> None:
        """Until the other side ends the call, `seconds` at most."""
        try:
            await leg.wait_end(seconds)
        except TimeoutError:
            return

    async def _serve(self, leg: Leg) -> None:
        await self._stay(leg, self.dice.uniform(0.5, 3))
        call = await self.screen.my_call()
        if leg.end is not None or call is None or self.dice.random() < 0.35:
            self.tally.count("plain talk")
            await self._stay(leg, 0 if self.dice.random() < 0.7 else 8)
            return
        how = self.dice.choice(["consult", "consult", "three_way", "blind"])
        to = self.dice.choice(TARGETS)
        given = await self.screen.ask("POST", f"/calls/{call}/transfers", {"to": to, "how": how})
        if given is None:
            return
        self.tally.count(how)
        state = await self._until_known(leg, call, given["id"])
        self.tally.count(f"{how}: {state}")
        if state == "talking":
            await self._together(leg, call, given["id"])
        await self._stay(leg, self.dice.uniform(0.5, 4))

    async def _until_known(self, leg: Leg, call: str, transfer: str) -> str:
        give_up = self.dice.random() < 0.1
        for turn in range(80):
            if leg.end is not None:
                return "agent's leg over"
            found = (await self.screen.ask("GET", f"/calls/{call}/transfers") or {"items": []})["items"]
            state = next((one["state"] for one in found if one["id"] == transfer), "unknown")
            if state != "ringing":
                return str(state)
            if give_up and turn > 4:
                await self.screen.ask("POST", f"/calls/{call}/transfers/{transfer}/cancel")
                self.tally.count("cancelled")
                give_up = False
            await asyncio.sleep(0.25)
        return "ringing for ever"

    async def _together(self, leg: Leg, call: str, transfer: str) -> None:
        await self._stay(leg, self.dice.uniform(0.3, 2))
        for deed in self.dice.choice(
            [["merge"], ["merge", "leave"], ["swap", "merge"], ["swap", "swap", "merge", "leave"], []]
        ):
            if leg.end is not None:
                return
            self.tally.count(deed)
            await self.screen.ask("POST", f"/calls/{call}/transfers/{transfer}/{deed}")
            await self._stay(leg, self.dice.uniform(0.3, 2.5))


@dataclass(slots=True)
class Visit:
    """One citizen's call: how it ended for them. `goodbye`: 0..1, how much the last seconds are like our goodbye."""

    number: str
    ended: str = ""
    seconds: float = 0.0
    goodbye: float = 0.0


async def visits(phone: Phone, visit: Visit, dice: random.Random, goodbyes: list[audio.Samples]) -> None:
    """Call, speak, and hang up when the dice say so; else stay until the house says goodbye."""
    leg = await phone.call("12345", from_number=visit.number, timeout=40)
    leg.say(TONE)
    patience = dice.uniform(1.0, SHORT_CALL_S) if dice.random() < 0.5 else PATIENCE_S
    try:
        await leg.wait_end(patience)
    except TimeoutError:
        await leg.hangup()
    end = leg.end
    assert end is not None
    visit.ended, visit.seconds = f"{end.who}: {end.why}", end.at_s
    if end.who == "peer":
        last = leg.between(max(0.0, end.at_s - 12), end.at_s)
        visit.goodbye = max(likeness(last, piece) for one in goodbyes for piece in _pieces(one))


def _pieces(sound: audio.Samples) -> list[audio.Samples]:
    """Stretches of PIECE_S: on a busy machine a packet comes late, and what follows it no longer fits the whole."""
    size = round(PIECE_S * audio.RATE)
    return [sound[i : i + size] for i in range(0, sound.size - size + 1, size)]
