"""One scene's stage: its people, its phases, what the desks were told, and what did not hold.

Times of phases are taken when a step was acknowledged (an answer, an event of the house) and kept off its edges by guard
bands; who hears whom is measured afterwards, in recordings.py.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from app.demo.audio import Samples, load_wav
from app.demo.desk import Desk
from app.demo.measure import MUSIC, TONES_HZ
from app.demo.party import Agent, Called, Citizen, Outside, Party, SceneFailed, Stay
from app.demo.phone import Phone
from asr.prompts import load_table

if TYPE_CHECKING:
    from app.demo.theatre import Theatre

T = TypeVar("T")
P = TypeVar("P", bound=Party)
Say = Callable[[str, str], None]
Hears = Mapping[Party, Sequence[Party | str]]
GUARD_S = 0.5
TAIL_S = 0.15
POLL_S = 0.03
__all__ = ["MUSIC", "Called", "Citizen", "Clock", "Phase", "Stage"]


@dataclass(slots=True)
class Clock:
    """Milliseconds since the first call of a scene was dialled, by name."""

    began: float = field(default_factory=time.monotonic)
    marks: dict[str, int] = field(default_factory=dict)

    def now_ms(self) -> int:
        return round((time.monotonic() - self.began) * 1000)

    def mark(self, name: str) -> None:
        self.marks.setdefault(name, self.now_ms())


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a scene in which everybody hears the same. Moments of the monotonic clock; `wanted`: leg id to ids."""

    name: str
    since: float
    until: float
    wanted: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Told:
    """A live event as a desk got it."""

    at_ms: int
    topic: str
    event: dict[str, Any]


class Stage:
    """Where a scene is played. Use as an async context manager; everybody goes home at its end."""

    def __init__(self, theatre: "Theatre", say: Say, caller: str) -> None:
        self.theatre, self.say, self._caller = theatre, say, caller
        self.clock = Clock()
        self._began = False
        self.parties: list[Party] = []
        self.phases: list[Phase] = []
        self.told: list[Told] = []
        self.problems: list[str] = []
        self.facts: dict[str, Any] = {}
        self.calls: list[str] = []
        self.own: Path | None = None
        self.speech: dict[str, Samples] = {}
        self.checks: list[Callable[[dict[str, Any]], list[str]]] = []
        self._tones = iter(TONES_HZ)
        self._outside: dict[str, Outside] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.theatre.carrier.answer_for(self._outside)
        self.office = await self.desk("banzhang")
        await self.office.follow("floor")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # --- people ------------------------------------------------------------------------------------------------------

    async def citizen(self, number: str = "", *, voice: bool = False) -> Citizen:
        """A citizen's telephone behind the carrier's trunk."""
        phone = await self._phone(
            Phone(number or self._caller, self.theatre.server, local_ip=self.theatre.carrier.ip)
        )
        return self._join(
            Citizen(self, self._name("citizen"), "citizen", number or self._caller, phone), voice
        )

    async def agent(
        self, *skills: str, role: str = "agent", kind: str = "agent", voice: bool = False, ready: bool = True
    ) -> Agent:
        """Somebody sits down at a free seat that has these skills, and says ready."""
        account = self.theatre.free_seat({one.number for one in self.parties})
        return await self._sits(account.login, account.seat, skills, role, kind, voice, ready)

    async def expert(self, line: str, **more: Any) -> Agent:
        """An expert seat of a line."""
        return await self.agent(f"line.{line}", role="expert", kind="expert", **more)

    async def remote(self, region: str) -> Agent:
        """A seat in a county."""
        return await self.agent(f"region.{region}", kind="remote")

    async def supervisor(self) -> Agent:
        """The shift's lead at a seat of their own, which takes no calls."""
        seat = self.theatre.free_seat({one.number for one in self.parties}).seat
        return await self._sits("banzhang", seat, (), "supervisor", "supervisor", False, False)

    async def _sits(
        self, login: str, seat: str, skills: Sequence[str], role: str, kind: str, voice: bool, ready: bool
    ) -> Agent:
        await self.theatre.describe(seat, kind, skills)
        phone = await self._phone(
            Phone(seat, self.theatre.server, seat, await self.theatre.seat_secret(seat))
        )
        await phone.register()
        desk = await self.desk(login)
        self._stack.push_async_callback(self._goes_home, desk, seat)
        party = self._join(Agent(self, self._name(role), role, seat, phone, desk), voice)
        await desk.post(f"/seats/{seat}/login")
        await desk.follow(f"seat.{seat}")
        if ready:
            await desk.post(f"/seats/{seat}/ready")
        able = f"，技能 {'、'.join(skills)}" if skills else ""
        party.say(f"座席 {seat} 签入{able}" + ("，示闲" if ready else "，未示闲"))
        return party

    def outside(self, number: str, role: str) -> Outside:
        """Whoever has this number beyond the carrier's trunk."""
        party = Outside(self, self._name(role), role, number, self.theatre.carrier.phone)
        self._outside[number] = party
        return self._join(party, False)

    @property
    def agents(self) -> list[Agent]:
        """Everybody at a seat."""
        return [one for one in self.parties if isinstance(one, Agent)]

    def at_home(self, citizen: Citizen) -> None:
        """The citizen's number rings when it is called back."""
        self._outside[citizen.number] = citizen

    def _join(self, party: P, voice: bool) -> P:
        party.hertz = None if voice else next(self._tones)
        self.parties.append(party)
        return party

    def _name(self, role: str) -> str:
        count = sum(one.role == role for one in self.parties)
        return role if not count else f"{role}{count + 1}"

    async def _phone(self, phone: Phone) -> Phone:
        return await self._stack.enter_async_context(phone)

    async def desk(self, login: str) -> Desk:
        """Somebody's desk without a telephone."""
        account = self.theatre.account(login)
        return await self._stack.enter_async_context(Desk(self.theatre.instance.url, account, self._note))

    async def _goes_home(self, desk: Desk, seat: str) -> None:
        """Log out as soon as the call has left the seat; one that never lets go is a problem of its own."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            state = next(one for one in (await desk.get("/seats"))["items"] if one["id"] == seat)
            if state["state"] in ("ready", "paused", "wrap_up"):
                await desk.post(f"/seats/{seat}/logout")
                return
            if state["state"] == "logged_out":
                return
            await asyncio.sleep(0.1)
        self.problems.append(f"seat {seat} is still {state['state']} after the scene")

    # --- what happens ------------------------------------------------------------------------------------------------

    def begins(self) -> None:
        """The first call is dialled: second 0 of every recording."""
        if not self._began:
            self._began, self.clock = True, Clock()

    async def phase(self, name: str, hears: Hears, seconds: float = 1.6, guard: float = GUARD_S) -> None:
        """Let things be for `seconds`, `guard` after what was just acknowledged; `hears` is what should be so.

        Whoever is on the telephone and not named should hear nobody.
        """
        since = time.monotonic() + guard
        until = since + seconds
        await asyncio.sleep(until + TAIL_S - time.monotonic())
        self.phases.append(Phase(name, since, until, _ids(hears)))

    def noted(self, name: str, since: float, hears: Hears) -> None:
        """A phase that began at a moment of the monotonic clock and ends now."""
        self.phases.append(Phase(name, since, time.monotonic() - TAIL_S, _ids(hears)))

    def afterwards(self, check: Callable[[dict[str, Any]], list[str]]) -> None:
        """`check` gets the scene's whole result and gives what does not hold."""
        self.checks.append(check)

    def must(self, what: str, holds: object) -> None:
        """Note a problem where something does not hold."""
        if not holds:
            self.problems.append(what)
            self.say("demo", f"不符：{what}")

    async def until(self, what: str, look: Callable[[], Awaitable[T | None]], timeout: float = 15.0) -> T:
        """The first answer of `look` that is true. Raises SceneFailed naming `what`."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if found := await look():
                return found
            await asyncio.sleep(0.15)
        raise SceneFailed(f"not within {timeout:g} s: {what}")

    async def event(
        self, fits: Callable[[dict[str, Any]], bool], topic: str = "", timeout: float = 15.0
    ) -> dict[str, Any]:
        """The first live event that fits, past ones included. Raises SceneFailed."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for told in self.told:
                if told.topic.startswith(topic) and fits(told.event):
                    return told.event
            await asyncio.sleep(POLL_S)
        raise SceneFailed(f"no such live event within {timeout:g} s on {topic or 'any topic'}")

    def _note(self, topic: str, event: dict[str, Any]) -> None:
        self.told.append(Told(self.clock.now_ms(), topic, event))
        if event.get("event") == "call.suggested":
            self.clock.mark("first_proposal")
        if line := timeline(topic, event):
            self.say(*line)

    # --- what the house knows ----------------------------------------------------------------------------------------

    async def call(self, citizen: Citizen) -> dict[str, Any]:
        """The citizen's last call as the API tells it; a call-back that waits for its turn is none yet. Raises SceneFailed."""
        found = (await self.office.get("/calls", search=citizen.number, limit=5))["items"]
        call = next((one for one in found if one["answered_at"]), None)
        if call is None:
            raise SceneFailed(f"the house knows no call of {citizen.id}")
        return dict(call)

    async def ended(self, citizen: Citizen) -> dict[str, Any]:
        """As `call`, once it has ended."""

        async def look() -> dict[str, Any]:
            call = await self.call(citizen)
            return call if call["ended_at"] else {}

        return await self.until("the call's end is written down", look)

    def prompt(self, name: str) -> Samples:
        """A spoken prompt as this instance plays it."""
        return load_wav(self.theatre.settings.sounds / f"{name}.wav")

    def prompt_text(self, name: str) -> str:
        line = load_table().prompts.get(name)
        return line.text if line else name

    def stays(self) -> list[Stay]:
        """Every leg, in the order in which they came."""
        return [stay for party in self.parties for stay in party.stays]


def _ids(hears: Hears) -> dict[str, list[str]]:
    return {
        party.stays[-1].id: [one if isinstance(one, str) else one.stays[-1].id for one in heard]
        for party, heard in hears.items()
    }


STEPS = {
    "ringing": "振铃", "answered": "接通", "merged": "三方合并", "left": "一方退出", "swapped": "切换通话方",
    "ended": "结束", "failed": "未接通",
}  # fmt: skip


def timeline(topic: str, event: dict[str, Any]) -> tuple[str, str] | None:
    """The line a live event is worth."""
    match event.get("event"):
        case "call.ringing" if topic.startswith("seat."):
            return "seat", f"弹屏 {topic[5:]}：{event['line']} 来电 {event['call_id']}"
        case "call.utterance" if event.get("final"):
            return str(event["speaker"]), f"字幕 {event['start_s']:.1f}s「{event['text']}」"
        case "call.suggested":
            top = [
                f"{c[0]['title']}（{c[0]['score']:.2f}）"
                for c in event["proposals"].values()
                if isinstance(c, list) and c
            ]
            return "match", "建议：" + "；".join(top) if top else "建议：不确定"
        case "call.ended" if topic == "floor":
            return "call", f"通话结束（{event['ended_by']}）"
        case str(name) if name.startswith("transfer.") and topic.startswith("call."):
            why = f"（{event['reason']}）" if event.get("reason") else ""
            step = name.removeprefix("transfer.")
            return "call", f"转接 {event['to']['name']}：{STEPS.get(step, step)}{why}"
    return None
