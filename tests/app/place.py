"""A floor on a real database with a clock that only tests move, and citizens whose telephone does what the dialplan does."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from api.actor import Actor, Role
from app import policies
from app.call_desk import FloorDesk
from app.desk_house import FloorHouse
from app.floor import Content, Floor, Times
from app.seeding import city_lines
from core.call import (
    Arrival,
    Bye,
    EndFacts,
    Hold,
    Instruction,
    Play,
    Reach,
    Ring,
    Room,
    StepResult,
    TakeMessage,
    Wait,
)
from core.errors import SwitchSilent
from ivr import parse as parse_menus
from match.content import Content as HouseContent
from match.content import with_lines
from match.propose import MatchIndex
from routing import LineRegister, RoutingPolicy
from routing.seats import SeatState
from store import calls, seats, users
from store.content import import_content
from store.database import Database
from store.hints import LocalHints
from store.tables import Call

START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # a Friday, 10:00 in China
MENUS = """
start: welcome
menus:
  welcome:
    prompts: [greeting, recording-notice, emergency-reminder]
    next: queue
"""
_NAMES: dict[type[Any], str] = {
    Play: "play",
    Ring: "ring",
    Wait: "wait",
    TakeMessage: "message",
    Bye: "bye",
    Hold: "hold",
    Reach: "reach",
    Room: "room",
}


@dataclass
class Clock:
    """Now, moved by hand; the hour matters to the law, so it begins in working time."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeSwitch:
    """core.ports.Switch that notes what it was asked; `silent` makes it refuse."""

    silent: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    hung_up: set[str] = field(default_factory=set)

    async def redirect(self, channel: str, context: str, exten: str = "s", priority: int = 1) -> None:
        self._note("redirect", channel, context)

    async def part(self, one: str, place: tuple[str, str], other: str, other_place: tuple[str, str]) -> None:
        self._note("part", one, place[0], other, other_place[0])

    async def hangup(self, channel: str) -> None:
        self._note("hangup", channel)

    async def ring_into(
        self, phone: str, context: str, exten: str, variables: dict[str, str], ring_s: int
    ) -> str:
        self._note("ring_into", phone, context)
        return "PJSIP/8001-back"

    async def pick_up(self, phone: str) -> bool:
        self._note("pick_up", phone)
        return True

    async def tap(self, channel: str, stream_id: str, host: str, port: int) -> None:
        self._note("tap", channel, stream_id)

    async def exists(self, channel: str) -> bool:
        return channel not in self.hung_up

    def _note(self, *asked: str) -> None:
        self.asked.append(asked)
        if self.silent:
            raise SwitchSilent("no answer")


def content_of(found: HouseContent) -> Content:
    """Compiled as the composition root does it, without a database."""
    register = LineRegister(city_lines("chenzhou"))
    return Content(MatchIndex(with_lines(found, register.units())), register)


class Place:
    """Everything a test drives: `floor`, `desk` (Asterisk's questions), `house` (people's deeds), `clock`, `switch`."""

    def __init__(self, database: Database, content: Content, menus: str = MENUS) -> None:
        self.clock, self.switch, self.database = Clock(), FakeSwitch(), database
        self.floor = Floor(
            database=database,
            hints=LocalHints(),
            content=content,
            menus=parse_menus(menus, "test"),
            policy=policies.load("demo"),
            calendar=policies.load_calendar(),
            routing=RoutingPolicy(60),
            times=Times(ring_s=20, wait_s=5, wrap_up_s=120, unfinished_after_s=900),
            clock=self.clock,
        )
        self.answers: list[tuple[str, str, str, str]] = []
        self.desk = FloorDesk(self.floor, self._on_answer, self.switch)
        self.house = FloorHouse(self.floor, self.switch)
        self._numbers = count(1)

    async def _on_answer(self, call: str, seat: str, citizen: str, agent: str) -> None:
        self.answers.append((call, seat, citizen, agent))

    async def registers(self, articles: int | None = 3) -> None:
        """Units and grounds in the store too, where filing looks for them; of the articles a few for time's sake, or all (None)."""
        whole = self.floor.content.index.content
        async with self.database.session() as session:
            await import_content(session, replace(whole, cues=(), articles=whole.articles[:articles]))

    async def person(self, login: str, role: Role = "agent", unit: str | None = None) -> Actor:
        """Somebody who may log in."""
        async with self.database.session() as session:
            made = await users.add(session, login, login, role, "no password", self.clock(), unit)
        return Actor(made.id, login, login, role, unit)

    async def seat(self, seat: str, state: SeatState = "ready") -> Actor:
        """A seat with its agent sitting there."""
        async with self.database.session() as session:
            await seats.add(session, seat, "secret", self.clock())
        who = await self.person(f"agent{seat}")
        async with self.database.session() as session:
            await seats.log_in(session, seat, who.id, self.clock(), state)
        self.clock.pass_(1)  # so that the order of idleness is that of calling this
        return who

    async def seat_state(self, seat: str) -> str:
        async with self.database.reading() as session:
            return (await seats.get(session, seat)).state

    def citizen(self, caller: str = "13812345678") -> "Citizen":
        return Citizen(self, f"1763600000.{next(self._numbers)}", caller)


@dataclass
class Citizen:
    """A caller's channel: carries out one instruction at a time and asks again, as agi/conf/extensions.conf.j2 does."""

    place: Place
    linkedid: str
    caller: str = "13812345678"
    line: str = "12345"
    id: str = ""
    told: Instruction | None = None
    last: StepResult | None = None
    talk_s: float = 0.0
    status: str = ""

    @property
    def channel(self) -> str:
        return f"PJSIP/trunk-{self.linkedid}"

    @property
    def step(self) -> str:
        return _NAMES[type(self.told)] if self.told else ""

    async def dial(self) -> Instruction:
        arrival = Arrival(self.linkedid, self.channel, self.line, self.caller, self.place.clock())
        self.id, self.told = await self.place.desk.arrived(arrival)
        return self.told

    async def done(
        self, status: str = "DONE", digits: str = "", talk_s: float = 0.0, dial_s: float = 0.0
    ) -> Instruction:
        """The instruction was carried out; the clock has moved already."""
        self.status = status
        if self.step in ("ring", "reach", "room"):
            self.talk_s = talk_s
        self.last = StepResult(self.id, self.channel, self.step, status, digits, talk_s, dial_s)
        self.told = await self.place.desk.next(self.last)
        return self.told

    async def ask_again(self) -> Instruction:
        """The last answer never reached the dialplan: it asks the same once more and believes what it hears now."""
        assert self.last is not None
        self.told = await self.place.desk.next(self.last)
        return self.told

    async def no_answer(self, status: str = "NOANSWER", after_s: float = 20) -> Instruction:
        """The seat that rings did not take the call."""
        self.place.clock.pass_(after_s)
        return await self.done(status, dial_s=after_s)

    async def answered(self, after_s: float = 3) -> str:
        """The seat that rings picks up and AMI says so; gives the seat."""
        assert isinstance(self.told, Ring)
        self.place.clock.pass_(after_s)
        await self.place.desk.agent_answered(
            self.id, self.told.seat, self.channel, f"PJSIP/{self.told.seat}-1", self.place.clock()
        )
        return self.told.seat

    async def agent_hangs_up(self, talk_s: float = 30) -> Instruction:
        """The dialplan goes on after the talk and asks."""
        self.place.clock.pass_(talk_s)
        return await self.done("ANSWER", talk_s=talk_s, dial_s=talk_s + 3)

    async def gone(
        self, by: str = "citizen", status: str | None = None, talk_s: float | None = None
    ) -> EndFacts:
        """The channel is gone; gives what the dialplan said of it."""
        facts = EndFacts(
            self.id,
            self.linkedid,
            self.step,
            self.status if status is None else status,
            by,
            16,
            self.talk_s if talk_s is None else talk_s,
            self.place.clock(),
        )
        await self.place.desk.ended(facts)
        return facts

    async def to_talk(self) -> str:
        """From the first ring to an agent speaking; gives the seat."""
        await self.dial()
        self.place.clock.pass_(6)
        await self.done()
        return await self.answered()

    async def row(self) -> Call:
        async with self.place.database.reading() as session:
            return await calls.get(session, self.id)


def unknown(facts: EndFacts, call_id: str, linkedid: str = "1763699999.9") -> EndFacts:
    """The same end of a call nobody has heard of."""
    return replace(facts, call_id=call_id, linkedid=linkedid)
